/**
 * A request that requester, coordinator and three nodes signed, as an owner of a list checks it before she takes part.
 * Source: docs/protocol.md §19.5. Rules that the signers have checked are not checked again (§20.4 says why that does);
 * what a list, a key or a sum here depends on is.
 */

import { data, fromHex, isHex, refuse, toHex } from "../protocol/bytes.js";
import { digest, parseCanonical } from "../protocol/canonical.js";
import { parsePoint, verify } from "../protocol/signing.js";
import { TYPES, VERSION } from "./identifiers.js";
import { federationSalt } from "./words.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {{node: string, index: number, name: string, url: string, identityKey: Bytes, shareKey: Bytes}} RequestNode */
/** @typedef {{owner: number, name: string, role: string, key: Bytes, sealKey: Bytes}} Owner */
/**
 * @typedef {{digest: string, kind: string, request: any, types: string[], federation: Bytes, requester: {name: string, key: Bytes},
 *   coordinator: {name: string, key: Bytes}, owners: Owner[], nodes: RequestNode[], sizes: {first: number, others: number},
 *   buckets: number, capacities: {first: number, others: number}, consenting: {opens: Date, closes: Date},
 *   contributing: {opens: Date, closes: Date}, terms: any}} Request
 */

export const REQUEST_LABEL = "drempel/request-manifest/1";
const FORMAT = "drempel-request-manifest/1";
const SUITE = {
  sharing: "replicated-xor-64", word: "hmac-sha256-64", seed: "aes128-ctr", envelope: "hpke-p256-sha256-aes128gcm", signature: "ed25519",
};
const APPROVAL_FORMAT = "drempel-approval/1";
const NODES = ["a", "b", "c"];
/** Capacity of a bucket by the logarithm of its mean, from 2^10 (§19.3). */
const CAPACITIES = [1_317, 2_457, 4_670, 8_999, 17_520, 34_369, 67_795, 134_261, 266_649, 530_653, 1_057_573, 2_109_870, 4_212_284, 8_414_031];

/**
 * Refuses unless all five signatures hold, and enough approvals, keys are keys, and what follows from something else does.
 * `known` are the nodes' identity keys (base64, a to c) that this organisation trusts.
 * @param {any} signed @param {string[]} [known] @returns {Promise<Request>}
 */
export async function verifySignedRequest(signed, known) {
  const raw = data(signed?.manifest, "manifest");
  const request = await requestOf(raw, parseCanonical(raw));
  await verify(request.requester.key, REQUEST_LABEL, raw, data(signed.requester_signature, "requester_signature", 64));
  await verify(request.coordinator.key, REQUEST_LABEL, raw, data(signed.coordinator_signature, "coordinator_signature", 64));
  await approvalsVerify(request, signed.approvals);
  await verifyApprovals(request, signed.approvals);
  for (const { node, identityKey } of request.nodes) {
    await verify(identityKey, REQUEST_LABEL, raw, data(signed.signatures?.[node], `signatures.${node}`, 64));
  }
  if (known) {
    const trusted = request.nodes.every(({ identityKey }, at) => toHex(identityKey) === toHex(data(known[at], "nodes", 32)));
    if (!trusted) refuse("manifest.nodes", "The request names other nodes than the ones known here.", "nodes");
  }
  return request;
}

/** What a manifest says, not yet signed by anybody; refuses what no owner could take part in. @param {Bytes} raw @returns {Promise<Request>} */
export const parseRequest = (raw) => requestOf(raw, parseCanonical(raw));

