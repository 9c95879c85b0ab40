/** Lists in the page against tests/vectors: values, words, consent, splitting, sealing, private outcomes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, parseBase64, toBase64, toHex } from "../../client/src/protocol/bytes.js";
import { canonical } from "../../client/src/protocol/canonical.js";
import { signedBytes } from "../../client/src/protocol/signing.js";
import { canonicalise, TYPES } from "../../client/src/lists/identifiers.js";
import { openPrivate } from "../../client/src/lists/outcomes.js";
import * as reading from "../../client/src/lists/reading.js";
import { privateBytes, verifySignedRequest } from "../../client/src/lists/request.js";
import * as splitting from "../../client/src/lists/splitting.js";
import * as words from "../../client/src/lists/words.js";
import { openSealed, p256, refused, vectors } from "./helpers.mjs";

const life = vectors("request");
const HOLDER = 1;

/** Ed25519 from its 32 bytes, which WebCrypto takes in an envelope only. */
export async function signer(seed) {
  const wrapped = new Uint8Array([...fromHex("302e020100300506032b657004220420"), ...fromHex(seed)]);
  const key = await crypto.subtle.importKey("pkcs8", wrapped, "Ed25519", false, ["sign"]);
  return async (label, body) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, signedBytes(label, body)));
}

test("values have the canonical form that Python gives them, and nothing else is taken", async () => {
  const { good, bad } = vectors("canonicalisers");
  for (const { type, text, value, becomes } of good) {
    const found = canonicalise(type, text);
    assert.equal(found.value, value, `${type} ${text}`);
    if (found.type !== type) assert.deepEqual([found.type, type], ["ipv4", "ipv6"], becomes);
  }
  for (const { type, text, code } of bad) {
    const error = await refused(code, () => canonicalise(type, text), `${type} ${text}`);
    if (text.length > 40) assert.ok(!error.message.includes(text));
  }
  assert.deepEqual([...new Set(good.map(({ type }) => type))], TYPES);
  assert.ok(good.length >= 85 && bad.length >= 97);
  await refused("identifier.type", () => canonicalise("shoe-size", "42"));
  await refused("identifier.opaque", () => canonicalise("opaque", "a".repeat(8_193)));
  assert.equal(canonicalise("opaque", "\u{1f600}".repeat(8_192)).value.length, 16_384);
  for (const broken of ["\ud800", "a\ufffd"]) await refused("identifier.opaque", () => canonicalise("opaque", broken));
});

test("names that the browser takes and IDNA 2008 does not are refused", async () => {
  const wrong = ["☃.example", "xn--n3h.example", "a_b.bücher.example", "ab--c.bücher.example", "b%C3%BC.example", "bü!.example",
    "bücher..example", "bü cher.example", "bücher.0x7f/", "bücher.example:80", "١۱.example", "xn--.example"];
  for (const name of wrong) await refused("identifier.domain", () => canonicalise("domain", name), name);
  for (const [name, due] of [["ΣΊΣΥΦΟΣ.example", "xn--a-"], ["straße.example", "xn--strae-oqa.example"], ["bücher.0x1f", "xn--bcher-kva.0x1f"]]) {
    assert.ok(canonicalise("domain", name).value.startsWith(due === "xn--a-" ? "xn--" : due), name);
  }
});

test("defusing is undone, in addresses and names only", () => {
  const cases = [
    ["url", "hxxps[:]//example[.]org/a", "https://example.org/a"], ["domain", "example[dot]org", "example.org"], ["email", "a[at]example(.)org", "a@example.org"],
    ["ipv4", "192[.]0[.]2[.]7:443", "192.0.2.7"], ["ipv6", "[2001:db8::7]:443", "2001:db8::7"], ["filename", "a[.]exe", "a[.]exe"],
  ];
  for (const [type, text, due] of cases) assert.equal(reading.undefang(type, text), due);
});

async function read(text, types, layout = null, more = {}) {
  const taken = [];
  const report = await reading.readList(reading.textsOfFile(new Blob([text])), types, layout, (row, { type, value }) => taken.push([row, type, value]), more);
  return { taken, report };
}

test("a list is one value a line, with a report of what was left out", async () => {
  const { taken, report } = await read("\ufeff192.0.2.7\r\n\r\nnonsense\r 198[.]51[.]100[.]24 \n", ["ipv4"]);
  assert.deepEqual(taken, [[1, "ipv4", "192.0.2.7"], [4, "ipv4", "198.51.100.24"]]);
  assert.deepEqual(report.dropped, [{ row: 3, code: "identifier.ipv4", reason: "is no IPv4 address such as 192.0.2.7" }]);
  assert.deepEqual([report.taken, report.leftOut, report.samples], [2, 1, [{ from: "198[.]51[.]100[.]24", to: "198.51.100.24" }]]);
});

