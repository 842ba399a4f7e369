/** Card of the selected candidate. An action that cannot be used now says why under the buttons. */
import { formatRemaining, formatTime } from "../exam/clock.js";
import { h, icon, qs, setText } from "../page/dom.js";
import { actionFor } from "./actions.js";
import { hasBegun, isAway, whyNot } from "./room.js";
import { IDENTITY, age, flagWords, twoDigits } from "./seatmap.js";
import { STATES } from "./states.js";

/** @typedef {import("./room.js").Seat} Seat */

export class Detail {
  /** @param {{onClose: () => void, onAction: (name: string, seat: Seat) => void}} handlers */
  constructor({ onClose, onAction }) {
    this.onClose = onClose;
    this.onAction = onAction;
    this.box = qs("#detail");
    this.shown = "";
    this.left = h("dd", { class: "num" });
    this.saved = h("dd", { class: "num" });
  }

  /** @param {Seat | undefined} seat @param {import("./room.js").Sitting} sitting @param {number} now */
  render(seat, sitting, now) {
    this.box.hidden = !seat;
    const key = seat ? JSON.stringify([seat, sitting.state]) : "";
    if (key !== this.shown) {
      this.shown = key;
      if (seat) this.build(seat, sitting);
    }
    if (!seat) return;
    setText(this.left, this.remaining(seat, now));
    setText(this.saved, seat.last_save_ms ? `${formatTime(seat.last_save_ms)}（${age(now - seat.last_save_ms)}）` : "—");
  }

  /** @param {Seat} seat @param {number} now */
  remaining({ state, deadline_ms: deadline }, now) {
    if (["submitted", "absent", "deferred"].includes(state) || !deadline) return "—";
    return formatRemaining(deadline - now);
  }

  /** @param {Seat} seat @param {import("./room.js").Sitting} sitting */
  build(seat, sitting) {
    const focused = this.box.contains(document.activeElement) ? document.activeElement.getAttribute("data-action") : null;
    const fact = (name, value) => h("div", {}, h("dt", {}, name), value instanceof Node ? value : h("dd", { class: "num" }, value));
    this.box.replaceChildren(
      this.head(seat),
      h(
        "dl",
        { class: "detail__facts" },
        fact("作答", `${seat.answered} / ${seat.total}`),
        fact("剩余", this.left),
        fact("延时", `${seat.extra_min} 分钟`),
        seat.approved_min > 0 && fact("批准加时", `${seat.approved_min} 分钟`),
        fact("最近保存", this.saved),
        fact("待上传", seat.pending === null ? "不详" : `${seat.pending} 题`),
        seat.heard === false && fact("联系", "服务器启动后还没有收到消息"),
        fact("离屏", `${seat.away_count} 次`),
        seat.pin && fact("机位口令", `${seat.pin.slice(0, 4)} ${seat.pin.slice(4)}`),
        seat.moved_to && fact("现坐", `备用 ${twoDigits(seat.moved_to)} 号`),
      ),
      ...this.actions(seat, sitting),
    );
    const again = focused && this.box.querySelector(`[data-action="${focused}"]`);
    if (again) /** @type {HTMLElement} */ (again).focus();
  }

  /** @param {Seat} seat */
  head(seat) {
    const state = STATES[seat.state];
    return h(
      "div",
      { class: "detail__head" },
      h("img", { class: "detail__photo", src: seat.photo || "/static/assets/portrait.svg", alt: seat.photo ? `${seat.name} 的照片` : "没有照片" }),
      h(
        "div",
        {},
        h("h2", { class: "detail__name" }, `${twoDigits(seat.no)} ${seat.name}`, h("span", { class: `badge ${state.tone}` }, icon(state.icon), state.label)),
        h("p", { class: "event__text" }, "准考证 ", h("span", { class: "num" }, seat.admission_no)),
        h("p", { class: "event__text" }, `身份核验：${IDENTITY[seat.identity || ""]}`, ...flagWords(seat).map((word) => h("span", { class: "badge" }, word))),
      ),
      h("button", { type: "button", class: "btn btn--sm btn--plain detail__close", "data-action": "close", "aria-label": "关闭", onclick: this.onClose }, icon("close")),
    );
  }

  /** @param {Seat} seat @param {import("./room.js").Sitting} sitting */
  actions(seat, sitting) {
    const names = actionsOf(seat);
    /** @type {Map<string, string[]>} */
    const reasons = new Map();
    const kept = seat.late && h("button", { type: "button", class: "btn btn--sm btn--primary", "data-action": "late", onclick: () => this.onAction("late", seat) }, icon("clock"), `裁定 ${seat.late.ops} 个`);
    const buttons = names.map((name) => {
      const { label, icon: mark, isDanger } = actionFor(name, seat, false);
      const why = whyNot(name, seat, sitting);
      if (why) reasons.set(why, [...(reasons.get(why) || []), label]);
      const press = () => { if (!why) this.onAction(name, seat); };
      return h("button", { type: "button", class: `btn btn--sm${isDanger ? " btn--danger" : ""}`, "data-action": name, "aria-disabled": why ? "true" : null, "aria-describedby": why ? "detail-why" : null, onclick: press }, icon(mark), label);
    });
    const lines = [...reasons].map(([why, labels]) => h("span", {}, `${labels.join("、")}：${why}`));
    return [h("div", { class: "detail__actions" }, kept, ...buttons), h("p", { class: "why", id: "detail-why" }, ...lines)];
  }
}

/** Which actions are offered: what fits a candidate at work, or one who has ended. @param {Seat} seat */
function actionsOf(seat) {
  if (seat.ended) return ["reopen", "record_incident", "void"];
  const first = [...(seat.covered ? ["uncover"] : []), "message", "extend", seat.paused_ms ? "resume" : "pause", ...((seat.proposals || []).length ? ["compensate"] : [])];
  const attendance = { absent: ["mark_present"], deferred: ["mark_present"], idle: ["mark_absent", "defer"] }[seat.state] || (hasBegun(seat) ? ["mark_absent"] : ["mark_absent", "defer"]);
  return [...first, "release_seat", "record_incident", ...attendance, "override_seb", "force_submit", ...(isAway(seat) ? [] : ["void"])];
}
