/** What a respondent sends: envelopes in a package in a parcel. Source: docs/protocol.md §7, §8.3, §8.4. */

import { concat, randomBytes, refuse, sha256, toHex, u8 } from "./bytes.js";
import { digestBytes } from "./canonical.js";
import { seal } from "./hpke.js";
import { oneTimeSign, POINT_BYTES, signedBytes } from "./signing.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{digest: string, envelopeLength: number, parcelLength: number, nodes: {outerKey: Bytes}[]}} Terms */
/** @typedef {{keys: CryptoKeyPair, point: Bytes, tokens: Bytes[]}} Ticket the right to answer once */
/** @typedef {{manifest: string, index: number, oneTimeKey: Bytes, revision: number}} Context of an envelope */

/** @param {number} envelope its length */
export const parcelLength = (envelope) => 1271 + 3 * envelope;
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

/** @param {Terms} terms @param {Ticket} ticket @param {number} revision @param {Bytes[]} envelopes */
export async function signPackage(terms, ticket, revision, envelopes) {
  const body = packageBody(terms, ticket, revision, envelopes);
  const signature = await oneTimeSign(ticket.keys.privateKey, "drempel/package/1", body);
  return { id: toHex(await sha256(body)), bytes: concat(body, signature) };
}

/** @param {Terms} terms @param {{point: Bytes, tokens: Bytes[]}} ticket @param {number} revision @param {Bytes[]} envelopes */
export function packageBody(terms, { point, tokens }, revision, envelopes) {
  const lengths = [point.length, ...tokens.map((one) => one.length), ...envelopes.map((one) => one.length)];
  const due = [65, 256, 256, 256, ...Array(3).fill(terms.envelopeLength)];
  if (lengths.join() !== due.join()) refuse("package.length", "A part of a package has another length.");
  return concat(u8(2), digestBytes(terms.digest), point, u8(revision), ...tokens, ...envelopes);
}

/**
 * Close a package for the three nodes. Content key (16 bytes) and ephemeral keys are drawn unless a test gives them.
 * @param {Terms} terms @param {Bytes} bytes of the package @param {Bytes} [contentKey] @param {CryptoKeyPair[]} [ephemerals]
 */
export async function sealParcel(terms, bytes, contentKey = randomBytes(16), ephemerals = []) {
  const wraps = await Promise.all(
    terms.nodes.map(({ outerKey }, at) => {
      const info = signedBytes("drempel/outer/1", concat(digestBytes(terms.digest), u8(at + 1)));
      return seal(outerKey, info, contentKey, ephemerals[at]);
    }),
  );
  const head = concat(u8(1), digestBytes(terms.digest), ...wraps);
  const key = await crypto.subtle.importKey("raw", contentKey, "AES-GCM", false, ["encrypt"]);
  // The content key is drawn for one parcel, so it never meets a second nonce.
  const algorithm = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: head };
  const parcel = concat(head, new Uint8Array(await crypto.subtle.encrypt(algorithm, key, bytes)));
  if (parcel.length !== terms.parcelLength) refuse("parcel.length", "The parcel has another length.");
  return parcel;
}
