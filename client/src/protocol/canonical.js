/** JSON as its one canonical byte string, read strictly. Source: docs/protocol.md §2; RFC 8785, RFC 8259. */

import { fromHex, refuse, sha256, toHex, utf8 } from "./bytes.js";

/** @param {any} value */
export const canonical = (value) => utf8(written(value));

/** @param {any} value @returns {string} */
function written(value) {
  if (typeof value === "string" && !value.isWellFormed()) refuse("json.value", "A text holds half of a surrogate pair.");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${written(key)}:${written(value[key])}`).join(",")}}`;
}

/**
 * One JSON value in UTF-8. Of a key that stands twice the last counts: what is signed is read by `parseCanonical`.
 * @param {Uint8Array} data @returns {any}
 */
export function parseJson(data) {
  const text = decoded(data);
  try {
    return JSON.parse(text);
  } catch {
    return refuse("json.syntax", "The text is not JSON.");
  }
}

/** @param {Uint8Array} data @returns {any} refused unless encoding it again gives the very bytes */
export function parseCanonical(data) {
  const value = parseJson(data);
  try {
    if (written(value) === decoded(data)) return value;
  } catch (error) {
    if (error instanceof RangeError) refuse("json.syntax", "The JSON is nested too deeply.");
    throw error;
  }
  return refuse("json.canonical", "The JSON is not in canonical form (RFC 8785).");
}

/** @param {Uint8Array} data without byte-order mark */
function decoded(data) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return refuse("json.utf8", "The bytes are not UTF-8.");
  }
}

/** @param {Bytes} data */
export const digest = async (data) => `sha256:${toHex(await sha256(data))}`;

/** @param {string} value @returns {Bytes} the 32 raw bytes */
export function digestBytes(value) {
  if (!/^sha256:[0-9a-f]{64}$/.test(value)) refuse("digest.form", "A digest is 'sha256:' and 64 lower-case hexadecimal digits.");
  return fromHex(value.slice(7));
}
