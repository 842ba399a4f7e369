/**
 * The self-test of an exam PC before the start: can answers be kept here, are rare characters shown,
 * how do clock and connection stand, does the input method work. Nothing of it keeps anyone out: what
 * falls short is said to the candidate and to the wall, and the exam goes on.
 *
 * @typedef {{journal: "durable" | "fallback" | "memory", secure: boolean, fonts: boolean, socket: boolean, clock_ms: number}} Found
 * @typedef {"" | "ok" | "note" | "bad"} Grade
 */
import { openStorage } from "../exam/storage.js";
import { fill, h, icon } from "../page/dom.js";

const RARE = "𠮷㛃·";
const NOWHERE = "\u{10FFFF}"; // no font has it: drawn as the box for missing characters
const SOCKET_WAIT_MS = 3000;
const CLOCK_NOTE_MS = 60000;
const HAN = /[\u3400-\u9fff\u{20000}-\u{3134f}]/u;
const PICTURES = { "": "sync", ok: "check", note: "info", bad: "warn" };
const JOURNAL_WORDS = { durable: "", fallback: "只能用备用方式保存，请举手告诉监考人员", memory: "本机不能保存，只存服务器，请举手告诉监考人员" };

export class SelfTest {
  /**
   * @param {{clock: import("../exam/clock.js").ServerClock, name: string, ping: () => Promise<unknown>,
   *          hasSocket: () => boolean, report: (found: Found) => Promise<unknown>}} options
   *   name: of the candidate, whose characters must be shown
   */
  constructor({ clock, name, ping, hasSocket, report }) {
    this.clock = clock;
    this.name = name;
    this.ping = ping;
    this.hasSocket = hasSocket;
    this.report = report;
    this.list = h("ul", { class: "self-test__list" });
    this.again = h("button", { type: "button", class: "btn btn--sm", onclick: () => this.run() }, "重新自检");
    this.verdict = h("p", { class: "self-test__verdict", role: "status" });
    this.element = h(
      "section",
      { class: "self-test", "aria-labelledby": "self-test-title" },
      h("div", { class: "self-test__head" }, h("h2", { class: "self-test__title", id: "self-test-title" }, "本机自检"), this.verdict, this.again),
      this.list,
      typingField(),
    );
  }

  async run() {
    this.again.disabled = true;
    this.list.replaceChildren();
    this.verdict.textContent = "正在自检…";
    const found = { journal: await this.testJournal(), fonts: await this.testFonts(), clock_ms: this.testClock(), socket: await this.testConnection(), secure: this.testContext() };
    const isFull = found.journal === "durable" && found.secure && found.fonts && found.socket;
    this.verdict.textContent = isFull ? "全部正常" : "可以考试，下列各项已告诉监考人员";
    this.again.disabled = false;
    this.report(found).catch(() => {});
  }

  /** @param {Grade} grade @param {string} label @param {string} words */
  tell(grade, label, words) {
    this.list.append(h("li", { class: `self-test__row self-test__row--${grade}` }, icon(PICTURES[grade]), h("strong", {}, label), h("span", {}, words)));
  }

  /** Write as an answer is written, and read it back. */
  async testJournal() {
    const from = performance.now();
    const storage = await openStorage("self-test");
    const seq = Math.floor(from * 1000) % 2 ** 31;
    let { grade } = storage;
    try {
      await storage.append([{ seq, epoch: 1, kind: "clear", mono_ms: 0 }]);
      if (!(await storage.load()).some((op) => op.seq === seq)) grade = "memory";
      await storage.wipe();
    } catch (refused) {
      grade = "memory";
    }
    const words = JOURNAL_WORDS[grade] || `写入并读回 ${Math.round(performance.now() - from)} 毫秒`;
    this.tell(grade === "durable" ? "ok" : "bad", "答案存本机", words);
    return grade;
  }

  async testFonts() {
    const family = getComputedStyle(document.body).fontFamily;
    await document.fonts.load(`32px ${family}`, RARE + this.name).catch(() => []);
    const missing = [...new Set(RARE + this.name)].filter((sign) => sign.trim() && !isDrawn(sign, family));
    this.tell(missing.length ? "note" : "ok", "生僻字", missing.length ? `缺 ${missing.length} 个字形，不影响作答` : "𠮷 㛃 · 显示正常");
    return missing.length === 0;
  }

  /** The exam never asks the clock of the PC; a large difference only explains what people see. */
  testClock() {
    const off = Math.round(Date.now() - this.clock.now());
    const isFar = Math.abs(off) > CLOCK_NOTE_MS;
    this.tell(isFar ? "note" : "ok", "时钟", isFar ? `本机时钟差 ${Math.round(Math.abs(off) / 60000)} 分钟；考试时间以服务器为准，不受影响` : "以服务器时间为准");
    return off;
  }

  async testConnection() {
    const from = performance.now();
    const isReached = await this.ping().then(() => true, () => false);
    const trip = Math.round(performance.now() - from);
    const hasSocket = await this.waitForSocket();
    const words = hasSocket ? `实时连接正常，往返 ${trip} 毫秒` : "实时连接不通，改用普通方式，不影响作答";
    this.tell(isReached && hasSocket ? "ok" : "note", "网络", isReached ? words : "暂时连不上服务器，正在重试");
    return hasSocket;
  }

  async waitForSocket() {
    const end = performance.now() + SOCKET_WAIT_MS;
    while (!this.hasSocket() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
    return this.hasSocket();
  }

  testContext() {
    const isFull = isSecureContext && "serviceWorker" in navigator;
    this.tell(isFull ? "ok" : "note", "安全连接", isFull ? "断网时可以重新打开本页" : "降低安全：断网时请不要刷新本页");
    return isFull;
  }
}

/** A field to try Chinese input; nothing of it is sent or kept. */
function typingField() {
  const outcome = h("span", { class: "self-test__typed", role: "status" });
  const show = (event) => fill(outcome, HAN.test(event.target.value) ? icon("check") : null, HAN.test(event.target.value) ? "可以输入中文" : "");
  return h("label", { class: "self-test__typing" }, h("span", {}, "试输入中文"), h("input", { class: "input", type: "text", maxlength: 20, autocomplete: "off", oninput: show }), outcome);
}

/** Whether a font has the character: it looks different from one that none has. @param {string} sign @param {string} family */
function isDrawn(sign, family) {
  return picture(sign, family) !== picture(NOWHERE, family);
}

function picture(sign, family) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { width: 48, height: 48 }));
  const pen = canvas.getContext("2d");
  pen.font = `32px ${family}`;
  pen.fillText(sign, 4, 36);
  return canvas.toDataURL();
}
