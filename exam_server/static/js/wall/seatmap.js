/** Seat map: one button per candidate in the shape of the room, built once; updates touch only what changed. */
import { h, icon, qs, setAttr, setText } from "../page/dom.js";
import { STATES } from "./states.js";

/** @typedef {import("./room.js").Seat} Seat */

const SMALLEST_WITH_AISLE = 5;
const ROOMY_COLUMNS = 7;

export class SeatMap {
  /** @param {(no: number) => void} onSelect */
  constructor(onSelect) {
    this.onSelect = onSelect;
    this.box = qs("#seats");
    this.shape = "";
    /** @type {Map<number, ReturnType<SeatMap["tile"]>>} */
    this.tiles = new Map();
    this.columns = 1;
    this.box.addEventListener("keydown", (event) => this.move(event));
  }

  /** Lay out the room when its shape or its people changed. @param {Seat[]} seats @param {number} columns */
  layOut(seats, columns) {
    const shape = `${columns}/${seats.map(({ no, name }) => `${no}${name}`).join()}`;
    if (shape === this.shape) return;
    this.shape = shape;
    this.columns = columns;
    this.tiles = new Map(seats.map((seat) => [seat.no, this.tile(seat)]));
    const left = columns >= SMALLEST_WITH_AISLE ? Math.ceil(columns / 2) : columns;
    const aisle = left < columns ? `var(--aisle) repeat(${columns - left}, minmax(0, 1fr))` : "";
    this.box.style.setProperty("--columns", `repeat(${left}, minmax(0, 1fr)) ${aisle}`);
    this.box.classList.toggle("seats--roomy", columns <= ROOMY_COLUMNS);
    const last = Math.max(0, ...this.tiles.keys());
    this.box.style.setProperty("--rows", String(Math.ceil(last / columns)));
    const cells = [];
    for (let no = 1; no <= last; no += 1) {
      if (left < columns && (no - 1) % columns === left) cells.push(h("span", { class: "seats__aisle", "aria-hidden": "true" }));
      cells.push(this.tiles.has(no) ? this.tiles.get(no).node : h("span", { class: "seats__empty", "aria-hidden": "true" }));
    }
    this.box.replaceChildren(...cells);
    if (seats.length) this.tiles.get(seats[0].no).node.tabIndex = 0;
  }

  /** @param {Seat} seat */
  tile(seat) {
    const parts = { label: h("span", { class: "sr-only" }), state: h("span", { class: "seat__state" }), bar: h("i"), mark: h("span"), extra: h("span", { class: "seat__extra num" }), shown: "" };
    const no = h("span", { class: "num" }, twoDigits(seat.no), h("span", { class: "sr-only" }, " 号 "));
    const top = h("span", { class: "seat__top" }, no, parts.extra, parts.mark);
    const name = h("span", { class: "seat__name" }, seat.name);
    const meter = h("span", { class: "meter" }, parts.bar);
    const node = h("button", { type: "button", class: "seat", tabindex: "-1", onclick: () => this.onSelect(seat.no) }, top, name, parts.label, parts.state, meter);
    return { ...parts, node };
  }

  /** @param {Seat[]} seats @param {number} now @param {string} filter @param {number} selected */
  render(seats, now, filter, selected) {
    for (const seat of seats) {
      const tile = this.tiles.get(seat.no);
      const state = STATES[seat.state];
      if (tile.shown !== seat.state) {
        tile.shown = seat.state;
        tile.mark.replaceChildren(...(seat.state === "active" ? [] : [icon(state.icon)]));
        setAttr(tile.node, "data-state", seat.state);
      }
      const detail = describe(seat, now);
      setText(tile.state, detail);
      setText(tile.label, detail.startsWith(state.label) ? " " : ` ${state.label} `);
      setText(tile.extra, seat.extra_min ? `+${seat.extra_min}` : "");
      tile.bar.style.width = `${seat.total ? (100 * seat.answered) / seat.total : 0}%`;
      setAttr(tile.node, "aria-pressed", String(seat.no === selected));
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
    if (!to) return;
    from[1].node.tabIndex = -1;
    to.node.tabIndex = 0;
    to.node.focus();
  }

  /** The next taken seat in a direction. @param {number} no @param {number} by */
  next(no, by) {
    const last = Math.max(...this.tiles.keys());
    for (let at = no + by; at >= 1 && at <= last; at += by) if (this.tiles.has(at)) return this.tiles.get(at);
    return null;
  }
}

/** @param {number} no */
export function twoDigits(no) {
  return String(no).padStart(2, "0");
}

/** The state line of a tile. @param {Seat} seat @param {number} now */
export function describe(seat, now) {
  if (seat.state === "offline") {
    const seconds = Math.max(0, Math.floor((now - (seat.since_ms || now)) / 1000));
    return `断线 ${Math.floor(seconds / 60)}:${twoDigits(seconds % 60)}`;
  }
  if (seat.state === "active") return `${seat.answered} / ${seat.total}`;
  if (seat.state === "alert" && seat.away_count) return `离屏 ${seat.away_count} 次`;
  return STATES[seat.state].label;
}
