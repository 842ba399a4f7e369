/** Lost time that waits for a decision: proposed per seat with its cause, a person confirms, lowers or refuses. */
import { formatTime } from "../exam/clock.js";
import { h } from "../page/dom.js";
import { twoDigits } from "./seatmap.js";

/** @typedef {import("./room.js").Seat} Seat */
/** @typedef {import("./room.js").Proposal} Proposal */

const CAUSES = { pause: "暂停", room: "全场暂停", seat: "机位断线", server: "服务器中断" };

/** @param {number} seconds */
export function spoken(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes ? `${minutes} 分` : ""}${seconds % 60 || !minutes ? `${seconds % 60} 秒` : "钟"}`;
}

export class Proposals {
  /** @param {Seat[]} seats those whose lost time is decided on @param {boolean} isRoom all of the room */
  constructor(seats, isRoom) {
    this.isRoom = isRoom;
    this.rows = seats.reduce((rows, seat) => [...rows, ...(seat.proposals || []).map((proposal) => this.row(seat, proposal))], /** @type {ReturnType<Proposals["row"]>[]} */ ([]));
    this.node = h(
      "div",
      { class: "proposals" },
      h(
        "table",
        { class: "table" },
        h("thead", {}, h("tr", {}, ...["座位", "原因", "起止", "建议", "补多少"].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, ...this.rows.map(({ node }) => node)),
      ),
    );
  }

  /** @param {Seat} seat @param {Proposal} proposal */
  row(seat, proposal) {
    const choice = h("select", { class: "input proposals__choice", "aria-label": `${twoDigits(seat.no)} 号补多少` }, ...options(proposal.seconds).map(([value, text]) => h("option", { value }, text)));
    const node = h(
      "tr",
      {},
      h("td", {}, `${twoDigits(seat.no)} ${seat.name}`),
      h("td", {}, CAUSES[proposal.cause] || proposal.cause),
      h("td", { class: "num" }, `${formatTime(proposal.from_ms)}—${formatTime(proposal.until_ms)}`),
      h("td", { class: "num" }, spoken(proposal.seconds)),
      h("td", {}, choice),
    );
    return { admission: seat.admission, key: proposal.key, proposed: proposal.seconds, choice, node };
  }

  /** One command for what is lowered, then one for all that stays as proposed. @param {string} reason */
  payloads(reason) {
    const chosen = this.rows.map((row) => ({ ...row, seconds: Number(row.choice.value) }));
    const apart = this.isRoom ? chosen.filter(({ seconds, proposed }) => seconds !== proposed) : chosen;
    const each = apart.map(({ admission, key, seconds }) => ({ admission, proposal: key, seconds, reason }));
    return this.isRoom && apart.length < chosen.length ? [...each, { admission: null, reason }] : each;
  }

  /** Is anything given less than proposed? */
  get isLowered() {
    return this.rows.some(({ choice, proposed }) => Number(choice.value) < proposed);
  }
}

/** As proposed, whole minutes below, nothing. @param {number} seconds @returns {[string, string][]} */
function options(seconds) {
  const steps = [1, 2, 3, 5, 10, 15, 20, 30].filter((minutes) => minutes * 60 < seconds).reverse();
  return [[String(seconds), "按建议"], ...steps.map((minutes) => /** @type {[string, string]} */ ([String(minutes * 60), `${minutes} 分钟`])), ["0", "不补"]];
}
