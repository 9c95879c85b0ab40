/** Lay a survey out as bits: slots, linear constraints, and where an answer's bits stand. Source: docs/protocol.md §6. */

import { refuse } from "./bytes.js";
import { textWords } from "./texts.js";
import { validityPlan } from "./validity.js";

/**
 * A survey's normal form, as the manifest has it; `Question` holds the keys of its kind.
 * @typedef {Record<string, string>} Text
 * @typedef {{id: string, title: Text}} Choice
 * @typedef {{id: string, kind: string, title: Text, required: boolean, extremes: string, nonresponse: string,
 *   options: Choice[], rows: Choice[], min: any, max: any, bins?: any[], max_bytes: number}} Question
 * @typedef {{var: string, op: string, value: any}} Condition
 * @typedef {{title: Text, introduction?: Text, languages: string[], min_count: number, unit: string,
 *   questions: Question[], show_if: Record<string, Condition>, tables: {questions: string[]}[]}} Survey
 */

/**
 * `slots` stand for `values` (a ranking's: option × rank); `limits` say by how much a number may exceed its
 * bin's first value; `offset` and `slack` are bits of weight 1, 2, 4, …; `shownBy`: slots whose sum tells that
 * the question was asked, null if everybody is.
 * @typedef {[number, bigint][]} Terms slots with their coefficients
 * @typedef {{terms: Terms, constant: bigint}} Constraint
 * @typedef {{id: string, question: Question, values: any[], slots: number[], nullSlot: number | null, limits: bigint[],
 *   offset: number[], slack: number[], shownBy: number[] | null}} Block
 * @typedef {{question: string, answered: number, words: number}} TextPart
 * @typedef {{left: number[], right: number[], slots: number[]}} TwoWay
 * @typedef {{survey: Survey, width: number, slots: string[], constraints: Constraint[], blocks: Block[],
 *   texts: TextPart[], tables: TwoWay[], proof: import("./validity.js").Plan}} Layout
 */

const LARGEST_WIDTH = 20_000;

/** @param {Survey} survey @returns {Layout} */
export function buildLayout(survey) {
  const builder = new Builder(survey);
  for (const question of survey.questions) builder.addQuestion(question);
  for (const { questions } of survey.tables) builder.addTable(questions[0], questions[1]);
  const { names: slots, constraints, texts, tables } = builder;
  const words = texts.reduce((sum, text) => sum + text.words, 0);
  if (slots.length + words > LARGEST_WIDTH) refuse("survey.too_large", "The questions need too many values.");
  const proof = validityPlan(slots.length, words);
  return { survey, width: slots.length, slots, constraints, blocks: [...builder.blocks.values()], texts, tables, proof };
}

/** Hands out slots and collects constraints while the questions go by in order. */
class Builder {
  /** @param {Survey} survey */
  constructor(survey) {
    this.survey = survey;
    this.names = /** @type {string[]} */ ([]);
    this.constraints = /** @type {Constraint[]} */ ([]);
    this.blocks = /** @type {Map<string, Block>} */ (new Map());
    this.texts = /** @type {TextPart[]} */ ([]);
    this.tables = /** @type {TwoWay[]} */ ([]);
  }

  /** @param {Question} question */
  addQuestion(question) {
    if (question.kind === "multiple") this.addMultiple(question);
    else if (question.kind === "ranking") this.addRanking(question);
    else if (question.kind === "text") {
      const block = this.addOneHot(question.id, question, ["answered"]);
      this.texts.push({ question: question.id, answered: block.slots[0], words: textWords(question.max_bytes) });
    } else {
      const found = oneHotValues(question);
      if (!found.size) found.set(question.id, [question.min]);
      for (const [table, values] of found) this.addOneHot(table, question, values);
    }
  }

  /** @param {string} id @param {Question} question @param {any[]} values */
  addOneHot(id, question, values) {
    const block = this.newBlock(id, question, values, values);
    const whole = block.nullSlot === null ? block.slots : [...block.slots, block.nullSlot];
    this.tie(ones(whole), 1n, [], block.shownBy);
    if (question.kind === "number") {
      const ends = [...values.slice(1).map(BigInt), BigInt(question.max) + 1n];
      block.limits = values.map((low, place) => ends[place] - BigInt(low) - 1n);
      this.takeWeighted(block, block.limits.reduce((most, limit) => (limit > most ? limit : most)));
      const limits = /** @type {Terms} */ (block.slots.map((slot, place) => [slot, -block.limits[place]]));
      this.add([...weighted(block.offset), ...weighted(block.slack), ...limits], 0n);
    }
    return block;
  }