test("a list of several types has two columns, with or without a header", async () => {
  const rows = 'domain,example.org\nIPV4;x\nipv4,192.0.2.7\nphone,1\nurl,"https://example.org/?a=1"\nurl,https://example.org/a,b\n';
  for (const head of ["", "type,value\n"]) {
    const { taken, report } = await read(head + rows.replace("IPV4;x\n", ""), ["ipv4", "domain", "url"]);
    assert.deepEqual(taken.map(([, , value]) => value), ["example.org", "192.0.2.7", "https://example.org/?a=1", "https://example.org/a,b"]);
    assert.deepEqual(report.dropped.map(({ row, code }) => [row, code]), [[3 + (head ? 1 : 0), "identifier.type"]]);
  }
  await refused("list.table", () => read("value,other\nx,y\n", ["ipv4", "domain"]));
});

test("columns are proposed, and a table is read as it was laid out", async () => {
  const text = 'when;host;dst\n1 Nov;"one.example";192.0.2.7\n2 Nov;"two\n.example";192.0.2.8\n3 Nov;three.example;\n';
  const { separator, rows } = await reading.firstRecords(reading.textsOfText(text), 20);
  const layout = reading.proposeLayout(rows, ["ipv4", "domain"], separator);
  assert.deepEqual(layout, { separator: ";", hasHeader: true, width: 3, kind: null, columns: [{ place: 1, type: "domain" }, { place: 2, type: "ipv4" }] });
  const { taken, report } = await read(text, ["ipv4", "domain"], layout);
  assert.deepEqual(taken, [[2, "domain", "one.example"], [2, "ipv4", "192.0.2.7"], [4, "ipv4", "192.0.2.8"], [5, "domain", "three.example"]]);
  assert.deepEqual(report.dropped.map(({ row }) => row), [4]);
});

test("reading tells how far it is and can be ended", async () => {
  const text = "192.0.2.7\n".repeat(5_000);
  const told = [];
  await read(text, ["ipv4"], null, { progress: (rows) => told.push(rows) });
  assert.deepEqual(told, [2_000, 4_000, 5_000]);
  const ending = new AbortController();
  await assert.rejects(read(text, ["ipv4"], null, { signal: ending.signal, progress: () => ending.abort() }), { name: "AbortError" });
});

test("words are those of the vectors, also many at once", async () => {
  const due = vectors("words");
  const federation = await words.federationSalt(due.identity_keys.map(fromHex));
  assert.equal(toHex(federation), due.federation);
  const hasher = new words.Hasher(federation, [...new Set(due.words.map(({ type }) => type))]);
  const many = Array.from({ length: 2_500 }, (_, at) => due.words[at % due.words.length]);
  const told = [];
  const found = await hasher.words(many, { progress: (count) => told.push(count) });
  assert.ok(many.every(({ word }, at) => found[at] === BigInt(word)));
  assert.deepEqual(told, [1_000, 2_000, 2_500]);
  assert.deepEqual([...words.movedBits(found)].map(String), many.map(({ moved }) => moved));
  assert.deepEqual(words.movedBits(words.movedBits(found)), found);
  const ended = AbortSignal.abort();
  await assert.rejects(hasher.words(many, { signal: ended }), { name: "AbortError" });
});

test("buckets, components and snapshots are those of the vectors", async () => {
  const { bucket, component, snapshot } = vectors("words");
  const listed = new BigUint64Array(fromHex(bucket.words).buffer);
  assert.equal(toHex(await words.bucketsOf(fromHex(bucket.nonce), listed, 256)), bucket.bytes);
  assert.deepEqual([...(await words.bucketsOf(fromHex(bucket.nonce), listed, 4))], [...fromHex(bucket.bytes)].map((byte) => byte & 3));
  const [seed, context, salt] = [component.seed, component.context, component.salt].map(fromHex);
  const expanded = await words.expandSeed(seed, context, component.words);
  assert.equal(toHex(expanded), component.expanded);
  assert.equal(toHex(await words.componentHash(salt, context, expanded)), component.hash);
  assert.equal(await words.snapshotDigest(fromHex(snapshot.salt), BigUint64Array.from(snapshot.words.map(BigInt))), snapshot.digest);
});

test("padding is different from the list and itself, and the list keeps its places", () => {
  const real = BigUint64Array.from([3n, 9n]);
  const draws = [[9n, 4n, 4n], [1n, 3n], [7n]];
  const listed = words.padded(real, 5, (count) => words.wordBytes(BigUint64Array.from(draws.shift() ?? [])).slice(0, count));
  assert.deepEqual([...listed], [1n, 3n, 4n, 7n, 9n]);
  assert.deepEqual([...words.placesOf(listed, real)], [1, 4]);
});

