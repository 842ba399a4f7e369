/**
 * The drawing board of an answer card. The server decides where everything stands and what hinders
 * reading; the board shows it, and keeps what is moved by hand as millimetres.
 */
import { h, qs } from "../page/dom.js";
import { drawSheet } from "./drawing.js";

const PAUSE_MS = 300;
const STEP_MM = 0.5;
const LEAP_MM = 5;
const SIZES = 3;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const form = /** @type {HTMLFormElement} */ (qs("#design"));
const board = /** @type {HTMLElement} */ (qs("[data-sheet]", form));
const shifts = /** @type {HTMLInputElement} */ (qs("[data-shifts]", form));
const findings = /** @type {HTMLElement} */ (qs("[data-findings]", form));
const fault = /** @type {HTMLElement} */ (qs("[data-error]", form));
const pages = /** @type {HTMLElement} */ (qs("[data-pages]", form));

/** @type {{sheets: any[], findings: any[]}} */
let drawn = JSON.parse(qs("#drawn").textContent || "{}");
let page = 0;
let timer = 0;
let asked = 0;
/** @type {string | null} */
let chosen = null;

/** @returns {URLSearchParams} */
function typed() {
  return new URLSearchParams(/** @type {any} */ (new FormData(form)));
}

async function redraw() {
  const mine = ++asked;
  try {
    const reply = await fetch(form.dataset.drawing || "", { method: "POST", body: typed() });
    if (!reply.ok) throw new Error(String(reply.status));
    const told = await reply.json();
    if (mine !== asked) return;
    fault.hidden = !told.error;
    fault.textContent = told.error || "";
    if (told.error) return;
    drawn = told;
    show();
  } catch (error) {
    if (mine === asked) {
      fault.hidden = false;
      fault.textContent = String(error instanceof Error ? error.message : error);
    }
  }
}

function redrawSoon() {
  window.clearTimeout(timer);
  timer = window.setTimeout(redraw, PAUSE_MS);
}

function show() {
  page = Math.min(page, Math.max(drawn.sheets.length - 1, 0));
  const sheet = drawn.sheets[page];
  pages.replaceChildren(...(drawn.sheets.length > 1 ? drawn.sheets.map(pageButton) : []));
  board.replaceChildren(...(sheet ? [drawSheet(sheet, drawn.findings.filter((one) => one.page === sheet.page))] : []));
  for (const part of board.querySelectorAll("[data-part]")) followPart(/** @type {SVGGElement} */ (part));
  const focused = chosen ? board.querySelector(`[data-part="${chosen}"]`) : null;
  if (focused) /** @type {SVGGElement} */ (focused).focus({ preventScroll: true });
  tellFindings();
}

/** @param {any} sheet @param {number} place */
function pageButton(sheet, place) {
  const words = (findings.dataset.pageWord || "{n}").replace("{n}", String(sheet.page));
  const press = () => { page = place; chosen = null; show(); };
  return h("button", { type: "button", class: "btn btn--sm", "aria-pressed": String(place === page), onclick: press }, words);
}

function tellFindings() {
  const lines = drawn.findings.map((one) => {
    const tone = one.is_fault ? "danger" : "warn";
    const word = one.is_fault ? findings.dataset.fault : findings.dataset.warning;
    const where = drawn.sheets.length > 1 ? (findings.dataset.pageWord || "").replace("{n}", String(one.page)) + " " : "";
    return h("li", {}, h("span", { class: `badge badge--${tone}` }, word || ""), ` ${where}${one.text}`);
  });
  const fine = h("li", {}, h("span", { class: "badge badge--ok" }, "✓"), ` ${findings.dataset.fine || ""}`);
  findings.replaceChildren(...(lines.length ? lines : drawn.sheets.length ? [fine] : []));
}

/** @returns {[string, number, number][]} */
function moved() {
  try {
    return JSON.parse(shifts.value || "[]");
  } catch (error) {
    return [];
  }
}

