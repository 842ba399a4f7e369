/** Buttons that write the notation into the text field last used; what they do can be undone with Ctrl+Z. */

const PLACE = "□";
const TABLE = "| 项目 | 数值 |\n| □ | □ |\n| □ | □ |";

/** @typedef {{text: string, from: number, to: number}} Change text to put between `from` and `to` of the field */

export class Notation {
  /** @param {HTMLElement} bar @param {HTMLElement} fields */
  constructor(bar, fields) {
    this.target = /** @type {HTMLTextAreaElement} */ (fields.querySelector("[data-rich]"));
    const turnTo = (/** @type {any} */ field) => { if (field.matches("[data-rich]")) this.target = field; };
    fields.addEventListener("focusin", (event) => turnTo(event.target));
    if (fields.contains(document.activeElement)) turnTo(document.activeElement);
    bar.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays
    bar.addEventListener("click", (event) => this.press(/** @type {HTMLElement} */ (event.target).closest("button")));
    bar.hidden = false;
  }

  /** @param {HTMLElement | null} button */
  press(button) {
    if (!button) return;
    const { mark, insert, formula, table } = button.dataset;
    if (mark) this.write((chosen) => `${mark}${chosen || PLACE}${mark}`);
    else if (insert) this.write(() => insert);
    else if (table !== undefined) this.write(() => TABLE, true);
    else this.write((chosen) => `\\( ${formula ? formula.replace(PLACE, chosen || PLACE) : chosen || PLACE} \\)`);
  }

  /** @param {(chosen: string) => string} made @param {boolean} [isBlock] on lines of its own */
  write(made, isBlock = false) {
    const field = this.target;
    if (!field.isConnected) return;
    const { selectionStart: from, selectionEnd: to, value } = field;
    let text = made(value.slice(from, to));
    if (isBlock) text = `${from && value[from - 1] !== "\n" ? "\n" : ""}${text}${value[to] && value[to] !== "\n" ? "\n" : ""}`;
    field.focus();
    if (!document.execCommand("insertText", false, text)) field.setRangeText(text, from, to, "end"); // keeps undo where it can
    const open = text.indexOf(PLACE);
    if (open >= 0) field.setSelectionRange(from + open, from + open + 1);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
