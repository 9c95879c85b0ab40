/** Canonical forms of numbers and codes, of persons and of things. Source: docs/protocol.md §19.2. */

import { isLonger, isPrintable, no, strip, unspaced } from "./texts.js";

const HASH_LENGTHS = new Set([32, 40, 64, 128]);
const LARGEST_ASN = 2 ** 32 - 1;
const LONGEST_PLAIN = 1_024;
const BSN_WEIGHTS = [9, 8, 7, 6, 5, 4, 3, 2, -1];

/** @param {string} text */
export function hash(text) {
  const value = text.toLowerCase();
  if (!HASH_LENGTHS.has(value.length) || !/^[0-9a-f]+$/.test(value)) {
    no("is no MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal");
  }
  return value;
}

/** @param {string} text */
export function asn(text) {
  const match = text.match(/^(?:as)?[ \t\n\r\f\v]?([0-9]{1,10})$/i);
  if (!match || Number(match[1]) > LARGEST_ASN) return no("is no number of a network such as AS64496");
  return `AS${Number(match[1])}`;
}

/** @param {string} text */
export function cve(text) {
  const value = text.toUpperCase();
  return /^CVE-[0-9]{4}-[0-9]{4,19}$/.test(value) ? value : no("is no number of a vulnerability such as CVE-2026-12345");
}

/** @param {string} text */
export function attackTechnique(text) {
  const value = text.toUpperCase();
  return /^T[0-9]{4}(\.[0-9]{3})?$/.test(value) ? value : no("is no technique such as T1566.001");
}

/** @param {string} text */
export function ja3(text) {
  const value = text.toLowerCase();
  return /^[0-9a-f]{32}$/.test(value) ? value : no("is no JA3 fingerprint: 32 hexadecimal digits");
}

/** @param {string} text */
export function ja4(text) {
  const value = text.toLowerCase();
  const holds = /^[tqd][0-9a-z]{2}[di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/.test(value);
  return holds ? value : no("is no JA4 fingerprint such as t13d1516h2_8daaf6152771_b186095e22b6");
}

/** A name in NFC; its case is kept. @param {string} text */
export function plain(text) {
  const value = strip(text.normalize("NFC"));
  if (!value || isLonger(value, LONGEST_PLAIN) || !isPrintable(value)) {
    no(`has not 1 to ${LONGEST_PLAIN} printable characters`);
  }
  return value;
}

/** A number that begins with a single 0 is Dutch. @param {string} text */
export function phone(text) {
  let value = unspaced(text.replace(/\(0\)/g, "")).replace(/[.\-/()]/g, "");
  if (value.startsWith("00")) value = `+${value.slice(2)}`;
  else if (value.startsWith("0")) value = `+31${value.slice(1)}`;
  if (!/^\+[1-9][0-9]{6,14}$/.test(value)) no("is no telephone number such as +31201234567");
  if (value.startsWith("+31") && value.length !== 12) {
    no("is a Dutch telephone number with too few or too many digits");
  }
  return value;
}

/** @param {string} text */
export function iban(text) {
  const value = unspaced(text).replaceAll("-", "").toUpperCase();
  if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/.test(value)) no("is no IBAN such as NL91ABNA0417164300");
  const digits = [...value.slice(4), ...value.slice(0, 4)].map((letter) => parseInt(letter, 36)).join("");
  if (BigInt(digits) % 97n !== 1n) no("is an IBAN whose check digits do not hold");
  return value;
}

/** @param {string} text */
export function bsn(text) {
  const digits = unspaced(text).replace(/[.\-]/g, "");
  if (!/^[0-9]{7,9}$/.test(digits)) no("is no number of seven to nine digits");
  const value = digits.padStart(9, "0");
  const total = BSN_WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(value[at]), 0);
  if (value === "000000000" || total % 11) no("does not pass the eleven-test");
  return value;
}

/** @param {string} text */
export function opaque(text) {
  return strip(text.normalize("NFC")) || no("is empty");
}
