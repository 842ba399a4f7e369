/** The view of the paper: wires question, number panel, hand-in, keys and the save state to a session. */
import { formatRemaining, formatTime, markPassed, urgency } from "../exam/clock.js";
import { fill, h, icon, openDialog, qs, setAttr, setText } from "../page/dom.js";
import { Shortcuts } from "../page/shortcuts.js";
import { OPTION_KEYS } from "./attempt.js";
import { place, portrait } from "./entry.js";
import { HandIn } from "./hand_in.js";
import { QuestionView } from "./question.js";
import { Sheet } from "./sheet.js";
import { Tools } from "./tools.js";

/** @typedef {import("./session.js").CandidateSession} CandidateSession */

const SAVING_SHOWN_AFTER_MS = 400;
const ITEM_WORDS = { local: ["unplug", "本题已存本机，待上传"], sending: ["sync", "本题正在上传…"] };
const MARK_WORDS = { 30: "还有 30 分钟。", 10: "还有 10 分钟，请注意检查未答的题。", 5: "还有 5 分钟。", 1: "还有 1 分钟，时间到后自动收卷。" };

export class Player {
  /**
   * @param {CandidateSession} session
   * @param {import("./messages.js").Messages} messages
   * @param {{say: (text: string) => void}} announcer
   */
  constructor(session, messages, announcer) {
    this.session = session;
    this.attempt = session.attempt;
    this.messages = messages;
    this.announcer = announcer;
    this.savingSince = 0;
    this.wasOffline = false;
    this.leftBefore = -1; // nothing passed yet: the first look only remembers
    /** @type {HTMLElement | null} */
    this.strip = null;
    this.stripText = "";
    this.tools = new Tools(session.state, this.attempt, () => this.redraw());
    this.question = new QuestionView((at) => this.choose(at), this.tools.own);
    this.sheet = new Sheet(this.attempt, () => session.journal.itemStates(), (index) => this.go(index));
    this.handIn = new HandIn(this.attempt, { onJump: (index) => this.go(index), onConfirm: () => session.handIn(), unsafe: () => session.unsafe, leaveInMs: () => session.leaveInMs });
    this.label();
    this.bind();
    this.attempt.index = Math.min(this.attempt.questions.length - 1, Number(sessionStorage.getItem(this.placeKey) || this.attempt.index));
    this.go(this.attempt.index);
  }

  get placeKey() {
    return `kaohe-at-${this.session.state.attempt}`;
  }

  label() {
    const { candidate, sitting, paper } = this.session.state;
    setText(qs("#player-title"), paper.title || `${sitting.project} · ${sitting.subject}`);
    setText(qs("#player-sub"), `专项职业能力考核 ${sitting.batch} 批 · 第 ${sitting.number} 场`);
    fill(
      qs("#candidate"),
      portrait(candidate, "candidate__photo"),
      h("div", {}, h("p", { class: "candidate__name" }, candidate.name), h("p", { class: "candidate__id" }, "准考证号 ", h("span", { class: "num" }, candidate.admission_no)), h("p", { class: "candidate__id" }, place(candidate))),
    );
    fill(qs("#prev"), icon("chevron-left"), "上一题");
    fill(qs("#next"), "下一题", icon("chevron-right"));
    fill(qs("#keys"), icon("keyboard"), "快捷键");
  }

