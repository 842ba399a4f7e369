/** Wires the candidate's page: state, journal, the two ways to the server, and the views. */
import { ServerClock, formatTime } from "../exam/clock.js";
import { fillJournal } from "../exam/history.js";
import { onWire } from "../exam/journal.js";
import { IndexedPackages, SealedPaper } from "../exam/package.js";
import { forgetPass, keepPass } from "../exam/return_pass.js";
import { Transport, requestJson } from "../exam/transport.js";
import { Announcer } from "../page/announce.js";
import { fill, icon, qs, setAttr, setText } from "../page/dom.js";
import { becomeSolePage } from "../page/sole.js";
import { Display } from "./display.js";
import { coverView, handingInView, receiptView } from "./endings.js";
import { checkView, rulesView, showPackage, waitingView } from "./entry.js";
import { hasFormulas, loadFormulas } from "./formulas.js";
import { FullScreen } from "./full_screen.js";
import { Guard } from "./guard.js";
import { Markings } from "./markings.js";
import { Messages } from "./messages.js";
import { Player } from "./player.js";
import { Offline, keepKeyCopy, ownStorage } from "./offline.js";
import { RaiseHand } from "./raise_hand.js";
import { SelfTest } from "./self_test.js";
import { CandidateSession } from "./session.js";
import { Refusal, readPaper, readState } from "./wire.js";

const API = "/exam/api";
const HEARTBEAT_MS = 5000;
const TICK_MS = 250;
const SPREAD_MS = 5000; // over which a room's pages confirm the start
const WAKE_MS = 2000; // no tick is ever so late in a page that runs
const SHORTEST_ABSENCE_MS = 800; // an input method's window takes the focus for less

const csrf = /** @type {HTMLMetaElement} */ (qs("meta[name=csrf-token]")).content;
const clock = new ServerClock();
const announcer = new Announcer(qs("#announcer"));
const messages = new Messages(announcer, (id) => post("event-seen", { id }).catch(() => {}));
const hand = new RaiseHand({
  send: (request) => post("hand", request),
  item: () => (session.phase === "working" ? session.attempt.current : null),
  onSent: () => messages.toast("hand", "已通知监考人员，请在座位上等候，可以继续作答。"),
});
const offline = new Offline(clock);
const isAnswering = () => Boolean(session) && session.phase === "working";
const guard = new Guard({ isOn: isAnswering, report: (blocked) => post("blocked", blocked), onStopped: () => messages.toast("info", "考试中不能复制、粘贴或打印，这次操作已记录。") });
const fullScreen = new FullScreen({ isOn: isAnswering, onLeft: () => guard.count("screen") });
/** @type {SelfTest} */
let selfTest;
/** @type {CandidateSession} */
let session;
/** @type {Player | null} */
let player = null;
/** @type {Transport} */
let transport;
/** @type {SealedPaper | null} */
let sealed = null;
let shown = "";
let isDrawing = false;

/** @param {string} name @param {object} body @returns {Promise<any>} */
function post(name, body) {
  return requestJson(`${API}/${name}`, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: JSON.stringify(body) });
}

/** The state, with the paper out of the package of this PC where there is one that opens. */
async function fetchState() {
  const isSealed = sealed !== null && sealed.isStored;
  const from = performance.now();
  const state = readState(await requestJson(`${API}/state${isSealed ? "?paper=package" : ""}`, { credentials: "same-origin", cache: "no-store" }));
  clock.sync(state.server_ms, performance.now() - from);
  if (!isSealed || !state.paper_key) return state;
  const paper = await sealed.open(state.paper_key);
  if (!paper) return fetchState(); // it has failed now: the server sends the paper itself
  return { ...state, paper: readPaper(paper) };
}

/** A hint from the server: mostly to look again; at the start of a sealed sitting the key itself. */
async function hearHint({ event, paper_key: key, started_ms: startedMs }) {
  const paper = key && sealed && session.phase === "waiting" ? await sealed.open(key) : null;
  if (!paper) {
    session.journal.beat();
    return;
  }
  session.begin(readPaper(paper), startedMs);
  setTimeout(() => {
    session.journal.beat();
    post("event-seen", { id: event }).catch(() => {});
  }, Math.random() * SPREAD_MS);
}

