/**
 * Canonical forms of addresses and names on the network. Source: docs/protocol.md §19.2; RFC 5952, UTS 46.
 * The browser's own reader of addresses maps names (non-transitional) and writes IPv6. It takes more names than
 * IDNA 2008 does; what it gives is read back, and refused where a character may not stand in a name.
 */

import { utf8 } from "../protocol/bytes.js";
import { hasSpace, isPrintable, no } from "./texts.js";

const LONGEST_DOMAIN = 253;
const LONGEST_LOCAL = 64;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const NAME_LETTER = /^(?![\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff])[\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}-]$/u;
// Scripts that run from right to left; in one label they stand without letters of others (RFC 5893).
const RIGHT_TO_LEFT = /(?=[\p{L}\p{Nd}])(?![\u06f0-\u06f9])[\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}\p{sc=Samaritan}\p{sc=Mandaic}\u0660-\u0669\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const NO_NAME = "is no name that the domain name system can carry";
const NO_NETWORK = "is no network such as 192.0.2.0/24";
const NO_MAIL = "is no address such as name@example.org";

/** @param {string} text */
export function ipv4(text) {
  return quad(text) === null ? no("is no IPv4 address such as 192.0.2.7") : text;
}

/** Without zone; a mapped IPv4 address in its own form. @param {string} text */
export function ipv6(text) {
  const groups = hextets(text.split("%", 1)[0]) ?? no("is no IPv6 address such as 2001:db8::7");
  const isMapped = groups.slice(0, 5).every((one) => one === 0) && groups[5] === 0xffff;
  return isMapped ? dotted(groups[6] * 0x10000 + groups[7]) : compressed(groups);
}

/** @param {string} text */
export function cidr(text) {
  const [address, length, ...more] = text.split("/");
  if (length === undefined || more.length) return no(NO_NETWORK);
  const four = quad(address);
  if (four !== null) {
    const bits = prefix(length, 32) ?? maskLength(length) ?? no(NO_NETWORK);
    return `${dotted(bits ? Math.floor(four / 2 ** (32 - bits)) * 2 ** (32 - bits) : 0)}/${bits}`;
  }
  const [name, ...zone] = address.split("%");
  const groups = zone.length > 1 || zone[0] === "" ? null : hextets(name);
  const bits = prefix(length, 128);
  if (groups === null || bits === null) return no(NO_NETWORK);
  const kept = groups.map((group, at) => group & (0xffff << Math.min(16, Math.max(0, 16 * (at + 1) - bits))) & 0xffff);
  return `${compressed(kept)}/${bits}`;
}

/** A name as lower-case A-labels, without a last dot or a first `*.`. @param {string} text */
export function domain(text) {
  const name = host(text.replace(/^\*\./, "").replace(/[。．｡]/g, ".").replace(/\.$/, ""));
  if (!name.includes(".")) no("is one label, not a domain such as example.org");
  if (/(^|\.)[0-9]+$/.test(name)) no("is an address, not a domain");
  return name;
}

/** A name of one or more labels. @param {string} text */
export function host(text) {
  const isPlain = isAscii(text) && !text.toLowerCase().includes("xn--");
  const name = isPlain ? text.toLowerCase() : encoded(text);
  if (!name || name.length > LONGEST_DOMAIN) no(`has not 1 to ${LONGEST_DOMAIN} characters`);
  return name.split(".").every((label) => LABEL.test(label)) ? name : no(NO_NAME);
}

/** @param {string} text */
export function email(text) {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0)).normalize("NFC").toLowerCase().normalize("NFC");
  if (at < 0 || !local || utf8(local).length > LONGEST_LOCAL) no(NO_MAIL);
  if (local.includes("@") || hasSpace(local) || !isPrintable(local)) no(NO_MAIL);
  return `${local}@${domain(text.slice(at + 1))}`;
}

/** @param {string} text */
export const isAscii = (text) => /^[\x00-\x7f]*$/.test(text);

/** @param {string} text @returns {number | null} */
function quad(text) {
  const parts = text.split(".");
  const holds = parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return holds ? parts.reduce((sum, part) => 256 * sum + Number(part), 0) : null;
}

/** @param {number} value */
const dotted = (value) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

/** @param {string} text @returns {number[] | null} eight groups */
function hextets(text) {
  const halves = text.split("::");
  if (halves.length > 2 || !/^[0-9A-Fa-f:.]+$/.test(text)) return null;
  const [first, second] = halves.map((half, at) => groupsOf(half, at === halves.length - 1));
  if (!first || second === null) return null;
  if (second === undefined) return first.length === 8 ? first : null;
  const missing = 8 - first.length - second.length;
  return missing > 0 ? [...first, ...Array(missing).fill(0), ...second] : null;
}

