/** Characters as Python counts and names them, so that both write a value in one way. */

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const ENDS = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");
const SPACES = new RegExp(`[${SPACE}]`, "g");
const SPACED = new RegExp(`[${SPACE}]`);
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** @param {string} text @returns {string} without outer white space */
export const strip = (text) => text.replace(ENDS, "");
/** @param {string} text @returns {string} without any white space */
export const unspaced = (text) => text.replace(SPACES, "");
/** @param {string} text */
export const hasSpace = (text) => SPACED.test(text);
/** @param {string} text whether every character can be seen; a blank can */
export const isPrintable = (text) => !UNPRINTABLE.test(text);

/** @param {string} text @param {number} most @returns {boolean} whether it has more characters than that */
export function isLonger(text, most) {
  if (text.length <= most) return false;
  return text.length > 2 * most || [...text].length > most;
}

/** A value that its canonicaliser does not take; the sentence completes "The value …" and quotes nothing. */
export class BadValue extends Error {}

/** @param {string} sentence @returns {never} */
export function no(sentence) {
  throw new BadValue(sentence);
}