/** The first state, however long it takes; without a lease there is nothing to wait for. */
async function firstState() {
  for (let wait = 500; !offline.isOpened; wait = Math.min(5000, wait * 2)) {
    try {
      return await fetchState();
    } catch (error) {
      if (error instanceof Refusal && error.code === "not_signed_in") location.replace("/exam/");
      if (error instanceof Refusal && error.code === "fenced") return null;
      setText(qs("#hall .slip__lead"), "暂时连不上考场服务器，正在重试。如果一分钟后仍未恢复，请举手联系监考人员。");
      offline.offer();
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
  }
  return offline.opened;
}

/**
 * The socket is a shorter way and a bell, nothing more; without it every part works. After a long
 * outage a full room is back within 8 s: the last wait is at most 4 s, nearly doubled by chance.
 */
function connectSocket() {
  const { io } = /** @type {any} */ (window);
  if (!io) return null;
  const socket = io("/candidate", { transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 4000, randomizationFactor: 0.9 });
  socket.on("connect", () => {
    session.journal.beat();
    session.journal.nudge();
  });
  socket.on("look", hearHint);
  socket.on("disconnect", (reason) => {
    if (reason === "io server disconnect" && session.phase !== "covered") setTimeout(() => socket.connect(), HEARTBEAT_MS);
  });
  return socket;
}

/** Draw once per frame, however many things changed. */
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    render();
  });
}

function render() {
  const { phase } = session;
  const isPaper = phase === "working" || phase === "time_up";
  if (isPaper && !player) openPlayer();
  if (isPaper) showPlayer();
  else showHall(phase);
  if (player) player.render();
}

function openPlayer() {
  player = new Player(session, messages, announcer);
  if (!hasFormulas(session.state.paper)) return;
  loadFormulas().then(() => { player.redraw(); offline.remember(); }, (missing) => console.error(missing));
}

function showPlayer() {
  if (shown === "player") return;
  shown = "player";
  qs("#hall").hidden = true;
  qs("#player").hidden = false;
  document.title = `答题 · ${session.state.sitting.project}`;
  setAttr(qs(".skip-link"), "href", "#stem");
  setText(qs(".skip-link"), "跳到试题");
  qs("#stem").focus({ preventScroll: true });
}

/** @param {string} phase */
function showHall(phase) {
  const isOffline = session.journal.link === "offline";
  const pending = session.journal.pending.length;
  const key = [phase, session.cover, phase === "handing_in" && [isOffline, pending], session.lateOps].join("/");
  renderHallBar(phase);
  if (shown === key) return;
  shown = key;
  for (const dialog of document.querySelectorAll("dialog")) if (dialog.open && dialog.id !== "message-dialog") dialog.close();
  qs("#player").hidden = true;
  qs("#hall").hidden = false;
  const main = qs("#main");
  main.removeAttribute("aria-busy");
  const view = {
    check: () => checkView(session.state, () => confirm("data")),
    rules: () => rulesView(session.state, () => confirm("rules")),
    waiting: () => waitingView(session.state, selfTest.element, fullScreen.button("btn--lg")),
    handing_in: () => handingInView({ isOffline, pending, isEnded: session.isEnded }),
    ended: () => receiptView(session.state, session.receipt, session.lateOps, leave),
    covered: () => coverView(session.cover, pending),
  }[phase]();
  main.replaceChildren(view);
  const title = qs("h1", view);
  document.title = `${title.textContent} · ${session.state.sitting.project}`;
  title.setAttribute("tabindex", "-1");
  title.focus({ preventScroll: true });
  tick();
}

/** @param {string} phase */
function renderHallBar(phase) {
  const { sitting } = session.state;
  setText(qs("#hall-title"), `${sitting.project} · ${sitting.subject}`);
  setText(qs("#hall-sub"), `专项职业能力考核 ${sitting.batch} 批 · 第 ${sitting.number} 场`);
  const isOffline = session.journal.link === "offline";
  const box = qs("#hall-link");
  box.hidden = phase === "ended" || phase === "covered";
  setAttr(box, "data-state", isOffline ? "offline" : "saved");
  const text = isOffline ? "网络中断 · 正在重试" : "已连接考场服务器";
  if (box.textContent !== text) fill(box, icon(isOffline ? "unplug" : "cloud-check"), text);
  qs("#hall-clock").hidden = phase === "ended";
}

/** @param {"data" | "rules"} step */
async function confirm(step) {
  const button = qs("#main .btn--primary");
  button.disabled = true;
  try {
    const reply = await post("confirm", { step });
    if (!reply.ok) throw new Refusal({ ...reply, message: reply.message || "没有保存，请再试一次。" });
    session.state.confirmed[step] = true;
    session.hearState(reply.state);
    sealed.keep(reply.package);
  } catch (error) {
    messages.toast("unplug", error instanceof Refusal ? error.message : "网络中断，请稍后再点一次。");
    button.disabled = false;
  }
  draw();
}