/** @param {string} text @param {boolean} isLast @returns {number[] | null} */
function groupsOf(text, isLast) {
  if (text === "") return [];
  const parts = text.split(":");
  const four = isLast && parts[parts.length - 1].includes(".") ? quad(/** @type {string} */ (parts.pop())) : undefined;
  if (four === null || !parts.every((part) => /^[0-9A-Fa-f]{1,4}$/.test(part))) return null;
  const groups = parts.map((part) => parseInt(part, 16));
  return four === undefined ? groups : [...groups, Math.floor(four / 0x10000), four % 0x10000];
}

/** @param {number[]} groups */
const compressed = (groups) => new URL(`http://[${groups.map((one) => one.toString(16)).join(":")}]`).hostname.slice(1, -1);

/** @param {string} text @param {number} most @returns {number | null} */
const prefix = (text, most) => (/^[0-9]+$/.test(text) && Number(text) <= most ? Number(text) : null);

/** @param {string} text a mask of a network or of its hosts @returns {number | null} */
function maskLength(text) {
  const mask = quad(text);
  if (mask === null) return null;
  for (const value of [mask, 2 ** 32 - 1 - mask]) {
    const ones = 32 - value.toString(2).padStart(32, "0").replace(/^1*/, "").length;
    if (value === 2 ** 32 - 2 ** (32 - ones)) return ones;
  }
  return null;
}

/** @param {string} text @returns {string} A-labels */
function encoded(text) {
  if (/[\x00-\x7f]/.test(text.replace(/[A-Za-z0-9.-]/g, ""))) return no(NO_NAME);
  // The ending keeps the reader from taking a name for an IPv4 address; older readers write a capital sharp s as ss.
  const name = hostnameOf(`http://${text.replaceAll("\u1e9e", "\u00df")}.x/`).slice(0, -2);
  return name.split(".").every(isLabel) ? name : no(NO_NAME);
}

/** @param {string} link */
function hostnameOf(link) {
  // Not URL.canParse: Node.js 20 misreads short names in it once it has run often.
  try {
    return new URL(link).hostname;
  } catch {
    return no(NO_NAME);
  }
}

/** @param {string} label */
function isLabel(label) {
  const isPunycode = label.startsWith("xn--");
  const text = isPunycode ? decoded(label.slice(4)) : label;
  if (text === null || /^-|-$|^..--/su.test(text)) return false;
  return [...text].every((letter) => NAME_LETTER.test(letter)) && isJoinedWell(text);
}

/** Rules for what may stand only beside others (RFC 5892 appendix A). @param {string} text */
function isJoinedWell(text) {
  if (/[\u0660-\u0669]/.test(text) && /[\u06f0-\u06f9]/.test(text)) return false;
  return !/^[\p{M}\u0660-\u0669]/u.test(text) && !(RIGHT_TO_LEFT.test(text) && /[a-z]/.test(text));
}

/** @param {string} text after `xn--` (RFC 3492) @returns {string | null} */
function decoded(text) {
  const cut = text.lastIndexOf("-");
  const output = cut > 0 ? [...text.slice(0, cut)] : [];
  let [code, index, bias] = [128, 0, 72];
  for (let at = cut > 0 ? cut + 1 : 0; at < text.length; ) {
    const before = index;
    for (let weight = 1, step = 36; ; step += 36) {
      const digit = parseInt(text[at] ?? "", 36);
      if (Number.isNaN(digit)) return null;
      at += 1;
      // Punycode counts a … z, 0 … 9; parseInt counts 0 … 9, a … z.
      const value = digit < 10 ? digit + 26 : digit - 10;
      index += value * weight;
      const edge = Math.min(26, Math.max(1, step - bias));
      if (value < edge) break;
      weight *= 36 - edge;
    }
    bias = adapted(index - before, output.length + 1, before === 0);
    code += Math.floor(index / (output.length + 1));
    if (code > 0x10ffff) return null;
    index %= output.length + 1;
    output.splice(index, 0, String.fromCodePoint(code));
    index += 1;
  }
  return output.join("");
}

/** @param {number} delta @param {number} points @param {boolean} isFirst */
function adapted(delta, points, isFirst) {
  let rest = Math.floor(isFirst ? delta / 700 : delta / 2);
  rest += Math.floor(rest / points);
  let bias = 0;
  for (; rest > 455; bias += 36) rest = Math.floor(rest / 35);
  return bias + Math.floor((36 * rest) / (rest + 38));
}
