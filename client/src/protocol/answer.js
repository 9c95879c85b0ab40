/**
 * From an invitation's code to a parcel: tokens (RSABSSA-SHA384-PSS-Deterministic, signed unseen), envelopes, package.
 * Source: docs/protocol.md §7, §8; RFC 9474, RFC 8017 §9.1.1.
 */

import { concat, fromHex, fromNumber, isHex, parseBase64, randomBytes, refuse, sha256, toBase64, toHex, toNumber, u8, u32, utf8 } from "./bytes.js";
import { digestBytes } from "./canonical.js";
import { checkRecord, encodeAnswers, encodeTexts } from "./record.js";
import { seal } from "./hpke.js";
import { check, oneTimeKeys, oneTimeSign, POINT_BYTES, signedBytes } from "./signing.js";
import { packVector, prove, randomElements, split } from "./validity.js";

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

export const MODULUS_BYTES = 256;
export const SALT_BYTES = 48;
const HASH_BYTES = 48;
const SMALLEST_FACTOR = 1 << 16;

/** Refuses a key that nobody should blind for: not 2048 bits, or with a prime factor below 2^16. @param {Bytes} modulus */
export function checkModulus(modulus) {
  if (modulus.length !== MODULUS_BYTES || modulus[0] < 128) refuse("issuer_key.length", "An issuer key has 2048 bits.");
  const value = toNumber(modulus);
  const composite = new Uint8Array(SMALLEST_FACTOR);
  for (let number = 2; number < SMALLEST_FACTOR; number++) {
    if (composite[number]) continue;
    if (value % BigInt(number) === 0n) refuse("issuer_key.factor", "An issuer key has a small factor.");
    for (let at = number * number; at < SMALLEST_FACTOR; at += number) composite[at] = 1;
  }
}

/** @param {Bytes} modulus @returns {bigint} uniform in 1 … n-1 */
export function drawFactor(modulus) {
  let drawn = 0n;
  while (drawn === 0n || drawn >= toNumber(modulus)) drawn = toNumber(randomBytes(modulus.length));
  return drawn;
}

/** EMSA-PSS-ENCODE. @param {Bytes} message @param {number} length of the modulus, in bytes @param {Uint8Array} salt */
export async function encodeMessage(message, length, salt) {
  const hashed = await sha384(concat(new Uint8Array(8), await sha384(message), salt));
  const data = new Uint8Array(length - HASH_BYTES - 1);
  data[data.length - salt.length - 1] = 1;
  data.set(salt, data.length - salt.length);
  for (let block = 0; block * HASH_BYTES < data.length; block++) {
    const mask = await sha384(concat(hashed, u32(block)));
    const at = block * HASH_BYTES;
    mask.subarray(0, data.length - at).forEach((byte, place) => (data[at + place] ^= byte));
  }
  data[0] &= 0x7f;
  return toNumber(concat(data, hashed, Uint8Array.of(0xbc)));
}

/**
 * Hide an encoded message; `inverse` (secret) takes the factor off.
 * @param {Bytes} modulus @param {Bytes} message @param {Uint8Array} salt @param {bigint} factor 1 … n-1
 */
export async function blind(modulus, message, salt, factor) {
  const value = toNumber(modulus);
  const encoded = await encodeMessage(message, modulus.length, salt);
  const inverse = factor > 0n && factor < value ? inverted(factor, value) : null;
  if (inverse === null) return refuse("blinding.factor", "A blinding factor has no inverse.");
  // What shares a factor with the key would be recognised, whatever hides it.
  if (inverted(encoded, value) === null) refuse("blinding.message", "A message cannot be hidden from this key.");
  let power = factor;
  for (let square = 0; square < 16; square++) power = (power * power) % value;
  const hidden = (((power * factor) % value) * encoded) % value;
  return { message: fromNumber(hidden, modulus.length), inverse };
}

/**
 * Take the factor off; the signature is verified.
 * @param {Bytes} modulus @param {Bytes} message @param {bigint} inverse @param {Uint8Array | null} blindSignature
 * @param {number} [saltBytes]
 */
export async function finalize(modulus, message, inverse, blindSignature, saltBytes = SALT_BYTES) {
  const [value, answered] = [toNumber(modulus), toNumber(blindSignature ?? new Uint8Array())];
  const fits = blindSignature?.length === modulus.length && answered < value;
  const signature = fromNumber(fits ? (answered * inverse) % value : 0n, modulus.length);
  await verify(modulus, message, signature, saltBytes);
  return signature;
}

