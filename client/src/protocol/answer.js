/** What a respondent does, in the steps that are kept: draw, three tokens, seal. Source: docs/protocol.md §8. */

import { blind, drawFactor, finalize, SALT_BYTES, tokenMessage } from "./blindrsa.js";
import { parseBase64, randomBytes, toBase64 } from "./bytes.js";
import { checkRecord, encodeAnswers, encodeTexts } from "./encoding.js";
import { packVector, randomElements, split } from "./field.js";
import { sealEnvelope, sealParcel, signPackage } from "./package.js";
import { nodeCode, parseCode } from "./roster.js";
import { oneTimeKeys } from "./signing.js";
import { prove } from "./validity.js";

/**
 * All can be stored in IndexedDB as they are; `factors` and `salts` are secret, and forgotten with the tokens in hand.
 * @typedef {import("./bytes.js").Bytes} Bytes
 * @typedef {import("./manifest.js").Manifest} Manifest
 * @typedef {{keys: CryptoKeyPair, point: Bytes, salts: Bytes[], factors: bigint[]}} Draw
 * @typedef {import("./package.js").Ticket} Ticket
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
