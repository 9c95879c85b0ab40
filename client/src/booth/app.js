/**
 * Start here: check that page and program are the signed ones, see where this device stands, lead through the screens.
 * Until every check has passed nothing can be sent; after a difference nothing can be sent at all.
 */

import { Tab } from "./store.js";
import { answersToSend, draftSave, draftTake, form, formStart, pageDiffers } from "./form.js";
import { $, all, booth, go, LANGUAGE, onPress, pick, screens, show, wrongSet } from "./page.js";
import { give, sentStart } from "./sent.js";
import { openSession } from "./session.js";

/** Screens to which an address may lead, so that changing the language stays there. */
const DIRECT = ["check", "change"];
const surveyId = location.pathname.match(/\/answer\/([0-9a-f]{32})/)?.[1] ?? "";
const fragment = location.hash.slice(1);
// The code leaves the address bar before anything else happens, and lives with this tab.
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
  if (!isAble) return pick("state", "old");
  try {
    if (fragment && !$(fragment)) new Tab(`drempel/${surveyId}`).write("code", fragment);
    const page = location.origin + location.pathname;
    booth.session = await openSession({ relay: location.origin, surveyId, page, language: LANGUAGE });
  } catch (/** @type {any} */ error) {
    if (!error.canRetry && !error.code.startsWith("store.")) return stop(error.message);
    $("retry").hidden = false;
    return pick("state", "failed");
  }
  const [wrong] = pageDiffers(booth.session.manifest.survey);
  if (wrong) return stop(`booth.text ${wrong}`);
  formStart();
  sentStart();
  wire();
  const found = await booth.session.loadDraft().catch(() => null);
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

$("retry").addEventListener("click", start);
// An invitation opened in a tab that shows this page already.
addEventListener("hashchange", () => $(location.hash.slice(1)) || location.reload());
start();
