/** Layouts, records and proofs against tests/vectors. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, toHex } from "../../client/src/protocol/bytes.js";
import { buildLayout, checkRecord, encodeAnswers, encodeTexts, shownQuestions } from "../../client/src/protocol/record.js";
import { MODULUS, packVector, prove, split, validityPlan } from "../../client/src/protocol/validity.js";
import { elements, refused, vectors } from "./helpers.mjs";

const layouts = new Map(vectors("layout").good.map(({ name, normal }) => [name, buildLayout(normal)]));
// A browser's numbers know no difference between 77 and 77.0.
const NOT_SEEN = new Set(["a decimal"]);

test("layouts have the constraints and texts of the vectors", () => {
  for (const { name, width, constraints, texts } of vectors("layout").good) {
    const layout = layouts.get(name);
    assert.equal(layout.width, width);
    const written = layout.constraints.map(({ terms, constant }) => ({
      terms: terms.map(([slot, weight]) => [slot, Number(weight)]),
      equals: Number(constant),
    }));
    assert.deepEqual(written, constraints);
    assert.equal(layout.proof.texts, texts.reduce((sum, { words }) => sum + words, 0));
  }
});

test("answers give the one record, and other answers none", async () => {
  const { good, bad, bad_records: records } = vectors("encoding");
  for (const { name, survey, answers, record, texts } of good) {
    const layout = layouts.get(survey);
    const bits = encodeAnswers(layout, answers);
    assert.equal(Array.from(bits).join(""), record, name);
    assert.deepEqual(encodeTexts(layout, answers), texts.map(BigInt), name);
    assert.ok(checkRecord(layout, bits));
  }
  for (const { name, survey, answers, code, where } of bad) {
    if (NOT_SEEN.has(name)) continue;
    const error = await refused(code, () => encodeAnswers(layouts.get(survey), answers), name);
    assert.equal(error.where, where, name);
  }
  for (const { name, survey, record } of records) {
    assert.equal(checkRecord(layouts.get(survey), Array.from(record, Number)), false, name);
  }
});

test("who is asked what follows from answers, finished or not", () => {
  const layout = layouts.get("follow-ups");
  const shown = (answers) => [...shownQuestions(layout, answers)].join();
  assert.equal(shown({}), "sector");
  assert.equal(shown({ sector: "x" }), "sector,must");
  assert.equal(shown({ sector: "y", then: 2 }), "sector,then,last");
  assert.equal(shown({ sector: "z", then: 99 }), "sector,then,must");
  assert.equal(shown({ sector: "x", then: 2 }), "sector,must");
});

test("names of Object's own properties are questions and options like others", () => {
  const questions = [
    { id: "constructor", kind: "single", required: true, options: [{ id: "toString" }, { id: "valueOf" }] },
    { id: "hasOwnProperty", kind: "text", max_bytes: 5 },
  ];
  const show = { hasOwnProperty: { var: "constructor", op: "=", value: "toString" } };
  const layout = buildLayout({ questions, show_if: show, tables: [] });
  assert.deepEqual(Array.from(encodeAnswers(layout, { constructor: "valueOf" })), [0, 1, 0, 0]);
  assert.equal(encodeTexts(layout, { constructor: "toString" })[0], 0n);
});

test("the widest range of a number and the longest texts are exact", async () => {
  const widest = { id: "n", kind: "number", min: -(2 ** 53 - 1), max: 2 ** 53 - 1, required: true };
  const layout = buildLayout({ questions: [widest], show_if: {}, tables: [] });
  assert.equal(layout.width, 1 + 2 * 54);
  for (const n of [widest.min, -1, 0, widest.max]) assert.ok(checkRecord(layout, encodeAnswers(layout, { n })));
  const text = buildLayout({ questions: [{ id: "t", kind: "text", max_bytes: 3, required: true }], show_if: {}, tables: [] });
  for (const t of ["é€", "ééé", "abcd"]) await refused("answer.too_long", () => encodeAnswers(text, { t }));
  await refused("answer.type", () => encodeAnswers(text, { t: "\ud800" }));
  await refused("answer.required", () => encodeAnswers(text, { t: "" }));
  assert.deepEqual(encodeTexts(text, { t: "€" }), [BigInt("0x00" + "00" + "ac82e2" + "0300")]);
  const wide = { id: "m", kind: "matrix", required: true, rows: Array.from({ length: 100 }, (_, at) => ({ id: `r${at}` })) };
  const options = Array.from({ length: 201 }, (_, at) => ({ id: `o${at}` }));
  await refused("survey.too_large", () => buildLayout({ questions: [{ ...wide, options }], show_if: {}, tables: [] }));
  await refused("survey.empty", () => buildLayout({ questions: [], show_if: {}, tables: [] }));
});

test("proofs are the vectors' to the byte", () => {
  const { good, bad } = vectors("validity");
  for (const { name, survey, width, blocks, words, record, texts, seeds, slopes, report, shares } of good) {
    const layout = buildLayout(survey);
    assert.deepEqual([layout.width, layout.proof.words], [width, words], name);
    assert.deepEqual(layout.proof.blocks.map((block) => block.bits), blocks, name);
    const made = prove(layout.proof, Uint8Array.from(record, Number), seeds.map(BigInt), texts.map(BigInt));
    assert.equal(toHex(packVector(made)), report, name);
    assert.deepEqual(split(made, elements(fromHex(slopes))).map((part) => toHex(packVector(part))), shares, name);
  }
  assert.ok(good.length >= 17 && bad.cases.length > 0);
});

test("the quotient is (f² - f)/Z by plain division, for blocks of every small size", () => {
  for (let size = 1; size <= 12; size++) {
    const plan = validityPlan(size, 0);
    const bits = Uint8Array.from({ length: size }, (_, at) => (at * 7 + size) % 3 === 0);
    const seed = BigInt(size) ** 17n % MODULUS;
    const values = [seed, ...Array.from(bits, BigInt)];
    const report = prove(plan, bits, [seed], []);
    for (let x = size + 1; x <= 2 * size + 1; x++) {
      const f = lagrange(values, BigInt(x));
      let z = 1n;
      for (let k = 1; k <= size; k++) z = mod(z * BigInt(x - k));
      assert.equal(mod(report[x] * z), mod(f * f - f), `${size}, ${x}`);
    }
  }
});

test("a prover takes no other record, seeds or texts than the plan's", () => {
  const plan = validityPlan(3, 0);
  const bits = Uint8Array.of(1, 0, 1);
  assert.throws(() => prove(plan, bits, [], []), RangeError);
  assert.throws(() => prove(plan, Uint8Array.of(1, 2, 0), [1n], []), RangeError);
  assert.throws(() => prove(plan, bits.slice(1), [1n], []), RangeError);
  assert.throws(() => prove(plan, bits, [1n], [1n]), RangeError);
});

const mod = (value) => ((value % MODULUS) + MODULUS) % MODULUS;

function lagrange(values, x) {
  return values.reduce((sum, value, k) => {
    let [top, bottom] = [1n, 1n];
    values.forEach((_, j) => j !== k && ([top, bottom] = [mod(top * (x - BigInt(j))), mod(bottom * BigInt(k - j))]));
    return mod(sum + value * top * power(bottom, MODULUS - 2n));
  }, 0n);
}

function power(base, exponent) {
  let result = 1n;
  for (; exponent; exponent >>= 1n, base = mod(base * base)) if (exponent & 1n) result = mod(result * base);
  return result;
}
