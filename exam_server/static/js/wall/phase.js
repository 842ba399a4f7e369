/** Where the sitting stands, at the head of the side panel: check-in with the room code, start, close. */
import { formatTime } from "../exam/clock.js";
import { fill, h, icon, openDialog, qs } from "../page/dom.js";
import { ROOM_ACTIONS } from "./actions.js";
import { whyNotRoom } from "./room.js";

/** @typedef {import("./room.js").RoomModel} RoomModel */

const LOOKS = { good: "note--ok", slow: "", bad: "note--danger", nobody: "" };
const VERDICTS = { good: "通过", slow: "偏慢", bad: "未通过", nobody: "没有考生机参加。请在考生机上打开登录页后再测。" };

/** @param {import("./room.js").LoadTest} test */
function runningWords({ robots, until_ms: until, computers = 0, saves = 0, errors = 0 }) {
  return `正在压力测试：${computers} 台考生机扮演 ${Math.max(robots, computers)} 名考生，已保存 ${saves} 次，出错 ${errors} 次。${formatTime(until)} 自动结束。`;
}

/** @param {import("./room.js").LoadResult} result */
function resultWords({ verdict, computers, per_s: perS, p50_ms: p50, p95_ms: p95, p99_ms: p99, errors, slowest, slowest_p95_ms: slowMs }) {
  if (verdict === "nobody") return `压力测试：${VERDICTS.nobody}`;
  return `压力测试${VERDICTS[verdict]}：${computers} 台考生机，每秒保存 ${perS} 次，确认用时 ${p50} / ${p95} / ${p99} 毫秒（p50 / p95 / p99），出错 ${errors} 次；最慢的是 ${slowest}，p95 ${slowMs} 毫秒。`;
}

export class PhasePanel {
  /** @param {RoomModel} room @param {(name: string) => void} onAction */
  constructor(room, onAction) {
    this.room = room;
    this.onAction = onAction;
    this.box = qs("#phase");
    this.shown = "";
    const dialog = /** @type {HTMLDialogElement} */ (qs("#code-dialog"));
    qs("#code-close").addEventListener("click", () => dialog.close());
    this.code = dialog;
  }

  render() {
    const { room } = this;
    const { state, room_code: code, custody, load_test: loadTest } = room.sitting;
    const counts = [room.undecided, room.seats.length, room.count("ready"), room.count("idle"), room.count("absent"), room.count("submitted"), room.working];
    const key = JSON.stringify([state, custody, code, counts, room.sitting.away_lock, room.sitting.entry_ends_ms, loadTest]);
    if (key === this.shown) return;
    this.shown = key;
    const focused = this.box.contains(document.activeElement) ? document.activeElement.getAttribute("data-action") : null;
    const view = { planned: () => this.planned(), sealed: () => this.planned(), check_in: () => this.checkIn(), running: () => this.running(), paused: () => this.running(), closed: () => this.closed() }[state];
    this.box.className = `phase phase--${state}`;
    fill(this.box, ...view());
    const again = focused && this.box.querySelector(`[data-action="${focused}"]`);
    if (again) /** @type {HTMLElement} */ (again).focus();
  }

  /** A button and, when it cannot be used, the reason beside it. @param {string} name @param {string} look */
  action(name, look) {
    const { label, icon: picture } = ROOM_ACTIONS[name];
    const why = whyNotRoom(name, this.room);
    const press = () => { if (!why) this.onAction(name); };
    const button = h("button", { type: "button", class: `btn ${look}`, "data-action": name, "aria-disabled": why ? "true" : null, "aria-describedby": why ? `why-${name}` : null, onclick: press }, icon(picture), label);
    return [button, why && h("p", { class: "why", id: `why-${name}` }, why)];
  }

  enlarge() {
    return h("button", { type: "button", class: "btn btn--sm", "data-action": "enlarge", onclick: () => this.showCode() }, icon("expand"), "放大口令");
  }

  showCode() {
    qs("#code-value").textContent = this.room.sitting.room_code || "—";
    openDialog(this.code);
  }

  planned() {
    const { room } = this;
    return [h("h2", { class: "phase__title" }, "尚未开放签到"), h("p", { class: "phase__text" }, `${room.sitting.custody === "sealed" ? "试卷已封存。" : ""}开放后生成考场口令，考生凭准考证号和口令登录。`), ...this.action("open_check_in", "btn--lg btn--primary phase__main"), ...this.loadTest()];
  }

