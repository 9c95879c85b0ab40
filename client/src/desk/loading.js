/** Load a list in the page: choose or paste, say which column holds what, read with a report. Nothing leaves the page. */

import { refuse } from "../protocol/bytes.js";
import * as reading from "../lists/reading.js";
import { distinct, Hasher } from "../lists/words.js";
import { fill, heads, onPress, pick, say, show, words } from "./view.js";

/** @typedef {import("../lists/request.js").Request} Request */
/** @typedef {{words: import("../lists/words.js").Words, report: reading.Report, rows: Map<bigint, {value: string, rows: number[]}>}} Loaded */

const PREVIEWED = 20;
const SHOWN = 3;

/** Reads one list for one request, and says how. */
export class Loader {
  /** @param {Request} request @param {(loaded: Loaded) => void} done @param {(error: unknown) => void} failed */
  constructor(request, done, failed) {
    this.request = request;
    this.done = done;
    this.failed = failed;
    /** @type {() => AsyncIterable<string>} */
    this.texts = () => reading.textsOfText("");
    /** @type {reading.Layout | null} */
    this.layout = null;
    this.ending = new AbortController();
    pick("file").addEventListener("change", () => this.#guard(() => this.#choose(pick("file").files[0])));
    onPress("paste", () => this.#guard(() => this.#preview(() => reading.textsOfText(pick("pasted").value))));
    onPress("read", () => this.#guard(() => this.#mapped()));
    onPress("cancel", () => this.ending.abort());
  }

  /** @param {File | undefined} file */
  #choose(file) {
    return file ? this.#preview(() => reading.textsOfFile(file)) : Promise.resolve();
  }

  /** @param {() => AsyncIterable<string>} texts */
  async #preview(texts) {
    this.texts = texts;
    const { types } = this.request;
    const { rows, separator } = await reading.firstRecords(texts(), PREVIEWED);
    const width = Math.max(0, ...rows.map((cells) => cells.length));
    const isPlain = types.length === 1 && width <= 1;
    const isTyped = types.length > 1 && width === 2 && rows.slice(1).some(([type]) => types.includes(type?.trim().toLowerCase()));
    this.layout = isPlain || isTyped ? null : reading.proposeLayout(rows, types, separator);
    show("map", this.layout !== null);
    if (this.layout === null) return this.#read();
    this.#map(rows);
    return undefined;
  }

  /** @param {string[][]} rows */
  #map(rows) {
    const { hasHeader, width, columns } = /** @type {reading.Layout} */ (this.layout);
    const lines = Array.from({ length: width }, (_, place) => {
      const line = pick("column").content.cloneNode(true);
      const [name, values] = line.querySelectorAll("th, td");
      name.textContent = hasHeader ? rows[0][place] : String(place + 1);
      values.textContent = rows.slice(hasHeader ? 1 : 0, SHOWN + 1).map((cells) => cells[place] ?? "").filter(Boolean).join(" · ").slice(0, 120);
      const choice = line.querySelector("select");
      choice.value = columns.find((one) => one.place === place)?.type ?? "";
      choice.setAttribute("aria-label", name.textContent || String(place + 1));
      return line;
    });
    pick("columns").replaceChildren(...lines);
    pick("read").focus();
  }

  async #mapped() {
    const chosen = [...pick("columns").querySelectorAll("select")].map(({ value }) => value);
    const columns = chosen.map((type, place) => ({ place, type })).filter(({ type }) => type);
    if (!columns.length) refuse("list.columns", "Say for at least one column what it holds.");
    this.layout = { .../** @type {reading.Layout} */ (this.layout), columns };
    await this.#read();
  }

  async #read() {
    this.ending = new AbortController();
    show("reading");
    try {
      this.done(await this.readAll(this.ending.signal));
    } finally {
      show("reading", false);
    }
  }

  /** @param {AbortSignal} [signal] @returns {Promise<Loaded>} */
  async readAll(signal) {
    const { types, federation } = this.request;
    /** @type {import("../lists/identifiers.js").Identifier[]} */
    const values = [];
    /** @type {number[]} */
    const lines = [];
    const progress = (/** @type {number} */ rows) => say("reading-rows", rows);
    const report = await reading.readList(this.texts(), types, this.layout, (row, value) => void (values.push(value), lines.push(row)), { signal, progress });
    const found = await new Hasher(federation, types).words(values, { signal });
    const rows = new Map();
    for (const [at, word] of found.entries()) {
      const known = rows.get(word);
      if (known) known.rows.push(lines[at]);
      else rows.set(word, { value: values[at].value, rows: [lines[at]] });
    }
    return { words: distinct(found), report, rows };
  }

  /** The same file once more, to find values behind words. @param {File} file @param {reading.Layout | null} layout */
  async again(file, layout) {
    this.texts = () => reading.textsOfFile(file);
    this.layout = layout;
    return this.readAll();
  }

  /** @param {() => Promise<unknown>} work */
  async #guard(work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) this.failed(error);
    }
  }
}

/** Shows what was read and what was left out. @param {Loaded} loaded */
export function showReport({ words: found, report }) {
  say("usable", found.length);
  show("zero", found.length === 0);
  /** @type {Map<string, number[]>} */
  const groups = new Map();
  for (const { row, code } of report.dropped) groups.set(code, [...(groups.get(code)?.slice(0, SHOWN) ?? []), row]);
  const counts = new Map();
  for (const { code } of report.dropped) counts.set(code, (counts.get(code) ?? 0) + 1);
  const number = (/** @type {number} */ value) => value.toLocaleString(document.documentElement.lang);
  const rows = [...groups].map(([code, at]) => [words("reasons", code), at.slice(0, SHOWN).map(number).join(", ") + (counts.get(code) > SHOWN ? " …" : ""), number(counts.get(code))]);
  show("left", report.leftOut > 0);
  say("left-count", report.leftOut);
  fill("left-rows", rows, heads("left-rows"));
  show("samples", report.samples.length > 0);
  fill("samples-rows", report.samples.map(({ from, to }) => [from, to]), heads("samples-rows"));
}
