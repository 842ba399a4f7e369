/** Wires the proctor's wall: one room, the way to the server, and the views. */
import { ServerClock, formatRemaining, formatTime } from "../exam/clock.js";
import { Announcer } from "../page/announce.js";
import { fill, h, icon, qs, setAttr, setText } from "../page/dom.js";
import { ActionDialog, isQuestionReport } from "./actions.js";
import { Detail } from "./detail.js";
import { EventList } from "./events.js";
import { HealthStrip } from "./health.js";
import { LateDesk } from "./late.js";
import { RoomLink } from "./link.js";
import { ORDERS } from "./order.js";
import { PhasePanel } from "./phase.js";
import { Picking } from "./picking.js";
import { RoomModel, whyNotRoom } from "./room.js";
import { SeatMap, twoDigits } from "./seatmap.js";
import { FILTER_ORDER, STATES } from "./states.js";
import { TransferDesk } from "./transfer.js";

const TICK_MS = 1000;
const TOAST_MS = 6000;
const THEMES = [["", "标准"], ["dark", "深色"], ["contrast", "高对比"]];
const THEME_KEY = "kaohe-wall-theme";
const ORDER_KEY = "kaohe-wall-order";

const sitting = Number(qs("#wall").dataset.sitting);
const csrf = /** @type {HTMLMetaElement} */ (qs("meta[name=csrf-token]")).content;
const clock = new ServerClock();
const announcer = new Announcer(qs("#announcer"));
const room = new RoomModel();
const map = new SeatMap((no, event) => { if (!picking.take(no, event)) select(no); });
const detail = new Detail({ onClose: () => select(0), onAction: (name, seat) => (name === "late" ? late.open(seat.admission) : dialog.openForSeat(name, seat)) });
const phase = new PhasePanel(room, (name) => dialog.openForRoom(name, room));
const events = new EventList(room, { onSelect: (no) => { if (no !== selected) select(no); }, onHandle: handle });
const dialog = new ActionDialog((name, payload) => link.send(name, payload), { onDone: done, onLate: () => late.open(), now: () => clock.now(), isEntryOver: () => room.isEntryOver(clock.now()) });
const late = new LateDesk(room, `${qs("#wall").dataset.commands}late`, (name, payload) => link.send(name, payload), done);
const picking = new Picking(room, { onChange: render, onAction: (name, picked) => dialog.openForPicked(name, room, picked) });
const transfers = new TransferDesk(room, (name, payload) => link.send(name, payload), done);
const link = new RoomLink({ sitting, commands: qs("#wall").dataset.commands, csrf, socket: connectSocket(), onSnapshot: takeSnapshot, onDelta: takeDelta, onState: showLink });

let selected = 0;
let filter = "";
let order = keptOrder();
let heardMs = 0;
let toastEnd = 0;
let announcedEvent = 0;
let isDrawing = false;
/** @type {Map<string, {node: HTMLElement, count: HTMLElement}>} */
const counters = new Map();

function connectSocket() {
  const { io } = /** @type {any} */ (window);
  return io ? io("/proctor", { transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 4000, randomizationFactor: 0.9 }) : null;
}

/** @param {import("./room.js").Snapshot} snapshot @param {number} roundTripMs */
function takeSnapshot(snapshot, roundTripMs) {
  const isFirst = !room.sitting;
  clock.sync(snapshot.server_ms, roundTripMs);
  room.takeSnapshot(snapshot);
  heard(isFirst);
}

/** @param {import("./room.js").Delta} delta */
function takeDelta(delta) {
  const taken = room.takeDelta(delta);
  if (taken === "missed") link.watch();
  if (taken === "taken") heard(false);
}

/** @param {boolean} isFirst what was open before this page is shown, not spoken */
function heard(isFirst) {
  heardMs = clock.now();
  const news = room.openEvents.filter(({ id }) => id > announcedEvent);
  announcedEvent = Math.max(announcedEvent, 0, ...room.events.map(({ id }) => id));
  if (!isFirst && news.length) announcer.say(news.map(({ seat, text }) => `${seat === null ? "全场" : `${seat} 号`} ${text}`).join("；"));
  draw();
}

/** @param {import("./link.js").LinkState} state */
function showLink(state) {
  const [look, picture, text] = {
    live: ["saved", "cloud-check", "实时连接正常"],
    polling: ["saving", "sync", "每 5 秒刷新"],
    lost: ["offline", "unplug", heardMs ? `连接中断 · 画面停在 ${formatTime(heardMs)}` : "连接中断，正在重试"],
  }[state];
  const box = qs("#link");
  if (box.dataset.state === look && box.textContent === text) return;
  if (state === "lost" && box.dataset.state !== "offline") announcer.say("连接中断，画面不再更新");
  setAttr(box, "data-state", look);
  fill(box, icon(picture), text);
}

/** @param {string} name @param {string} label @param {string | null} picture */
function chip(name, label, picture) {
  const count = h("b");
  const press = () => {
    filter = filter === name ? "" : name;
    render();
  };
  const node = h("button", { type: "button", class: "filter", "data-state": name, "aria-pressed": "false", onclick: press }, picture && icon(picture), label, count);
  counters.set(name, { node, count });
  return node;
}

/** @param {number} no */
function select(no) {
  selected = selected === no ? 0 : no;
  render();
}

