/** The questions as they stand in the page: what is filled in, what it means as an answer, what it says. */

import { utf8 } from "../protocol/bytes.js";
import { $, all, LANGUAGE } from "./page.js";

/** @typedef {[string, string][]} Filled what the controls hold: a name and a value for each that is filled in */
/** @typedef {(question: any, name: string, filled: Filled) => any} Reader null for no answer, undefined where it is not right */

export const filledRead = () => /** @type {Filled} */ ([...new FormData($("fields"))]);

/** @param {Filled} filled */
export function filledWrite(filled) {
  for (const control of [...$("fields").elements].filter(({ name }) => name)) {
    const values = filled.filter(([name]) => name === control.name).map(([, value]) => value);
    if (["radio", "checkbox"].includes(control.type)) control.checked = values.includes(control.value);
    else control.value = values[0] ?? "";
  }
}

/** @param {Filled} filled @param {string} name */
const text = (filled, name) => filled.find(([one]) => one === name)?.[1].trim() ?? "";

/** @type {Reader} */
function wholeNumber({ min, max }, name, filled) {
  const typed = text(filled, name).replace(/^−/, "-");
  if (!typed) return null;
  const value = Number(typed);
  return /^-?\d{1,15}$/.test(typed) && value >= min && value <= max ? value : undefined;
}

/** @type {Reader} */
function day({ min, max }, name, filled) {
  const [d, m, y] = ["d", "m", "y"].map((letter) => text(filled, name + letter).toLowerCase());
  if (!d && !m && !y) return null;
  // Month names of both languages, one after the other.
  const names = $(name).querySelector("[data-months]").dataset.months.split(" ");
  const word = m.replace(/\.$/, "").replace(/^mrt$/, "maart");
  const named = word.length > 2 ? names.findIndex((/** @type {string} */ one) => one.startsWith(word)) : -1;
  const month = named < 0 ? m : String((named % 12) + 1);
  const value = `${y}-${month.padStart(2, "0")}-${d.padStart(2, "0")}`;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(value) && new Date(`${value}T00:00Z`).toJSON()?.slice(0, 10) === value;
  return isDay && value >= min && value <= max ? value : undefined;
}

/** @type {Record<string, Reader>} */
const READERS = {
  single: (_, name, filled) => text(filled, name) || null,
  multiple({ min, max }, name, filled) {
    const ticked = filled.filter(([one]) => one === name).map(([, value]) => value);
    if (!ticked.length) return null;
    return ticked.length >= min && ticked.length <= max ? ticked : undefined;
  },
  number: wholeNumber,
  scale: wholeNumber,
  ranking({ options }, name, filled) {
    const places = [...options.keys()].map((at) => text(filled, `${name}o${at + 1}`));
    if (places.every((place) => !place)) return null;
    // Where a place is given twice, another is missing.
    const order = [...options.keys()].map((at) => options[places.indexOf(String(at + 1))]?.id);
    return order.includes(undefined) ? undefined : order;
  },
  matrix({ rows, required }, name, filled) {
    const chosen = [...rows.entries()].map(([at, row]) => [row.id, text(filled, `${name}r${at + 1}`)]).filter(([, option]) => option);
    if (required && chosen.length < rows.length) return undefined;
    return chosen.length ? Object.fromEntries(chosen) : null;
  },
  date: day,
  text({ max_bytes: most }, name, filled) {
    const written = text(filled, name);
    return utf8(written).length <= most ? written || null : undefined;
  },
};

/** What a question's controls say, as an answer of drempel-answers/1. @param {any} question @param {number} n from 1 @param {Filled} filled */
export function answerRead(question, n, filled) {
  const value = READERS[question.kind](question, `q${n}`, filled);
  return value === null && question.required ? undefined : value;
}

/** What is filled in at a question, as it reads, a line for each of its parts. @param {number} n from 1 @returns {string} */
export function answerText(n) {
  const words = (/** @type {any} */ one) => one.querySelector(".said").textContent;
  const controls = [...$(`q${n}`).querySelectorAll("select, textarea, input:not([type]), :checked:not(option)")].filter(({ value }) => value);
  const isRanking = controls[0]?.localName === "select";
  if (isRanking) controls.sort((one, other) => one.value - other.value);
  const lines = controls.map((control) => {
    const row = control.closest(".mrow");
    const label = control.closest(".opt, .rank");
    if (isRanking) return `${control.value}. ${words(label)}`;
    return (row ? `${words(row)}: ` : "") + (label ? words(label) : control.value);
  });
  return lines.join($(`q${n}`).querySelector("[data-months]") ? " " : "\n");
}

/** The places where the page's words, or the values behind them, are not those of the signed survey. @param {any} survey @returns {string[]} */
export function pageDiffers(survey) {
  /** @type {(owner: any, key: string) => string[]} the places of all titles in a list, and of those within */
  const places = (owner, key) =>
    [...(owner[key] ?? []).entries()].flatMap(([at, one]) => ["title", ...(one.hint ? ["hint"] : []), ...places(one, "rows"), ...places(one, "options")].map((place) => `${key}.${at}.${place}`));
  const found = all("[data-t]");
  const isRight = (/** @type {any} */ shown) => {
    const path = shown.dataset.t.split(".");
    const owner = path.slice(0, -1).reduce((/** @type {any} */ part, /** @type {string} */ key) => part?.[key], survey);
    const texts = owner?.[path.at(-1)] ?? {};
    const language = [LANGUAGE, ...survey.languages].find((one) => Object.hasOwn(texts, one));
    // What is read stands in the label, what is sent is the control's value.
    const value = shown.closest("label")?.querySelector("input")?.value ?? owner?.id;
    return shown.textContent === texts[language] && value === owner?.id;
  };
  const wanted = ["title", ...(survey.introduction ? ["introduction"] : []), ...places(survey, "questions")];
  return wanted.filter((path) => !found.some(({ dataset }) => dataset.t === path)).concat(found.filter((one) => !isRight(one)).map(({ dataset }) => dataset.t));
}
