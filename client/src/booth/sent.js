/** From the press on Send: the steps, what stores signed, the receipt, replacing, erasing, checking a receipt. */

import { sha256, toHex, utf8 } from "../protocol/bytes.js";
import { $, button, errorSet, fileSave, isSaid, make, note, onPress, say, screenShow, sign, tell } from "./page.js";

/**
 * @typedef {import("./session.js").Session} Session
 * @typedef {import("./session.js").Sent} Sent
 * @typedef {import("./session.js").Step} Step
 * @typedef {import("./session.js").Fate} Fate
 */

const STEPS = { send: 5, correct: 2, resume: 1, deliver: 3 };
/** Milliseconds after which the nodes are asked again; then only if somebody presses. */
const LOOKS = [15_000, 60_000, 240_000];
const BARS = 20;
const CODE_DIGITS = 32;
/** What happened, by the codes of BoothError; the first that fits. @type {[RegExp, string][]} */
const CAUSES = [
  [/^token\.unknown_code$|^code\./, "by_unknown"],
  [/^token\.already_issued$|^attempt\.other_manifest$/, "by_used"],
  [/^survey\.closed$/, "by_closed"],
  [/^survey\.not_open$/, "by_early"],
  [/^store\./, "by_store"],
  [/^tab\.busy$/, "by_tab"],
  [/^relay\.full$|^busy|^throttled/, "by_full"],
  [/^answer\.sent$/, "by_sent"],
  [/^attempt\.revisions$/, "by_revisions"],
];

/** What went wrong, as a heading, a sentence and the code to quote. @param {any} error */
export function causeOf(error) {
  const code = String(error?.code ?? "booth.fault");
  const node = isSaid(`node_${error?.node}`) ? say(`node_${error.node}`) : "";
  const network = node ? "by_node" : "by_network";
  const key = CAUSES.find(([form]) => form.test(code))?.[1] ?? (code.startsWith("network.") ? network : "by_other");
  return { heading: say(key, { node }), why: say(`${key}_why`), code: say("code", { code: error?.node ? `${code} (${error.node})` : code }) };
}

/** @param {any} error */
export function causeNote(error) {
  const { heading, why, code } = causeOf(error);
  return make("div", { class: "note stop" }, note(`${heading}.`, why), make("p", { class: "small mono" }, code));
}

export class After {
  /** @param {Session} session @param {() => void} change what replacing an answer starts with */
  constructor(session, change) {
    this.session = session;
    /** @type {Fate | null} */
    this.fate = null;
    this.looks = 0;
    this.isOld = false;
    onPress("again", () => this.give(session.state === "sealed" ? "resume" : this.kind));
    onPress("direct", () => this.give("deliver"));
    onPress("save", () => this.save());
    onPress("print", () => print());
    onPress("copy", () => this.copy());
    onPress("refresh", () => this.look());
    onPress("erase", () => $("erasing").showModal());
    onPress("eraseno", () => $("erasing").close());
    onPress("eraseyes", () => this.erase());
    onPress("dochange", change);
    onPress("checkown", () => this.check(session.receipt));
    $("proof").addEventListener("change", () => this.checkFile());
    /** @type {"send" | "correct" | "resume" | "deliver"} */
    this.kind = "send";
    /** @type {Record<string, any>} */
    this.answers = {};
    /** @type {(sent: Sent) => void} */
    this.ended = () => {};
  }

  /** Send, in one of four ways. @param {"send" | "correct" | "resume" | "deliver"} kind @param {Record<string, any>} [answers] */
  async give(kind, answers = this.answers) {
    const { session } = this;
    [this.kind, this.answers] = [kind, answers];
    for (const id of ["again", "direct", "sendback"]) $(id).hidden = true;
    $("steps").replaceChildren();
    $("sendwrong").replaceChildren();
    [$("sendbar").max, $("sendbar").value] = [STEPS[kind], 0];
    $("sendsaid").textContent = say("send_now");
    screenShow("sending");
    const onStep = (/** @type {Step} */ step) => this.step(step);
    try {
      const code = session.tab.read("code") ?? "";
      const sent = await (kind === "send" ? session.send(answers, code, onStep) : kind === "correct" ? session.correct(answers, onStep) : session[kind](onStep));
      this.answers = {};
      this.isOld = sent.isOld && kind === "send";
      this.ended(sent);
    } catch (error) {
      this.failed(error);
    }
  }

