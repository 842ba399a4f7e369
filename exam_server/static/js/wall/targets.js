/** The preview list of a command for many: who gets it, with a tick each; who cannot get it, and why. */
import { h, icon, setText } from "../page/dom.js";
import { whyNot } from "./room.js";
import { twoDigits } from "./seatmap.js";

/** @typedef {import("./room.js").Seat} Seat */

export class Targets {
  /** @param {string} action @param {import("./room.js").RoomModel} room @param {number[] | null} picked seats chosen before, none for the whole room */
  constructor(action, room, picked = null) {
    this.isPicked = picked !== null;
    const seats = picked ? room.seats.filter(({ no }) => picked.includes(no)) : room.seats;
    const left = seats.map((seat) => /** @type {[Seat, string]} */ ([seat, whyNot(action, seat, room.sitting)]));
    this.boxes = left.filter(([, why]) => !why).map(([seat]) => this.box(seat));
    this.out = left.filter(([, why]) => why);
    this.count = h("span", {});
    this.node = h(
      "details",
      { class: "targets", open: this.isPicked },
      h("summary", { class: "targets__head" }, this.count),
      h("div", { class: "targets__list" }, ...this.boxes.map(({ node }) => node)),
      this.out.length > 0 && h("p", { class: "note" }, icon("info"), h("span", {}, `不含 ${this.out.length} 人：${this.reasons()}`)),
    );
    this.tell();
  }

  /** @param {Seat} seat */
  box(seat) {
    const input = h("input", { type: "checkbox", checked: true, onchange: () => this.tell() });
    return { admission: seat.admission, input, node: h("label", { class: "targets__one" }, input, `${twoDigits(seat.no)} ${seat.name}`) };
  }

  reasons() {
    /** @type {Map<string, string[]>} */
    const by = new Map();
    for (const [seat, why] of this.out) by.set(why, [...(by.get(why) || []), twoDigits(seat.no)]);
    return [...by].map(([why, seats]) => `${why} ${seats.join("、")}`).join("；");
  }

  tell() {
    const chosen = this.chosen;
    if (this.isPicked) setText(this.count, `所选 ${chosen.length} 人`);
    else setText(this.count, chosen.length === this.boxes.length ? `发给全部 ${chosen.length} 人（点开可去掉个别考生）` : `发给 ${chosen.length} 人，去掉 ${this.boxes.length - chosen.length} 人`);
  }

  get chosen() {
    return this.boxes.filter(({ input }) => input.checked).map(({ admission }) => admission);
  }

  /** What goes into the command: everyone who is there when it arrives, or those that are ticked. */
  payload() {
    const chosen = this.chosen;
    return !this.isPicked && chosen.length === this.boxes.length ? { admission: null } : { admissions: chosen };
  }
}
