/** The field, shares, and the proof that a record is bits. Source: docs/protocol.md §4, §18.1, §18.2. */

import { refuse } from "./bytes.js";

export const MODULUS = 2n ** 61n - 1n;

/** @param {number} count @returns {bigint[]} uniform in 0 … p-1, from the system's generator */
export function randomElements(count) {
  /** @type {bigint[]} */
  const drawn = [];
  while (drawn.length < count) {
    // The generator gives at most 65,536 bytes at once. Of 61 bits one value is no element: drawn again.
    const words = crypto.getRandomValues(new BigUint64Array(Math.min(count - drawn.length, 8192)));
    for (const word of words) if ((word & MODULUS) !== MODULUS) drawn.push(word & MODULUS);
    words.fill(0n);
  }
  return drawn;
}

/** @param {bigint[]} values elements @returns {Bytes} 8 bytes each, least significant first */
export function packVector(values) {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, place) => view.setBigUint64(8 * place, value, true));
  return new Uint8Array(view.buffer);
}

/** Node j's share of a value is value + slope · j. @param {bigint[]} values @param {bigint[]} slopes fresh, used once */
export function split(values, slopes) {
  if (values.length !== slopes.length) throw new RangeError("one slope for each value");
  return [1n, 2n, 3n].map((j) => values.map((value, place) => (value + slopes[place] * j) % MODULUS));
}

const LARGEST_BLOCK = 250;

/** @param {number} width @param {number} texts words of all texts @returns {Plan} */
export function validityPlan(width, texts) {
  if (width < 1) refuse("survey.empty", "A survey without questions has nothing to prove.");
  const size = Math.ceil(width / Math.ceil(width / LARGEST_BLOCK));
  const blocks = Array.from({ length: Math.ceil(width / size) }, (_, at) => ({
    first: at * size,
    bits: Math.min(size, width - at * size),
  }));
  const mask = texts ? 1 : 0;
  const words = 2 * width + 2 * blocks.length + texts + mask;
  return { width, texts, blocks, seeds: blocks.length + mask, words };
}

/**
 * The report of a record and its texts.
 * @param {Plan} plan @param {Uint8Array} record @param {bigint[]} seeds `plan.seeds` uniform elements, used once
 * @param {bigint[]} texts
 */
export function prove(plan, record, seeds, texts) {
  const fits = record.length === plan.width && record.every((bit) => bit < 2) && texts.length === plan.texts;
  if (!fits || seeds.length !== plan.seeds) throw new RangeError("a record, its texts and seeds as planned");
  const report = [...Array.from(record, BigInt), ...texts, ...seeds.slice(plan.blocks.length)];
  plan.blocks.forEach(({ first, bits }, at) => {
    report.push(seeds[at], ...quotient(record.subarray(first, first + bits), seeds[at]));
  });
  return report;
}

/**
 * h(x) = (f² - f) / Z at x = M+1 … 2M+1, where f(0) = seed, f(k) = bit k, Z = (x-1)…(x-M). By Lagrange f = W·S with
 * W = x·Z = x(x-1)…(x-M), S = Σ f(k)·c_k/(x-k), 1/c_k = (-1)^(M-k)·k!·(M-k)!; so h = x·S·(W·S - 1).
 * @param {Uint8Array} bits @param {bigint} seed @returns {bigint[]}
 */
function quotient(bits, seed) {
  const size = bits.length;
  const [inverses, factorials] = tables(size);
  const weight = (/** @type {number} */ k) =>
    ((factorials[k] * factorials[size - k]) % MODULUS) * ((size - k) % 2 ? MODULUS - 1n : 1n);
  /** @type {[number, bigint][]} */
  const terms = [[0, (weight(0) % MODULUS) * seed]];
  bits.forEach((bit, at) => bit && terms.push([at + 1, weight(at + 1)]));
  for (const term of terms) term[1] %= MODULUS;
  let whole = 1n;
  for (let k = 2; k <= size + 1; k++) whole = (whole * BigInt(k)) % MODULUS;
  const values = [];
  for (let x = size + 1; x <= 2 * size + 1; x++) {
    let sum = 0n;
    for (const [k, factor] of terms) sum += factor * inverses[x - k];
    sum %= MODULUS;
    values.push((((BigInt(x) * sum) % MODULUS) * ((whole * sum + MODULUS - 1n) % MODULUS)) % MODULUS);
    whole = (((whole * BigInt(x + 1)) % MODULUS) * inverses[x - size]) % MODULUS;
  }
  return values;
}

/** 1/i for i up to 2M + 1, and 1/k! for k up to M. @param {number} size @returns {[bigint[], bigint[]]} */
function tables(size) {
  const inverses = [0n, 1n];
  for (let i = 2n; i <= 2 * size + 1; i++) {
    inverses.push(((MODULUS - MODULUS / i) * inverses[Number(MODULUS % i)]) % MODULUS);
  }
  const factorials = [1n];
  for (let k = 1; k <= size; k++) factorials.push((factorials[k - 1] * inverses[k]) % MODULUS);
  return [inverses, factorials];
}
