/**
 * One candidate's session from the check of data to the receipt: which view is due, what the server
 * said last, and the path of every answer (journal, then screen, then server). No DOM.
 *
 * @typedef {import("./wire.js").State} State
 * @typedef {import("./wire.js").RoomEvent} RoomEvent
 * @typedef {"check" | "rules" | "waiting" | "working" | "time_up" | "handing_in" | "ended" | "covered"} Phase
 * @typedef {"" | "fenced" | "released" | "other_page" | "signed_out" | "absent" | "deferred" | "paused" | "away"} Cover
 * @typedef {import("../exam/journal.js").Change} Change
 */
import { AnswerJournal } from "../exam/journal.js";
import { Attempt } from "./attempt.js";
import { Refusal, readEvents } from "./wire.js";

const ENDED = ["submitted", "forced", "expired", "voided"];
const WORKING = ["in_progress", "transfer_pending"];
const COVERING = ["absent", "deferred", "paused"]; // states that cover the paper as long as they last
const REFRESH_PAUSE_MS = 3000;

export class CandidateSession {
  /**
   * @param {{state: State, storage: import("../exam/storage.js").JournalStorage,
   *          clock: import("../exam/clock.js").ServerClock,
   *          exchange: (message: object) => Promise<any>, fetchState: () => Promise<State>,
   *          onChange?: () => void, onEvent?: (event: RoomEvent) => void, onForget?: () => Promise<unknown>, onEarly?: (text: string) => void,
   *          journal?: Partial<ConstructorParameters<typeof AnswerJournal>[0]>}} options
   */
  constructor({ state, storage, clock, exchange, fetchState, onChange = () => {}, onEvent = () => {}, onForget = async () => {}, onEarly = () => {}, journal = {} }) {
    this.clock = clock;
    this.fetchState = fetchState;
    this.onChange = onChange;
    this.onEvent = onEvent;
    this.onForget = onForget;
    this.onEarly = onEarly;
    this.grade = storage.grade;
    this.storage = storage;
    this.isStorageFull = false;
    /** @type {Cover} */
    this.cover = "";
    /** @type {Attempt | null} */
    this.attempt = null;
    this.savedMs = 0;
    this.lateOps = 0;
    this.refreshedMs = 0;
    this.changedMs = 0; // when the deadline was moved, as far as this page saw it
    this.isVisible = true;
    this.isWiped = false;
    this.isSealed = false;
    this.store = "";
    this.lastEvent = 0;
    /** @type {Set<string>} */
    this.heard = new Set(); // events that were told, by number and time
    for (const event of state.events) this.isNews(event);
    /** @type {Promise<unknown>} */
    this.tail = Promise.resolve();
    this.journal = new AnswerJournal({
      storage,
      send: async (ops, epoch) => this.refuseOlder(await exchange(this.envelope(ops, epoch))),
      onReply: (reply) => this.hear(reply),
      onChange: () => this.onChange(),
      onTrouble: (kind) => this.trouble(kind),
      ...journal,
    });
    this.adopt(state);
  }

  /** Begin to talk to the server. */
  async open() {
    await this.journal.open(this.state);
    this.takeUpPaper();
    for (const event of this.state.events) if (event.needs_confirmation) this.onEvent(event); // the rest is history
    this.keepState();
    this.journal.beat();
    this.onChange();
  }

  /** @param {State} state */
  adopt(state) {
    this.meet(state.store);
    this.state = state;
    this.lastEvent = Math.max(this.lastEvent, state.last_event);
    this.receipt = state.receipt;
    this.isSealed = state.sealed;
    this.coverFor(state.state);
    if (this.cover === "signed_out") this.cover = "";
    this.hearCovered(state.covered);
  }

  /** A restored server numbers events and deadlines from its copy on, and so does the page. @param {string} store */
  meet(store) {
    if (store === this.store) return;
    this.store = store;
    this.lastEvent = 0;
    if (this.state) this.state.deadline_version = 0;
  }

  /**
   * Whether an event was not told before. After a restore an old number may stand for a new event,
   * so its time counts too.
   * @param {RoomEvent} event
   */
  isNews({ id, at_ms: at }) {
    const name = `${id}@${at}`;
    const isNew = !this.heard.has(name);
    this.heard.add(name);
    return isNew;
  }

  /** Build the attempt from what the server has and what only this PC has. */
  takeUpPaper() {
    if (!this.state.paper || this.attempt) return;
    this.attempt = new Attempt(this.state.paper, this.state.answers);
    for (const op of this.journal.pending) this.attempt.apply(op);
    const open = this.attempt.questions.findIndex((question) => !this.attempt.isAnswered(question));
    this.attempt.index = Math.max(0, open);
  }

