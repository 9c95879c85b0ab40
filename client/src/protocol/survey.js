/** Read a survey in its normal form and refuse what breaks a rule. Source: docs/protocol.md §5. */

import { refuse } from "./bytes.js";
import { Fields } from "./strict.js";
import { textWords } from "./texts.js";

/**
 * The normal form as the manifest has it; `Question` holds the keys of its kind.
 * @typedef {Record<string, string>} Text
 * @typedef {{id: string, title: Text}} Choice
 * @typedef {{id: string, kind: string, title: Text, required: boolean, extremes: string, nonresponse: string,
 *   options: Choice[], rows: Choice[], min: any, max: any, bins?: any[], max_bytes: number}} Question
 * @typedef {{var: string, op: string, value: any}} Condition
 * @typedef {{format: string, title: Text, introduction?: Text, languages: string[], min_count: number, unit: string,
 *   questions: Question[], show_if: Record<string, Condition>, tables: {questions: string[]}[]}} Survey
 */

const ID = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const TABLE_ID = /^[A-Za-z][A-Za-z0-9_-]{0,62}(\.[A-Za-z][A-Za-z0-9_-]{0,62})?$/;
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;
const MOST_CELLS = 200;
const MOST_TEXT_WORDS = 1 << 20;
const COMMON = ["id", "kind", "title", "required", "extremes", "nonresponse"];
/** @type {Record<string, string[]>} */
const KINDS = {
  single: ["options"],
  multiple: ["options", "min", "max"],
  number: ["min", "max"],
  scale: ["min", "max"],
  ranking: ["options"],
  matrix: ["rows", "options"],
  date: ["min", "max"],
  text: ["max_bytes"],
};

/** @param {any} obj @returns {Survey} `obj` itself, checked; every default must be written out */
export function parseSurvey(obj) {
  const keys = ["format", "title", "languages", "min_count", "unit", "questions", "show_if", "tables"];
  const top = new Fields(obj, keys, "survey", ["introduction"]);
  const used = new Set();
  top.choice("format", ["drempel-survey/1"]);
  checkText(top, "title", used);
  if (top.has("introduction")) checkText(top, "introduction", used);
  top.integer("min_count", 1, 1_000_000);
  top.choice("unit", ["person", "organisation"]);
  const ids = new Set();
  top.items("questions", 1, 200).forEach((question, place) => {
    checkQuestion(question, top.path(`questions[${place}]`), used);
    if (ids.has(question.id)) refuse("survey.duplicate_id", "A question repeats the id of one before.", question.id);
    ids.add(question.id);
  });
  const languages = top.items("languages", 1, 40);
  if (languages.length !== used.size || !languages.every((one) => used.delete(one))) {
    refuse("survey.languages", "languages must name each language of the texts once, and no other.", "languages");
  }
  checkConditions(obj);
  checkTables(obj, top);
  return obj;
}

/** @param {Fields} top @param {string} key @param {Set<string>} used */
function checkText(top, key, used) {
  const text = top.value[key];
  const pairs = text !== null && typeof text === "object" && !Array.isArray(text) ? Object.entries(text) : [];
  const fits = pairs.every(([language, words]) => LANGUAGE.test(language) && typeof words === "string" && words);
  if (!fits || !pairs.length || pairs.length > 40 || pairs.some(([, words]) => [...words].length > 10_000)) {
    top.refuse(key, "must be a text by language");
  }
  for (const [language] of pairs) used.add(language);
}

/** @param {any} question @param {string} where @param {Set<string>} used */
function checkQuestion(question, where, used) {
  const kind = question !== null && typeof question === "object" ? question.kind : null;
  const own = typeof kind === "string" && Object.hasOwn(KINDS, kind) ? KINDS[kind] : [];
  const top = new Fields(question, [...COMMON, ...own], where, ["number", "date"].includes(kind) ? ["bins"] : []);
  top.choice("kind", Object.keys(KINDS));
  top.checked("id", (id) => typeof id === "string" && ID.test(id), "must be an id");
  checkText(top, "title", used);
  top.choice("required", [true, false]);
  for (const key of ["extremes", "nonresponse"]) top.choice(key, ["show", "hide"]);
  if (own.includes("options")) checkChoices(top, "options", 2, kind === "ranking" ? 8 : MOST_CELLS, used);
  if (own.includes("rows")) checkChoices(top, "rows", 1, 100, used);
  if (kind === "text") top.integer("max_bytes", 1, 2000);
  if (own.includes("max")) checkBounds(top, kind);
}

/** @param {Fields} top @param {string} key @param {number} lowest @param {number} highest @param {Set<string>} used */
function checkChoices(top, key, lowest, highest, used) {
  const seen = new Set();
  for (const choice of top.rows(key, lowest, highest, ["id", "title"])) {
    const id = choice.checked("id", (/** @type {any} */ v) => typeof v === "string" && ID.test(v), "must be an id");
    checkText(choice, "title", used);
    if (seen.has(id)) refuse("survey.duplicate_id", "An id stands twice in one list.", choice.where);
    if (id === "not_shown") refuse("survey.reserved_id", "'not_shown' is no id: results use it.", choice.where);
    seen.add(id);
  }
}