  /** @param {Step} step */
  step({ step, state, node = "" }) {
    const id = `step-${step}-${node}`;
    const text = say(`step_${step}`, { node: isSaid(`node_${node}`) ? say(`node_${node}`) : "" });
    const row = make("li", { id, "data-state": state }, sign(state === "done" ? "tick" : "wait"), make("span", {}, text), make("span", { class: "end" }, say(`state_${state}`)));
    if ($(id)) $(id).replaceWith(row);
    else $("steps").append(row);
    $("sendbar").value = document.querySelectorAll("#steps [data-state=done]").length;
    if (state === "waiting") $("sendsaid").textContent = `${text}: ${say("state_waiting")}`;
  }

  /** @param {any} error */
  failed(error) {
    const isSealed = this.session.state === "sealed";
    $("sendsaid").textContent = "";
    $("sendwrong").replaceChildren(causeNote(error));
    $("again").hidden = !error.canRetry;
    $("direct").hidden = !isSealed || error.code === "survey.not_open";
    $("sendback").hidden = isSealed;
  }

  /** The screen of an answer that was sent. @param {boolean} [isFirst] */
  async show(isFirst = false) {
    const { receipt, manifest, state } = this.session;
    if (!receipt) return;
    $("doneh").textContent = receipt.revision ? say("sent_again") : say("sent");
    const code = receipt.package.slice(0, CODE_DIGITS);
    $("track").replaceChildren(...(code.match(/.{4}/g) ?? []).flatMap((four) => [make("span", {}, four), " "]));
    $("mark").replaceChildren(...(manifest.digest.slice(7, 31).match(/.{4}/g) ?? []).flatMap((four) => [make("span", {}, four), " "]));
    $("version").textContent = say("version", { n: receipt.revision + 1 });
    const isOpen = state === "sent";
    for (const id of ["canchange", "dochange"]) $(id).hidden = !isOpen || receipt.revision >= 7;
    this.stores();
    screenShow("done", isFirst);
    $("shape").replaceChildren(await silhouette(code));
    this.looks = 0;
    this.look();
  }

  /** Who signed, or lists the package. */
  stores() {
    const { receipt, manifest } = this.session;
    if (!receipt) return;
    const has = new Set([...receipt.nodes.filter((node) => node.confirmation).map(({ node }) => node), ...(this.fate?.nodes ?? [])]);
    const promised = Boolean(receipt.relay.promise);
    const row = (/** @type {boolean} */ is, /** @type {string} */ bold, /** @type {string} */ name, /** @type {string} */ end) =>
      make("li", {}, sign(is ? "tick" : "wait"), make("span", {}, make("b", {}, bold), ` · ${name}`), make("span", { class: "end" }, end));
    const nodes = manifest.nodes.map(({ node, name }) => row(has.has(node), node.toUpperCase(), name, say(has.has(node) ? "signed" : "not_yet")));
    $("stores").replaceChildren(row(promised, say("relay"), say("relay_name"), say(promised ? "promised" : "not_yet")), ...nodes);
    const lead = has.size === 3 ? say("lead_three") : has.size ? say("lead_some", { n: has.size }) : say("lead_promise");
    const count = has.size + (promised ? 1 : 0);
    const outcome = this.fate && !["seen", "on_its_way", "unknown"].includes(this.fate.outcome) ? `${fateText(this.fate)[0]} ` : "";
    const text = `${this.isOld ? `${say("sent_old")} ` : ""}${outcome}${lead} ${count > 1 ? say("safe", { n: count }) : say("unsafe")}`;
    if ($("donelead").textContent !== text) [$("donelead").textContent, $("donesaid").textContent] = [text, text];
    $("refresh").hidden = has.size === 3 && this.session.state === "sent";
  }

