/** Lay a survey out as bits: slots, linear constraints, where an answer's bits stand. Source: docs/protocol.md §6. */

import { refuse } from "./bytes.js";
import { validityPlan } from "./validity.js";

const LARGEST_WIDTH = 20_000;
export const TEXT_WORD_BYTES = 7;

/** @param {number} maxBytes of a text, beside two for its length */
export const textWords = (maxBytes) => Math.ceil((2 + maxBytes) / TEXT_WORD_BYTES);

/** @param {Survey} survey @returns {Layout} */
export function buildLayout(survey) {
  const builder = new Builder(survey);
  for (const question of survey.questions) builder.addQuestion(question);
  for (const { questions } of survey.tables) builder.addTable(questions[0], questions[1]);
  const { width, words, constraints, tables } = builder;
  if (width + words > LARGEST_WIDTH) refuse("survey.too_large", "The questions need too many values.");
  return { survey, width, constraints, blocks: [...builder.blocks.values()], tables, proof: validityPlan(width, words) };
}

/** Hands out slots and collects constraints while the questions go by in order. */
class Builder {
  /** @param {Survey} survey */
  constructor(survey) {
    this.survey = survey;
    this.width = 0;
    this.words = 0;
    this.constraints = /** @type {Constraint[]} */ ([]);
    this.blocks = /** @type {Map<string, Block>} */ (new Map());
    this.tables = /** @type {TwoWay[]} */ ([]);
  }

  /** @param {Question} question */
  addQuestion(question) {
    if (question.kind === "multiple") this.addMultiple(question);
    else if (question.kind === "ranking") this.addRanking(question);
    else if (question.kind === "text") {
      this.addOneHot(question.id, question, ["answered"]);
      this.words += textWords(question.max_bytes);
    } else {
      const found = oneHotValues(question);
      if (!found.size) found.set(question.id, [question.min]);
      for (const [table, values] of found) this.addOneHot(table, question, values);
    }
  }

  /** @param {string} id @param {Question} question @param {any[]} values */
  addOneHot(id, question, values) {
    const block = this.newBlock(id, question, values);
    this.tie(ones(cells(block)), 1n, block.shownBy);
    if (question.kind === "number") {
      const ends = [...values.slice(1).map(BigInt), BigInt(question.max) + 1n];
      block.limits = values.map((low, place) => ends[place] - BigInt(low) - 1n);
      this.takeWeighted(block, block.limits.reduce((most, limit) => (limit > most ? limit : most)));
      const limits = /** @type {Terms} */ (block.slots.map((slot, place) => [slot, -block.limits[place]]));
      this.add([...weighted(block.offset), ...weighted(block.slack), ...limits], 0n);
    }
  }

  /** @param {Question} question */
  addMultiple(question) {
    const values = question.options.map((option) => option.id);
    const block = this.newBlock(question.id, question, values);
    const fewest = BigInt(Math.max(question.min, 1));
    const spread = BigInt(question.max) - fewest;
    this.takeWeighted(block, spread);
    this.tieAnswered([...ones(block.slots), ...weighted(block.offset, -1n)], fewest, block);
    this.tieAnswered([...weighted(block.offset), ...weighted(block.slack)], spread, block);
  }

  /** @param {Question} question */
  addRanking(question) {
    const values = question.options.map((option) => option.id);
    const size = values.length;
    const block = this.newBlock(question.id, question, values, size * size);
    const rows = values.map((_, place) => block.slots.slice(place * size, (place + 1) * size));
    const columns = values.map((_, place) => block.slots.filter((_, at) => at % size === place));
    for (const line of [...rows, ...columns]) this.tieAnswered(ones(line), 1n, block);
  }

  /** @param {string} left @param {string} right ids of one-way tables asked of everybody */
  addTable(left, right) {
    const [rows, columns] = [left, right].map((id) => cells(/** @type {Block} */ (this.blocks.get(id))));
    const size = columns.length;
    const slots = this.take(rows.length * size);
    rows.forEach((to, at) => this.tie(ones(slots.slice(at * size, (at + 1) * size)), 1n, [to]));
    columns.forEach((to, at) => this.tie(ones(slots.filter((_, place) => place % size === at)), 1n, [to]));
    this.tables.push({ left: rows, right: columns, slots });
  }

  /** @param {string} id @param {Question} question @param {any[]} values @param {number} [count] of slots @returns {Block} */
  newBlock(id, question, values, count = values.length) {
    const slots = this.take(count);
    const nullSlot = question.required ? null : this.take(1)[0];
    const shownBy = this.shownBy(question);
    const block = { id, question, values, slots, nullSlot, limits: [], offset: [], slack: [], shownBy };
    this.blocks.set(id, block);
    return block;
  }

  /** @param {number} count */
  take(count) {
    return Array.from({ length: count }, () => this.width++);
  }

  /** @param {Block} block @param {bigint} largest number that offset and slack hold */
  takeWeighted(block, largest) {
    const bits = largest ? largest.toString(2).length : 0;
    block.offset = this.take(bits);
    block.slack = this.take(bits);
  }

  /** @param {Question} question @returns {number[] | null} */
  shownBy(question) {
    if (!Object.hasOwn(this.survey.show_if, question.id)) return null;
    const { var: parent, op, value } = this.survey.show_if[question.id];
    const { values, slots } = /** @type {Block} */ (this.blocks.get(parent));
    const named = op === "in" ? value : [value];
    return slots.filter((_, place) => named.includes(values[place]) !== (op === "!="));
  }

  /** @param {Terms} terms @param {bigint} times @param {Block} block demands terms = times · (shown - null) */
  tieAnswered(terms, times, { nullSlot, shownBy }) {
    this.tie(nullSlot === null ? terms : [...terms, [nullSlot, times]], times, shownBy);
  }

  /** @param {Terms} terms @param {bigint} times @param {number[] | null} to null: everybody */
  tie(terms, times, to) {
    const shown = /** @type {Terms} */ ((to ?? []).map((slot) => [slot, -times]));
    this.add([...terms, ...shown], to === null ? times : 0n);
  }

  /** @param {Terms} terms @param {bigint} constant */
  add(terms, constant) {
    const kept = terms.filter(([, coefficient]) => coefficient !== 0n);
    if (kept.length) this.constraints.push({ terms: kept, constant });
  }
}

/** Each one-way table of a question: its id and its cells without "no answer". @param {Question} question */
export function oneHotValues({ id, kind, options = [], rows = [], min, max, bins }) {
  const ids = options.map((option) => option.id);
  if (kind === "single") return new Map([[id, ids]]);
  if (kind === "matrix") return new Map(rows.map((row) => [`${id}.${row.id}`, ids]));
  if (kind === "scale") return new Map([[id, Array.from({ length: max - min + 1 }, (_, at) => min + at)]]);
  return new Map(bins ? [[id, bins]] : []);
}

/** @param {Block} block one-hot @returns {number[]} with "no answer" last */
const cells = ({ slots, nullSlot }) => (nullSlot === null ? slots : [...slots, nullSlot]);
/** @param {number[]} slots @returns {Terms} */
const ones = (slots) => slots.map((slot) => [slot, 1n]);
/** @param {number[]} slots @param {bigint} [sign] @returns {Terms} */
const weighted = (slots, sign = 1n) => slots.map((slot, place) => [slot, sign * 2n ** BigInt(place)]);
