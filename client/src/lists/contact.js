/**
 * A word on contact, yes or no of one size, and the cards that an owner may read. Source: docs/protocol.md §19.17.
 * Who says no seals chance, not a card. A word is made once and sent again as it is; a later one takes its place.
 */

import { concat, data, parseBase64, randomBytes, refuse, toBase64, toHex, u16, u8, utf8 } from "../protocol/bytes.js";
import { canonical, digest, digestBytes, parseCanonical } from "../protocol/canonical.js";
import { verify } from "../protocol/signing.js";
import { NodeError } from "./calls.js";
import { openShared } from "./outcomes.js";
import { sealWords } from "./splitting.js";
import { hashed } from "./words.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {import("./request.js").Request} Request */
/** @typedef {import("./splitting.js").Sign} Sign */
/** @typedef {import("./splitting.js").Chance} Chance */
/** @typedef {import("./calls.js").Nodes} Nodes */
/** @typedef {{organisation: string, contact: string, mail: string, phone?: string | null, tlp?: string, fingerprint?: string | null, reference?: string | null}} Details */
/** @typedef {{contact: Bytes, signature: Bytes, parts: Bytes[]}} Word parts of nodes a, b, c */
/** @typedef {{card: any, signature: string}} SignedCard */

const [PADDED, ZEROS, SIGNATURE] = [2048, 32, 64];
const ENVELOPE = ZEROS + PADDED + 16;
const MOST_CARD = PADDED - 2 - SIGNATURE;
const CARD_DAYS = 90;
const DAY = 86_400_000;
const [FROM_REQUESTER, FROM_HOLDER] = [0, 1];
const MAY_LACK = { phone: null, fingerprint: null, reference: null, tlp: "TLP:AMBER" };
const CARD_KEYS = ["contact", "expires", "fingerprint", "format", "mail", "manifest", "organisation", "owner", "phone", "reference", "tlp"];
const LONGEST = { organisation: 200, contact: 200, mail: 254, phone: 40, fingerprint: 100, reference: 200, tlp: 20, expires: 20 };
/** @type {Chance} */
const CHANCE = { bytes: randomBytes };
const NONE = new Uint8Array(1);

/** What stands for a manifest's digest in everything about its contact. @param {string} manifest */
export const contactDigest = (manifest) => digest(concat(utf8("drempel/contact-job/1"), NONE, digestBytes(manifest)));

/** Whether words on contact go with the list (`pre`), or after the outcome (`post`). @param {Request} request */
export const decidesBefore = ({ terms, request }) => Boolean(terms.contact) && request.contact !== "post";

/**
 * An owner's word: with details yes, with null no. `number` is higher than that of any word said before.
 * @param {Request} request @param {number} owner @param {Details | null} details @param {Sign} sign
 * @param {{number?: number, now?: Date}} [terms] @param {Chance} [chance] @returns {Promise<Word>}
 */
export async function prepareWord(request, owner, details, sign, { number = 1, now = new Date() } = {}, chance = CHANCE) {
  const cardKey = chance.bytes(32);
  const side = owner === 0 ? FROM_REQUESTER : FROM_HOLDER;
  const envelope = details ? await sealedCard(cardOf(request, owner, details, now), sign, request.digest, side, cardKey) : chance.bytes(ENVELOPE);
  const plain = concat(cardKey, u8(details ? 1 : 0), new Uint8Array(7));
  const place = { manifest: await contactDigest(request.digest), owner, number, bucket: 0 };
  const { components, parts } = await sealWords(request, place, plain, chance);
  const hashes = await Promise.all(parts.map((part) => hashed(part)));
  const named = { format: "drempel-contact/1", manifest: request.digest, owner, number, envelope: toBase64(envelope) };
  const contact = canonical({ ...named, components: components.map(toHex), parts: hashes.map(toHex) });
  return { contact, signature: await sign("drempel/contact/1", contact), parts };
}

/** Gives every node the word; the same again is safe. @param {Request} request @param {Nodes} nodes @param {Word} word */
export async function sayWord(request, nodes, { contact, signature, parts }) {
  const said = { contact: toBase64(contact), signature: toBase64(signature) };
  const path = `requests/${request.digest}/contacts`;
  await nodes.each((at) => nodes.json(at, path, { method: "POST", json: { ...said, part: toBase64(parts[at]) } }));
}

/**
 * The cards that an owner may read; null while keys are not given out. Refuses what nodes do not give alike.
 * @param {Request} request @param {number} owner @param {import("./outcomes.js").SealKeys} keys @param {Nodes} nodes
 * @param {Date} [now] @returns {Promise<SignedCard[] | null>}
 */