/** Back to the sign-in form, for the next candidate at this PC. */
async function leave() {
  await session.forget();
  new Markings(session.state.attempt).wipe();
  await forgetPass();
  offline.forget();
  location.assign("/exam/?leave=1");
}

let phaseBefore = "";
let lastTick = { monotonic: performance.now(), wall: Date.now() };

/** The PC slept, or someone set its clock: ask for the time at once, not at the next heartbeat. */
function noticeWake() {
  const now = { monotonic: performance.now(), wall: Date.now() };
  const ran = now.monotonic - lastTick.monotonic;
  const isJump = ran > WAKE_MS || Math.abs(now.wall - lastTick.wall - ran) > WAKE_MS;
  lastTick = now;
  if (!isJump) return;
  session.refresh();
  session.journal.beat();
  session.journal.nudge();
}

function tick() {
  const now = formatTime(clock.now());
  setText(qs("#hall-now"), now);
  const big = document.querySelector("#waiting-clock");
  if (big) setText(big, now);
  showPackage(sealed.state);
  if (player) player.tick();
  if (session.phase !== phaseBefore) {
    phaseBefore = session.phase;
    draw();
  }
}

let hiddenSince = 0;

function onVisibility() {
  session.isVisible = document.visibilityState === "visible";
  if (!session.isVisible) {
    hiddenSince = performance.now();
    return;
  }
  const hidden = Math.round(performance.now() - hiddenSince);
  tick();
  session.journal.nudge();
  if (session.phase === "working" && hiddenSince && hidden >= SHORTEST_ABSENCE_MS) post("away", { hidden_ms: hidden }).then(() => session.journal.beat(), () => {});
}

/** Whatever is not safe yet goes out with the closing page. */
function onPageHide() {
  const ops = session.journal.batch();
  if (ops.length && !session.journal.stopped) transport.farewell(session.envelope(ops.map(onWire), session.journal.epoch));
}

function listen() {
  setInterval(() => {
    noticeWake();
    tick();
  }, TICK_MS);
  setInterval(() => session.journal.beat(), HEARTBEAT_MS);
  addEventListener("online", () => {
    session.journal.beat();
    session.journal.nudge();
  });
  addEventListener("pagehide", onPageHide);
  addEventListener("beforeunload", (event) => {
    if (session.phase === "working" || session.phase === "handing_in") event.preventDefault();
  });
  document.addEventListener("visibilitychange", onVisibility);
  guard.listen();
  fill(qs("#hand"), icon("hand"), "举手");
  qs("#hand").addEventListener("click", () => hand.open());
}

async function start() {
  const state = await Promise.race([firstState(), offline.opened]);
  offline.close();
  if (!state) {
    qs("#main").replaceChildren(coverView("fenced", 0));
    return;
  }
  keepPass(state.return_pass);
  await becomeSolePage(state.attempt, () => session && session.yieldTo());
  const storage = await ownStorage(state, offline.key);
  await fillJournal(storage, state.head_seq, () => requestJson(`${API}/history`, { credentials: "same-origin", cache: "no-store" }));
  transport = new Transport({
    url: `${API}/ops`,
    event: "ops",
    csrf,
    onRoundTrip: (reply, ms) => { if (reply.server_ms) clock.sync(reply.server_ms, ms); },
  });
  session = new CandidateSession({ state, storage, clock, fetchState, exchange: (message) => transport.exchange(message), onChange: draw, onEvent: (event) => messages.receive(event), onForget: () => sealed.wipe(), onEarly: (text) => messages.toast("clock", text) });
  sealed = new SealedPaper({ store: new IndexedPackages(state.attempt), admissionNo: state.candidate.admission_no, onChange: () => showPackage(sealed.state) });
  new Display(state.display, (chosen) => post("display", chosen).catch(() => {}));
  listen();
  await session.open();
  transport.socket = connectSocket();
  selfTest = new SelfTest({ clock, name: state.candidate.name, ping: fetchState, hasSocket: () => Boolean(transport.socket && transport.socket.connected), report: (found) => post("self-test", found) });
  if (!state.started_ms && !session.isEnded) selfTest.run();
  if (!state.paper) sealed.keep(state.package);
  keepKeyCopy(storage, () => requestJson(`${API}/key-copy`, { credentials: "same-origin", cache: "no-store" }));
  offline.remember();
  offline.sweep(state.attempt, async (attempt) => (await requestJson(`${API}/sealed/${attempt.slice(2)}`, { credentials: "same-origin" })).sealed).catch(() => {});
  render();
}

start();
