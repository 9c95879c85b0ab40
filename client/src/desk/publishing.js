/**
 * The coordinator's signatures on a survey's page: for the nodes' keys, under the manifest, under the order to close. The
 * key is this browser's, or one in a file that is read here and leaves the page with nobody. The portal gets signatures
 * alone; whether the key may ask anything is each node's policy.
 */

import { parseBase64, refuse, toBase64 } from "../protocol/bytes.js";
import { heldNames, makeKeys, publicKeys, signLabelled, signWith } from "./keys.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {{key: Bytes, sign: (label: string, body: Bytes) => Promise<Bytes>}} Signer */

const NAME = "desk";

/** The key of a PEM file (PKCS #8, Ed25519), read here. @param {string} text @returns {Promise<Signer>} */
export async function fileSigner(text) {
  const packed = text.replace(/-----[A-Z ]+-----/g, "").replace(/\s+/g, "");
  const data = parseBase64(packed) ?? refuse("keys.file", "This file holds no key (PEM).");
  const read = crypto.subtle.importKey("pkcs8", data, "Ed25519", true, ["sign"]);
  const key = await read.catch(() => refuse("keys.file", "This file holds no Ed25519 key."));
  const { x = "" } = await crypto.subtle.exportKey("jwk", key);
  const padded = x.replaceAll("-", "+").replaceAll("_", "/").padEnd(44, "=");
  const half = parseBase64(padded) ?? refuse("keys.file", "This file holds no Ed25519 key.");
  return { key: half, sign: (label, body) => signWith(key, label, body) };
}

/** This browser's own key, made where there is none. @returns {Promise<Signer>} */
export async function ownSigner() {
  const held = (await heldNames()).includes(NAME);
  const { key } = held ? await publicKeys(NAME) : await makeKeys(NAME);
  return { key, sign: (label, body) => signLabelled(label, body, NAME) };
}

/**
 * Have the manifest built, sign it and publish.
 * @param {Signer} signer @param {{address: string, prepare: Bytes, opens: string, closes: string}} terms
 * @param {(address: string, body: object) => Promise<any>} post @returns {Promise<any>}
 */
export async function publish(signer, { address, prepare, opens, closes }, post) {
  const window = { opens, closes };
  const { manifest } = await post(`${address}/prepare`, {
    coordinator_key: toBase64(signer.key),
    prepare_signature: toBase64(await signer.sign("drempel/prepare/1", prepare)),
    issuing: window,
    answering: window,
  });
  const body = parseBase64(manifest) ?? refuse("manifest.form", "The portal sent no manifest.");
  const signature = toBase64(await signer.sign("drempel/manifest/1", body));
  return post(`${address}/publish`, { signature });
}

/**
 * Sign the order to close.
 * @param {Signer} signer @param {{address: string, order: Bytes}} terms
 * @param {(address: string, body: object) => Promise<any>} post @returns {Promise<any>}
 */
export async function close(signer, { address, order }, post) {
  const signature = toBase64(await signer.sign("drempel/order/1", order));
  return post(`${address}/orders`, { order: toBase64(order), signature });
}

/** @param {string} token @returns {(address: string, body: object) => Promise<any>} */
const poster = (token) => async (address, body) => {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) refuse(said.code ?? "portal.refused", said.detail ?? "The portal did not do it.");
  return said;
};

/** @param {HTMLFormElement} form */
async function act(form) {
  const given = form.dataset;
  const file = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"))?.files?.[0];
  const signer = file ? await fileSigner(await file.text()) : await ownSigner();
  const token = /** @type {HTMLInputElement} */ (form.querySelector("[name=csrfmiddlewaretoken]")).value;
  const terms = { address: given.address ?? "", opens: given.opens ?? "", closes: given.closes ?? "" };
  const bytes = parseBase64(given.bytes) ?? refuse("page.form", "The page is not whole; load it again.");
  if (given.act === "close") await close(signer, { ...terms, order: bytes }, poster(token));
  else await publish(signer, { ...terms, prepare: bytes }, poster(token));
}

/** @param {HTMLFormElement} form */
function listen(form) {
  const status = /** @type {HTMLElement} */ (form.querySelector("[role=status]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    status.textContent = form.dataset.busy ?? "";
    try {
      await act(form);
      location.reload();
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
      button.disabled = false;
    }
  });
}

/** The own key's public half, to hand to the operators. @param {HTMLElement} place */
async function show(place) {
  if ((await heldNames()).includes(NAME)) place.textContent = toBase64((await publicKeys(NAME)).key);
}

if (globalThis.document) {
  const forms = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-act]"));
  for (const form of forms) listen(form);
  const place = document.querySelector("[data-key]");
  if (place instanceof HTMLElement) show(place).catch(() => undefined);
}
