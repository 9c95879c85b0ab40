/**
 * Verify what the coordinator and three nodes signed to compute, and read what a booth needs of it.
 *
 * Checked here: the four signatures, that keys are fit for what they are used for and in one role each, and that all
 * lengths follow from the survey. Whether survey, times and limits keep the rules is not: each signer has looked, one
 * honest one is enough, and four who are not could read every answer anyway. Source: docs/protocol.md §9, §20.
 */

import { checkModulus, envelopeLength, MODULUS_BYTES, parcelLength, possessionVerify } from "./answer.js";
import { data, refuse, toBase64 } from "./bytes.js";
import { canonical, digest, parseCanonical } from "./canonical.js";
import { buildLayout } from "./record.js";
import { parsePoint, POINT_BYTES, verify } from "./signing.js";

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
