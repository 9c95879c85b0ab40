/** The form: what its controls say as answers, part by part, where drafts are kept, and the check before sending. */

import { utf8 } from "../protocol/bytes.js";
import { shownQuestions } from "../protocol/record.js";
import { $, all, booth, fileSave, go, LANGUAGE, onPress, pick, say, screens, titleSet, wrongSet } from "./page.js";

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
    [...(owner[key] ?? []).entries()].flatMap(([at, one]) =>
      ["title", ...(one.hint ? ["hint"] : []), ...places(one, "rows"), ...places(one, "options")].map((place) => `${key}.${at}.${place}`),
    );
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

const SHORTEST_PASSPHRASE = 12;
/** Where the respondent is in it, and where drafts go. @type {{keep: "tab" | "device", part: number, count: number, isReviewed: boolean, isCorrecting: boolean}} */
export const form = { keep: "tab", part: 0, count: 0, isReviewed: false, isCorrecting: false };

const questions = () => /** @type {any[]} */ (booth.session.manifest.survey.questions);
/** The places of each part's questions. */
const parts = () => all(".part").map((part) => [...part.querySelectorAll(":scope > .q")].map(({ id }) => Number(id.slice(1)) - 1));

/** What is filled in, as answers to the questions that are asked, and the places of those that are not right. */
function read() {
  const filled = filledRead();
  const found = questions().map((question, at) => answerRead(question, at + 1, filled));
  const answers = Object.fromEntries(questions().map(({ id }, at) => [id, found[at] ?? null]));
  const shown = shownQuestions(booth.session.manifest.layout, answers);
  const places = [...questions().keys()].filter((at) => shown.has(questions()[at].id));
  const asked = [...parts().keys()].filter((part) => parts()[part].some((place) => places.includes(place)));
  const wrong = places.filter((at) => found[at] === undefined);
  return { answers: Object.fromEntries(places.map((at) => [questions()[at].id, answers[questions()[at].id]])), places, asked, wrong };
}

screens.form = (part) => {
  const { places, asked } = read();
  form.part = asked.findLast((one) => one <= part) ?? asked[0];
  for (const [at, one] of all(".part").entries()) one.hidden = at !== form.part;
  for (const at of questions().keys()) $(`q${at + 1}`).hidden = !places.includes(at);
  const here = parts()[form.part].filter((place) => places.includes(place));
  $("parth").textContent = say("questions", { n: here.length, from: here[0] + 1, to: here[here.length - 1] + 1 });
  $("where").textContent = say("part", { part: asked.indexOf(form.part) + 1, parts: asked.length });
  const done = places.indexOf(here[0]);
  Object.assign($("bar"), { max: places.length, value: done, textContent: say("bar", { done, n: places.length }) });
  $("changed").textContent = form.count && form.count !== asked.length ? say("parts_changed", { n: asked.length }) : "";
  form.count = asked.length;
  wrongShow([], "sum");
  titleSet($("parth").textContent);
  roomShow();
  draftSave();
};

/** @param {Event} event of the form, which goes nowhere */
function next(event) {
  event.preventDefault();
  const { asked, wrong } = read();
  const here = wrong.filter((place) => parts()[form.part].includes(place));
  wrongShow(here, "sum");
  if (here.length) return;
  const after = form.isReviewed && !wrong.length ? undefined : asked.find((one) => one > form.part);
  go(after === undefined ? "review" : "form", after ?? form.part);
}

function back() {
  const before = read().asked.findLast((one) => one < form.part);
  go(before !== undefined ? "form" : form.isCorrecting ? "change" : "read", before);
}

/** Say at each question whether it is right, and sum up on top what is not. @param {number[]} wrong @param {string} summary its id */
function wrongShow(wrong, summary) {
  for (const at of questions().keys()) wrongSet(`q${at + 1}`, wrong.includes(at));
  for (const row of $(summary).querySelectorAll("[data-wrong]")) row.hidden = !wrong.includes(Number(row.dataset.wrong));
  $(summary).hidden = !wrong.length;
  if (!wrong.length) return;
  titleSet(say("error", { text: $(summary).closest(".screen").querySelector("h1").textContent }));
  $(summary).focus();
}

/** Go to a question, to what is filled in or is to be. @param {number} at its place */
function reach(at) {
  const part = parts().findIndex((places) => places.includes(at));
  if ($("form").hidden || part !== form.part) go("form", part);
  $(`q${at + 1}`).querySelector(".mrow:not(:has(:checked)) input, input:checked, :not(.mrow *):is(input, select, textarea)")?.focus();
}

