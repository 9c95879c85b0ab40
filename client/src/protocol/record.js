/** A survey as bits: slots and linear constraints; one respondent's answers in them. Source: docs/protocol.md §5.5, §6. */

import { concat, ProtocolError, refuse, u16, utf8 } from "./bytes.js";
import { validityPlan } from "./validity.js";

const LARGEST_WIDTH = 20_000;
const TEXT_WORD_BYTES = 7;

/** @param {number} maxBytes of a text, beside two for its length */
const textWords = (maxBytes) => Math.ceil((2 + maxBytes) / TEXT_WORD_BYTES);

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
function oneHotValues({ id, kind, options = [], rows = [], min, max, bins }) {
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

/** @param {Layout} layout @param {Answers} answers @returns {Uint8Array} the one record: `width` bits */
export function encodeAnswers(layout, answers) {
  const values = byBlock(layout, answers);
  const record = new Uint8Array(layout.width);
  for (const block of layout.blocks) place(block, values.get(block.id), record);
  for (const { left, right, slots } of layout.tables) {
    const [row, column] = [left, right].map((side) => side.findIndex((slot) => record[slot]));
    record[slots[row * right.length + column]] = 1;
  }
  return record;
}

/** Words of all texts, zeros where there is none. @param {Layout} layout @param {Answers} answers @returns {bigint[]} */
export function encodeTexts(layout, answers) {
  const texts = layout.survey.questions.filter((question) => question.kind === "text");
  return texts.flatMap(({ id, max_bytes: longest }) => packText(own(answers, id) ?? "", longest));
}

/** Whether a vector is bits that meet every constraint. @param {Layout} layout @param {ArrayLike<number>} record */
export function checkRecord(layout, record) {
  if (record.length !== layout.width || !Array.from(record).every((bit) => bit === 0 || bit === 1)) return false;
  return layout.constraints.every(
    ({ terms, constant }) => terms.reduce((sum, [slot, weight]) => (record[slot] ? sum + weight : sum), 0n) === constant,
  );
}

/** Which questions are asked of somebody with these answers, finished or not. @param {Layout} layout @param {Answers} answers */
export function shownQuestions(layout, answers) {
  const record = new Set();
  const shown = new Set();
  for (const block of layout.blocks) {
    if (block.shownBy !== null && !block.shownBy.some((slot) => record.has(slot))) continue;
    shown.add(block.question.id);
    try {
      const value = own(answers, block.question.id);
      const row = block.id.slice(block.question.id.length + 1);
      const cell = block.question.kind === "matrix" ? own(value ?? {}, row) : value;
      for (const slot of readAnswer(block, cell) ?? []) record.add(slot);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
  return shown;
}

/** @param {Answers} answers @param {string} key */
const own = (answers, key) => (Object.hasOwn(answers, key) ? answers[key] : null);

/** Answers by block id; unknown questions and rows are refused. @param {Layout} layout @param {Answers} answers */
function byBlock(layout, answers) {
  const questions = new Map(layout.survey.questions.map((question) => [question.id, question]));
  const values = new Map();
  for (const [id, value] of Object.entries(answers)) {
    const question = questions.get(id);
    if (!question) refuse("answer.unknown_question", "An answer is to no question of this survey.", id);
    if (question.kind !== "matrix") values.set(id, value);
    if (question.kind !== "matrix" || value === null || value === undefined) continue;
    const isRows = typeof value === "object" && !Array.isArray(value);
    if (!isRows) refuse("answer.type", `The answer to ${id} must be an object from rows to options.`, id);
    for (const [row, option] of Object.entries(value)) {
      const known = question.rows.some((one) => one.id === row);
      if (!known) refuse("answer.unknown_row", `The answer to ${id} names a row that it does not have.`, id);
      values.set(`${id}.${row}`, option);
    }
  }
  return values;
}

/** Set one block's bits; those before it are set. @param {Block} block @param {any} value @param {Uint8Array} record */
function place(block, value, record) {
  const shown = block.shownBy === null || block.shownBy.some((slot) => record[slot]);
  const bits = readAnswer(block, value);
  if (bits && !shown) refuse("answer.not_shown", `${block.id} was not asked of somebody with these answers.`, block.id);
  if (!bits && shown && block.nullSlot === null) refuse("answer.required", `${block.id} must be answered.`, block.id);
  for (const slot of bits ?? (shown && block.nullSlot !== null ? [block.nullSlot] : [])) record[slot] = 1;
}

/** @param {Block} block @param {any} value @returns {number[] | null} slots that an answer sets, null for none */
function readAnswer(block, value) {
  if (value === null || value === undefined) return null;
  const { kind } = block.question;
  if (kind === "multiple" || kind === "ranking") return listed(block, value);
  if (["number", "scale", "date"].includes(kind)) return inBin(block, value);
  if (typeof value !== "string") return wrong(block, "type", "must be a text");
  if (kind === "text") return written(block, value);
  return [block.slots[option(block, value)]];
}

/** @param {Block} block @param {any} value */
function listed(block, value) {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    return wrong(block, "type", "must be a list of option ids");
  }
  if (!value.length) return null;
  if (new Set(value).size !== value.length) wrong(block, "duplicate", "names an option twice");
  const places = value.map((item) => option(block, item));
  const size = block.values.length;
  if (block.question.kind === "ranking") {
    if (places.length !== size) wrong(block, "incomplete", "must put every option in order, or be empty");
    return places.map((at, rank) => block.slots[at * size + rank]);
  }
  const [fewest, most] = [Math.max(block.question.min, 1), block.question.max];
  if (places.length < fewest || places.length > most) wrong(block, "count", `must name ${fewest} to ${most} options`);
  const bits = split(block, BigInt(places.length - fewest), BigInt(most - fewest));
  return [...places.map((at) => block.slots[at]), ...bits];
}

/** A number, a point of a scale or a day in its bin. @param {Block} block @param {any} value */
function inBin(block, value) {
  const { kind, min, max } = block.question;
  const fits = kind === "date" ? isDay(value) : Number.isInteger(value);
  if (!fits) wrong(block, "type", kind === "date" ? "must be a day that exists, as YYYY-MM-DD" : "must be a whole number");
  if (value < min || value > max) wrong(block, "out_of_range", `must lie from ${min} to ${max}`);
  const bin = block.values.findLastIndex((low) => low <= value);
  if (kind !== "number") return [block.slots[bin]];
  return [block.slots[bin], ...split(block, BigInt(value) - BigInt(block.values[bin]), block.limits[bin])];
}

/** @param {any} value */
function isDay(value) {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value) || value < "0001") return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.valueOf()) && day.toISOString().startsWith(value);
}

