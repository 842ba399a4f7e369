/**
 * The part of an exam PC in the load test of its room: robots that answer into a journal of their own
 * and save over the very ways of a candidate's page. Before check-in only; the server says how many
 * and for how long, and whoever wants to sign in ends it at this PC.
 *
 * @typedef {{pass: string, robots: number, begins_in_ms: number, ends_in_ms: number}} Part
 * @typedef {import("./storage.js").JournalStorage} JournalStorage
 */
import { openStorage } from "./storage.js";
import { Transport, requestJson } from "./transport.js";

const API = "/exam/api/load-test";
const SOCKETS = "/load_test";
const PACE_MS = 1000; // of a robot: several times as fast as a candidate
const REPORT_MS = 2000;
const QUESTIONS = 90;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** An empty journal of its own for one robot. @param {number} robot @returns {Promise<JournalStorage>} */
async function emptyJournal(robot) {
  const left = await openStorage(`load-${robot}`);
  await left.wipe();
  return openStorage(`load-${robot}`);
}

export class LoadTestPart {
  /** @param {{csrf: string, connect: (name: string, pass: string) => any, onChange: (secondsLeft: number) => void}} options connect makes a socket, none without sockets */
  constructor({ csrf, connect, onChange }) {
    this.csrf = csrf;
    this.connect = connect;
    this.onChange = onChange;
    this.pass = "";
    this.isOver = false;
    /** @type {number[]} acknowledged and not yet reported, in milliseconds */
    this.acks = [];
    this.errors = 0;
  }

  /** @param {string} name @param {object} body @returns {Promise<any>} */
  post(name, body) {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": this.csrf };
    return requestJson(`${API}/${name}`, { method: "POST", credentials: "same-origin", headers, body: JSON.stringify({ pass: this.pass, ...body }) });
  }

  /** Take part from now to the end of the test. */
  async play() {
    const part = await this.join();
    if (!part) return;
    const endsAt = performance.now() + part.ends_in_ms;
    const ticking = setInterval(() => this.tick(endsAt), 500);
    this.tick(endsAt);
    await pause(part.begins_in_ms + 200);
    const { robots = 0 } = (await this.join()) || {};
    const reporting = setInterval(() => this.report(), REPORT_MS);
    await Promise.all(Array.from({ length: robots }, (_, place) => this.robot(place + 1)));
    clearInterval(reporting);
    clearInterval(ticking);
    await this.report();
    this.onChange(0);
  }

  /** @returns {Promise<Part | null>} nothing when the test is over */
  async join() {
    const part = await this.post("join", {});
    if (!part.ok) return null;
    this.pass = part.pass;
    return part;
  }

  /** @param {number} endsAt */
  tick(endsAt) {
    const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
    if (!left) this.isOver = true;
    this.onChange(this.isOver ? 0 : left);
  }

  stop() {
    this.isOver = true;
  }

  /** @param {number} robot */
  async robot(robot) {
    const journal = await emptyJournal(robot);
    const socket = this.connect(SOCKETS, this.pass);
    const transport = new Transport({ url: `${API}/save`, event: "save", csrf: this.csrf, socket });
    await pause(PACE_MS * Math.random());
    for (let seq = 1; !this.isOver; seq += 1) {
      await this.answer(journal, transport, robot, seq);
      await pause(PACE_MS * (0.5 + Math.random()));
    }
    if (socket) socket.disconnect();
    await journal.wipe();
  }

  /** One answer, from the click to the acknowledgement. @param {JournalStorage} journal @param {Transport} transport @param {number} robot @param {number} seq */
  async answer(journal, transport, robot, seq) {
    const from = performance.now();
    const item = `q${1 + (seq % QUESTIONS)}`;
    try {
      await journal.append([{ seq, epoch: 1, kind: "set", item, value: ["o1"], mono_ms: Math.round(from) }]);
      const reply = await transport.exchange({ pass: this.pass, robot, seq, value: ["o1"] });
      if (reply.error === "load_test_over") this.isOver = true;
      else if (reply.ok) this.acks.push(Math.round(performance.now() - from));
      else this.errors += 1;
    } catch (unreachable) {
      this.errors += 1;
    }
  }

  async report() {
    const told = { ack_ms: this.acks, errors: this.errors };
    if (!told.ack_ms.length && !told.errors) return;
    this.acks = [];
    this.errors = 0;
    try {
      await this.post("report", told);
    } catch (unreachable) {
      this.acks = [...told.ack_ms, ...this.acks];
      this.errors += told.errors;
    }
  }
}

/**
 * Ask the server again and again whether a load test is on, until somebody sits at this PC.
 * @param {() => Promise<LoadTestPart>} newPart @param {() => boolean} isTaken
 */
export async function standBy(newPart, isTaken) {
  while (!isTaken()) {
    let waitMs = 30000;
    try {
      const { test, again_ms: againMs } = await requestJson(API, { credentials: "same-origin", cache: "no-store" });
      waitMs = againMs;
      if (test) await (await newPart()).play();
    } catch (unreachable) {
      console.info("no word of a load test", unreachable);
    }
    await pause(waitMs * (0.7 + 0.6 * Math.random()));
  }
}
