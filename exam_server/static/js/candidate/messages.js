/** What the proctor and the clock have to say: dialogs that ask for confirmation, notices, toasts. */
import { formatTime } from "../exam/clock.js";
import { fill, h, icon, openDialog, qs } from "../page/dom.js";

const NOTICE_MS = 10000;
const TOAST_MS = 6000;

export class Messages {
  /** @param {{say: (text: string) => void}} announcer @param {(id: number) => void} onSeen */
  constructor(announcer, onSeen) {
    this.announcer = announcer;
    this.onSeen = onSeen;
    this.dialog = /** @type {HTMLDialogElement} */ (qs("#message-dialog"));
    /** @type {import("./wire.js").RoomEvent[]} */
    this.queue = [];
    this.toastEnd = 0;
    qs("#message-seen").addEventListener("click", () => this.confirm());
    this.dialog.addEventListener("cancel", (event) => event.preventDefault()); // Esc does not confirm
  }

  /** @param {import("./wire.js").RoomEvent} event */
  receive(event) {
    if (!event.text || this.queue.some(({ id }) => id === event.id)) return;
    this.announcer.say(event.text);
    if (event.kind === "started") return; // the paper itself says so
    if (!event.needs_confirmation) {
      this.notice(event.kind === "extension" ? "clock" : "message", event.text, event.kind !== "message");
      return;
    }
    this.queue.push(event);
    if (this.queue.length === 1) this.show();
  }

  show() {
    const [event] = this.queue;
    if (!event) return;
    qs("#message-title").textContent = event.kind === "extension" ? "考试时间已延长" : "监考人员消息";
    qs("#message-text").textContent = event.text;
    qs("#message-time").textContent = formatTime(event.at_ms);
    openDialog(this.dialog);
  }

  confirm() {
    const event = this.queue.shift();
    this.dialog.close();
    if (event) this.onSeen(event.id);
    this.show();
  }

  /**
   * A strip above the question; never covers the options.
   * @param {string} picture @param {string} text @param {boolean} [passing] closes itself after ten seconds
   */
  notice(picture, text, passing = true) {
    const strip = h("div", { class: "notice" }, icon(picture), h("span", { class: "notice__text" }, text), h("button", { type: "button", class: "btn btn--sm btn--plain", onclick: () => strip.remove() }, "关闭"));
    qs("#notices").append(strip);
    if (passing) setTimeout(() => strip.remove(), NOTICE_MS);
  }

  /** @param {string} picture @param {string} text */
  toast(picture, text) {
    const box = qs("#toast");
    fill(box, icon(picture), text);
    box.hidden = false;
    this.announcer.say(text);
    clearTimeout(this.toastEnd);
    this.toastEnd = window.setTimeout(() => { box.hidden = true; }, TOAST_MS);
  }
}
