/** The questions as they stand in the page: what is filled in, what it means, and what is not right about it. */

import { utf8 } from "../protocol/bytes.js";
import { $, dayText, LANGUAGE, number, say } from "./page.js";

/**
 * @typedef {Record<string, string | string[]>} Filled what the controls hold, by their names
 * @typedef {{value?: any, error?: string, at?: string}} Read an answer of drempel-answers/1, or what is wrong and where
 */

const MONTHS = [LANGUAGE, "nl", "en"].map((language) => {
  const name = new Intl.DateTimeFormat(language, { month: "long", timeZone: "UTC" });
  return Array.from({ length: 12 }, (_, month) => name.format(new Date(Date.UTC(2026, month))).toLowerCase());
});

const controls = () => /** @type {any[]} */ ([...$("fields").elements]).filter(({ name }) => name);

/** @returns {Filled} */
export function filledRead() {
  /** @type {Filled} */
  const filled = {};
  for (const { name, type, value, checked } of controls()) {
    if (type === "checkbox") filled[name] = [...(filled[name] ?? []), ...(checked ? [value] : [])];
    else if (type !== "radio") filled[name] = value;
    else if (checked) filled[name] = value;
  }
  return filled;
}

/** @param {Filled} filled */
export function filledWrite(filled) {
  for (const control of controls()) {
    const found = filled[control.name];
    if (control.type === "checkbox") control.checked = Array.isArray(found) && found.includes(control.value);
    else if (control.type === "radio") control.checked = found === control.value;
    else control.value = typeof found === "string" ? found : "";
  }
}

/** What one question's controls say. @param {any} question @param {number} n its number, from 1 @param {Filled} filled @returns {Read} */
export function answerRead(question, n, filled) {
  const read = KINDS[question.kind](question, `q${n}`, filled);
  if (read.error || read.value !== null || !question.required) return read;
  return { error: MISSING[question.kind]?.(question) ?? say("need_choice"), ...read };
}

/** @param {Filled} filled @param {string} name */
const text = (filled, name) => String(filled[name] ?? "").trim();

/** @param {any} question */
const range = ({ min: low, max: high }) => ({ low: number(low), high: number(high) });

/** @param {any} question */
const days = ({ min: low, max: high }) => ({ low: dayText(low), high: dayText(high) });

/** @type {Record<string, (question: any) => string>} what to do where an answer is needed and there is none */
const MISSING = {
  multiple: ({ min }) => say("need_least", { n: Math.max(1, min) }),
  number: (question) => say("need_number", range(question)),
  ranking: ({ options }) => say("need_ranks", { n: options.length }),
  date: (question) => say("need_date", days(question)),
  text: () => say("need_text"),
};

