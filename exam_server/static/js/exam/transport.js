/**
 * The two ways from this PC to the server: the socket when it is connected, a POST when it is not.
 * A message that the socket does not answer in time goes out by POST as well, and whichever answers
 * first counts; sequence numbers make the second copy harmless. Nothing ever waits for the socket.
 *
 * @typedef {{connected: boolean, active?: boolean, emit: (event: string, ...args: any[]) => unknown, on: (event: string, handler: (...args: any[]) => void) => unknown, connect: () => unknown, disconnect: () => unknown}} Socket
 */

const HEDGE_MS = 1200;
const GIVE_UP_MS = 8000;

export class Transport {
  /**
   * @param {{url: string, event: string, csrf: string, socket?: Socket | null, fetcher?: typeof fetch,
   *          onRoundTrip?: (reply: any, ms: number) => void, monotonic?: () => number, hedgeMs?: number}} options
   */
  constructor({ url, event, csrf, socket = null, fetcher = (...args) => fetch(...args), onRoundTrip = () => {}, monotonic = () => performance.now(), hedgeMs = HEDGE_MS }) {
    this.url = url;
    this.event = event;
    this.socket = socket;
    this.onRoundTrip = onRoundTrip;
    this.csrf = csrf;
    this.fetcher = fetcher;
    this.monotonic = monotonic;
    this.hedgeMs = hedgeMs;
  }

  /** @param {object} message @returns {Promise<any>} rejects only when both ways failed */
  async exchange(message) {
    if (!this.socket || !this.socket.connected) return this.timed(this.post(message));
    const bySocket = this.timed(this.emit(message));
    let late = 0;
    const byPost = new Promise((resolve, reject) => {
      late = window.setTimeout(() => this.timed(this.post(message)).then(resolve, reject), this.hedgeMs);
    });
    try {
      return await either(bySocket, byPost);
    } finally {
      clearTimeout(late);
    }
  }

  /** Last message of a page that is being closed; no reply is waited for. @param {object} message */
  farewell(message) {
    this.fetcher(this.url, { ...this.request(message), keepalive: true }).catch(() => {});
  }

  /** @param {object} message */
  emit(message) {
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error("the socket did not answer")), GIVE_UP_MS);
      this.socket.emit(this.event, message, resolve);
    });
  }

  /** @param {object} message */
  async post(message) {
    return requestJson(this.url, this.request(message), this.fetcher);
  }

  /** @param {object} message @returns {RequestInit} */
  request(message) {
    return { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": this.csrf }, credentials: "same-origin", body: JSON.stringify(message) };
  }

  /** @template T @param {Promise<T>} reply @returns {Promise<T>} */
  async timed(reply) {
    const from = this.monotonic();
    const value = await reply;
    this.onRoundTrip(value, this.monotonic() - from);
    return value;
  }
}

/** The first that succeeds; fails when both fail. @param {Promise<any>} one @param {Promise<any>} other */
function either(one, other) {
  return new Promise((resolve, reject) => {
    let failed = 0;
    const miss = (/** @type {Error} */ error) => {
      failed += 1;
      if (failed === 2) reject(error);
    };
    one.then(resolve, miss);
    other.then(resolve, miss);
  });
}

/**
 * One request with a time limit. A refusal is a value; only silence and broken replies are errors.
 * @param {string} url @param {RequestInit} init @param {typeof fetch} [fetcher] @returns {Promise<any>}
 */
export async function requestJson(url, init, fetcher = fetch) {
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), GIVE_UP_MS);
  try {
    const response = await fetcher(url, { ...init, signal: abort.signal });
    const body = await response.json();
    if (typeof body.ok !== "boolean") throw new Error(`no reply in ${url}`);
    return body;
  } finally {
    clearTimeout(limit);
  }
}
