/** Renders one question. Native radio and checkbox inputs carry all semantics; the painted mark follows the journal. */
import { h, icon, qs, setAttr, setText } from "../page/dom.js";
import { OPTION_KEYS } from "./attempt.js";
import { typeset } from "./formulas.js";
import { paint } from "./markings.js";

/** @typedef {import("./wire.js").Question} Question */

/** Stems and options come as restricted HTML that the server has written. @param {string} markup @param {string} [tag] */
function cleaned(markup, tag = "span") {
  const node = h(tag, { class: "rich" });
  node.innerHTML = markup;
  typeset(node);
  return node;
}

export class QuestionView {
  /**
   * @param {(place: number) => void} onChoose place of the option, from 0
   * @param {{markings: import("./markings.js").Markings, canStrike: boolean} | null} [own] what the candidate marks
   */
  constructor(onChoose, own = null) {
    this.onChoose = onChoose;
    this.own = own;
    this.body = qs("#body");
    /** @type {Question | null} */
    this.shown = null;
    this.isLocked = false;
  }

  /** @param {Question} question @param {string[]} value @param {import("./wire.js").Section} section */
  render(question, value, section) {
    if (this.shown !== question) this.build(question, section);
    for (const option of this.body.querySelectorAll(".option")) {
      const on = value.includes(option.dataset.option);
      option.classList.toggle("option--on", on);
      const input = qs("input", option);
      input.checked = on;
      input.disabled = this.isLocked;
    }
    if (this.own && this.own.canStrike) this.renderStruck(question);
  }

  /** Read-only after the time is up or hand-in. @param {boolean} isLocked */
  lock(isLocked) {
    this.isLocked = isLocked;
    this.body.classList.toggle("question__body--locked", isLocked);
  }

  /** Formulas have become available: set the question once more. */
  forget() {
    this.shown = null;
  }

  /** @param {Question} question */
  renderStruck(question) {
    const { out } = this.own.markings.of(question.id);
    for (const row of this.body.querySelectorAll(".option-row")) {
      const isOut = out.includes(row.dataset.option);
      row.classList.toggle("option-row--out", isOut);
      setAttr(qs("button", row), "aria-pressed", String(isOut));
    }
  }

  /** @param {Question} question @param {HTMLElement} label @param {import("./wire.js").Option} option @param {number} place */
  withEliminator(question, label, option, place) {
    const strike = () => {
      this.own.markings.strike(question.id, option.id);
      this.renderStruck(question);
    };
    const name = question.kind === "true_false" ? ["正确", "错误"][place] : OPTION_KEYS[place];
    return h("div", { class: "option-row", "data-option": option.id }, label, h("button", { type: "button", class: "btn btn--sm btn--plain option-row__out", "aria-label": `排除选项 ${name}`, onclick: strike }, icon("close"), "排除"));
  }

  build(question, section) {
    this.shown = question;
    setText(qs("#section"), section.title);
    setText(qs("#points"), section.points);
    setText(qs("#rule"), section.rule);
    const stem = h("div", { class: "stem", id: "stem", tabindex: "-1" }, h("span", { class: "stem__no num" }, `${question.no}．`), cleaned(question.stem, "div"));
    const judge = question.kind === "true_false";
    const options = h("fieldset", { class: `options${judge ? " options--judge" : ""}`, "aria-labelledby": "stem" }, ...question.options.map((option, place) => this.option(question, option, place)));
    const { figure } = question;
    const picture = figure
      ? h("figure", { class: "figure" }, h("img", { src: figure.src, alt: figure.description }), figure.caption ? h("figcaption", {}, figure.caption) : null)
      : null;
    this.body.replaceChildren(stem, h("div", { class: `question__split${picture ? " question__split--figure" : ""}` }, options, ...(picture ? [picture] : [])));
    if (this.own) paint(qs(".rich", stem), this.own.markings.of(question.id).passages);
    this.body.parentElement.scrollTop = 0;
  }

  /** @param {Question} question @param {import("./wire.js").Option} option @param {number} place */
  option(question, option, place) {
    const multi = question.kind === "multiple_choice";
    const mark = question.kind === "true_false" ? icon(place === 0 ? "check" : "close") : OPTION_KEYS[place];
    const input = h("input", {
      type: multi ? "checkbox" : "radio",
      name: question.id,
      value: option.id,
      onclick: (event) => {
        event.preventDefault(); // the mark appears when the choice is on disk
        this.onChoose(place);
      },
      onfocus: () => label.classList.toggle("option--focus", input.matches(":focus-visible")),
      onblur: () => label.classList.remove("option--focus"),
    });
    const tick = icon("check");
    tick.classList.add("option__tick");
    const label = h(
      "label",
      { class: `option${multi ? " option--multi" : ""}`, "data-option": option.id },
      input,
      h("span", { class: "option__key", "aria-hidden": "true" }, mark),
      h("span", { class: "option__text" }, cleaned(option.content)),
      tick,
    );
    return this.own && this.own.canStrike ? this.withEliminator(question, label, option, place) : label;
  }
}
