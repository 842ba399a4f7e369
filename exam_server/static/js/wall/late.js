/**
 * The desk for operations that were kept apart: late, from an old seat, in conflict. Two persons look at
 * which questions they are about and when they came, never at what was chosen, and take or leave them.
 *
 * @typedef {{question: number | null, kind: string, reason: string, epoch: number, seq: number, received_ms: number, standing: boolean, standing_ms: number | null, effect: string}} KeptOp
 * @typedef {{no: number, admission: number, name: string, has_ended: boolean, ended_ms: number | null, deadline_ms: number | null, refused_by_itself_ms: number,
 *            follow_on: boolean, outages: [number, number | null][], changing: number, ops: KeptOp[]}} Person
 */
import { formatTime } from "../exam/clock.js";
import { requestJson } from "../exam/transport.js";
import { fill, h, icon, openDialog, qs, setAttr } from "../page/dom.js";
import { twoDigits } from "./seatmap.js";

const REASONS = { closed: "迟到", fenced: "旧机位", conflict: "冲突" };
const REASON_TEXT = { closed: "结束后到达", fenced: "换机后由旧机位送出", conflict: "同一序号、内容不同" };
const EFFECTS = { none: "不改变答案", fills: "补上空题", changes: "改变答案", clears: "清空答案" };
const KINDS = { set: "作答", clear: "清除", flag: "标记", submit: "交卷" };

