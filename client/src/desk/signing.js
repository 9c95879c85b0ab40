/**
 * What a person may be given to sign on the desk: under which label, and what it must say. The portal hands out bytes;
 * before a key signs, they are compared with what the page shows, so that no other thing is signed in its place.
 * Source: docs/protocol.md §19.5, §19.16. Everything throws ProtocolError `sign.differs`.
 */

import { fromHex, refuse, toBase64, toHex } from "../protocol/bytes.js";
import { canonical, digest, parseCanonical } from "../protocol/canonical.js";

/** @typedef {import("../protocol/bytes.js").Bytes} Bytes */
/** @typedef {{request: string, manifest: string, definition: any, listSize: number, version: number, key: Bytes}} Shown `manifest`: the digest on the page, or "" */

/** @param {any} one @param {any} two */
const same = (one, two) => toHex(canonical(one)) === toHex(canonical(two));

/** @param {boolean} isSame */
const must = (isSame) => (isSame ? undefined : refuse("sign.differs", "What is to be signed is not what the page shows."));

/** @param {string} format @param {Record<string, unknown>} [more] @returns {(body: Bytes, shown: Shown) => void} */
const decision = (format, more = {}) => (body, shown) => {
  const said = parseCanonical(body);
  const due = { format, manifest: shown.manifest, approver: said?.approver, ...more };
  must(Number.isInteger(said?.approver) && shown.manifest !== "" && same(said, due));
};

/** @type {Record<string, {label: string, check: (body: Bytes, shown: Shown) => void | Promise<void>}>} */
export const STEPS = {
  submission: {
    label: "drempel/submission/1",
    check(body, shown) {
      const said = parseCanonical(body);
      const { format, request_id: request, version, request: asked, list_size: listSize, requester } = said ?? {};
      const isOne = format === "drempel-submission/1" && request === shown.request && version === shown.version + 1;
      must(isOne && listSize === shown.listSize && requester?.key === toBase64(shown.key) && same(asked, shown.definition));
    },
  },
  preparation: {
    label: "drempel/prepare-request/1",
    check: (body, shown) => must(toHex(body) === toHex(fromHex(shown.request))),
  },
  manifest: {
    label: "drempel/request-manifest/1",
    check: async (body, shown) => must(shown.manifest !== "" && (await digest(body)) === shown.manifest),
  },
  approval: { label: "drempel/approval/1", check: decision("drempel-approval/1", { decision: "approve" }) },
  revocation: { label: "drempel/approval-revocation/1", check: decision("drempel-approval-revocation/1") },
};
export const ORDER_LABEL = "drempel/order/1";

/** The bytes of an order to the nodes. @param {string} manifest @param {string} order */
export const orderBytes = (manifest, order) => canonical({ format: "drempel-order/1", manifest, order });

/** The times a coordinator chose, from now: days to consent, then days to hand in. @param {Date} now @param {number} consenting @param {number} contributing */
export function windows(now, consenting, contributing) {
  const at = (/** @type {number} */ days) => new Date(now.getTime() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    consenting: { opens: at(0), closes: at(consenting) },
    contributing: { opens: at(0), closes: at(consenting + contributing) },
  };
}
