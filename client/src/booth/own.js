/** The booth's look at itself: is the page that is served the signed one, and does its policy let nobody else in? */

import { toBase64 } from "../protocol/bytes.js";
import { BoothError, contentOf, request } from "./api.js";

/** @typedef {import("../protocol/manifest.js").Manifest} Manifest */

const HARMLESS = /^'(none|self|script|sha256-[A-Za-z0-9+/]{43}=)'$/;
const NEEDED = { "default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "require-trusted-types-for": "'script'" };

/**
 * Fetches the page once more. Throws `booth.page` if it is not the one of the manifest, `booth.policy` for a policy that
 * misses something, names anybody but relay and nodes, or allows anything unsafe.
 * @param {Manifest} manifest @param {string} address of the page @param {string} language
 */
export async function pageCheck(manifest, address, language) {
  // The page as this tab has it: the relay only says that it is still the same.
  const response = await request(address, { cache: "no-cache" }).catch(() => null);
  if (!response) throw new BoothError("network.unreachable", { node: "relay", canRetry: true });
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-384", await contentOf(response)));
  const signed = Object.hasOwn(manifest.booth.pages, language) && manifest.booth.pages[language];
  if (!response.ok || signed !== `sha384-${toBase64(hash)}`) throw new BoothError("booth.page", { node: "relay" });
  const fault = policyFault(manifest, response.headers.get("Content-Security-Policy") ?? "");
  if (fault) throw new BoothError("booth.policy", { node: "relay", where: fault });
}

/** The directive that is not as it must be, or empty. @param {Manifest} manifest @param {string} policy */
export function policyFault({ relay, booth, nodes }, policy) {
  const rules = policy.split(/[;,]/).map((part) => part.trim().split(/\s+/)).filter(([name]) => name);
  const names = rules.map(([name]) => name);
  for (const [name, ...sources] of rules) {
    const known = name === "connect-src" ? nodes.map((node) => new URL(node.url).origin) : [`${relay.url}/booth/${booth.release}/`];
    // Of a directive that stands twice a browser takes the first.
    if (names.indexOf(name) !== names.lastIndexOf(name)) return name;
    if (sources.some((one) => !HARMLESS.test(one) && !known.includes(one))) return name;
  }
  return Object.entries(NEEDED).find(([name, source]) => rules.find(([one]) => one === name)?.[1] !== source)?.[0] ?? "";
}
