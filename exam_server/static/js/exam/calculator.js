/**
 * A calculator of four functions with √, % and one memory, as it lies on a desk: keys act at once,
 * from left to right. Pure: no DOM. Shown are at most twelve digits; a result that fits no longer,
 * or that there is none for, is an error until "C".
 */
const DIGITS = 12;
const LARGEST = 1e12;
export const FAULT = "错误";

/** @type {Record<string, (left: number, right: number) => number>} */
const OPERATIONS = {
  "+": (left, right) => left + right,
  "−": (left, right) => left - right,
  "×": (left, right) => left * right,
  "÷": (left, right) => left / right,
};

export class Calculator {
  constructor() {
    this.memory = 0;
    this.exact = 0;
    this.shownText = "0";
    this.clear();
  }

  clear() {
    this.text = "0";
    this.isTyping = false;
    this.left = 0;
    this.operation = "";
    /** @type {number | null} what "=" repeats */
    this.repeated = null;
  }

  /** With the digits that are not shown, as long as nothing is typed over them. */
  get value() {
    return this.text === this.shownText ? this.exact : Number(this.text);
  }

  /** @param {string} key as it stands on the keypad @returns {string} what is shown */
  press(key) {
    if (key === "C") this.clear();
    else if (this.text === FAULT) return this.text;
    else if (/^[0-9.]$/.test(key)) this.type(key);
    else if (key in OPERATIONS) this.operate(key);
    else this.act(key);
    return this.text;
  }

  /** @param {string} sign */
  type(sign) {
    if (!this.isTyping) this.text = "0";
    this.isTyping = true;
    if (sign === "." && this.text.includes(".")) return;
    if (this.text.replace(/\D/g, "").length >= DIGITS) return;
    this.text = this.text === "0" && sign !== "." ? sign : this.text + sign;
  }

  /** @param {string} operation */
  operate(operation) {
    if (this.operation && this.isTyping) this.show(OPERATIONS[this.operation](this.left, this.value));
    this.left = this.value;
    this.operation = operation;
    this.isTyping = false;
    this.repeated = null;
  }

  /** @param {string} key */
  act(key) {
    const acts = {
      "=": () => this.equals(),
      "√": () => this.show(Math.sqrt(this.value)),
      "%": () => this.show((this.operation === "+" || this.operation === "−" ? this.left : 1) * (this.value / 100)),
      "±": () => { this.text = String(-this.value); },
      "←": () => { if (this.isTyping) this.text = this.text.length > 1 ? this.text.slice(0, -1) : "0"; },
      MC: () => { this.memory = 0; },
      MR: () => this.show(this.memory),
      "M+": () => { this.memory = rounded(this.memory + this.value); this.isTyping = false; },
      "M−": () => { this.memory = rounded(this.memory - this.value); this.isTyping = false; },
    };
    if (acts[key]) acts[key]();
    if (["√", "%", "MR"].includes(key)) this.isTyping = Boolean(this.operation); // it counts as typed in
    if (this.text === "-0") this.text = "0";
  }

  equals() {
    if (!this.operation) return;
    const isRepeated = this.repeated !== null;
    const right = isRepeated ? this.repeated : this.value;
    const left = isRepeated ? this.value : this.left;
    this.show(OPERATIONS[this.operation](left, right));
    this.repeated = right;
    this.isTyping = false;
  }

  /** @param {number} value */
  show(value) {
    const isShown = Number.isFinite(value) && Math.abs(value) < LARGEST;
    this.text = isShown ? plain(rounded(value)) : FAULT;
    this.exact = value;
    this.shownText = this.text;
  }
}

/** Twelve digits: hides that computers count in halves. @param {number} value */
function rounded(value) {
  return Number(value.toPrecision(DIGITS));
}

/** Without an exponent. @param {number} value */
function plain(value) {
  return /e/.test(String(value)) ? value.toFixed(DIGITS).replace(/\.?0+$/, "") : String(value);
}