/** @param {Fields} top @param {string} kind of a question with `min` and `max` */
function checkBounds(top, kind) {
  const { min, max, bins = [min] } = top.value;
  if (kind === "multiple") {
    top.integer("min", 0, MOST_CELLS);
    top.integer("max", 1, MOST_CELLS);
    if (max > top.value.options.length || min > max) top.refuse("max", "does not fit min or options", "survey.range");
    return;
  }
  top.checked("bins", () => Array.isArray(bins) && bins.length >= 1 && bins.length <= MOST_CELLS, "must be a list");
  const holds = kind === "date" ? isDay : Number.isSafeInteger;
  if (![min, max, ...bins].every(holds)) top.refuse("max", `must, like min and bins, be a ${kind}`);
  const points = max - min + 1;
  if (max < min || (kind === "scale" && (points < 2 || points > MOST_CELLS))) {
    top.refuse("max", "is out of range", "survey.range");
  }
  const rising = bins.every((/** @type {any} */ low, /** @type {number} */ at) => at === 0 || bins[at - 1] < low);
  if (bins[0] !== min || !rising || bins.at(-1) > max) {
    top.refuse("bins", "must rise from min and stay within max", "survey.bins");
  }
}

/** @param {unknown} value */
export function isDay(value) {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value) || value < "0001") return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.valueOf()) && day.toISOString().slice(0, 10) === value;
}

/** @param {Survey} survey */
function checkConditions(survey) {
  const ids = survey.questions.map((question) => question.id);
  const top = new Fields(survey.show_if, [], "show_if", ids.filter((id) => Object.hasOwn(survey.show_if, id)));
  /** @type {Map<string, any[]>} */
  const earlier = new Map();
  for (const question of survey.questions) {
    if (top.has(question.id)) {
      const shown = top.fields(question.id, ["var", "op", "value"]);
      const op = shown.choice("op", ["=", "!=", "in"]);
      const known = earlier.get(shown.checked("var", (v) => TABLE_ID.test(String(v)), "must be a table's id"));
      const { value } = shown.value;
      const values = op === "in" && Array.isArray(value) ? value : [value];
      const fits = values.length > 0 && values.every((one) => known?.includes(one));
      if (!fits || Array.isArray(value) !== (op === "in") || new Set(values).size !== values.length) {
        refuse("survey.show_if", "A condition must name answers of an earlier question.", shown.where);
      }
    }
    for (const [table, values] of oneHotValues(question)) earlier.set(table, values);
  }
}

/** Tables are small and allowed, and form a forest together with the conditions. @param {Survey} survey @param {Fields} top */
function checkTables(survey, top) {
  /** @type {Map<string, {question: Question, cells: number}>} */
  const known = new Map();
  /** @type {Map<string, string>} a table to the one that stands for its tree */
  const parent = new Map();
  const root = (/** @type {string} */ table) => {
    for (let next; (next = parent.get(table)) !== undefined; ) table = next;
    return table;
  };
  const join = (/** @type {string} */ left, /** @type {string} */ right) => {
    const [one, other] = [root(left), root(right)];
    if (one !== other) parent.set(one, other);
    return one !== other;
  };
  for (const question of survey.questions) {
    for (const [table, values] of oneHotValues(question)) {
      known.set(table, { question, cells: values.length + (question.required ? 0 : 1) });
      if (Object.hasOwn(survey.show_if, question.id)) join(survey.show_if[question.id].var, table);
    }
  }
  for (const row of top.rows("tables", 0, 200, ["questions"])) {
    const sides = row.items("questions", 2, 2).map((table) => known.get(table));
    const dependent = sides.some((side) => !side || Object.hasOwn(survey.show_if, side.question.id));
    if (dependent) refuse("survey.tables", "A table names no two one-hot questions asked of everybody.", row.where);
    const cells = sides.reduce((product, side) => product * (side?.cells ?? 0), 1);
    if (cells > MOST_CELLS) refuse("survey.tables", `A table has more than ${MOST_CELLS} cells.`, row.where);
    const [left, right] = row.value.questions;
    if (!join(left, right)) refuse("survey.cycle", "A table closes a cycle.", row.where);
  }
}

/** Each one-way table of a question: its id and its cells without "no answer". @param {Question} question @returns {Map<string, any[]>} */
export function oneHotValues(question) {
  const options = (question.options ?? []).map((option) => option.id);
  if (question.kind === "single") return new Map([[question.id, options]]);
  if (question.kind === "matrix") return new Map(question.rows.map((row) => [`${question.id}.${row.id}`, options]));
  if (question.kind === "scale") {
    const points = Array.from({ length: question.max - question.min + 1 }, (_, at) => question.min + at);
    return new Map([[question.id, points]]);
  }
  return new Map(question.bins ? [[question.id, question.bins]] : []);
}

/** Refuses a survey whose sums or texts would be too large for so many respondents. @param {Survey} survey @param {number} invited */
export function checkLimits(survey, invited) {
  const words = survey.questions.reduce((sum, one) => sum + (one.kind === "text" ? textWords(one.max_bytes) : 0), 0);
  if (invited * words > MOST_TEXT_WORDS) refuse("survey.texts_too_long", "Texts are too long together.", "questions");
  for (const { kind, id, min, max, bins } of survey.questions) {
    if (kind !== "number") continue;
    const [span, count] = [BigInt(max) - BigInt(min), BigInt(invited)];
    if (count * span >= 1n << 60n || ((bins?.length ?? 0) > 1 && count * span * span >= 1n << 58n)) {
      refuse("survey.range", "A number's range is too wide to add up so many answers.", id);
    }
  }
}
