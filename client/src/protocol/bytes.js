/** Bytes and their written forms. Source: docs/protocol.md §1. */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** A refusal: a stable dotted `code`, the place, one sentence; never an answer, code, share or key. */
export class ProtocolError extends Error {
  /** @param {string} code @param {string} sentence @param {string} [where] */
  constructor(code, sentence, where = "") {
    super(sentence);
    this.name = "ProtocolError";
    this.code = code;
    this.where = where;
  }
}

/** @param {string} code @param {string} sentence @param {string} [where] @returns {never} */
export function refuse(code, sentence, where) {
  throw new ProtocolError(code, sentence, where);
}

/** @param {...Uint8Array} parts @returns {Bytes} */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {string} text @returns {Bytes} */
export const utf8 = (text) => new TextEncoder().encode(text);
/** @param {number} count @returns {Bytes} */
export const randomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));
/** Unsigned integers of 1, 2 and 4 bytes, most significant byte first. @param {number} value */
export const u8 = (value) => Uint8Array.of(value);
/** @param {number} value */
export const u16 = (value) => Uint8Array.of(value >>> 8, value);
/** @param {number} value */
export const u32 = (value) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
/** @param {Uint8Array} data */
export const toHex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {unknown} value @param {number} length of bytes @returns {value is string} */
export const isHex = (value, length) =>
  typeof value === "string" && value.length === 2 * length && /^[0-9a-f]*$/.test(value);

/** @param {string} text lower-case hexadecimal @returns {Bytes} */
export function fromHex(text) {
  if (!isHex(text, text.length / 2)) refuse("hex.form", "Bytes are written as lower-case hexadecimal digits.");
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

/** @param {Uint8Array} data */
export function toBase64(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
  return btoa(text);
}

/** The bytes of the one standard base64 form, or null. @param {unknown} value @returns {Bytes | null} */
export function parseBase64(value) {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return null;
  try {
    const data = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    return toBase64(data) === value ? data : null;
  } catch {
    return null;
  }
}

/** @param {Uint8Array} data @returns {bigint} most significant byte first */
export const toNumber = (data) => (data.length ? BigInt(`0x${toHex(data)}`) : 0n);

/** The bytes of a base64 text; refuses anything else. @param {unknown} value @param {string} where @param {number} [length] */
export function data(value, where, length) {
  const found = parseBase64(value);
  const fits = found !== null && (length === undefined || found.length === length);
  return fits ? found : refuse("json.value", `${where} must be base64${length ? ` of ${length} bytes` : ""}.`, where);
}

/** @param {bigint} value @param {number} size @returns {Bytes} */
export const fromNumber = (value, size) => fromHex(value.toString(16).padStart(2 * size, "0"));
/** @param {Bytes} data @returns {Promise<Bytes>} */
export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
/** u32 count, then for each item u32 length ‖ bytes (§8.3). @param {Uint8Array[]} items */
export const packBatch = (items) => concat(u32(items.length), ...items.flatMap((item) => [u32(item.length), item]));
