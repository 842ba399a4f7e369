/** Number panel: one button per question, built once; then only classes and names change. */
import { h, qs, setAttr, setText } from "../page/dom.js";

const WORDS = { local: "待上传", sending: "正在上传" };

export class Sheet {
  /**
   * @param {import("./attempt.js").Attempt} attempt
   * @param {() => Map<string, "local" | "sending">} itemStates what is not yet safe on the server
   * @param {(index: number) => void} onSelect
   */
  constructor(attempt, itemStates, onSelect) {
    this.attempt = attempt;
    this.itemStates = itemStates;
    this.cells = attempt.questions.map((question, index) => h("button", { type: "button", class: "cell num", onclick: () => onSelect(index) }, String(question.no)));
    this.counters = attempt.sections.map(() => h("span"));
    let at = 0;
    const groups = attempt.sections.map((section, i) => {
      const cells = this.cells.slice(at, (at += section.questions.length));
      return h("section", {}, h("h2", { class: "group__head" }, section.title, this.counters[i]), h("div", { class: "group__cells" }, ...cells));
    });
    qs("#groups").replaceChildren(...groups);
  }

  render() {
    const { attempt } = this;
    const tally = attempt.tally();
    setText(qs("#answered"), String(tally.answered));
    setText(qs("#total"), String(tally.total));
    setText(qs("#flagged"), String(tally.flagged));
    qs("#meter").style.width = `${(100 * tally.answered) / tally.total}%`;
    attempt.sections.forEach((section, i) => {
      const part = attempt.tally(section.questions);
      setText(this.counters[i], `${part.answered}/${part.total}`);
    });
    const states = this.itemStates();
    attempt.questions.forEach((question, index) => this.renderCell(question, index, states.get(question.id)));
  }

  /** @param {import("./wire.js").Question} question @param {number} index @param {"local" | "sending" | undefined} state */
  renderCell(question, index, state) {
    const cell = this.cells[index];
    const answered = this.attempt.isAnswered(question);
    const flagged = this.attempt.isFlagged(question);
    const current = index === this.attempt.index;
    const looks = {
      "cell--answered": answered,
      "cell--pending": state !== undefined,
      "cell--sending": state === "sending",
      "cell--flagged": flagged,
      "cell--current": current,
    };
    for (const [name, on] of Object.entries(looks)) cell.classList.toggle(name, on);
    const words = [`第 ${question.no} 题`, answered ? "已答" : "未答", state ? WORDS[state] : "", flagged ? "已标记" : ""];
    setAttr(cell, "aria-label", words.filter(Boolean).join("，"));
    if (current) setAttr(cell, "aria-current", "true");
    else cell.removeAttribute("aria-current");
  }

  /** @param {number} index */
  reveal(index) {
    const cell = this.cells[index];
    const box = qs("#groups");
    const top = cell.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + cell.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - box.clientHeight / 2;
  }
}
