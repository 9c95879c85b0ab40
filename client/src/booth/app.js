/**
 * Start here: check that page and program are the signed ones, see where this device stands, and lead through the screens.
 * Until every check has passed nothing can be filled in for sending; after a difference nothing can be sent at all.
 */

import { parseCode } from "../protocol/roster.js";
import { Tab } from "./draft.js";
import { filledRead, pageDiffers } from "./fields.js";
import { Form } from "./form.js";
import { $, errorSet, make, note, onPress, say, screenShow, tell } from "./page.js";
import { After, causeNote, offer } from "./sent.js";
import { openSession } from "./session.js";

/** @typedef {import("./form.js").Place} Place */

const PATH = /^(.*\/answer\/([0-9a-f]{32}))(?:\/[a-z]{2,3})?\/?$/;
const DIRECT = ["check", "change"];
const [, , surveyId] = PATH.exec(location.pathname) ?? ["", "", ""];
const fragment = decodeURIComponent(location.hash.slice(1));
const isScreen = DIRECT.includes(fragment);
// The code leaves the address bar before anything else happens; it lives with this tab.
if (fragment && !isScreen && !document.getElementById(fragment)) new Tab(`drempel/${surveyId}`).write("code", fragment);
history.replaceState(history.state, "", location.pathname);

/** @type {import("./session.js").Session} */
let session;
/** @type {Form} */
let form;
/** @type {After} */
let after;

/** Say on the first screen where things stand. @param {string} kind of note @param {...(Node | string)} parts */
function stateSet(kind, ...parts) {
  $("state").className = `note ${kind}`;
  $("state").replaceChildren(...parts);
}

/** Something is not as it was signed. @param {string} code */
function stop(code) {
  const told = make("div", { class: "note stop" }, note(`${say("stop")}.`, say("stop_why")), make("p", {}, say("stop_report"), " ", make("code", {}, code)));
  tell(say("stop"), told);
  for (const id of ["form", "read"]) $(id).remove();
}

async function start() {
  stateSet("", note(say("checking"), say("checking_why")));
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]);
  } catch {
    return tell(say("old"), say("old_why"));
  }
  try {
    const page = location.origin + location.pathname;
    session = await openSession({ relay: location.origin, surveyId, page, language: document.documentElement.lang });
  } catch (error) {
    const { code, canRetry, node } = /** @type {any} */ (error);
    if (!canRetry && !code.startsWith("store.")) return stop(node ? `${code} (${node})` : code);
    const again = make("button", { type: "button", class: "btn alt" }, say("retry"));
    again.addEventListener("click", start);
    return stateSet("stop", ...causeNote(error).childNodes, again);
  }
  const wrong = pageDiffers(session.manifest.survey);
  if (wrong.length) return stop(`booth.text ${wrong[0]}`);
  open();
}

async function open() {
  form = new Form(session, (place) => go(place), (answers) => after.give(form.isCorrecting ? "correct" : "send", answers));
  after = new After(session, () => go({ screen: "change", part: 0 }));
  after.ended = () => {
    form.clear();
    form.isCorrecting = false;
    go({ screen: "done", part: 0 }, true);
  };
  wire();
  const found = await session.loadDraft().catch(() => null);
  const left = found && form.take(found.draft);
  if (found) form.keep = found.place;
  if (isScreen) return go({ screen: fragment, part: 0 }, true, true);
  go(stands() ?? left ?? { screen: "read", part: 0 }, true, true);
}

function wire() {
  stateSet("ok", note(say("ready"), say("ready_why")));
  for (const id of ["go", "decline"]) $(id).disabled = false;
  $("tocheck").hidden = false;
  onPress("go", join);
  onPress("decline", () => tell(say("declined"), say("declined_why")));
  onPress("tocheck", () => go({ screen: "check", part: 0 }));
  onPress("docheck", () => go({ screen: "check", part: 0 }));
  for (const id of ["changeback", "checkback", "sendback"]) onPress(id, () => history.back());
  onPress("changego", () => {
    form.clear();
    form.isCorrecting = true;
    go({ screen: "form", part: 0 });
  });
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".foot a"))) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go({ screen: "read", part: 0 });
      $(link.hash.slice(1)).focus();
    });
  }
  $("switch").addEventListener("click", async (/** @type {Event} */ event) => {
    event.preventDefault();
    const here = DIRECT.find((name) => !$(name).hidden);
    if (!$("form").hidden || !$("review").hidden) await form.save();
    location.assign($("switch").href + (here ? `#${here}` : ""));
  });
  addEventListener("popstate", ({ state }) => show(state ?? { screen: "read", part: 0 }));
  session.addEventListener("change", () => {
    if (session.state === "erased") tell(say("erased"), say("erased_why"));
  });
}

/** Where this device stands, if not at the beginning: the message or screen that comes before everything else. @returns {Place | null} */
function stands() {
  const { state, receipt, manifest, intake } = session;
  if (state === "sent" && !form.isCorrecting) return { screen: "done", part: 0 };
  if (state === "closed") return { screen: receipt ? "done" : "closed", part: 0 };
  if (state === "sealed") return { screen: "sealed", part: 0 };
  if (manifest.roster.kind !== "code") return { screen: "key", part: 0 };
  const isEarly = intake === "waiting" && (manifest.timing !== "strict" || new Date() < manifest.issuing.opens);
  return isEarly && state === "new" ? { screen: "early", part: 0 } : null;
}

/** @param {Place} place @param {boolean} [replace] @param {boolean} [isFirst] */
function go(place, replace = false, isFirst = false) {
  history[replace ? "replaceState" : "pushState"](place, "", location.pathname);
  show(place, isFirst);
}

/** @param {Place} place @param {boolean} [isFirst] */
function show({ screen, part }, isFirst = false) {
  const standing = stands();
  // A step back never leads behind what has been sent.
  if (standing && ["form", "review", "keep"].includes(screen)) return show(standing, isFirst);
  if (screen === "form") return form.show(part, isFirst);
  if (screen === "review") return form.showReview();
  if (screen === "keep") return form.showKeep();
  if (screen === "check") return after.showCheck();
  if (screen === "done") return after.show(isFirst);
  if (screen === "closed") return tell(say("closed_h"), say("closed_why"));
  if (screen === "early") return tell(say("early_h"), say("early_why"));
  if (screen === "key") return tell(say("key"), say("key_why"));
  if (screen === "sealed") return offer(say("sealed"), say("sealed_why"), say("retry"), () => after.give("resume"));
  if (screen === "change" && session.state === "sent" && (session.receipt?.revision ?? 7) < 7) return screenShow("change", isFirst);
  $("codeq").hidden = Boolean(session.tab.read("code")) || session.state === "ticket";
  screenShow("read", isFirst);
}

/** Begin, if the code can be one and the respondent takes part. */
function join() {
  if (!$("codeq").hidden) {
    const code = $("code").value;
    errorSet("code", codeWrong(code));
    if (codeWrong(code)) return $("code").focus();
    session.tab.write("code", code);
  } else if (session.tab.read("code") && codeWrong(session.tab.read("code"))) {
    $("codeq").hidden = false;
    errorSet("code", say("code_bad"));
    return $("code").focus();
  }
  errorSet("agree", $("agree").checked ? "" : say("need_agree"));
  if (!$("agree").checked) return $("agree").focus();
  const asked = form.asked();
  go({ screen: "form", part: Object.keys(filledRead()).length ? form.part : asked[0] });
}

/** @param {string} code */
function codeWrong(code) {
  if (!code.trim()) return say("need_code");
  try {
    parseCode(code);
    return "";
  } catch {
    return say("code_bad");
  }
}

start();
