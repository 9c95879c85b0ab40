/** Read and verify what the coordinator and three nodes signed to compute. Source: docs/protocol.md §9. */

import { checkModulus, MODULUS_BYTES } from "./blindrsa.js";
import { refuse, toBase64 } from "./bytes.js";
import { canonical, digest, parseCanonical } from "./canonical.js";
import { possessionVerify } from "./eligibility.js";
import { envelopeLength } from "./envelope.js";
import { buildLayout } from "./layout.js";
import { parcelLength } from "./package.js";
import { parsePoint, POINT_BYTES, verify } from "./signing.js";
import { Fields } from "./strict.js";
import { checkLimits, parseSurvey } from "./survey.js";

/**
 * @typedef {import("./bytes.js").Bytes} Bytes
 * @typedef {{node: string, index: number, name: string, url: string, identityKey: Bytes, shareKey: Bytes,
 *   outerKey: Bytes, issuerKey: Bytes, issuerProof: Bytes}} NodeTerms
 * @typedef {{opens: Date, closes: Date}} Window
 * @typedef {Awaited<ReturnType<typeof parseManifest>>} Manifest
 * @typedef {{manifest: Bytes, coordinator: Bytes, nodes: Bytes[]}} SignedManifest
 */

const NODES = ["a", "b", "c"];
const PATH = /^([a-z0-9][a-z0-9_-]{0,40}\/){0,4}[a-z0-9][a-z0-9_-]{0,40}\.(js|css)$/;
const INTEGRITY = /^sha384-[A-Za-z0-9+/]{64}$/;
const LARGEST_ROSTER = 1_000_000;
const LARGEST_OPENING = 4_500_000;
const SUITE = {
  sharing: "shamir-2^61-1",
  envelope: "hpke-p256-sha256-aes128gcm",
  outer: "hpke-p256-sha256-aes128gcm",
  one_time: "ecdsa-p256-sha256",
  token: "rsabssa-sha384-pss-deterministic-2048",
  signature: "ed25519",
  proof: "linear-shamir/1",
};
const KEYS = [
  ...["format", "kind", "survey_id", "survey", "suite", "roster", "timing", "flush_min", "issuing", "answering"],
  ...["give_up_after_days", "max_inconsistent", "coordinator", "relay", "nodes", "record", "booth"],
];
const NODE_KEYS = ["node", "index", "name", "url", "identity_key", "share_key", "outer_key", "issuer_key", "issuer_proof"];

/** @param {any} json {manifest, coordinator_signature, signatures: {a, b, c}} @returns {SignedManifest} nothing verified yet */
export function parseSignedManifest(json) {
  const top = new Fields(json, ["manifest", "coordinator_signature", "signatures"]);
  const signatures = top.fields("signatures", NODES);
  const nodes = NODES.map((name) => signatures.data(name, 64));
  return { manifest: top.data("manifest"), coordinator: top.data("coordinator_signature", 64), nodes };
}

/** The manifest, if the coordinator and the three nodes named in it signed it. @param {SignedManifest} signed @returns {Promise<Manifest>} */
export async function verifySignedManifest(signed) {
  const manifest = await parseManifest(signed.manifest);
  const keys = [manifest.coordinator.key, ...manifest.nodes.map((node) => node.identityKey)];
  const signatures = [signed.coordinator, ...signed.nodes];
  for (const [at, key] of keys.entries()) await verify(key, "drempel/manifest/1", signed.manifest, signatures[at]);
  return manifest;
}

