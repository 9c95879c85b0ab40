/**
 * Keep what must outlive a moment (docs/protocol.md §20.6): on the device in one IndexedDB database a survey, open during
 * one transaction only, so no tab is in the way of another that erases; in the tab; unfinished answers also in a file.
 */

import { concat, parseBase64, randomBytes, toBase64, utf8 } from "../protocol/bytes.js";
import { parseJson } from "../protocol/canonical.js";
import { BoothError } from "./api.js";

const SHELF = "kept";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export class Store {
  /** @param {string} name of the database */
  constructor(name) {
    this.name = name;
  }

  /** Undefined if there is none. @param {string} key @returns {Promise<any>} */
  read = (key) => this.#within("readonly", (shelf) => shelf.get(key));
  /** Resolves once it is on the disk. @param {string} key @param {unknown} value */
  write = (key, value) => this.#within("readwrite", (shelf) => shelf.put(value, key));
  /** Forget everything. @returns {Promise<unknown>} */
  destroy = () => settled(indexedDB.deleteDatabase(this.name));

  /** Forget one thing; the last one takes the database with it. @param {string} key */
  async drop(key) {
    const left = await this.#within("readonly", (shelf) => shelf.getAllKeys());
    if (left?.includes(key)) await (left.length > 1 ? this.#within("readwrite", (shelf) => shelf.delete(key)) : this.destroy());
  }

  /** Nothing is made for a reader. @template T @param {IDBTransactionMode} mode @param {(shelf: IDBObjectStore) => IDBRequest<T>} work */
  async #within(mode, work) {
    let database;
    try {
      const isThere = (await indexedDB.databases()).some(({ name }) => name === this.name);
      if (mode === "readonly" && !isThere) return undefined;
      const opening = indexedDB.open(this.name, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(SHELF);
      database = await settled(opening);
      const transaction = database.transaction(SHELF, mode, { durability: "strict" });
      const asked = work(transaction.objectStore(SHELF));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      return asked.result;
    } catch (/** @type {any} */ error) {
      throw new BoothError(error?.name === "QuotaExceededError" ? "store.full" : "store.refused");
    } finally {
      database?.close();
    }
  }
}

const DRAFT_FORMAT = "drempel-draft/1";
const ROUNDS = 600_000;
const [BLOCK, SALT, NONCE] = [4096, 16, 12];
const AES = { name: "AES-GCM", length: 256 };
const USES = /** @type {KeyUsage[]} */ (["encrypt", "decrypt"]);

/** What a tab keeps of one survey, gone with it; where the browser refuses, with the page. */
export class Tab {
  /** @type {Record<string, string>} */
  #page = {};
  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /** Null if there is none. @param {string} key @returns {any} */
  read(key) {
    const found = this.#keep((storage) => storage.getItem(`${this.name}/${key}`));
    return JSON.parse(found ?? this.#page[key] ?? "null");
  }

  /** Whether it outlives a reload. @param {string} key @param {unknown} value null forgets it */
  write(key, value) {
    delete this.#page[key];
    const text = JSON.stringify(value);
    const isKept = this.#keep((storage) => (storage[value === null ? "removeItem" : "setItem"](`${this.name}/${key}`, text), true));
    if (!isKept && value !== null) this.#page[key] = text;
    return Boolean(isKept);
  }

  /** Null where the browser refuses. @template T @param {(storage: Storage) => T} work */
  #keep(work) {
    try {
      return work(sessionStorage);
    } catch {
      return null;
    }
  }
}

/** @param {Store} store @param {unknown} draft @param {Date} ends */
export async function deviceSave(store, draft, ends) {
  const key = (await store.read("draft"))?.key ?? (await crypto.subtle.generateKey(AES, false, USES));
  await store.write("draft", { key, ends, content: await seal(key, draft, store.name) });
}

/** @param {Store} store @returns {Promise<any>} null if there is none, or it has ended */
export async function deviceLoad(store) {
  const kept = await store.read("draft");
  if (kept && new Date() < kept.ends) return open(kept.key, kept.content, store.name);
  await store.drop("draft");
  return null;
}

/** @param {string} survey its id @param {unknown} draft @param {string} passphrase @returns {Promise<string>} a file's text */
export async function fileWrite(survey, draft, passphrase) {
  const salt = randomBytes(SALT);
  const content = toBase64(concat(salt, await seal(await fileKey(passphrase, salt), draft, survey)));
  return `${JSON.stringify({ format: DRAFT_FORMAT, survey, content }, null, 1)}\n`;
}

/** @param {string} survey @param {string} text @param {string} passphrase @returns {Promise<any>} */
export async function fileRead(survey, text, passphrase) {
  const file = await Promise.resolve(utf8(text)).then(parseJson).catch(() => null);
  const content = parseBase64(file?.content);
  if (file?.format !== DRAFT_FORMAT || content === null) throw new BoothError("draft.form");
  if (file.survey !== survey) throw new BoothError("draft.other_survey");
  const key = await fileKey(passphrase, content.slice(0, SALT));
  return open(key, content.slice(SALT), survey).catch(() => Promise.reject(new BoothError("draft.passphrase", { canRetry: true })));
}

/** @param {string} passphrase @param {Bytes} salt */
async function fileKey(passphrase, salt) {
  const words = await crypto.subtle.importKey("raw", utf8(passphrase.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return crypto.subtle.deriveKey(way, words, AES, false, USES);
}

/** @param {Bytes} iv @param {string} place */
const rule = (iv, place) => ({ name: "AES-GCM", iv, additionalData: utf8(`${DRAFT_FORMAT} ${place}`) });

/** @param {CryptoKey} key @param {unknown} draft @param {string} place where it belongs */
async function seal(key, draft, place) {
  const iv = randomBytes(NONCE);
  const text = utf8(JSON.stringify(draft));
  const padded = concat(text, new Uint8Array(BLOCK - (text.length % BLOCK)).fill(0x20));
  return concat(iv, new Uint8Array(await crypto.subtle.encrypt(rule(iv, place), key, padded)));
}

/** @param {CryptoKey} key @param {Bytes} data @param {string} place */
async function open(key, data, place) {
  return parseJson(new Uint8Array(await crypto.subtle.decrypt(rule(data.slice(0, NONCE), place), key, data.slice(NONCE))));
}
