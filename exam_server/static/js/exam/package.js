/**
 * The candidate's own paper as it lies on this PC before the start: encrypted, checked by its hash,
 * kept in IndexedDB. At the start 32 bytes open it; nothing else has to come over the cable. The
 * format is written down in docs/socket-events.md.
 *
 * @typedef {{url: string, hash: string, bytes: number}} Offer  where the server keeps the package
 * @typedef {"none" | "fetching" | "stored" | "failed" | "plain"} PackageState
 *   plain: this browser cannot open packages (no WebCrypto over plain HTTP); the paper comes at the start
 * @typedef {{get: (hash: string) => Promise<ArrayBuffer | undefined>, put: (hash: string, bytes: ArrayBuffer) => Promise<unknown>, wipe: () => Promise<unknown>}} PackageStore
 */
import { PREFIX, done } from "./storage.js";

const MARK = "KAOHE-PAPER-1\n"; // names the version
const NONCE_BYTES = 12;
const TRIES = 5;
const WAIT_MS = 2000;

/** One database per attempt, one record: the package under its hash. @implements {PackageStore} */
export class IndexedPackages {
  /** @param {string} attempt @param {IDBFactory} [factory] */
  constructor(attempt, factory = indexedDB) {
    this.name = `${PREFIX}${attempt}-paper`;
    this.factory = factory;
  }

  /** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act @returns {Promise<T>} */
  async within(mode, act) {
    const request = this.factory.open(this.name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("packages");
    const database = await done(request);
    try {
      return await done(act(database.transaction("packages", mode).objectStore("packages")));
    } finally {
      database.close();
    }
  }

  /** @param {string} hash @returns {Promise<ArrayBuffer | undefined>} */
  get(hash) {
    return this.within("readonly", (store) => store.get(hash));
  }

  /** @param {string} hash @param {ArrayBuffer} bytes */
  put(hash, bytes) {
    return this.within("readwrite", (store) => store.put(bytes, hash));
  }

  wipe() {
    return done(this.factory.deleteDatabase(this.name));
  }
}

export class SealedPaper {
  /**
   * @param {{store: PackageStore, admissionNo: string, onChange?: () => void, subtle?: SubtleCrypto, fetcher?: typeof fetch,
   *          wait?: (ms: number) => Promise<unknown>}} options
   */
  constructor({ store, admissionNo, onChange = () => {}, subtle = crypto.subtle, fetcher = (...args) => fetch(...args), wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }) {
    this.store = store;
    this.admissionNo = admissionNo;
    this.onChange = onChange;
    this.subtle = subtle;
    this.fetcher = fetcher;
    this.wait = wait;
    /** @type {PackageState} */
    this.state = "none";
    /** @type {ArrayBuffer | null} */
    this.bytes = null;
  }

  get isStored() {
    return this.state === "stored";
  }

  /** Bring the package onto this PC, once; what is there already is not fetched again. @param {Offer | null} offer */
  async keep(offer) {
    if (!offer || this.state === "fetching" || this.isStored) return;
    if (!this.subtle) {
      this.become("plain");
      return;
    }
    this.become("fetching");
    this.bytes = (await this.kept(offer)) || (await this.fetched(offer));
    this.become(this.bytes ? "stored" : "failed");
  }

  /** @param {Offer} offer */
  async kept({ hash }) {
    const bytes = await this.store.get(hash).catch(() => undefined);
    return bytes && (await this.isWhole(bytes, hash)) ? bytes : null;
  }

  /** @param {Offer} offer */
  async fetched({ url, hash }) {
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (tried) await this.wait(WAIT_MS * tried * (0.5 + Math.random()));
      try {
        const response = await this.fetcher(url, { credentials: "same-origin" });
        const bytes = await response.arrayBuffer();
        if (!(await this.isWhole(bytes, hash))) continue;
        await this.store.put(hash, bytes).catch((refused) => console.warn("the package stays in memory", refused));
        return bytes;
      } catch (unreachable) {
        console.warn("the package could not be fetched", unreachable);
      }
    }
    return null;
  }

  /** @param {ArrayBuffer} bytes @param {string} hash */
  async isWhole(bytes, hash) {
    const digest = new Uint8Array(await this.subtle.digest("SHA-256", bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === hash;
  }

  /**
   * Open the package; null when there is none or the key does not fit.
   * @param {string} key 32 bytes in base64 @returns {Promise<any>} the paper as the server would send it
   */
  async open(key) {
    if (!this.bytes) return null;
    try {
      return await this.decrypted(this.bytes, key);
    } catch (unfit) {
      console.warn("the package does not open", unfit);
      this.become("failed");
      return null;
    }
  }

  /** @param {ArrayBuffer} bytes @param {string} key */
  async decrypted(bytes, key) {
    const text = new TextEncoder();
    const mark = new TextDecoder().decode(bytes.slice(0, MARK.length));
    if (mark !== MARK) throw new Error(`unknown package ${mark}`);
    const raw = Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0));
    const opener = await this.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    const nonce = bytes.slice(MARK.length, MARK.length + NONCE_BYTES);
    const terms = { name: "AES-GCM", iv: nonce, additionalData: text.encode(this.admissionNo) };
    const plain = await this.subtle.decrypt(terms, opener, bytes.slice(MARK.length + NONCE_BYTES));
    return JSON.parse(new TextDecoder().decode(plain));
  }

  /** Forget the package on this PC. */
  async wipe() {
    this.bytes = null;
    await this.store.wipe().catch((refused) => console.warn("the package could not be deleted", refused));
  }

  /** @param {PackageState} state */
  become(state) {
    this.state = state;
    this.onChange();
  }
}
