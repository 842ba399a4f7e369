/**
 * Server-anchored clock. The wall clock of an exam PC is never trusted: server time is the
 * monotonic clock plus an offset, taken from the reply with the smallest round trip of the last
 * few, because half a round trip is the bound of the error. Holds no deadline and no DOM.
 *
 * The monotonic clock of some systems stands still while the PC sleeps. Then the offset of before
 * is wrong by the whole sleep, and the newest reply contradicts it: earlier replies are dropped.
 */
const SAMPLES = 8;
const DRIFT_MS = 20; // of the two clocks between replies: no contradiction

export class ServerClock {
  /** @param {() => number} [monotonic] milliseconds from any fixed origin */
  constructor(monotonic = () => performance.now()) {
    this.monotonic = monotonic;
    /** @type {{offset: number, roundTrip: number}[]} */
    this.samples = [];
    this.offset = 0;
  }

  /**
   * Learn from one reply that has just arrived.
   * @param {number} serverMs server time in the reply, epoch ms
   * @param {number} [roundTripMs] from sending the request until now
   */
  sync(serverMs, roundTripMs = 0) {
    const newest = { offset: serverMs + roundTripMs / 2 - this.monotonic(), roundTrip: roundTripMs };
    this.samples = [...this.samples.filter((sample) => agree(sample, newest)), newest].slice(-SAMPLES);
    this.offset = this.samples.reduce((best, sample) => (sample.roundTrip <= best.roundTrip ? sample : best)).offset;
  }

  /** Until the first reply: what the PC's own clock suggests. @param {number} serverMs */
  guess(serverMs) {
    if (!this.samples.length) this.offset = serverMs - this.monotonic();
  }

  /** @returns {number} server time now, epoch ms */
  now() {
    return this.monotonic() + this.offset;
  }
}

/**
 * Whether two replies may both be right: each errs by half its round trip at most.
 * @param {{offset: number, roundTrip: number}} one @param {{offset: number, roundTrip: number}} other
 */
function agree(one, other) {
  return Math.abs(one.offset - other.offset) <= (one.roundTrip + other.roundTrip) / 2 + DRIFT_MS;
}

/** @param {number} n */
function pad(n) {
  return String(n).padStart(2, "0");
}

/** @param {number} ms @returns {string} HH:MM:SS, never negative */
export function formatRemaining(ms) {
  const total = Math.max(0, Math.ceil(ms / 1000));
  return `${pad(Math.floor(total / 3600))}:${pad(Math.floor(total / 60) % 60)}:${pad(total % 60)}`;
}

/** @param {number} epochMs @returns {string} HH:MM:SS in the time zone of the exam (UTC+8, no daylight saving) */
export function formatTime(epochMs) {
  return new Date(epochMs + 8 * 3600e3).toISOString().slice(11, 19);
}

/** @param {number} epochMs @returns {string} HH:MM */
export function formatMinute(epochMs) {
  return formatTime(epochMs).slice(0, 5);
}

/** @param {number} epochMs @returns {string} 2026 年 12 月 5 日 */
export function formatDay(epochMs) {
  const [year, month, day] = new Date(epochMs + 8 * 3600e3).toISOString().slice(0, 10).split("-").map(Number);
  return `${year} 年 ${month} 月 ${day} 日`;
}

/** @param {number} ms @returns {"" | "soon" | "last"} */
export function urgency(ms) {
  if (ms <= 60e3) return "last";
  return ms <= 600e3 ? "soon" : "";
}

const MARKS_MIN = [30, 10, 5, 1];

/**
 * The mark in minutes that was passed between two looks at the remaining time, or 0. Several
 * passed at once, as after a sleep of the PC, give the last one.
 * @param {number} beforeMs @param {number} nowMs @returns {number}
 */
export function markPassed(beforeMs, nowMs) {
  const passed = MARKS_MIN.filter((mark) => beforeMs > mark * 60e3 && nowMs <= mark * 60e3 && nowMs > 0);
  return passed.length ? Math.min(...passed) : 0;
}
