/**
 * The pages of a question: make keys for a role, and sign what is next to be signed. The terms on the page are compared
 * with the bytes of the manifest first; a button that signs stays shut until they are the same.
 */

import { data, ProtocolError, refuse, toBase64 } from "../protocol/bytes.js";
import { parseRequest } from "../lists/request.js";
import { heldNames, makeKeys, publicKeys, registration, signLabelled } from "./keys.js";
import { ORDER_LABEL, orderBytes, STEPS, windows } from "./signing.js";
import { sameTerms } from "./terms.js";
import { go, pick, say, show, words } from "./view.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */

const ORDERS = ["close-consents", "close"];
const place = document.getElementById("asking")?.dataset ?? {};
const api = `/api/v1/requests/${place.request}`;

/** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
async function call(path, body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token instanceof HTMLInputElement ? token.value : "" };
  const write = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(path, { ...(body === undefined ? {} : write), redirect: "error" }).catch(() => null);
  if (!answer) return refuse("portal.unreachable", "The portal cannot be reached.");
  const found = await answer.json().catch(() => null);
  if (!answer.ok) refuse(String(found?.code ?? "other"), String(found?.detail ?? "The portal refused this."));
  return found;
}

/** The number under which the portal has this browser's key of a role. @param {string} role @returns {Promise<number>} */
async function numberOf(role) {
  if (!(await heldNames()).includes(role)) refuse("keys.none", "This browser has no key for this.");
  const key = toBase64((await publicKeys(role)).key);
  for (let next = "/api/v1/keys"; next; ) {
    const page = await call(next);
    const found = page.results.find((/** @type {any} */ one) => one.sign_key === key && one.own && !one.revoked_at);
    if (found) return found.id;
    next = page.next ? new URL(page.next).pathname + new URL(page.next).search : "";
  }
  return refuse("keys.none", "The portal does not know this browser's key.");
}

/** Compare the page with the manifest, where there is one. */
async function checkTerms() {
  if (!place.digest) return;
  const raw = data((await call(`${api}/manifest`)).body, "manifest");
  const request = await parseRequest(raw);
  if (request.digest !== place.digest) refuse("page.differs", "The manifest is not the one that the page names.");
  sameTerms(request, JSON.parse(place.said ?? "{}"));
  show("checked");
}

/** @param {string} name @param {string} role @returns {Promise<{key: number, signature: string}>} */
async function signed(name, role) {
  const key = await numberOf(role);
  const { label, check } = STEPS[name];
  const body = data((await call(`${api}/${name}${name === "submission" ? `?key=${key}` : ""}`)).body, "body");
  const shown = {
    request: place.request ?? "",
    manifest: place.digest ?? "",
    definition: JSON.parse(place.definition ?? "null"),
    listSize: Number(place.size),
    version: Number(place.version),
    key: (await publicKeys(role)).key,
  };
  await check(body, shown);
  return { key, signature: toBase64(await signLabelled(label, body, role)) };
}

/** @param {string} name @param {string} role */
async function step(name, role) {
  if (ORDERS.includes(name)) {
    const order = orderBytes(place.digest ?? "", name);
    const signature = toBase64(await signLabelled(ORDER_LABEL, order, role));
    return call(`${api}/orders`, { order: toBase64(order), signature });
  }
  const { key, signature } = await signed(name, role);
  const isNamed = name === "approval" || name === "revocation";
  return call(`${api}/${name}`, isNamed ? { signature } : { key, signature });
}

/** @param {HTMLFormElement} form */
async function prepare(form) {
  const given = new FormData(form);
  const number = (/** @type {string} */ name) => Number(given.get(name));
  const proof = await signed("preparation", "coordinator");
  await call(`${api}/preparation`, {
    ...proof,
    holders: given.getAll("holders").map(Number),
    approvers: given.getAll("approvers").map(Number),
    needed: number("needed"),
    holder_size: number("holder_size"),
    give_up_after_days: number("give_up_after_days"),
    ...windows(new Date(), number("consenting"), number("contributing")),
  });
}

/** @param {HTMLElement} button */
async function makeKey(button) {
  const { organisation = "", role = "" } = button.dataset;
  if (!(await heldNames()).includes(role)) await makeKeys(role);
  const name = navigator.platform || "browser";
  await call("/api/v1/keys", { name, ...(await registration({ organisation, role }, role)) }).catch((error) => {
    if (error?.code !== "key.taken") throw error;
  });
}

/** Say a fault where it is read next. @param {unknown} error */
function fault(error) {
  const known = error instanceof ProtocolError;
  say("fault-text", known ? words("faults", error.code) : words("faults", "other"));
  say("fault-code", known ? error.code : "other");
  show("fault");
  go("fault");
}

/** Do what a button asks, once; then go to a page that shows what has become of it. @param {HTMLButtonElement} button @param {() => Promise<unknown>} work @param {string} [next] */
async function press(button, work, next) {
  show("fault", false);
  button.disabled = true;
  try {
    await work();
    if (next) location.assign(next);
    else location.reload();
  } catch (error) {
    button.disabled = false;
    fault(error);
  }
}

/** Which of the roles have a key here. */
async function showKeys() {
  const held = await heldNames();
  for (const row of document.querySelectorAll("[data-key-role]")) {
    const isThere = held.includes(/** @type {HTMLElement} */ (row).dataset.keyRole ?? "");
    for (const part of row.querySelectorAll("[data-there]")) {
      /** @type {HTMLElement} */ (part).hidden = /** @type {HTMLElement} */ (part).dataset.there !== (isThere ? "yes" : "no");
    }
  }
}

async function start() {
  await showKeys();
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-make-key]"))) {
    button.addEventListener("click", () => void press(button, () => makeKey(button)));
  }
  if (!document.getElementById("asking")) return;
  await checkTerms();
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-sign]"))) {
    const { sign = "", role = "" } = button.dataset;
    button.addEventListener("click", () => void press(button, () => step(sign, role)));
    button.disabled = false;
  }
  const form = document.getElementById("prepare");
  if (!(form instanceof HTMLFormElement)) return;
  const send = /** @type {HTMLButtonElement} */ (pick("prepare-send"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void press(send, () => prepare(form), place.back);
  });
  send.disabled = false;
}

await start().catch(fault);
