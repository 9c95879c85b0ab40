/** From the press on Send: the steps, who signed, the receipt, erasing, and what the nodes' lists say of a receipt. */

import { sha256, toHex, utf8 } from "../protocol/bytes.js";
import { draftTake, form } from "./form.js";
import { $, all, booth, fileSave, go, mark, onPress, pick, screens, screenShow, say, wrongSet } from "./page.js";

/** @typedef {import("./session.js").Fate} Fate */
/** @typedef {"send" | "correct" | "resume" | "deliver"} Way */

const STEPS = { send: 5, correct: 2, resume: 1, deliver: 3 };
const CODE_DIGITS = 32;
/** Outcomes that may still change. */
const OPEN_OUTCOMES = new Set(["seen", "on_its_way", "unknown"]);
/** @type {{fate: Fate | null, way: Way, answers: Record<string, any>}} */
const now = { fate: null, way: "send", answers: {} };

/** @param {Way} way @param {Record<string, any>} [answers] */
export async function give(way, answers = now.answers) {
  const { session } = booth;
  Object.assign(now, { way, answers });
  for (const row of [...$("step").children, $("again"), $("direct"), $("sendback"), $("wrong")]) row.hidden = true;
  Object.assign($("sendbar"), { max: STEPS[way], value: 0 });
  screenShow("sending");
  try {
    const code = session.tab.read("code") ?? "";
    const making = way === "send" ? session.send(answers, code, stepShow) : way === "correct" && session.correct(answers, stepShow);
    const sent = await (making || session[way === "deliver" ? "deliver" : "resume"](stepShow));
    now.answers = {};
    draftTake({});
    $("old").hidden = !sent.isOld || way !== "send";
    go("done", 0, { replace: true });
  } catch (/** @type {any} */ error) {
    const isSealed = session.state === "sealed";
    causeShow(error);
    $("again").hidden = !error.canRetry;
    $("direct").hidden = !isSealed || error.code === "survey.not_open";
    $("sendback").hidden = isSealed;
  }
}

/** Say what went wrong: of the sentences for such codes the one that fits best. @param {any} error a BoothError */
function causeShow({ code = "booth.fault", node = "" }) {
  const isThere = (/** @type {string} */ key) => [...$("cause").children].some((one) => one.dataset.is === key);
  const [kind] = code.split(".");
  pick("cause", [code, `${kind}.${node}`, kind, "other"].find(isThere) ?? null);
  $("why").textContent = node ? `${code} (${node})` : code;
  $("wrong").hidden = false;
}

/** @param {import("./session.js").Step} step */
function stepShow({ step, state, node = "" }) {
  const id = `step-${step}-${node}`;
  $(id).hidden = false;
  mark(id, state === "done", `state_${state}`);
  if (state === "done") $("sendbar").value += 1;
}

/** @param {string} digits in groups of four */
const groups = (digits) => digits.replace(/(.{4})(?=.)/g, "$1 ");

screens.done = async (_, isFirst) => {
  const { receipt, manifest, state } = booth.session;
  if (!receipt) return;
  const code = receipt.package.slice(0, CODE_DIGITS);
  $("track").textContent = groups(code);
  $("mark").textContent = groups(manifest.digest.slice(7, 31));
  $("version").textContent = say("version", { n: receipt.revision + 1 });
  for (const id of ["canchange", "dochange"]) $(id).hidden = state !== "sent" || receipt.revision >= 7;
  storesShow();
  screenShow("done", isFirst);
  // Twenty heights that help the eye compare a code.
  const digits = toHex(await sha256(utf8(code)));
  for (const [at, bar] of all("#shape .bar").entries()) {
    const height = (parseInt(digits[at], 16) + 1) / 4;
    bar.setAttribute("height", `${height}rem`);
    bar.setAttribute("y", `${4 - height}rem`);
  }
  await look();
};

/** Who signed for the package, or lists it. */
function storesShow() {
  const { receipt } = booth.session;
  if (!receipt) return;
  const isPromised = Boolean(receipt.relay.promise);
  const has = receipt.nodes.filter(({ node, confirmation }) => confirmation || now.fate?.nodes.includes(node)).map(({ node }) => node);
  for (const { node } of receipt.nodes) mark(`store-${node}`, has.includes(node), has.includes(node) ? "signed" : "not_yet");
  mark("store-relay", isPromised, isPromised ? "promised" : "not_yet");
  const isEnded = now.fate !== null && !OPEN_OUTCOMES.has(now.fate.outcome);
  fateShow("outcome", isEnded ? now.fate : null);
  pick("lead", isEnded ? null : has.length);
  pick("safety", isEnded ? null : has.length + Number(isPromised) > 1 ? "safe" : "unsafe");
}

/** Ask the nodes' public lists. They are read whole, so this does not repeat itself. */
async function look() {
  const { receipt } = booth.session;
  const fate = await booth.session.confirmations().catch(() => null);
  if (receipt?.package !== booth.session.receipt?.package) return;
  now.fate = fate;
  storesShow();
}

/** @param {string} id @param {Fate | null} fate */
function fateShow(id, fate) {
  const isReplaced = fate?.outcome === "rejected" && fate.reason === "superseded";
  pick(id, isReplaced ? "superseded" : (fate?.outcome ?? null));
  for (const reason of all(".reason")) reason.textContent = fate?.reason ?? "";
}

screens.check = (_, isFirst) => {
  $("checkown").hidden = !booth.session.receipt;
  $("list").hidden = true;
  pick("fate", null);
  wrongSet("proof", false);
  screenShow("check", isFirst);
};

/** @param {any} json of a receipt */
async function check(json) {
  const fate = await booth.session.checkReceipt(json).catch(() => null);
  wrongSet("proof", !fate);
  fateShow("fate", fate);
  $("list").hidden = !fate;
  for (const { node } of booth.session.manifest.nodes) {
    const isListed = Boolean(fate?.nodes.includes(node));
    mark(`list-${node}`, isListed, isListed ? "node_listed" : fate?.faults[node] ? "node_silent" : "node_not_listed");
  }
}

async function checkFile() {
  const json = await $("proof").files[0].text().then(JSON.parse).catch(() => null);
  $("proof").value = "";
  await check(json);
}

export function sentStart() {
  const { session } = booth;
  $("proof").addEventListener("change", checkFile);
  onPress({
    again: () => give(session.state === "sealed" ? "resume" : now.way),
    resume: () => give("resume"),
    direct: () => give("deliver"),
    print: () => print(),
    refresh: look,
    erase: () => $("erasing").showModal(),
    eraseno: () => $("erasing").close(),
    checkown: () => check(session.receipt),
    save() {
      fileSave("drempel-bewijs.json", `${JSON.stringify(session.receipt, null, 2)}\n`);
      pick("savesaid", "saved");
    },
    async copy() {
      const isCopied = await navigator.clipboard?.writeText($("track").textContent).then(() => true, () => false);
      pick("savesaid", isCopied ? "copied" : "copy_not");
    },
    async eraseyes() {
      $("erasing").close();
      await session.erase();
    },
    changego() {
      draftTake({ isCorrecting: true });
      go("form");
    },
  });
  session.addEventListener("change", () => {
    if (session.isErased) go("erased", 0, { replace: true });
    else if (!form.isCorrecting) storesShow();
  });
}
