/** Envelopes, tokens, packages and parcels against tests/vectors and the RFCs' figures. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { answersSeal, envelopeInfo, envelopeLength, nodeCode, packageBody, parcelLength, parseCode, sealEnvelope, sealParcel, ticketDraw, ticketFinish, ticketOf, ticketRequest } from "../../client/src/protocol/answer.js";
import * as blindrsa from "../../client/src/protocol/answer.js";
import { concat, fromHex, fromNumber, sha256, toBase64, toHex, toNumber, utf8 } from "../../client/src/protocol/bytes.js";
import { checkRecord, encodeAnswers } from "../../client/src/protocol/record.js";
import { packVector, prove, split } from "../../client/src/protocol/validity.js";
import { keySchedule, seal } from "../../client/src/protocol/hpke.js";
import { parseSignedManifest, verifySignedManifest } from "../../client/src/protocol/signed.js";
import { elements, oneTimeVerify, openParcel, openSealed, p256, recombined, refused, vectors } from "./helpers.mjs";

const signed = vectors("manifest").good[0].signed;
const manifest = await verifySignedManifest(parseSignedManifest(signed));

test("HPKE gives the figures of RFC 9180, A.3.1", async () => {
  const known = vectors("envelope").rfc9180;
  const { key } = await keySchedule(await dhOf(known), concat(fromHex(known.enc), fromHex(known.pkRm)), fromHex(known.info));
  const algorithm = { name: "AES-GCM", iv: fromHex(known.base_nonce), additionalData: fromHex(known.aad) };
  assert.equal(toHex(new Uint8Array(await crypto.subtle.encrypt(algorithm, key, fromHex(known.pt)))), known.ct);
});

async function dhOf({ skEm, pkRm }) {
  const { privateKey } = await p256(skEm);
  const receiver = await crypto.subtle.importKey("raw", fromHex(pkRm), { name: "ECDH", namedCurve: "P-256" }, true, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: receiver }, privateKey, 256));
}

const contextOf = ({ manifest: digest, index, revision, one_time_key: key }) => ({
  manifest: digest,
  index,
  revision,
  oneTimeKey: fromHex(key),
});

test("envelopes are sealed to the byte, and open only as they are", async () => {
  const { good, bad, width } = vectors("envelope");
  for (const one of good) {
    assert.equal(toHex(envelopeInfo(contextOf(one))), one.info);
    const sealed = await sealEnvelope(fromHex(one.public), contextOf(one), fromHex(one.share), await p256(one.ephemeral));
    assert.equal(toHex(sealed), one.sealed);
    assert.equal(sealed.length, envelopeLength(width));
    const opened = await openSealed(await p256(one.private), fromHex(one.info), sealed);
    assert.deepEqual(elements(opened), one.values.map(BigInt));
  }
  for (const { name, code, change } of bad) {
    const one = { ...good[0], ...change };
    const isContext = ["digest.form", "envelope.index", "envelope.revision", "envelope.key"].includes(code);
    if (isContext) await refused(code, () => sealEnvelope(fromHex(one.public), contextOf(one), fromHex(one.share)), name);
    else if (code !== "envelope.content") {
      await assert.rejects(async () => openSealed(await p256(one.private), envelopeInfo(contextOf(one)), fromHex(one.sealed)));
    }
  }
  await refused("key.form", () => seal(new Uint8Array(65).fill(4), utf8("x"), utf8("x")));
  await refused("key.form", () => seal(fromHex(good[0].public).slice(0, 33), utf8("x"), utf8("x")));
});

test("every seal draws its own key", async () => {
  const [one] = vectors("envelope").good;
  const twice = await Promise.all([1, 2].map(() => sealEnvelope(fromHex(one.public), contextOf(one), fromHex(one.share))));
  assert.notEqual(toHex(twice[0].slice(0, 65)), toHex(twice[1].slice(0, 65)));
});

test("blind RSA gives the figures of RFC 9474, appendix A", async () => {
  for (const { name, n, prepared_msg: message, salt, encoded_msg: encoded, inv, blinded_msg: due, blind_sig: answered, sig } of vectors("rfc9474").cases) {
    const [modulus, prepared] = [fromHex(n), fromHex(message)];
    const value = toNumber(modulus);
    assert.equal(await blindrsa.encodeMessage(prepared, modulus.length, fromHex(salt)), toNumber(fromHex(encoded)), name);
    const factor = inverse(toNumber(fromHex(inv)), value);
    const blinded = await blindrsa.blind(modulus, prepared, fromHex(salt), factor);
    assert.equal(toHex(blinded.message), due, name);
    assert.equal(blinded.inverse, toNumber(fromHex(inv)), name);
    const made = await blindrsa.finalize(modulus, prepared, blinded.inverse, fromHex(answered), salt.length / 2);
    assert.equal(toHex(made), sig, name);
  }
});

function inverse(value, modulus) {
  let [rest, next, one, other] = [modulus, value, 0n, 1n];
  while (next) [rest, next, one, other] = [next, rest % next, other, one - (rest / next) * other];
  return ((one % modulus) + modulus) % modulus;
}

test("tokens are asked for and finished as the vectors say", async () => {
  const { manifest: digest, good, bad } = vectors("token");
  for (const [at, one] of good.entries()) {
    const [issuer, key] = [fromHex(one.issuer_key), fromHex(one.one_time_key)];
    const message = await blindrsa.tokenMessage(issuer, digest, key);
    assert.equal(toHex(message), one.message);
    blindrsa.checkModulus(issuer);
    const blinded = await blindrsa.blind(issuer, message, fromHex(one.salt), toNumber(fromHex(one.factor)));
    assert.equal(toHex(blinded.message), one.blinded);
    assert.equal(blinded.inverse, toNumber(fromHex(one.inverse)));
    assert.equal(toHex(await blindrsa.finalize(issuer, message, blinded.inverse, fromHex(one.blind_signature))), one.token);
    const { identityKey } = manifest.nodes[at];
    await blindrsa.possessionVerify(issuer, manifest.surveyId, at + 1, identityKey, fromHex(one.issuer_proof));
    const other = (at + 1) % 3;
    await refused("signature.invalid", () =>
      blindrsa.possessionVerify(issuer, manifest.surveyId, other + 1, manifest.nodes[other].identityKey, fromHex(one.issuer_proof)),
    );
  }
  const [one] = good;
  const finish = (data) => blindrsa.finalize(fromHex(one.issuer_key), fromHex(one.message), toNumber(fromHex(one.inverse)), data);
  for (const { name, code, blind_signature: answer } of bad) await refused(code, () => finish(fromHex(answer)), name);
  await refused("signature.invalid", () => finish(null));
});

test("what could be recognised is not blinded", async () => {
  const [issuer, message, salt] = [fromHex(vectors("token").good[0].issuer_key), utf8("m"), new Uint8Array(48)];
  const n = toNumber(issuer);
  for (const factor of [0n, n, n + 1n, -1n]) await refused("blinding.factor", () => blindrsa.blind(issuer, message, salt, factor));
  await refused("blinding.factor", () => blindrsa.blind(fromNumber(35n, 256), message, salt, 7n));
  await refused("token.key", () => blindrsa.tokenMessage(issuer, manifest.digest, new Uint8Array(64)));
  await refused("issuer_key.length", () => blindrsa.checkModulus(issuer.slice(1)));
  // A key that is a multiple of what the message encodes to: found out by the common factor alone.
  const encoded = await blindrsa.encodeMessage(message, 256, salt);
  await refused("blinding.message", () => blindrsa.blind(fromNumber(encoded * 3n, 257).slice(1), message, salt, 5n));
});

test("a factor is drawn below its modulus, and never twice", () => {
  const modulus = concat(Uint8Array.of(0x80), new Uint8Array(254), Uint8Array.of(1));
  const drawn = new Set(Array.from({ length: 50 }, () => blindrsa.drawFactor(modulus)));
  assert.equal(drawn.size, 50);
  for (const factor of drawn) assert.ok(factor > 0n && factor < toNumber(modulus));
});

test("a whole answer is the vectors' to the byte, from the record to the parcel", async () => {
  for (const one of vectors("answer").good) {
    const record = encodeAnswers(manifest.layout, one.answers);
    assert.equal(Array.from(record).join(""), one.record);
    const report = prove(manifest.layout.proof, record, one.seeds.map(BigInt), []);
    assert.equal(toHex(packVector(report)), one.report);
    const keys = await p256(one.one_time, "ECDSA");
    const { revision } = one;
    const shares = split(report, elements(fromHex(one.slopes))).map(packVector);
    const envelopes = await Promise.all(
      manifest.nodes.map(async ({ index, shareKey }, at) => {
        const context = { manifest: manifest.digest, index, oneTimeKey: keys.point, revision };
        return sealEnvelope(shareKey, context, shares[at], await p256(one.ephemerals[at]));
      }),
    );
    assert.deepEqual(envelopes.map(toHex), one.envelopes);
    const body = packageBody(manifest, { point: keys.point, tokens: one.tokens.map(fromHex) }, revision, envelopes);
    assert.equal(toHex(await sha256(body)), one.package_id);
    await oneTimeVerify(keys.point, "drempel/package/1", body, fromHex(one.signature));
    const ephemerals = await Promise.all(one.outer_ephemerals.map((scalar) => p256(scalar)));
    const whole = concat(body, fromHex(one.signature));
    const parcel = await sealParcel(manifest, whole, fromHex(one.content_key), ephemerals);
    assert.equal(toHex(parcel), one.parcel);
    assert.equal(toHex(await sha256(parcel)), one.hash);
  }
});

test("packages of the vectors have the parts that we would sign", async () => {
  const { good, envelope_length: length } = vectors("package");
  for (const { bytes, package_id: id, one_time_key: key, revision } of good) {
    const data = fromHex(bytes);
    assert.equal(data.length, 931 + 3 * length);
    const cut = (from, size) => [0, 1, 2].map((at) => data.slice(from + at * size, from + (at + 1) * size));
    const ticket = { point: fromHex(key), tokens: cut(99, 256) };
    const body = packageBody(manifest, ticket, revision, cut(867, length));
    assert.equal(toHex(body), bytes.slice(0, -128));
    assert.equal(toHex(await sha256(body)), id);
  }
  const ticket = { point: new Uint8Array(65), tokens: Array(3).fill(new Uint8Array(256)) };
  const envelopes = Array(3).fill(new Uint8Array(length));
  await refused("package.length", () => packageBody(manifest, ticket, 0, envelopes.slice(1)));
  await refused("package.length", () => packageBody(manifest, { ...ticket, point: new Uint8Array(33) }, 0, envelopes));
});

test("parcels are closed to the byte, and no changed one opens", async () => {
  const { outer, good, bad, changed, envelope_length: length, parcel_length: whole, manifest: digest } = vectors("outer");
  const nodes = outer.map((one) => ({ outerKey: fromHex(one.public) }));
  const terms = { digest, envelopeLength: length, parcelLength: whole, nodes };
  assert.equal(parcelLength(length), whole);
  const ephemerals = await Promise.all(outer.map((one) => p256(one.ephemeral)));
  const parcel = await sealParcel(terms, fromHex(good.package), fromHex(good.content_key), ephemerals);
  assert.equal(toHex(parcel), good.parcel);
  const keys = await Promise.all(outer.map((one) => p256(one.private)));
  for (const index of [1, 2, 3]) {
    assert.equal(toHex(await openParcel(keys[index - 1], digest, index, parcel)), good.package);
    for (let at = changed[2].from; at < parcel.length; at += 41) {
      const other = parcel.slice();
      other[at] ^= 1;
      await assert.rejects(openParcel(keys[index - 1], digest, index, other));
    }
  }
  for (const one of bad) {
    await assert.rejects(openParcel(keys[one.node - 1], one.manifest, one.index, fromHex(one.parcel)), undefined, one.name);
  }
  await refused("parcel.length", () => sealParcel(terms, fromHex(good.package).slice(1)));
});

test("the respondent's steps: drawn once, asked the same, sealed afresh for each revision", async () => {
  const draw = await ticketDraw(manifest);
  assert.equal(draw.keys.privateKey.extractable, false);
  const code = vectors("roster").good[0].code;
  const asked = await ticketRequest(manifest, draw, 2, code.toUpperCase());
  assert.deepEqual(await ticketRequest(manifest, draw, 2, code), asked);
  assert.equal(asked.code, toBase64(await nodeCode(parseCode(code), manifest.surveyId, 2)));
  assert.deepEqual(Object.keys(asked).sort(), ["blinded", "code", "manifest"]);
  await refused("signature.invalid", () => ticketFinish(manifest, draw, 2, asked.blinded));
  await refused("signature.invalid", () => ticketFinish(manifest, draw, 2, { not: "text" }));
  const tokens = Array(3).fill(new Uint8Array(256));
  const { answers } = vectors("answer").good[0];
  const parcels = [];
  for (const revision of [0, 1]) parcels.push(await answersSeal(manifest, ticketOf(draw, tokens), answers, revision));
  assert.notEqual(parcels[0].package, parcels[1].package);
  for (const { content } of parcels) assert.equal(content.length, manifest.parcelLength);
  await refused("answer.required", () => answersSeal(manifest, ticketOf(draw, tokens), {}, 0));
  for (const revision of [-1, 8, 0.5]) {
    await refused("envelope.revision", () => answersSeal(manifest, ticketOf(draw, tokens), answers, revision));
  }
});

test("three nodes open what was sealed, and find the record", async () => {
  const shares = await Promise.all([1, 2, 3].map((index) => p256(nodeScalar("share", index))));
  const outers = await Promise.all([1, 2, 3].map((index) => p256(vectors("outer").outer[index - 1].private)));
  const draw = await ticketDraw(manifest);
  const tokens = Array(3).fill(new Uint8Array(256));
  const { answers, record } = vectors("answer").good[0];
  const sealed = await answersSeal(manifest, ticketOf(draw, tokens), answers, 3);
  const opened = await Promise.all([1, 2, 3].map((i) => openParcel(outers[i - 1], manifest.digest, i, sealed.content)));
  assert.equal(toHex(opened[0]), toHex(opened[2]));
  const body = opened[0].slice(0, -64);
  assert.equal(toHex(await sha256(body)), sealed.package);
  await oneTimeVerify(draw.point, "drempel/package/1", body, opened[0].slice(-64));
  const parts = [];
  for (const index of [1, 2, 3]) {
    const at = 867 + (index - 1) * manifest.envelopeLength;
    const info = envelopeInfo({ manifest: manifest.digest, index, oneTimeKey: draw.point, revision: 3 });
    const share = await openSealed(shares[index - 1], info, body.slice(at, at + manifest.envelopeLength));
    parts.push(elements(share));
  }
  const report = recombined(parts);
  const bits = report.slice(0, manifest.layout.width).map(Number);
  assert.equal(bits.join(""), record);
  assert.ok(checkRecord(manifest.layout, bits));
  // The seed is in the report: proving again with it gives the same words.
  const again = prove(manifest.layout.proof, Uint8Array.from(bits), [report[manifest.layout.width]], []);
  assert.deepEqual(again, report);
});

/** The scalar of a node's key in tests/vectors/cast.py; the first share key is also in envelope.json. */
function nodeScalar(kind, index) {
  const known = vectors("envelope").good.find((one) => one.index === index);
  assert.equal(kind, "share");
  return known.private;
}
