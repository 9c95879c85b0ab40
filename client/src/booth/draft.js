/**
 * Keep unfinished answers where the respondent chose: in this tab, on this device, or in a file of hers.
 *
 * A draft is what the screens make of it: plain JSON. The tab's ends with the tab. The device's is encrypted under a
 * key that cannot be exported, and ends when answering does. The file's key comes from a passphrase. Lengths are
 * rounded up, so that a file says little of how much was written.
 */

import { concat, parseBase64, randomBytes, toBase64, utf8 } from "../protocol/bytes.js";
import { parseJson } from "../protocol/canonical.js";
import { BoothError } from "./api.js";

/** @typedef {import("./store.js").Store} Store */

export const DRAFT_FORMAT = "drempel-draft/1";
const ROUNDS = 600_000;
const BLOCK = 4096;
const SALT = 16;
const NONCE = 12;

/** What a tab keeps of one survey, gone with it: its draft and the invitation code. */
export class Tab {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /** @param {string} key @returns {any} null if there is none */
  read(key) {
    try {
      return JSON.parse(sessionStorage.getItem(`${this.name}/${key}`) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {string} key @param {unknown} value null forgets it */
  write(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(`${this.name}/${key}`);
      else sessionStorage.setItem(`${this.name}/${key}`, JSON.stringify(value));
    } catch {
      throw new BoothError("store.refused");
    }
  }
}

/** @param {Store} store @param {unknown} draft @param {Date} ends */
export async function deviceSave(store, draft, ends) {
  const kept = await store.read("draft");
  const key = kept?.key ?? (await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));
  await store.write("draft", { key, ends, sealed: await sealed(key, draft, utf8(store.name)) });
}

/** @param {Store} store @param {Date} now @returns {Promise<any>} null if there is none, or it has ended */
export async function deviceLoad(store, now) {
  const kept = await store.read("draft");
  if (kept && now < kept.ends) return opened(kept.key, kept.sealed, utf8(store.name));
  if (kept) await store.drop("draft");
  return null;
}

/** @param {string} surveyId @param {unknown} draft @param {string} passphrase @returns {Promise<string>} a file's text */
export async function fileWrite(surveyId, draft, passphrase) {
  const salt = randomBytes(SALT);
  const key = await fileKey(passphrase, salt);
  const content = toBase64(concat(salt, await sealed(key, draft, context(surveyId))));
  return `${JSON.stringify({ format: DRAFT_FORMAT, survey: surveyId, content }, null, 1)}\n`;
}

/** @param {string} surveyId @param {string} text @param {string} passphrase @returns {Promise<any>} */
export async function fileRead(surveyId, text, passphrase) {
  const file = /** @type {any} */ (fileParse(text));
  const content = parseBase64(file?.content);
  if (file?.format !== DRAFT_FORMAT || content === null) throw new BoothError("draft.form");
  if (file.survey !== surveyId) throw new BoothError("draft.other_survey");
  try {
    return await opened(await fileKey(passphrase, content.slice(0, SALT)), content.slice(SALT), context(surveyId));
  } catch {
    throw new BoothError("draft.passphrase", { canRetry: true });
  }
}

/** @param {string} text */
function fileParse(text) {
  try {
    return parseJson(utf8(text));
  } catch {
    throw new BoothError("draft.form");
  }
}

/** @param {string} surveyId */
const context = (surveyId) => utf8(`${DRAFT_FORMAT} ${surveyId}`);

/** @param {string} passphrase @param {Uint8Array<ArrayBuffer>} salt */
async function fileKey(passphrase, salt) {
  const words = await crypto.subtle.importKey("raw", utf8(passphrase.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  const rule = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return crypto.subtle.deriveKey(rule, words, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** @param {CryptoKey} key @param {unknown} draft @param {Uint8Array<ArrayBuffer>} additionalData */
async function sealed(key, draft, additionalData) {
  const iv = randomBytes(NONCE);
  const text = utf8(JSON.stringify(draft));
  const padded = concat(text, new Uint8Array(BLOCK - (text.length % BLOCK)).fill(0x20));
  return concat(iv, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, padded)));
}

/** @param {CryptoKey} key @param {Uint8Array<ArrayBuffer>} data @param {Uint8Array<ArrayBuffer>} additionalData */
async function opened(key, data, additionalData) {
  const rule = { name: "AES-GCM", iv: data.slice(0, NONCE), additionalData };
  return parseJson(new Uint8Array(await crypto.subtle.decrypt(rule, key, data.slice(NONCE))));
}