  /** @param {Question} question */
  addMultiple(question) {
    const values = question.options.map((option) => option.id);
    const block = this.newBlock(question.id, question, values, values);
    const fewest = BigInt(Math.max(question.min, 1));
    const spread = BigInt(question.max) - fewest;
    this.takeWeighted(block, spread);
    const excess = weighted(block.offset);
    this.tieAnswered([...ones(block.slots), ...negative(excess)], fewest, block);
    this.tieAnswered([...excess, ...weighted(block.slack)], spread, block);
  }

  /** @param {Question} question */
  addRanking(question) {
    const values = question.options.map((option) => option.id);
    const size = values.length;
    const names = values.flatMap((value) => values.map((_, rank) => `${value},${rank + 1}`));
    const block = this.newBlock(question.id, question, values, names);
    const rows = values.map((_, place) => block.slots.slice(place * size, (place + 1) * size));
    const columns = values.map((_, place) => block.slots.filter((_, at) => at % size === place));
    for (const line of [...rows, ...columns]) this.tieAnswered(ones(line), 1n, block);
  }

  /** @param {string} left @param {string} right ids of one-way tables asked of everybody */
  addTable(left, right) {
    const [rows, columns] = [left, right].map((id) => {
      const { values, slots, nullSlot } = /** @type {Block} */ (this.blocks.get(id));
      return nullSlot === null ? { values, slots } : { values: [...values, "null"], slots: [...slots, nullSlot] };
    });
    const names = rows.values.flatMap((row) => columns.values.map((column) => `${row},${column}`));
    const slots = this.take(`${left}*${right}`, names);
    const size = columns.slots.length;
    rows.slots.forEach((to, at) => this.tie(ones(slots.slice(at * size, (at + 1) * size)), 1n, [], [to]));
    columns.slots.forEach((to, at) => this.tie(ones(slots.filter((_, place) => place % size === at)), 1n, [], [to]));
    this.tables.push({ left: rows.slots, right: columns.slots, slots });
  }

  /** @param {string} id @param {Question} question @param {any[]} values @param {any[]} names @returns {Block} */
  newBlock(id, question, values, names) {
    const slots = this.take(id, names);
    const nullSlot = question.required ? null : this.take(id, ["null"])[0];
    const shownBy = this.shownBy(question);
    const block = { id, question, values, slots, nullSlot, limits: [], offset: [], slack: [], shownBy };
    this.blocks.set(id, block);
    return block;
  }

  /** @param {string} prefix @param {any[]} values @returns {number[]} */
  take(prefix, values) {
    return values.map((value) => this.names.push(`${prefix}=${value}`) - 1);
  }

  /** @param {Block} block @param {bigint} largest number that offset and slack hold */
  takeWeighted(block, largest) {
    const weights = largest ? Array.from(largest.toString(2), (_, place) => 2n ** BigInt(place)) : [];
    block.offset = this.take(`${block.id}.off`, weights);
    block.slack = this.take(`${block.id}.slack`, weights);
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
  tieAnswered(terms, times, block) {
    this.tie(terms, times, block.nullSlot === null ? [] : [[block.nullSlot, times]], block.shownBy);
  }

  /** @param {Terms} terms @param {bigint} times @param {Terms} nulls @param {number[] | null} to null: everybody */
  tie(terms, times, nulls, to) {
    const shown = /** @type {Terms} */ ((to ?? []).map((slot) => [slot, -times]));
    this.add([...terms, ...nulls, ...shown], to === null ? times : 0n);
  }

  /** @param {Terms} terms @param {bigint} constant */
  add(terms, constant) {
    const kept = terms.filter(([, coefficient]) => coefficient !== 0n);
    if (kept.length) this.constraints.push({ terms: kept, constant });
  }
}

/** Each one-way table of a question: its id and its cells without "no answer". @param {Question} question @returns {Map<string, any[]>} */
export function oneHotValues({ id, kind, options = [], rows = [], min, max, bins }) {
  const ids = options.map((option) => option.id);
  if (kind === "single") return new Map([[id, ids]]);
  if (kind === "matrix") return new Map(rows.map((row) => [`${id}.${row.id}`, ids]));
  if (kind === "scale") return new Map([[id, Array.from({ length: max - min + 1 }, (_, at) => min + at)]]);
  return new Map(bins ? [[id, bins]] : []);
}

/** @param {number[]} slots @returns {Terms} */
const ones = (slots) => slots.map((slot) => [slot, 1n]);
/** @param {number[]} slots @returns {Terms} */
const weighted = (slots) => slots.map((slot, place) => [slot, 2n ** BigInt(place)]);
/** @param {Terms} terms @returns {Terms} */
const negative = (terms) => terms.map(([slot, coefficient]) => [slot, -coefficient]);
