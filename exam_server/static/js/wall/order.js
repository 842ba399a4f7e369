/** How the wall is looked at: by seat or by need, with or without what is in order. Kept on this PC. No DOM. */

/** @typedef {import("./room.js").Seat} Seat */
/** @typedef {"seat" | "need" | "trouble"} Order seat: as in the room; need: trouble first; trouble: nothing else */

/** @type {[Order, string][]} */
export const ORDERS = [["seat", "座位顺序"], ["need", "问题优先"], ["trouble", "只看问题"]];
const RANK = ["help", "alert", "offline", "transfer", "paused", "active", "ready", "idle", "submitted", "absent", "deferred"];
const TROUBLE = ["help", "alert", "offline", "transfer"];
export const COMPACT_FROM = 61;
export const WIDEST = 20;

/** Does a seat need a person? @param {Seat} seat */
export function isTrouble({ state, identity, late }) {
  return Boolean(late) || TROUBLE.includes(state) || identity === "doubtful" || identity === "mismatch";
}

/** @param {Seat} seat */
function rank(seat) {
  const place = RANK.indexOf(seat.state);
  return isTrouble(seat) ? place - RANK.length : place;
}

/** The seats to show, in their order. @param {Seat[]} seats by number @param {Order} order */
export function inOrder(seats, order) {
  if (order === "seat") return seats;
  const shown = order === "trouble" ? seats.filter(isTrouble) : seats.slice();
  return shown.sort((a, b) => rank(a) - rank(b) || a.no - b.no);
}

/** @param {number} count @param {number} columns of the room @param {Order} order */
export function columnsFor(count, columns, order) {
  if (order !== "trouble") return Math.min(columns, WIDEST);
  return Math.max(3, Math.min(columns, Math.ceil(Math.sqrt(count * 1.6))));
}
