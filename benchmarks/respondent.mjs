/**
 * What one respondent computes in a browser's engine: `measure({survey, answers, reports})`, for Node.js and Chromium.
 *
 * A whole answer is: ask for three tokens (`blind`), prove, split and seal the report, close it in a parcel (`seal`).
 * Taking the blinding off three tokens (`finish`) and reading the manifest's layout (`layout`) are measured apart.
 * Seconds are means, `first` those of the very first answer, before anything is compiled; `bare` is what the engine's
 * own curve and cipher take for as many messages.
 */

import { answersSeal, envelopeLength, parcelLength, ticketDraw, ticketFinish, ticketOf, ticketRequest } from "../client/src/protocol/answer.js";
import { fromHex, randomBytes, toBase64, toHex } from "../client/src/protocol/bytes.js";
import { buildLayout, encodeAnswers, encodeTexts } from "../client/src/protocol/record.js";
import { packVector, prove, randomElements, split } from "../client/src/protocol/validity.js";

const INDEXES = [1, 2, 3];
const P256 = { name: "ECDH", namedCurve: "P-256" };
const CODE = "00000-00000-00000-00000-000000";

/** The terms of a survey of three nodes made up here, and what signs blindly for each. */
async function madeUp(survey) {
  const layout = buildLayout(survey);
  const nodes = await Promise.all(INDEXES.map((index) => madeNode(index)));
  const length = envelopeLength(layout.proof.words);
  const terms = { envelopeLength: length, parcelLength: parcelLength(length) };
  return { digest: `sha256:${toHex(randomBytes(32))}`, surveyId: toHex(randomBytes(16)), layout, nodes, ...terms };
}

async function madeNode(index) {
  const points = await Promise.all([1, 2].map(() => crypto.subtle.generateKey(P256, false, ["deriveBits"])));
  const raw = async (key) => new Uint8Array(await crypto.subtle.exportKey("raw", key));
  const [shareKey, outerKey] = await Promise.all(points.map((pair) => raw(pair.publicKey)));
  const rsa = { name: "RSA-PSS", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: "SHA-384" };
  const pair = await crypto.subtle.generateKey(rsa, true, ["sign", "verify"]);
  const { n, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const number = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  return { index, shareKey, outerKey, issuerKey: number(n), secret: number(d) };
}

/** What a node answers to a blinded message: plainly, as nothing but a benchmark may. */
function blindSigned({ issuerKey, secret }, blinded) {
  const value = (data) => BigInt(`0x${toHex(data)}`);
  const modulus = value(issuerKey);
  let [base, exponent, result] = [value(Uint8Array.from(atob(blinded), (one) => one.charCodeAt(0))), value(secret), 1n];
  for (; exponent; exponent >>= 1n, base = (base * base) % modulus) if (exponent & 1n) result = (result * base) % modulus;
  return toBase64(fromHex(result.toString(16).padStart(512, "0")));
}

/** The engine's own share of sealing: six fresh keys agreed with six receivers, six times AES-GCM; no derivation. */
async function bareSeals(nodes, data) {
  const points = nodes.flatMap(({ shareKey, outerKey }) => [shareKey, outerKey]);
  const seal = async (point) => {
    const own = await crypto.subtle.generateKey(P256, false, ["deriveBits"]);
    const receiver = await crypto.subtle.importKey("raw", point, P256, true, []);
    const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: receiver }, own.privateKey, 128);
    const key = await crypto.subtle.importKey("raw", shared, "AES-GCM", false, ["encrypt"]);
    return crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, data);
  };
  return Promise.all(points.map(seal));
}

export async function measure({ survey, answers, reports }) {
  const spent = { layout: 0, blind: 0, finish: 0, prove: 0, split: 0, seal: 0, bare: 0, first: 0 };
  const timed = async (name, work) => {
    const start = performance.now();
    const made = await work();
    spent[name] += (performance.now() - start) / 1000;
    return made;
  };
  const manifest = await madeUp(survey);
  await timed("layout", () => buildLayout(survey));
  const ask = (draw) => Promise.all(INDEXES.map((index) => ticketRequest(manifest, draw, index, CODE)));
  const draw = await timed("first", () => ticketDraw(manifest));
  const asked = await timed("first", () => ask(draw));
  const signatures = asked.map(({ blinded }, at) => blindSigned(manifest.nodes[at], blinded));
  const finish = () => Promise.all(INDEXES.map((index) => ticketFinish(manifest, draw, index, signatures[index - 1])));
  const ticket = ticketOf(draw, await finish());
  await timed("first", () => answersSeal(manifest, ticket, answers[0], 0));
  for (let round = 0; round < reports; round++) {
    const given = answers[round % answers.length];
    await timed("blind", async () => ask(await ticketDraw(manifest)));
    await timed("finish", finish);
    const { proof } = manifest.layout;
    const record = encodeAnswers(manifest.layout, given);
    const texts = encodeTexts(manifest.layout, given);
    const report = await timed("prove", () => prove(proof, record, randomElements(proof.seeds), texts));
    await timed("split", () => split(report, randomElements(report.length)).map(packVector));
    // All of it once more, and what comes after: what a respondent waits for.
    await timed("seal", () => answersSeal(manifest, ticket, given, 1));
    await timed("bare", () => bareSeals(manifest.nodes, packVector(report)));
  }
  const mean = (name) => spent[name] / (["first", "layout"].includes(name) ? 1 : reports);
  return { words: manifest.layout.proof.words, parcel_bytes: manifest.parcelLength, ...Object.fromEntries(Object.keys(spent).map((name) => [name, mean(name)])) };
}
