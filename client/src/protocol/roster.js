/** Invitation codes, and what each node sees of one. Source: docs/protocol.md §8.1. */

import { concat, fromHex, fromNumber, isHex, refuse, u8, utf8 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Forgives case, spaces, hyphens, o for 0, i and l for 1. @param {string} code as written @returns {Bytes} 17 bytes */
export function parseCode(code) {
  const text = code.toLowerCase().replace(/[\s-]/g, "").replaceAll("o", "0").replace(/[il]/g, "1");
  const digits = Array.from(text, (character) => ALPHABET.indexOf(character));
  if (digits.length !== 26 || digits.includes(-1)) refuse("code.form", "An invitation code has 26 letters and digits.");
  return fromNumber(digits.reduce((sum, digit) => (sum << 5n) | BigInt(digit), 0n), 17);
}

/** What node `index` sees of a code. @param {Bytes} code 17 bytes @param {string} surveyId @param {number} index */
export async function nodeCode(code, surveyId, index) {
  if (code.length !== 17 || ![1, 2, 3].includes(index)) refuse("code.length", "A code has 17 bytes, an index is 1 to 3.");
  if (!isHex(surveyId, 16)) refuse("survey_id.form", "A survey id is 32 hexadecimal digits.");
  const info = concat(utf8("drempel/roster/1"), fromHex(surveyId), u8(index));
  const key = await crypto.subtle.importKey("raw", code, "HKDF", false, ["deriveBits"]);
  const terms = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return new Uint8Array(await crypto.subtle.deriveBits(terms, key, 256));
}