/** Refuses unless as many different approvers signed as are needed. @param {Request} request @param {any} signed */
async function approvalsVerify({ digest: named, terms }, signed) {
  const { needed, approvers } = terms.approvals ?? {};
  const given = Array.isArray(signed) ? signed : [];
  const places = new Set();
  for (const [at, one] of given.entries()) {
    const raw = data(one?.approval, `approvals[${at}]`);
    const said = parseCanonical(raw);
    const isOne = said?.format === "drempel-approval/1" && said.manifest === named && said.decision === "approve" && Object.keys(said).length === 4;
    const key = isOne ? data(approvers?.[said.approver]?.key, "approvals", 32) : refuse("approval.manifest", "An approval is of another question.", "approvals");
    await verify(key, "drempel/approval/1", raw, data(one.signature, `approvals[${at}]`, 64));
    places.add(said.approver);
  }
  if (!Number.isInteger(needed) || places.size !== given.length || places.size < needed) refuse("request.approvals", "The request is not approved by as many as it needs.", "approvals");
}

/**
 * As many different approvers as the manifest asks for signed an approval of it (§19.5).
 * @param {Request} request @param {any} approvals
 */
async function verifyApprovals(request, approvals) {
  const { needed, approvers } = request.terms.approvals ?? {};
  if (!Array.isArray(approvers) || !Array.isArray(approvals) || !Number.isInteger(needed)) {
    return refuse("request.approvals", "The request says not who approves.", "approvals");
  }
  const places = new Set();
  for (const [at, { approval, signature }] of approvals.entries()) {
    const raw = data(approval, `approvals[${at}].approval`);
    const { format, manifest, approver, decision } = parseCanonical(raw);
    const isOfThis = format === APPROVAL_FORMAT && manifest === request.digest && decision === "approve";
    if (!isOfThis) refuse("approval.manifest", "This approval is of another question.", `approvals[${at}]`);
    const key = data(approvers[approver]?.key, `approvers[${approver}].key`, 32);
    await verify(key, "drempel/approval/1", raw, data(signature, `approvals[${at}].signature`, 64));
    places.add(approver);
  }
  if (places.size !== approvals.length || places.size < needed) {
    refuse("request.approvals", `The request needs approvals of ${needed} different approvers.`, "approvals");
  }
  return undefined;
}

/** @param {Bytes} raw @param {any} terms @returns {Promise<Request>} */
async function requestOf(raw, terms) {
  if (terms?.format !== FORMAT || !["match", "compare"].includes(terms.kind)) refuse("manifest.version", "This is no request of a known version.");
  if (JSON.stringify(sorted(terms.suite)) !== JSON.stringify(sorted(SUITE))) refuse("manifest.suite", "suite is not the suite of this version.", "suite");
  const types = terms.request?.identifier;
  const isKnown = Array.isArray(types) && types.every((type) => TYPES.includes(type) && terms.canonicalisers?.[type] === VERSION);
  if (!isKnown || terms.request.kind !== terms.kind) refuse("manifest.canonicalisers", "The types of values are not known here in this version.");
  /** @type {Request} */
  const request = {
    digest: await digest(raw),
    kind: terms.kind,
    request: terms.request,
    types,
    federation: hexadecimal(terms.federation),
    requester: { name: String(terms.requester?.name), key: data(terms.requester?.key, "requester.key", 32) },
    coordinator: { name: String(terms.coordinator?.name), key: data(terms.coordinator?.key, "coordinator.key", 32) },
    owners: rows(terms.owners, 2, 256).map(ownerOf),
    nodes: rows(terms.nodes, 3, 3).map(nodeOf),
    sizes: terms.sizes,
    buckets: terms.buckets,
    capacities: terms.capacities,
    consenting: windowOf(terms.consenting),
    contributing: windowOf(terms.contributing),
    terms,
  };
  checkSizes(request);
  await checkKeys(request);
  return request;
}

/** @param {Record<string, unknown> | undefined} map */
const sorted = (map) => Object.entries(map ?? {}).sort();
/** @param {unknown} value */
const hexadecimal = (value) => (isHex(value, 32) ? fromHex(value) : refuse("manifest.federation", "federation must be 64 hexadecimal digits.", "federation"));
/** @param {unknown} value @param {number} least @param {number} most @returns {any[]} */
const rows = (value, least, most) =>
  Array.isArray(value) && value.length >= least && value.length <= most ? value : refuse("json.value", "The request names too few or too many parties.");

