/** The form of the item editor: its fields as a value, and the rows of options. The server's form stays the truth. */
import { h, qs } from "../page/dom.js";

/** @typedef {{text: string, isKey: boolean, isLocked: boolean}} Row */

export const LETTERS = "ABCDEF";
const MAX_ROWS = 5;
const LEAST_ROWS = 2;

export class ItemForm {
  /** @param {HTMLFormElement} form @param {(row: string) => void} onMoved says what happened to a row */
  constructor(form, onMoved) {
    this.form = form;
    this.rows = /** @type {HTMLElement} */ (qs("#rows", form));
    this.onMoved = onMoved;
    for (const row of this.rows.children) fit(/** @type {HTMLElement} */ (row));
    form.addEventListener("input", (event) => this.typed(/** @type {HTMLElement} */ (event.target)));
    form.addEventListener("change", (event) => this.chosen(/** @type {HTMLInputElement} */ (event.target)));
    this.rows.addEventListener("click", (event) => this.pressed(event));
    this.rows.addEventListener("keydown", (event) => this.keyed(event));
    qs("#add-option", form).addEventListener("click", (event) => {
      event.preventDefault();
      this.add();
    });
    this.paint();
  }

  /** What is typed and chosen. */
  value() {
    const data = new FormData(this.form);
    const text = (name) => String(data.get(name) || "");
    return {
      kind: text("kind") || qs("#kind input:checked", this.form).value,
      stem: text("stem"),
      options: this.options(),
      verdict: text("verdict"),
      figure: data.get("figure_removed") ? "" : text("figure"),
      description: text("figure_description"),
      caption: text("figure_caption"),
    };
  }

  /** @returns {Row[]} */
  options() {
    return [...this.rows.children].map((row) => ({ text: cell(row, "option").value, isKey: cell(row, "key").checked, isLocked: cell(row, "locked").checked }));
  }

  /** What the server is sent; the file goes its own way. */
  data() {
    const data = new FormData(this.form);
    data.delete("file");
    data.set("kind", this.value().kind);
    return data;
  }

  /** @param {HTMLElement} target */
  typed(target) {
    if (target.matches(".rows__text")) fit(target.closest("li"));
  }

  /** @param {HTMLInputElement} target */
  chosen(target) {
    if (target.name === "kind") this.paint();
    if (target.name !== "key") return;
    if (target.checked && this.value().kind === "single_choice") {
      for (const row of this.rows.children) cell(row, "key").checked = row.contains(target);
    }
    this.paint();
  }

  /** Buttons of the rows do at once what they would do over the server. @param {Event} event */
  pressed(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("li");
    const [action] = button.getAttribute("value").split("-");
    if (action === "remove") this.remove(row);
    else this.move(row, action === "up" ? -1 : 1, button);
  }

  /** @param {KeyboardEvent} event */
  keyed(event) {
    if (!event.altKey || event.ctrlKey || !["ArrowUp", "ArrowDown"].includes(event.code)) return;
    event.preventDefault();
    const target = /** @type {HTMLElement} */ (event.target);
    this.move(target.closest("li"), event.code === "ArrowUp" ? -1 : 1, target);
  }

  /** @param {HTMLElement} row @param {number} step @param {HTMLElement} focused */
  move(row, step, focused) {
    const place = [...this.rows.children].indexOf(row);
    const other = /** @type {HTMLElement | undefined} */ (this.rows.children[place + step]);
    if (!other) return;
    this.rows.insertBefore(step < 0 ? row : other, step < 0 ? other : row);
    this.renumber();
    focused.focus();
    this.onMoved(`已移到选项 ${LETTERS[place + step]}`);
  }

  /** @param {HTMLElement} row */
  remove(row) {
    if (this.rows.children.length <= LEAST_ROWS) return;
    const next = /** @type {HTMLElement} */ (row.nextElementSibling || row.previousElementSibling);
    row.remove();
    this.renumber();
    cell(next, "option").focus();
    this.onMoved("已删除选项");
  }

  add() {
    if (this.rows.children.length >= MAX_ROWS) return;
    const template = /** @type {HTMLTemplateElement} */ (qs("#row-template"));
    this.rows.append(template.content.cloneNode(true));
    this.renumber();
    cell(this.rows.lastElementChild, "option").focus();
    this.onMoved(`已添加选项 ${LETTERS[this.rows.children.length - 1]}`);
  }

  /** Letters and places follow the order of the rows. */
  renumber() {
    [...this.rows.children].forEach((row, place) => {
      const letter = LETTERS[place];
      qs(".rows__letter", row).textContent = letter;
      cell(row, "option").setAttribute("aria-label", `选项 ${letter}`);
      cell(row, "key").value = String(place);
      cell(row, "locked").value = String(place);
      for (const which of row.querySelectorAll(".rows__which")) which.textContent = ` ${letter}`;
      for (const button of row.querySelectorAll("button")) {
        const [action] = button.value.split("-");
        const words = { up: "上移", down: "下移", remove: "删除" }[action];
        button.value = `${action}-${place}`;
        button.setAttribute("aria-label", `${words}选项 ${letter}`);
      }
    });
    this.paint();
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  paint() {
    const isJudged = this.value().kind === "true_false";
    qs("#judge", this.form).hidden = !isJudged;
    qs("#options", this.form).hidden = isJudged;
    for (const row of this.rows.children) row.classList.toggle("rows__row--key", cell(row, "key").checked);
    qs("#add-option", this.form).disabled = this.rows.children.length >= MAX_ROWS;
  }

  /** The figure that the server has taken. @param {string} digest @param {string} src */
  showFigure(digest, src) {
    qs("[name=figure]", this.form).value = digest;
    qs("[name=figure_removed]", this.form).checked = false;
    const picture = qs("#figure-picture", this.form);
    picture.src = src;
    picture.hidden = false;
    qs("#figure-texts", this.form).hidden = false;
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {string} words empty when there is nothing to say */
  refuseFigure(words) {
    const place = qs("#f-file-error", this.form);
    place.hidden = !words;
    place.replaceChildren(...(words ? [h("span", {}, words)] : []));
  }
}

/** @param {Element} row @param {string} name @returns {any} */
function cell(row, name) {
  return qs(`[name=${name}]`, row);
}

/** As high as its lines. @param {HTMLElement} row */
function fit(row) {
  const area = /** @type {HTMLTextAreaElement} */ (qs(".rows__text", row));
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}