/** @param {Block} block @param {string} value */
function written(block, value) {
  const longest = block.question.max_bytes;
  if (!value.isWellFormed()) wrong(block, "type", "must be a text of characters that can be written");
  if (utf8(value).length > longest) wrong(block, "too_long", `must have at most ${longest} bytes of UTF-8`);
  return value === "" ? null : block.slots;
}

/** A text as words: u16 length ‖ UTF-8 ‖ zeros, least significant byte first. @param {string} text @param {number} maxBytes */
function packText(text, maxBytes) {
  const data = utf8(text);
  const whole = concat(u16(data.length), data, new Uint8Array(textWords(maxBytes) * TEXT_WORD_BYTES - 2 - data.length));
  return Array.from({ length: textWords(maxBytes) }, (_, word) => {
    const at = word * TEXT_WORD_BYTES;
    return whole.subarray(at, at + TEXT_WORD_BYTES).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  });
}

/** Bits of `offset` and of `limit` - `offset` that are 1. @param {Block} block @param {bigint} offset @param {bigint} limit */
function split(block, offset, limit) {
  const bits = (/** @type {number[]} */ slots, /** @type {bigint} */ value) =>
    slots.filter((_, at) => (value >> BigInt(at)) & 1n);
  return [...bits(block.offset, offset), ...bits(block.slack, limit - offset)];
}

/** @param {Block} block @param {string} value */
function option(block, value) {
  const at = block.values.indexOf(value);
  return at < 0 ? wrong(block, "unknown_option", "names an option that the question does not have") : at;
}

/** @param {Block} block @param {string} code @param {string} rule @returns {never} */
function wrong(block, code, rule) {
  return refuse(`answer.${code}`, `The answer to ${block.id} ${rule}.`, block.id);
}
