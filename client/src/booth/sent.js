/** From the press on Send: the steps, who signed, the receipt, erasing, and what the nodes' lists say of a receipt. */

import { sha256, toHex, utf8 } from "../protocol/bytes.js";
import { draftTake, form } from "./form.js";
import { $, all, booth, fileSave, go, mark, onPress, pick, say, screens, show, wrongSet } from "./page.js";

/** @typedef {"send" | "correct" | "resume" | "deliver"} Way */

const CODE_DIGITS = 32;
const now = { fate: /** @type {Lookup | null} */ (null), way: /** @type {Way} */ ("send"), answers: /** @type {Record<string, any>} */ ({}) };

/** @param {Way} way @param {Record<string, any>} [answers] */
export async function give(way, answers = now.answers) {
  const { session } = booth;
  Object.assign(now, { way, answers });
  for (const row of [...$("step").children, $("again"), $("direct"), $("sendback"), $("wrong")]) row.hidden = true;
  show("sending");
  try {
    const code = session.tab.read("code") ?? "";
    const making = way === "send" ? session.send(answers, code, stepShow) : way === "correct" && session.correct(answers, stepShow);
    const sent = await (making || session[way === "deliver" ? "deliver" : "resume"](stepShow));
    now.answers = {};
    draftTake({});
    $("old").hidden = !sent.isOld || way !== "send";
    go("done", 0, "replaceState");
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

/** @param {Step} step */
function stepShow({ step, state, node = "" }) {
  const id = `step-${step}-${node}`;
  $(id).hidden = false;
  mark(id, state === "done", `state_${state}`);
}

screens.done = async () => {
  const { receipt, manifest, state } = booth.session;
  if (!receipt) return;
  const code = receipt.package.slice(0, CODE_DIGITS);
  for (const [id, digits] of [["track", code], ["mark", manifest.digest.slice(7, 31)]]) $(id).textContent = digits.replace(/(.{4})(?=.)/g, "$1 ");
  $("version").textContent = say("version", { n: receipt.revision + 1 });
  for (const id of ["canchange", "dochange"]) $(id).hidden = state !== "sent" || receipt.revision >= 7;
  storesShow();
  // Twenty heights that help the eye compare a code.
  const digits = toHex(await sha256(utf8(code)));
  for (const [at, bar] of all("#shape .bar").entries()) {
    const height = (parseInt(digits[at], 16) + 1) / 4;
    bar.setAttribute("height", `${height}rem`);
    bar.setAttribute("y", `${4 - height}rem`);
  }
  await look();
};

/** The nodes whose lists have the package; where it is missing, `nodes` are those that say so. @param {Lookup | null} fate */
const having = (fate) => (fate && !["missing", "contradicted"].includes(fate.outcome) ? fate.nodes : []);

/** Who signed for the package, or lists it. */
function storesShow() {
  const { receipt } = booth.session;
  if (!receipt) return;
  const isPromised = Boolean(receipt.relay.promise);
  const has = receipt.nodes.filter(({ node, confirmation }) => confirmation || having(now.fate).includes(node)).map(({ node }) => node);
  for (const { node } of receipt.nodes) mark(`store-${node}`, has.includes(node), has.includes(node) ? "signed" : "not_yet");
  mark("store-relay", isPromised, isPromised ? "promised" : "not_yet");
  fateShow("outcome", now.fate);
  pick("lead", has.length);
  pick("safety", has.length + Number(isPromised) > 1 ? "safe" : "unsafe");
}

/** Ask the nodes' public lists. They are read whole, so this does not repeat itself. */
async function look() {
  now.fate = await booth.session.confirmations().catch(() => null);
  storesShow();
}

/** @param {string} id @param {Lookup | null} fate */
function fateShow(id, fate) {
  const isReplaced = fate?.outcome === "rejected" && fate.reason === "superseded";
  pick(id, isReplaced ? "superseded" : (fate?.outcome ?? null));
  for (const reason of all(".reason")) reason.textContent = fate?.reason ?? "";
}

screens.check = () => {
  $("checkown").hidden = !booth.session.receipt;
  $("list").hidden = true;
  pick("fate", null);
  wrongSet("proof", false);
};

/** @param {any} json of a receipt */
async function check(json) {
  const fate = await booth.session.checkReceipt(json).catch(() => null);
  wrongSet("proof", !fate);
  fateShow("fate", fate);
  $("list").hidden = !fate;
  for (const { node } of booth.session.manifest.nodes) {
    const isListed = having(fate).includes(node);
    mark(`list-${node}`, isListed, isListed ? "node_listed" : fate?.faults[node] ? "node_silent" : "node_not_listed");
  }
}

export function sentStart() {
  const { session } = booth;
  $("proof").addEventListener("change", async () => check(await $("proof").files[0]?.text().then(JSON.parse).catch(() => null)));
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
    eraseyes() {
      $("erasing").close();
      return session.erase();
    },
    changego() {
      draftTake({ isCorrecting: true });
      go("form");
    },
  });
  session.addEventListener("change", () => {
    if (session.isErased) go("erased", 0, "replaceState");
    else if (!form.isCorrecting) storesShow();
  });
}
