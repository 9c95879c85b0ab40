/** What a respondent does, in the steps that are kept, and what she sends: envelopes in a package in a parcel. Source: docs/protocol.md §7, §8. */

import { concat, parseBase64, randomBytes, refuse, sha256, toBase64, toHex, u8 } from "./bytes.js";
import { digestBytes } from "./canonical.js";
import { checkRecord, encodeAnswers, encodeTexts } from "./encoding.js";
import { seal } from "./hpke.js";
import { oneTimeKeys, oneTimeSign, POINT_BYTES, signedBytes } from "./signing.js";
import { blind, drawFactor, finalize, nodeCode, parseCode, SALT_BYTES, tokenMessage } from "./tokens.js";
import { packVector, prove, randomElements, split } from "./validity.js";

/**
 * All can be stored in IndexedDB as they are; `factors` and `salts` are secret, and forgotten with the tokens in hand.
 * @typedef {import("./bytes.js").Bytes} Bytes
 * @typedef {import("./manifest.js").Manifest} Manifest
 * @typedef {{keys: CryptoKeyPair, point: Bytes, salts: Bytes[], factors: bigint[]}} Draw
 * @typedef {{package: string, revision: number, content: Bytes}} Parcel
 */

/** Draw a one-time key and the blinding of its tokens; keep it before anything is sent. @param {Manifest} manifest */
export async function ticketDraw(manifest) {
  const salts = manifest.nodes.map(() => randomBytes(SALT_BYTES));
  return { ...(await oneTimeKeys()), salts, factors: manifest.nodes.map((node) => drawFactor(node.issuerKey)) };
}

/**
 * The body for a node's `tokens`, the same each time.
 * @param {Manifest} manifest @param {Draw} draw @param {number} index @param {string} code as written
 */
export async function ticketRequest(manifest, draw, index, code) {
  const { message } = await blinded(manifest, draw, index);
  const secret = await nodeCode(parseCode(code), manifest.surveyId, index);
  return { manifest: manifest.digest, code: toBase64(secret), blinded: toBase64(message) };
}

/**
 * The token, verified.
 * @param {Manifest} manifest @param {Draw} draw @param {number} index @param {any} blindSignature base64, as answered
 */
export async function ticketFinish(manifest, draw, index, blindSignature) {
  const { inverse } = await blinded(manifest, draw, index);
  const { issuerKey } = manifest.nodes[index - 1];
  const message = await tokenMessage(issuerKey, manifest.digest, draw.point);
  return finalize(issuerKey, message, inverse, parseBase64(blindSignature));
}

/** @param {Draw} draw @param {Bytes[]} tokens by index @returns {Ticket} */
export const ticketOf = ({ keys, point }, tokens) => ({ keys, point, tokens });

/**
 * Encode, prove, split, seal, sign, close. Draws everything anew and keeps none of it: keep the parcel and send only
 * it; a correction is a higher revision (0 … 7).
 * @param {Manifest} manifest @param {Ticket} ticket @param {import("./encoding.js").Answers} answers @param {number} revision
 * @returns {Promise<Parcel>}
 */
export async function answersSeal(manifest, ticket, answers, revision) {
  const { layout } = manifest;
  const record = encodeAnswers(layout, answers);
  if (!checkRecord(layout, record)) throw new Error("the record breaks a constraint of its own layout");
  const report = prove(layout.proof, record, randomElements(layout.proof.seeds), encodeTexts(layout, answers));
  const shares = split(report, randomElements(report.length)).map(packVector);
  const envelopes = await Promise.all(
    manifest.nodes.map(({ index, shareKey }, at) =>
      sealEnvelope(shareKey, { manifest: manifest.digest, index, oneTimeKey: ticket.point, revision }, shares[at]),
    ),
  );
  // What can be overwritten is: numbers of the engine are only let go.
  for (const secret of [record, ...shares]) secret.fill(0);
  const { id, bytes } = await signPackage(manifest, ticket, revision, envelopes);
  return { package: id, revision, content: await sealParcel(manifest, bytes) };
}

/** @param {Manifest} manifest @param {Draw} draw @param {number} index */
async function blinded(manifest, { point, salts, factors }, index) {
  const { issuerKey } = manifest.nodes[index - 1];
  return blind(issuerKey, await tokenMessage(issuerKey, manifest.digest, point), salts[index - 1], factors[index - 1]);
}

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
