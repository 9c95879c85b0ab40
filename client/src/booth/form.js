/** The form, page by page: which questions are asked, errors, progress, where drafts are kept, and the check before sending. */

import { shownQuestions } from "../protocol/encoding.js";
import { answerRead, answerText, filledRead, filledWrite, roomShow, said } from "./fields.js";
import { $, button, errorSet, fileSave, make, note, onPress, say, screenShow, sign, summarySet, titleSet } from "./page.js";

/**
 * @typedef {import("./session.js").Session} Session
 * @typedef {{screen: string, part: number}} Place
 * @typedef {{id: string, n: number, text: string, at: string}} Wrong
 */

const SHORTEST_PASSPHRASE = 12;

export class Form {
  /** @param {Session} session @param {(place: Place) => void} go @param {(answers: Record<string, any>) => void} send */
  constructor(session, go, send) {
    this.session = session;
    this.go = go;
    this.questions = /** @type {any[]} */ (session.manifest.survey.questions);
    this.parts = [...document.querySelectorAll(".part")].map((part) => ({
      part: /** @type {HTMLElement} */ (part),
      places: [...part.querySelectorAll(":scope > .q")].map(({ id }) => Number(id.slice(1)) - 1),
    }));
    /** @type {"tab" | "device"} */
    this.keep = "tab";
    this.part = 0;
    this.count = 0;
    this.isReviewed = false;
    this.isCorrecting = false;
    for (const id of ["formacts", "progress"]) $(id).hidden = false;
    $("fields").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.next();
    });
    $("fields").addEventListener("input", () => {
      roomShow();
      this.save();
    });
    onPress("back", () => this.back());
    onPress("reviewback", () => this.go({ screen: "form", part: this.asked().at(-1) ?? 0 }));
    onPress("send", () => this.review(send));
    this.keeping();
  }

  /** What is filled in, as answers: of the questions that are asked only. */
  read() {
    const filled = filledRead();
    /** @type {Record<string, any>} */
    const answers = {};
    /** @type {Wrong[]} */
    const wrong = [];
    const read = this.questions.map((question, at) => answerRead(question, at + 1, filled));
    for (const [at, { id }] of this.questions.entries()) answers[id] = read[at].value ?? null;
    const shown = shownQuestions(this.session.manifest.layout, answers);
    for (const [at, { id }] of this.questions.entries()) {
      if (!shown.has(id)) delete answers[id];
      else if (read[at].error) wrong.push({ id: `q${at + 1}`, n: at + 1, text: read[at].error, at: read[at].at ?? "" });
    }
    return { answers, wrong, shown };
  }

  /** The numbers of the parts that have a question to ask. */
  asked(shown = this.read().shown) {
    return this.parts.flatMap(({ places }, at) => (places.some((place) => shown.has(this.questions[place].id)) ? [at] : []));
  }

  /** @param {number} part @param {boolean} [isFirst] */
  show(part, isFirst = false) {
    const { shown } = this.read();
    const asked = this.asked(shown);
    this.part = asked.includes(part) ? part : (asked.findLast((one) => one < part) ?? asked[0]);
    for (const [at, one] of this.parts.entries()) one.part.hidden = at !== this.part;
    for (const [at, { id }] of this.questions.entries()) $(`q${at + 1}`).hidden = !shown.has(id);
    const here = this.parts[this.part].places.filter((place) => shown.has(this.questions[place].id)).map((place) => place + 1);
    const heading = here.length > 1 ? say("questions", { from: here[0], to: here[here.length - 1] }) : say("question", { n: here[0] });
    $("parth").textContent = heading;
    $("where").replaceChildren(make("b", {}, say("part", { part: asked.indexOf(this.part) + 1, parts: asked.length })), ` · ${heading}`);
    const done = [...shown].filter((id) => this.questions.findIndex((one) => one.id === id) + 1 < here[0]).length;
    [$("bar").max, $("bar").value, $("bar").textContent] = [shown.size, done, say("bar", { done, n: shown.size })];
    const told = this.count && this.count !== asked.length ? ` ${say("parts_changed", { n: asked.length })}` : "";
    this.count = asked.length;
    summarySet("sum", []);
    roomShow();
    screenShow("form", isFirst);
    titleSet(heading);
    this.save(told);
  }

  next() {
    const { wrong } = this.read();
    const here = wrong.filter(({ n }) => this.parts[this.part].places.includes(n - 1));
    this.mark(here, "sum");
    if (here.length) return;
    const after = this.asked().find((one) => one > this.part);
    const isLast = after === undefined || (this.isReviewed && !wrong.length);
    this.go(isLast ? { screen: "review", part: this.part } : { screen: "form", part: after });
  }

  back() {
    const before = this.asked().findLast((one) => one < this.part);
    this.go(before === undefined ? { screen: "read", part: 0 } : { screen: "form", part: before });
  }

  /** @param {Wrong[]} wrong @param {string} summary its id */
  mark(wrong, summary) {
    for (const at of this.questions.keys()) errorSet(`q${at + 1}`, wrong.find(({ n }) => n === at + 1)?.text ?? "");
    summarySet(
      summary,
      wrong.map(({ n, text, id, at }) => ({ text: say("wrong_at", { n, text }), go: () => this.reach(n - 1, at || id) })),
    );
  }

  /** Go to a question, and to the first control in it. @param {number} place @param {string} id */
  reach(place, id) {
    const part = this.parts.findIndex(({ places }) => places.includes(place));
    if ($("form").hidden || part !== this.part) this.go({ screen: "form", part });
    const field = $(id).querySelector("input:checked, input, select, textarea");
    field.focus({ preventScroll: true });
    $(id).scrollIntoView({ block: "nearest" });
  }

  /** The check before sending: every question that is asked, and what was answered. */
  showReview() {
    const { answers, wrong, shown } = this.read();
    this.isReviewed = true;
    const rows = this.questions.flatMap((question, at) => {
      if (!shown.has(question.id)) return [];
      const value = answers[question.id] ?? null;
      const lines = value === null ? [make("span", { class: "soft" }, say("none"))] : answerText(question, value).map((line) => make("b", { class: "line" }, line));
      const change = button(say("change"), () => this.reach(at, `q${at + 1}`), "link");
      change.append(make("span", { class: "vh" }, say("change_at", { n: at + 1 })));
      return make(
        "tr",
        {},
        make("th", { scope: "row", class: "said" }, `${at + 1}. ${said(question.title)}`),
        make("td", {}, ...lines),
        make("td", { class: "n" }, change),
      );
    });
    $("rows").replaceChildren(...rows);
    $("lost").hidden = this.isCorrecting;
    screenShow("review");
    this.save();
    this.mark(wrong, "rsum");
  }

  /** @param {(answers: Record<string, any>) => void} send */
  review(send) {
    const { answers, wrong } = this.read();
    this.mark(wrong, "rsum");
    if (wrong.length) return;
    const isBlank = Object.values(answers).every((value) => value === null);
    const asked = $("blank");
    if (isBlank && !asked) {
      $("send").parentElement.before(make("div", { class: "note wait", id: "blank", role: "alert" }, note(say("blank"), say("blank_why"))));
      return;
    }
    asked?.remove();
    send(answers);
  }

  // Keeping.

  draft() {
    const screen = $("review").hidden ? "form" : "review";
    return { filled: filledRead(), place: { screen, part: this.part }, isReviewed: this.isReviewed, isCorrecting: this.isCorrecting };
  }

  /** Keep what is filled in, and say where. @param {string} [more] what else there is to say */
  async save(more = "") {
    let said = say(`kept_${this.keep}`);
    await this.session.saveDraft(this.draft(), this.keep).catch(() => (said = say("kept_not")));
    if ($("kept").textContent !== said + more) $("kept").textContent = said + more;
  }

  /** Take up a draft. @param {any} draft @returns {Place | null} where it was left; null if it is none */
  take(draft) {
    if (typeof draft?.filled !== "object" || draft.filled === null) return null;
    filledWrite(draft.filled);
    this.isReviewed = Boolean(draft.isReviewed);
    this.isCorrecting = Boolean(draft.isCorrecting);
    return { screen: draft.place?.screen === "review" ? "review" : "form", part: Number(draft.place?.part) || 0 };
  }

  clear() {
    filledWrite({});
    this.mark([], "sum");
    [this.isReviewed, this.count, this.part] = [false, 0, 0];
  }

  keeping() {
    for (const choice of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[name=keep]"))) {
      choice.addEventListener("change", async () => {
        this.keep = choice.value === "device" ? "device" : "tab";
        await this.save();
        $("keepsaid").textContent = say(`keep_moved_${this.keep}`);
      });
    }
    onPress("tokeep", () => this.go({ screen: "keep", part: this.part }));
    onPress("keepback", () => this.go({ screen: "form", part: this.part }));
    onPress("keepsave", () => this.fileMake());
    $("keepopen").addEventListener("change", () => this.fileTake());
    onPress("keeperase", async () => {
      const isSure = $("keeperase").textContent === say("erase_sure");
      if (!isSure) return void ($("keeperase").textContent = say("erase_sure"));
      this.clear();
      await this.session.eraseDraft();
      $("keepsaid").textContent = say("keep_erased");
    });
  }

  showKeep() {
    for (const choice of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[name=keep]"))) choice.checked = choice.value === this.keep;
    for (const field of ["pass", "keepopen"]) [$(field).value] = [""];
    for (const field of ["pass", "keepopen"]) errorSet(field, "");
    $("keepsaid").textContent = "";
    screenShow("keep");
  }

  async fileMake() {
    const passphrase = $("pass").value;
    errorSet("pass", passphrase.length < SHORTEST_PASSPHRASE ? say("pass_short") : "");
    if (passphrase.length < SHORTEST_PASSPHRASE) return $("pass").focus();
    fileSave("drempel-antwoorden.json", await this.session.exportDraft(this.draft(), passphrase));
    $("keepsaid").textContent = say("keep_saved");
  }

  async fileTake() {
    const [file] = $("keepopen").files;
    if (!file) return;
    try {
      this.take(await this.session.importDraft(await file.text(), $("pass").value));
      errorSet("keepopen", "");
      $("keepsaid").textContent = say("keep_opened");
      await this.save();
    } catch (error) {
      const code = /** @type {any} */ (error).code;
      const word = code === "draft.passphrase" ? "file_pass" : code === "draft.other_survey" ? "file_other" : "file_form";
      errorSet("keepopen", say(word));
    }
    $("keepopen").value = "";
  }
}