  /** The load test before check-in: the button, how it goes, what it came to. */
  loadTest() {
    const { load_test: test } = this.room.sitting;
    if (test && !test.result) return [h("p", { class: "note note--plain" }, icon("sync"), h("span", {}, runningWords(test))), h("div", { class: "phase__links" }, this.action("stop_load_test", "btn--sm")[0])];
    const links = h("div", { class: "phase__links" }, this.action("load_test", "btn--sm")[0], test && this.record());
    return [test && h("p", { class: `note ${LOOKS[test.result.verdict]}` }, icon(test.result.verdict === "good" ? "check" : "warn"), h("span", {}, resultWords(test.result))), links];
  }

  checkIn() {
    const { room } = this;
    const here = room.count("ready");
    const bar = h("i");
    bar.style.width = `${room.seats.length ? (100 * here) / room.seats.length : 0}%`;
    return [
      h("div", { class: "phase__head" }, h("h2", { class: "phase__title" }, "正在签到 · 考场口令"), this.enlarge()),
      h("p", { class: "phase__code num" }, room.sitting.room_code || "—"),
      h("p", { class: "phase__counts" }, h("span", {}, "已到 ", h("strong", { class: "num" }, String(here)), " 人"), h("span", {}, "未到 ", h("strong", { class: "num" }, String(room.count("idle"))), " 人"), h("span", {}, "缺考 ", h("strong", { class: "num" }, String(room.count("absent"))), " 人")),
      h("div", { class: "meter", "aria-hidden": "true" }, bar),
      room.sitting.custody === "unlocked" && h("p", { class: "phase__text" }, "试卷已启封，开考时发给考生。"),
      ...this.action(room.sitting.custody === "sealed" ? "unlock" : "start", "btn--lg btn--primary phase__main"),
      h("div", { class: "phase__links" }, this.desk(), this.record(), ...this.awayLock()),
    ];
  }

  running() {
    const { room_code: code } = this.room.sitting;
    const isPaused = this.room.sitting.state === "paused";
    const undecided = this.room.undecided;
    const [button, why] = isPaused ? this.action("resume", "btn--primary") : this.action("close", "btn--sm");
    const decide = undecided > 0 && !isPaused && h("div", { class: "note" }, icon("clock"), h("span", {}, `${undecided} 人有中断时间待确认补时`), ...this.action("compensate", "btn--sm"));
    const { entry_ends_ms: entryEnds, paused_since_ms: since } = this.room.sitting;
    const paused = isPaused && since && h("p", { class: "phase__text" }, `${formatTime(since)} 起暂停，试卷已盖住，考生的时间停止。恢复后请确认补时。`);
    const entry = entryEnds && this.room.count("idle") > 0 && h("p", { class: "phase__text" }, `${this.room.count("idle")} 人未登录，迟到入场截止 ${formatTime(entryEnds)}，此后自动记缺考`);
    return [h("div", { class: "phase__head" }, h("h2", { class: "phase__title" }, isPaused ? "全场暂停" : "考试进行中"), button), paused, entry, why, decide, h("div", { class: "phase__links" }, !isPaused && this.action("pause", "btn--sm")[0], code && this.enlarge(), this.desk(), this.record(), ...this.awayLock())];
  }

  /** Papers of those who leave the page stay covered, or no longer. */
  awayLock() {
    return this.action(this.room.sitting.away_lock ? "away_unlock" : "away_lock", "btn--sm");
  }

  /** The way to the room record. */
  record() {
    return h("a", { class: "btn btn--sm", href: `/proctor/${this.room.sitting.id}/record`, "data-action": "record" }, icon("file"), "记录单");
  }

  /** The way to the check-in desk. */
  desk() {
    return h("a", { class: "btn btn--sm", href: `/proctor/${this.room.sitting.id}/check-in`, "data-action": "desk" }, icon("card"), "签到台");
  }

  closed() {
    const { room } = this;
    return [h("div", { class: "phase__head" }, h("h2", { class: "phase__title" }, "考场已关闭"), this.record()), h("p", { class: "phase__text" }, `应考 ${room.seats.length} 人，交卷 ${room.count("submitted")} 人，缺考 ${room.count("absent")} 人${room.count("deferred") ? `，缓考 ${room.count("deferred")} 人` : ""}。`)];
  }
}