/** @param {any} question @param {string} name @param {Filled} filled @returns {Read} */
function wholeNumber(question, name, filled) {
  const typed = text(filled, name).replace(/^[-−]\s*/, "-");
  if (!typed) return { value: null };
  if (/^-?\d+[.,\s'’]\d+$/.test(typed)) return { error: say("number_marks") };
  const isRight = /^-?\d{1,15}$/.test(typed) && Number(typed) >= question.min && Number(typed) <= question.max;
  return isRight ? { value: Number(typed) } : { error: say("need_number", range(question)) };
}

/** @param {any} question @param {string} name @param {Filled} filled @returns {Read} */
function ticked({ min, max }, name, filled) {
  const value = filled[name] ?? [];
  if (!value.length) return { value: null };
  if (value.length < min) return { error: say("need_least", { n: min }) };
  return value.length > max ? { error: say("need_most", { n: max }) } : { value };
}

/** @param {any} question @param {string} name @param {Filled} filled @returns {Read} */
function ranked({ options }, name, filled) {
  const ranks = options.map((/** @type {any} */ _, /** @type {number} */ at) => Number(text(filled, `${name}o${at + 1}`)));
  if (ranks.every((/** @type {number} */ rank) => !rank)) return { value: null };
  const twice = ranks.find((/** @type {number} */ rank, /** @type {number} */ at) => rank && ranks.indexOf(rank) !== at);
  if (twice) return { error: say("ranks_twice", { n: twice }) };
  if (ranks.includes(0)) return { error: say("need_ranks", { n: options.length }) };
  return { value: options.map((/** @type {any} */ _, /** @type {number} */ at) => options[ranks.indexOf(at + 1)].id) };
}

/** @param {any} question @param {string} name @param {Filled} filled @returns {Read} */
function grid({ rows, required }, name, filled) {
  /** @type {Record<string, string>} */
  const value = {};
  for (const [at, row] of rows.entries()) {
    const chosen = text(filled, `${name}r${at + 1}`);
    if (chosen) value[row.id] = chosen;
    else if (required) return { error: say("need_row", { row: said(row.title) }), at: `${name}r${at + 1}` };
  }
  return { value: Object.keys(value).length ? value : null };
}

/** @param {any} question @param {string} name @param {Filled} filled @returns {Read} */
function daySet(question, name, filled) {
  const [d, m, y] = ["d", "m", "y"].map((letter) => text(filled, name + letter).toLowerCase().replace(/\.$/, "").replace(/^mrt$/, "maart"));
  if (!d && !m && !y) return { value: null };
  const named = m.length > 2 ? MONTHS.map((names) => names.findIndex((one) => one.startsWith(m))).find((at) => at >= 0) : undefined;
  const month = named === undefined ? m : String(named + 1);
  const isDigits = /^\d{1,2}$/.test(d) && /^\d{1,2}$/.test(month) && /^\d{4}$/.test(y);
  const value = `${y}-${month.padStart(2, "0")}-${d.padStart(2, "0")}`;
  const moment = new Date(`${value}T00:00Z`);
  if (!isDigits || Number.isNaN(moment.valueOf()) || moment.toISOString().slice(0, 10) !== value) return { error: say("need_date", days(question)) };
  return value < question.min || value > question.max ? { error: say("date_range", days(question)) } : { value };
}

/** @param {any} question @param {string} name @param {Filled} filled @returns {Read} */
function written({ max_bytes: most }, name, filled) {
  const value = text(filled, name);
  const over = utf8(value).length - most;
  return over > 0 ? { error: say("text_long", { n: over }) } : { value: value || null };
}

/** @type {Record<string, (question: any, name: string, filled: Filled) => Read>} */
const KINDS = {
  single: (_, name, filled) => ({ value: text(filled, name) || null }),
  multiple: ticked,
  number: wholeNumber,
  scale: wholeNumber,
  ranking: ranked,
  matrix: grid,
  date: daySet,
  text: written,
};

/** @type {string[]} */
let order = [];
/** @param {string[]} languages in the survey's order, from the manifest */
export const languagesSet = (languages) => void (order = languages);

/** The survey's words in the reader's language, or in its first that they have. @param {Record<string, string>} words */
export const said = (words) => words[LANGUAGE] ?? words[order.find((language) => Object.hasOwn(words, language)) ?? ""];

/** An answer in words. @param {any} question @param {any} value not null @returns {string[]} a line each */
export function answerText(question, value) {
  const title = (/** @type {string} */ id) => said(question.options.find((/** @type {any} */ option) => option.id === id).title);
  if (question.kind === "single") return [title(value)];
  if (question.kind === "multiple") return value.map(title);
  if (question.kind === "ranking") return value.map((/** @type {string} */ id, /** @type {number} */ at) => `${at + 1}. ${title(id)}`);
  if (question.kind === "scale") return [say("of", { value: number(value), high: number(question.max) })];
  if (question.kind === "number") return [number(value)];
  if (question.kind === "date") return [dayText(value)];
  if (question.kind !== "matrix") return [value];
  return question.rows.map((/** @type {any} */ row) => `${said(row.title)}: ${Object.hasOwn(value, row.id) ? title(value[row.id]) : say("none")}`);
}

/** The places in the page whose words or values are not those of the signed survey. @param {any} survey normal form @returns {string[]} */
export function pageDiffers(survey) {
  languagesSet(survey.languages);
  /** @type {Map<string, string>} */
  const wanted = new Map();
  const add = (/** @type {string} */ path, /** @type {any} */ words) => words && wanted.set(path, said(words));
  add("title", survey.title);
  add("introduction", survey.introduction);
  for (const [at, question] of survey.questions.entries()) {
    add(`questions.${at}.title`, question.title);
    for (const list of ["rows", "options"]) {
      for (const [place, one] of (question[list] ?? []).entries()) add(`questions.${at}.${list}.${place}.title`, one.title);
    }
  }
  const found = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-t]")]);
  const wrong = found.filter((one) => wanted.get(one.dataset.t ?? "") !== one.textContent).map((one) => one.dataset.t ?? "");
  const absent = [...wanted.keys()].filter((path) => !found.some((one) => one.dataset.t === path));
  // What is sent is a control's value; what is read is the label around it.
  const swapped = found.filter((one) => {
    const [, question, list, option] = /^questions\.(\d+)\.(options)\.(\d+)\.title$/.exec(one.dataset.t ?? "") ?? [];
    const control = list && one.closest("label")?.querySelector("input");
    return control && control.value !== survey.questions[Number(question)].options[Number(option)].id;
  });
  return [...wrong, ...absent, ...swapped.map((one) => one.dataset.t ?? "")];
}

/** Say how much room is left in each text. */
export function roomShow() {
  for (const counter of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-bytes]"))) {
    const left = Number(counter.dataset.bytes) - utf8($(counter.id.replace("n", "c")).value.trim()).length;
    counter.textContent = left < 0 ? say("error", { text: say("text_long", { n: -left }) }) : say("left", { n: left });
  }
}

