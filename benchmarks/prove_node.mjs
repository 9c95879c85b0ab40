/** `measure` in Node.js: its arguments on standard input, its figures on standard output, with processor time. */

import { measure } from "./respondent.mjs";

let text = "";
for await (const part of process.stdin) text += part;
const { user, system } = process.cpuUsage();
const figures = await measure(JSON.parse(text));
const spent = process.cpuUsage({ user, system });
console.log(
  JSON.stringify({
    ...figures,
    cpu_seconds_all: (spent.user + spent.system) / 1e6,
    peak_rss_mb: process.resourceUsage().maxRSS / 1024,
    version: `Node.js ${process.versions.node}`,
  }),
);
