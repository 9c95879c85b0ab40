/** Sign and verify label ‖ 0x00 ‖ body, so that no signature serves two purposes. Source: docs/protocol.md §3. */

import { concat, refuse, utf8 } from "./bytes.js";

export const POINT_BYTES = 65;
const CURVE = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** @param {string} label @param {Uint8Array} body */
export const signedBytes = (label, body) => concat(utf8(label), new Uint8Array(1), body);

/**
 * Refuses (`signature.invalid`) unless the Ed25519 signature holds.
 * @param {Bytes} key @param {string} label @param {Uint8Array} body @param {Bytes | null} signature
 */
export const verify = (key, label, body, signature) =>
  check(label, async () => {
    if (key.length !== 32 || signature?.length !== 64) return false;
    const loaded = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", loaded, signature, signedBytes(label, body));
  });

/** Whatever fails fails alike. @param {string} label @param {() => Promise<boolean>} holds */
export async function check(label, holds) {
  if (!(await holds().catch(() => false))) {
    refuse("signature.invalid", `A signature with label ${label} does not hold.`);
  }
}

/** A fresh one-time key whose private half never leaves the browser. */
export async function oneTimeKeys() {
  const keys = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  return { keys, point: await pointBytes(keys.publicKey) };
}

/** @param {CryptoKey} key @returns {Promise<Bytes>} 65 bytes, uncompressed */
export const pointBytes = async (key) => new Uint8Array(await crypto.subtle.exportKey("raw", key));

/** @param {CryptoKey} key @param {string} label @param {Uint8Array} body @returns {Promise<Bytes>} r ‖ s */
export const oneTimeSign = async (key, label, body) =>
  new Uint8Array(await crypto.subtle.sign(CURVE, key, signedBytes(label, body)));

/** @param {Bytes} point 65 bytes, on the curve @returns {Promise<CryptoKey>} for agreeing on a key */
export async function parsePoint(point) {
  if (point.length !== POINT_BYTES || point[0] !== 4) refuse("key.form", "A P-256 public key is 65 bytes.");
  return crypto.subtle
    .importKey("raw", point, { name: "ECDH", namedCurve: "P-256" }, true, [])
    .catch(() => refuse("key.form", "A P-256 public key is not on the curve."));
}
