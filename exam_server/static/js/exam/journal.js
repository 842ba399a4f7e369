/**
 * Answer journal of one attempt on this PC. Each change gets the next number of the attempt, is on
 * disk here before anyone sees it as chosen, and is sent until the server acknowledges it. What is
 * acknowledged stays too: a server restored from a copy comes back with a lower head, and is then
 * filled up again from here. What is safe is computed from the head of the server, never stored.
 *
 * Knows neither the DOM nor the network: storage, sender, waiting and chance are arguments.
 *
 * @typedef {{seq: number, epoch: number, kind: "set" | "clear" | "flag" | "submit", item?: string,
 *            value?: string[], flagged?: boolean, mono_ms: number, kept?: boolean}} Op  kept: apart, on the server
 * @typedef {{kind: Op["kind"], item?: string, value?: string[], flagged?: boolean}} Change
 * @typedef {"saved" | "saving" | "offline" | "stopped"} Link
 * @typedef {"local" | "sending"} ItemState  absent from the map means safe on the server
 * @typedef {Record<string, {value: string[], flagged: boolean, seq: number}>} ServerAnswers
 * @typedef {import("./storage.js").JournalStorage} JournalStorage
 * @typedef {{ok: boolean, ack?: number, error?: string, expected?: number, retry_after_ms?: number}} Reply
 */

const BATCH = 64;
const SETTLING = ["fenced", "closed", "chain_conflict", "malformed"]; // refusals after which nothing is said again
const SHORTEST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 4000; // with one request, everything is stored within 5 s of the cable (G14)

/** @param {Op} op the shape on the wire: the epoch travels once, in the envelope */
export function onWire({ seq, kind, item, value, flagged, mono_ms }) {
  return { seq, kind, item, value, flagged, mono_ms };
}

export class AnswerJournal {
  /**
   * @param {{storage: JournalStorage, send: (ops: object[], epoch: number) => Promise<Reply>,
   *          onReply?: (reply: any) => void, onChange?: () => void, onTrouble?: (kind: "storage" | "taken") => void,
   *          wait?: (ms: number) => Promise<unknown>, random?: () => number, monotonic?: () => number}} options
   */
  constructor({
    storage,
    send,
    onReply = () => {},
    onChange = () => {},
    onTrouble = () => {},
    wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random = Math.random,
    monotonic = () => performance.now(),
  }) {
    this.storage = storage;
    this.send = send;
    this.onReply = onReply;
    this.onChange = onChange;
    this.onTrouble = onTrouble;
    this.wait = wait;
    this.random = random;
    this.monotonic = monotonic;
    /** @type {Map<number, Op>} */
    this.ops = new Map();
    /** @type {Op[]} of an earlier lease, which the server may not have: for two persons to decide on */
    this.aside = [];
    /** @type {ServerAnswers} what the server held when the page opened, for numbers this PC never had */
    this.baseline = {};
    this.epoch = 0;
    this.seq = 0;
    this.acked = 0; // head of the server, as last heard
    this.cursor = 0; // everything up to here has been presented
    this.sendingTo = 0;
    this.running = false;
    this.due = false;
    this.offline = false;
    this.closed = false;
    this.stopped = false;
    this.failures = 0;
    this.wake = () => {};
  }

  /**
   * Take up the attempt where server and PC left it. What this PC wrote beyond the head before another
   * one wrote there was fenced: it stays on disk, and goes to the server once, to be kept apart.
   * @param {{epoch: number, head_seq: number, head_epoch?: number, answers: ServerAnswers}} state
   */
  async open({ epoch, head_seq: head, head_epoch: headEpoch = 0, answers }) {
    const stored = (await this.storage.load()).sort((a, b) => a.epoch - b.epoch);
    const earlier = stored.filter((op) => op.epoch < epoch);
    const usable = agree(earlier, answers) ? stored : stored.filter((op) => op.epoch === epoch);
    for (const op of usable) if (op.seq <= head || op.epoch >= headEpoch) this.ops.set(op.seq, op);
    this.aside = earlier.filter((op) => !op.kept && this.ops.get(op.seq) !== op);
    this.epoch = epoch;
    this.baseline = answers;
    this.seq = Math.max(head, ...this.ops.keys());
    this.acked = head;
    this.cursor = head;
    this.onChange();
    this.pump();
  }

