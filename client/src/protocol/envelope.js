/** Seal one node's share vector to that node, bound to survey, node, key and revision. Source: docs/protocol.md §7. */

import { concat, refuse, u8 } from "./bytes.js";
import { digestBytes } from "./canonical.js";
import { seal } from "./hpke.js";
import { POINT_BYTES, signedBytes } from "./signing.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{manifest: string, index: number, oneTimeKey: Bytes, revision: number}} Context */

/** @param {number} words field elements */
export const envelopeLength = (words) => 81 + 8 * words;

/** @param {Context} context @returns {Bytes} HPKE's info */
export function envelopeInfo({ manifest, index, oneTimeKey, revision }) {
  if (![1, 2, 3].includes(index)) refuse("envelope.index", "A node's index is 1, 2 or 3.");
  const known = Number.isInteger(revision) && revision >= 0 && revision <= 7;
  if (!known) refuse("envelope.revision", "A revision is 0 to 7.");
  if (oneTimeKey.length !== POINT_BYTES) refuse("envelope.key", "A one-time key has 65 bytes.");
  return signedBytes("drempel/share/1", concat(digestBytes(manifest), u8(index), u8(revision), oneTimeKey));
}

/** @param {Bytes} shareKey of the node @param {Context} context @param {Bytes} share @param {CryptoKeyPair} [ephemeral] */
export const sealEnvelope = (shareKey, context, share, ephemeral) =>
  seal(shareKey, envelopeInfo(context), share, ephemeral);
