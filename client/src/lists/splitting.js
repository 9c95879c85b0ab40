/**
 * A list cut into buckets, padded, shared in three and sealed, with its signed header. Source: docs/protocol.md §19.4,
 * §19.6, §19.7; corrections B7, C1, C12. Parts are sealed once: sealing again would give other bytes than the header names.
 */

import { concat, data, isHex, fromHex, randomBytes, refuse, toHex, u32, u8, utf8 } from "../protocol/bytes.js";
import { canonical, digestBytes } from "../protocol/canonical.js";
import { seal } from "../protocol/hpke.js";
import { verify } from "../protocol/signing.js";
import { capacityOf, sizeOf } from "./request.js";
import { breath } from "./reading.js";
import * as words from "./words.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {import("./request.js").Request} Request */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {(label: string, body: Bytes) => Promise<Bytes>} Sign Ed25519 over label ‖ 0 ‖ body */
/** @typedef {{words: Words, salt: Bytes, snapshot: string}} List different words, ascending; the salt stays with the owner */
/** @typedef {{number: number, consents: Bytes, nonce: Bytes}} Nonce */
/** @typedef {{header: Bytes, signature: Bytes, number: number, parts: Bytes[][], places: Uint32Array<ArrayBuffer>[], real: Words[]}} Prepared parts by bucket, then node */
/** @typedef {{bytes: (count: number) => Bytes, ephemeral?: (index: number) => Promise<CryptoKeyPair>}} Chance */

/** @type {Chance} */
const CHANCE = { bytes: drawn };
const MOST_DRAWN = 65_536;
export const MOST_NONCES = 3;
export const LARGEST_CHUNK = 4 * 2 ** 20;

/** @param {number} count @returns {Bytes} */
function drawn(count) {
  const found = new Uint8Array(count);
  for (let at = 0; at < count; at += MOST_DRAWN) found.set(randomBytes(Math.min(MOST_DRAWN, count - at)), at);
  return found;
}

/**
 * A list of these words, fixed under a fresh salt. One that holds nothing is like any other.
 * @param {Request} request @param {number} owner @param {Words} listed @param {Chance} [chance] @returns {Promise<List>}
 */
export async function fixList(request, owner, listed, chance = CHANCE) {
  const different = words.distinct(listed);
  const most = sizeOf(request, owner);
  if (different.length > most) refuse("list.length", `${different.length} different values are more than this question takes: ${most}.`);
  const salt = chance.bytes(32);
  return { words: different, salt, snapshot: await words.snapshotDigest(salt, different) };
}

/** The list of who holds nothing or declines. @param {Request} request @param {number} owner */
export const nothingHeld = (request, owner) => fixList(request, owner, new BigUint64Array());

/** @param {Request} request @param {number} owner @param {List} list @param {Sign} sign */
export async function signConsent(request, owner, list, sign) {
  const consent = canonical({ format: "drempel-consent/1", manifest: request.digest, owner, snapshot: list.snapshot });
  return { consent, signature: await sign("drempel/consent/1", consent) };
}

/**
 * The nonce if all three nodes signed the same one; null while one of them has none of that number yet.
 * @param {Request} request @param {any[]} answers of nodes a, b, c; null for none @param {number} least
 * @returns {Promise<Nonce | null>}
 */
export async function commonNonce(request, answers, least) {
  const found = answers.map((answer) => (answer ? nonceOf(answer) : null));
  if (found.some((one) => !one || one.number < least || one.number !== found[0]?.number)) return null;
  const [first] = /** @type {NonNullable<typeof found[0]>[]} */ (found);
  for (const [at, one] of found.entries()) {
    if (!one) return null;
    const body = concat(digestBytes(request.digest), u8(one.number), one.consents, one.nonce);
    await verify(request.nodes[at].identityKey, "drempel/nonce/1", body, one.signature);
    const isSame = toHex(one.consents) === toHex(first.consents) && toHex(one.nonce) === toHex(first.nonce);
    if (!isSame) refuse("nonce.differs", "The nodes gave out different nonces.");
  }
  return first;
}

/** @param {any} answer */
function nonceOf({ number, consents, nonce, signature }) {
  const holds = Number.isInteger(number) && number >= 1 && number <= MOST_NONCES && isHex(consents, 32) && isHex(nonce, 32);
  if (!holds) return refuse("nonce.form", "A node's nonce is none.");
  return { number, consents: fromHex(consents), nonce: fromHex(nonce), signature: data(signature, "signature", 64) };
}

