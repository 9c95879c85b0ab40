/** Read JSON objects strictly: every key known, every value of its one form. Source: docs/protocol.md §2. */

import { isHex, parseBase64, refuse } from "./bytes.js";
import { isDigest } from "./canonical.js";

const URL_FORM = /^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~/-]*)?$/;
const TIME_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** Gives the values of one JSON object by key, each checked; refuses unknown and missing keys at once. */
export class Fields {
  /** @param {any} value @param {readonly string[]} required @param {string} [where] @param {readonly string[]} [optional] */
  constructor(value, required, where = "", optional = []) {
    this.where = where;
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      refuse("json.type", `${where || "The document"} must be a JSON object.`, where);
    }
    const known = new Set([...required, ...optional]);
    const unknown = Object.keys(value).some((key) => !known.has(key));
    if (unknown) refuse("json.unknown_key", `${where || "The message"} has a key that is not known.`, where);
    for (const key of required) {
      if (!Object.hasOwn(value, key)) this.refuse(key, "is missing", "json.missing_key");
    }
    this.value = value;
  }

  /** @param {string} key */
  path(key) {
    return this.where ? `${this.where}.${key}` : key;
  }

  /** @param {string} key @param {string} rule @param {string} [code] @returns {never} */
  refuse(key, rule, code = "json.value") {
    return refuse(code, `${this.path(key)} ${rule}.`, this.path(key));
  }

  /** @param {string} key */
  has(key) {
    return Object.hasOwn(this.value, key);
  }

  /** @template T @param {string} key @param {(value: any) => boolean} holds @param {string} rule @returns {T} */
  checked(key, holds, rule) {
    if (!holds(this.value[key])) this.refuse(key, rule);
    return this.value[key];
  }

  /** @param {string} key @param {number} [longest] @returns {string} */
  text(key, longest = 200) {
    const holds = (/** @type {any} */ v) => typeof v === "string" && v !== "" && [...v].length <= longest;
    return this.checked(key, holds, `must be a text of 1 to ${longest} characters`);
  }

  /** @param {string} key @param {readonly any[]} allowed @returns {any} */
  choice(key, allowed) {
    return this.checked(key, (v) => allowed.includes(v), `must be one of: ${allowed.join(", ")}`);
  }

  /** @param {string} key @param {number} lowest @param {number} [highest] @returns {number} */
  integer(key, lowest, highest = Number.MAX_SAFE_INTEGER) {
    const holds = (/** @type {any} */ v) => Number.isSafeInteger(v) && v >= lowest && v <= highest;
    return this.checked(key, holds, `must be a whole number from ${lowest} to ${highest}`);
  }

  /** @param {string} key @returns {string} */
  digest(key) {
    return this.checked(key, isDigest, "must be 'sha256:' and 64 hexadecimal digits");
  }

  /** @param {string} key @param {number} length of bytes @returns {string} */
  hexadecimal(key, length) {
    return this.checked(key, (v) => isHex(v, length), `must be ${2 * length} lower-case hexadecimal digits`);
  }

  /** @param {string} key @param {number} [length] */
  data(key, length) {
    const data = parseBase64(this.value[key]);
    if (data === null || (length !== undefined && data.length !== length)) {
      return this.refuse(key, `must be standard base64${length ? ` of ${length} bytes` : ""}, with padding`);
    }
    return data;
  }

  /** @param {string} key @returns {string} */
  url(key) {
    const holds = (/** @type {any} */ v) => typeof v === "string" && v.length <= 300 && URL_FORM.test(v);
    return this.checked(key, holds, "must be an http or https address");
  }

  /** @param {string} key */
  moment(key) {
    const text = this.value[key];
    const time = new Date(typeof text === "string" && TIME_FORM.test(text) ? text : NaN);
    if (Number.isNaN(time.valueOf()) || time.toISOString().replace(".000Z", "Z") !== text || text < "0001") {
      return this.refuse(key, "must be a time such as 2026-01-31T12:00:00Z");
    }
    return time;
  }

  /** @param {string} key @param {number} lowest @param {number} highest @returns {any[]} */
  items(key, lowest, highest) {
    const holds = (/** @type {any} */ v) => Array.isArray(v) && v.length >= lowest && v.length <= highest;
    return this.checked(key, holds, `must be a list of ${lowest} to ${highest} entries`);
  }

  /** @param {string} key @param {readonly string[]} required @param {readonly string[]} [optional] */
  fields(key, required, optional) {
    return new Fields(this.value[key], required, this.path(key), optional);
  }

  /** @param {string} key @param {number} lowest @param {number} highest @param {readonly string[]} required @param {readonly string[]} [optional] */
  rows(key, lowest, highest, required, optional) {
    const rows = this.items(key, lowest, highest);
    return rows.map((row, place) => new Fields(row, required, `${this.path(key)}[${place}]`, optional));
  }
}
