/** Theme and size of the items. The choice is stored with the attempt, a moment after the last press. */
import { fill, h, icon, qs, setAttr, setText } from "../page/dom.js";

const ZOOMS = [1, 1.25, 1.5, 2];
const THEMES = [["", "标准"], ["dark", "深色"], ["contrast", "高对比"]];
const SETTLE_MS = 600;

export class Display {
  /** @param {{theme: string, zoom: number}} chosen @param {(chosen: {theme: string, zoom: number}) => void} onChoice */
  constructor(chosen, onChoice) {
    this.onChoice = onChoice;
    this.timer = 0;
    this.zoom = 0;
    this.theme = 0;
    this.setZoom(chosen.zoom);
    this.setTheme(Math.max(0, THEMES.findIndex(([name]) => name === chosen.theme)));
    qs("#zoom-in").addEventListener("click", () => this.choose(() => this.setZoom(this.zoom + 1)));
    qs("#zoom-out").addEventListener("click", () => this.choose(() => this.setZoom(this.zoom - 1)));
    qs("#zoom-reset").addEventListener("click", () => this.choose(() => this.setZoom(0)));
    qs("#theme").addEventListener("click", () => this.choose(() => this.setTheme(this.theme + 1)));
  }

  /** @param {() => void} set */
  choose(set) {
    set();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.onChoice({ theme: THEMES[this.theme][0], zoom: this.zoom }), SETTLE_MS);
  }

  /** @param {number} index */
  setZoom(index) {
    this.zoom = Math.min(ZOOMS.length - 1, Math.max(0, Math.floor(index) || 0));
    qs("#body").style.setProperty("--zoom", String(ZOOMS[this.zoom]));
    setText(qs("#zoom-value"), `${ZOOMS[this.zoom] * 100}%`);
    qs("#zoom-out").disabled = this.zoom === 0;
    qs("#zoom-in").disabled = this.zoom === ZOOMS.length - 1;
  }

  /** @param {number} index */
  setTheme(index) {
    this.theme = index % THEMES.length;
    const [name, label] = THEMES[this.theme];
    setAttr(document.documentElement, "data-theme", name);
    fill(qs("#theme"), icon("contrast"), h("span", { class: "sr-only" }, "显示："), label);
  }
}
