/**
 * Event list with two views: open items to act on, and the full log. Newest first; while the pointer is
 * over the list nothing moves under it: what is new stands below until the pointer has left.
 */
import { formatTime } from "../exam/clock.js";
import { h, icon, qs, setAttr, setText } from "../page/dom.js";
import { twoDigits } from "./seatmap.js";
import { STATES } from "./states.js";

/** @typedef {import("./room.js").WallEvent} WallEvent */

export class EventList {
  /** @param {import("./room.js").RoomModel} room @param {{onSelect: (no: number) => void, onHandle: (event: WallEvent) => void}} handlers */
  constructor(room, { onSelect, onHandle }) {
    this.room = room;
    this.onSelect = onSelect;
    this.onHandle = onHandle;
    this.tab = "open";
    this.shown = "";
    /** @type {number[] | null} what stood there when the pointer came, by id */
    this.held = null;
    qs("#events").addEventListener("pointerenter", () => { this.held = this.listed().map(({ id }) => id); });
    qs("#events").addEventListener("pointerleave", () => { this.held = null; this.render(); });
    this.tabs = { open: qs("#tab-open"), all: qs("#tab-all") };
    for (const [name, node] of Object.entries(this.tabs)) {
      node.addEventListener("click", () => this.show(name));
      node.addEventListener("keydown", (event) => {
        if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.show(name === "open" ? "all" : "open", true);
      });
    }
  }

  /** @param {string} name */
  show(name, focus = false) {
    this.tab = name;
    for (const [key, node] of Object.entries(this.tabs)) {
      setAttr(node, "aria-selected", String(key === name));
      node.tabIndex = key === name ? 0 : -1;
    }
    setAttr(qs("#events"), "aria-labelledby", `tab-${name}`);
    if (focus) this.tabs[name].focus();
    this.render();
  }

  render() {
    const open = this.room.openEvents;
    setText(qs("#open-count"), String(open.length));
    const shown = this.listed();
    const key = this.tab + JSON.stringify(shown);
    if (key === this.shown) return;
    this.shown = key;
    const box = qs("#events");
    const top = box.scrollTop;
    box.replaceChildren(shown.length ? h("ol", {}, ...shown.map((event) => this.row(event))) : this.empty());
    box.scrollTop = top;
  }

  /** @returns {WallEvent[]} */
  listed() {
    const events = this.tab === "open" ? this.room.openEvents : this.room.events;
    if (!this.held) return events;
    const known = new Set(this.held);
    this.held.push(...events.map(({ id }) => id).filter((id) => !known.has(id)).reverse());
    const place = new Map(this.held.map((id, at) => [id, at]));
    return [...events].sort((a, b) => place.get(a.id) - place.get(b.id));
  }

  empty() {
    const [title, text] = this.tab === "open" ? ["没有待处理事件", "举手、断线和异常会出现在这里。"] : ["还没有事件", "登录、交卷、延时等都会记在这里。"];
    return h("div", { class: "empty" }, icon("check"), h("p", { class: "empty__title" }, title), h("p", {}, text));
  }

  /** @param {WallEvent} event */
  row(event) {
    const seat = this.room.seat(event.seat);
    const who = event.seat === null ? "全场" : `${twoDigits(event.seat)}${seat ? ` ${seat.name}` : ""}`;
    const handle = (press) => {
      press.currentTarget.disabled = true;
      this.onHandle(event);
    };
    return h(
      "li",
      { class: `event${event.open ? " event--open" : ""}`, "data-state": event.kind },
      icon((STATES[event.kind] || { icon: { identity: "card" }[event.kind] || "info" }).icon),
      event.seat === null ? h("span", { class: "event__who" }, who) : h("button", { type: "button", class: "event__who event__who--link", onclick: () => this.onSelect(event.seat) }, who),
      h("time", { class: "event__time" }, formatTime(event.at_ms)),
      h("span", { class: "event__text" }, event.text, event.arrival && h("span", { class: "event__arrival" }, arrived(event.arrival))),
      event.open && h("button", { type: "button", class: "btn btn--sm", "aria-label": `处理 ${who}：${event.text}`, onclick: handle }, "处理"),
    );
  }
}

/** How far a message has come. @param {import("./room.js").Arrival} arrival */
function arrived({ to, delivered, confirmed, waiting }) {
  if (!to) return "";
  if (confirmed === to) return to === 1 ? "考生已确认" : `${to} 人全部已确认`;
  const shown = waiting.slice(0, 8).map(twoDigits).join("、");
  const late = `待确认 ${shown}${waiting.length > 8 ? ` 等 ${waiting.length} 人` : ""}`;
  return `已送达 ${delivered}/${to}，已确认 ${confirmed}/${to}，${late}`;
}
