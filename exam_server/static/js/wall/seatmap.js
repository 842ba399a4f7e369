/** Seat map: one button per candidate in the shape of the room, built once; updates touch only what changed. */
import { h, icon, qs, setAttr, setText } from "../page/dom.js";
import { COMPACT_FROM, columnsFor, inOrder } from "./order.js";
import { STATES } from "./states.js";

/** @typedef {import("./room.js").Seat} Seat */
/** @typedef {import("./order.js").Order} Order */

const SMALLEST_WITH_AISLE = 5;
const ROOMY_COLUMNS = 7;

export class SeatMap {
  /** @param {(no: number, event: MouseEvent) => void} onSelect */
  constructor(onSelect) {
    this.onSelect = onSelect;
    this.box = qs("#seats");
    this.shape = "";
    /** @type {Map<number, ReturnType<SeatMap["tile"]>>} */
    this.tiles = new Map();
    this.columns = 1;
    this.people = "";
    /** @type {number[]} numbers of the seats shown, in their order */
    this.order = [];
    this.isBySeat = true;
    this.isCompact = false;
    this.box.addEventListener("keydown", (event) => this.move(event));
  }

  /**
   * Lay the tiles out when shape, people or order have changed; a tile keeps its focus when it moves.
   * @param {Seat[]} seats all, by number @param {number} columns @param {Order} order
   */
  layOut(seats, columns, order = "seat") {
    const shown = inOrder(seats, order);
    const width = columnsFor(shown.length, columns, order);
    const shape = `${order}/${width}/${shown.map(({ no, name }) => `${no}${name}`).join()}`;
    if (shape === this.shape) return;
    this.shape = shape;
    this.columns = width;
    this.order = shown.map(({ no }) => no);
    this.isBySeat = order === "seat";
    const people = seats.map(({ no, name }) => `${no}${name}`).join();
    if (people !== this.people) this.tiles = new Map(seats.map((seat) => [seat.no, this.tile(seat)]));
    this.people = people;
    const focused = [...this.tiles.values()].find(({ node }) => node === document.activeElement);
    this.box.replaceChildren(...(shown.length ? this.cells(seats.length) : [nothingWrong()]));
    if (focused && focused.node.isConnected) focused.node.focus();
    else if (shown.length) this.rove(shown[0].no);
  }

  /** @param {number} count of all seats */
  cells(count) {
    const { columns } = this;
    const left = this.isBySeat && columns >= SMALLEST_WITH_AISLE ? Math.ceil(columns / 2) : columns;
    const aisle = left < columns ? `var(--aisle) repeat(${columns - left}, minmax(0, 1fr))` : "";
    const last = this.isBySeat ? Math.max(0, ...this.tiles.keys()) : this.order.length;
    this.box.style.setProperty("--columns", `repeat(${left}, minmax(0, 1fr)) ${aisle}`);
    this.box.style.setProperty("--rows", String(Math.ceil(last / columns)));
    this.box.classList.toggle("seats--roomy", columns <= ROOMY_COLUMNS);
    this.isCompact = count >= COMPACT_FROM && last >= COMPACT_FROM;
    this.box.classList.toggle("seats--compact", this.isCompact);
    if (!this.isBySeat) return this.order.map((no) => this.tiles.get(no).node);
    const cells = [];
    for (let no = 1; no <= last; no += 1) {
      if (left < columns && (no - 1) % columns === left) cells.push(h("span", { class: "seats__aisle", "aria-hidden": "true" }));
      cells.push(this.tiles.has(no) ? this.tiles.get(no).node : h("span", { class: "seats__empty", "aria-hidden": "true" }));
    }
    return cells;
  }

  /** Make one tile the tab stop. @param {number} no */
  rove(no) {
    for (const [key, { node }] of this.tiles) node.tabIndex = key === no ? 0 : -1;
  }

  /** @param {Seat} seat */
  tile(seat) {
    const parts = { label: h("span", { class: "sr-only" }), state: h("span", { class: "seat__state" }), bar: h("i"), mark: h("span"), extra: h("span", { class: "seat__extra num" }), flags: h("span", { class: "seat__flags" }), saved: h("span", { class: "seat__saved" }), shown: "" };
    const no = h("span", { class: "num" }, twoDigits(seat.no), h("span", { class: "sr-only" }, " 号 "));
    const top = h("span", { class: "seat__top" }, no, parts.extra, parts.flags, parts.mark);
    const name = h("span", { class: "seat__name" }, seat.name);
    const meter = h("span", { class: "meter" }, parts.bar);
    const node = h("button", { type: "button", class: "seat", tabindex: "-1", onclick: (/** @type {MouseEvent} */ event) => this.onSelect(seat.no, event) }, top, name, h("span", { class: "seat__line" }, parts.label, parts.state, parts.saved), meter);
    return { ...parts, node };
  }

