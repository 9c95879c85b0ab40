/** The relay's promise, the nodes' confirmations, and the receipt that holds them. Source: docs/protocol.md §8.5, §8.6. */

import { concat, data, fromHex, isHex, parseBase64, refuse, sha256, toBase64, toHex, u8 } from "./bytes.js";
import { digestBytes } from "./canonical.js";
import { verify } from "./signing.js";

/**
 * `drempel-receipt/1` as JSON; keys and signatures in base64.
 * @typedef {{node: string, url: string, identity_key: string, confirmation?: string}} ReceiptNode
 * @typedef {{format: string, manifest: string, package: string, revision: number, content: string,
 *   relay: {url: string, key: string, promise: string | null}, nodes: ReceiptNode[]}} Receipt
 * @typedef {import("./manifest.js").Manifest} Manifest
 * @typedef {import("./answer.js").Parcel} Parcel
 */

const NODES = ["a", "b", "c"];

/** The receipt of a parcel for which nobody has signed yet. @param {Manifest} manifest @param {Parcel} parcel */
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

/** Returns with the promise, verified. @param {Receipt} receipt @param {any} answer the relay's: {promise} */
export async function promiseTake(receipt, answer) {
  const relay = { ...receipt.relay, promise: answer?.promise };
  await checkPromise({ ...receipt, relay });
  return { ...receipt, relay };
}

/**
 * The receipt with a node's confirmation, verified.
 * @param {Receipt} receipt @param {string} name a, b or c @param {any} answer the node's to a batch of one: {answers}
 */
export async function confirmationTake(receipt, name, answer) {
  const place = Array.isArray(answer?.answers) && answer.answers.length === 1 ? answer.answers[0] : null;
  if (place?.state !== "taken") {
    const code = typeof place?.code === "string" && /^[a-z][a-z0-9_.-]{0,79}$/.test(place.code) ? place.code : "";
    refuse(code || "parcel.not_taken", "A node does not take the answer.", name);
  }
  const nodes = receipt.nodes.map((one) => (one.node === name ? { ...one, confirmation: place.confirmation } : one));
  await checkConfirmation(receipt, nodes[NODES.indexOf(name)]);
  return { ...receipt, nodes };
}

/** Whether two stores have signed: the relay and a node, or two nodes. @param {Receipt} receipt */
export const isSafe = ({ relay, nodes }) => nodes.filter((node) => node.confirmation).length + (relay.promise ? 1 : 0) > 1;

/** Read a receipt and check every signature in it; one at least is there. @param {any} json */
export async function parseReceipt(json) {
  const { format, package: id, revision, content, relay, nodes } = json ?? {};
  const isReceipt = format === "drempel-receipt/1" && isHex(id, 32) && isHex(content, 32) && Number.isInteger(revision);
  const names = Array.isArray(nodes) ? nodes.map((node) => node?.node).join() : "";
  if (!isReceipt || names !== NODES.join() || !relay) refuse("json.value", "This is no receipt.");
  const confirmed = nodes.filter((/** @type {ReceiptNode} */ node) => node.confirmation !== undefined);
  if (relay.promise || !confirmed.length) await checkPromise(json);
  for (const node of confirmed) await checkConfirmation(json, node);
  return json;
}

/** @param {Receipt} receipt */
async function checkPromise({ manifest, content, relay }) {
  const body = concat(digestBytes(manifest), fromHex(content));
  await verify(data(relay.key, "relay.key", 32), "drempel/promise/1", body, parseBase64(relay.promise));
}

/** @param {Receipt} receipt @param {ReceiptNode} node */
async function checkConfirmation({ manifest, content }, node) {
  const body = concat(digestBytes(manifest), u8(NODES.indexOf(node.node) + 1), fromHex(content));
  await verify(data(node.identity_key, "identity_key", 32), "drempel/confirmation/1", body, parseBase64(node.confirmation));
}
