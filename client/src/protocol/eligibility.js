/** The right to answer once: codes, and each node's blind signature on a one-time key. Source: docs/protocol.md §8.1, §8.2. */

import * as blindrsa from "./blindrsa.js";
import { concat, fromHex, fromNumber, isHex, refuse, sha256, u8, utf8 } from "./bytes.js";
import { digestBytes } from "./canonical.js";
import { POINT_BYTES, signedBytes } from "./signing.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Forgives case, spaces, hyphens, o for 0, i and l for 1. @param {string} code as written @returns {Bytes} 17 bytes */
export function parseCode(code) {
  const text = code.toLowerCase().replace(/[\s-]/g, "").replaceAll("o", "0").replace(/[il]/g, "1");
  const digits = Array.from(text, (character) => ALPHABET.indexOf(character));
  if (digits.length !== 26 || digits.includes(-1)) refuse("code.form", "An invitation code has 26 letters and digits.");
  return fromNumber(digits.reduce((sum, digit) => (sum << 5n) | BigInt(digit), 0n), 17);
}

/** What node `index` sees of a code. @param {Bytes} code 17 bytes @param {string} surveyId @param {number} index @returns {Promise<Bytes>} 32 bytes */
export async function nodeCode(code, surveyId, index) {
  if (code.length !== 17 || ![1, 2, 3].includes(index)) refuse("code.length", "A code has 17 bytes, an index is 1 to 3.");
  if (!isHex(surveyId, 16)) refuse("survey_id.form", "A survey id is 32 hexadecimal digits.");
  const info = concat(utf8("drempel/roster/1"), fromHex(surveyId), u8(index));
  const key = await crypto.subtle.importKey("raw", code, "HKDF", false, ["deriveBits"]);
  const terms = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return new Uint8Array(await crypto.subtle.deriveBits(terms, key, 256));
}

/** @param {Bytes} issuer key @param {string} manifest digest @param {Bytes} oneTimeKey @returns {Promise<Bytes>} what a token signs */
export async function tokenMessage(issuer, manifest, oneTimeKey) {
  if (oneTimeKey.length !== POINT_BYTES) refuse("token.key", "A one-time key has 65 bytes.");
  const body = concat(digestBytes(manifest), await sha256(issuer), await sha256(oneTimeKey));
  return signedBytes("drempel/token/2", body);
}

/** @param {Bytes} issuer key @param {string} manifest digest @param {Bytes} oneTimeKey @param {Bytes} salt 48 bytes @param {bigint} factor */
export async function tokenBlind(issuer, manifest, oneTimeKey, salt, factor) {
  blindrsa.checkModulus(issuer);
  if (salt.length !== blindrsa.SALT_BYTES) refuse("blinding.salt", "A token's salt has 48 bytes.");
  return blindrsa.blind(issuer, await tokenMessage(issuer, manifest, oneTimeKey), salt, factor);
}

/** @param {Bytes} issuer key @param {string} manifest digest @param {Bytes} oneTimeKey @param {bigint} inverse @param {Bytes | null} blindSignature @returns {Promise<Bytes>} the token, verified */
export const tokenFinish = async (issuer, manifest, oneTimeKey, inverse, blindSignature) =>
  blindrsa.finalize(issuer, await tokenMessage(issuer, manifest, oneTimeKey), inverse, blindSignature);

/** Refuses unless the issuer key is this node's for this survey. @param {Bytes} issuer @param {string} surveyId @param {number} index @param {Bytes} identityKey @param {Bytes} proof */
export const possessionVerify = (issuer, surveyId, index, identityKey, proof) =>
  blindrsa.verify(issuer, signedBytes("drempel/issuer-proof/1", concat(fromHex(surveyId), u8(index), identityKey)), proof);
