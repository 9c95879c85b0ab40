/**
 * A list from a file or from pasted text: rows read as they stream by, defusing undone, values in canonical form,
 * and a report of what was left out. Source: docs/protocol.md §19.2. Nothing here leaves the page.
 */

import { ProtocolError, refuse } from "../protocol/bytes.js";
import { linesOf, Records, separatorOf } from "./csv.js";
import { canonicalise, TYPES } from "./identifiers.js";
import { strip } from "./texts.js";

/** @typedef {import("./identifiers.js").Identifier} Identifier */
/**
 * How a table of `width` columns is read: `columns` are places (from 0) with the type of their values; type null stands
 * in `kind`'s column, row by row. Null in place of a layout: one value a line, or `type,value` where a question has
 * several types.
 * @typedef {{separator: string, hasHeader: boolean, width: number, kind: number | null, columns: {place: number, type: string | null}[]}} Layout
 */
/** @typedef {{taken: number, leftOut: number, dropped: {row: number, code: string, reason: string}[], samples: {from: string, to: string}[]}} Report */
/** @typedef {(row: number, identifier: Identifier) => void} Take */

const MOST_REPORTED = 10_000;
const MOST_SAMPLES = 5;
const SLICE_ROWS = 2_000;
const DEFUSED = new Set(["ipv4", "ipv6", "cidr", "domain", "url", "email"]);

/** @param {string} text pasted @returns {AsyncIterable<string>} */
export async function* textsOfText(text) {
  yield text.replace(/^\ufeff/, "");
}

/** @param {Blob} file @returns {AsyncIterable<string>} */
export async function* textsOfFile(file) {
  const reader = file.stream().getReader();
  const decoder = new TextDecoder("utf-8");
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    yield decoder.decode(piece.value, { stream: true });
  }
  yield decoder.decode();
}

/**
 * Gives every value that canonicalises to `take`, with its row; reports the others. Lets the page breathe and tells
 * how far it is after each slice; `signal` ends it.
 * @param {AsyncIterable<string>} texts @param {string[]} types of the question @param {Layout | null} layout
 * @param {Take} take @param {{signal?: AbortSignal, progress?: (rows: number) => void}} [watch] @returns {Promise<Report>}
 */
export async function readList(texts, types, layout, take, watch = {}) {
  /** @type {Report} */
  const report = { taken: 0, leftOut: 0, dropped: [], samples: [] };
  let rows = 0;
  for await (const [row, type, text] of valuesOf(texts, types, layout)) {
    one(report, types, row, type, text, take);
    rows += 1;
    if (rows % SLICE_ROWS === 0) {
      watch.progress?.(rows);
      await breath();
      watch.signal?.throwIfAborted();
    }
  }
  watch.progress?.(rows);
  return report;
}

/** Lets a page draw and hear. @returns {Promise<void>} */
export const breath = () => new Promise((resolve) => setTimeout(resolve));

/** @param {Report} report @param {string[]} types @param {number} row @param {string} type @param {string} text @param {Take} take */
function one(report, types, row, type, text, take) {
  /** @param {string} code @param {string} reason */
  const drop = (code, reason) => {
    report.leftOut += 1;
    if (report.dropped.length < MOST_REPORTED) report.dropped.push({ row, code, reason });
  };
  if (!types.includes(type)) return drop("identifier.type", "has a type that this question does not ask for");
  try {
    const found = canonicalise(type, undefang(type, text));
    if (!types.includes(found.type)) {
      return drop("identifier.type", `is of type ${found.type}, which this question does not ask for`);
    }
    report.taken += 1;
    if (found.value !== text && report.samples.length < MOST_SAMPLES) report.samples.push({ from: text, to: found.value });
    return take(row, found);
  } catch (error) {
    if (error instanceof ProtocolError) return drop(error.code, error.message);
    throw error;
  }
}

/**
 * @param {AsyncIterable<string>} texts @param {string[]} types @param {Layout | null} layout
 * @returns {AsyncGenerator<[number, string, string]>}
 */
async function* valuesOf(texts, types, layout) {
  if (layout === null && types.length === 1) {
    let row = 0;
    for await (const line of linesOf(texts)) {
      row += 1;
      const text = strip(line);
      if (text) yield [row, types[0], text];
    }
    return;
  }
  let plan = layout;
  let isFirst = true;
  for await (const { row, cells, separator } of recordsOf(texts, layout?.separator)) {
    plan ??= typedLayout(cells, separator);
    const isHeader = isFirst && plan.hasHeader;
    isFirst = false;
    if (!isHeader && cells.some((cell) => strip(cell))) yield* valuesOfRow(plan, row, cells);
  }
}

