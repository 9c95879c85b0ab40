/** Contact in the page against tests/vectors: a word byte for byte, yes and no alike, cards under their key alone. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, parseBase64, toBase64 } from "../../client/src/protocol/bytes.js";
import { signedBytes } from "../../client/src/protocol/signing.js";
import { NodeError } from "../../client/src/lists/calls.js";
import * as contact from "../../client/src/lists/contact.js";
import { verifySignedRequest } from "../../client/src/lists/request.js";
import { p256, refused, vectors } from "./helpers.mjs";

const life = vectors("contact");
const HOLDER = 1;
const EXPIRES = new Date(life.card.expires);
const NOW = new Date(EXPIRES.getTime() - 90 * 86_400_000);
const DETAILS = Object.fromEntries(Object.entries(life.card).filter(([key]) => !["format", "manifest", "owner", "expires"].includes(key)));

async function signer() {
  const wrapped = new Uint8Array([...fromHex("302e020100300506032b657004220420"), ...fromHex(life.key)]);
  const key = await crypto.subtle.importKey("pkcs8", wrapped, "Ed25519", false, ["sign"]);
  return async (label, body) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, signedBytes(label, body)));
}

function chanceOf(drawn) {
  const left = drawn.map(fromHex);
  return { bytes: () => left.shift(), ephemeral: async (index) => p256(life.ephemeral[index - 1]) };
}

const request = await verifySignedRequest(life.signed);

test("a word is byte for byte what Python makes with the same chance", async () => {
  const word = await contact.prepareWord(request, HOLDER, DETAILS, await signer(), { now: NOW }, chanceOf(life.drawn));
  assert.equal(toBase64(word.contact), life.contact);
  assert.equal(toBase64(word.signature), life.signature);
  assert.deepEqual(word.parts.map(toBase64), life.parts.map(({ sealed }) => sealed));
  assert.equal(await contact.contactDigest(request.digest), life.digest);
  assert.equal(contact.decidesBefore(request), true);
});

test("yes and no have one size", async () => {
  const sizes = [];
  for (const details of [DETAILS, null]) {
    const word = await contact.prepareWord(request, HOLDER, details, await signer(), { now: NOW });
    sizes.push([word.contact, word.signature, ...word.parts].map((one) => one.length));
  }
  assert.deepEqual(sizes[0], sizes[1]);
  const long = { ...DETAILS, organisation: "\u20ac".repeat(200), contact: "\u20ac".repeat(200), reference: "\u20ac".repeat(200), fingerprint: "\u20ac".repeat(100) };
  await refused("card.long", async () => contact.prepareWord(request, HOLDER, long, await signer(), { now: NOW }));
});

test("a card opens under its key, side and question, in time", async () => {
  const { envelope } = JSON.parse(new TextDecoder().decode(parseBase64(life.contact)));
  const [key, sealed] = [fromHex(life.card_key), parseBase64(envelope)];
  assert.deepEqual((await contact.openCard(request, 1, key, sealed, NOW))?.card, life.card);
  assert.equal(await contact.openCard(request, 0, key, sealed, NOW), null);
  assert.equal(await contact.openCard(request, 1, new Uint8Array(32), sealed, NOW), null);
  assert.equal(await contact.openCard(request, 1, key, sealed, EXPIRES), null);
  assert.equal(await contact.openCard({ ...request, digest: life.digest }, 1, key, sealed, NOW), null);
  const forged = { ...request, owners: request.owners.map((one, at) => ({ ...one, key: request.owners[(at + 1) % 5].key })) };
  assert.equal(await contact.openCard(forged, 1, key, sealed, NOW), null);
});

/** Nodes that give out an envelope and sealed keys; `more` changes what they answer. */
function nodesOf(more = {}) {
  const { envelope, given } = life.requester;
  const answer = { requester: envelope, holders: [envelope, envelope] };
  return {
    each: (work) => Promise.all([0, 1, 2].map(work)),
    json: async (at) => (more.json ? more.json(at, answer) : answer),
    signed: async (at) => (more.signed ? more.signed(at) : { content: parseBase64(given[at].sealed), signature: given[at].signature }),
  };
}

test("a holder reads the requester's card from three nodes, or nothing", async () => {
  const keys = await p256(life.requester.seal_key);
  const read = (more) => contact.readCards(request, HOLDER, keys, nodesOf(more), NOW);
  assert.deepEqual((await read()).map(({ card }) => card), [life.requester.card]);
  assert.equal(await read({ json: async (at, answer) => (at === 1 ? null : answer) }), null);
  assert.deepEqual(await read({ signed: async () => null }), []);
  const ended = async () => {
    throw new NodeError("contact.ended", "a", { status: 409 });
  };
  assert.deepEqual(await read({ json: ended }), []);
  await refused("contact.differs", () => read({ json: async (at, answer) => (at === 2 ? { ...answer, holders: [] } : answer) }));
  const { given } = life.requester;
  const swapped = async () => ({ content: parseBase64(given[0].sealed), signature: given[0].signature });
  await refused("signature.invalid", () => read({ signed: swapped }));
});
