/** Full screen is offered, never forced; leaving it during the paper offers the way back at once. */
import { h, icon } from "../page/dom.js";

const NOTICE_AFTER_MS = 5000;

export class FullScreen {
  /** @param {{isOn: () => boolean, onLeft: () => void}} options onLeft: left for more than five seconds */
  constructor({ isOn, onLeft }) {
    this.isOn = isOn;
    this.onLeft = onLeft;
    this.timer = 0;
    /** @type {HTMLElement | null} */
    this.offer = null;
    document.addEventListener("fullscreenchange", () => this.changed());
  }

  get isPossible() {
    return document.fullscreenEnabled && !document.fullscreenElement;
  }

  /** A button, or nothing where the browser has no full screen or is in it. @param {string} look */
  button(look) {
    if (!this.isPossible) return null;
    const button = h("button", { type: "button", class: `btn ${look}`, onclick: () => document.documentElement.requestFullscreen().catch(() => {}) }, icon("expand"), "全屏显示");
    document.addEventListener("fullscreenchange", () => { button.hidden = !this.isPossible; });
    return button;
  }

  changed() {
    clearTimeout(this.timer);
    if (this.offer) this.offer.remove();
    this.offer = null;
    if (document.fullscreenElement || !this.isOn()) return;
    this.offer = h("div", { class: "notice" }, icon("expand"), h("span", { class: "notice__text", role: "status" }, "已退出全屏，可以继续作答。"), this.button("btn--sm"));
    document.querySelector("#notices").append(this.offer);
    this.timer = window.setTimeout(() => this.onLeft(), NOTICE_AFTER_MS);
  }
}