/** Read a manifest strictly: every key, and that one follows from the other. @param {Bytes} raw */
export async function parseManifest(raw) {
  const top = new Fields(parseCanonical(raw), KEYS);
  top.choice("format", ["drempel-manifest/1"]);
  top.choice("kind", ["survey"]);
  if (toBase64(canonical(top.value.suite)) !== toBase64(canonical(SUITE))) {
    top.refuse("suite", "is not the suite of this version", "manifest.suite");
  }
  const roster = readRoster(top);
  const survey = parseSurvey(top.value.survey);
  checkLimits(survey, roster.size);
  const layout = buildLayout(survey);
  const { width, words, opened } = layout.proof;
  const record = { width, words, envelope_length: envelopeLength(words), parcel_length: parcelLength(envelopeLength(words)) };
  const section = top.fields("record", Object.keys(record));
  for (const [key, due] of Object.entries(record)) {
    if (section.integer(key, 1) !== due) section.refuse(key, "does not follow from the survey", "manifest.record");
  }
  if (roster.size * opened > LARGEST_OPENING) refuse("survey.too_many_values", "Too many values would be opened.");
  const timing = /** @type {"strict" | "normal" | "immediate"} */ (top.choice("timing", ["strict", "normal", "immediate"]));
  const flushMin = top.integer("flush_min", 1, LARGEST_ROSTER);
  if (flushMin < survey.min_count) top.refuse("flush_min", "must be at least min_count", "manifest.flush_min");
  const coordinator = top.fields("coordinator", ["name", "key"]);
  const relay = top.fields("relay", ["url", "key"]);
  const manifest = {
    raw,
    digest: await digest(raw),
    surveyId: top.hexadecimal("survey_id", 16),
    survey,
    layout,
    roster,
    timing,
    flushMin,
    ...readWindows(top, timing),
    giveUpAfterDays: top.integer("give_up_after_days", 1, 365),
    maxInconsistent: top.value.max_inconsistent === null ? null : top.integer("max_inconsistent", 0, LARGEST_ROSTER),
    coordinator: { name: coordinator.text("name"), key: coordinator.data("key", 32) },
    relay: { url: relay.url("url"), key: relay.data("key", 32) },
    nodes: await Promise.all(top.rows("nodes", 3, 3, NODE_KEYS).map((row, at) => readNode(row, at + 1))),
    width,
    words,
    envelopeLength: record.envelope_length,
    parcelLength: record.parcel_length,
    booth: await readBooth(top),
  };
  const signing = [manifest.coordinator.key, manifest.relay.key];
  for (const node of manifest.nodes) signing.push(node.identityKey, node.issuerKey);
  const opening = manifest.nodes.flatMap((node) => [node.shareKey, node.outerKey]);
  for (const keys of [signing, opening]) {
    const distinct = new Set(keys.map(toBase64)).size === keys.length;
    if (!distinct) top.refuse("nodes", "and other roles must have distinct keys", "manifest.keys");
  }
  for (const { issuerKey, index, identityKey, issuerProof } of manifest.nodes) {
    checkModulus(issuerKey);
    await possessionVerify(issuerKey, manifest.surveyId, index, identityKey, issuerProof);
  }
  return manifest;
}

/** @param {Fields} top */
function readRoster(top) {
  const section = top.fields("roster", ["kind", "size", "roots"]);
  const roots = section.items("roots", 3, 3);
  roots.forEach((root, at) => new Fields({ root }, ["root"], section.path(`roots[${at}]`)).digest("root"));
  const kind = /** @type {"code" | "key"} */ (section.choice("kind", ["code", "key"]));
  if (kind === "key" && new Set(roots).size !== 1) section.refuse("roots", "must be equal where kind is key", "manifest.roots");
  return { kind, size: section.integer("size", 1, LARGEST_ROSTER), roots: /** @type {string[]} */ (roots) };
}

/** @param {Fields} top @param {string} timing @returns {{issuing: Window, answering: Window}} */
function readWindows(top, timing) {
  const [issuing, answering] = ["issuing", "answering"].map((key) => {
    const section = top.fields(key, ["opens", "closes"]);
    const window = { opens: section.moment("opens"), closes: section.moment("closes") };
    if (window.closes <= window.opens) section.refuse("closes", "must be later than opens", "manifest.times");
    return window;
  });
  const early = answering.opens < issuing.opens || issuing.closes > answering.closes;
  if (early || (timing === "strict" && answering.opens < issuing.closes)) {
    top.refuse("answering", "does not fit issuing", "manifest.times");
  }
  return { issuing, answering };
}

/** Page and program of this survey, by hash. @param {Fields} top */
async function readBooth(top) {
  const section = top.fields("booth", ["release", "files", "pages"]);
  const read = (/** @type {string} */ key, /** @type {RegExp} */ form, /** @type {number} */ most) => {
    const rows = new Fields(section.value[key], [], section.path(key), Object.keys(section.value[key] ?? {})).value;
    const pairs = Object.entries(rows);
    const fits = pairs.every(([name, hash]) => form.test(name) && typeof hash === "string" && INTEGRITY.test(hash));
    if (!fits || !pairs.length || pairs.length > most) section.refuse(key, "must be a table of SHA-384 by name");
    return /** @type {Record<string, string>} */ (rows);
  };
  const files = read("files", PATH, 200);
  const release = section.hexadecimal("release", 16);
  const due = (await digest(canonical(files))).slice(7, 39);
  if (release !== due) section.refuse("release", "does not follow from the files", "booth.release");
  return { release, files, pages: read("pages", /^[a-z]{2,3}$/, 40) };
}

/** @param {Fields} row @param {number} index @returns {Promise<NodeTerms>} */
async function readNode(row, index) {
  const terms = {
    node: row.choice("node", [NODES[index - 1]]),
    index: row.integer("index", index, index),
    name: row.text("name"),
    url: row.url("url"),
    identityKey: row.data("identity_key", 32),
    shareKey: row.data("share_key", POINT_BYTES),
    outerKey: row.data("outer_key", POINT_BYTES),
    issuerKey: row.data("issuer_key", MODULUS_BYTES),
    issuerProof: row.data("issuer_proof", MODULUS_BYTES),
  };
  for (const point of [terms.shareKey, terms.outerKey]) {
    await parsePoint(point).catch(() => row.refuse("share_key", "and outer_key must be points on P-256"));
  }
  return terms;
}
