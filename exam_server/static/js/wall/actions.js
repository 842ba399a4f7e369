/** Everything a proctor may do, and the one dialog that asks what, why, and — where required — who checked. */
import { formatTime } from "../exam/clock.js";
import { fill, h, icon, openDialog, qs } from "../page/dom.js";
import { twoDigits } from "./seatmap.js";
import { Proposals } from "./compensation.js";
import { Targets } from "./targets.js";

/** @typedef {import("./room.js").Seat} Seat */
/** @typedef {import("./room.js").RoomModel} RoomModel */
/**
 * @typedef {{label: string, icon: string, isDanger?: boolean, fields: string[], text?: string, tick?: string, confirm?: string}} Action
 *   fields: which questions the dialog asks; tick: what has to be ticked before; confirm: word on the button
 */

/** @type {Record<string, Action>} */
export const SEAT_ACTIONS = {
  message: { label: "发消息", icon: "message", fields: ["text"], confirm: "发送", text: "考生需要点“我知道了”才能继续作答。" },
  extend: { label: "延时", icon: "clock", fields: ["minutes", "reason", "reviewer"], confirm: "延长时间", text: "考生的剩余时间立即改变，并写入考场记录。" },
  pause: { label: "暂停", icon: "lock", fields: ["reason"], confirm: "暂停", text: "试卷立即盖住，该考生的时间停止。恢复后按停止的时间提出补时。" },
  resume: { label: "恢复", icon: "play", fields: [], confirm: "恢复作答", text: "考生可以继续作答。" },
  compensate: { label: "补时", icon: "clock", fields: ["why"], confirm: "确认补时", text: "下面的时间考生不能作答，请逐项确认；确认后剩余时间立即改变，并写入考场记录。" },
  release_seat: { label: "换机", icon: "swap", fields: ["reason"], confirm: "释放机位", text: "考生可以在本机或另一台机器重新登录，已送达服务器的作答不会丢失。" },
  record_incident: { label: "事件记录", icon: "pen", fields: ["incident"], confirm: "记录", text: "违纪或特殊情况写入考场记录，不影响成绩。" },
  uncover: { label: "放行", icon: "check", fields: [], confirm: "放行", text: "答卷重新显示，考生可以继续作答。" },
  override_seb: { label: "免 SEB", icon: "check", fields: ["reason"], confirm: "放行", text: "考生可以不经 SEB 校验登录。原因写入考场记录。" },
  mark_absent: { label: "登记缺考", icon: "user-off", fields: ["reason"], confirm: "登记缺考", text: "考生到场后可以取消登记。" },
  mark_present: { label: "取消缺考", icon: "user", fields: ["reason"], confirm: "取消缺考", text: "取消后考生可以登录。" },
  defer: { label: "缓考", icon: "calendar", fields: ["reason", "reviewer"], confirm: "登记缓考", text: "考生本次不考，不记缺考；关闭考场后可以报名以后的批次。关闭考场前可以取消。" },
  reopen: { label: "恢复作答", icon: "play", fields: ["minutes", "reason", "reviewer"], tick: "我与复核人都同意该考生继续作答", confirm: "恢复作答" },
  void: {
    label: "判为无效",
    icon: "warn",
    isDanger: true,
    fields: ["reason", "reviewer"],
    tick: "已由两人作出违纪处理决定，知道此操作不可撤销",
    confirm: "判为无效",
    text: "考试立即结束，本科成绩按 0 分、违纪无效记载。作答仍全部保留。此操作不可撤销。",
  },
  force_submit: {
    label: "强制交卷",
    icon: "check",
    isDanger: true,
    fields: ["reason", "reviewer"],
    tick: "我已核对考生身份，确认结束该考生的考试",
    confirm: "强制交卷",
    text: "考试立即结束，此前送达服务器的作答全部保存。交卷后考生不能继续作答。",
  },
};

const REOPEN_TEXT = "交卷后经过的时间补还，剩余时间与交卷时相同。考生须凭考场口令重新登录，回执作废，再次交卷时另发。";
const REOPEN_LATE_TEXT = "考试时间已到，从现在起给予下面的分钟数。考生须凭考场口令重新登录，回执作废，再次交卷时另发。";

