/** The form, part by part: which questions are asked, what is not right, where drafts are kept, and the check before sending. */

import { shownQuestions } from "../protocol/encoding.js";
import { utf8 } from "../protocol/bytes.js";
import { answerRead, answerText, filledRead, filledWrite } from "./fields.js";
import { $, all, booth, button, errorSet, fileSave, go, make, note, onPress, say, screens, screenShow, titleSet } from "./page.js";

const SHORTEST_PASSPHRASE = 12;
const FILE_ERRORS = new Set(["draft.passphrase", "draft.other_survey"]);
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

screens.form = (part, isFirst) => {
  const { places, asked } = read();
  form.part = asked.findLast((one) => one <= part) ?? asked[0];
  for (const [at, one] of all(".part").entries()) one.hidden = at !== form.part;
  for (const at of questions().keys()) $(`q${at + 1}`).hidden = !places.includes(at);
  const here = parts()[form.part].filter((place) => places.includes(place));
  const names = { n: here.length, from: here[0] + 1, to: here[here.length - 1] + 1 };
  $("parth").textContent = say("questions", names);
  $("where").textContent = say("part", { part: asked.indexOf(form.part) + 1, parts: asked.length });
  const done = places.indexOf(here[0]);
  [$("bar").max, $("bar").value, $("bar").textContent] = [places.length, done, say("bar", { done, n: places.length })];
  const isChanged = form.count && form.count !== asked.length;
  form.count = asked.length;
  mark([], "sum");
  roomShow();
  screenShow("form", isFirst);
  draftSave(isChanged ? ` ${say("parts_changed", { n: asked.length })}` : "");
};

function next() {
  const { asked, wrong } = read();
  const here = wrong.filter((place) => parts()[form.part].includes(place));
  mark(here, "sum");
  if (here.length) return;
  const after = asked.find((one) => one > form.part);
  if (after === undefined || (form.isReviewed && !wrong.length)) go("review");
  else go("form", after);
}

function back() {
  const before = read().asked.findLast((one) => one < form.part);
  if (before === undefined) go(form.isCorrecting ? "done" : "read");
  else go("form", before);
}

/** Say at each question what is not right, and sum it up on top. @param {number[]} wrong @param {string} summary its id */
function mark(wrong, summary) {
  const text = (/** @type {number} */ at) => $(`q${at + 1}`).dataset.wrong;
  for (const at of questions().keys()) errorSet(`q${at + 1}`, wrong.includes(at) ? text(at) : "");
  $(summary).hidden = !wrong.length;
  const rows = wrong.map((at) => make("li", {}, button(say("wrong_at", { n: at + 1, text: text(at) }), () => reach(at), "link")));
  $(`${summary}l`).replaceChildren(...rows);
  if (!wrong.length) return;
  $(`${summary}h`).textContent = say("wrong", { n: wrong.length });
  titleSet(say("error", { text: $(summary).closest(".screen").querySelector("h1").textContent }));
  $(summary).focus();
}

/** Go to a question, to what is filled in or is to be. @param {number} at its place */
function reach(at) {
  const part = parts().findIndex((places) => places.includes(at));
  if ($("form").hidden || part !== form.part) go("form", part);
  const question = $(`q${at + 1}`);
  question.querySelector(".mrow:not(:has(:checked)) input, input:checked, :not(.mrow *):is(input, select, textarea)")?.focus();
}

/** How much room is left in each text. */
function roomShow() {
  for (const counter of all("[data-bytes]")) {
    const n = Number(counter.dataset.bytes) - utf8(counter.closest(".q").querySelector("textarea").value.trim()).length;
    counter.textContent = n < 0 ? say("over", { n: -n }) : say("left", { n });
  }
}

