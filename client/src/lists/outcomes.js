/**
 * What an owner alone may learn: a holder's hits, the requester's counts. Source: docs/protocol.md §19.10; corrections C4.
 * Each component comes from two nodes; where the copies differ nothing is opened.
 */

import { concat, data, parseBase64, refuse, toHex, u32, u8, utf8 } from "../protocol/bytes.js";
import { digestBytes, parseCanonical } from "../protocol/canonical.js";
import { keySchedule } from "../protocol/hpke.js";
import { parsePoint, verify } from "../protocol/signing.js";
import { privateBytes } from "./request.js";
import { hashed } from "./words.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {import("./request.js").Request} Request */
/** @typedef {{privateKey: CryptoKey, point: Bytes}} SealKeys ECDH on P-256, as in the manifest */
/** @typedef {{hit: boolean | null, words: Set<bigint> | null}} Hits null where the question does not tell */

const OVERHEAD = 81;

/**
 * @param {SealKeys} keys @param {Bytes} info @param {Bytes} sealed @returns {Promise<Bytes>}
 */
export async function openSealed({ privateKey, point }, info, sealed) {
  const enc = sealed.slice(0, 65);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: await parsePoint(enc) }, privateKey, 256);
  const { key, nonce } = await keySchedule(new Uint8Array(shared), concat(enc, point), info);
  const opened = crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, sealed.slice(65));
  return new Uint8Array(await opened.catch(() => refuse("private.open", "A private outcome does not open.")));
}

/**
 * An owner's bytes of a bucket from three nodes' messages, opened and compared.
 * @param {Request} request @param {number} owner @param {number} bucket @param {SealKeys} keys
 * @param {{content: Bytes, signature: string}[]} messages of nodes a, b, c @returns {Promise<Bytes>}
 */
export const openPrivate = (request, owner, bucket, keys, messages) =>
  openShared(request, request.digest, owner, bucket, privateBytes(request, owner, bucket), keys, messages);

/**
 * `size` bytes that three nodes sealed to an owner in components, opened and compared.
 * @param {Request} request @param {string} named the digest of the manifest, or of its contact @param {number} owner @param {number} bucket
 * @param {number} size @param {SealKeys} keys @param {{content: Bytes, signature: string}[]} messages of nodes a, b, c @returns {Promise<Bytes>}
 */
export async function openShared(request, named, owner, bucket, size, keys, messages) {
  /** @type {Map<number, Bytes>} */
  const components = new Map();
  for (const [at, { content, signature }] of messages.entries()) {
    const head = concat(digestBytes(named), u8(at + 1), u8(owner), u32(bucket));
    await verify(request.nodes[at].identityKey, "drempel/private/1", concat(head, await hashed(content)), parseBase64(signature));
    if (content.length !== OVERHEAD + 2 * size) refuse("private.length", "A private outcome has another length.");
    const plain = await openSealed(keys, concat(utf8("drempel/sealed-private/1"), new Uint8Array(1), head), content);
    for (const [half, k] of [at, (at + 1) % 3].entries()) {
      const component = plain.slice(half * size, (half + 1) * size);
      const other = components.get(k) ?? component;
      if (toHex(other) !== toHex(component)) refuse("private.components", "Two nodes gave different copies of one component.");
      components.set(k, component);
    }
  }
  const [first, second, third] = [0, 1, 2].map((k) => /** @type {Bytes} */ (components.get(k)));
  return first.map((byte, at) => byte ^ second[at] ^ third[at]);
}

/**
 * A holder's hits. What padding hits is thrown away.
 * @param {Request} request @param {number} owner @param {SealKeys} keys @param {import("./calls.js").Nodes} nodes
 * @param {{places: Uint32Array[], real: BigUint64Array[]}} prepared @returns {Promise<Hits>}
 */
export async function readHits(request, owner, keys, nodes, prepared) {
  const read = (/** @type {number} */ bucket) => bytesOf(request, owner, bucket, keys, nodes);
  const { holder_feedback: feedback } = request.request;
  if (feedback === "hit") return { hit: (await read(0))[0] !== 0, words: null };
  if (feedback !== "items") return { hit: null, words: null };
  /** @type {Set<bigint>} */
  const found = new Set();
  for (const [bucket, places] of prepared.places.entries()) {
    const flags = await read(bucket);
    for (const [at, place] of places.entries()) {
      if ((flags[place >> 3] >> (place & 7)) & 1) found.add(prepared.real[bucket][at]);
    }
  }
  return { hit: found.size > 0, words: found };
}

/**
 * The requester's counts by word, where shown.
 * @param {Request} request @param {SealKeys} keys @param {import("./calls.js").Nodes} nodes
 * @param {{places: Uint32Array[], real: BigUint64Array[]}} prepared @returns {Promise<Map<bigint, number>>}
 */
export async function readCounts(request, keys, nodes, prepared) {
  const counts = new Map();
  for (const [bucket, places] of prepared.places.entries()) {
    const shown = await bytesOf(request, 0, bucket, keys, nodes);
    for (const [at, place] of places.entries()) if (shown[place]) counts.set(prepared.real[bucket][at], shown[place]);
  }
  return counts;
}

/** @param {Request} request @param {number} owner @param {number} bucket @param {SealKeys} keys @param {import("./calls.js").Nodes} nodes */
async function bytesOf(request, owner, bucket, keys, nodes) {
  const messages = await nodes.each(async (at) => {
    const found = await nodes.signed(at, `requests/${request.digest}/private/${owner}/${bucket}`);
    return found ?? refuse("private.none", "There is no outcome yet.");
  });
  return openPrivate(request, owner, bucket, keys, messages);
}

/**
 * What three nodes signed of a request's end: state, reason, and the values that are shown (null where one is not).
 * @param {Request} request @param {{statement: string, signature: string}[]} answers of nodes a, b, c
 * @returns {Promise<{state: string, reason: string | null, values: Record<string, string | null>}>}
 */
export async function openValues(request, answers) {
  /** @type {any[]} */
  const statements = [];
  for (const [at, answer] of answers.entries()) {
    const raw = data(answer?.statement, "statement");
    await verify(request.nodes[at].identityKey, "drempel/request-statement/1", raw, parseBase64(answer.signature));
    const statement = parseCanonical(raw);
    const isOurs = statement.format === "drempel-request-statement/1" && statement.manifest === request.digest && statement.index === at + 1;
    statements.push(isOurs ? statement : refuse("statement.form", "A node's statement is of another question."));
  }
  const [first] = statements;
  const agrees = statements.every(({ state, root }) => state === first.state && root === first.root);
  if (!agrees) refuse("statement.differs", "The nodes' statements differ.");
  /** @type {Record<string, string | null>} */
  const values = {};
  for (const name of Object.keys(first.values)) {
    const [shown, value] = ["shown", "value"].map((part) => joined(statements.map(({ values: held }) => held[name]?.[part])));
    values[name] = shown === 1n ? String(value) : null;
  }
  return { state: first.state, reason: first.reason, values };
}

/** @param {any[]} pairs two components each, of nodes a, b, c @returns {bigint} */
function joined(pairs) {
  const held = pairs.map((pair) => (Array.isArray(pair) && pair.length === 2 ? pair.map(BigInt) : refuse("statement.components", "A value has no components.")));
  const isSame = held.every(([, second], at) => second === held[(at + 1) % 3][0]);
  return isSame ? held.reduce((sum, [first]) => sum ^ first, 0n) : refuse("statement.components", "Two nodes gave different copies of one component.");
}
