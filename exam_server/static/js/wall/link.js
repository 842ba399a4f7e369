/**
 * The wall's way to the server: the socket when it is connected, requests when it is not. Looking is
 * repeated freely; a command goes out once, by one way, because a second "extend" is a second extension.
 */
import { requestJson } from "../exam/transport.js";

const ACK_MS = 6000;
const POLL_MS = 5000;
const FRESHEN_MS = 30000;

/** @typedef {"live" | "polling" | "lost"} LinkState */

export class RoomLink {
  /**
   * @param {{sitting: number, commands: string, csrf: string, socket: import("../exam/transport.js").Socket | null,
   *          onSnapshot: (snapshot: any, roundTripMs: number) => void, onDelta: (delta: any) => void, onState: (state: LinkState) => void,
   *          fetcher?: typeof fetch}} options
   */
  constructor({ sitting, commands, csrf, socket, onSnapshot, onDelta, onState, fetcher = (...args) => fetch(...args) }) {
    this.sitting = sitting;
    this.commands = commands; // address before the name of a command
    this.csrf = csrf;
    this.socket = socket;
    this.onSnapshot = onSnapshot;
    this.onState = onState;
    this.fetcher = fetcher;
    this.isWatching = false;
    this.isDue = false;
    if (!socket) return;
    socket.on("connect", () => this.watch());
    socket.on("disconnect", (reason) => {
      this.watch();
      if (reason === "io server disconnect") setTimeout(() => socket.connect(), POLL_MS);
    });
    socket.on("connect_error", () => {
      if (!socket.active) setTimeout(() => socket.connect(), POLL_MS); // refused, not unreachable: that is tried again by itself
    });
    socket.on("delta", onDelta);
  }

  /** Look now, and again for as long as the page is open. */
  open() {
    this.watch();
    setInterval(() => { if (!this.isLive) this.watch(); }, POLL_MS);
    setInterval(() => this.watch(), FRESHEN_MS);
  }

  get isLive() {
    return Boolean(this.socket && this.socket.connected);
  }

  /** Ask for the whole room; asked for while an answer is on its way, it asks once more after that. */
  async watch() {
    this.isDue = true; // the socket may have connected meanwhile, and brings changes only to those who asked over it
    if (this.isWatching) return;
    this.isWatching = true;
    while (this.isDue) {
      this.isDue = false;
      await this.look();
    }
    this.isWatching = false;
  }

  async look() {
    const from = performance.now();
    try {
      const snapshot = await this.send("watch", {});
      if (!snapshot.ok) throw new Error(snapshot.error);
      this.onSnapshot(snapshot, performance.now() - from);
      this.onState(this.isLive ? "live" : "polling");
    } catch (unreachable) {
      this.onState("lost");
    }
  }

  /**
   * One command. Rejects when no answer came: then nobody knows whether it was carried out.
   * @param {string} event @param {object} payload @returns {Promise<any>}
   */
  send(event, payload) {
    const message = { sitting: this.sitting, ...payload };
    return this.isLive ? this.emit(event, message) : this.post(event, message);
  }

  /** @param {string} event @param {object} message */
  emit(event, message) {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error("no acknowledgement")), ACK_MS);
      this.socket.emit(event, message, (reply) => {
        clearTimeout(limit);
        resolve(reply);
      });
    });
  }

  /** @param {string} event @param {object} message */
  post(event, message) {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": this.csrf };
    return requestJson(this.commands + event, { method: "POST", credentials: "same-origin", headers, body: JSON.stringify(message) }, this.fetcher);
  }
}
