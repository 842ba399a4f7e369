/** What becomes of an item: on a candidate's screen, by the player's own code, and on the printed paper. */
import { typeset } from "../candidate/formulas.js";
import { QuestionView } from "../candidate/question.js";
import { h, qs } from "../page/dom.js";
import { LETTERS } from "./item_form.js";
import { richLine, richNodes } from "./rich_text.js";

const HEADS = {
  single_choice: ["单项选择题", "只有一个正确答案。"],
  multiple_choice: ["多项选择题", "有至少两个正确答案。"],
  true_false: ["判断题", "判断说法是否正确。"],
};
const JUDGED = ["正确", "错误"];
const LARGE = "2";
const SHEET_PX = (190 / 25.4) * 96; // the printed column with its margins, in CSS pixels

/** @typedef {ReturnType<import("./item_form.js").ItemForm["value"]>} Fields */

export class ItemPreview {
  /** @param {HTMLElement} editor @param {(digest: string) => string} figureAddress */
  constructor(editor, figureAddress) {
    this.editor = editor;
    this.figureAddress = figureAddress;
    this.view = "candidate";
    /** @type {Fields | null} */
    this.fields = null;
    this.question = new QuestionView(() => {});
    this.question.lock(true);
    const views = qs("#views", editor);
    views.hidden = false;
    views.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("button");
      if (button) this.choose(button.dataset.view);
    });
    const wide = qs("#wide", editor);
    wide.hidden = false;
    wide.addEventListener("click", () => {
      wide.setAttribute("aria-pressed", String(editor.classList.toggle("editor--wide")));
      this.fitSheet();
    });
    window.addEventListener("resize", () => this.fitSheet());
  }

  /** @param {string} view */
  choose(view) {
    this.view = view;
    for (const button of this.editor.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.view === view));
    const isPrinted = view === "printed";
    qs("#candidate-view", this.editor).hidden = isPrinted;
    qs("#printed-view", this.editor).hidden = !isPrinted;
    qs("#body", this.editor).style.setProperty("--zoom", view === "large" ? LARGE : "1");
    this.paint();
  }

  /** @param {Fields} fields */
  show(fields) {
    this.fields = fields;
    this.paint();
  }

  paint() {
    if (!this.fields) return;
    const stage = qs("#stage", this.editor);
    const { scrollTop } = stage;
    if (this.view === "printed") this.print(this.fields);
    else this.display(this.fields);
    stage.scrollTop = scrollTop;
  }

  /** @param {Fields} fields */
  display(fields) {
    const [title, rule] = HEADS[fields.kind];
    const texts = optionsOf(fields);
    const question = /** @type {any} */ ({
      id: "preview",
      no: 1,
      kind: fields.kind,
      stem: markup(richNodes(fields.stem)),
      options: texts.map((text, place) => ({ id: String(place), content: markup(richLine(text)) })),
      figure: fields.figure ? { src: this.figureAddress(fields.figure), description: fields.description, caption: fields.caption } : null,
    });
    this.question.render(question, [], { title, rule, points: "", kind: fields.kind, questions: [] });
  }

  /** @param {Fields} fields */
  print(fields) {
    const sheet = qs("#printed-view", this.editor);
    const stem = h("div", { class: "printed__stem" }, h("span", {}, "1．"), h("div", { class: "rich" }, ...richNodes(fields.stem)));
    sheet.replaceChildren(stem, ...this.printedFigure(fields), ...printedOptions(fields), h("p", { class: "printed__note" }, "印刷卷中公式排成一行，选项按长短排四列、两列或一列。"));
    typeset(sheet);
    const options = sheet.querySelector(".printed__options");
    if (options) setColumns(options);
    this.fitSheet();
  }

  /** @param {Fields} fields */
  printedFigure({ figure, description, caption }) {
    if (!figure) return [];
    const picture = h("img", { src: this.figureAddress(figure), alt: description, onload: () => this.fitSheet() });
    return [h("figure", { class: "printed__figure" }, picture, caption ? h("figcaption", {}, caption) : null)];
  }

  /** The sheet keeps its lines and is made smaller to fit. */
  fitSheet() {
    const sheet = qs("#printed-view", this.editor);
    const room = qs("#stage", this.editor).clientWidth;
    sheet.style.transform = room < SHEET_PX ? `scale(${room / SHEET_PX})` : "";
  }
}

/** @param {Fields} fields @returns {string[]} */
function optionsOf({ kind, options }) {
  if (kind === "true_false") return JUDGED;
  const texts = options.map(({ text }) => text);
  while (texts.length && !texts[texts.length - 1].trim()) texts.pop();
  return texts;
}

/** @param {Node[]} nodes */
function markup(nodes) {
  const holder = document.createElement("div");
  holder.append(...nodes);
  return holder.innerHTML;
}

/** @param {Fields} fields */
function printedOptions(fields) {
  if (fields.kind === "true_false") return [];
  const texts = optionsOf(fields);
  const rows = texts.map((text, place) => h("div", { class: "printed__option" }, h("span", {}, `${LETTERS[place]}．`), h("span", {}, ...richLine(text))));
  return [h("div", { class: "printed__options" }, ...rows)];
}

/** Four columns, two or one, as the longest permits. @param {HTMLElement} options */
function setColumns(options) {
  const widest = (columns) => {
    options.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    return [...options.children].every((row) => /** @type {HTMLElement} */ (row).offsetHeight < 30 && row.scrollWidth <= row.clientWidth);
  };
  for (const columns of [4, 2]) if (widest(columns)) return;
  options.style.gridTemplateColumns = "minmax(0, 1fr)";
}
