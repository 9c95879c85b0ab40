/** What the tests of client/src share: vectors, refusals, fixed keys, and the receiver's half of sealing. */

import assert from "node:assert/strict";
import { createECDH } from "node:crypto";
import { readFileSync } from "node:fs";

import { concat, fromHex, ProtocolError, toBase64 } from "../../client/src/protocol/bytes.js";
import { keySchedule } from "../../client/src/protocol/hpke.js";
import { MODULUS } from "../../client/src/protocol/validity.js";
import { check, parsePoint, signedBytes } from "../../client/src/protocol/signing.js";
import { digestBytes } from "../../client/src/protocol/canonical.js";

export const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));

/** Assert that `action` refuses with exactly this code (or one of these). */
export async function refused(code, action, name = "") {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `${name}: ${error.stack}`);
    assert.ok([code].flat().includes(error.code), `${name}: ${error.code} in place of ${code}`);
    return error;
  }
  return assert.fail(`${name}: accepted, ${code} is due`);
}

/** A key pair from its scalar, which WebCrypto alone cannot make. */
export async function p256(scalar, name = "ECDH") {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(scalar, "hex");
  const point = new Uint8Array(curve.getPublicKey());
  const url = (data) => toBase64(data).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const jwk = { kty: "EC", crv: "P-256", d: url(fromHex(scalar)), x: url(point.slice(1, 33)), y: url(point.slice(33)) };
  const algorithm = { name, namedCurve: "P-256" };
  const usages = name === "ECDH" ? ["deriveBits"] : ["sign"];
  const privateKey = await crypto.subtle.importKey("jwk", jwk, algorithm, true, usages);
  const publicKey = await crypto.subtle.importKey("raw", point, algorithm, true, name === "ECDH" ? [] : ["verify"]);
  return { privateKey, publicKey, point };
}

/** The receiver's half of HPKE. */
export async function openSealed({ privateKey, point }, info, sealed) {
  const enc = sealed.slice(0, 65);
  const dh = await crypto.subtle.deriveBits({ name: "ECDH", public: await parsePoint(enc) }, privateKey, 256);
  const { key, nonce } = await keySchedule(new Uint8Array(dh), concat(enc, point), info);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, sealed.slice(65)));
}

/** The package in a parcel, opened by node `index`; throws whatever WebCrypto does. */
export async function openParcel(keys, manifest, index, parcel) {
  const info = signedBytes("drempel/outer/1", concat(digestBytes(manifest), Uint8Array.of(index)));
  const at = 33 + 97 * (index - 1);
  const raw = await openSealed(keys, info, parcel.slice(at, at + 97));
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  const algorithm = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: parcel.slice(0, 324) };
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, parcel.slice(324)));
}

/** Field elements from their bytes. */
export function elements(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length: data.length / 8 }, (_, at) => view.getBigUint64(8 * at, true));
}

/** The values behind three share vectors, which must lie on lines. */
export function recombined([first, second, third]) {
  return first.map((one, at) => {
    const off = (((one - 2n * second[at] + third[at]) % MODULUS) + MODULUS) % MODULUS;
    assert.equal(off, 0n, "shares off the line");
    return (((2n * one - second[at]) % MODULUS) + MODULUS) % MODULUS;
  });
}

/** Refuses unless the one-time key's signature holds: what nodes check of a package. */
export async function oneTimeVerify(point, label, body, signature) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  await check(label, async () => {
    if (point.length !== 65 || signature.length !== 64) return false;
    const key = await crypto.subtle.importKey("raw", point, algorithm, true, ["verify"]);
    return crypto.subtle.verify(algorithm, key, signature, signedBytes(label, body));
  });
}