const LET_IN_TEXT = "已超过迟到入场时限，放行须两人同意并说明原因。考生登录后立即开始，考试仍与全场同时结束。";

/** One whose time was over needs minutes to be reopened; the others have theirs. @param {string} name @param {Seat} seat @param {boolean} isLate after the limit for entering @returns {Action} */
export function actionFor(name, seat, isLate) {
  const action = SEAT_ACTIONS[name];
  if (name === "mark_present" && isLate) return { ...action, label: "放行入场", confirm: "放行入场", fields: ["reason", "reviewer"], text: LET_IN_TEXT };
  if (name === "mark_present" && seat.state === "deferred") return { ...action, label: "取消缓考", confirm: "取消缓考" };
  if (name !== "reopen") return action;
  if (seat.ended === "expired") return { ...action, text: REOPEN_LATE_TEXT };
  return { ...action, text: REOPEN_TEXT, fields: ["reason", "reviewer"] };
}

/** What may be done for some chosen seats together. */
export const PICKED_ACTIONS = ["message", "extend", "pause", "resume"];

/** @type {Record<string, Action>} */
export const ROOM_ACTIONS = {
  open_check_in: { label: "开放签到", icon: "door", fields: [], confirm: "开放签到", text: "生成考场口令。考生凭准考证号和口令登录，核对信息后等候开考。" },
  load_test: { label: "压力测试", icon: "chart", fields: [], confirm: "开始测试", text: "停在登录页上的考生机一起模拟全场答题 2 分钟，走与真实作答相同的保存通道，不产生任何答卷。结果写入考场情况记录单。请先把考生机都打开到登录页；开放签到时测试自动停止。" },
  stop_load_test: { label: "停止测试", icon: "close", fields: [], confirm: "停止测试", text: "已经测得的结果仍写入考场情况记录单。" },
  unlock: { label: "启封试卷", icon: "lock", fields: ["keeper", "head_code", "proctor_code"], confirm: "启封试卷", text: "考点负责人和监考员当面拆开各自的启封单，分别输入自己的启封码。启封后试卷仍不显示，点“开始考试”时才发给考生。" },
  start: { label: "开始考试", icon: "play", fields: [], confirm: "开始考试" },
  message: { ...SEAT_ACTIONS.message, label: "全场广播", icon: "broadcast" },
  extend: { ...SEAT_ACTIONS.extend, label: "全场延时", text: "全场尚未交卷的考生一起延长。剩余时间立即改变，并写入考场记录。" },
  away_lock: { label: "离屏遮盖", icon: "lock", fields: [], confirm: "开启", text: "开启后，考生离开答题窗口再回来时答卷保持遮盖，由监考人员放行后继续；考试时间照常计算。" },
  away_unlock: { label: "停止遮盖", icon: "lock", fields: [], confirm: "停止", text: "此后离开答题窗口只作记录。已经遮盖的答卷仍须逐个放行。" },
  pause: { ...SEAT_ACTIONS.pause, label: "全场暂停", fields: ["emergency"], confirm: "全场暂停", isDanger: true, text: "全场试卷立即盖住，时间停止。火警、停电等紧急情况使用，也可按 F9。" },
  resume: { ...SEAT_ACTIONS.resume, label: "恢复考试", confirm: "恢复考试", text: "全场继续作答，被单独暂停的考生除外。恢复后请确认补时。" },
  compensate: SEAT_ACTIONS.compensate,
  close: { label: "关闭考场", icon: "lock", isDanger: true, fields: [], tick: "人数已核对，确认关闭考场", confirm: "关闭考场", text: "关闭后不能再登录、延时或改变考生状态。" },
};

const MESSAGES = ["请保持安静。", "请检查姓名和准考证号。", "请勿离开答题页面。", "考试还有 10 分钟，请检查未答的题。"];
const MINUTES = [1, 5, 10];

