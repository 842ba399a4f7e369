/**
 * Where the answer journal is kept on this PC. A storage has these members:
 *   grade   "durable" | "fallback" | "memory": how much a stored operation can survive
 *   load()  all stored operations of the attempt, any order
 *   append(ops)  resolves when the operations are on disk; rejects when one of the numbers is taken
 *   replace(op)  puts another operation in the place of one that was never sent on
 *   wipe()  forgets the attempt
 *   keep(name, value), kept(name)  what opens the page again while the server is away; only the
 *     database keeps such things
 * The journal sees nothing else, so an encrypting storage can be put in between.
 *
 * @typedef {"durable" | "fallback" | "memory"} Grade
 * @typedef {import("./journal.js").Op} Op
 * @typedef {{grade: Grade, load: () => Promise<Op[]>, append: (ops: Op[]) => Promise<void>, replace: (op: Op) => Promise<void>, wipe: () => Promise<void>,
 *            keep: (name: string, value: unknown) => Promise<void>, kept: (name: string) => Promise<any>}} JournalStorage
 */

export const PREFIX = "kaohe-";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** One database per attempt, one record per operation, key (epoch, seq). @implements {JournalStorage} */
export class IndexedStorage {
  /** @param {IDBDatabase} database @param {IDBFactory} factory */
  constructor(database, factory) {
    /** @type {Grade} */
    this.grade = "durable";
    this.database = database;
    this.factory = factory;
    database.onversionchange = () => database.close();
  }

  /** @param {string} attempt @param {IDBFactory} [factory] */
  static async open(attempt, factory = indexedDB) {
    const request = factory.open(PREFIX + attempt, 2);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) request.result.createObjectStore("ops", { keyPath: ["epoch", "seq"] });
      request.result.createObjectStore("kept");
    };
    return new IndexedStorage(await done(request), factory);
  }

  async load() {
    return done(this.database.transaction("ops", "readonly").objectStore("ops").getAll());
  }

  /** @param {Op[]} ops */
  append(ops) {
    return /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
      const transaction = this.database.transaction("ops", "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      for (const op of ops) transaction.objectStore("ops").add(op);
      transaction.commit(); // at once: without it the browser asks this page again before it writes
    }));
  }

  /** @param {Op} op */
  async replace(op) {
    await done(this.database.transaction("ops", "readwrite", { durability: "strict" }).objectStore("ops").put(op));
  }

  /** @param {string} name @param {unknown} value */
  async keep(name, value) {
    await done(this.database.transaction("kept", "readwrite").objectStore("kept").put(value, name));
  }

  /** @param {string} name */
  kept(name) {
    return done(this.database.transaction("kept", "readonly").objectStore("kept").get(name));
  }

  async wipe() {
    const { name } = this.database;
    this.database.close();
    await done(this.factory.deleteDatabase(name));
  }
}

/** One key per operation; survives a reload, and a power cut only when the browser had written. @implements {JournalStorage} */
export class LocalStorage {
  /** @param {string} attempt @param {Storage} [area] */
  constructor(attempt, area = localStorage) {
    /** @type {Grade} */
    this.grade = "fallback";
    this.area = area;
    this.prefix = `${PREFIX}${attempt}/`;
    area.setItem(`${this.prefix}probe`, "1");
    area.removeItem(`${this.prefix}probe`);
  }

  keys() {
    return Array.from({ length: this.area.length }, (_, i) => this.area.key(i)).filter((key) => key.startsWith(this.prefix));
  }

  async load() {
    return this.keys().map((key) => JSON.parse(this.area.getItem(key)));
  }

  /** @param {Op[]} ops */
  async append(ops) {
    const keyed = ops.map((op) => ({ key: `${this.prefix}${op.epoch}/${op.seq}`, op }));
    if (keyed.some(({ key }) => this.area.getItem(key) !== null)) throw new DOMException("number is taken", "ConstraintError");
    for (const { key, op } of keyed) this.area.setItem(key, JSON.stringify(op));
  }

  /** @param {Op} op */
  async replace(op) {
    this.area.setItem(`${this.prefix}${op.epoch}/${op.seq}`, JSON.stringify(op));
  }

  async wipe() {
    for (const key of this.keys()) this.area.removeItem(key);
  }

  async keep() {}

  async kept() {
    return null;
  }
}

/** Keeps nothing beyond the page; the page says so and asks for a proctor. @implements {JournalStorage} */
export class MemoryStorage {
  constructor() {
    /** @type {Grade} */
    this.grade = "memory";
    /** @type {Op[]} */
    this.ops = [];
  }

  async load() {
    return this.ops.slice();
  }

  /** @param {Op[]} ops */
  async append(ops) {
    const taken = ops.some((op) => this.ops.some((other) => other.epoch === op.epoch && other.seq === op.seq));
    if (taken) throw new DOMException("number is taken", "ConstraintError");
    this.ops.push(...ops);
  }

  /** @param {Op} op */
  async replace(op) {
    this.ops = this.ops.map((other) => (other.epoch === op.epoch && other.seq === op.seq ? op : other));
  }

  async wipe() {
    this.ops = [];
  }

  async keep() {}

  async kept() {
    return null;
  }
}

/**
 * The best storage this browser grants.
 * @param {string} attempt @returns {Promise<JournalStorage>}
 */
export async function openStorage(attempt) {
  try {
    return await IndexedStorage.open(attempt);
  } catch (refused) {
    console.warn("IndexedDB is not available", refused);
  }
  try {
    return new LocalStorage(attempt);
  } catch (refused) {
    console.warn("localStorage is not available", refused);
  }
  return new MemoryStorage();
}
