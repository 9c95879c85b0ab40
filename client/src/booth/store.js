/**
 * Keep what must outlive the tab: one IndexedDB database for a survey, made with the first thing kept in it and deleted
 * with the last. Whoever only looks leaves nothing. It is open during one transaction only, so no tab is in the way of
 * another that erases. Everything throws `store.refused` or `store.full`.
 */

import { BoothError } from "./api.js";

const SHELF = "kept";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export class Store {
  /** @param {string} name of the database */
  constructor(name) {
    this.name = name;
  }

  /** Undefined if there is none. @param {string} key @returns {Promise<any>} */
  read = (key) => this.#within("readonly", (shelf) => shelf.get(key));
  /** Resolves once it is on the disk. @param {string} key @param {unknown} value */
  write = (key, value) => this.#within("readwrite", (shelf) => shelf.put(value, key));
  /** Forget everything. @returns {Promise<unknown>} */
  destroy = () => settled(indexedDB.deleteDatabase(this.name));

  /** Forget one thing; the last one takes the database with it. @param {string} key */
  async drop(key) {
    const left = await this.#within("readonly", (shelf) => shelf.getAllKeys());
    if (left?.includes(key)) await (left.length > 1 ? this.#within("readwrite", (shelf) => shelf.delete(key)) : this.destroy());
  }

  /** Nothing is made for a reader. @template T @param {IDBTransactionMode} mode @param {(shelf: IDBObjectStore) => IDBRequest<T>} work */
  async #within(mode, work) {
    let database;
    try {
      const isThere = (await indexedDB.databases()).some(({ name }) => name === this.name);
      if (mode === "readonly" && !isThere) return undefined;
      const opening = indexedDB.open(this.name, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(SHELF);
      database = await settled(opening);
      const transaction = database.transaction(SHELF, mode, { durability: "strict" });
      const asked = work(transaction.objectStore(SHELF));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      return asked.result;
    } catch (/** @type {any} */ error) {
      throw new BoothError(error?.name === "QuotaExceededError" ? "store.full" : "store.refused");
    } finally {
      database?.close();
    }
  }
}