/** @param {Bytes} modulus @param {Bytes} message @param {Bytes} signature @param {number} [saltBytes] */
export const verify = (modulus, message, signature, saltBytes = SALT_BYTES) =>
  check("of a token", async () => {
    const n = toBase64(modulus).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const algorithm = { name: "RSA-PSS", hash: "SHA-384", saltLength: saltBytes };
    const key = await crypto.subtle.importKey("jwk", { kty: "RSA", n, e: "AQAB" }, algorithm, false, ["verify"]);
    return signature.length === modulus.length && crypto.subtle.verify(algorithm, key, signature, message);
  });

/** Returns what a token signs. @param {Bytes} issuer key @param {string} manifest digest @param {Bytes} oneTimeKey */
export async function tokenMessage(issuer, manifest, oneTimeKey) {
  if (oneTimeKey.length !== POINT_BYTES) refuse("token.key", "A one-time key has 65 bytes.");
  const body = concat(digestBytes(manifest), await sha256(issuer), await sha256(oneTimeKey));
  return signedBytes("drempel/token/2", body);
}

/**
 * Refuses unless the issuer key is this node's for this survey.
 * @param {Bytes} issuer @param {string} surveyId @param {number} index @param {Bytes} identityKey @param {Bytes} proof
 */
export async function possessionVerify(issuer, surveyId, index, identityKey, proof) {
  const body = concat(fromHex(surveyId), u8(index), identityKey);
  await verify(issuer, signedBytes("drempel/issuer-proof/1", body), proof);
}

/** @param {bigint} value @param {bigint} modulus @returns {bigint | null} null if there is a common factor */
function inverted(value, modulus) {
  let [rest, next, one, other] = [modulus, value % modulus, 0n, 1n];
  while (next) {
    const times = rest / next;
    [rest, next] = [next, rest - times * next];
    [one, other] = [other, one - times * other];
  }
  return rest === 1n ? (one + modulus) % modulus : null;
}

/** @param {Bytes} data @returns {Promise<Bytes>} */
const sha384 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-384", data));

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
 * @param {Manifest} manifest @param {Ticket} ticket @param {Answers} answers @param {number} revision
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


/** @param {number} envelope its length */
export const parcelLength = (envelope) => 1271 + 3 * envelope;
/** @param {number} words field elements */
export const envelopeLength = (words) => 81 + 8 * words;

/** @param {EnvelopeContext} context @returns {Bytes} HPKE's info */
export function envelopeInfo({ manifest, index, oneTimeKey, revision }) {
  if (![1, 2, 3].includes(index)) refuse("envelope.index", "A node's index is 1, 2 or 3.");
  const known = Number.isInteger(revision) && revision >= 0 && revision <= 7;
  if (!known) refuse("envelope.revision", "A revision is 0 to 7.");
  if (oneTimeKey.length !== POINT_BYTES) refuse("envelope.key", "A one-time key has 65 bytes.");
  return signedBytes("drempel/share/1", concat(digestBytes(manifest), u8(index), u8(revision), oneTimeKey));
}

/** @param {Bytes} shareKey of the node @param {EnvelopeContext} context @param {Bytes} share @param {CryptoKeyPair} [ephemeral] */
export const sealEnvelope = (shareKey, context, share, ephemeral) =>
  seal(shareKey, envelopeInfo(context), share, ephemeral);

/** @param {SealingTerms} terms @param {Ticket} ticket @param {number} revision @param {Bytes[]} envelopes */
export async function signPackage(terms, ticket, revision, envelopes) {
  const body = packageBody(terms, ticket, revision, envelopes);
  const signature = await oneTimeSign(ticket.keys.privateKey, "drempel/package/1", body);
  return { id: toHex(await sha256(body)), bytes: concat(body, signature) };
}

/** @param {SealingTerms} terms @param {{point: Bytes, tokens: Bytes[]}} ticket @param {number} revision @param {Bytes[]} envelopes */
export function packageBody(terms, { point, tokens }, revision, envelopes) {
  const lengths = [point.length, ...tokens.map((one) => one.length), ...envelopes.map((one) => one.length)];
  const due = [65, 256, 256, 256, ...Array(3).fill(terms.envelopeLength)];
  if (lengths.join() !== due.join()) refuse("package.length", "A part of a package has another length.");
  return concat(u8(2), digestBytes(terms.digest), point, u8(revision), ...tokens, ...envelopes);
}

/**
 * Close a package for the three nodes. Content key (16 bytes) and ephemeral keys are drawn unless a test gives them.
 * @param {SealingTerms} terms @param {Bytes} bytes of the package @param {Bytes} [contentKey] @param {CryptoKeyPair[]} [ephemerals]
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