/** Keep a movement of a part, in whole half millimetres. @param {string} name @param {number} dx @param {number} dy */
function move(name, dx, dy) {
  const all = moved();
  const before = all.find((one) => one[0] === name) || [name, 0, 0];
  const after = /** @type {[string, number, number]} */ ([name, rounded(before[1] + dx), rounded(before[2] + dy)]);
  shifts.value = JSON.stringify([...all.filter((one) => one[0] !== name), ...(after[1] || after[2] ? [after] : [])]);
  chosen = name;
}

/** @param {number} millimetres */
function rounded(millimetres) {
  return Math.round(millimetres / STEP_MM) * STEP_MM;
}

/** Let a part be dragged, or moved by the arrow keys. @param {SVGGElement} part */
function followPart(part) {
  const name = part.dataset.part || "";
  part.addEventListener("focus", () => { chosen = name; });
  part.addEventListener("keydown", (event) => {
    const way = KEYS[/** @type {keyof typeof KEYS} */ (event.key)];
    if (!way) return;
    event.preventDefault();
    const step = event.shiftKey ? LEAP_MM : STEP_MM;
    move(name, way[0] * step, way[1] * step);
    redraw();
  });
  part.addEventListener("pointerdown", (event) => drag(part, name, event));
}

/** @param {SVGGElement} part @param {string} name @param {PointerEvent} start */
function drag(part, name, start) {
  const svg = /** @type {SVGSVGElement} */ (part.ownerSVGElement);
  const scale = svg.viewBox.baseVal.width / svg.getBoundingClientRect().width;
  /** @param {PointerEvent} event @returns {[number, number]} */
  const way = (event) => [rounded((event.clientX - start.clientX) * scale), rounded((event.clientY - start.clientY) * scale)];
  /** @param {PointerEvent} event */
  const follow = (event) => part.setAttribute("transform", `translate(${way(event).join(" ")})`);
  /** @param {PointerEvent} event */
  const drop = (event) => {
    part.removeEventListener("pointermove", follow);
    const [dx, dy] = way(event);
    if (!dx && !dy) return;
    move(name, dx, dy);
    redraw();
  };
  part.setPointerCapture(start.pointerId);
  part.addEventListener("pointermove", follow);
  part.addEventListener("pointerup", drop, { once: true });
  part.addEventListener("pointercancel", () => { part.removeEventListener("pointermove", follow); show(); }, { once: true });
}

/** @param {MouseEvent} event */
async function tryReading(event) {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  const table = /** @type {HTMLTableElement} */ (qs("[data-trial-table]", form));
  const bound = /** @type {HTMLElement} */ (qs("[data-trial-bound]", form));
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(form.dataset.trial || "", { method: "POST", body: typed() });
    const told = await reply.json();
    if (!reply.ok || told.error) throw new Error(told.error || bound.dataset.failed);
    const levels = (bound.dataset.levels || "").split(",");
    table.tBodies[0].replaceChildren(...told.rows.map((/** @type {any} */ row, /** @type {number} */ place) => h("tr", {},
      h("th", { scope: "row" }, levels[place] || row.level),
      ...[row.pages, row.groups, row.silent, `${row.review_percent}%`, row.rejected].map((value) => h("td", { class: "num right" }, String(value))))));
    const highest = Math.max(...told.rows.map((/** @type {any} */ row) => row.bound_per_10k));
    bound.textContent = (bound.dataset.words || "").replace("{bound}", String(highest));
    table.hidden = false;
  } catch (error) {
    bound.textContent = error instanceof Error ? error.message : bound.dataset.failed || "";
  }
  bound.hidden = false;
  button.disabled = false;
  button.removeAttribute("aria-busy");
}

function forgetTrial() {
  qs("[data-trial-table]", form).hidden = true;
  qs("[data-trial-bound]", form).hidden = true;
}

form.addEventListener("input", () => { forgetTrial(); redrawSoon(); });
qs("[data-reset]", form).addEventListener("click", () => { shifts.value = "[]"; chosen = null; forgetTrial(); redraw(); });
qs("[data-try]", form).addEventListener("click", tryReading);
for (const button of form.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => {
    const step = Number(/** @type {HTMLElement} */ (button).dataset.zoom);
    const size = Math.min(SIZES - 1, Math.max(0, Number(board.dataset.size || 0) + step));
    board.dataset.size = String(size);
  });
}
show();
redraw();
