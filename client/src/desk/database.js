/** One step in one of the desk's databases of this browser. What it throws is the browser's own error. */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * Resolves once it is on the disk.
 * @template T @param {string} name @param {string} shelf made if it is not there @param {IDBTransactionMode} mode
 * @param {(shelf: IDBObjectStore) => IDBRequest<T>} work @returns {Promise<T>}
 */
export async function transact(name, shelf, mode, work) {
  let database;
  try {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(shelf);
    database = await settled(opening);
    const transaction = database.transaction(shelf, mode, { durability: "strict" });
    const asked = work(transaction.objectStore(shelf));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    return asked.result;
  } finally {
    database?.close();
  }
}
