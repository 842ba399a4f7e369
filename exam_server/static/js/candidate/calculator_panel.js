/** The calculator on the page: buttons and keys; it covers no option that the focus is on, and moves aside. */
import { Calculator } from "../exam/calculator.js";
import { h, icon, qs, setText } from "../page/dom.js";

const ROWS = [["MC", "MR", "M+", "M−"], ["C", "←", "√", "%"], ["7", "8", "9", "÷"], ["4", "5", "6", "×"], ["1", "2", "3", "−"], ["0", ".", "±", "+"], ["="]];
const NAMES = { MC: "清除存储", MR: "取出存储", "M+": "存储加", "M−": "存储减", C: "全部清除", "←": "退格", "√": "开平方", "%": "百分号", "÷": "除以", "×": "乘以", "−": "减", "±": "变号", "+": "加", "=": "等于", ".": "小数点" };
const TYPED = { "*": "×", "/": "÷", "-": "−", Enter: "=", Backspace: "←", Delete: "C", r: "√", R: "√" };

export class CalculatorPanel {
  constructor() {
    this.calculator = new Calculator();
    this.display = h("output", { class: "calculator__display num", "aria-live": "polite" }, "0");
    this.stored = h("span", { class: "calculator__stored" });
    const key = (sign) => h("button", { type: "button", class: `calculator__key${/\d|\./.test(sign) ? "" : " calculator__key--act"}`, "data-key": sign, "aria-label": NAMES[sign] ? `${sign} ${NAMES[sign]}` : null, onclick: () => this.press(sign) }, sign);
    this.element = h(
      "section",
      { class: "calculator panel", role: "dialog", "aria-label": "计算器", tabindex: "-1", hidden: true },
      h("div", { class: "calculator__head" }, h("h2", { class: "calculator__title" }, "计算器"), this.stored, h("button", { type: "button", class: "btn btn--sm btn--plain", "aria-label": "关闭计算器", onclick: () => this.close() }, icon("close"))),
      this.display,
      h("div", { class: "calculator__keys" }, ...ROWS.map((row) => row.map(key)).reduce((all, row) => [...all, ...row], [])),
    );
    this.element.addEventListener("keydown", (event) => this.keyed(event));
    qs("#player").append(this.element);
  }

  toggle() {
    if (this.element.hidden) this.open();
    else this.close();
  }

  open() {
    this.element.hidden = false;
    this.element.focus();
  }

  close() {
    this.element.hidden = true;
    qs("#calculator").focus();
  }

  /** @param {string} sign */
  press(sign) {
    setText(this.display, this.calculator.press(sign));
    setText(this.stored, this.calculator.memory ? "M" : "");
  }

  /** @param {KeyboardEvent} event */
  keyed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const typed = keyOf(event);
    const isButton = /** @type {HTMLElement} */ (event.target).matches("button") && event.key === "Enter";
    if (event.key === "Escape") this.close();
    else if (!isButton && (typed in NAMES || /^\d$/.test(typed))) this.press(typed);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Digits by their place on the keyboard: an input method reports "Process". @param {KeyboardEvent} event */
function keyOf({ key, code, shiftKey }) {
  const digit = /^(Digit|Numpad)(\d)$/.exec(code);
  if (key === "Process" && digit && !shiftKey) return digit[2];
  return TYPED[key] || key;
}
