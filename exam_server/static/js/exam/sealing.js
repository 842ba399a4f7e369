/**
 * Encryption of what an exam PC keeps of an attempt: AES-GCM under a key that the server gives with
 * the lease. Beside it lies a copy of that key under the PIN of the seat, which the proctor has, so
 * that a page can be opened again while the server is away.
 *
 * @typedef {{iv: string, box: string}} Sealed  base64
 * @typedef {{salt: string, rounds: number, iv: string, box: string}} KeyCopy  base64
 */

/** Whether this page may encrypt: browsers do so over secure connections only. */
export const canSeal = () => Boolean(window.isSecureContext && window.crypto && crypto.subtle);

/** @param {BufferSource} raw */
export function openKey(raw) {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** @param {CryptoKey} key @param {unknown} value @returns {Promise<Sealed>} */
export async function seal(key, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(value)));
  return { iv: written(iv), box: written(new Uint8Array(box)) };
}

/** @param {CryptoKey} key @param {Sealed} sealed @returns {Promise<any>} rejects under another key */
export async function unseal(key, { iv, box }) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(iv) }, key, bytes(box));
  return JSON.parse(new TextDecoder().decode(plain));
}

/** @param {KeyCopy} copy @param {string} pin @returns {Promise<CryptoKey>} rejects when the PIN is wrong */
export async function keyFromCopy({ salt, rounds, iv, box }, pin) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const wrapping = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: rounds };
  const key = await crypto.subtle.deriveKey(wrapping, typed, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  return openKey(await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(iv) }, key, bytes(box)));
}

/** @param {string} hex */
export function fromHex(hex) {
  return new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
}

/** @param {string} text base64 */
function bytes(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

/** @param {Uint8Array} raw @returns {string} base64 */
function written(raw) {
  return btoa(raw.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}

/**
 * A journal's storage that nobody reads without the key. Numbers stay open, so that a number that is
 * taken is still refused; what was stored before there was a key is read as it is.
 * @implements {JournalStorage}
 * @typedef {import("./storage.js").JournalStorage} JournalStorage
 * @typedef {import("./storage.js").Op} Op
 */
export class SealedStorage {
  /** @param {JournalStorage} inner @param {CryptoKey} key */
  constructor(inner, key) {
    this.inner = inner;
    this.key = key;
    this.grade = inner.grade;
  }

  async load() {
    const stored = await this.inner.load();
    const read = await Promise.all(stored.map((op) => this.read(/** @type {any} */ (op))));
    return read.filter((op) => op !== null);
  }

  /** @param {any} stored @returns {Promise<Op | null>} */
  async read(stored) {
    if (!stored.box) return stored;
    try {
      return { ...(await unseal(this.key, stored)), seq: stored.seq, epoch: stored.epoch };
    } catch (foreign) {
      console.warn(`operation ${stored.seq} was written under another key`);
      return null;
    }
  }

  /** @param {Op[]} ops */
  async append(ops) {
    return this.inner.append(/** @type {any} */ (await Promise.all(ops.map((op) => this.sealed(op)))));
  }

  /** @param {Op} op */
  async replace(op) {
    return this.inner.replace(/** @type {any} */ (await this.sealed(op)));
  }

  /** @param {Op} op */
  async sealed(op) {
    return { seq: op.seq, epoch: op.epoch, ...(await seal(this.key, op)) };
  }

  wipe() {
    return this.inner.wipe();
  }

  /** @param {string} name @param {unknown} value */
  async keep(name, value) {
    return this.inner.keep(name, await seal(this.key, value));
  }

  /** @param {string} name @returns {Promise<any>} nothing when it was never kept or cannot be read */
  async kept(name) {
    const sealed = await this.inner.kept(name);
    return sealed ? unseal(this.key, sealed).catch(() => null) : null;
  }
}
