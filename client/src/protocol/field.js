/** GF(p), p = 2^61 - 1: uniform elements, bytes, shares. Source: docs/protocol.md §4. */

/** @typedef {import("./bytes.js").Bytes} Bytes */

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
