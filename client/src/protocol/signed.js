/**
 * What others have signed, and nothing of it believed before its signature holds: the manifest; promise and confirmations
 * of a receipt; what the lists that nodes publish say of it. Source: docs/protocol.md §8.5, §8.6, §9, §10, §14.3, §20.
 *
 * Whether a manifest's survey, times and limits keep the rules is not checked: each signer has looked, one honest one is
 * enough, and four who are not could read every answer anyway.
 */

import { checkModulus, envelopeLength, MODULUS_BYTES, parcelLength, possessionVerify } from "./answer.js";
import { concat, data, fromHex, isHex, parseBase64, ProtocolError, refuse, sha256, toBase64, toHex, u8, u32, utf8 } from "./bytes.js";
import { canonical, digest, digestBytes, parseCanonical } from "./canonical.js";
import { buildLayout } from "./record.js";
import { parsePoint, POINT_BYTES, signedBytes, verify } from "./signing.js";

const NODES = ["a", "b", "c"];
const SUITE = {
  sharing: "shamir-2^61-1",
  envelope: "hpke-p256-sha256-aes128gcm",
  outer: "hpke-p256-sha256-aes128gcm",
  one_time: "ecdsa-p256-sha256",
  token: "rsabssa-sha384-pss-deterministic-2048",
  signature: "ed25519",
  proof: "linear-shamir/1",
};

/** Returns nothing verified yet. @param {any} json {manifest, coordinator_signature, signatures: {a, b, c}} */
export const parseSignedManifest = (json) => ({
  manifest: data(json?.manifest, "manifest"),
  coordinator: data(json?.coordinator_signature, "coordinator_signature", 64),
  nodes: NODES.map((name) => data(json.signatures?.[name], `signatures.${name}`, 64)),
});

/** The manifest, if the coordinator and the three nodes named in it signed it. @param {SignedManifest} signed */
export async function verifySignedManifest({ manifest: raw, coordinator, nodes }) {
  const document = parseCanonical(raw);
  const keys = [document?.coordinator?.key, ...NODES.map((_, at) => document?.nodes?.[at]?.identity_key)];
  for (const [at, signature] of [coordinator, ...nodes].entries()) {
    await verify(data(keys[at], "key", 32), "drempel/manifest/1", raw, signature);
  }
  return readManifest(raw, document);
}

/** @param {Bytes} raw @param {any} document the JSON in it */
export async function readManifest(raw, document) {
  const isKnown = document.format === "drempel-manifest/1" && document.kind === "survey";
  if (!isKnown) refuse("json.value", "This is no survey's manifest.");
  const sameSuite = toBase64(canonical(document.suite)) === toBase64(canonical(SUITE));
  if (!sameSuite) refuse("manifest.suite", "The manifest has not the suite of this version.");
  const layout = buildLayout(document.survey);
  const { width, words } = layout.proof;
  const length = envelopeLength(words);
  const record = { width, words, envelope_length: length, parcel_length: parcelLength(length) };
  const follows = toBase64(canonical(document.record)) === toBase64(canonical(record));
  if (!follows) refuse("manifest.record", "The manifest's record does not follow from its survey.");
  const window = (/** @type {any} */ { opens, closes }) => ({ opens: new Date(opens), closes: new Date(closes) });
  const { coordinator, relay } = document;
  const manifest = {
    digest: await digest(raw),
    surveyId: /** @type {string} */ (document.survey_id),
    survey: layout.survey,
    layout,
    roster: /** @type {{kind: "code" | "key", size: number, roots: string[]}} */ (document.roster),
    timing: /** @type {"strict" | "normal" | "immediate"} */ (document.timing),
    issuing: window(document.issuing),
    answering: window(document.answering),
    coordinator: { name: /** @type {string} */ (coordinator.name), key: data(coordinator.key, "coordinator", 32) },
    relay: { url: address(relay.url, "relay.url", true), key: data(relay.key, "relay", 32) },
    nodes: await Promise.all(NODES.map((name, at) => readNode(document.nodes[at], name, at + 1, document.survey_id))),
    booth: /** @type {{release: string, files: Record<string, string>, pages: Record<string, string>}} */ (document.booth),
    envelopeLength: length,
    parcelLength: record.parcel_length,
  };
  checkRoles(manifest);
  return manifest;
}

/**
 * An address in the one form that policies and origins have (§2).
 * @param {any} url @param {string} where @param {boolean} [isOrigin] without a path
 */
