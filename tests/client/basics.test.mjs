/** Bytes, JSON, shares, signatures and codes against tests/vectors. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as bytes from "../../client/src/protocol/bytes.js";
import { canonical, digest, digestBytes, parseCanonical, parseJson } from "../../client/src/protocol/canonical.js";
import { MODULUS, packVector, randomElements, split } from "../../client/src/protocol/validity.js";
import { nodeCode, parseCode } from "../../client/src/protocol/answer.js";
import { oneTimeKeys, oneTimeSign, parsePoint, verify } from "../../client/src/protocol/signing.js";
import { oneTimeVerify, p256, recombined, refused, vectors } from "./helpers.mjs";

const { fromHex, parseBase64, toBase64, toHex } = bytes;

test("canonical JSON is what Python writes, and nothing else is read", async () => {
  const { good, bad } = vectors("canonical");
  for (const { value, bytes: due, digest: named } of good) {
    assert.equal(toHex(canonical(value)), due);
    assert.equal(await digest(fromHex(due)), named);
    assert.equal(toHex(digestBytes(named)), named.slice(7));
    assert.equal(toHex(canonical(parseCanonical(fromHex(due)))), due);
  }
  for (const { name, code, bytes: data } of bad) {
    const text = typeof data === "string" ? data : data.repeat.repeat(data.times);
    // A browser's reader has no word for these: that they are not canonical tells.
    const due = ["json.duplicate_key", "json.value"].includes(code) ? [code, "json.canonical"] : code;
    await refused(due, () => parseCanonical(fromHex(text)), name);
  }
  assert.ok(bad.length >= 21);
});

test("JSON is read as it stands, also with names of Object's own properties", async () => {
  const read = (text) => parseJson(bytes.utf8(text));
  assert.equal(Object.keys(read('{"__proto__":1,"constructor":2}')).join(), "__proto__,constructor");
  await refused("json.value", () => parseCanonical(bytes.utf8('["\\ud800"]')));
  await refused("json.value", () => canonical({ half: "\udc00" }));
  for (const text of ["[1e999]", "[9007199254740993]", '{"a":1,"a":1}']) await refused("json.canonical", () => parseCanonical(bytes.utf8(text)));
});

test("base64 has one form", () => {
  for (const bad of ["AAA", "AAAA=", "AA==\n", "AB==", "A-_=", "====", 5, null]) assert.equal(parseBase64(bad), null);
  const data = bytes.randomBytes(20_000);
  assert.deepEqual(parseBase64(toBase64(data)), data);
});

test("a batch of parcels is packed as nodes read it", () => {
  for (const { items, bytes: due } of vectors("codec").batches.good) {
    assert.equal(toHex(bytes.packBatch(items.map(fromHex))), due);
  }
});

test("elements are packed as nodes read them", () => {
  for (const { values, bytes: due } of vectors("codec").vectors.good) {
    assert.equal(toHex(packVector(values.map(BigInt))), due);
  }
});

test("shares are those of the vectors and lie on lines", () => {
  const { good } = vectors("sharing");
  for (const { values, slopes, shares } of good) {
    const parts = split(values.map(BigInt), slopes.map(BigInt));
    assert.deepEqual(parts, shares.map((part) => part.map(BigInt)));
    assert.deepEqual(recombined(parts), values.map(BigInt));
  }
  assert.throws(() => split([1n], []), RangeError);
});

test("random elements are elements, many and different", () => {
  const drawn = randomElements(20_000);
  assert.equal(new Set(drawn).size, 20_000);
  assert.ok(drawn.every((one) => one >= 0n && one < MODULUS));
  const mean = Number(drawn.reduce((sum, one) => sum + one, 0n) / 20_000n) / Number(MODULUS);
  assert.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`);
});

test("the one word of 61 bits that is no element is drawn again", (context) => {
  const words = [[MODULUS, 5n, (1n << 63n) | MODULUS], [7n, 1n << 61n]];
  context.mock.method(crypto, "getRandomValues", (array) => {
    array.set(words.shift());
    return array;
  });
  assert.deepEqual(randomElements(3), [5n, 7n, 0n]);
});

test("only whole points on the curve are keys, in their one form", async () => {
  const { point } = await p256("0a".repeat(32));
  await parsePoint(point);
  const compressed = bytes.concat(Uint8Array.of(2 + (point[64] & 1)), point.slice(1, 33));
  const off = point.slice();
  off[64] ^= 1;
  const hybrid = bytes.concat(Uint8Array.of(6 + (point[64] & 1)), point.slice(1));
  for (const bad of [compressed, off, hybrid, point.slice(1), new Uint8Array(65), new Uint8Array()]) {
    await refused("key.form", () => parsePoint(bad));
  }
});

test("signatures of the vectors hold, and no other", async () => {
  const { good, bad } = vectors("signing");
  const check = ({ kind, key, label, body, signature }) => {
    const holds = kind === "ed25519" ? verify : oneTimeVerify;
    return holds(fromHex(key), label, fromHex(body), fromHex(signature));
  };
  for (const one of good) await check(one);
  for (const one of bad) await refused(one.code, () => check(one), one.name);
});

test("a one-time key signs and never leaves", async () => {
  const { keys, point } = await oneTimeKeys();
  const signature = await oneTimeSign(keys.privateKey, "drempel/package/1", bytes.utf8("x"));
  assert.equal(signature.length, 64);
  await oneTimeVerify(point, "drempel/package/1", bytes.utf8("x"), signature);
  await refused("signature.invalid", () => oneTimeVerify(point, "drempel/issue/1", bytes.utf8("x"), signature));
  assert.equal(keys.privateKey.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("jwk", keys.privateKey));
  assert.deepEqual((await p256("01".padStart(64, "0"))).point[0], 4);
});

test("codes are read with forgiveness, and give each node its own secret", async () => {
  const { survey_id: survey, good, bad } = vectors("roster");
  for (const { code, also_read: others, bytes: due, node_codes: secrets, entries } of good) {
    for (const written of [code, ...others, code.toUpperCase().replaceAll("1", "I").replaceAll("0", "o")]) {
      assert.equal(toHex(parseCode(written)), due);
    }
    for (const [at, secret] of secrets.entries()) {
      const own = await nodeCode(parseCode(code), survey, at + 1);
      assert.equal(toHex(own), secret);
      assert.equal(toHex(await bytes.sha256(own)), entries[at]);
    }
  }
  for (const { code, text } of bad) {
    const error = await refused(code, () => parseCode(text), text);
    assert.ok(text === "" || !error.message.includes(text));
  }
});
