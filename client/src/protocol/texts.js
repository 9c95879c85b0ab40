/** Write a text as field elements, seven bytes a word. Source: docs/protocol.md §6.5. */

import { concat, refuse, u16, utf8 } from "./bytes.js";

const WORD_BYTES = 7;

/** @param {number} maxBytes */
export const textWords = (maxBytes) => Math.ceil((2 + maxBytes) / WORD_BYTES);

/** @param {string} text @param {number} maxBytes @returns {bigint[]} u16 length ‖ UTF-8 ‖ zeros */
export function packText(text, maxBytes) {
  if (!text.isWellFormed()) refuse("text.characters", "A text has a character that cannot be written.");
  const data = utf8(text);
  if (data.length > maxBytes) refuse("text.too_long", `A text has more than ${maxBytes} bytes.`);
  const whole = concat(u16(data.length), data, new Uint8Array(textWords(maxBytes) * WORD_BYTES - 2 - data.length));
  return Array.from({ length: textWords(maxBytes) }, (_, word) => {
    const at = word * WORD_BYTES;
    return whole.subarray(at, at + WORD_BYTES).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  });
}
