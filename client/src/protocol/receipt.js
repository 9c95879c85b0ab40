/** Prove what became of a parcel: the relay's promise, the nodes' confirmations, a receipt. Source: docs/protocol.md §8.5, §8.6. */

import { concat, fromHex, parseBase64, refuse, sha256, toBase64, toHex, u8 } from "./bytes.js";
import { digestBytes } from "./canonical.js";
import { HIGHEST_REVISION } from "./envelope.js";
import { verify } from "./signing.js";
import { Fields } from "./strict.js";

/**
 * `drempel-receipt/1` as JSON; keys and signatures in base64.
 * @typedef {{node: string, url: string, identity_key: string, confirmation?: string}} ReceiptNode
 * @typedef {{format: string, manifest: string, package: string, revision: number, content: string,
 *   relay: {url: string, key: string, promise: string | null}, nodes: ReceiptNode[]}} Receipt
 * @typedef {import("./manifest.js").Manifest} Manifest
 * @typedef {import("./answer.js").Parcel} Parcel
 */

const NODES = ["a", "b", "c"];

/** The receipt of a parcel for which nobody has signed yet. @param {Manifest} manifest @param {Parcel} parcel @returns {Promise<Receipt>} */
export async function emptyReceipt(manifest, parcel) {
  return {
    format: "drempel-receipt/1",
    manifest: manifest.digest,
    package: parcel.package,
    revision: parcel.revision,
    content: toHex(await sha256(parcel.content)),
    relay: { url: manifest.relay.url, key: toBase64(manifest.relay.key), promise: null },
    nodes: manifest.nodes.map(({ node, url, identityKey }) => ({ node, url, identity_key: toBase64(identityKey) })),
  };
}

/** @param {Receipt} receipt @param {any} answer the relay's: {promise} @returns {Promise<Receipt>} with the promise, verified */
export async function promiseTake(receipt, answer) {
  const relay = { ...receipt.relay, promise: answer?.promise };
  await checkPromise({ ...receipt, relay });
  return { ...receipt, relay };
}

/** @param {Receipt} receipt @param {string} name a, b or c @param {any} answer the node's to a batch of one: {answers} @returns {Promise<Receipt>} with the confirmation, verified */
export async function confirmationTake(receipt, name, answer) {
  const place = Array.isArray(answer?.answers) && answer.answers.length === 1 ? answer.answers[0] : null;
  if (place?.state !== "taken") {
    const code = typeof place?.code === "string" && /^[a-z][a-z0-9_.-]{0,79}$/.test(place.code) ? place.code : "";
    refuse(code || "parcel.not_taken", "A node does not take the answer.", name);
  }
  const row = (/** @type {ReceiptNode} */ one) => ({ ...one, confirmation: place.confirmation });
  const nodes = receipt.nodes.map((one) => (one.node === name ? row(one) : one));
  await checkConfirmation(receipt, row(receipt.nodes[NODES.indexOf(name)]));
  return { ...receipt, nodes };
}

/** Whether two stores have signed: the relay and a node, or two nodes. @param {Receipt} receipt */
export const isSafe = ({ relay, nodes }) => nodes.filter((node) => node.confirmation).length + (relay.promise ? 1 : 0) > 1;

/** Read a receipt and check every signature in it; one at least is there. @param {any} json @returns {Promise<Receipt>} */
export async function parseReceipt(json) {
  const top = new Fields(json, ["format", "manifest", "package", "revision", "content", "relay", "nodes"]);
  top.choice("format", ["drempel-receipt/1"]);
  top.digest("manifest");
  top.hexadecimal("package", 32);
  top.integer("revision", 0, HIGHEST_REVISION);
  top.hexadecimal("content", 32);
  const relay = top.fields("relay", ["url", "key", "promise"]);
  relay.url("url");
  relay.data("key", 32);
  if (relay.value.promise !== null) relay.data("promise", 64);
  const rows = top.rows("nodes", 3, 3, ["node", "url", "identity_key"], ["confirmation"]);
  rows.forEach((row, at) => {
    row.choice("node", [NODES[at]]);
    row.url("url");
    row.data("identity_key", 32);
    if (row.has("confirmation")) row.data("confirmation", 64);
  });
  const confirmed = /** @type {Receipt} */ (json).nodes.filter((node) => node.confirmation);
  if (json.relay.promise !== null || !confirmed.length) await checkPromise(json);
  for (const node of confirmed) await checkConfirmation(json, node);
  return json;
}

/** @param {Receipt} receipt */
async function checkPromise({ manifest, content, relay }) {
  const body = concat(digestBytes(manifest), fromHex(content));
  await verify(bytesOf(relay.key), "drempel/promise/1", body, parseBase64(relay.promise));
}

/** @param {Receipt} receipt @param {ReceiptNode} node */
async function checkConfirmation({ manifest, content }, node) {
  const body = concat(digestBytes(manifest), u8(NODES.indexOf(node.node) + 1), fromHex(content));
  await verify(bytesOf(node.identity_key), "drempel/confirmation/1", body, parseBase64(node.confirmation));
}

/** @param {string} text base64, checked before */
const bytesOf = (text) => parseBase64(text) ?? new Uint8Array();
