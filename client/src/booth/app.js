/**
 * Start here: check that page and program are the signed ones, see where this device stands, lead through the screens;
 * from the press on Send: the steps, who signed, the receipt, erasing, and what the nodes' lists say of a receipt.
 * Until every check has passed nothing can be sent; after a difference nothing can be sent at all.
 */

import { sha256, toHex, utf8 } from "../protocol/bytes.js";
import { answersToSend, draftSave, draftTake, form, formStart, pageDiffers } from "./form.js";
import { $, all, booth, fileSave, go, LANGUAGE, mark, onPress, pick, say, screens, show, wrongSet } from "./page.js";
import { openSession } from "./session.js";

/** Screens to which an address may lead, so that changing the language stays there. */
const DIRECT = ["check", "change"];
const surveyId = location.pathname.match(/\/answer\/([0-9a-f]{32})/)?.[1] ?? "";
const fragment = location.hash.slice(1);
const code = $(fragment) ? "" : fragment;
// The code leaves the address bar before anything else happens, and lives with this tab once all checks have passed.
history.replaceState(history.state, "", location.pathname);

/** Something is not as it was signed. @param {string} code */
function stop(code) {
  for (const id of ["read", "form"]) $(id).remove();
  $("stopcode").textContent = code;
  show("stop");
}

async function start() {
  $("begin").hidden = true;
  $("retry").hidden = true;
  pick("state", "checking");
  const isAble = await crypto.subtle?.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]).then(() => true, () => false);
  if (!isAble || !navigator.locks) return pick("state", "old");
  try {
    const page = location.origin + location.pathname;
    booth.session = await openSession({ relay: location.origin, surveyId, page, language: LANGUAGE });
  } catch (/** @type {any} */ error) {
    const isUnkept = error.code.startsWith("store.");
    if (!error.canRetry && !isUnkept) return stop(error.message);
    $("retry").hidden = false;
    return pick("state", isUnkept ? "unkept" : "failed");
  }
  const { session } = booth;
  const [wrong] = pageDiffers(session.manifest.survey);
  if (wrong) return stop(`booth.text ${wrong}`);
  if (code && !session.kept?.isSent) session.tab.write("code", code);
  // One browser gives one answer, and does not know whose.
  const isShared = session.kept && (code || ["drawn", "ticket"].includes(session.state));
  for (const told of all(".shared")) told.hidden = !isShared;
  formStart();
  sentStart();
  wire();
  const found = await session.loadDraft().catch(() => null);
  const left = found && draftTake(found.draft);
  if (found) form.keep = found.place;
  const screen = DIRECT.includes(fragment) ? fragment : (standing() ?? left ?? "read");
  if (screen !== "read") return go(screen, form.part, "replaceState");
  // Whoever has begun to read is not disturbed.
  $("form").hidden = true;
  history.replaceState({ screen, part: 0 }, "", location.pathname);
  return screens.read(0);
}

/** The screen that comes before all questions, where this device stands at one. */
function standing() {
  const { state, receipt, manifest, intake } = booth.session;
  if (state === "sent" && !form.isCorrecting) return "done";
  if (state === "closed") return receipt ? "done" : "closed";
  if (state === "sealed" || state === "erased") return state;
  if (manifest.roster.kind !== "code") return "key";
  // In strict timing proofs are fetched before answering opens, otherwise everything waits for that.
  const isEarly = intake === "waiting" && (manifest.timing !== "strict" || new Date() < manifest.issuing.opens);
  return isEarly && state === "new" ? "early" : null;
}

screens.change = () => booth.session.state === "sent" || show("read");
screens.read = () => {
  $("code").value = booth.session.tab.read("code") ?? "";
  $("codeq").hidden = $("code").checkValidity() || booth.session.state === "ticket";
};

function wire() {
  pick("state", "ready");
  for (const id of ["go", "decline", "tocheck"]) Object.assign($(id), { disabled: false, hidden: false });
  onPress({ go: join, send: () => answersToSend((answers) => give(form.isCorrecting ? "correct" : "send", answers)) });
  for (const link of all("[data-go]")) {
    link.addEventListener("click", (/** @type {Event} */ event) => {
      event.preventDefault();
      if (link.dataset.go === "back") return history.back();
      go(link.dataset.go, form.part);
      if (link.hash) $(link.hash.slice(1)).focus();
    });
  }
  $("switch").addEventListener("click", async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!$("form").hidden || !$("review").hidden) await draftSave();
    const here = DIRECT.find((name) => !$(name).hidden);
    location.assign($("switch").href + (here ? `#${here}` : ""));
  });
  addEventListener("popstate", ({ state }) => {
    // A place in this screen, as the skip link's, has no state; a step back never leads behind what has been sent.
    const isForm = ["form", "review", "keep"].includes(state?.screen);
    if (state) show((isForm && standing()) || state.screen, state.part);
  });
}

/** Begin, if the code can be one and the respondent takes part. */
function join() {
  const wrong = ["code", "agree"].filter((id) => !$(`${id}q`).hidden && !$(id).checkValidity());
  for (const id of ["code", "agree"]) wrongSet(id, wrong.includes(id));
  if (wrong.length) return $(wrong[0]).focus();
  booth.session.tab.write("code", $("code").value);
  return go("form", form.part);
}

/** @typedef {"send" | "correct" | "resume" | "deliver"} Way */

const CODE_DIGITS = 32;
const now = { fate: /** @type {Lookup | null} */ (null), way: /** @type {Way} */ ("send"), answers: /** @type {Record<string, any>} */ ({}) };

/** @param {Way} way @param {Record<string, any>} [answers] */
async function give(way, answers = now.answers) {
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
  const { receipt, manifest, state, intake } = booth.session;
  if (!receipt) return;
  const code = receipt.package.slice(0, CODE_DIGITS);
  for (const [id, digits] of [["track", code], ["mark", manifest.digest.slice(7, 31)]]) $(id).textContent = digits.replace(/(.{4})(?=.)/g, "$1 ");
  $("version").textContent = say("version", { n: receipt.revision + 1 });
  const isOpen = state === "sent" && intake !== "closed";
  for (const id of ["canchange", "dochange"]) $(id).hidden = !isOpen || receipt.revision >= 7;
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

function sentStart() {
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
  // In another tab: what is filled in here would be kept once more.
  session.addEventListener("sent", () => {
    draftTake({});
    go("done", 0, "replaceState");
  });
  session.addEventListener("change", () => {
    if (session.isErased) go("erased", 0, "replaceState");
    else if (!form.isCorrecting) storesShow();
  });
}

$("retry").addEventListener("click", start);
// An invitation opened in a tab that shows this page already.
addEventListener("hashchange", () => $(location.hash.slice(1)) || location.reload());
start();