export function address(url, where, isOrigin = false) {
  const isPlain = /^https?:\/\/[a-z0-9-]+(\.[a-z0-9-]+)*(:[1-9]\d*)?(\/[\w.~-]+)*$/.test(url) && url.length <= 300;
  const { href, pathname } = isPlain && URL.canParse(url) ? new URL(url) : { href: null, pathname: "" };
  const isIts = href === (isOrigin || pathname === "/" ? `${url}/` : url);
  return isIts ? String(url) : refuse("json.value", `${where} is no address in its one form.`, where);
}

/** @param {any} node @param {string} name @param {number} index @param {string} surveyId */
async function readNode(node, name, index, surveyId) {
  if (node.node !== name || node.index !== index) refuse("json.value", "The nodes are a, b and c, in this order.");
  const identityKey = data(node.identity_key, `${name}.identity_key`, 32);
  const shareKey = data(node.share_key, `${name}.share_key`, POINT_BYTES);
  const outerKey = data(node.outer_key, `${name}.outer_key`, POINT_BYTES);
  await Promise.all([parsePoint(shareKey), parsePoint(outerKey)]);
  const issuerKey = data(node.issuer_key, `${name}.issuer_key`);
  const issuerProof = data(node.issuer_proof, `${name}.issuer_proof`, MODULUS_BYTES);
  checkModulus(issuerKey);
  await possessionVerify(issuerKey, surveyId, index, identityKey, issuerProof);
  const url = address(node.url, `${name}.url`);
  return { node: name, index, name: /** @type {string} */ (node.name), url, identityKey, shareKey, outerKey, issuerKey, issuerProof };
}

/**
 * One key in two roles would let one party act in the place of another.
 * @param {{coordinator: {key: Bytes}, relay: {key: Bytes}, nodes: Awaited<ReturnType<typeof readNode>>[]}} manifest
 */
function checkRoles({ coordinator, relay, nodes }) {
  const signing = [coordinator.key, relay.key, ...nodes.flatMap((node) => [node.identityKey, node.issuerKey])];
  const opening = nodes.flatMap((node) => [node.shareKey, node.outerKey]);
  for (const keys of [signing, opening]) {
    if (new Set(keys.map(toBase64)).size !== keys.length) refuse("manifest.keys", "A key of the manifest has two roles.");
  }
}

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

const LARGEST_PAGES = 1_000;
const TRIES = 3;

/**
 * Everything a node publishes of a survey now; refused unless it follows from what the node signed.
 * @param {Get} get @param {string} node @param {Bytes} identityKey @param {string} manifest digest @returns {Promise<Published>}
 */
export async function publishedRead(get, node, identityKey, manifest) {
  const found = await get(`results/${manifest}`);
  const statement = found === null ? null : await readStatement(found, node, identityKey, manifest);
  const nothing = { node, statement, seen: null, accepted: new Set(), rejected: new Map() };
  if (statement?.state !== "released") return { ...nothing, seen: await readSeen(get, identityKey, manifest) };
  const accepted = await readPages(get, `lists/${manifest}/accepted`, "ids");
  const rows = await readPages(get, `lists/${manifest}/rejected`, "rejected");
  const [ids, rejected] = [accepted?.entries ?? [], rows?.entries ?? []];
  await checkLists(statement, manifest, ids, rejected);
  return { ...nothing, accepted: new Set(ids), rejected: new Map(rejected.map(({ id, reason }) => [id, reason])) };
}

/**
 * What became of a receipt's package; of `published` null where a node did not answer as it should.
 * @param {{package: string}} receipt @param {(Published | null)[]} published
 * @returns {{outcome: Outcome, nodes: string[], reason?: string}}
 */
export function fate({ package: id }, published) {
  const lists = published.filter((one) => one !== null);
  const ended = lists.filter((one) => one.statement !== null);
  const names = (/** @type {Published[]} */ some) => some.map((one) => one.node);
  const ends = new Set(ended.map((one) => one.statement?.agreement));
  if (ends.size > 1) return { outcome: "contradicted", nodes: names(ended) };
  const released = ended.filter((one) => one.statement?.state === "released");
  const counting = released.filter((one) => one.accepted.has(id));
  if (counting.length) return { outcome: "counted", nodes: names(counting) };
  const rejecting = released.filter((one) => one.rejected.has(id));
  if (rejecting.length) return { outcome: "rejected", nodes: names(rejecting), reason: rejecting[0].rejected.get(id) };
  if (released.length) return { outcome: "missing", nodes: names(released) };
  const having = names(lists.filter((one) => one.seen?.has(id)));
  if (ended.length) return { outcome: "withheld", nodes: having, reason: ended[0].statement?.reason ?? "" };
  if (having.length) return { outcome: "seen", nodes: having };
  return { outcome: lists.length ? "on_its_way" : "unknown", nodes: [] };
}

