/** Call a node from a page of another origin: no cookie, no redirect, and patience where silence is the answer. */

import { ProtocolError, randomBytes, refuse, toBase64, utf8 } from "../protocol/bytes.js";
import { parseJson } from "../protocol/canonical.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {{method?: string, json?: object, octets?: Bytes, signature?: Bytes}} Sent */

/** Milliseconds. */
const [CALL, PATIENCE, FIRST_WAIT, LONGEST_WAIT] = [60_000, 20_000, 250, 4_000];
const CODE = /^[a-z][a-z0-9_.-]{0,79}$/;
const SIGNATURE = "Drempel-Signature";

/** A node that does not answer, or says no: a stable `code`, `node` (a, b or c), perhaps what it holds already. */
export class NodeError extends ProtocolError {
  /** @param {string} code @param {string} node @param {{canRetry?: boolean, status?: number, problem?: any}} [more] */
  constructor(code, node, { canRetry = false, status = 0, problem = null } = {}) {
    super(code, `${code} (${node})`, node);
    this.node = node;
    this.canRetry = canRetry;
    this.status = status;
    this.problem = problem;
  }
}

/** The three nodes of a request, each told the same, or each for itself. */
export class Nodes {
  /** @param {import("./request.js").RequestNode[]} nodes @param {{signal?: AbortSignal, patience?: number}} [terms] */
  constructor(nodes, { signal, patience = PATIENCE } = {}) {
    this.nodes = nodes;
    this.signal = signal;
    this.patience = patience;
  }

  /** @param {number} at 0, 1, 2 @param {string} path @param {Sent} [sent] @returns {Promise<any>} JSON; null where there is none */
  async json(at, path, sent) {
    const { status, content } = await this.#patiently(at, path, sent);
    if (status === 404) return null;
    const found = await Promise.resolve(content).then(parseJson).catch(() => null);
    return found?.constructor === Object ? found : refuse("answer.form", "A node did not answer with a JSON object.", this.nodes[at].node);
  }

  /** @param {number} at @param {string} path @returns {Promise<{content: Bytes, signature: string} | null>} */
  async signed(at, path) {
    const { status, content, headers } = await this.#patiently(at, path);
    return status === 404 ? null : { content, signature: headers.get(SIGNATURE) ?? "" };
  }

  /** @template T @param {(at: number) => Promise<T>} work @returns {Promise<T[]>} at all three at once; the first fault, by index */
  async each(work) {
    const done = await Promise.allSettled(this.nodes.map((_, at) => work(at)));
    return done.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
  }

  /** @param {number} at @param {string} path @param {Sent} [sent] */
  async #patiently(at, path, sent = {}) {
    const until = Date.now() + this.patience;
    for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      try {
        return await this.#once(at, path, sent);
      } catch (error) {
        const pause = (wait * (256 + randomBytes(1)[0])) / 512;
        if (!(error instanceof NodeError && error.canRetry) || Date.now() + pause > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** @param {number} at @param {string} path @param {Sent} sent */
  async #once(at, path, { method = "GET", json, octets, signature }) {
    this.signal?.throwIfAborted();
    const { node, url } = this.nodes[at];
    /** @type {Record<string, string>} */
    const headers = signature ? { [SIGNATURE]: toBase64(signature) } : {};
    if (json || octets) headers["Content-Type"] = json ? "application/json" : "application/octet-stream";
    const body = json ? utf8(JSON.stringify(json)) : octets;
    const signals = [AbortSignal.timeout(CALL), ...(this.signal ? [this.signal] : [])];
    const quiet = /** @type {const} */ ({ cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
    const more = { method, headers, body, signal: AbortSignal.any(signals) };
    const answer = await fetch(`${url.replace(/\/+$/, "")}/api/v1/${path}`, { ...quiet, ...more }).then(whole).catch(() => null);
    this.signal?.throwIfAborted();
    if (!answer) throw new NodeError("network.unreachable", node, { canRetry: true });
    const { status } = answer;
    if (status < 300 || (status === 404 && method === "GET")) return answer;
    const isAway = status >= 500 || status === 429 || status === 408;
    const problem = await Promise.resolve(answer.content).then(parseJson).catch(() => null);
    const code = isAway ? "network.unavailable" : CODE.test(problem?.code) ? problem.code : "refused";
    throw new NodeError(code, node, { canRetry: isAway, status, problem });
  }
}

/** @param {Response} response */
const whole = async (response) => ({ status: response.status, headers: response.headers, content: new Uint8Array(await response.arrayBuffer()) });