/** How much room is left in each text. */
function roomShow() {
  for (const counter of all("[data-bytes]")) {
    const n = Number(counter.dataset.bytes) - utf8(counter.closest(".q").querySelector("textarea").value.trim()).length;
    counter.textContent = n < 0 ? say("over", { n: -n }) : say("left", { n });
  }
}

screens.review = () => {
  const { answers, places, wrong } = read();
  form.isReviewed = true;
  for (const [at, row] of [...$("rows").rows].entries()) {
    const isNone = (answers[questions()[at].id] ?? null) === null;
    row.hidden = !places.includes(at);
    row.cells[1].className = isNone ? "soft" : "answer";
    row.cells[1].textContent = isNone ? say("none") : answerText(at + 1);
  }
  $("lost").hidden = form.isCorrecting;
  $("blank").hidden = true;
  draftSave();
  wrongShow(wrong, "rsum");
};

/** Hand on the answers if they can be sent; an empty one only when asked for twice. @param {(answers: Record<string, any>) => void} send */
export function answersToSend(send) {
  const { answers, wrong } = read();
  wrongShow(wrong, "rsum");
  const isBlank = $("blank").hidden && Object.values(answers).every((value) => value === null);
  $("blank").hidden = !isBlank;
  if (!wrong.length && !isBlank) send(answers);
}

const draft = () => ({ filled: filledRead(), screen: $("review").hidden ? "form" : "review", ...form });

/** Keep what is filled in, and say where. @param {any} _ what asked for it */
export async function draftSave(_ = null) {
  const where = await booth.session.saveDraft(draft(), form.keep).then(() => form.keep, () => "not");
  for (const id of ["kept", "keepsaid"]) pick(id, where);
}

/** Take up a draft, and tell on which screen it was left. @param {any} found @returns {"form" | "review"} */
export function draftTake({ filled = [], screen, part, isReviewed, isCorrecting }) {
  filledWrite(filled);
  // Only where an answer was sent can one be replaced, wherever the draft was begun.
  const isReplacing = Boolean(isCorrecting) && booth.session.state === "sent";
  Object.assign(form, { count: 0, part: Number(part) || 0, isReviewed: Boolean(isReviewed), isCorrecting: isReplacing });
  return screen === "review" ? "review" : "form";
}

screens.keep = () => {
  for (const choice of all("[name=keep]")) choice.checked = choice.value === form.keep;
  for (const id of ["pass", "keepopen"]) wrongSet(id, false);
  for (const id of ["keepsaid", "keepfile"]) pick(id, null);
  $("sure").hidden = true;
};

/** @param {Event} event of the form, which goes nowhere */
async function fileMake(event) {
  event.preventDefault();
  const passphrase = $("pass").value;
  wrongSet("pass", passphrase.length < SHORTEST_PASSPHRASE);
  if (passphrase.length < SHORTEST_PASSPHRASE) return $("pass").focus();
  fileSave("drempel-antwoorden.json", await booth.session.exportDraft(draft(), passphrase));
  pick("keepfile", "saved");
}

async function fileTake() {
  const found = await $("keepopen").files[0].text().then((/** @type {string} */ text) => booth.session.importDraft(text, $("pass").value)).catch(() => null);
  $("keepopen").value = "";
  wrongSet("keepopen", !found);
  pick("keepfile", found && "opened");
  if (!found) return;
  draftTake({ ...found, isCorrecting: form.isCorrecting });
  await draftSave();
}

async function draftErase() {
  if (!$("sure").hidden) {
    draftTake({ isCorrecting: form.isCorrecting });
    await booth.session.eraseDraft();
    pick("keepsaid", "erased");
  }
  $("sure").hidden = !$("sure").hidden;
}

export function formStart() {
  for (const id of ["formacts", "progress"]) $(id).hidden = false;
  for (const act of [roomShow, draftSave]) $("fields").addEventListener("input", act);
  $("fields").addEventListener("submit", next);
  $("passform").addEventListener("submit", fileMake);
  $("keepopen").addEventListener("change", fileTake);
  for (const choice of all("[name=keep]")) choice.addEventListener("change", () => draftSave((form.keep = choice.value)));
  for (const link of all("[data-to]")) link.addEventListener("click", () => reach(Number(link.dataset.to)));
  onPress({ back, keeperase: draftErase });
}