  bind() {
    const on = (selector, action) => qs(selector).addEventListener("click", action);
    const keys = /** @type {HTMLDialogElement} */ (qs("#keys-dialog"));
    on("#prev", () => this.step(-1));
    on("#next", () => this.step(1));
    on("#flag", () => this.flag());
    on("#clear", () => this.clear());
    on("#next-open", () => this.seekOpen());
    on("#next-flag", () => this.seek((question) => this.attempt.isFlagged(question), "没有标记的题目"));
    on("#hand-in", () => this.handIn.open());
    on("#keys", () => openDialog(keys));
    on("#keys-close", () => keys.close());
    const choose = (at) => () => this.choose(at);
    const chosen = [...OPTION_KEYS].flatMap((key, at) => [`Key${key}`, `Digit${at + 1}`, `Numpad${at + 1}`].map((code) => [code, choose(at)]));
    this.shortcuts = new Shortcuts({ ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1), KeyM: () => this.flag(), KeyN: () => this.seekOpen(), ...Object.fromEntries(chosen) });
    this.shortcuts.listen(document);
    qs("#single-keys").addEventListener("change", (event) => { this.areKeysOn = event.target.checked; });
    this.areKeysOn = true;
  }

  /* A change is made a moment later, from the state it then finds; which question it is about is
     settled now, because the next key may already turn the page. */

  /** @param {number} at place of the option */
  choose(at) {
    const question = this.attempt.current;
    this.session.change((attempt) => attempt.choosing(question, at));
  }

  clear() {
    const question = this.attempt.current;
    this.session.change((attempt) => attempt.clearing(question));
  }

  flag() {
    const question = this.attempt.current;
    this.session.change((attempt) => attempt.flagging(question));
  }

  /** @param {number} index */
  go(index) {
    this.attempt.index = index;
    sessionStorage.setItem(this.placeKey, String(index));
    this.render();
    this.sheet.reveal(index);
    qs("#stem").focus({ preventScroll: true });
  }

  /** Build the question again: formulas have become available, or what is marked has changed. */
  redraw() {
    this.question.forget();
    this.render();
  }

  /** @param {number} by */
  step(by) {
    this.attempt.move(by);
    this.go(this.attempt.index);
  }

  seekOpen() {
    this.seek((question) => !this.attempt.isAnswered(question), "全部题目均已作答");
  }

  /** @param {(question: import("./wire.js").Question) => boolean} wanted @param {string} none */
  seek(wanted, none) {
    if (this.attempt.seek(wanted)) this.go(this.attempt.index);
    else this.messages.toast("info", none);
  }

  render() {
    const { attempt, session } = this;
    const question = attempt.current;
    const isLocked = session.phase !== "working";
    this.shortcuts.enabled = this.areKeysOn && session.phase !== "covered" && session.phase !== "ended";
    this.question.lock(isLocked);
    this.question.render(question, attempt.answer(question).value, attempt.section);
    this.sheet.render();
    this.renderFoot(question, isLocked);
    this.renderLink();
    this.renderStrip();
    qs("#hand-in").disabled = isLocked;
  }

  renderFoot(question, isLocked) {
    const { attempt } = this;
    const flagged = attempt.isFlagged(question);
    setAttr(qs("#flag"), "aria-pressed", String(flagged));
    fill(qs("#flag"), icon("flag"), flagged ? "取消标记" : "标记本题");
    qs("#flag").disabled = isLocked;
    qs("#clear").disabled = isLocked || !attempt.isAnswered(question);
    qs("#prev").disabled = attempt.index === 0;
    qs("#next").disabled = attempt.index === attempt.questions.length - 1;
    const state = this.session.journal.itemStates().get(question.id);
    const [picture, words] = state ? ITEM_WORDS[state] : attempt.isAnswered(question) ? ["cloud-check", "本题已存服务器"] : ["", "本题未作答"];
    const box = qs("#item-state");
    setAttr(box, "data-item", state || (picture ? "safe" : "open"));
    if (box.textContent !== words) fill(box, picture && icon(picture), words);
  }

  /** Save badge: what is safe, in words, always visible. */
  renderLink() {
    const { session } = this;
    const { link } = session.journal;
    const now = performance.now();
    this.savingSince = link === "saving" ? this.savingSince || now : 0;
    const isSlow = link === "saving" && now - this.savingSince >= SAVING_SHOWN_AFTER_MS;
    if (link === "saving" && !isSlow && qs("#link").childNodes.length) return;
    const shown = link === "offline" ? "offline" : isSlow ? "saving" : "saved";
    const [picture, text] = { offline: ["unplug", this.offlineWords()], saving: ["sync", "正在保存…"], saved: ["cloud-check", this.savedWords()] }[shown];
    const box = qs("#link");
    setAttr(box, "data-state", shown);
    if (box.textContent !== text) fill(box, icon(picture), text);
    this.announceLink(link === "offline");
  }

  savedWords() {
    const unsafe = this.session.journal.itemStates();
    const safe = this.attempt.questions.filter((question) => this.attempt.isAnswered(question) && !unsafe.has(question.id)).length;
    const time = this.session.savedMs ? `（${formatTime(this.session.savedMs)}）` : "";
    const answered = this.attempt.tally().answered;
    return answered ? `${answered} 题中 ${safe} 题已存到服务器${time}` : `已连接服务器${time}`;
  }

  offlineWords() {
    const { unsafe, grade, isStorageFull } = this.session;
    if (!unsafe) return "网络中断 · 可以继续作答";
    return grade === "memory" || isStorageFull ? `网络中断 · ${unsafe} 题未保存` : `网络中断 · ${unsafe} 题已存本机`;
  }

  /** Spoken on a change of state, not on each answer. @param {boolean} isOffline */
  announceLink(isOffline) {
    if (isOffline === this.wasOffline) return;
    this.wasOffline = isOffline;
    this.announcer.say(isOffline ? "网络中断，可以继续作答" : "网络已恢复，答案已保存");
  }

  /** The one standing notice: what is wrong now, what is safe, what to do. */
  renderStrip() {
    const { session } = this;
    const words = this.standingWords();
    if (words === this.stripText) return;
    this.stripText = words;
    if (this.strip) this.strip.remove();
    this.strip = null;
    if (!words) return;
    this.strip = h("div", { class: "notice notice--standing" }, icon(session.phase === "time_up" ? "clock" : "warn"), h("span", { class: "notice__text" }, words));
    qs("#notices").prepend(this.strip);
    this.announcer.say(words);
  }

  standingWords() {
    const { phase, grade, isStorageFull, unsafe, journal } = this.session;
    const isOffline = journal.link === "offline";
    if (phase === "time_up" && isOffline) return `考试时间到，答卷已锁定。网络中断，本机还有 ${unsafe} 题待上传。请不要关闭电脑，并举手告诉监考人员。`;
    if (phase === "time_up") return "考试时间到，答卷已锁定，正在收卷。请坐在原位等候。";
    if (grade === "memory" || isStorageFull) return "本机无法保存答案，只能保存在服务器。您可以继续作答，并请举手告诉监考人员。";
    if (isOffline) return "网络中断。您的答案已保存在本机，可以继续作答；如 1 分钟内未恢复，请举手。";
    if (grade === "fallback") return "本机使用备用方式保存答案。您可以继续作答，并请举手告诉监考人员。";
    return "";
  }

  /** Minutes beyond those of the paper, and when the clock was changed. */
  extraWords() {
    const { extraMinutes, changedMs } = this.session;
    if (extraMinutes <= 0) return "";
    return changedMs ? `+${extraMinutes} 分钟 · ${formatTime(changedMs)} 起` : `+${extraMinutes} 分钟`;
  }

  /** Countdown and its spoken marks. */
  tick() {
    const left = this.session.leftMs;
    setText(qs("#remaining"), left === Infinity ? "--:--:--" : formatRemaining(left));
    setAttr(qs("#countdown"), "data-level", urgency(left));
    const mark = markPassed(this.leftBefore, left);
    this.leftBefore = left;
    if (mark) this.announcer.say(MARK_WORDS[mark]);
    if (mark) this.messages.notice("clock", MARK_WORDS[mark]);
    setText(qs("#extra"), this.extraWords());
    if (this.savingSince) this.renderLink();
  }
}