  /**
   * The start of a sealed sitting: the package is open, the clock runs. The exact deadline comes with
   * the next reply and replaces this one.
   * @param {import("./wire.js").Paper} paper @param {number} startedMs
   */
  begin(paper, startedMs) {
    if (this.state.state !== "waiting" || this.attempt) return;
    this.state.paper = paper;
    this.state.started_ms = startedMs;
    this.state.deadline_ms = startedMs + (this.state.sitting.minutes + (this.state.candidate.approved_min || 0)) * 60000;
    this.state.state = "in_progress";
    this.takeUpPaper();
    this.onChange();
    this.keepState();
  }

  /** What opens the page again while the server is away: the state, and how far off the PC's clock is. */
  keepState() {
    const ahead_ms = Math.round(this.clock.now() - Date.now());
    if (!this.isWiped) this.storage.keep("state", { state: this.state, ahead_ms }).catch((refused) => console.warn("the state is not kept", refused));
  }

  get leftMs() {
    if (this.state.deadline_ms === null) return Infinity;
    return this.state.deadline_ms - (this.state.paused_ms || this.clock.now());
  }

  /** @returns {number} minutes that were given beyond those of the paper */
  get extraMinutes() {
    const { started_ms: started, deadline_ms: deadline, sitting } = this.state;
    return started === null || deadline === null ? 0 : Math.round((deadline - started) / 60e3 - sitting.minutes);
  }

  get isEnded() {
    return ENDED.includes(this.state.state);
  }

  /** @returns {Phase} */
  get phase() {
    if (this.isEnded && this.receipt) return "ended";
    if (this.cover) return "covered";
    if (this.isEnded) return "handing_in";
    if (this.state.state === "claimed") return this.state.confirmed.data ? "rules" : "check";
    if (!WORKING.includes(this.state.state) || !this.attempt) return "waiting";
    if (this.journal.isHandingIn) return "handing_in";
    return this.leftMs <= 0 ? "time_up" : "working";
  }

  /** @returns {number} questions whose answer is only on this PC or on its way */
  get unsafe() {
    return this.journal.itemStates().size;
  }

  /** @param {object[]} ops @param {number} epoch of the lease they were made with */
  envelope(ops, epoch) {
    const beat = { visible: this.isVisible, pending: this.journal.pending.length };
    return { epoch, store: this.store, after_event: this.lastEvent, ops, beat };
  }

  /**
   * One change of the candidate: journal, apply, tell. Changes queue, so that two quick presses on
   * the same question are two changes, the second made from the result of the first.
   * @param {(attempt: Attempt) => Change | null} describe
   */
  change(describe) {
    const next = this.tail.then(async () => {
      if (this.phase !== "working") return;
      const change = describe(this.attempt);
      if (!change) return;
      await this.journal.record(change);
      this.attempt.apply(change);
      this.onChange();
    });
    this.tail = next.catch((error) => console.error(error));
    return next;
  }

  handIn() {
    return this.change(() => (this.leaveInMs > 0 ? null : { kind: "submit" }));
  }

  /** How long a candidate must stay before handing in; 0 when there is no such limit. */
  get leaveInMs() {
    const { may_leave_ms: from = null } = this.state;
    return from === null ? 0 : Math.max(0, from - this.clock.now());
  }

  /** The server's clock says that it is too early: the paper stays open. @param {string} text */
  tooEarly(text) {
    this.onEarly(text);
    this.journal.withdraw(this.attempt.questions[0].id);
  }

  /**
   * A server that a restored one has replaced is as good as silent: only the newer store counts.
   * @param {any} reply
   */
  refuseOlder(reply) {
    if (reply.error === "older_store" || isOlder(reply.store, this.store)) throw new Error("the server has been replaced");
    return reply;
  }

  /** @param {any} reply of POST /exam/api/ops or the event of that name */
  hear(reply) {
    if (reply.ok) this.savedMs = reply.server_ms || this.clock.now();
    if (reply.ok && this.cover === "signed_out") this.cover = "";
    if (reply.store) this.meet(reply.store);
    this.hearTime(reply);
    if (reply.may_leave_ms !== undefined) this.state.may_leave_ms = reply.may_leave_ms;
    if (reply.error === "too_early") this.tooEarly(reply.message);
    if (reply.error === "fenced") this.cover = reply.released ? "released" : "fenced";
    if (reply.error === "not_signed_in") this.cover = "signed_out";
    if (reply.error === "chain_conflict") this.settleConflict();
    if (reply.error === "not_started" || reply.error === "malformed") this.refresh();
    if (reply.error === "closed") this.lateOps = this.journal.pending.length;
    if (reply.ok) this.hearCovered(reply.covered);
    if (reply.receipt) this.receipt = reply.receipt;
    if (reply.sealed) this.isSealed = true;
    if (reply.state) this.hearState(reply.state);
    for (const event of readEvents(reply.events)) this.hearEvent(event);
    if (this.isEnded && !this.receipt) this.refresh();
    this.forgetWhenDone();
  }

