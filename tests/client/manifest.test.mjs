/** Manifests, receipts and published lists: what is signed is read, and nothing else. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, fromHex, fromNumber, sha256, toBase64, toHex, u32, utf8 } from "../../client/src/protocol/bytes.js";
import { canonical, digest, digestBytes, parseCanonical } from "../../client/src/protocol/canonical.js";
import { address, checkLists, confirmationTake, emptyReceipt, fate, isSafe, packIds, parseReceipt, parseSignedManifest, promiseTake, publishedRead, readManifest, verifySignedManifest } from "../../client/src/protocol/signed.js";
import { signedBytes } from "../../client/src/protocol/signing.js";
import { refused, vectors } from "./helpers.mjs";

const { good, bad, not_canonical: notCanonical } = vectors("manifest");
const signed = good[0].signed;
const manifest = await verifySignedManifest(parseSignedManifest(signed));

// What four signers have checked is not checked again (docs/protocol.md §20): these are read as they are.
const LEFT_TO_SIGNERS = new Set([
  ...["unknown key", "unknown key, deep", "missing key", "survey id in capitals", "roster of nobody", "roster kind"],
  ...["two roots", "root without prefix", "key with roots of codes", "time with offset", "time with fraction"],
  ...["no such day", "number as text", "decimal", "true for a number", "groups below min_count", "negative limit"],
  ...["survey not in normal form", "question named twice", "closes before it opens"],
  ...["strict, answering before issuing ends"],
]);
// Page and program: each node has compared them with its own, and the booth looks its page up by language.
const isOfBooth = ({ edits }) => edits.every(({ path }) => path[0] === "booth");

test("a signed manifest is read, with everything that follows from it", () => {
  assert.equal(manifest.digest, good[0].digest);
  const { record, survey, booth } = good[0].document;
  assert.deepEqual(manifest.survey, survey);
  assert.deepEqual(manifest.booth, booth);
  assert.deepEqual([manifest.layout.width, manifest.layout.proof.words], [record.width, record.words]);
  assert.deepEqual([manifest.envelopeLength, manifest.parcelLength], [record.envelope_length, record.parcel_length]);
  assert.equal(manifest.answering.closes.toISOString().replace(".000", ""), good[0].document.answering.closes);
});

test("without each of the four signatures, and of the very bytes, it is none", async () => {
  const other = Array.from(signed.coordinator_signature).reverse().join("");
  const sign = (change) => ({ ...signed, ...change });
  const cases = [
    sign({ coordinator_signature: signed.signatures.a }),
    ...["a", "b", "c"].map((name) => sign({ signatures: { ...signed.signatures, [name]: signed.coordinator_signature } })),
    sign({ signatures: { ...signed.signatures, a: signed.signatures.b, b: signed.signatures.a } }),
  ];
  for (const one of cases) await refused("signature.invalid", () => verifySignedManifest(parseSignedManifest(one)));
  await refused("json.value", () => parseSignedManifest(sign({ coordinator_signature: other })));
  for (const broken of [null, {}, [], sign({ signatures: null }), sign({ manifest: "x" })]) {
    await refused("json.value", () => parseSignedManifest(broken));
  }
  const document = { ...good[0].document, flush_min: 6 };
  const changed = { ...signed, manifest: toBase64(canonical(document)) };
  await refused("signature.invalid", () => verifySignedManifest(parseSignedManifest(changed)));
});

test("signatures are looked at before anything of a manifest is used", async () => {
  for (const document of [null, [], 5, {}, { coordinator: good[0].document.coordinator, nodes: [] }]) {
    const one = parseSignedManifest({ ...signed, manifest: toBase64(canonical(document)) });
    await refused(["json.value", "signature.invalid"], () => verifySignedManifest(one));
  }
});

test("an address is read in the one form that Python reads", async () => {
  const { good: right, bad: wrong } = vectors("codec").addresses;
  for (const url of right) assert.equal(address(url, "url"), url);
  for (const url of wrong) await refused("json.value", () => address(url, "url"), url);
  assert.equal(address("https://a.example", "url", true), "https://a.example");
  await refused("json.value", () => address("https://a.example/b", "url", true));
});

test("of a manifest's bad cases each is refused, or named here as left to its signers", async () => {
  await refused(notCanonical.code, () => parseCanonical(fromHex(notCanonical.bytes)));
  const seen = new Set();
  for (const one of bad) {
    const { name, code, edits } = one;
    const document = edited(edits);
    const read = () => readManifest(canonical(document), document);
    if (LEFT_TO_SIGNERS.has(name) || isOfBooth(one)) {
      seen.add(name);
      continue;
    }
    await refused([code, ...(ALIKE[code] ?? [])], read, name);
  }
  for (const name of LEFT_TO_SIGNERS) assert.ok(seen.has(name), `no such case: ${name}`);
});

/** Codes of a strict reader, and what stands in their place here. */
const ALIKE = {
  "json.missing_key": ["json.value"],
  "json.value": ["key.form", "issuer_key.length"],
};

