/** The tools that the paper allows: calculator, highlighter, striking options out. */
import { fill, h, icon, qs } from "../page/dom.js";
import { CalculatorPanel } from "./calculator_panel.js";
import { Markings, selectedIn } from "./markings.js";

export class Tools {
  /**
   * @param {import("./wire.js").State} state @param {import("./attempt.js").Attempt} attempt
   * @param {() => void} redraw shows the question again
   */
  constructor({ tools, attempt: name }, attempt, redraw) {
    this.attempt = attempt;
    this.redraw = redraw;
    this.markings = new Markings(name);
    const canStrike = tools.includes("eliminator");
    /** What the view of a question needs; nothing where the paper allows no marks. */
    this.own = canStrike || tools.includes("highlighter") ? { markings: this.markings, canStrike } : null;
    fill(qs("#tools"), tools.includes("highlighter") && this.highlighter(), tools.includes("calculator") && this.calculator());
  }

  highlighter() {
    const keep = (event) => event.preventDefault(); // the selection stays
    return h("button", { type: "button", class: "btn btn--sm", id: "highlight", onmousedown: keep, onclick: () => this.highlight() }, icon("pen"), "高亮", h("span", { class: "sr-only" }, "选中的题干；没有选中时为整个题干"));
  }

  calculator() {
    const panel = new CalculatorPanel();
    return h("button", { type: "button", class: "btn btn--sm", id: "calculator", onclick: () => panel.toggle() }, icon("plus"), "计算器");
  }

  highlight() {
    const { id } = this.attempt.current;
    const [from, to] = selectedIn(qs("#stem .rich"));
    if (from >= to) return;
    this.markings.highlight(id, from, to);
    getSelection().removeAllRanges();
    this.redraw();
  }
}
