/**
 * The pass back to this seat, kept on disk at once. A browser writes cookies down up to half a
 * minute later; one that crashed before that comes back with this. It opens nothing but the seat it
 * was given for, and only from this PC. Without IndexedDB there is no pass: a proctor helps.
 */
const DATABASE = "seat-return"; // not named like the journals of attempts
const STORE = "pass";
const KEY = 1; // one seat at a time

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>} resolves when it is on disk
 */
async function inStore(mode, ask) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** @param {string | undefined} pass */
export async function keepPass(pass) {
  if (!pass) return;
  try {
    await inStore("readwrite", (store) => store.put(pass, KEY));
  } catch (refused) {
    console.warn("the return pass is not kept", refused);
  }
}

/** @returns {Promise<string | undefined>} */
export async function readPass() {
  try {
    return await inStore("readonly", (store) => store.get(KEY));
  } catch (refused) {
    return undefined;
  }
}

/** @returns {Promise<void>} resolves when the pass is gone, or cannot be reached */
export function forgetPass() {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(DATABASE);
    request.onsuccess = () => resolve();
    request.onerror = () => resolve();
  });
}