export async function readCards(request, owner, keys, nodes, now = new Date()) {
  const path = `requests/${request.digest}/contacts`;
  /** @type {(any)[]} */
  let answers;
  try {
    answers = await nodes.each((at) => nodes.json(at, path));
  } catch (error) {
    if (error instanceof NodeError && error.code === "contact.ended") return [];
    throw error;
  }
  if (answers.includes(null)) return null;
  const [first, ...others] = answers.map(envelopesOf);
  if (others.some((one) => one.text !== first.text)) refuse("contact.differs", "The nodes gave out different envelopes.");
  const tried = owner === 0 ? first.holders : [first.requester];
  const messages = await nodes.each((at) => nodes.signed(at, `${path}/${owner}`));
  const given = messages.filter((one) => one !== null);
  // The nodes did not compute with this owner's word: she said none, or a bad one.
  if (given.length !== messages.length) return [];
  const named = await contactDigest(request.digest);
  const joined = await openShared(request, named, owner, 0, 32 * tried.length, keys, given);
  const side = owner === 0 ? FROM_HOLDER : FROM_REQUESTER;
  const found = await Promise.all(tried.map((envelope, at) => openCard(request, side, joined.slice(32 * at, 32 * at + 32), envelope, now)));
  return found.filter((one) => one !== null).sort((one, other) => one.card.owner - other.card.owner);
}

/**
 * The card in an envelope; null if this key does not open it, or what opens is no card of that side, signed and in time.
 * @param {Request} request @param {number} side @param {Bytes} cardKey @param {Bytes} envelope @param {Date} now @returns {Promise<SignedCard | null>}
 */
export async function openCard(request, side, cardKey, envelope, now) {
  const key = await crypto.subtle.importKey("raw", cardKey, "AES-GCM", false, ["decrypt"]);
  const opened = await crypto.subtle.decrypt(cipher(request.digest, side), key, envelope).catch(() => null);
  if (!opened) return null;
  const plain = new Uint8Array(opened);
  const end = ZEROS + 2 + 256 * plain[ZEROS] + plain[ZEROS + 1];
  if (plain.subarray(0, ZEROS).some(Boolean) || plain.subarray(end + SIGNATURE).some(Boolean)) return null;
  try {
    const raw = plain.slice(ZEROS + 2, end);
    const card = checkedCard(request, side, parseCanonical(raw), now);
    const signature = plain.slice(end, end + SIGNATURE);
    await verify(request.owners[card.owner].key, "drempel/card/1", raw, signature);
    return { card, signature: toBase64(signature) };
  } catch {
    return null;
  }
}

/** @param {Request} request @param {number} side @param {any} card @param {Date} now @returns {any} */
function checkedCard(request, side, card, now) {
  const isCard = card?.format === "drempel-card/1" && Object.keys(card).sort().join() === CARD_KEYS.join();
  const fits = Object.entries(LONGEST).every(([key, longest]) => isLine(card[key], longest) || (key in MAY_LACK && card[key] === null));
  const isSide = (card?.owner === 0) === (side === FROM_REQUESTER) && request.owners[card.owner] !== undefined;
  const holds = isCard && fits && isSide && card.manifest === request.digest && new Date(card.expires) > now;
  return holds ? card : refuse("card.form", "A card is none.");
}

/** @param {unknown} text @param {number} longest */
const isLine = (text, longest) => typeof text === "string" && text.length > 0 && [...text].length <= longest && !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text);

/** @param {Request} request @param {number} owner @param {Details} details @param {Date} now */
function cardOf({ digest: manifest }, owner, details, now) {
  const expires = `${new Date(now.getTime() + CARD_DAYS * DAY).toISOString().slice(0, 19)}Z`;
  return { format: "drempel-card/1", manifest, owner, ...MAY_LACK, ...details, expires };
}

/** @param {object} card @param {Sign} sign @param {string} manifest @param {number} side @param {Bytes} cardKey */
async function sealedCard(card, sign, manifest, side, cardKey) {
  const raw = canonical(card);
  if (raw.length > MOST_CARD) refuse("card.long", `A card has at most ${MOST_CARD} bytes.`);
  const padded = new Uint8Array(ZEROS + PADDED);
  padded.set(concat(u16(raw.length), raw, await sign("drempel/card/1", raw)), ZEROS);
  // The key serves for this one envelope, so the nonce is zero.
  const key = await crypto.subtle.importKey("raw", cardKey, "AES-GCM", false, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.encrypt(cipher(manifest, side), key, padded));
}

/** @param {string} manifest @param {number} side */
const cipher = (manifest, side) => ({
  name: "AES-GCM",
  iv: new Uint8Array(12),
  additionalData: concat(utf8("drempel/card-envelope/1"), NONE, digestBytes(manifest), u8(side)),
});

/** @param {any} answer */
function envelopesOf({ requester, holders }) {
  const given = Array.isArray(holders) ? holders : refuse("contact.form", "A node's envelopes are none.");
  return {
    text: [requester, ...given].join(),
    requester: data(requester, "requester", ENVELOPE),
    holders: given.map((/** @type {unknown} */ one) => (parseBase64(one)?.length === ENVELOPE ? data(one, "holders") : refuse("contact.form", "A node's envelopes are none."))),
  };
}
