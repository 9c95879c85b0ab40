/**
 * The keys of a person on the portal's pages: one Ed25519 key that signs and one P-256 key to which private outcomes are
 * sealed, made here, not extractable, kept in this browser's IndexedDB. The portal sees public halves alone. A key that
 * must outlive a browser is made as a file by the connector instead. Everything throws ProtocolError: `keys.none`,
 * `keys.taken`, `keys.refused` (the browser keeps none, as in a private window).
 */

import { refuse, toBase64 } from "../protocol/bytes.js";
import { canonical } from "../protocol/canonical.js";
import { pointBytes, signedBytes } from "../protocol/signing.js";
import { transact } from "./database.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {{name: string, sign: CryptoKeyPair, seal: CryptoKeyPair, made: string}} Held */
/** @typedef {{name: string, key: Bytes, sealKey: Bytes}} PublicKeys `key` 32 bytes, `sealKey` a point of 65 */

const DATABASE = "drempel-desk";
const SHELF = "keys";
const USUAL = "desk";
const SEALED_TO = ["requester", "holder"];

/** Make a person's two keys and keep them under a name. @param {string} [name] @returns {Promise<PublicKeys>} */
export async function makeKeys(name = USUAL) {
  if (await read(name)) refuse("keys.taken", "This browser has keys of that name.");
  const sign = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]));
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const seal = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(curve, false, ["deriveBits"]));
  await within("readwrite", (shelf) => shelf.add({ name, sign, seal, made: new Date().toISOString() }, name));
  // A browser short of room drops what no page asked it to keep; whether it agrees is its own affair.
  await globalThis.navigator?.storage?.persist?.();
  return publicKeys(name);
}

/** The names under which this browser holds keys. @returns {Promise<string[]>} */
export const heldNames = async () => (await within("readonly", (shelf) => shelf.getAllKeys())).map(String).sort();

/** The keys themselves, to open what is sealed to them; not extractable. @param {string} [name] @returns {Promise<Held>} */
export const heldKeys = async (name = USUAL) =>
  (await read(name)) ?? refuse("keys.none", "This browser has no keys of that name.");

/** The public halves. @param {string} [name] @returns {Promise<PublicKeys>} */
export async function publicKeys(name = USUAL) {
  const { sign, seal } = await heldKeys(name);
  return { name, key: await pointBytes(sign.publicKey), sealKey: await pointBytes(seal.publicKey) };
}

/** Forget keys for ever: what is sealed to them can never be opened again. @param {string} [name] */
export const forgetKeys = (name = USUAL) => within("readwrite", (shelf) => shelf.delete(name));

/**
 * The signature, 64 bytes, under label ‖ 0x00 ‖ bytes, as Python makes it (docs/protocol.md §3).
 * @param {string} label @param {Uint8Array} bytes @param {string} [name] @returns {Promise<Bytes>}
 */
export const signLabelled = async (label, bytes, name = USUAL) =>
  signWith((await heldKeys(name)).sign.privateKey, label, bytes);

/** The same with a key at hand. @param {CryptoKey} key @param {string} label @param {Uint8Array} bytes @returns {Promise<Bytes>} */
export const signWith = async (key, label, bytes) =>
  new Uint8Array(await crypto.subtle.sign("Ed25519", key, signedBytes(label, bytes)));

/**
 * What registers a key at the portal: `drempel-registered-key/1`, signed with the key itself; both base64.
 * @param {{organisation: string, role: string}} terms @param {string} [name] @returns {Promise<{registered: string, signature: string}>}
 */
export async function registration({ organisation, role }, name = USUAL) {
  const { key, sealKey } = await publicKeys(name);
  const data = registeredKey({ organisation, role, key, sealKey });
  return { registered: toBase64(data), signature: toBase64(await signLabelled("drempel/registered-key/1", data, name)) };
}

/** The bytes of a registered key. @param {{organisation: string, role: string, key: Bytes, sealKey: Bytes}} terms @returns {Bytes} */
export const registeredKey = ({ organisation, role, key, sealKey }) =>
  canonical({
    format: "drempel-registered-key/1",
    organisation,
    role,
    key: toBase64(key),
    seal_key: SEALED_TO.includes(role) ? toBase64(sealKey) : null,
  });

/** @param {string} name @returns {Promise<Held | undefined>} */
const read = (name) => within("readonly", (shelf) => shelf.get(name));

/** @template T @param {IDBTransactionMode} mode @param {(shelf: IDBObjectStore) => IDBRequest<T>} work @returns {Promise<T>} */
const within = (mode, work) =>
  transact(DATABASE, SHELF, mode, work).catch(() =>
    refuse("keys.refused", "This browser does not keep keys; leave a private window, or allow storage."),
  );
