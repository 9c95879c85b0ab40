/** The page's parts by name, its sentences, and what may be done to them: text, `hidden`, values. Never markup. */

/** @typedef {string | {one: string, other: string}} Sentence */

/** @type {Record<string, Sentence>} */
const SENTENCES = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
export const LANGUAGE = document.documentElement.lang;
const SURVEY = document.title;

/** @param {string} id @returns {any} the element with this id, which the page has */
export const $ = (id) => document.getElementById(id);

/** A sentence with its names filled in; `n` decides between one and more. @param {string} key @param {Record<string, string | number>} [values] */
export function say(key, values = {}) {
  const found = SENTENCES[key];
  const text = typeof found === "string" ? found : found[values.n === 1 ? "one" : "other"];
  const all = /** @type {Record<string, string | number>} */ ({ ...SENTENCES, ...values });
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof all[name] === "number" ? number(all[name]) : String(all[name])));
}

/** Whether there is such a sentence. @param {string} key */
export const isSaid = (key) => Object.hasOwn(SENTENCES, key);

/** @param {number} value */
export const number = (value) => new Intl.NumberFormat(LANGUAGE, { useGrouping: "always" }).format(value);

/** @param {string} day YYYY-MM-DD */
export const dayText = (day) => new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${day}T00:00Z`));

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node | string)} children */
export function make(tag, attributes = {}, ...children) {
  const isDrawn = ["svg", "path", "rect"].includes(tag);
  const made = isDrawn ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const SIGNS = { tick: "M2.5 8.5 6 12l7.5-8", wait: "M8 4v4.5l3 2M8 1.5a6.5 6.5 0 1 0 .1 0Z", stop: "M8 2 1.5 14h13ZM8 6.5v3.5m0 1.6v.4" };
/** @param {keyof typeof SIGNS} name */
export const sign = (name) => make("svg", { class: "i", viewBox: "0 0 16 16", "aria-hidden": "true" }, make("path", { d: SIGNS[name] }));

/** A sentence whose first words are bold. @param {string} bold @param {string} rest */
export const note = (bold, rest) => make("p", {}, make("b", {}, bold), " ", rest);

/** @param {string} text @param {() => void} act @param {string} [kind] */
export function button(text, act, kind = "btn") {
  const made = make("button", { type: "button", class: kind }, text);
  made.addEventListener("click", act);
  return made;
}

/** @param {string} id @param {() => unknown} act what pressing it does */
export const onPress = (id, act) => $(id).addEventListener("click", act);

/** @param {string} text of this step, before the survey's name */
export const titleSet = (text) => void (document.title = `${text} – ${SURVEY}`);

/** Show one screen and no other; its heading takes the focus, unless this is how the page opens. @param {string} name @param {boolean} [isFirst] */
export function screenShow(name, isFirst = false) {
  for (const screen of document.querySelectorAll("main > .screen")) /** @type {HTMLElement} */ (screen).hidden = screen.id !== name;
  titleSet(say(`title_${name}`));
  if (isFirst) return;
  scrollTo(0, 0);
  /** @type {HTMLElement | null} */ ($(name).querySelector("h1"))?.focus({ preventScroll: true });
}

/** The screen that only tells something. @param {string} heading @param {...(Node | string)} parts */
export function tell(heading, ...parts) {
  const paragraphs = parts.map((part) => (typeof part === "string" ? make("p", {}, part) : part));
  $("toldin").replaceChildren(make("h1", { tabindex: "-1" }, heading), ...paragraphs);
  screenShow("told");
  titleSet(heading);
}

/** Say at a field what is wrong with it, or nothing any more. @param {string} id @param {string} text */
export function errorSet(id, text) {
  const place = $(`${id}e`);
  place.hidden = !text;
  place.replaceChildren(...(text ? [sign("stop"), ` ${say("error", { text })}`] : []));
  const part = $(id) ?? $(`${id}q`);
  part.classList.toggle("bad", Boolean(text));
  for (const field of part.querySelectorAll("input, select, textarea")) {
    if (text) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

/** Sum up errors on top, each leading to its field, and move there. @param {string} id @param {{text: string, go: () => void}[]} errors none hides it */
export function summarySet(id, errors) {
  $(id).hidden = !errors.length;
  $(`${id}h`).textContent = errors.length ? say("wrong", { n: errors.length }) : "";
  $(`${id}l`).replaceChildren(...errors.map(({ text, go }) => make("li", {}, button(text, go, "link"))));
  if (!errors.length) return;
  titleSet(say("title_error", { title: $("parth").textContent }));
  $(id).focus();
}

/** Offer a file to save. @param {string} name @param {string} text */
export function fileSave(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: url, download: name }).dispatchEvent(new MouseEvent("click"));
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