  /** The proctor's word on a paper whose candidate left the page. @param {boolean | undefined} isCovered */
  hearCovered(isCovered) {
    if (isCovered && this.cover === "") this.cover = "away";
    if (isCovered === false && this.cover === "away") this.cover = "";
  }

  /** @param {{deadline_ms?: number, deadline_version?: number, paused_ms?: number | null}} reply */
  hearTime({ deadline_ms: deadline, deadline_version: version, paused_ms: paused = null }) {
    if (deadline === undefined || deadline === null || version < this.state.deadline_version) return;
    if (this.state.deadline_ms !== null && deadline !== this.state.deadline_ms) this.changedMs = this.clock.now();
    const isMoved = deadline !== this.state.deadline_ms;
    this.state.deadline_ms = deadline;
    this.state.deadline_version = version;
    this.state.paused_ms = paused;
    if (isMoved) this.keepState();
  }

  /** @param {import("./wire.js").AttemptState} name */
  hearState(name) {
    const isOlder = this.state.state === "in_progress" && ["claimed", "waiting"].includes(name);
    if (name === this.state.state || isOlder) return;
    this.state.state = name;
    this.coverFor(name);
    if (WORKING.includes(name) && !this.state.paper) this.refresh();
  }

  /** @param {import("./wire.js").AttemptState} name */
  coverFor(name) {
    if (COVERING.includes(name)) this.cover = /** @type {Cover} */ (name);
    else if (COVERING.includes(this.cover)) this.cover = "";
  }

  /** @param {RoomEvent} event */
  hearEvent(event) {
    this.lastEvent = Math.max(this.lastEvent, event.id);
    if (!this.isNews(event)) return;
    if (event.kind === "released") this.cover = this.isEnded ? this.cover : "released";
    if (event.kind === "started" && !this.state.paper) this.refresh();
    this.onEvent(event);
  }

  /** Fetch the whole state again; asked for often, it goes out once in three seconds. */
  async refresh() {
    const now = this.clock.monotonic();
    if (this.refreshing || (this.refreshedMs && now - this.refreshedMs < REFRESH_PAUSE_MS)) return;
    this.refreshing = true;
    try {
      this.takeState(await this.fetchState());
      this.refreshedMs = now;
    } catch (refused) {
      if (refused instanceof Refusal && refused.code === "fenced") this.cover = "fenced";
      console.warn("the state could not be fetched", refused);
    }
    this.refreshing = false;
    this.onChange();
  }

  /** @param {State} state */
  takeState(state) {
    const news = state.events.filter((event) => this.isNews(event));
    this.adopt(state);
    if (state.epoch !== this.journal.epoch) this.yieldTo(); // signed in again beside this page
    this.takeUpPaper();
    for (const event of news) this.onEvent(event);
    this.keepState();
    this.forgetWhenDone();
    this.onChange();
  }

  /** A number was taken by someone else: count from the server's head, and say again what differs. */
  async settleConflict() {
    let state;
    try {
      state = await this.fetchState();
    } catch (unreachable) {
      return; // the journal asks again, and so does this
    }
    this.journal.rebase(state.head_seq);
    const unsent = this.journal.itemStates();
    for (const question of this.attempt ? this.attempt.questions : []) {
      const { value } = this.attempt.answer(question);
      const known = state.answers[question.id];
      if (unsent.has(question.id) || String(value) === String(known ? known.value : [])) continue;
      await this.journal.record(value.length ? { kind: "set", item: question.id, value } : { kind: "clear", item: question.id });
    }
  }

  /** @param {"storage" | "taken"} kind */
  trouble(kind) {
    if (kind === "taken") this.cover = "other_page";
    else this.isStorageFull = true;
    this.onChange();
  }

  /** Another page of this browser took over: say so and write nothing more. */
  yieldTo() {
    this.cover = "other_page";
    this.journal.stop();
  }

  /**
   * Once the room is closed and nothing is left to present, the PC forgets the attempt. Until then
   * it could have to fill up a server that comes back from an older copy.
   */
  async forgetWhenDone() {
    if (!this.isSealed) return;
    await this.forget();
  }

  /** Forget the attempt on this PC: at the end of the room, or when the candidate leaves the receipt. */
  async forget() {
    if (this.isWiped || !this.isEnded || !this.receipt) return;
    if (!this.journal.stopped && (this.journal.aside.length || this.journal.batch().length)) return;
    this.isWiped = true;
    await this.journal.wipe();
    await this.onForget();
  }
}

/**
 * Whether a store is an earlier generation of the one already seen: `s-1a2b3c4d` before `s-1a2b3c4d.7`.
 * @param {string | undefined} store @param {string | undefined} seen
 */
export function isOlder(store, seen) {
  if (!store || !seen) return false;
  const [name, number = "0"] = store.split(".");
  const [seenName, seenNumber = "0"] = seen.split(".");
  return name === seenName && Number(number) < Number(seenNumber);
}
