/** The right to answer once: each node's blind signature on the hash of a one-time key. Source: docs/protocol.md §8.2. */

import * as blindrsa from "./blindrsa.js";
import { concat, fromHex, refuse, sha256, u8 } from "./bytes.js";
import { digestBytes } from "./canonical.js";
import { POINT_BYTES, signedBytes } from "./signing.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

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