/** @param {string} label @param {object} attributes */
function line(label, attributes, hint = "") {
  return h("label", { class: "field" }, h("span", { class: "field__label" }, label), h("input", { class: "input", type: "text", required: true, autocomplete: "off", ...attributes }), hint && h("span", { class: "field__hint" }, hint));
}

/** @param {string} name */
const codeBox = (name) => ({ name, maxlength: 24, class: "input num", spellcheck: "false", autocapitalize: "characters", placeholder: "XXXX-XXXX-XXXX-XXXX" });

/** @type {Record<string, () => HTMLElement>} */
const FIELDS = {
  text: () => {
    const area = h("textarea", { class: "input input--area", name: "text", rows: 3, required: true, maxlength: 200 });
    const phrase = (text) => h("button", { type: "button", class: "btn btn--sm", onclick: () => { area.value = text; area.focus(); } }, text);
    return h("div", {}, h("label", { class: "field" }, h("span", { class: "field__label" }, "消息内容"), area), h("div", { class: "phrases" }, ...MESSAGES.map(phrase)));
  },
  incident: () => h("label", { class: "field" }, h("span", { class: "field__label" }, "情形（写入考场记录）"), h("textarea", { class: "input input--area", name: "text", rows: 3, required: true, maxlength: 300 })),
  minutes: () => {
    const other = h("input", { class: "input minutes__other num", name: "other", type: "number", min: 1, max: 120, "aria-label": "其他分钟数", oninput: () => { choice("other").checked = true; } });
    const radio = (value, text) => h("label", { class: "choice" }, h("input", { type: "radio", name: "minutes", value, checked: value === "5" }), h("span", {}, text), value === "other" && other);
    const box = h("fieldset", { class: "field minutes" }, h("legend", { class: "field__label" }, "多少分钟"), h("div", { class: "minutes__row" }, ...MINUTES.map((n) => radio(String(n), `${n} 分钟`)), radio("other", "其他")));
    const choice = (value) => box.querySelector(`input[value="${value}"]`);
    return box;
  },
  answer: () => h("label", { class: "field" }, h("span", { class: "field__label" }, "答复（选填）"), h("textarea", { class: "input input--area", name: "text", rows: 3, maxlength: 200 })),
  reason: () => line("原因（写入考场记录）", { name: "reason", maxlength: 200 }),
  emergency: () => line("原因（写入考场记录）", { name: "reason", maxlength: 200, value: "紧急情况" }),
  why: () => line("原因（少补或不补时必填）", { name: "reason", maxlength: 200, required: false }),
  keeper: () => line("考点负责人登录名", { name: "reviewer", maxlength: 40 }, "考核机构负责人或另一名监考员，不能是您本人"),
  head_code: () => line("启封码（考点负责人）", codeBox("head_code")),
  proctor_code: () => line("启封码（监考员）", codeBox("proctor_code")),
  reviewer: () => line("复核人登录名", { name: "reviewer", maxlength: 40 }, "另一名监考员或考点负责人，不能是您本人"),
};

/** What a candidate reported of a question is answered when it is dealt with. @type {Action} */
const EVENT_ANSWER = { label: "答复试题反映", icon: "message", fields: ["answer"], confirm: "已处理", text: "答复立即显示给考生，考后连同反映的内容记入试题历史。" };

/** @param {{kind: string, text: string}} event */
export function isQuestionReport({ kind, text }) {
  return kind === "help" && text.startsWith("举手：试题文字");
}

export class ActionDialog {
  /**
   * @param {(name: string, payload: object) => Promise<{ok: boolean, message?: string, error?: string}>} send
   * @param {{onDone: (text: string) => void, onLate: () => void, now: () => number, isEntryOver: () => boolean}} room onLate: leads to what was kept apart
   */
  constructor(send, { onDone, onLate, now, isEntryOver }) {
    this.send = send;
    this.onDone = onDone;
    this.onLate = onLate;
    this.now = now;
    this.isEntryOver = isEntryOver;
    this.dialog = /** @type {HTMLDialogElement} */ (qs("#action-dialog"));
    this.form = /** @type {HTMLFormElement} */ (qs("#action-form"));
    this.confirm = qs("#action-confirm");
    this.failed = qs("#action-failed");
    this.subject = { name: "", label: "", who: "", admission: /** @type {number | null | undefined} */ (undefined), event: 0 };
    /** @type {Targets | null} */
    this.targets = null;
    /** @type {Proposals | null} */
    this.proposals = null;
    qs("#action-cancel").addEventListener("click", () => this.dialog.close());
    this.form.addEventListener("submit", (event) => this.submit(event));
  }

