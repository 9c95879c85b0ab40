/** Call relay and nodes: no cookie, no redirect, and patient where silence is the answer. */

import { ProtocolError, randomBytes, utf8 } from "../protocol/bytes.js";
import { parseJson } from "../protocol/canonical.js";

/** @typedef {{name: string, url: string, patience?: number, onWait?: () => void}} Receiver `patience`: milliseconds of silence */

/** Milliseconds. */
const [CALL, PATIENCE, FIRST_WAIT, LONGEST_WAIT] = [60_000, 20_000, 250, 8_000];
const CODE = /^[a-z][a-z0-9_.-]{0,79}$/;
/** Codes after which the same call may succeed, though not at once. */
const LATER = new Set(["survey.not_open", "manifest.unknown", "relay.full"]);

/** Why something did not succeed: a stable `code`; who (`node`: a, b, c, relay, or empty); `where`: which question or rule. */
export class BoothError extends ProtocolError {
  /** @param {string} code @param {{node?: string, canRetry?: boolean, where?: string}} [more] */
  constructor(code, { node = "", canRetry = false, where = "" } = {}) {
    super(code, node ? `${code} (${node})` : code, where);
    this.node = node;
    this.canRetry = canRetry;
  }
}

/** What is thrown here, whatever was thrown beneath. @param {unknown} error @param {string} [node] */
export function boothError(error, node = "") {
  if (error instanceof BoothError) return error;
  if (!(error instanceof ProtocolError)) return new BoothError("booth.fault", { node });
  return new BoothError(error.code, { node, where: error.where, canRetry: LATER.has(error.code) });
}

/** The JSON object at `<url>/api/v1/<path>`, null if there is none; a body is posted. No call does harm when it is made twice. @param {Receiver} receiver @param {string} path @param {Uint8Array<ArrayBuffer> | object} [body] @returns {Promise<any>} */
export async function call(receiver, path, body) {
  const until = Date.now() + (receiver.patience ?? PATIENCE);
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await once(receiver, path, body);
    } catch (error) {
      const found = boothError(error, receiver.name);
      // Between half the wait and all of it: browsers that failed together spread out.
      const pause = (wait * (256 + randomBytes(1)[0])) / 512;
      if (!found.canRetry || LATER.has(found.code) || Date.now() + pause > until) throw found;
      receiver.onWait?.();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** A request that tells nothing of the page, its person or an earlier call. @param {string} url @param {string} node @param {RequestInit} [more] */
export async function request(url, node, more) {
  const signal = AbortSignal.timeout(CALL);
  const quiet = /** @type {const} */ ({ cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
  try {
    const response = await fetch(url, { ...quiet, signal, ...more });
    const content = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, content };
  } catch {
    throw new BoothError("network.unreachable", { node, canRetry: true });
  }
}

/** @param {Receiver} receiver @param {string} path @param {Uint8Array<ArrayBuffer> | object} [body] @returns {Promise<any>} */
async function once({ name: node, url }, path, body) {
  const [type, data] = body instanceof Uint8Array ? ["octet-stream", body] : ["json", utf8(JSON.stringify(body ?? null))];
  const sent = body && { method: "POST", headers: { "Content-Type": `application/${type}` }, body: data };
  const response = await request(`${url.replace(/\/+$/, "")}/api/v1/${path}`, node, sent);
  const found = await Promise.resolve(response.content).then(parseJson).catch(() => null);
  const { status } = response;
  if (status < 300 && found?.constructor === Object) return found;
  if (status === 404 && !body) return null;
  const isAway = status >= 500 || status === 429 || status === 408;
  const unnamed = status < 300 ? "answer.form" : isAway ? "network.unavailable" : "refused";
  const code = CODE.test(found?.code) && status >= 300 ? found.code : unnamed;
  throw new BoothError(code, { node, canRetry: isAway || LATER.has(code) });
}
