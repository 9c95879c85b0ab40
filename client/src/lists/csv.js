/** Tables of text, read as they stream by, as Python's reader of CSV reads them. Source: RFC 4180. */

import { refuse } from "../protocol/bytes.js";

const LONGEST_CELL = 131_072;

/** Lines with their ends. @param {AsyncIterable<string>} texts */
export async function* linesOf(texts) {
  let rest = "";
  for await (const text of texts) {
    rest += text;
    // A carriage return at the very end may be half of a line's end.
    const pieces = rest.match(/[^\r\n]*(?:\r\n|\n|\r(?=[^\n]))/g) ?? [];
    rest = rest.slice(pieces.reduce((sum, piece) => sum + piece.length, 0));
    yield* pieces;
  }
  yield* rest.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}

/** The separator that a header shows. @param {string} line */
export const separatorOf = (line) => (line.split(";").length > line.split(",").length ? ";" : ",");

/** Takes one line after the other and gives a record when it is whole. */
export class Records {
  /** @param {string} separator */
  constructor(separator) {
    this.separator = separator;
    this.line = 0;
    /** @type {string[]} */
    this.cells = [];
    this.cell = "";
    this.state = "start";
  }

  /** @param {string} line @returns {string[] | null} the record, or null if it goes on */
  take(line) {
    this.line += 1;
    const text = line.replace(/[\r\n]+$/, "");
    for (const letter of text) this.letter(letter);
    if (this.state === "quoted") {
      this.cell += line.slice(text.length);
      return null;
    }
    return this.end();
  }

  /** @returns {string[]} */
  end() {
    const isEmpty = this.state === "start" && !this.cells.length;
    if (!isEmpty) this.cells.push(this.cell);
    const { cells } = this;
    [this.cells, this.cell, this.state] = [[], "", "start"];
    return cells;
  }

  /** @param {string} letter */
  letter(letter) {
    if (this.state === "quoted") {
      if (letter === '"') this.state = "closing";
      else this.add(letter);
    } else if (letter === this.separator) {
      this.cells.push(this.cell);
      this.cell = "";
      this.state = "start";
    } else if (letter === '"' && this.state !== "plain") {
      if (this.state === "closing") this.add(letter);
      this.state = "quoted";
    } else {
      this.add(letter);
      this.state = "plain";
    }
  }

  /** @param {string} letter */
  add(letter) {
    this.cell += letter;
    if (this.cell.length > LONGEST_CELL) {
      refuse("list.table", `row ${this.line} has quotes or characters that CSV cannot hold.`, `row ${this.line}`);
    }
  }
}
