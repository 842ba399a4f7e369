/**
 * What a proctor's wall knows of one room: a snapshot, then numbered deltas. No DOM, no network.
 *
 * @typedef {import("./states.js").SeatState} SeatState
 * @typedef {{no: number, admission: number, name: string, admission_no: string, photo: string | null, state: SeatState,
 *            answered: number, total: number, since_ms: number, extra_min: number, approved_min?: number, deadline_ms: number | null,
 *            last_save_ms: number | null, pending: number | null, heard?: boolean, away_count: number,
 *            identity?: "match" | "doubtful" | "mismatch" | null, flags?: string[], covered?: boolean, pin?: string | null, paused_ms?: number | null, proposals?: Proposal[], moved_to?: number | null,
 *            late?: Late | null, ended?: "submitted" | "forced" | "expired" | "voided" | null,
 *            transfer?: {id: number, from: string, to: string, asked_ms: number, approved: boolean} | null}} Seat
 * @typedef {{key: string, cause: string, from_ms: number, until_ms: number, seconds: number}} Proposal lost time that nobody has decided on
 * @typedef {{ops: number, changing: number, reasons: string[], from_ms: number, until_ms: number, follow_on: boolean, had_outage: boolean}} Late operations kept apart that nobody has decided on
 * @typedef {{to: number, delivered: number, confirmed: number, waiting: number[]}} Arrival
 * @typedef {{id: number, at_ms: number, seat: number | null, kind: SeatState | "identity" | "info", text: string, open: boolean, arrival?: Arrival | null}} WallEvent
 * @typedef {{id: number, title: string, sub: string, state: "planned" | "sealed" | "check_in" | "running" | "paused" | "closed", custody: "open" | "sealed" | "unlocked", room_code: string | null,
 *            rows: number, columns: number, started_ms: number | null, paused_since_ms?: number | null, ends_ms: number | null, minutes: number, alarm?: string, away_lock?: boolean, load_test?: LoadTest | null,
 *            entry_ends_ms?: number | null, rules?: {late_entry_minutes: number, early_leave_minutes: number, late_ops_minutes: number}}} Sitting
 * @typedef {{computers: number, seconds: number, saves: number, errors: number, per_s: number, p50_ms: number, p95_ms: number, p99_ms: number,
 *            slowest: string, slowest_p95_ms: number, verdict: "good" | "slow" | "bad" | "nobody"}} LoadResult
 * @typedef {{id: number, robots: number, begun_ms: number, until_ms: number, computers?: number, saves?: number, errors?: number, result: LoadResult | null}} LoadTest
 * @typedef {{version: number, server_ms: number, sitting: Sitting, seats: Seat[], events: WallEvent[]}} Snapshot
 * @typedef {{version: number, seats?: Seat[], events?: WallEvent[], sitting?: Partial<Sitting> | null, server_ms?: number}} Delta
 */

const KEPT_EVENTS = 200;
const AWAY = ["idle", "absent", "deferred"];
const LIVE = ["running", "paused"];
const WORKING = ["active", "paused", "offline", "alert", "help"];

export class RoomModel {
  constructor() {
    this.version = 0;
    /** @type {Sitting | null} */
    this.sitting = null;
    /** @type {Seat[]} */
    this.seats = [];
    /** @type {WallEvent[]} newest first */
    this.events = [];
  }

  /** @param {Snapshot} snapshot */
  takeSnapshot({ version, sitting, seats, events }) {
    this.version = version;
    this.sitting = sitting;
    this.seats = seats.slice().sort((a, b) => a.no - b.no);
    this.events = events.slice().sort((a, b) => b.id - a.id);
  }

  /**
   * @param {Delta} delta
   * @returns {"taken" | "old" | "missed"} missed: a version in between never came, ask for a snapshot
   */
  takeDelta({ version, seats = [], events = [], sitting = null }) {
    if (!this.sitting || version > this.version + 1) return "missed";
    if (version <= this.version) return "old";
    this.version = version;
    if (sitting) this.sitting = { ...this.sitting, ...sitting };
    const changed = new Map(seats.map((seat) => [seat.no, seat]));
    const known = this.seats.filter((seat) => !changed.has(seat.no));
    this.seats = [...known, ...seats].sort((a, b) => a.no - b.no);
    const news = new Set(events.map(({ id }) => id));
    this.events = [...events, ...this.events.filter(({ id }) => !news.has(id))].sort((a, b) => b.id - a.id).slice(0, KEPT_EVENTS);
    return "taken";
  }

  /** @param {number | null} no */
  seat(no) {
    return this.seats.find((seat) => seat.no === no);
  }

  /** @param {...SeatState} states */
  count(...states) {
    return this.seats.filter((seat) => states.includes(seat.state)).length;
  }

  get working() {
    return this.count(...WORKING);
  }

  /** How many have lost time that nobody has decided on. */
  get undecided() {
    return this.seats.filter(({ proposals = [] }) => proposals.length).length;
  }

  /** Whose operations were kept apart and wait for two persons. */
  get kept() {
    return this.seats.filter(({ late }) => late);
  }

