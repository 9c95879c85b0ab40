/** The questions as they stand in the page: what is filled in, what it means as an answer, what it says. */

import { utf8 } from "../protocol/bytes.js";
import { $, all, LANGUAGE, LOCALE } from "./page.js";

/** @typedef {Record<string, string | string[]>} Filled what the controls hold, by their names */
/** @typedef {(question: any, name: string, filled: Filled) => any} Reader null for no answer, undefined where it is not right */

const MONTHS = [LANGUAGE, "nl", "en"].map((language) => {
  const name = new Intl.DateTimeFormat(language, { month: "long", timeZone: "UTC" });
  return Array.from({ length: 12 }, (_, month) => name.format(Date.UTC(2026, month)).toLowerCase());
});

const controls = () => [...$("fields").elements].filter(({ name }) => name);

/** @returns {Filled} */
export function filledRead() {
  /** @type {Filled} */
  const filled = {};
  for (const { name, type, value, checked } of controls()) {
    if (type === "checkbox") filled[name] = [...(filled[name] ?? []), ...(checked ? [value] : [])];
    else if (type !== "radio" || checked) filled[name] = value;
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

/** @param {Filled} filled @param {string} name */
const text = (filled, name) => String(filled[name] ?? "").trim();

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
  const word = m.replace(/\.$/, "").replace(/^mrt$/, "maart");
  const named = word.length > 2 ? MONTHS.map((names) => names.findIndex((one) => one.startsWith(word))).find((at) => at >= 0) : undefined;
  const month = named === undefined ? m : String(named + 1);
  const value = `${y}-${month.padStart(2, "0")}-${d.padStart(2, "0")}`;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(value) && new Date(`${value}T00:00Z`).toJSON()?.slice(0, 10) === value;
  return isDay && value >= min && value <= max ? value : undefined;
}

/** @type {Record<string, Reader>} */
const READERS = {
  single: (_, name, filled) => text(filled, name) || null,
  multiple({ min, max }, name, filled) {
    const ticked = filled[name];
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

/** An answer as it stands in the page, a line for each of its parts. @param {any} question @param {number} n from 1 @param {any} value @returns {string[]} */
export function answerText({ kind }, n, value) {
  const part = $(`q${n}`);
  const words = (/** @type {any} */ one) => one.querySelector(".said").textContent;
  const ticked = [...part.querySelectorAll(".opt :checked")].filter((input) => input.value);
  if (kind === "matrix") return ticked.map((input) => `${words(input.closest(".mrow"))}: ${words(input.parentElement)}`);
  if (kind === "ranking") {
    const rows = [...part.querySelectorAll("select")].sort((one, other) => one.value - other.value);
    return rows.map((select) => `${select.value}. ${words(select.parentElement)}`);
  }
  if (kind !== "date") return ticked.length ? ticked.map((input) => words(input.parentElement)) : [String(value)];
  return [new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeZone: "UTC" }).format(new Date(value))];
}

/** The places where the page's words, or the values behind them, are not those of the signed survey. @param {any} survey @returns {string[]} */
export function pageDiffers(survey) {
  const list = (/** @type {any} */ question, /** @type {string} */ key) => [...(question[key] ?? []).keys()].map((at) => `${key}.${at}.`);
  const places = survey.questions.flatMap((/** @type {any} */ question, /** @type {number} */ at) =>
    ["", ...list(question, "rows"), ...list(question, "options")].map((place) => `questions.${at}.${place}title`),
  );
  const found = all("[data-t]");
  const isRight = (/** @type {any} */ shown) => {
    const path = shown.dataset.t.split(".");
    const owner = path.slice(0, -1).reduce((/** @type {any} */ part, /** @type {string} */ key) => part?.[key], survey);
    const texts = owner?.[path.at(-1)] ?? {};
    const language = [LANGUAGE, ...survey.languages].find((one) => Object.hasOwn(texts, one));
    // What is read stands in the label, what is sent is the control's value.
    const value = shown.closest("label")?.querySelector("input")?.value ?? owner.id;
    return shown.textContent === texts[language] && value === owner.id;
  };
  const wanted = ["title", ...(survey.introduction ? ["introduction"] : []), ...places];
  return wanted.filter((path) => !found.some(({ dataset }) => dataset.t === path)).concat(found.filter((one) => !isRight(one)).map(({ dataset }) => dataset.t));
}
