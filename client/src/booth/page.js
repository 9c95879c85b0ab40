/** The page as it was rendered: its parts by name, its sentences, one screen at a time. It is given text and values, never markup. */

/** What every screen needs; set once the booth has checked itself. @type {{session: import("./session.js").Session}} */
export const booth = Object.create(null);
/** How each screen is shown, by its id. @type {Record<string, (part: number, isFirst: boolean) => unknown>} */
export const screens = {};

/** @type {Record<string, string | {one: string, other: string}>} */
const SENTENCES = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const SURVEY = document.title;
const SIGNS = { tick: "M2.5 8.5 6 12l7.5-8", wait: "M8 4v4.5l3 2M8 1.5a6.5 6.5 0 1 0 .1 0Z", stop: "M8 2 1.5 14h13ZM8 6.5v3.5m0 1.6v.4" };
export const LANGUAGE = document.documentElement.lang;
export const LOCALE = LANGUAGE === "en" ? "en-GB" : LANGUAGE;

/** @param {string} id @returns {any} the element with this id */
export const $ = (id) => document.getElementById(id);

/** @param {string} selector @returns {any[]} */
export const all = (selector) => [...document.querySelectorAll(selector)];

/** @param {string} key @returns {boolean} */
export const isSaid = (key) => Object.hasOwn(SENTENCES, key);

/** A sentence with its names filled in; `n` decides between one and more. @param {string} key @param {Record<string, any>} [values] */
export function say(key, values = {}) {
  const found = SENTENCES[key];
  const text = typeof found === "string" ? found : found[values.n === 1 ? "one" : "other"];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? SENTENCES[name]));
}

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node | string)} children */
export function make(tag, attributes, ...children) {
  const isDrawn = ["svg", "path", "rect"].includes(tag);
  const made = isDrawn ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param {keyof typeof SIGNS} name */
export const sign = (name) => make("svg", { class: "i", viewBox: "0 0 16 16", "aria-hidden": "true" }, make("path", { d: SIGNS[name] }));

/** @param {string} kind @param {string} bold a sentence complete in itself @param {string} rest @param {...Node} more */
export const note = (kind, bold, rest, ...more) => make("div", { class: `note ${kind}` }, make("p", {}, make("b", {}, bold), ` ${rest}`), ...more);

/** A row of a list of steps or stores. @param {boolean} isDone @param {string} name @param {string} end @param {string} [id] */
export const tick = (isDone, name, end, id = "") =>
  make("li", { class: isDone ? "" : "not", ...(id && { id }) }, sign(isDone ? "tick" : "wait"), make("span", {}, name), make("span", { class: "end" }, end));

/** @param {string} text @param {() => unknown} act @param {string} [kind] */
export function button(text, act, kind = "btn") {
  const made = make("button", { type: "button", class: kind }, text);
  made.addEventListener("click", act);
  return made;
}

/** What pressing does, by the id of what is pressed. @param {Record<string, () => unknown>} acts */
export function onPress(acts) {
  for (const [id, act] of Object.entries(acts)) $(id).addEventListener("click", act);
}

/** @param {string} step */
export const titleSet = (step) => void (document.title = SURVEY.startsWith(step) ? SURVEY : `${step} – ${SURVEY}`);

/** Show one screen and no other; its heading takes the focus, unless this is how the page opens. @param {string} id @param {boolean} isFirst */
export function screenShow(id, isFirst = false) {
  for (const screen of all("main > .screen")) screen.hidden = screen.id !== id;
  const heading = $(id).querySelector("h1");
  titleSet(heading.textContent);
  if (isFirst) return;
  scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

/** Go to a screen; the browser's own "back" leads back. @param {string} screen @param {number} [part] @param {{replace?: boolean, isFirst?: boolean}} [how] */
export function go(screen, part = 0, { replace = false, isFirst = false } = {}) {
  history[replace ? "replaceState" : "pushState"]({ screen, part }, "", location.pathname);
  screens[screen](part, isFirst);
}

/** A screen that only tells something. @param {string} key of heading and sentence @param {boolean} isFirst @param {...Node} more */
export function tell(key, isFirst, ...more) {
  $("toldin").replaceChildren(make("h1", { tabindex: "-1" }, say(key)), make("p", {}, say(`${key}_why`)), ...more);
  screenShow("told", isFirst);
}

/** What went wrong: the sentence for this code, or for all that begin like it. @param {any} error a BoothError */
export function causeNote({ code = "booth.fault", node = "" }) {
  const isNode = isSaid(`node_${node}`);
  const keys = [code, code.startsWith("network.") && isNode ? "network_node" : "", code.split(".")[0]];
  const key = keys.map((one) => `by_${one}`).find(isSaid) ?? "by_other";
  const whole = node ? `${code} (${node})` : code;
  const names = { node: isNode ? say(`node_${node}`) : "" };
  return note("stop", `${say(key, names)}.`, say(`${key}_why`), make("p", { class: "small mono" }, say("code", { code: whole })));
}

/** Say at a field what is wrong with it; nothing clears it. @param {string} id @param {string} text */
export function errorSet(id, text) {
  const [place, part] = [$(`${id}e`), $(`${id}q`) ?? $(id)];
  place.hidden = !text;
  place.replaceChildren(...(text ? [sign("stop"), ` ${say("error", { text })}`] : []));
  part.classList.toggle("bad", Boolean(text));
  for (const field of part.querySelectorAll("input, select, textarea")) field.ariaInvalid = text ? "true" : null;
}

/** Offer a file to save. @param {string} name @param {string} text */
export function fileSave(name, text) {
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href, download: name }).dispatchEvent(new MouseEvent("click"));
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