  /** @param {Seat[]} seats @param {number} now @param {string} filter @param {Set<number>} chosen */
  render(seats, now, filter, chosen) {
    for (const seat of seats) {
      const tile = this.tiles.get(seat.no);
      const state = STATES[seat.state];
      if (tile.shown !== seat.state) {
        tile.shown = seat.state;
        tile.mark.replaceChildren(...(seat.state === "active" ? [] : [icon(state.icon)]));
        setAttr(tile.node, "data-state", seat.state);
      }
      const detail = this.isCompact ? brief(seat) : describe(seat, now);
      setText(tile.state, detail);
      setText(tile.label, detail.startsWith(state.label) ? " " : ` ${state.label} `);
      setText(tile.flags, flagWords(seat).join(" · "));
      setText(tile.saved, seat.last_save_ms && seat.state !== "submitted" ? `${age(now - seat.last_save_ms)}保存` : "");
      setText(tile.extra, seat.extra_min ? `+${seat.extra_min}` : "");
      tile.bar.style.width = `${seat.total ? (100 * seat.answered) / seat.total : 0}%`;
      setAttr(tile.node, "aria-pressed", String(chosen.has(seat.no)));
      tile.node.classList.toggle("seat--dim", filter !== "" && filter !== seat.state);
    }
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[event.key];
    const from = [...this.tiles.entries()].find(([, { node }]) => node === document.activeElement);
    if (!by || !from) return;
    event.preventDefault();
    const to = this.next(from[0], by);
    if (to === null) return;
    this.rove(to);
    this.tiles.get(to).node.focus();
  }

  /** The next taken seat in a direction; by need, the next tile. @param {number} no @param {number} by */
  next(no, by) {
    if (!this.isBySeat) {
      const found = this.order[this.order.indexOf(no) + by];
      return found === undefined ? null : found;
    }
    const last = Math.max(...this.tiles.keys());
    for (let at = no + by; at >= 1 && at <= last; at += by) if (this.tiles.has(at)) return at;
    return null;
  }
}

function nothingWrong() {
  return h("div", { class: "empty seats__none" }, icon("check"), h("p", { class: "empty__title" }, "没有需要处理的机位"), h("p", {}, "有情况的机位会自己出现在这里。"));
}

/** What the check of identity came to. */
export const IDENTITY = { "": "未核验", match: "一致", doubtful: "存疑", mismatch: "不符" };
const FLAGS = { moved: "换机", seb: "免SEB" };

/** What is unusual about a seat, in words. @param {Seat} seat */
export function flagWords({ identity, flags = [], pending, late, ended, approved_min: approved }) {
  const words = flags.map((flag) => FLAGS[flag] || flag);
  if (late) words.unshift(`待裁定 ${late.ops}`);
  if (ended === "voided") words.unshift("无效");
  if (identity === "doubtful" || identity === "mismatch") words.unshift(`身份${IDENTITY[identity]}`);
  if (approved) words.push(`加时 ${approved}`);
  if (pending) words.push(`待传 ${pending}`);
  return words;
}

/** How long ago. @param {number} ms */
export function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} 秒前`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} 分钟前` : `${Math.floor(seconds / 3600)} 小时前`;
}

/** @param {number} no */
export function twoDigits(no) {
  return String(no).padStart(2, "0");
}

const SHORT = { submitted: "交卷", ready: "登录", idle: "未到" };

/** The state line of a small tile. @param {Seat} seat */
function brief({ state, answered, heard }) {
  if (state === "offline" && heard === false) return "未联系";
  return state === "active" ? String(answered) : SHORT[state] || STATES[state].label;
}

/** The state line of a tile. @param {Seat} seat @param {number} now */
export function describe(seat, now) {
  if (seat.state === "offline") {
    const seconds = Math.max(0, Math.floor((now - (seat.since_ms || now)) / 1000));
    return `${seat.heard === false ? "未联系" : "断线"} ${Math.floor(seconds / 60)}:${twoDigits(seconds % 60)}`;
  }
  if (seat.state === "active") return `${seat.answered} / ${seat.total}`;
  if (seat.state === "alert" && seat.away_count) return `离屏 ${seat.away_count} 次`;
  return STATES[seat.state].label;
}