export class LateDesk {
  /** @param {import("./room.js").RoomModel} room @param {string} address of the evidence @param {(name: string, payload: object) => Promise<any>} send @param {(text: string) => void} onDone */
  constructor(room, address, send, onDone) {
    this.room = room;
    this.address = address;
    this.send = send;
    this.onDone = onDone;
    this.box = qs("#late");
    this.dialog = /** @type {HTMLDialogElement} */ (qs("#late-dialog"));
    this.form = /** @type {HTMLFormElement} */ (qs("#late-form"));
    this.shown = "";
    /** @type {Person[]} */
    this.people = [];
    this.admission = 0;
    qs("#late-cancel").addEventListener("click", () => this.dialog.close());
    qs("#late-refuse").addEventListener("click", () => this.decide(false));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.decide(true);
    });
  }

  /** The line above the seat map, as long as anything waits. */
  render() {
    const { kept } = this.room;
    const changing = kept.filter(({ late }) => late.changing > 0);
    const key = JSON.stringify(kept.map(({ no, late }) => [no, late]));
    if (key === this.shown) return;
    this.shown = key;
    this.box.hidden = !kept.length;
    const seats = changing.slice(0, 6).map(({ no, name }) => `${twoDigits(no)} ${name}`).join("、");
    const words = changing.length ? `会改变答案：${seats}${changing.length > 6 ? ` 等 ${changing.length} 人` : ""}` : "都不改变答案，关闭考场时按不采纳留存";
    fill(
      this.box,
      icon("clock"),
      h("span", { class: "transfer__text" }, h("b", {}, "留存操作待裁定 ", h("span", { class: "badge badge--danger num" }, String(kept.length))), ` ${words}`),
      h("button", { type: "button", class: "btn btn--sm", "data-action": "late", onclick: () => this.open() }, "查看并裁定"),
    );
  }

  /** @param {number} [admission] whose operations to begin with */
  async open(admission = 0) {
    this.form.reset();
    this.fail("");
    fill(qs("#late-evidence"), h("p", {}, "正在读取…"));
    fill(qs("#late-people"));
    openDialog(this.dialog);
    await this.load(admission);
  }

  /** @param {number} admission */
  async load(admission) {
    try {
      const told = await requestJson(this.address, { credentials: "same-origin" });
      if (!told.ok) throw new Error(told.message);
      this.people = told.people;
    } catch (unreachable) {
      this.people = [];
      this.show();
      this.fail("没有读到留存的操作，请关闭后再试。");
      return;
    }
    const found = this.people.find((person) => person.admission === admission);
    this.admission = (found || this.people[0] || { admission: 0 }).admission;
    this.show();
  }

  /** @returns {Person | undefined} */
  get person() {
    return this.people.find(({ admission }) => admission === this.admission);
  }

  show() {
    const { person } = this;
    fill(qs("#late-people"), ...this.people.map((each) => this.tab(each)));
    fill(qs("#late-evidence"), person ? this.evidence(person) : h("p", { class: "note note--plain" }, "没有待裁定的操作。"));
    const why = !person ? "没有待裁定的操作" : person.has_ended ? "" : "考生还在作答，交卷后裁定";
    for (const id of ["#late-accept", "#late-refuse"]) qs(id).disabled = Boolean(why);
    qs("#late-why").textContent = person ? why : "";
    qs("#late-fields").hidden = Boolean(why);
  }

  /** @param {Person} each */
  tab(each) {
    const press = () => {
      this.admission = each.admission;
      this.fail("");
      this.show();
    };
    return h("button", { type: "button", class: "btn btn--sm", "aria-pressed": String(each.admission === this.admission), onclick: press }, `${twoDigits(each.no)} ${each.name}`, h("span", { class: "badge num" }, String(each.ops.length)));
  }

  /** @param {Person} person */
  evidence(person) {
    const reasons = [...new Set(person.ops.map(({ reason }) => reason))];
    const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", { class: "num" }, value));
    const outages = person.outages.map(([began, ended]) => `${formatTime(began)}—${ended ? formatTime(ended) : "未恢复"}`);
    return h(
      "div",
      {},
      h(
        "dl",
        { class: "detail__facts late__facts" },
        fact("结束", person.ended_ms ? formatTime(person.ended_ms) : "还在作答"),
        fact("应在此前作答", person.deadline_ms ? formatTime(person.deadline_ms) : "—"),
        fact("序号", person.follow_on ? "与已存作答首尾相接" : "与已存作答不相接"),
        fact("断线", outages.length ? outages.slice(-3).join("、") : "服务器未见断线"),
        fact("原因", reasons.map((reason) => REASON_TEXT[reason] || reason).join("、")),
        fact("逾期不采纳", formatTime(person.refused_by_itself_ms)),
      ),
      h(
        "div",
        { class: "late__table", tabindex: "0", role: "region", "aria-label": "留存的操作" },
        h(
          "table",
          { class: "table" },
          h("thead", {}, h("tr", {}, ...["题", "操作", "收到", "现有答案", "采纳后", "来由"].map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, ...person.ops.map(operation)),
        ),
      ),
      h("p", { class: "field__hint" }, `共 ${person.ops.length} 个操作，其中 ${person.changing} 个会改变答案。为保密和公正，只显示题号和时间，不显示选项。`),
    );
  }

  /** @param {boolean} accept */
  async decide(accept) {
    const data = new FormData(this.form);
    const [reason, reviewer] = ["reason", "reviewer"].map((name) => String(data.get(name) || "").trim());
    if (!reviewer) return this.fail("请填写复核人登录名。");
    if (!reason) return this.fail("请填写裁定的理由。");
    const { person } = this;
    for (const id of ["#late-accept", "#late-refuse"]) qs(id).disabled = true;
    try {
      const reply = await this.send("decide_late", { admission: person.admission, accept, reason, reviewer });
      if (!reply.ok) {
        this.show();
        return this.fail(reply.message || `没有执行（${reply.error}）。请核对后再试。`);
      }
    } catch (unreachable) {
      this.show();
      return this.fail("没有收到服务器的确认，不知道是否已经执行。请先看座位图和事件，再决定是否重做。");
    }
    this.onDone(`${accept ? "已采纳" : "不采纳"}留存的操作：${person.name}`);
    const left = this.people.filter((each) => each !== person);
    /** @type {HTMLInputElement} */ (this.form.elements.namedItem("reason")).value = "";
    this.fail("");
    if (!left.length) return this.dialog.close();
    return this.load(0);
  }

  /** @param {string} text */
  fail(text) {
    const box = qs("#late-failed");
    box.hidden = !text;
    if (text) fill(box, icon("warn"), h("span", {}, text));
    setAttr(box, "role", "alert");
  }
}

/** @param {KeptOp} op */
function operation(op) {
  const standing = op.standing_ms === null ? "没有" : `${op.standing ? "已答" : "空"}，${formatTime(op.standing_ms)} 存`;
  return h(
    "tr",
    {},
    h("td", { class: "num" }, op.question ? `第 ${op.question} 题` : "—"),
    h("td", {}, KINDS[op.kind] || op.kind),
    h("td", { class: "num" }, formatTime(op.received_ms)),
    h("td", { class: "num" }, op.question ? standing : "—"),
    h("td", {}, h("b", {}, EFFECTS[op.effect])),
    h("td", { class: "num" }, `${REASONS[op.reason] || op.reason}，第 ${op.epoch} 次登录的第 ${op.seq} 号`),
  );
}