/** @param {Request} request @param {number} owner @param {number} number @param {Sign} sign */
export async function signOverflow(request, owner, number, sign) {
  return sign("drempel/overflow/1", concat(digestBytes(request.digest), u8(owner), u8(number)));
}

/**
 * The contribution of a list under a nonce; null if a bucket overflows, which drops nothing.
 * @param {Request} request @param {number} owner @param {Nonce} nonce @param {List} list @param {Sign} sign
 * @param {{signal?: AbortSignal, progress?: (buckets: number) => void}} [watch] @param {Chance} [chance] @returns {Promise<Prepared | null>}
 */
export async function prepare(request, owner, nonce, list, sign, watch = {}, chance = CHANCE) {
  const capacity = capacityOf(request, owner);
  const real = await cut(nonce.nonce, list.words, request.buckets);
  if (real.some((bucket) => bucket.length > capacity)) return null;
  const [components, hashes, parts, places] = [[], [], [], []].map((one) => /** @type {any[]} */ (one));
  for (const [bucket, wanted] of real.entries()) {
    watch.signal?.throwIfAborted();
    const listed = words.padded(wanted, capacity, chance.bytes);
    const place = { manifest: request.digest, owner, number: nonce.number, bucket };
    const sealed = await sealBucket(request, place, listed, wanted.length, chance);
    places.push(words.placesOf(listed, wanted));
    components.push(sealed.components.map(toHex));
    hashes.push((await Promise.all(sealed.parts.map((part) => words.hashed(part)))).map(toHex));
    parts.push(sealed.parts);
    watch.progress?.(bucket + 1);
    await breath();
  }
  const named = { format: "drempel-contribution/1", manifest: request.digest, owner, snapshot: list.snapshot };
  const header = canonical({ ...named, number: nonce.number, components, parts: hashes });
  return { header, signature: await sign("drempel/contribution/1", header), number: nonce.number, parts, places, real };
}

/** @param {Bytes} nonce @param {Words} listed @param {number} buckets @returns {Promise<Words[]>} */
async function cut(nonce, listed, buckets) {
  if (buckets === 1) return [listed];
  const chosen = await words.bucketsOf(nonce, listed, buckets);
  return Array.from({ length: buckets }, (_, bucket) => listed.filter((_word, at) => chosen[at] === bucket));
}

/** @param {Request} request @param {words.Place} place @param {Words} listed @param {number} real @param {Chance} chance */
async function sealBucket(request, place, listed, real, chance) {
  const shared = new BigUint64Array(listed.length + 1);
  shared.set(words.movedBits(listed));
  shared[listed.length] = BigInt(real);
  return sealWords(request, place, words.wordBytes(shared), chance);
}

/**
 * Words, eight bytes each, shared in three and sealed to each node; they become the third component themselves.
 * @param {Request} request @param {words.Place} place @param {Bytes} third @param {Chance} [chance]
 */
export async function sealWords(request, place, third, chance = CHANCE) {
  const seeds = [chance.bytes(16), chance.bytes(16)];
  const found = [];
  for (const [k, seed] of seeds.entries()) {
    found.push(await words.expandSeed(seed, words.componentContext(place, k), third.length / 8));
    words.xorInto(third, found[k]);
  }
  found.push(third);
  const salts = found.map(() => chance.bytes(32));
  const components = await Promise.all(found.map((one, k) => words.componentHash(salts[k], words.componentContext(place, k), one)));
  const bodies = [...seeds, third];
  const parts = [];
  for (const { index, shareKey } of request.nodes) {
    const [x, y] = [index - 1, index % 3];
    const plain = concat(salts[x], salts[y], bodies[x], bodies[y]);
    parts.push(await seal(shareKey, partInfo(place, index), plain, await chance.ephemeral?.(index)));
  }
  return { components, parts };
}

/** @param {words.Place} place @param {number} index */
const partInfo = ({ manifest, owner, number, bucket }, index) =>
  concat(utf8("drempel/part/1"), new Uint8Array(1), digestBytes(manifest), u8(index), u8(owner), u8(number), u32(bucket));

/** What an owner signs of a chunk. @param {words.Place} place @param {number} index @param {number} offset @param {Bytes} chunk */
export async function chunkBody({ manifest, owner, number, bucket }, index, offset, chunk) {
  const head = concat(digestBytes(manifest), u8(index), u8(owner), u8(number), u32(bucket), u32(offset));
  return concat(head, await words.hashed(chunk));
}