test("a request counts only with five signatures, whole terms and known nodes", async () => {
  const request = await verifySignedRequest(life.match);
  assert.equal(request.digest, life.digest);
  assert.equal((await verifySignedRequest(life.compare)).kind, "compare");
  const keys = request.nodes.map(({ identityKey }) => toBase64(identityKey));
  await verifySignedRequest(life.match, keys);
  await refused("manifest.nodes", () => verifySignedRequest(life.match, [keys[1], keys[0], keys[2]]));
  for (const who of ["requester_signature", "coordinator_signature"]) {
    await refused("signature.invalid", () => verifySignedRequest({ ...life.match, [who]: life.match.signatures.a }));
  }
  for (const node of ["a", "b", "c"]) {
    const signatures = { ...life.match.signatures, [node]: life.match.coordinator_signature };
    await refused("signature.invalid", () => verifySignedRequest({ ...life.match, signatures }));
  }
  const [one, two] = life.match.approvals;
  for (const approvals of [[], [one], [one, one], undefined]) {
    await refused("request.approvals", () => verifySignedRequest({ ...life.match, approvals }));
  }
  const exchanged = [{ ...one, signature: two.signature }, two];
  await refused("signature.invalid", () => verifySignedRequest({ ...life.match, approvals: exchanged }));
  await refused("approval.manifest", () => verifySignedRequest({ ...life.match, approvals: life.compare.approvals }));
  const terms = JSON.parse(new TextDecoder().decode(parseBase64(life.match.manifest)));
  const changed = { ...life.match, manifest: toBase64(canonical({ ...terms, request: { ...terms.request, min_organisations: 1 } })) };
  await refused("signature.invalid", () => verifySignedRequest(changed));
  const wrong = [["manifest.sizes", { capacities: { first: 64, others: 64 } }], ["manifest.federation", { federation: "00".repeat(32) }],
    ["manifest.suite", { suite: {} }], ["manifest.version", { format: "drempel-request-manifest/2" }], ["manifest.roles", { owners: [...terms.owners].reverse() }],
    ["manifest.canonicalisers", { canonicalisers: { domain: 2, ipv4: 1 } }], ["manifest.times", { consenting: terms.nodes }]];
  for (const [code, part] of wrong) {
    await refused(code, () => verifySignedRequest({ ...life.match, manifest: toBase64(canonical({ ...terms, ...part })) }), code);
  }
});

test("a consent is the bytes that Python signs", async () => {
  const request = await verifySignedRequest(life.match);
  const due = life.consents[HOLDER];
  const { snapshot } = JSON.parse(new TextDecoder().decode(parseBase64(due.consent)));
  const found = await splitting.signConsent(request, HOLDER, { words: new BigUint64Array(), salt: new Uint8Array(32), snapshot }, await signer(life.list.key));
  assert.deepEqual([toBase64(found.consent), toBase64(found.signature)], [due.consent, due.signature]);
});

test("a nonce counts only if three nodes signed the same", async () => {
  const request = await verifySignedRequest(life.match);
  const { consents, nonce, signatures } = life.nonce;
  const answers = signatures.map((signature) => ({ number: 1, consents, nonce, signature }));
  assert.equal(toHex((await splitting.commonNonce(request, answers, 1)).nonce), nonce);
  assert.equal(await splitting.commonNonce(request, answers, 2), null);
  assert.equal(await splitting.commonNonce(request, [answers[0], null, answers[2]], 1), null);
  await refused("signature.invalid", () => splitting.commonNonce(request, [answers[0], answers[0], answers[2]], 1));
  const other = { ...answers[1], nonce: "00".repeat(32) };
  await refused("signature.invalid", () => splitting.commonNonce(request, [answers[0], other, answers[2]], 1));
  await refused("nonce.form", () => splitting.commonNonce(request, [{ ...answers[0], number: 4 }, ...answers.slice(1)], 1));
});

async function splitSample(list = life.list) {
  const request = await verifySignedRequest(life.match);
  const drawn = list.drawn.map(fromHex);
  const chance = {
    bytes: (count) => {
      const next = drawn.shift();
      assert.equal(next?.length, count);
      return next;
    },
    ephemeral: async (index) => p256(list.ephemeral[index - 1]),
  };
  const fixed = { words: BigUint64Array.from(list.words.map(BigInt)), salt: fromHex(list.salt), snapshot: list.snapshot };
  const nonce = { number: 1, consents: fromHex(life.nonce.consents), nonce: fromHex(life.nonce.nonce) };
  const prepared = await splitting.prepare(request, HOLDER, nonce, fixed, await signer(list.key), {}, chance);
  return { request, prepared };
}

