/**
 * The page without its server: a service worker keeps page, scripts and styles, the journal keeps the
 * last state under the attempt's key, and the proctor's PIN of the seat opens that key. So a reload
 * in the middle of an outage brings the paper back, and work goes on.
 */
import { SealedStorage, canSeal, fromHex, keyFromCopy, openKey } from "../exam/sealing.js";
import { openStorage } from "../exam/storage.js";
import { h, icon, qs } from "../page/dom.js";
import { Markings } from "./markings.js";

const ATTEMPT = "kaohe-attempt"; // which one was opened last at this PC
const WORKER = "/exam/worker.js";

/** @typedef {import("./wire.js").State} State */

/**
 * The journal of an attempt, encrypted wherever the browser can.
 * @param {State} state @param {CryptoKey | null} key from the PIN, when the server did not give it
 */
export async function ownStorage(state, key) {
  const storage = await openStorage(state.attempt);
  recall(state.attempt);
  if (!canSeal() || !(key || state.journal_key)) return storage;
  return new SealedStorage(storage, key || (await openKey(fromHex(state.journal_key))));
}

/** Put the key's copy under the PIN beside the journal, once. @param {any} storage @param {() => Promise<any>} fetchCopy */
export async function keepKeyCopy(storage, fetchCopy) {
  if (!(storage instanceof SealedStorage)) return;
  try {
    if (await storage.inner.kept("key")) return;
    const { ok, copy } = await fetchCopy();
    if (ok) await storage.inner.keep("key", copy);
  } catch (unreachable) {
    console.warn("there is no copy of the key yet", unreachable);
  }
}

/** @param {string} [attempt] remember it @returns {string} */
function recall(attempt) {
  try {
    if (attempt) localStorage.setItem(ATTEMPT, attempt);
    return localStorage.getItem(ATTEMPT) || "";
  } catch (refused) {
    return "";
  }
}

export class Offline {
  /** @param {import("../exam/clock.js").ServerClock} clock */
  constructor(clock) {
    this.clock = clock;
    /** @type {CryptoKey | null} */
    this.key = null;
    this.isOffered = false;
    this.isOpened = false;
    /** @type {(state: State) => void} */
    this.open = () => {};
    /** @type {Promise<State>} the state that the PIN has opened */
    this.opened = new Promise((resolve) => { this.open = resolve; });
  }

  /** Offer to go on with what this PC has, where it has something. */
  async offer() {
    const attempt = recall();
    if (this.isOffered || !attempt || !canSeal()) return;
    this.isOffered = true;
    const storage = await openStorage(attempt);
    const copy = await storage.kept("key");
    if (copy) this.form(storage, copy);
  }

  /** @param {import("../exam/storage.js").JournalStorage} storage @param {import("../exam/sealing.js").KeyCopy} copy */
  form(storage, copy) {
    const wrong = h("p", { class: "note note--danger", role: "alert", hidden: true }, icon("warn"), h("span", {}, "机位口令不对，请监考人员核对监考页上该机位的口令。"));
    const field = h("input", { class: "input num", name: "pin", inputmode: "numeric", autocomplete: "off", required: true, maxlength: 12 });
    const submit = async (event) => {
      event.preventDefault();
      wrong.hidden = await this.tryPin(storage, copy, field.value.normalize("NFKC").replace(/\D/g, ""));
    };
    this.box = h(
      "form",
      { class: "offline", onsubmit: submit },
      h("p", { class: "slip__lead" }, "本机存有作答。请举手，由监考人员输入本机位的口令，可以先继续作答。"),
      h("label", { class: "field" }, h("span", { class: "field__label" }, "机位口令（监考人员输入）"), field),
      wrong,
      h("button", { type: "submit", class: "btn btn--lg btn--primary btn--xl" }, "继续作答"),
    );
    qs("#hall .slip").append(this.box);
  }

  /** @param {import("../exam/storage.js").JournalStorage} storage @param {import("../exam/sealing.js").KeyCopy} copy @param {string} pin @returns {Promise<boolean>} */
  async tryPin(storage, copy, pin) {
    let key;
    try {
      key = await keyFromCopy(copy, pin);
    } catch (refused) {
      return false;
    }
    const kept = await new SealedStorage(storage, key).kept("state");
    if (!kept) return false;
    this.key = key;
    this.isOpened = true;
    this.clock.guess(Date.now() + kept.ahead_ms);
    this.open(kept.state);
    return true;
  }

  /** The page has its state: nothing is offered any more. */
  close() {
    this.isOffered = true;
    if (this.box) this.box.remove();
  }

  /** Let the service worker keep whatever this page was made from. */
  async remember() {
    if (!isSecureContext || !("serviceWorker" in navigator)) return;
    try {
      await navigator.serviceWorker.register(WORKER);
      const { active } = await navigator.serviceWorker.ready;
      const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
      const own = loaded.filter((name) => name.startsWith(`${location.origin}/static/`));
      active.postMessage({ keep: [...own, ...formulaFiles(), `${location.origin}/exam/room`] });
    } catch (refused) {
      console.warn("the page is not kept for an outage", refused);
    }
  }

  /** Forget attempts that others left at this PC, once the server says that their rooms are closed. @param {string} own */
  async sweep(own, isSealed = async (/** @type {string} */ _attempt) => false) {
    const found = indexedDB.databases ? await indexedDB.databases() : [];
    for (const { name } of found) {
      const attempt = (/^kaohe-(a-\d+)$/.exec(name) || [])[1];
      if (!attempt || attempt === own || !(await isSealed(attempt))) continue;
      for (const left of [name, `${name}-paper`]) indexedDB.deleteDatabase(left);
      new Markings(attempt).wipe();
    }
  }

  forget() {
    try {
      localStorage.removeItem(ATTEMPT);
    } catch (refused) {
      console.warn("nothing was kept", refused);
    }
  }
}

/** @returns {string[]} */
function formulaFiles() {
  const { script, style } = qs("#formula-files").dataset;
  return [script, style].map((path) => new URL(path, location.href).href);
}
