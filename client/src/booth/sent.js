/** From the press on Send: the steps, who signed, the receipt, erasing, and what the nodes' lists say of a receipt. */

import { sha256, toHex, utf8 } from "../protocol/bytes.js";
import { form, formClear } from "./form.js";
import { $, booth, causeNote, errorSet, fileSave, go, isSaid, make, note, onPress, say, screens, screenShow, tell, tick } from "./page.js";

/** @typedef {import("./session.js").Fate} Fate */
/** @typedef {"send" | "correct" | "resume" | "deliver"} Way */

const STEPS = { send: 5, correct: 2, resume: 1, deliver: 3 };
const CODE_DIGITS = 32;
const BARS = 20;
const OPEN_OUTCOMES = new Set(["seen", "on_its_way", "unknown"]);
/** @type {{fate: Fate | null, isOld: boolean, way: Way, answers: Record<string, any>}} */
const now = { fate: null, isOld: false, way: "send", answers: {} };

/** @param {Way} way @param {Record<string, any>} [answers] */
export async function give(way, answers = now.answers) {
  const { session } = booth;
  Object.assign(now, { way, answers });
  for (const id of ["again", "direct", "sendback"]) $(id).hidden = true;
  for (const id of ["steps", "sendwrong"]) $(id).replaceChildren();
  [$("sendbar").max, $("sendbar").value] = [STEPS[way], 0];
  $("sendsaid").textContent = say("send_now");
  screenShow("sending");
  try {
    const code = session.tab.read("code") ?? "";
    const making = way === "send" ? session.send(answers, code, stepShow) : way === "correct" && session.correct(answers, stepShow);
    const sent = await (making || session[way === "deliver" ? "deliver" : "resume"](stepShow));
    Object.assign(now, { answers: {}, isOld: sent.isOld && way === "send" });
    formClear(false);
    go("done", 0, { replace: true });
  } catch (/** @type {any} */ error) {
    const isSealed = session.state === "sealed";
    $("sendsaid").textContent = "";
    $("sendwrong").replaceChildren(causeNote(error));
    $("again").hidden = !error.canRetry;
    $("direct").hidden = !isSealed || error.code === "survey.not_open";
    $("sendback").hidden = isSealed;
  }
}

/** @param {import("./session.js").Step} step */
function stepShow({ step, state, node = "" }) {
  const id = `step-${step}-${node}`;
  const text = say(`step_${step}`, { node: isSaid(`node_${node}`) ? say(`node_${node}`) : "" });
  const row = tick(state === "done", text, say(`state_${state}`), id);
  if ($(id)) $(id).replaceWith(row);
  else $("steps").append(row);
  if (state === "done") $("sendbar").value += 1;
  if (state === "waiting") $("sendsaid").textContent = `${text}: ${say("state_waiting")}`;
}

/** @param {string} id @param {string} digits shown in groups of four */
const groupsSet = (id, digits) => $(id).replaceChildren(...(digits.match(/.{4}/g) ?? []).flatMap((four) => [make("span", {}, four), " "]));

screens.done = async (_, isFirst) => {
  const { receipt, manifest, state } = booth.session;
  if (!receipt) return;
  const code = receipt.package.slice(0, CODE_DIGITS);
  groupsSet("track", code);
  groupsSet("mark", manifest.digest.slice(7, 31));
  $("version").textContent = say("version", { n: receipt.revision + 1 });
  for (const id of ["canchange", "dochange"]) $(id).hidden = state !== "sent" || receipt.revision >= 7;
  storesShow();
  screenShow("done", isFirst);
  $("shape").replaceChildren(await silhouette(code));
  await look();
};

