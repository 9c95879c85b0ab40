/** A holder's inbox: keys made here and registered at the portal; how far each question is in this browser. */

import { heldNames, makeKeys, registration } from "./keys.js";
import { allKept } from "./shelf.js";
import { go, onPress, pick, show } from "./view.js";

const HOLDER = "desk";

async function register() {
  const { organisation } = pick("keys-make").dataset;
  const given = await registration({ organisation, role: "holder" }, HOLDER);
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token instanceof HTMLInputElement ? token.value : "" };
  const body = JSON.stringify({ name: navigator.platform || "browser", ...given });
  const answer = await fetch("/api/v1/keys", { method: "POST", headers, body, redirect: "error" });
  if (answer.ok) return;
  const problem = await answer.json().catch(() => null);
  if (problem?.code !== "key.taken") throw new Error(problem?.code ?? "refused");
}

async function make() {
  show("keys-fault", false);
  pick("keys-make").disabled = true;
  try {
    if (!(await heldNames()).includes(HOLDER)) await makeKeys(HOLDER);
    await register();
    await showKeys();
  } catch {
    show("keys-fault");
    go("keys-title");
  } finally {
    pick("keys-make").disabled = false;
  }
}

async function showKeys() {
  const isThere = (await heldNames()).includes(HOLDER);
  show("keys-wait", false);
  show("keys-none", !isThere);
  show("keys-there", isThere);
}

async function showKept() {
  const kept = new Map((await allKept()).map((one) => [one.digest, one.state]));
  for (const row of document.querySelectorAll("tr[data-digest]")) {
    const state = kept.get(/** @type {HTMLElement} */ (row).dataset.digest ?? "");
    const words = state && pick("kept-words").querySelector(`[data-state="${state}"]`)?.textContent;
    const cell = row.querySelector(".kept");
    if (cell && words) cell.textContent = words;
  }
}

if (document.getElementById("keys-make")) onPress("keys-make", make);
try {
  await showKeys();
  await showKept();
} catch {
  show("keys-wait", false);
  show("keys-fault");
}
