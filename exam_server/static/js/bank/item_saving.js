/** Keeps the work on the server by itself, saves versions on demand, and says which of it is safe. */

export const KEEP_AFTER_MS = 1500; // of silence
const RETRY_MS = 5000;

/** @typedef {"" | "waiting" | "saving" | "kept" | "saved" | "failed"} SaveState */

export class ItemSaving {
  /**
   * @param {{api: string, data: () => FormData, show: (state: SaveState, words: string) => void, onSaved: (reply: any) => void, onUnsaved: (isUnsaved: boolean) => void, fetcher?: typeof fetch}} options
   */
  constructor({ api, data, show, onSaved, onUnsaved, fetcher = (url, init) => fetch(url, init) }) {
    this.api = api;
    this.data = data;
    this.show = show;
    this.onSaved = onSaved;
    this.onUnsaved = onUnsaved;
    this.fetcher = fetcher;
    this.isDirty = false;
    this.timer = 0;
    this.turn = Promise.resolve(); // one request after the other, so that the last one wins
  }

  /** Something was typed. */
  touch() {
    this.isDirty = true;
    this.show("waiting", "有改动，稍后自动保存");
    this.later(KEEP_AFTER_MS);
  }

  /** @param {number} wait_ms */
  later(wait_ms) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.keep(), wait_ms);
  }

  /** @returns {Promise<void>} */
  keep() {
    if (!this.isDirty) return this.turn;
    return this.queue(async () => {
      if (!this.isDirty) return;
      this.isDirty = false;
      this.show("saving", "正在保存…");
      const reply = await this.send("draft");
      if (!reply) return;
      this.onUnsaved(reply.is_unsaved);
      if (!this.isDirty) this.show("kept", `已自动保存 ${reply.at}`);
    });
  }

  /** Make a version. @returns {Promise<any>} the reply, nothing when it could not be saved */
  save() {
    clearTimeout(this.timer);
    let answer = null;
    return this.queue(async () => {
      this.isDirty = false;
      this.show("saving", "正在保存…");
      const reply = await this.send("save");
      if (!reply) return;
      answer = reply;
      if (reply.is_saved) this.show("saved", reply.is_new ? `已保存为第 ${reply.base} 版 ${reply.at}` : `与第 ${reply.base} 版相同，没有新版本`);
      else this.show("kept", `已自动保存 ${reply.at}，更正后才能形成版本`);
      this.onSaved(reply);
    }).then(() => answer);
  }

  /** @param {() => Promise<void>} step */
  queue(step) {
    this.turn = this.turn.then(step);
    return this.turn;
  }

  /** @param {string} name @returns {Promise<any>} nothing when it failed; then it is tried again */
  async send(name) {
    try {
      const response = await this.fetcher(`${this.api}${name}`, { method: "POST", body: this.data(), headers: { Accept: "application/json" } });
      const reply = await response.json();
      if (reply.ok) return reply;
      this.show("failed", reply.message);
    } catch {
      this.isDirty = true;
      this.show("failed", "没有连上服务器，内容还在本页，将自动重试");
      this.later(RETRY_MS);
    }
    return null;
  }

  /** The page is left: what is not kept yet goes out with it. */
  leave() {
    if (!this.isDirty) return;
    this.isDirty = false;
    clearTimeout(this.timer);
    navigator.sendBeacon(`${this.api}draft`, this.data());
  }
}
