/** The canonical form of a web address: what two people mean by the same page. Source: docs/protocol.md §19.2. */

import { utf8 } from "../protocol/bytes.js";
import { host, ipv4, ipv6 } from "./network.js";
import { no } from "./texts.js";

const WHOLE = /^([A-Za-z][A-Za-z0-9+.\-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s;
/** @type {Record<string, string>} */
const PORTS = { http: "80", https: "443", ftp: "21", ws: "80", wss: "443" };
const UNRESERVED = /[A-Za-z0-9\-._~]/;
const IN_PATH = /[A-Za-z0-9\-._~/:@!$&'()*+,;=%]/;
const IN_QUERY = /[A-Za-z0-9\-._~/?:@!$&'()*+,;=%]/;
const TRACKING = /^(utm_[^=]*|fbclid|gclid)$/s;

/** @param {string} text */
export function url(text) {
  const isWeb = ["http:", "https"].includes(text.slice(0, 5).toLowerCase());
  const parts = (isWeb ? text.replaceAll("\\", "/") : text).match(WHOLE);
  if (!parts) return no("is no address such as https://example.org/page");
  const scheme = parts[1].toLowerCase();
  const place = authority(parts[2].slice(parts[2].lastIndexOf("@") + 1), scheme);
  const path = resolved(escaped(parts[3], IN_PATH)) || "/";
  return `${scheme}://${place}${path}${query(escaped(parts[4] ?? "", IN_QUERY))}`;
}

/** @param {string} text @param {string} scheme */
function authority(text, scheme) {
  const [name, given] = text.startsWith("[") ? bracketed(text) : named(text);
  if (given && !(/^[0-9]+$/.test(given) && Number(given) <= 65535)) no("has a port that is none");
  const port = given ? String(Number(given)) : "";
  return port && port !== PORTS[scheme] ? `${name}:${port}` : name;
}

/** @param {string} text @returns {[string, string]} */
function bracketed(text) {
  const end = text.indexOf("]");
  const rest = text.slice(end + 1);
  if (end < 0 || (rest && !rest.startsWith(":"))) return no("has no host such as example.org");
  const address = ipv6(text.slice(1, end));
  return [address.includes(":") ? `[${address}]` : address, rest.slice(1)];
}

/** @param {string} text @returns {[string, string]} */
function named(text) {
  const at = text.indexOf(":");
  const name = (at < 0 ? text : text.slice(0, at)).replace(/\.$/, "");
  const isNumber = /(^|\.)[\p{Nd}\p{No}]+$/u.test(name);
  return [isNumber ? ipv4(name) : host(name), at < 0 ? "" : text.slice(at + 1)];
}

/** @param {string} text @param {RegExp} kept */
function escaped(text, kept) {
  const loose = text.replace(/%(?![0-9A-Fa-f]{2})/g, "%25");
  const quoted = [...loose].map((letter) => (kept.test(letter) ? letter : percent(letter))).join("");
  return quoted.replace(/%([0-9A-Fa-f]{2})/g, (whole, digits) => {
    const letter = String.fromCharCode(parseInt(digits, 16));
    return UNRESERVED.test(letter) ? letter : whole.toUpperCase();
  });
}

/** @param {string} letter */
function percent(letter) {
  if (!letter.isWellFormed()) no("holds a character that is none");
  return Array.from(utf8(letter), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

/** Without `.` and `..` (RFC 3986 §5.2.4). @param {string} path */
function resolved(path) {
  const segments = path.split("/").slice(1);
  /** @type {string[]} */
  const output = [];
  for (const [at, segment] of segments.entries()) {
    if (segment === "..") output.pop();
    if (segment !== "." && segment !== "..") output.push(segment);
    else if (at === segments.length - 1) output.push("");
  }
  return segments.length ? `/${output.join("/")}` : "";
}

/** @param {string} text */
function query(text) {
  const pairs = text.split("&").filter((pair) => pair && !TRACKING.test(pair.split("=", 1)[0])).sort();
  return pairs.length ? `?${pairs.join("&")}` : "";
}
