/**
 * What may be done with the words of a paper: reading and answering. Copying, pasting, printing and
 * the context menu are stopped, counted and told to the room; inside a text field the person's own
 * text stays free. Nothing happens by itself: people decide what a count means.
 *
 * @typedef {"copy" | "paste" | "menu" | "print" | "keys" | "screen"} Kind
 */
const REPORT_AFTER_MS = 2000;
const STOPPED = { copy: "copy", cut: "copy", dragstart: "copy", paste: "paste", drop: "paste", contextmenu: "menu" };
const KEYS = { KeyP: "print", KeyS: "keys", KeyU: "keys" };

export class Guard {
  /** @param {{isOn: () => boolean, report: (blocked: {kind: Kind, times: number}) => Promise<unknown>, onStopped: () => void}} options */
  constructor({ isOn, report, onStopped }) {
    this.isOn = isOn;
    this.report = report;
    this.onStopped = onStopped;
    /** @type {Map<Kind, number>} */
    this.counts = new Map();
    this.timer = 0;
  }

  listen() {
    for (const [name, kind] of Object.entries(STOPPED)) document.addEventListener(name, (event) => this.stop(event, /** @type {Kind} */ (kind)));
    document.addEventListener("keydown", (event) => this.press(event));
    addEventListener("beforeprint", () => this.count("print"));
  }

  /** @param {Event} event @param {Kind} kind */
  stop(event, kind) {
    const target = /** @type {Element} */ (event.target);
    if (!this.isOn() || (kind !== "menu" && target instanceof Element && target.closest("input[type=text], textarea"))) return;
    event.preventDefault();
    this.count(kind);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const kind = event.code === "F12" ? "keys" : event.ctrlKey ? KEYS[event.code] : "";
    if (!kind || !this.isOn()) return;
    event.preventDefault();
    this.count(kind);
  }

  /** @param {Kind} kind */
  count(kind) {
    if (!this.isOn()) return;
    this.counts.set(kind, (this.counts.get(kind) || 0) + 1);
    this.onStopped();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.send(), REPORT_AFTER_MS);
  }

  send() {
    const told = [...this.counts];
    this.counts.clear();
    for (const [kind, times] of told) this.report({ kind, times }).catch(() => this.counts.set(kind, (this.counts.get(kind) || 0) + times));
  }
}