  /** @param {string} name @param {Seat} seat */
  openForSeat(name, seat) {
    const proposals = name === "compensate" ? new Proposals([seat], false) : null;
    this.open(name, actionFor(name, seat, this.isEntryOver()), `${twoDigits(seat.no)} 号 ${seat.name}`, seat.admission, proposals && proposals.node);
    this.proposals = proposals;
  }

  /** @param {string} name @param {RoomModel} room */
  openForRoom(name, room) {
    if (name === "compensate") {
      const proposals = new Proposals(room.seats, true);
      this.open(name, ROOM_ACTIONS[name], "全场", undefined, proposals.node);
      this.proposals = proposals;
      return;
    }
    const isToAll = name === "message" || name === "extend" || name === "pause" || name === "resume";
    const targets = name === "message" || name === "extend" ? new Targets(name, room) : null;
    const facts = { start: startFacts, close: closeFacts }[name];
    this.open(name, ROOM_ACTIONS[name], "", isToAll ? null : undefined, targets ? targets.node : facts ? facts(room) : null);
    this.targets = targets;
    if (name === "close") this.holdOpen(room);
  }

  /** @param {string} name @param {RoomModel} room @param {number[]} picked numbers of the chosen seats */
  openForPicked(name, room, picked) {
    const targets = new Targets(name, room, picked);
    this.open(name, SEAT_ACTIONS[name], `所选 ${picked.length} 个座位`, null, targets.node);
    this.targets = targets;
  }

  /** Say what must be decided before the room can be closed, and lead there. @param {RoomModel} room */
  holdOpen(room) {
    const waiting = room.keepsOpen(this.now());
    if (!waiting.length) return;
    const last = Math.max(...waiting.map(({ late }) => late.until_ms)) + room.decidedWithinMs;
    const lead = () => {
      this.dialog.close();
      this.onLate();
    };
    const words = `${waiting.length} 人有留存的操作会改变答案，须由两人裁定后才能关闭；到 ${formatTime(last)} 仍未裁定的，按不采纳处理。`;
    qs("#action-fields").append(h("div", { class: "note note--danger" }, icon("clock"), h("span", {}, words), h("button", { type: "button", class: "btn btn--sm", "data-action": "late", onclick: lead }, "去裁定")));
    for (const tick of qs("#action-fields").querySelectorAll("input[type=checkbox]")) tick.disabled = true;
  }

  /** @param {import("./room.js").WallEvent} event @param {string} who */
  openForEvent(event, who) {
    this.open("handle", EVENT_ANSWER, who, undefined, h("p", { class: "note note--plain" }, event.text));
    this.subject.event = event.id;
  }

  /**
   * @param {string} name @param {Action} action @param {string} who
   * @param {number | null | undefined} admission null: everyone; undefined: not asked for @param {HTMLElement | null} facts
   */
  open(name, action, who, admission, facts) {
    this.subject = { name, label: action.label, who, admission, event: 0 };
    this.targets = null;
    this.proposals = null;
    qs("#action-title").textContent = who ? `${action.label}：${who}` : action.label;
    const tick = action.tick && h("input", { type: "checkbox", onchange: () => { this.confirm.disabled = !tick.checked; } });
    fill(
      qs("#action-fields"),
      action.text && h("p", { class: "dialog__lead" }, action.text),
      facts,
      ...action.fields.map((field) => FIELDS[field]()),
      tick && h("label", { class: "check check--strong" }, tick, action.tick),
    );
    this.failed.hidden = true;
    this.confirm.textContent = action.confirm;
    this.confirm.disabled = Boolean(action.tick);
    this.confirm.classList.toggle("btn--danger-fill", Boolean(action.isDanger));
    openDialog(this.dialog);
  }

