/** Words of 64 bits: hashed, fixed, placed in buckets, padded, shared in three. Source: docs/protocol.md §19.2 to §19.4. */

import { concat, refuse, toHex, u32, u8, utf8 } from "../protocol/bytes.js";
import { digestBytes } from "../protocol/canonical.js";
import { VERSION } from "./identifiers.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {BigUint64Array<ArrayBuffer>} Words little-endian in memory, as on every machine with a browser */
/** @typedef {{manifest: string, owner: number, number: number, bucket: number}} Place */

export const LARGEST_LIST = 2 ** 24;
const BATCH = 1_000;
const NONE = new Uint8Array(1);

/** @param {...Uint8Array} parts */
export const hashed = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));

/** @param {Bytes[]} identityKeys of nodes a, b, c */
export const federationSalt = (identityKeys) => hashed(utf8("drempel/federation/1"), NONE, ...identityKeys);

/** @param {Bytes} key @param {Bytes} data */
async function mac(key, data) {
  const loaded = await macKey(key);
  return new Uint8Array(await crypto.subtle.sign("HMAC", loaded, data));
}

/** @param {Bytes} key */
const macKey = (key) => crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

/** @param {Bytes} federation @param {string} type */
export const wordKey = (federation, type) =>
  mac(federation, concat(utf8("drempel/word-key/1"), NONE, utf8(type), NONE, u8(VERSION)));

/** Turns values into words, a batch at a time: WebCrypto answers late, but many questions at once. */
export class Hasher {
  /** @param {Bytes} federation @param {string[]} types */
  constructor(federation, types) {
    this.keys = new Map(types.map((type) => [type, wordKey(federation, type).then(macKey)]));
  }

  /**
   * @param {import("./identifiers.js").Identifier[]} values
   * @param {{signal?: AbortSignal, progress?: (values: number) => void}} [watch] @returns {Promise<Words>} in order of the values
   */
  async words(values, watch = {}) {
    const words = new BigUint64Array(values.length);
    for (let start = 0; start < values.length; start += BATCH) {
      watch.signal?.throwIfAborted();
      const batch = values.slice(start, start + BATCH).map(async ({ type, value }) => {
        const key = await this.keys.get(type);
        return key ? crypto.subtle.sign("HMAC", key, utf8(value)) : refuse("identifier.type", "This type is not asked for.");
      });
      for (const [at, one] of (await Promise.all(batch)).entries()) words[start + at] = new DataView(one).getBigUint64(0, true);
      watch.progress?.(Math.min(start + BATCH, values.length));
    }
    return words;
  }
}

/** Different words, ascending. @param {Words} words @returns {Words} */
export function distinct(words) {
  const sorted = words.slice().sort();
  let count = 0;
  for (const word of sorted) if (!count || word !== sorted[count - 1]) sorted[count++] = word;
  return sorted.slice(0, count);
}

/** @param {Words} words @returns {Bytes} least significant byte first */
export const wordBytes = (words) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

/** @param {Bytes} salt @param {Words} words different, ascending */
export async function snapshotDigest(salt, words) {
  if (salt.length !== 32) refuse("snapshot.form", "A snapshot has a salt of 32 bytes, and words.");
  return `sha256:${toHex(await hashed(utf8("drempel/snapshot/1"), NONE, salt, wordBytes(words)))}`;
}

/** The bucket of each word: the low bits of one byte. @param {Bytes} nonce @param {Words} words @param {number} buckets */
export async function bucketsOf(nonce, words, buckets) {
  const found = new Uint8Array(words.length);
  if (buckets === 1) return found;
  const raw = (await hashed(utf8("drempel/bucket/1"), NONE, nonce)).slice(0, 16);
  const key = await crypto.subtle.importKey("raw", raw, "AES-CTR", false, ["encrypt"]);
  const bytes = wordBytes(words);
  for (let start = 0; start < words.length; start += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, words.length - start) }, (_, at) => {
      // One block of zeros under a counter that is the word: the block cipher itself.
      const counter = concat(bytes.slice(8 * (start + at), 8 * (start + at) + 8), new Uint8Array(8));
      return crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 128 }, key, new Uint8Array(16));
    });
    for (const [at, block] of (await Promise.all(batch)).entries()) found[start + at] = new Uint8Array(block)[0] & (buckets - 1);
  }
  return found;
}

/**
 * `capacity` different words, ascending: the real ones and random others.
 * @param {Words} real different, ascending @param {number} capacity @param {(count: number) => Bytes} random
 */
export function padded(real, capacity, random) {
  let listed = real;
  while (listed.length < capacity) {
    const drawn = random(8 * (capacity - listed.length));
    const joined = new BigUint64Array(capacity);
    joined.set(listed);
    wordBytes(joined).set(drawn, 8 * listed.length);
    listed = distinct(joined);
  }
  return listed;
}

/** The place of each real word in the padded list. @param {Words} listed @param {Words} real @returns {Uint32Array<ArrayBuffer>} */
export function placesOf(listed, real) {
  const places = new Uint32Array(real.length);
  let at = 0;
  for (const [number, word] of real.entries()) {
    while (listed[at] !== word) at += 1;
    places[number] = at;
  }
  return places;
}

/** Every bit of significance s at position bitrev6(s); its own inverse. @param {Words} words @returns {Words} */
export function movedBits(words) {
  const moved = words.slice();
  const halves = new Uint32Array(moved.buffer);
  for (let at = 0; at < halves.length; at += 2) {
    const [low, high] = [halves[at], halves[at + 1]];
    halves[at] = inner((low & 0x55555555) | ((high & 0x55555555) << 1));
    halves[at + 1] = inner((high & 0xaaaaaaaa) | ((low & 0xaaaaaaaa) >>> 1));
  }
  return moved;
}

/** Bits 1 and 4, then 2 and 3 of a position change places. @param {number} word */
function inner(word) {
  const first = (word & ~0x3333cccc) | ((word & 0xcccc) << 14) | ((word >>> 14) & 0xcccc);
  return (first & ~0x0ff00ff0) | ((first & 0x00f000f0) << 4) | ((first >>> 4) & 0x00f000f0);
}

/** Manifest digest ‖ u8(owner) ‖ u8(component) ‖ u8(nonce number) ‖ u32(bucket). @param {Place} place @param {number} component */
export const componentContext = (place, component) =>
  concat(digestBytes(place.manifest), u8(place.owner), u8(component), u8(place.number), u32(place.bucket));

/** The component of so many words that a seed stands for. @param {Bytes} seed @param {Bytes} context @param {number} words */
export async function expandSeed(seed, context, words) {
  const material = await crypto.subtle.importKey("raw", seed, "HKDF", false, ["deriveKey"]);
  const info = concat(utf8("drempel/seed/1"), NONE, context);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  const key = await crypto.subtle.deriveKey(derivation, material, { name: "AES-CTR", length: 128 }, false, ["encrypt"]);
  const algorithm = { name: "AES-CTR", counter: new Uint8Array(16), length: 128 };
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, new Uint8Array(8 * words)));
}

/** What the header says of a component. @param {Bytes} salt @param {Bytes} context @param {Bytes} component */
export const componentHash = (salt, context, component) => hashed(utf8("drempel/component/1"), NONE, context, salt, component);

/** @param {Bytes} target changed @param {Bytes} other equally long, a multiple of four */
export function xorInto(target, other) {
  const [one, two] = [target, other].map((data) => new Uint32Array(data.buffer, data.byteOffset, data.length / 4));
  for (let at = 0; at < one.length; at += 1) one[at] ^= two[at];
}