function edited(edits) {
  const document = structuredClone(good[0].document);
  for (const { path, value, remove } of edits) {
    const last = path.at(-1);
    const place = path.slice(0, -1).reduce((inner, key) => inner[key], document);
    if (!remove) place[last] = value;
    else if (Array.isArray(place)) place.splice(last, 1);
    else delete place[last];
  }
  return document;
}

const outer = vectors("outer").good;
const parcel = { package: "ab".repeat(32), revision: 2, content: fromHex(outer.parcel) };
const confirmed = (at, more = {}) => ({
  answers: [{ state: "taken", confirmation: toBase64(fromHex(outer.confirmations[at])), ...more }],
});

test("a receipt takes the promise and the confirmations that hold, and is safe with two", async () => {
  const empty = await emptyReceipt(manifest, parcel);
  assert.equal(empty.content, outer.hash);
  const promise = toBase64(fromHex(outer.promise));
  const promised = await promiseTake(empty, { promise });
  assert.deepEqual([isSafe(empty), isSafe(promised), promised.relay.promise], [false, false, promise]);
  const whole = await confirmationTake(promised, "b", confirmed(1));
  assert.ok(isSafe(whole));
  assert.deepEqual(await parseReceipt(JSON.parse(JSON.stringify(whole))), whole);
  assert.ok(isSafe(await confirmationTake(await confirmationTake(empty, "a", confirmed(0)), "c", confirmed(2))));
  for (const answer of [null, {}, { promise: null }, { promise: 5 }, { promise: confirmed(0).answers[0].confirmation }]) {
    await refused("signature.invalid", () => promiseTake(empty, answer));
  }
  await refused("signature.invalid", () => confirmationTake(empty, "a", confirmed(1)));
  await refused("survey.closed", () => confirmationTake(empty, "a", { answers: [{ state: "never", code: "survey.closed" }] }));
  await refused("parcel.not_taken", () => confirmationTake(empty, "a", { answers: [{ state: "later", code: "<b>" }] }));
  for (const answer of [null, {}, { answers: [] }, { answers: [...confirmed(0).answers, ...confirmed(1).answers] }]) {
    await refused("parcel.not_taken", () => confirmationTake(empty, "a", answer));
  }
});

