/** The page as it was rendered: its parts by name, its sentences, one screen at a time. It is given text and values, never markup. */

/** What every screen needs; set once the booth has checked itself. @type {{session: import("./session.js").Session}} */
export const booth = Object.create(null);
/** What a screen does when it is shown, by its id. @type {Record<string, (part: number) => unknown>} */
export const screens = {};

export const LANGUAGE = document.documentElement.lang;
const SURVEY = document.title;

/** @param {string} id @returns {any} the element with this id */
export const $ = (id) => document.getElementById(id);

/** @param {string} selector @returns {any[]} */
export const all = (selector) => [...document.querySelectorAll(selector)];

/** @type {Record<string, string | {one: string, other: string}>} */
const SENTENCES = JSON.parse($("words").textContent);

/** A sentence with its names filled in; `n` decides between one and more. @param {string} key @param {Record<string, any>} [values] */
export function say(key, values = {}) {
  const found = SENTENCES[key];
  const text = typeof found === "string" ? found : found[values.n === 1 ? "one" : "other"];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Of several texts show one, or none. @param {string} id of what holds them @param {string | number | null} key */
export function pick(id, key) {
  for (const text of $(id).children) text.hidden = text.dataset.is !== String(key);
}

/** How a row of a list stands. @param {string} id @param {boolean} isDone @param {string} key of the word for it */
export function mark(id, isDone, key) {
  $(id).classList.toggle("not", !isDone);
  $(id).querySelector(".end").textContent = say(key);
}

/** Say at a field that it is not right, or no longer; nothing clears the field. @param {string} id @param {boolean} isWrong */
export function wrongSet(id, isWrong) {
  const part = $(`${id}q`) ?? $(id);
  $(`${id}e`).hidden = !isWrong;
  part.classList.toggle("bad", isWrong);
  for (const field of part.querySelectorAll("input, select, textarea")) field.ariaInvalid = isWrong ? "true" : null;
}

/** What pressing does, by the id of what is pressed. @param {Record<string, () => unknown>} acts */
export function onPress(acts) {
  for (const [id, act] of Object.entries(acts)) $(id).addEventListener("click", act);
}

/** @param {string} step of the way, which the survey's own name follows */
export const titleSet = (step) => void (document.title = SURVEY.startsWith(step) ? SURVEY : `${step} – ${SURVEY}`);

/** Show one screen and no other, its heading in focus. @param {string} id @param {number} [part] of the form */
export function show(id, part = 0) {
  for (const screen of all("main > .screen")) screen.hidden = screen.id !== id;
  const heading = $(id).querySelector("h1");
  scrollTo(0, 0);
  heading.focus({ preventScroll: true });
  titleSet(heading.textContent);
  screens[id]?.(part);
}

/** Go to a screen; the browser's own "back" leads back. @param {string} screen @param {number} [part] @param {"pushState" | "replaceState"} [how] */
export function go(screen, part = 0, how = "pushState") {
  history[how]({ screen, part }, "", location.pathname);
  show(screen, part);
}

/** Offer a file to save. @param {string} name @param {string} text */
export function fileSave(name, text) {
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