  /** Ask the nodes' public lists; again by itself a few times. */
  async look() {
    const { session } = this;
    const id = session.receipt?.package;
    const found = await session.confirmations().catch(() => null);
    if (id !== session.receipt?.package) return;
    this.fate = found;
    this.stores();
    const isWaiting = this.fate === null || ["seen", "on_its_way", "unknown"].includes(this.fate.outcome);
    const wait = LOOKS[this.looks++];
    if (isWaiting && (this.fate?.nodes.length ?? 0) < 3 && wait) setTimeout(() => !$("done").hidden && this.look(), wait);
  }

  save() {
    fileSave("drempel-bewijs.json", `${JSON.stringify(this.session.receipt, null, 2)}\n`);
    $("savesaid").textContent = say("saved");
  }

  async copy() {
    const isCopied = await navigator.clipboard?.writeText($("track").textContent.trim()).then(() => true, () => false);
    $("savesaid").textContent = say(isCopied ? "copied" : "copy_not");
  }

  async erase() {
    $("erasing").close();
    try {
      await this.session.erase();
    } catch (error) {
      $("savesaid").replaceChildren(causeNote(error));
    }
  }

  // Checking a receipt.

  showCheck() {
    $("checkown").hidden = !this.session.receipt;
    $("fate").replaceChildren();
    errorSet("proof", "");
    screenShow("check");
  }

  async checkFile() {
    const [file] = $("proof").files;
    if (!file) return;
    const json = await file.text().then(JSON.parse).catch(() => null);
    $("proof").value = "";
    await this.check(json);
  }

  /** @param {any} json */
  async check(json) {
    errorSet("proof", "");
    $("fate").replaceChildren(make("p", {}, say("busy")));
    try {
      const fate = await this.session.checkReceipt(json);
      const [bold, rest] = fateText(fate);
      const isGood = ["counted", "seen"].includes(fate.outcome);
      const rows = this.session.manifest.nodes.map(({ node, name }) => {
        const end = fate.faults[node] ? "node_silent" : fate.nodes.includes(node) ? "node_listed" : "node_not_listed";
        return make("li", {}, sign(end === "node_listed" ? "tick" : "wait"), make("span", {}, make("b", {}, node.toUpperCase()), ` · ${name}`), make("span", { class: "end" }, say(end)));
      });
      $("fate").replaceChildren(make("div", { class: `note ${isGood ? "ok" : "wait"}` }, note(bold, rest)), make("ul", { class: "ticks" }, ...rows));
    } catch (error) {
      $("fate").replaceChildren();
      const { code } = /** @type {any} */ (error);
      if (code?.startsWith("network.")) return $("fate").replaceChildren(causeNote(error));
      errorSet("proof", say(code === "receipt.other_survey" ? "file_other" : "file_form"));
    }
  }
}

/** @param {Fate} fate @returns {[string, string]} */
function fateText({ outcome, reason = "" }) {
  const key = outcome === "rejected" && reason === "superseded" ? "superseded" : outcome;
  return [say(`fate_${key}`), say(`fate_${key}_why`, { reason })];
}

/** Twenty bars that help the eye compare a code. @param {string} code */
async function silhouette(code) {
  const digits = toHex(await sha256(utf8(code)));
  const bars = Array.from({ length: BARS }, (_, at) => {
    const height = (parseInt(digits[at], 16) + 1) / 4;
    return make("rect", { class: "bar", x: `${0.6 + 5 * at}%`, y: `${4 - height}rem`, width: "3.8%", height: `${height}rem` });
  });
  const sill = make("rect", { class: "sill", y: "4rem", width: "100%", height: ".25rem" });
  return make("svg", { class: "chart", role: "img", "aria-label": $("shape").dataset.label, height: "4.25rem" }, ...bars, sill);
}

/** A message with one thing to do. @param {string} heading @param {string} why @param {string} label @param {() => void} act */
export const offer = (heading, why, label, act) => tell(heading, why, make("div", { class: "acts" }, button(label, act)));