  /** Operations that the server has not acknowledged, oldest first. */
  get pending() {
    return [...this.ops.values()].filter((op) => op.seq > this.acked).sort((a, b) => a.seq - b.seq);
  }

  /** @returns {boolean} whether hand-in is on its way, asked for on this page or before a reload */
  get isHandingIn() {
    return this.pending.some((op) => op.kind === "submit");
  }

  /** @returns {Link} */
  get link() {
    if (this.stopped) return "stopped";
    if (this.offline) return "offline";
    return this.pending.length ? "saving" : "saved";
  }

  /** @returns {Map<string, ItemState>} */
  itemStates() {
    /** @type {Map<string, ItemState>} */
    const states = new Map();
    for (const op of this.pending) if (op.item) states.set(op.item, op.seq <= this.sendingTo && !this.offline ? "sending" : "local");
    return states;
  }

  /**
   * Store one change; resolves when it is on this PC, which is when the page may show it.
   * @param {Change} change
   */
  async record(change) {
    this.seq += 1;
    const op = { ...change, seq: this.seq, epoch: this.epoch, mono_ms: Math.round(this.monotonic()) };
    try {
      await this.storage.append([op]);
    } catch (refused) {
      if (refused.name === "ConstraintError") {
        this.stop();
        this.onTrouble("taken");
        throw refused;
      }
      this.onTrouble("storage"); // still sent below: the server's copy is then the only one
    }
    this.ops.set(op.seq, op);
    this.onChange();
    this.pump();
    return op;
  }

  /**
   * Take back a hand-in that the server did not store because it came too early: its number says
   * once more whether a question is marked, which changes nothing.
   * @param {string} item of the candidate's paper
   */
  async withdraw(item) {
    for (const { kind, seq, epoch, mono_ms } of this.pending) {
      if (kind !== "submit") continue;
      const marks = [...this.ops.values()].filter((op) => op.kind === "flag" && op.item === item).sort((a, b) => a.seq - b.seq);
      const known = this.baseline[item];
      const flagged = marks.length ? marks[marks.length - 1].flagged : Boolean(known && known.flagged);
      /** @type {Op} */
      const op = { seq, epoch, kind: "flag", item, flagged, mono_ms };
      this.ops.set(seq, op);
      await this.storage.replace(op);
    }
    this.onChange();
  }

  /** Ask for a round even when nothing is pending: the heartbeat, or a hint that something is new. */
  beat() {
    this.due = true;
    this.pump();
  }

  /** The way is open again: do not sit out the back-off. */
  nudge() {
    this.wake();
    this.pump();
  }

  stop() {
    this.stopped = true;
    this.wake();
    this.onChange();
  }

  /** Forget the attempt on this PC. Only after the server has given a receipt. */
  async wipe() {
    this.stop();
    await this.storage.wipe();
  }

  /**
   * Go on after the server refused a number as taken: what is at or below its head is decided.
   * @param {number} head
   */
  rebase(head) {
    this.acked = head;
    this.cursor = head;
    this.seq = Math.max(this.seq, head);
  }

  /** The next operations to present, at most 64, without holes. */
  batch() {
    const ops = [];
    const last = Math.max(0, ...this.ops.keys());
    for (let seq = this.cursor + 1; seq <= last && ops.length < BATCH; seq += 1) {
      if (!this.ops.has(seq)) this.ops.set(seq, this.bridge(seq));
      ops.push(this.ops.get(seq));
    }
    return ops;
  }