  payload() {
    const data = new FormData(this.form);
    const text = (name) => String(data.get(name) || "").trim();
    const { admission, event } = this.subject;
    /** @type {Record<string, unknown>} */
    const payload = this.targets ? this.targets.payload() : admission === undefined ? {} : { admission };
    if (event) payload.event = event;
    for (const name of ["text", "reason", "reviewer", "head_code", "proctor_code"]) if (data.has(name)) payload[name] = text(name);
    if (data.has("minutes")) payload.minutes = Number(text("minutes") === "other" ? text("other") : text("minutes"));
    return payload;
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    const payload = this.payload();
    if (this.targets && !this.targets.chosen.length) {
      this.fail("没有选中任何考生。");
      return;
    }
    if ("minutes" in payload && !(Number(payload.minutes) >= 1)) {
      this.fail("请填写要延长的分钟数。");
      return;
    }
    if (this.proposals && this.proposals.isLowered && !payload.reason) {
      this.fail("少补或不补时，请填写原因。");
      return;
    }
    this.confirm.disabled = true;
    try {
      const refused = await this.sendAll(this.proposals ? this.proposals.payloads(String(payload.reason || "")) : [payload]);
      if (refused) this.fail(refused.message || `没有执行（${refused.error}）。请核对后再试。`);
      else this.finish();
    } catch (unreachable) {
      this.fail("没有收到服务器的确认，不知道是否已经执行。请先看座位图和事件，再决定是否重做。");
    }
    this.confirm.disabled = false;
  }

  /** One after the other, until one is refused. @param {object[]} payloads */
  async sendAll(payloads) {
    for (const payload of payloads) {
      const reply = await this.send(this.subject.name, payload);
      if (!reply.ok) return reply;
    }
    return null;
  }

  finish() {
    const { label, who } = this.subject;
    this.dialog.close();
    this.onDone(`${label}${who ? `：${who}` : ""}，已执行`);
  }

  /** @param {string} text */
  fail(text) {
    fill(this.failed, icon("warn"), h("span", {}, text));
    this.failed.hidden = false;
  }
}

/** @param {[string, number][]} rows */
function table(rows) {
  return h("table", { class: "table" }, h("tbody", {}, ...rows.map(([name, n]) => h("tr", {}, h("td", {}, name), h("td", { class: "num" }, `${n} 人`)))));
}

/** Who is here and who is not, before everyone begins. @param {RoomModel} room */
function startFacts(room) {
  const ready = room.count("ready");
  const minutes = room.sitting.rules ? ` ${room.sitting.rules.late_entry_minutes}` : " 30";
  const missing = room.seats.filter(({ state }) => state === "idle");
  const names = missing.slice(0, 12).map(({ no, name }) => `${twoDigits(no)} ${name}`).join("、");
  return h(
    "div",
    {},
    h("p", { class: "dialog__lead" }, `${ready} 名考生同时开考，考试时间 ${room.sitting.minutes} 分钟。`),
    table([["已登录等候", ready], ["未登录", missing.length], ["缺考", room.count("absent")]]),
    missing.length > 0 && h("p", { class: "note" }, icon("warn"), h("span", {}, `未登录：${names}${missing.length > 12 ? ` 等 ${missing.length} 人` : ""}。迟到的考生开考后${minutes} 分钟内仍可凭口令登录，此后自动记缺考。`)),
  );
}

/** The counts that must tie. @param {RoomModel} room */
function closeFacts(room) {
  const rows = /** @type {[string, number][]} */ ([["应考", room.seats.length], ["已交卷", room.count("submitted")], ["缺考", room.count("absent")], ["缓考", room.count("deferred")]]);
  const kept = room.kept.length;
  return table(kept ? [...rows, ["留存操作待裁定", kept]] : rows);
}