/** @param {any} found {statement, signature} @param {string} node @param {Bytes} identityKey @param {string} manifest */
async function readStatement(found, node, identityKey, manifest) {
  const data = parseBase64(found?.statement) ?? new Uint8Array();
  await verify(identityKey, "drempel/statement/1", data, parseBase64(found?.signature));
  const signed = parseCanonical(data);
  const isIts = signed.format === "drempel-statement/1" && signed.node === node && signed.manifest === manifest;
  if (!isIts || !["released", "withheld"].includes(signed.state)) {
    refuse("statement.other", "A node signed for something else.", node);
  }
  const { state, reason, root, verdict, coin, lines, accepted, rejected, released, texts } = signed;
  if (state === "withheld") return { state, reason, root, verdict, agreement: state };
  const lengths = Object.entries(texts).map(([question, words]) => [question, words.length]);
  const agreement = JSON.stringify([root, verdict, coin, lines, accepted, rejected, released, lengths]);
  return { state, reason, root, verdict, agreement };
}

/** Returns null if the node shows none. @param {Get} get @param {Bytes} identityKey @param {string} manifest */
async function readSeen(get, identityKey, manifest) {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await readPages(get, `lists/${manifest}/seen`, "ids");
    if (found === null) return null;
    try {
      const body = concat(digestBytes(manifest), u32(found.entries.length), packIds(found.entries));
      await verify(identityKey, "drempel/seen/1", body, parseBase64(found.first.signature));
      return new Set(found.entries);
    } catch (error) {
      // The list may have been made anew between two pages.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
  return refuse("lists.seen", "A node's list is not as it signed it.");
}

/**
 * Refuses unless both lists are those the node signed for.
 * @param {{root: string | null, verdict: string | null}} statement @param {string} manifest digest
 * @param {string[]} accepted @param {{id: string, reason: string}[]} rejected
 */
export async function checkLists(statement, manifest, accepted, rejected) {
  const failed = rejected.filter(({ reason }) => reason !== "superseded").map(({ id }) => id);
  const root = concat(digestBytes(manifest), packIds([...accepted, ...failed].sort()));
  if ((await digest(signedBytes("drempel/root/1", root))) !== statement.root) {
    refuse("lists.root", "The published lists do not give the signed root.");
  }
  packIds(rejected.map(({ id }) => id));
  const reasons = rejected.map(({ reason }) => utf8(reason));
  const rows = rejected.map(({ id }, at) => concat(fromHex(id), u32(reasons[at].length), reasons[at]));
  const body = concat(digestBytes(manifest), u32(accepted.length), packIds(accepted), u32(rejected.length), ...rows);
  if ((await digest(signedBytes("drempel/verdict/1", body))) !== statement.verdict) {
    refuse("lists.verdict", "The published lists do not give the signed verdict.");
  }
}

/** @param {string[]} ids ascending and distinct */
export function packIds(ids) {
  if (!ids.every((id) => isHex(id, 32))) refuse("ids.form", "A package id is 64 lower-case hexadecimal digits.");
  if (ids.some((id, at) => at && ids[at - 1] >= id)) refuse("ids.order", "A list of ids is ascending and distinct.");
  return fromHex(ids.join(""));
}

/** @param {Get} get @param {string} path @param {string} key @returns {Promise<{entries: any[], first: any} | null>} */
async function readPages(get, path, key) {
  const first = await get(path);
  if (first === null) return null;
  const entries = [];
  const pages = Number.isInteger(first.pages) && first.pages <= LARGEST_PAGES ? first.pages : 0;
  for (let page = 1; page <= pages; page++) {
    const found = page === 1 ? first : await get(`${path}?page=${page}`);
    if (!Array.isArray(found?.[key])) refuse("lists.form", "A node's list cannot be read.");
    entries.push(...found[key]);
  }
  if (!pages || entries.length !== first.size) refuse("lists.form", "A node's list cannot be read.");
  return { entries, first };
}