test("a receipt that was changed anywhere is refused", async () => {
  const promised = await promiseTake(await emptyReceipt(manifest, parcel), { promise: toBase64(fromHex(outer.promise)) });
  const whole = await confirmationTake(promised, "c", confirmed(2));
  const changes = [
    { format: "drempel-receipt/2" },
    { package: "AB".repeat(32) },
    { revision: "2" },
    { content: "00".repeat(32) },
    { manifest: `sha256:${"00".repeat(32)}` },
    { manifest: "sha256:0" },
    { relay: null },
    { relay: { ...whole.relay, key: toBase64(manifest.coordinator.key) } },
    { relay: { ...whole.relay, promise: confirmed(0).answers[0].confirmation } },
    { nodes: whole.nodes.slice(1) },
    { nodes: whole.nodes.toReversed() },
    { nodes: whole.nodes.map((node) => ({ ...node, confirmation: confirmed(2).answers[0].confirmation })) },
    { nodes: whole.nodes.map((node) => ({ ...node, confirmation: null })) },
  ];
  for (const change of changes) {
    await refused(["json.value", "digest.form", "signature.invalid"], () => parseReceipt({ ...whole, ...change }), JSON.stringify(change));
  }
  for (const broken of [null, [], "x", {}, { ...whole, nodes: null }]) await refused("json.value", () => parseReceipt(broken));
  await refused("signature.invalid", async () => parseReceipt(await emptyReceipt(manifest, parcel)));
});

test("ids, root and verdict of published lists are those of the vectors", async () => {
  const { manifest: named, root, verdict, list, bad_lists: lists, padding } = vectors("batch");
  const statement = { root, verdict: verdict.digest };
  await checkLists(statement, named, verdict.accepted, verdict.rejected);
  await refused("lists.root", () => checkLists(statement, named, verdict.accepted.slice(1), verdict.rejected));
  const other = verdict.rejected.map((row) => ({ ...row, reason: row.reason === "superseded" ? row.reason : "not bits" }));
  await refused("lists.verdict", () => checkLists(statement, named, verdict.accepted, other));
  for (const { code, ids } of lists) await refused(code, () => packIds(ids));
  assert.equal(toHex(packIds(list.ids)), list.ids.join(""));
  assert.equal(toHex(concat(digestBytes(named), u32(padding.padded.length), packIds(padding.padded))), padding.signed);
});

/** A node with a key of its own that publishes what it is told to. */
async function publisher(node) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const sign = async (label, body) =>
    toBase64(new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, signedBytes(label, body))));
  const pages = (key, entries, more = {}) => (path) => {
    const page = Number(path.split("?page=")[1] ?? 1);
    const cut = entries.slice((page - 1) * 2, page * 2);
    return { size: entries.length, page, pages: Math.max(1, Math.ceil(entries.length / 2)), [key]: cut, ...more };
  };
  return { node, key, sign, pages, routes: {} };
}

const ID = manifest.digest;
const getOf = (one) => async (path) => {
  const found = one.routes[path.split("?")[0]];
  return found ? found(path) : null;
};
const readOf = (one) => publishedRead(getOf(one), one.node, one.key, ID);

async function release(one, accepted, rejected) {
  const failed = rejected.filter((row) => row.reason !== "superseded").map((row) => row.id);
  const root = await digest(signedBytes("drempel/root/1", concat(digestBytes(ID), packIds([...accepted, ...failed].sort()))));
  const rows = rejected.map((row) => concat(fromHex(row.id), u32(utf8(row.reason).length), utf8(row.reason)));
  const body = concat(digestBytes(ID), u32(accepted.length), packIds(accepted), u32(rejected.length), ...rows);
  const verdict = await digest(signedBytes("drempel/verdict/1", body));
  await state(one, { state: "released", reason: null, root, verdict, accepted: accepted.length, rejected: [], texts: {} });
  one.routes[`lists/${ID}/accepted`] = one.pages("ids", accepted);
  one.routes[`lists/${ID}/rejected`] = one.pages("rejected", rejected);
}

async function state(one, more) {
  const statement = canonical({ format: "drempel-statement/1", node: one.node, manifest: ID, ...more });
  const signature = await one.sign("drempel/statement/1", statement);
  one.routes[`results/${ID}`] = () => ({ statement: toBase64(statement), signature });
}