/** @param {any} row @param {number} at @returns {Owner} */
function ownerOf(row, at) {
  if (row?.owner !== at) refuse("manifest.roles", "Owners must stand in order.", `owners[${at}]`);
  return { owner: at, name: String(row.name), role: row.role, key: data(row.key, `owners[${at}].key`, 32), sealKey: data(row.seal_key, `owners[${at}].seal_key`, 65) };
}

/** @param {any} row @param {number} at @returns {RequestNode} */
function nodeOf(row, at) {
  if (row?.node !== NODES[at] || row.index !== at + 1) refuse("manifest.roles", "Nodes must stand in order.", `nodes[${at}]`);
  const [identityKey, shareKey] = [data(row.identity_key, `nodes[${at}].identity_key`, 32), data(row.share_key, `nodes[${at}].share_key`, 65)];
  return { node: row.node, index: row.index, name: String(row.name), url: String(row.url), identityKey, shareKey };
}

/** @param {any} value */
function windowOf(value) {
  const [opens, closes] = [new Date(value?.opens), new Date(value?.closes)];
  if (!(opens < closes)) refuse("manifest.times", "A period must end later than it begins.");
  return { opens, closes };
}

/** @param {Request} request */
function checkSizes({ sizes, buckets, capacities }) {
  const isPower = (/** @type {unknown} */ value, /** @type {number} */ least, /** @type {number} */ most) =>
    typeof value === "number" && value >= least && value <= most && Number.isInteger(Math.log2(value));
  if (!isPower(buckets, 1, 256)) refuse("manifest.sizes", "buckets must be a power of two.", "buckets");
  for (const who of /** @type {const} */ (["first", "others"])) {
    const size = sizes?.[who];
    const due = buckets === 1 ? size : CAPACITIES[Math.log2(size / buckets) - 10];
    if (!isPower(size, 64, 2 ** 24) || due === undefined || capacities?.[who] !== due) refuse("manifest.sizes", "capacities do not follow from sizes and buckets.", "capacities");
  }
}

/** @param {Request} request */
async function checkKeys(request) {
  const found = await federationSalt(request.nodes.map(({ identityKey }) => identityKey));
  if (toHex(found) !== toHex(request.federation)) refuse("manifest.federation", "federation does not follow from the nodes' keys.", "federation");
  const points = [...request.owners.map(({ sealKey }) => sealKey), ...request.nodes.map(({ shareKey }) => shareKey)];
  await Promise.all(points.map(parsePoint));
  const keys = [...request.owners.map(({ key }) => key), ...request.nodes.map(({ identityKey }) => identityKey), request.coordinator.key];
  if ([keys, points].some((list) => new Set(list.map(toHex)).size !== list.length)) refuse("manifest.keys", "Everybody must have keys of their own.");
  const [first] = request.owners;
  const asks = request.kind === "match";
  const rolesHold = request.owners.every(({ role }, at) => role === (asks && at === 0 ? "requester" : "holder"));
  if (!rolesHold || (asks && toHex(first.key) !== toHex(request.requester.key))) refuse("manifest.roles", "Owners have other roles than the kind asks.", "owners");
}

/** How many words each bucket of an owner's list has. @param {Request} request @param {number} owner */
export const capacityOf = (request, owner) => (owner === 0 ? request.capacities.first : request.capacities.others);

/** How many different values an owner's list may have. @param {Request} request @param {number} owner */
export const sizeOf = (request, owner) => (owner === 0 ? request.sizes.first : request.sizes.others);

/** How long an owner's private outcome of a bucket is; 0 where there is none (§19.10). @param {Request} request @param {number} owner @param {number} bucket */
export function privateBytes(request, owner, bucket) {
  if (request.kind !== "match") return 0;
  if (owner === 0) return capacityOf(request, 0);
  const { holder_feedback: feedback } = request.request;
  return feedback === "items" ? Math.ceil(capacityOf(request, owner) / 8) : Number(feedback === "hit" && bucket === 0);
}