test("a contribution is byte for byte what Python makes with the same chance", async () => {
  const { prepared } = await splitSample();
  assert.deepEqual(prepared.parts[0].map(toBase64), life.list.parts);
  assert.equal(toBase64(prepared.header), life.list.header);
  assert.equal(toBase64(prepared.signature), life.list.signature);
  assert.deepEqual([...prepared.places[0]], life.list.places);
  assert.equal(await words.snapshotDigest(fromHex(life.list.salt), prepared.real[0]), life.list.snapshot);
});

test("chunks and overflow are what Python signs", async () => {
  const { request } = await splitSample();
  const place = { manifest: request.digest, owner: HOLDER, number: 1, bucket: 0 };
  const sign = await signer(life.list.key);
  for (const { index, sealed, chunk, signature } of life.parts) {
    const body = await splitting.chunkBody(place, index, 0, parseBase64(sealed));
    assert.equal(toHex(body), chunk);
    assert.equal(toBase64(await sign("drempel/chunk/1", body)), signature);
  }
  const said = [];
  await splitting.signOverflow(request, HOLDER, 1, async (label, body) => said.push(label, toHex(body)));
  assert.deepEqual(said, ["drempel/overflow/1", life.overflow]);
});

test("declining and holding nothing send as many bytes as a full list", async () => {
  const request = await verifySignedRequest(life.match);
  const sign = await signer(life.list.key);
  const nonce = { number: 1, consents: fromHex(life.nonce.consents), nonce: fromHex(life.nonce.nonce) };
  const full = BigUint64Array.from({ length: 128 }, (_, at) => BigInt(at));
  const sizes = [];
  for (const list of [await splitting.nothingHeld(request, HOLDER), await splitting.fixList(request, HOLDER, full)]) {
    const { consent, signature } = await splitting.signConsent(request, HOLDER, list, sign);
    const prepared = await splitting.prepare(request, HOLDER, nonce, list, sign);
    sizes.push([consent, signature, prepared.header, prepared.signature, ...prepared.parts[0]].map((one) => one.length));
  }
  assert.deepEqual(sizes[0], sizes[1]);
  assert.deepEqual(sizes[0].slice(4), life.parts.map(({ length }) => length));
  await refused("list.length", () => splitting.fixList(request, HOLDER, BigUint64Array.from({ length: 129 }, (_, at) => BigInt(at))));
});

test("a bucket that overflows drops nothing and says so", async () => {
  const request = await verifySignedRequest(life.match);
  const tight = { ...request, buckets: 2, capacities: { first: 64, others: 3 } };
  const list = await splitting.fixList(request, HOLDER, BigUint64Array.from({ length: 64 }, (_, at) => BigInt(at) ** 9n));
  const nonce = { number: 1, consents: fromHex(life.nonce.consents), nonce: fromHex(life.nonce.nonce) };
  assert.equal(await splitting.prepare(tight, HOLDER, nonce, list, await signer(life.list.key)), null);
});

test("parts open at their node and join to the padded list", async () => {
  const { prepared } = await splitSample();
  const keys = await p256(life.parts[1].share_key);
  const opened = await openSealed(keys, fromHex(life.parts[1].info), prepared.parts[0][1]);
  assert.equal(opened.length, 32 + 32 + 16 + 8 * 129);
});

test("private outcomes are opened by their owner only, and only if all copies agree", async () => {
  const request = await verifySignedRequest(life.match);
  const keys = await p256(life.seal_key);
  const messages = life.private.map(({ sealed, signature }) => ({ content: parseBase64(sealed), signature }));
  const flags = await openPrivate(request, HOLDER, 0, keys, messages);
  const hits = [...Array(128).keys()].filter((slot) => (flags[slot >> 3] >> (slot & 7)) & 1);
  assert.deepEqual(hits, [5, 77]);
  assert.deepEqual([privateBytes(request, 0, 0), privateBytes(request, HOLDER, 0)], [64, 16]);
  const swapped = [messages[0], messages[0], messages[2]];
  await refused("signature.invalid", () => openPrivate(request, HOLDER, 0, keys, swapped));
  await refused("signature.invalid", () => openPrivate(request, 2, 0, keys, messages));
  await refused("private.open", async () => openPrivate(request, HOLDER, 0, await p256("0b".repeat(32)), messages));
  await refused("private.components", () => openPrivate(request, HOLDER, 0, keys, life.private_differs.map(({ sealed, signature }) => ({ content: parseBase64(sealed), signature }))));
});
