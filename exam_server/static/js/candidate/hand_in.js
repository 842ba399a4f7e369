/** Hand-in dialog: shows what is still open, lets the candidate jump there, and asks twice. */
import { formatRemaining } from "../exam/clock.js";
import { fill, h, icon, openDialog, qs, setText } from "../page/dom.js";

const LISTED = 20;
const LOOK_MS = 1000;

export class HandIn {
  /**
   * @param {import("./attempt.js").Attempt} attempt
   * @param {{onJump: (index: number) => void, onConfirm: () => void, unsafe: () => number, leaveInMs: () => number}} handlers leaveInMs: how long hand-in is not open yet
   */
  constructor(attempt, { onJump, onConfirm, unsafe, leaveInMs }) {
    this.attempt = attempt;
    this.onJump = onJump;
    this.unsafe = unsafe;
    this.leaveInMs = leaveInMs;
    this.dialog = /** @type {HTMLDialogElement} */ (qs("#hand-in-dialog"));
    this.confirm = qs("#hand-in-confirm");
    qs("#hand-in-cancel").addEventListener("click", () => this.dialog.close());
    this.confirm.addEventListener("click", () => {
      this.dialog.close();
      onConfirm();
    });
  }

  open() {
    const tally = this.attempt.tally();
    const early = h("p", { class: "note", role: "status" }, icon("clock"), h("span", {}));
    const show = () => {
      const leftMs = this.leaveInMs();
      early.hidden = leftMs <= 0;
      setText(qs("span", early), `还没有到可以交卷的时间，还需等待 ${formatRemaining(leftMs)}。请继续作答和检查。`);
      this.confirm.disabled = leftMs > 0 || !check.checked;
      if (leftMs > 0 && this.dialog.open) setTimeout(show, LOOK_MS);
    };
    const check = h("input", { type: "checkbox", onchange: show });
    const unsafe = this.unsafe();
    fill(
      qs("#hand-in-body"),
      early,
      this.table(),
      tally.open > 0 && this.todo(tally.open),
      unsafe > 0 && h("p", { class: "note" }, icon("unplug"), h("span", {}, `有 ${unsafe} 道题还没有传到服务器。现在交卷，会在网络恢复后一并送出。`)),
      h("label", { class: "check" }, check, "我已检查答卷，交卷后不能再修改。"),
    );
    openDialog(this.dialog);
    show();
  }

  table() {
    const heads = ["题型", "总数", "已答", "未答", "标记"].map((text) => h("th", { scope: "col" }, text));
    const rows = this.attempt.sections.map((section) => {
      const { total, answered, open, flagged } = this.attempt.tally(section.questions);
      return h("tr", {}, h("td", {}, section.title), ...[total, answered, open, flagged].map((n) => h("td", { class: "num" }, String(n))));
    });
    return h("table", { class: "table" }, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows));
  }

  /** @param {number} open */
  todo(open) {
    const cells = [];
    this.attempt.questions.forEach((question, index) => {
      if (this.attempt.isAnswered(question) || cells.length >= LISTED) return;
      const jump = () => {
        this.dialog.close();
        this.onJump(index);
      };
      cells.push(h("button", { type: "button", class: "cell num", "aria-label": `回到第 ${question.no} 题`, onclick: jump }, String(question.no)));
    });
    const more = open > cells.length ? `（仅列前 ${cells.length} 道）` : "";
    return h(
      "div",
      {},
      h("p", { class: "note" }, icon("warn"), h("span", {}, `还有 ${open} 道题未作答`)),
      h("div", { class: "todo" }, ...cells),
      h("p", { class: "field__hint" }, `点题号可直接回到该题${more}`),
    );
  }
}