  /** How long operations may wait for two persons; after that they count as refused. */
  get decidedWithinMs() {
    const { rules } = this.sitting;
    return (rules ? rules.late_ops_minutes : 30) * 60 * 1000;
  }

  /** Those who keep the room from being closed. @param {number} now */
  keepsOpen(now) {
    return this.kept.filter(({ late }) => late.changing > 0 && now - late.until_ms <= this.decidedWithinMs);
  }

  /** Has the limit passed after which nobody is let in without two persons? @param {number} now */
  isEntryOver(now) {
    const { entry_ends_ms: ends } = this.sitting;
    return Boolean(ends) && now > ends;
  }

  get openEvents() {
    return this.events.filter((event) => event.open);
  }
}

/** Has nobody signed in at a seat? @param {Seat} seat */
export function isAway({ state }) {
  return AWAY.includes(state);
}

/** Has the candidate seen the paper? @param {Seat} seat */
export function hasBegun({ deadline_ms: deadline }) {
  return Boolean(deadline);
}

/**
 * Why an action on one candidate cannot be used now; empty when it can.
 * @param {string} action @param {Seat} seat @param {Sitting} sitting @returns {string}
 */
export function whyNot(action, seat, sitting) {
  if (sitting.state === "closed") return "考场已关闭";
  const isWorking = WORKING.includes(seat.state);
  const ended = { submitted: "考生已交卷", absent: "考生缺考", deferred: "考生缓考", idle: "考生未登录" }[seat.state];
  if (action === "record_incident") return "";
  if (action === "mark_absent") return isAway(seat) ? "" : "考生已登录，不能登记缺考";
  if (action === "defer") return hasBegun(seat) ? "考生已看到试卷，不能缓考" : "";
  if (action === "uncover") return seat.covered ? "" : "答卷没有被遮盖";
  if (action === "mark_present") return seat.state === "absent" || seat.state === "deferred" ? "" : "考生没有登记缺考或缓考";
  if (action === "message") return ended ? `${ended}，收不到消息` : "";
  if (action === "release_seat") return ended ? `${ended}，没有占用机位` : "";
  if (action === "override_seb") return seat.state !== "idle" && ended ? `${ended}，不用登录` : "";
  if (!LIVE.includes(sitting.state)) return "还没有开考";
  if (action === "reopen" || action === "void") return whyNotDecide(action, seat, sitting);
  if (action === "compensate") return (seat.proposals || []).length ? "" : "没有待确认的中断时间";
  if (action === "resume") return sitting.state === "paused" ? "全场暂停，请恢复全场" : seat.paused_ms ? "" : "没有暂停";
  if (action === "pause" && seat.paused_ms) return "已经暂停";
  return isWorking ? "" : ended || "考生还没有开始作答";
}

/** Why two persons cannot reopen or void an attempt now. @param {string} action @param {Seat} seat @param {Sitting} sitting */
function whyNotDecide(action, seat, sitting) {
  if (sitting.state === "paused") return "全场暂停，请先恢复";
  if (seat.ended === "voided") return "已判无效";
  if (action === "reopen") return seat.ended ? "" : "考生没有交卷";
  return isAway(seat) ? "考生没有登录" : "";
}

/**
 * Why an action on the whole room cannot be used now; empty when it can.
 * @param {string} action @param {RoomModel} room @returns {string}
 */
export function whyNotRoom(action, room) {
  const { state, custody } = room.sitting;
  const isUnopened = state === "planned" || state === "sealed";
  if (action === "open_check_in") return isUnopened ? "" : "已经开放签到";
  if (action === "load_test" || action === "stop_load_test") return isUnopened ? "" : "已经开放签到";
  if (action === "unlock" && custody !== "sealed") return custody === "unlocked" ? "试卷已启封" : "试卷没有封存";
  if ((action === "start" || action === "unlock") && isUnopened) return "请先开放签到";
  if (action === "unlock") return state === "check_in" ? "" : "已经开考";
  if (action === "start" && state !== "check_in") return "已经开考";
  if (action === "start" && custody === "sealed") return "请先由两人启封试卷";
  if (action === "start") return room.count("ready") ? "" : "还没有考生在机位上等候";
  if (state === "closed") return "考场已关闭";
  if (action === "message") return isUnopened ? "还没有开放签到" : "";
  if (action === "pause" || action === "compensate") return state === "running" ? "" : state === "paused" ? "全场已暂停" : "还没有开考";
  if (action === "resume") return state === "paused" ? "" : "全场没有暂停";
  if (action === "extend") return LIVE.includes(state) ? "" : "还没有开考";
  if (state === "paused") return "全场暂停，请先恢复";
  if (action === "away_lock" || action === "away_unlock") return "";
  if (state !== "running") return "还没有开考";
  if (room.working) return `还有 ${room.working} 人没有交卷`;
  const unknown = room.count("idle", "ready");
  return unknown ? `还有 ${unknown} 人既没有交卷，也没有登记缺考` : "";
}
