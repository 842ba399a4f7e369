/**
 * What the candidate has answered, flagged and is looking at. Pure: no DOM, no network. A choice is
 * first described as a change, so that it can be journaled before it is applied and shown.
 *
 * @typedef {import("./wire.js").Question} Question
 * @typedef {import("./wire.js").Section} Section
 * @typedef {{value: string[], flagged: boolean}} Answer
 * @typedef {import("../exam/journal.js").Change} Change
 */

export const OPTION_KEYS = "ABCDEF";
const NOTHING = Object.freeze({ value: [], flagged: false });

export class Attempt {
  /** @param {{sections: Section[]}} paper @param {Record<string, Answer>} [answers] */
  constructor(paper, answers = {}) {
    this.sections = paper.sections;
    this.questions = paper.sections.flatMap((section) => section.questions);
    /** @type {Record<string, Answer>} */
    this.answers = {};
    for (const [item, { value, flagged }] of Object.entries(answers)) this.answers[item] = { value, flagged };
    this.index = 0;
  }

  get current() {
    return this.questions[this.index];
  }

  /** @returns {Section} */
  get section() {
    return this.sections.find((section) => section.questions.includes(this.current));
  }

  /** @param {Question} question @returns {Answer} */
  answer(question) {
    return this.answers[question.id] || NOTHING;
  }

  /** @param {Question} question */
  isAnswered(question) {
    return this.answer(question).value.length > 0;
  }

  /** @param {Question} question */
  isFlagged(question) {
    return this.answer(question).flagged;
  }

  /**
   * Choose the option at a place; choosing it again withdraws it. No such place: nothing.
   * @param {Question} question @param {number} place @returns {Change | null}
   */
  choosing(question, place) {
    const option = question.options[place];
    if (!option) return null;
    const { value } = this.answer(question);
    const others = value.filter((id) => id !== option.id);
    const isWithdrawn = others.length < value.length;
    if (question.kind !== "multiple_choice") return isWithdrawn ? this.clearing(question) : this.setting(question, [option.id]);
    const chosen = isWithdrawn ? others : [...others, option.id];
    const inOrder = question.options.map(({ id }) => id).filter((id) => chosen.includes(id));
    return inOrder.length ? this.setting(question, inOrder) : this.clearing(question);
  }

  /** @param {Question} question @param {string[]} value @returns {Change} */
  setting(question, value) {
    return { kind: "set", item: question.id, value };
  }

  /** @param {Question} question @returns {Change | null} */
  clearing(question) {
    return this.isAnswered(question) ? { kind: "clear", item: question.id } : null;
  }

  /** @param {Question} question @returns {Change} */
  flagging(question) {
    return { kind: "flag", item: question.id, flagged: !this.isFlagged(question) };
  }

  /** @param {Change} change */
  apply({ kind, item, value, flagged }) {
    const before = this.answers[item] || NOTHING;
    if (kind === "set") this.answers[item] = { ...before, value };
    if (kind === "clear") this.answers[item] = { ...before, value: [] };
    if (kind === "flag") this.answers[item] = { ...before, flagged };
  }

  /** @param {number} step */
  move(step) {
    this.index = Math.min(this.questions.length - 1, Math.max(0, this.index + step));
  }

  /** Go to the next question that matches, wrapping round. @param {(question: Question) => boolean} wanted */
  seek(wanted) {
    const count = this.questions.length;
    for (let step = 1; step <= count; step += 1) {
      const at = (this.index + step) % count;
      if (wanted(this.questions[at])) {
        this.index = at;
        return true;
      }
    }
    return false;
  }

  /** @param {Question[]} [questions] */
  tally(questions = this.questions) {
    const answered = questions.filter((question) => this.isAnswered(question)).length;
    const flagged = questions.filter((question) => this.isFlagged(question)).length;
    return { total: questions.length, answered, open: questions.length - answered, flagged };
  }
}