/** Who signed for the package, or lists it. */
function storesShow() {
  const { receipt, manifest } = booth.session;
  if (!receipt) return;
  const has = new Set([...receipt.nodes.filter((node) => node.confirmation).map(({ node }) => node), ...(now.fate?.nodes ?? [])]);
  const isPromised = Boolean(receipt.relay.promise);
  const nodes = manifest.nodes.map(({ node, name }) => tick(has.has(node), `${node.toUpperCase()} · ${name}`, say(has.has(node) ? "signed" : "not_yet")));
  $("stores").replaceChildren(tick(isPromised, say("relay"), say(isPromised ? "promised" : "not_yet")), ...nodes);
  const n = has.size + (isPromised ? 1 : 0);
  const ended = now.fate && !OPEN_OUTCOMES.has(now.fate.outcome) ? fateText(now.fate).join(" ") : "";
  const signed = has.size === 3 ? say("lead_three") : has.size ? say("lead_some", { n: has.size }) : say("lead_promise");
  const text = [now.isOld ? say("sent_old") : "", ended || `${signed} ${say(n > 1 ? "safe" : "unsafe", { n })}`].join(" ").trim();
  if ($("donelead").textContent !== text) [$("donelead").textContent, $("donesaid").textContent] = [text, text];
}

/** Ask the nodes' public lists. They are read whole, so this does not repeat itself. */
async function look() {
  const { receipt } = booth.session;
  const fate = await booth.session.confirmations().catch(() => null);
  if (receipt?.package !== booth.session.receipt?.package) return;
  now.fate = fate;
  storesShow();
}

/** @param {Fate} fate @returns {string[]} a bold sentence and more */
function fateText({ outcome, reason = "" }) {
  const key = outcome === "rejected" && reason === "superseded" ? reason : outcome;
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

async function copy() {
  const isCopied = await navigator.clipboard?.writeText(booth.session.receipt?.package.slice(0, CODE_DIGITS) ?? "").then(() => true, () => false);
  $("savesaid").textContent = say(isCopied ? "copied" : "copy_not");
}

function receiptSave() {
  fileSave("drempel-bewijs.json", `${JSON.stringify(booth.session.receipt, null, 2)}\n`);
  $("savesaid").textContent = say("saved");
}

async function erase() {
  $("erasing").close();
  await booth.session.erase().catch((error) => $("savesaid").replaceChildren(causeNote(error)));
}

screens.check = (_, isFirst) => {
  $("checkown").hidden = !booth.session.receipt;
  $("fate").replaceChildren();
  errorSet("proof", "");
  screenShow("check", isFirst);
};

/** @param {any} json of a receipt */
async function check(json) {
  errorSet("proof", "");
  $("fate").replaceChildren(make("p", {}, say("busy")));
  try {
    const fate = await booth.session.checkReceipt(json);
    const [bold, rest] = fateText(fate);
    const rows = booth.session.manifest.nodes.map(({ node, name }) => {
      const end = fate.nodes.includes(node) ? "node_listed" : fate.faults[node] ? "node_silent" : "node_not_listed";
      return tick(end === "node_listed", `${node.toUpperCase()} · ${name}`, say(end));
    });
    const kind = ["counted", "seen"].includes(fate.outcome) ? "ok" : "wait";
    $("fate").replaceChildren(note(kind, bold, rest), make("ul", { class: "ticks" }, ...rows));
  } catch (/** @type {any} */ { code }) {
    $("fate").replaceChildren();
    errorSet("proof", say(isSaid(code) ? code : "file_form"));
  }
}

async function checkFile() {
  const json = await $("proof").files[0].text().then(JSON.parse).catch(() => null);
  $("proof").value = "";
  await check(json);
}

export function sentStart() {
  $("proof").addEventListener("change", checkFile);
  onPress({
    again: () => give(booth.session.state === "sealed" ? "resume" : now.way),
    direct: () => give("deliver"),
    save: receiptSave,
    print: () => print(),
    copy,
    refresh: look,
    erase: () => $("erasing").showModal(),
    eraseno: () => $("erasing").close(),
    eraseyes: erase,
    checkown: () => check(booth.session.receipt),
    changego() {
      formClear(true);
      go("form");
    },
  });
  booth.session.addEventListener("change", () => {
    if (booth.session.isErased) tell("erased", false);
    else if (!form.isCorrecting) storesShow();
  });
}