/** @param {Layout} plan @param {number} row @param {string[]} cells @returns {Generator<[number, string, string]>} */
function* valuesOfRow(plan, row, cells) {
  const named = plan.kind === null ? "" : strip(cells[plan.kind] ?? "").toLowerCase();
  const isAlone = plan.columns.length === 1;
  for (const { place, type } of plan.columns) {
    // In a column that stands last alone, a value such as an address may hold the separator without quotes.
    const isLast = isAlone && place === plan.width - 1;
    const text = isLast ? cells.slice(place).join(plan.separator) : (cells[place] ?? "");
    if (isAlone || strip(text)) yield [row, type ?? named, text];
  }
}

/** Of `type,value` rows, with or without a header. @param {string[]} cells @param {string} separator @returns {Layout} */
function typedLayout(cells, separator) {
  const names = cells.map((cell) => strip(cell).toLowerCase());
  const value = names.indexOf("value");
  const kind = names.indexOf("type");
  if (value >= 0 && kind < 0) refuse("list.table", "row 1 has no column 'type', which a list of types needs.", "row 1");
  const places = value < 0 ? { kind: 0, value: 1, width: 2 } : { kind, value, width: cells.length };
  const columns = [{ place: places.value, type: null }];
  return { separator, hasHeader: value >= 0, width: places.width, kind: places.kind, columns };
}

/**
 * Records with the row (from 1) on which they end. The first line shows the separator unless it is given.
 * @param {AsyncIterable<string>} texts @param {string} [given]
 * @returns {AsyncGenerator<{row: number, cells: string[], separator: string}>}
 */
async function* recordsOf(texts, given) {
  /** @type {Records | null} */
  let records = null;
  for await (const line of linesOf(texts)) {
    records ??= new Records(given ?? separatorOf(line));
    const cells = records.take(line);
    if (cells) yield { row: records.line, cells, separator: records.separator };
  }
  if (records?.state === "quoted") yield { row: records.line, cells: records.end(), separator: records.separator };
}

/** The first records of a table and what separates them. @param {AsyncIterable<string>} texts @param {number} most */
export async function firstRecords(texts, most) {
  /** @type {string[][]} */
  const rows = [];
  let separator = ",";
  for await (const record of recordsOf(texts)) {
    separator = record.separator;
    rows.push(record.cells);
    if (rows.length === most) break;
  }
  return { separator, rows };
}

/**
 * The columns whose first values are of a type of the question, and whether the first row names them.
 * @param {string[][]} rows @param {string[]} types @param {string} separator @returns {Layout}
 */
export function proposeLayout(rows, types, separator) {
  const width = Math.max(0, ...rows.map((cells) => cells.length));
  const body = rows.slice(1);
  const hasHeader = rows.length > 1 && !rows[0].some((cell) => types.some((type) => isOf(type, cell)));
  const columns = [];
  for (let place = 0; place < width; place += 1) {
    const cells = (hasHeader ? body : rows).map((row) => row[place] ?? "").filter((cell) => strip(cell));
    const fits = (/** @type {string} */ type) => cells.filter((cell) => isOf(type, cell)).length;
    // Of types that fit equally well the first is the narrowest.
    const [best] = TYPES.filter((type) => types.includes(type)).sort((one, two) => fits(two) - fits(one));
    if (best && cells.length && 2 * fits(best) > cells.length) columns.push({ place, type: best });
  }
  return { separator, hasHeader, width, kind: null, columns };
}

/** @param {string} type @param {string} text */
function isOf(type, text) {
  try {
    return Boolean(canonicalise(type, undefang(type, text)));
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

/** A value as it was before somebody defused it (`hxxp`, `[.]`), without port. @param {string} type @param {string} text */
export function undefang(type, text) {
  if (!DEFUSED.has(type)) return text;
  const bare = strip(text);
  const named = type === "url" ? bare.replace(/^h[tx*]{2}p(s?)(?::\/\/|\[:\]\/\/|\[:\/\/\]|\[:\/\]\/)/i, "http$1://") : bare;
  const value = named
    .replace(/\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)/gi, ".")
    .replace(/\[@\]|\(@\)|\[at\]|\(at\)/gi, "@")
    .replaceAll("[:]", ":")
    .replaceAll("[/]", "/");
  if (type === "ipv4") return value.replace(/^([0-9.]+):[0-9]{1,5}$/, "$1");
  if (type === "ipv6") return value.replace(/^\[([0-9A-Fa-f:.%a-z]+)\](?::[0-9]{1,5})?$/, "$1");
  return value;
}