screens.review = (_, isFirst) => {
  const { answers, places, wrong } = read();
  form.isReviewed = true;
  const rows = places.map((at) => {
    const value = answers[questions()[at].id];
    const lines = value === null ? [make("span", { class: "soft" }, say("none"))] : answerText(questions()[at], at + 1, value).map((line) => make("b", { class: "block" }, line));
    const change = button(say("change"), () => reach(at), "link");
    change.append(make("span", { class: "vh" }, ` ${say("questions", { n: 1, from: at + 1 })}`));
    const title = $(`q${at + 1}`).querySelector(".said [data-t]").textContent;
    return make("tr", {}, make("th", { scope: "row", class: "said" }, `${at + 1}. ${title}`), make("td", {}, ...lines), make("td", { class: "n" }, change));
  });
  $("rows").replaceChildren(...rows);
  $("lost").hidden = form.isCorrecting;
  $("blank")?.remove();
  screenShow("review", isFirst);
  draftSave();
  mark(wrong, "rsum");
};

/** The answers, if they can be sent; an empty one only when asked for twice. */
export function answersToSend() {
  const { answers, wrong } = read();
  mark(wrong, "rsum");
  if (wrong.length) return null;
  if ($("blank") || Object.values(answers).some((value) => value !== null)) return answers;
  const asking = make("div", { id: "blank", role: "alert" }, note("wait", say("blank"), say("blank_why")));
  $("send").parentElement.before(asking);
  return null;
}

const draft = () => ({ filled: filledRead(), screen: $("review").hidden ? "form" : "review", ...form });

/** Keep what is filled in, and say where. @param {string} [more] what else there is to say */
export async function draftSave(more = "") {
  const isKept = await booth.session.saveDraft(draft(), form.keep).then(() => true, () => false);
  const said = say(isKept ? `kept_${form.keep}` : "kept_not") + more;
  if ($("kept").textContent !== said) $("kept").textContent = said;
}

/** Take up a draft, and tell on which screen it was left. @param {any} found @returns {"form" | "review"} */
export function draftTake({ filled = {}, screen, part, isReviewed, isCorrecting }) {
  filledWrite(filled);
  Object.assign(form, { part: Number(part) || 0, isReviewed: Boolean(isReviewed), isCorrecting: Boolean(isCorrecting) });
  return screen === "review" ? "review" : "form";
}

/** @param {boolean} isCorrecting */
export function formClear(isCorrecting) {
  draftTake({ isCorrecting });
  form.count = 0;
}

screens.keep = (_, isFirst) => {
  for (const choice of all("[name=keep]")) choice.checked = choice.value === form.keep;
  for (const id of ["pass", "keepopen"]) errorSet(id, "");
  for (const id of ["keepsaid", "keepfile"]) $(id).textContent = "";
  screenShow("keep", isFirst);
};

async function fileMake() {
  const passphrase = $("pass").value;
  errorSet("pass", passphrase.length < SHORTEST_PASSPHRASE ? say("pass_short") : "");
  if (passphrase.length < SHORTEST_PASSPHRASE) return $("pass").focus();
  fileSave("drempel-antwoorden.json", await booth.session.exportDraft(draft(), passphrase));
  $("keepfile").textContent = say("keep_saved");
}

async function fileTake() {
  const [file] = $("keepopen").files;
  try {
    draftTake(await booth.session.importDraft(await file.text(), $("pass").value));
    errorSet("keepopen", "");
    $("keepfile").textContent = say("keep_opened");
    await draftSave();
  } catch (/** @type {any} */ { code }) {
    errorSet("keepopen", say(FILE_ERRORS.has(code) ? code : "file_form"));
  }
  $("keepopen").value = "";
}

async function draftErase() {
  if (!$("sure").hidden) formClear(form.isCorrecting);
  if (!$("sure").hidden) await booth.session.eraseDraft();
  $("keepsaid").textContent = $("sure").hidden ? "" : say("keep_erased");
  $("sure").hidden = !$("sure").hidden;
}

export function formStart() {
  for (const id of ["formacts", "progress"]) $(id).hidden = false;
  $("fields").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    next();
  });
  $("fields").addEventListener("input", () => {
    roomShow();
    draftSave();
  });
  for (const choice of all("[name=keep]")) {
    choice.addEventListener("change", async () => {
      form.keep = choice.value;
      await draftSave();
      $("keepsaid").textContent = $("kept").textContent;
    });
  }
  $("keepopen").addEventListener("change", fileTake);
  onPress({ back, keepsave: fileMake, keeperase: draftErase, keepback: () => go("form", form.part), reviewback: () => go("form", read().asked.at(-1)) });
}