async function see(one, ids) {
  const signature = await one.sign("drempel/seen/1", concat(digestBytes(ID), u32(ids.length), packIds(ids)));
  one.routes[`lists/${ID}/seen`] = one.pages("ids", ids, { signature });
}

const ids = await Promise.all([1, 2, 3, 4, 5].map(async (at) => toHex(await sha256(fromNumber(BigInt(at), 1)))));
ids.sort();
const mine = { package: ids[2] };

test("an answer is on its way, seen, counted, rejected or missing, as signed lists say", async () => {
  const nodes = await Promise.all(["a", "b", "c"].map(publisher));
  const said = async () => fate(mine, await Promise.all(nodes.map(readOf)));
  assert.deepEqual(await said(), { outcome: "on_its_way", nodes: [] });
  assert.deepEqual(fate(mine, [null, null, null]), { outcome: "unknown", nodes: [] });
  await see(nodes[1], ids.filter((id) => id !== mine.package));
  assert.equal((await said()).outcome, "on_its_way");
  await see(nodes[1], ids);
  assert.deepEqual(await said(), { outcome: "seen", nodes: ["b"] });
  for (const one of nodes) await release(one, ids.slice(1), [{ id: ids[0], reason: "superseded" }]);
  assert.deepEqual(await said(), { outcome: "counted", nodes: ["a", "b", "c"] });
  assert.deepEqual(fate({ package: ids[0] }, [await readOf(nodes[0])]), { outcome: "rejected", nodes: ["a"], reason: "superseded" });
  for (const one of nodes) await release(one, ids.slice(3), []);
  assert.deepEqual(await said(), { outcome: "missing", nodes: ["a", "b", "c"] });
  await release(nodes[2], ids, []);
  assert.deepEqual(await said(), { outcome: "contradicted", nodes: ["a", "b", "c"] });
  for (const one of nodes) await state(one, { state: "withheld", reason: "node lost", root: null, verdict: null });
  assert.deepEqual(await said(), { outcome: "withheld", nodes: ["b"], reason: "node lost" });
  await release(nodes[0], ids, []);
  assert.equal((await said()).outcome, "contradicted");
});

test("a node that shows other lists than it signed is believed in nothing", async () => {
  const one = await publisher("a");
  await see(one, ids);
  const seen = one.routes[`lists/${ID}/seen`];
  one.routes[`lists/${ID}/seen`] = (path) => ({ ...seen(path), ids: ids.slice(1, 3) });
  await refused(["lists.form", "lists.seen"], () => readOf(one));
  one.routes[`lists/${ID}/seen`] = (path) => ({ ...seen(path), signature: toBase64(new Uint8Array(64)) });
  await refused("lists.seen", () => readOf(one));
  one.routes[`lists/${ID}/seen`] = seen;
  await release(one, ids, []);
  one.routes[`lists/${ID}/accepted`] = one.pages("ids", ids.slice(1));
  await refused("lists.root", () => readOf(one));
  one.routes[`lists/${ID}/accepted`] = (path) => ({ ...one.pages("ids", ids)(path), size: 99 });
  await refused("lists.form", () => readOf(one));
  await refused("signature.invalid", async () => publishedRead(getOf(one), "a", (await publisher("a")).key, ID));
  await refused("statement.other", () => publishedRead(getOf(one), "b", one.key, ID));
  await state(one, { state: "soon" });
  await refused("statement.other", () => readOf(one));
});

test("signed results of the vectors are read as their nodes signed them", async () => {
  const [released] = vectors("result").good;
  const at = released.proof.nodes.findIndex(({ statement }) => statement);
  const row = released.proof.nodes[at];
  const node = ["a", "b", "c"][at];
  const routes = { [`results/${released.manifest}`]: { statement: row.statement, signature: row.signature } };
  const get = async (path) => routes[path] ?? null;
  // Its lists are not in the file: what is read of it without them does not follow from the root.
  await refused("lists.root", () => publishedRead(get, node, manifest.nodes[at].identityKey, released.manifest));
});
