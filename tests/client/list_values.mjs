/** Reads [[type, text], …] and writes what canonicalise makes of each: [type, value], or null where it refuses. */

import { readFileSync } from "node:fs";

import { ProtocolError } from "../../client/src/protocol/bytes.js";
import { canonicalise } from "../../client/src/lists/identifiers.js";

const made = JSON.parse(readFileSync(0, "utf8")).map(([kind, text]) => {
  try {
    const { type, value } = canonicalise(kind, text);
    return [type, value];
  } catch (error) {
    if (error instanceof ProtocolError && error.code === `identifier.${kind}`) return null;
    throw error;
  }
});
process.stdout.write(JSON.stringify(made));
