/** Call relay and nodes: no cookie, no redirect, bounded, and patient where silence is the answer. */

import { ProtocolError, randomBytes, utf8 } from "../protocol/bytes.js";
import { parseJson } from "../protocol/canonical.js";

const CALL_MILLISECONDS = 60_000;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 8_000;
const LARGEST_ANSWER = 64 * 1024 * 1024;
/** Codes after which the same call may succeed later. */
const LATER = new Set(["survey.not_open", "manifest.unknown", "relay.full"]);

/** Why something did not succeed: a stable `code`; who (`node`: a, b, c, relay, or empty); `where`: which question. */
export class BoothError extends Error {
  /** @param {string} code @param {{node?: string, canRetry?: boolean, where?: string, status?: number}} [more] */
  constructor(code, { node = "", canRetry = false, where = "", status = 0 } = {}) {
    super(node ? `${code} (${node})` : code);
    this.name = "BoothError";
    this.code = code;
    this.node = node;
    this.canRetry = canRetry;
    this.where = where;
    this.status = status;
  }
}

/** What is thrown here, whatever was thrown beneath. @param {unknown} error @param {string} [node] */
export function boothError(error, node = "") {
  if (error instanceof BoothError) return error;
  if (error instanceof ProtocolError) {
    return new BoothError(error.code, { node, where: error.where, canRetry: LATER.has(error.code) });
  }
  return new BoothError("booth.fault", { node });
}

/**
 * Somebody to call. `patience` is for how many milliseconds a call that gets no answer is made again.
 * @typedef {{name: string, url: string, patience?: number, onWait?: (node: string) => void}} Receiver
 */

/**
 * The JSON object at `<url>/api/v1/<path>`; with a body it is posted. Every call does no harm when made twice.
 * @param {Receiver} receiver @param {string} path @param {Uint8Array<ArrayBuffer> | object} [body]
 * @returns {Promise<any>}
 */
export async function call(receiver, path, body) {
  const until = Date.now() + (receiver.patience ?? 20_000);
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await once(receiver, path, body);
    } catch (error) {
      const found = boothError(error, receiver.name);
      // Between half the wait and all of it: browsers that failed together spread out.
      const pause = (wait * (256 + randomBytes(1)[0])) / 512;
      if (!found.canRetry || LATER.has(found.code) || Date.now() + pause > until) throw found;
      receiver.onWait?.(receiver.name);
      await waited(pause);
    }
  }
}

/** @param {number} milliseconds at most; less if the network comes back @returns {Promise<void>} */
function waited(milliseconds) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    globalThis.addEventListener("online", done);
  });
}

/** A request that tells nothing of the page, its person or an earlier call. @param {string} url @param {RequestInit} [more] */
export function request(url, more) {
  return fetch(url, {
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(CALL_MILLISECONDS),
    ...more,
  });
}

/** @param {Receiver} receiver @param {string} path @param {Uint8Array<ArrayBuffer> | object} [body] @returns {Promise<any>} */
async function once({ name, url }, path, body) {
  const isBytes = body instanceof Uint8Array;
  const headers = { Accept: "application/json", "Content-Type": isBytes ? "application/octet-stream" : "application/json" };
  const sent = body && { method: "POST", headers, body: isBytes ? body : utf8(JSON.stringify(body)) };
  let response, content;
  try {
    response = await request(`${url.replace(/\/+$/, "")}/api/v1/${path}`, sent);
    content = await contentOf(response);
  } catch (error) {
    if (error instanceof BoothError) throw error;
    throw new BoothError("network.unreachable", { node: name, canRetry: true });
  }
  if (response.ok) return objectOf(content, name);
  const isLater = response.status >= 500 || response.status === 429 || response.status === 408;
  const code = problemOf(content);
  throw new BoothError(isLater && code === "refused" ? "network.unavailable" : code, {
    node: name,
    canRetry: isLater || LATER.has(code),
    status: response.status,
  });
}

/** The body, no longer than any answer is. @param {Response} response */
export async function contentOf(response) {
  const parts = [];
  let length = 0;
  for (const reader = response.body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > LARGEST_ANSWER) {
      void reader.cancel();
      throw new BoothError("answer.too_long");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** @param {Uint8Array} content @param {string} node */
function objectOf(content, node) {
  const value = parseJson(content);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new BoothError("answer.form", { node });
  return value;
}

/** @param {Uint8Array} content of a problem document */
function problemOf(content) {
  try {
    return codeOf(parseJson(content).code);
  } catch {
    return codeOf(null);
  }
}

/** A stable code as it came, `refused` for anything that is none. @param {unknown} code @returns {string} */
export const codeOf = (code) => (typeof code === "string" && /^[a-z][a-z0-9_.-]{0,79}$/.test(code) ? code : "refused");
