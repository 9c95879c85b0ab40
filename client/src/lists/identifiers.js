/**
 * Values by which lists are compared, in their one canonical form. Source: docs/protocol.md §19.2;
 * `tests/vectors/canonicalisers.json`. A value that its canonicaliser does not take is refused, never guessed.
 */

import { refuse } from "../protocol/bytes.js";
import * as codes from "./codes.js";
import { cidr, domain, email, ipv4, ipv6 } from "./network.js";
import { BadValue, isLonger, strip } from "./texts.js";
import { url } from "./weblink.js";

/** @typedef {{type: string, value: string}} Identifier */

/** @type {Map<string, (text: string) => string>} */
const CANONICALISERS = new Map(Object.entries({
  ipv4, ipv6, cidr, domain, url, email, hash: codes.hash, asn: codes.asn, cve: codes.cve,
  "attack-technique": codes.attackTechnique, ja3: codes.ja3, ja4: codes.ja4, filename: codes.plain,
  mutex: codes.plain, "user-agent": codes.plain, phone: codes.phone, iban: codes.iban, bsn: codes.bsn,
  opaque: codes.opaque,
}));
export const TYPES = [...CANONICALISERS.keys()];
/** All of one version until one changes. */
export const VERSION = 1;
const LONGEST_VALUE = 8_192;

/**
 * Refuses with `identifier.<type>` and a sentence that does not quote the value. The type may change: an IPv6
 * address that maps an IPv4 one is compared as `ipv4`.
 * @param {string} type @param {string} text @returns {Identifier}
 */
export function canonicalise(type, text) {
  const canonicaliser = CANONICALISERS.get(type);
  if (!canonicaliser) return refuse("identifier.type", "This type of identifier is not known.");
  if (isLonger(text, LONGEST_VALUE)) return refuse(`identifier.${type}`, `is longer than ${LONGEST_VALUE} characters`);
  try {
    const value = canonicaliser(strip(text));
    // U+FFFD stands where a file's bytes were no character.
    if (!value.isWellFormed() || value.includes("\ufffd")) throw new BadValue("holds a character that is none");
    return { type: type === "ipv6" && value.includes(".") ? "ipv4" : type, value };
  } catch (error) {
    if (error instanceof BadValue) return refuse(`identifier.${type}`, error.message);
    throw error;
  }
}