  /**
   * An operation for a number that was written elsewhere, so that the server can accept what
   * follows: it repeats what the server itself said at the opening of this page.
   * @param {number} seq @returns {Op}
   */
  bridge(seq) {
    const known = Object.entries(this.baseline);
    const [item, answer] = known.find(([, { seq: at }]) => at === seq) || known[seq % Math.max(1, known.length)] || ["", null];
    const fixed = { seq, epoch: this.epoch, mono_ms: 0 };
    if (!answer) return { ...fixed, kind: "flag", item: [...this.ops.values()].find((op) => op.item)?.item || "", flagged: false };
    if (seq % 2 && answer.flagged && answer.seq !== seq) return { ...fixed, kind: "flag", item, flagged: true };
    return answer.value.length ? { ...fixed, kind: "set", item, value: answer.value } : { ...fixed, kind: "clear", item };
  }

  /** One loop, one request in flight, until nothing is left to present. */
  async pump() {
    if (this.running || this.stopped || !this.epoch) return;
    this.running = true;
    while (!this.stopped && (this.due || this.aside.length || this.batch().length)) await (this.due || this.batch().length ? this.round() : this.handOver());
    this.running = false;
    this.onChange();
  }

  /** Give the server what was fenced, under the lease it was made with, until it has it or never will. */
  async handOver() {
    const [{ epoch }] = this.aside;
    const ops = this.aside.filter((op) => op.epoch === epoch).slice(0, BATCH);
    let reply;
    try {
      reply = await this.send(ops.map(onWire), epoch);
    } catch (unreachable) {
      return this.backOff();
    }
    if (!reply.ok && !SETTLING.includes(reply.error)) return this.backOff(reply.retry_after_ms);
    this.aside = this.aside.filter((op) => !ops.includes(op));
    for (const op of ops) await this.storage.replace({ ...op, kept: true }).catch(() => {}); // said again after a reload
  }

  async round() {
    const ops = this.batch();
    this.due = false;
    this.sendingTo = ops.length ? ops[ops.length - 1].seq : this.acked;
    this.onChange();
    let reply;
    try {
      reply = await this.send(ops.map(onWire), this.epoch);
    } catch (unreachable) {
      this.offline = true;
      await this.backOff();
      return;
    }
    this.sendingTo = 0;
    await this.take(reply, ops);
  }

  /** @param {Reply} reply @param {Op[]} ops what it answers */
  async take(reply, ops) {
    this.offline = false;
    if (reply.ok) {
      this.failures = 0;
      this.settle(reply.ack);
    }
    if (reply.error === "gap") this.settle(reply.expected - 1);
    if (reply.error === "closed") this.cursor = Math.max(this.cursor, ...ops.map((op) => op.seq));
    if (reply.error === "fenced" || (reply.error === "closed" && !this.batch().length)) this.stopped = true;
    this.onReply(reply);
    this.onChange();
    if (reply.ok || this.stopped || reply.error === "closed") return;
    if (reply.error === "gap" && this.failures < 3) this.failures += 1;
    else await this.backOff(reply.retry_after_ms);
  }

  /** @param {number} head */
  settle(head) {
    this.acked = head;
    this.cursor = head;
    this.seq = Math.max(this.seq, head);
  }

  /** Full jitter between 0.2 and 4 s, or what the server asks for. @param {number} [askedMs] */
  async backOff(askedMs) {
    this.due = true;
    this.onChange();
    const cap = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** (this.failures + 1));
    this.failures += 1;
    const ms = askedMs === undefined ? Math.max(SHORTEST_WAIT_MS, this.random() * cap) : askedMs * (1 + 0.3 * this.random());
    await Promise.race([this.wait(ms), new Promise((resolve) => { this.wake = () => resolve(undefined); })]);
    this.wake = () => {};
  }
}

/**
 * Whether operations of an earlier lease are still the history the server knows. They are not when
 * another PC wrote in between; then they stay on disk and are not sent.
 * @param {Op[]} earlier @param {ServerAnswers} answers
 */
function agree(earlier, answers) {
  return Object.entries(answers).every(([item, { value, seq }]) => {
    const op = earlier.find((other) => other.seq === seq);
    if (!op) return true;
    if (op.item !== item) return false;
    return op.kind !== "set" || String(op.value) === String(value);
  });
}
