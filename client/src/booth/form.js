/** The form, part by part: which questions are asked, what is not right, where drafts are kept, and the check before sending. */

import { shownQuestions } from "../protocol/encoding.js";
import { utf8 } from "../protocol/bytes.js";
import { answerRead, answerText, filledRead, filledWrite } from "./fields.js";
import { $, all, booth, fileSave, go, onPress, pick, say, screens, titleSet, wrongSet } from "./page.js";

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
  Object.assign(form, { count: 0, part: Number(part) || 0, isReviewed: Boolean(isReviewed), isCorrecting: Boolean(isCorrecting) });
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
  draftTake(found);
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