/** @param {import("./room.js").WallEvent} event */
async function handle(event) {
  if (event.seat !== null) selected = event.seat;
  if (isQuestionReport(event)) {
    const seat = room.seat(event.seat);
    dialog.openForEvent(event, seat ? `${twoDigits(seat.no)} 号 ${seat.name}` : "");
    events.shown = "";
    render();
    return;
  }
  try {
    const reply = await link.send("handle", { event: event.id });
    if (reply.ok) event.open = false;
    else toast("warn", reply.message || "没有送达服务器，请再试一次。");
  } catch (unreachable) {
    toast("warn", "没有送达服务器，请再试一次。");
  }
  events.shown = "";
  render();
}

/** @param {string} text */
function done(text) {
  toast("check", text);
  if (!link.isLive) link.watch();
}

/** @param {string} picture @param {string} text */
function toast(picture, text) {
  const box = qs("#toast");
  fill(box, icon(picture), text);
  box.hidden = false;
  announcer.say(text);
  clearTimeout(toastEnd);
  toastEnd = window.setTimeout(() => { box.hidden = true; }, TOAST_MS);
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
  if (!room.sitting) return;
  const now = clock.now();
  setText(qs("#title"), room.sitting.title);
  document.title = `监考 · ${room.sitting.title}`;
  setText(qs("#sub"), room.sitting.sub);
  setText(qs("#size"), `${room.seats.length} 人 · ${room.sitting.rows} 排 × ${room.sitting.columns} 列`);
  showAlarm(room.sitting.alarm || "");
  map.layOut(room.seats, room.sitting.columns, order);
  map.render(room.seats, now, filter, picking.isOn ? picking.chosen : new Set([selected]));
  detail.render(room.seat(selected), room.sitting, now);
  phase.render();
  events.render();
  transfers.render();
  late.render();
  picking.render();
  for (const name of ["message", "extend"]) renderRoomButton(name);
  for (const [name, { node, count }] of counters) {
    setText(count, String(name ? room.count(/** @type {any} */ (name)) : room.seats.length));
    setAttr(node, "aria-pressed", String(filter === name));
    if (name === "deferred") node.hidden = !room.count("deferred");
  }
  tick();
}

/** What is wrong with the server itself. @param {string} text */
function showAlarm(text) {
  const box = qs("#alarm");
  if (box.textContent === text) return;
  box.hidden = !text;
  fill(box, text && icon("warn"), text && h("span", {}, text));
}

/** @param {string} name */
function renderRoomButton(name) {
  const why = whyNotRoom(name, room);
  const button = qs(`#room-${name}`);
  setAttr(button, "aria-disabled", String(Boolean(why)));
  setText(qs(`#room-${name}-why`), why ? `（${why}）` : "");
}

/** @param {string} name */
function pressRoomButton(name) {
  const why = room.sitting ? whyNotRoom(name, room) : "正在载入";
  if (why) toast("info", why);
  else dialog.openForRoom(name, room);
}

function tick() {
  if (!room.sitting) return;
  const { state, ends_ms: end } = room.sitting;
  const now = clock.now();
  setText(qs("#now"), formatTime(now));
  setText(qs("#left"), state === "running" && end ? formatRemaining(end - now) : { planned: "未开放", sealed: "未开放", check_in: "未开考", closed: "已关闭", running: "—", paused: "已暂停" }[state]);
  map.render(room.seats, now, filter, picking.isOn ? picking.chosen : new Set([selected]));
  detail.render(room.seat(selected), room.sitting, now);
}

/** @returns {import("./order.js").Order} */
function keptOrder() {
  const kept = localStorage.getItem(ORDER_KEY);
  return (ORDERS.find(([name]) => name === kept) || ORDERS[0])[0];
}

/** @param {import("./order.js").Order} name */
function setOrder(name) {
  order = name;
  localStorage.setItem(ORDER_KEY, name);
  for (const node of qs("#orders").children) if (node.dataset.order) setAttr(node, "aria-pressed", String(node.dataset.order === name));
  render();
}

/** The one key for fire and power cuts; the dialog asks once more. @param {KeyboardEvent} event */
function emergency(event) {
  if (event.key !== "F9" || event.repeat || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const why = room.sitting ? whyNotRoom("pause", room) : "正在载入";
  if (why) toast("info", why);
  else dialog.openForRoom("pause", room);
}

/** @param {number} index */
function setTheme(index) {
  const [name, label] = THEMES[index % THEMES.length];
  setAttr(document.documentElement, "data-theme", name);
  localStorage.setItem(THEME_KEY, name);
  fill(qs("#theme"), icon("contrast"), h("span", { class: "sr-only" }, "显示："), label);
}

function start() {
  qs("#filters").append(chip("", "全部", null), ...FILTER_ORDER.map((name) => chip(name, STATES[name].label, STATES[name].icon)));
  for (const name of ["message", "extend"]) qs(`#room-${name}`).addEventListener("click", () => pressRoomButton(name));
  const themeNow = () => Math.max(0, THEMES.findIndex(([name]) => name === (localStorage.getItem(THEME_KEY) || "")));
  setTheme(themeNow());
  qs("#theme").addEventListener("click", () => setTheme(themeNow() + 1));
  const asked = new URLSearchParams(location.search).get("seat");
  if (asked) selected = Number(asked);
  qs("#orders").append(...ORDERS.map(([name, label]) => h("button", { type: "button", class: "btn btn--sm btn--plain", "data-order": name, "aria-pressed": "false", onclick: () => setOrder(name) }, label)), picking.button);
  setOrder(order);
  document.addEventListener("keydown", emergency);
  events.show("open");
  setInterval(tick, TICK_MS);
  link.open();
  new HealthStrip((text) => announcer.say(text)).open();
}

start();
