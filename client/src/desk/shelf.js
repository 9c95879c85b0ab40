/**
 * What a holder's browser keeps of each question until its outcome is read: how far it is, the fixed list as words,
 * sealed parts that nodes do not have yet. Values are never kept. One database, a row a question, by its digest.
 */

import { ProtocolError, refuse } from "../protocol/bytes.js";
import { transact } from "./database.js";

/**
 * @typedef {{digest: string, owner: number, state: "fixed" | "consented" | "handed_in" | "ended", takesPart: boolean,
 *   list: import("../lists/splitting.js").List | null, number: number, prepared: import("../lists/splitting.js").Prepared | null,
 *   outcome: any, log: {at: string, code: string}[]}} Kept
 */

const DATABASE = "drempel-holding";
const SHELF = "questions";
const NODES = "nodes";

/** @param {string} digest @returns {Promise<Kept | undefined>} */
export const readKept = (digest) => within("readonly", (shelf) => shelf.get(digest));
/** @returns {Promise<Kept[]>} of all questions */
export const allKept = async () => (await within("readonly", (shelf) => shelf.getAll())).filter((one) => one.digest);
/** Resolves once it is on the disk. @param {Kept} kept */
export const writeKept = (kept) => within("readwrite", (shelf) => shelf.put(kept, kept.digest));
/** @param {string} digest */
export const forgetKept = (digest) => within("readwrite", (shelf) => shelf.delete(digest));

/** The next state, with the time noted. @param {Kept} kept @param {Partial<Kept> & {state: Kept["state"]}} change @returns {Promise<Kept>} */
export async function moveKept(kept, change) {
  const next = { ...kept, ...change, log: [...kept.log, { at: new Date().toISOString(), code: change.state }] };
  await writeKept(next);
  return next;
}

/** The identity keys by which this browser knows the nodes, from the first question it saw. @param {string[]} keys @returns {Promise<string[]>} */
export async function knownNodes(keys) {
  const known = /** @type {any} */ (await within("readonly", (shelf) => shelf.get(NODES)));
  if (!known) await within("readwrite", (shelf) => shelf.put({ keys }, NODES));
  return known?.keys ?? keys;
}

/** @template T @param {IDBTransactionMode} mode @param {(shelf: IDBObjectStore) => IDBRequest<T>} work @returns {Promise<T>} */
const within = (mode, work) =>
  transact(DATABASE, SHELF, mode, work).catch((error) => {
    if (error instanceof ProtocolError) throw error;
    return refuse(error?.name === "QuotaExceededError" ? "store.full" : "keys.refused", "This browser keeps nothing.");
  });
