/** HPKE base mode: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; one message, aad empty. Source: RFC 9180. */

import { concat, u8, u16, utf8 } from "./bytes.js";
import { parsePoint, pointBytes } from "./signing.js";

const KEM = concat(utf8("KEM"), u16(0x0010));
const SUITE = concat(utf8("HPKE"), u16(0x0010), u16(0x0001), u16(0x0001));
const NONE = new Uint8Array();
const P256 = { name: "ECDH", namedCurve: "P-256" };

/**
 * Returns enc ‖ ciphertext ‖ tag. The ephemeral key is drawn unless a test gives it.
 * @param {Bytes} point the receiver's @param {Uint8Array} info @param {Bytes} plaintext @param {CryptoKeyPair} [ephemeral]
 */
export async function seal(point, info, plaintext, ephemeral) {
  const receiver = await parsePoint(point);
  const own = ephemeral ?? (await crypto.subtle.generateKey(P256, false, ["deriveBits"]));
  const enc = await pointBytes(own.publicKey);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: receiver }, own.privateKey, 256);
  const { key, nonce } = await keySchedule(new Uint8Array(shared), concat(enc, point), info);
  return concat(enc, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, plaintext)));
}

/** @param {Bytes} dh @param {Uint8Array} kemContext enc ‖ receiver's key @param {Uint8Array} info */
export async function keySchedule(dh, kemContext, info) {
  const shared = await expand(KEM, await extract(KEM, NONE, "eae_prk", dh), "shared_secret", kemContext, 32);
  const pskId = await extract(SUITE, NONE, "psk_id_hash", NONE);
  const context = concat(u8(0), pskId, await extract(SUITE, NONE, "info_hash", info));
  const secret = await extract(SUITE, shared, "secret", NONE);
  const nonce = await expand(SUITE, secret, "base_nonce", context, 12);
  const raw = await expand(SUITE, secret, "key", context, 16);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { key, nonce };
}

/** @param {Uint8Array} suite @param {Bytes} salt @param {string} label @param {Uint8Array} input */
const extract = (suite, salt, label, input) =>
  // WebCrypto takes no empty key; one of zeros is the same to HMAC.
  hmac(salt.length ? salt : new Uint8Array(32), concat(utf8("HPKE-v1"), suite, utf8(label), input));

/** @param {Uint8Array} suite @param {Bytes} secret @param {string} label @param {Uint8Array} info @param {number} length up to 32 */
async function expand(suite, secret, label, info, length) {
  const labelled = concat(u16(length), utf8("HPKE-v1"), suite, utf8(label), info, u8(1));
  return (await hmac(secret, labelled)).slice(0, length);
}

/** @param {Bytes} key @param {Bytes} data @returns {Promise<Bytes>} */
async function hmac(key, data) {
  const loaded = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", loaded, data));
}
