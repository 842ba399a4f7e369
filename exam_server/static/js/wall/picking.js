/** Choosing some seats on the map, by the button or with Ctrl, for one command to all of them. */
import { fill, h, icon, qs, setAttr } from "../page/dom.js";
import { PICKED_ACTIONS, SEAT_ACTIONS } from "./actions.js";
import { whyNot } from "./room.js";

export class Picking {
  /** @param {import("./room.js").RoomModel} room @param {{onChange: () => void, onAction: (name: string, picked: number[]) => void}} handlers */
  constructor(room, { onChange, onAction }) {
    this.room = room;
    this.onChange = onChange;
    this.onAction = onAction;
    this.isOn = false;
    /** @type {Set<number>} numbers of the seats */
    this.chosen = new Set();
    this.shown = "";
    this.box = qs("#picking");
    this.button = h("button", { type: "button", class: "btn btn--sm btn--plain", "aria-pressed": "false", title: "也可按住 Ctrl 点座位", onclick: () => this.turn(!this.isOn) }, "多选");
  }

  /** @param {boolean} isOn */
  turn(isOn) {
    this.isOn = isOn;
    this.chosen.clear();
    setAttr(this.button, "aria-pressed", String(isOn));
    this.onChange();
  }

  /** Take the click on a seat if it chooses; false when it is meant otherwise. @param {number} no @param {MouseEvent} event */
  take(no, event) {
    if (!this.isOn && !event.ctrlKey && !event.metaKey) return false;
    if (!this.isOn) this.turn(true);
    if (!this.chosen.delete(no)) this.chosen.add(no);
    this.onChange();
    return true;
  }

  render() {
    const picked = this.room.seats.filter(({ no }) => this.chosen.has(no));
    const offered = PICKED_ACTIONS.map((name) => /** @type {[string, number]} */ ([name, picked.filter((seat) => !whyNot(name, seat, this.room.sitting)).length]));
    const key = JSON.stringify([this.isOn, picked.length, offered]);
    if (key === this.shown) return;
    this.shown = key;
    this.box.hidden = !this.isOn;
    if (!this.isOn) return;
    const focused = this.box.contains(document.activeElement) ? document.activeElement.getAttribute("data-action") : null;
    fill(
      this.box,
      h("span", { class: "transfer__text" }, picked.length ? `已选 ${picked.length} 个座位` : "点座位来选，再点一次取消"),
      ...offered.map(([name, count]) => this.action(name, count)),
      h("button", { type: "button", class: "btn btn--sm", "data-action": "stop", onclick: () => this.turn(false) }, "结束多选"),
    );
    const again = focused && this.box.querySelector(`[data-action="${focused}"]`);
    if (again) /** @type {HTMLElement} */ (again).focus();
  }

  /** @param {string} name @param {number} count for how many it is possible now */
  action(name, count) {
    const { label, icon: picture } = SEAT_ACTIONS[name];
    return h("button", { type: "button", class: "btn btn--sm", "data-action": name, disabled: !count, onclick: () => this.onAction(name, [...this.chosen]) }, icon(picture), `${label}${count ? ` ${count}` : ""}`);
  }
}
