/** Call relay and nodes: no cookie, no redirect, and patient where silence is the answer. Look at the page that was served. */

import { concat, ProtocolError, randomBytes, sha256, toBase64, utf8 } from "../protocol/bytes.js";
import { canonical, parseJson } from "../protocol/canonical.js";

/** Milliseconds. */
const [CALL, PATIENCE, FIRST_WAIT, LONGEST_WAIT] = [60_000, 20_000, 250, 8_000];
/** Bytes: no page, manifest or page of a list is longer. */
const LONGEST_ANSWER = 12 * 1024 * 1024;
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
    return { status: response.status, headers: response.headers, content: await bodyRead(response, node) };
  } catch (error) {
    throw error instanceof BoothError ? error : new BoothError("network.unreachable", { node, canRetry: true });
  }
}

/** A body as it comes in, given up where it is too long. @param {Response} response @param {string} node */
async function bodyRead({ body }, node) {
  const reader = body?.getReader();
  const parts = [];
  for (let length = 0; ; ) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) return concat(...parts);
    length += value.length;
    if (length > LONGEST_ANSWER) throw new BoothError("answer.too_long", { node });
    parts.push(value);
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

/** Fetches the page once more; throws `booth.page` or `booth.policy`. @param {Manifest} manifest @param {string} address @param {string} language */
export async function pageCheck(manifest, address, language) {
  // The page as this tab has it: the relay only says that it is still the same.
  const { headers, content } = await request(address, "relay", { cache: "no-cache" });
  const hash = toBase64(new Uint8Array(await crypto.subtle.digest("SHA-384", content)));
  if (manifest.booth.pages[language] !== `sha384-${hash}`) throw new BoothError("booth.page", { node: "relay" });
  const policy = headers.get("Content-Security-Policy");
  if (policy !== (await policyOf(manifest))) throw new BoothError("booth.policy", { node: "relay" });
}

/** The content policy of every page of a manifest: calls go to relay and nodes only (§20.2). @param {Manifest} manifest */
export async function policyOf({ relay, booth, nodes }) {
  const modules = Object.entries(booth.files).filter(([path]) => path.endsWith(".js"));
  const integrity = Object.fromEntries(modules.map(([path, hash]) => [`/booth/${booth.release}/${path}`, hash]));
  const map = toBase64(await sha256(canonical({ integrity })));
  const folder = `${new URL(relay.url).origin}/booth/${booth.release}/`;
  const calls = nodes.map((node) => new URL(node.url).origin).join(" ");
  return [
    ...["default-src 'none'", `script-src ${folder} 'sha256-${map}'`, `style-src ${folder}`, "img-src 'self'"],
    ...[`connect-src 'self' ${calls}`, "form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'"],
    ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
  ].join("; ");
}
