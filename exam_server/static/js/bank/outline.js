/**
 * The table of elements while it is edited. Steps (move, add, remove) are done by the server, which
 * gives the codes; here its answer takes the place of the form without a jump. Sums, differences and
 * ratios follow every key at once.
 */
import { setText } from "../page/dom.js";

const IMPORTANCES = ["X", "Y", "Z"];
let changed = false;

/** @returns {HTMLFormElement} */
const form = () => /** @type {HTMLFormElement} */ (document.getElementById("outline"));
const rowsOf = () => /** @type {HTMLTableRowElement[]} */ ([...form().querySelectorAll("tr[data-level]")]);
const levelOf = (row) => Number(row.dataset.level);
const weightOf = (row) => Number(row.querySelector("[name=weight]").value) || 0;
const written = (value) => String(Math.round(value * 100) / 100);
const signed = (value) => (value > 0 ? "+" : "−") + written(Math.abs(value));

/** Rows below the one at a place. @param {HTMLTableRowElement[]} rows @param {number} at */
function below(rows, at) {
  const rest = rows.slice(at + 1);
  const end = rest.findIndex((row) => levelOf(row) <= levelOf(rows[at]));
  return end < 0 ? rest : rest.slice(0, end);
}

/** @param {HTMLTableRowElement[]} points */
function ratio(points) {
  const values = points.map((row) => /** @type {HTMLSelectElement} */ (row.querySelector("select")).value);
  const counts = IMPORTANCES.map((kind) => values.filter((value) => value === kind).length);
  return `(${counts.map((count) => String(count).padStart(2, "0")).join(":")})`;
}

function showSum(row, children) {
  const cell = row.querySelector("[data-sum]");
  if (levelOf(row) >= 3 || !children.length) return;
  const sum = children.reduce((total, child) => total + weightOf(child), 0);
  const gap = sum - weightOf(row);
  const note = document.createElement("span");
  note.className = gap ? "grid__warning" : "";
  note.textContent = gap ? `${written(sum)}，${cell.dataset.word} ${signed(gap)}` : written(sum);
  cell.replaceChildren(note);
}

function recount() {
  const rows = rowsOf();
  rows.forEach((row, at) => {
    if (levelOf(row) > 3) return;
    const lower = below(rows, at);
    setText(row.querySelector("[data-ratio] span"), ratio(lower.filter((one) => levelOf(one) === 4)));
    showSum(row, lower.filter((one) => levelOf(one) === levelOf(row) + 1));
  });
  const total = rows.filter((row) => levelOf(row) === 1).reduce((sum, row) => sum + weightOf(row), 0);
  const place = form().querySelector("[data-total]");
  if (!place) return;
  place.classList.toggle("outline__sum--wrong", total !== 100);
  setText(place.querySelector("[data-total-weight]"), written(total));
}

/** Let the server take a step and put its form in the place of this one. @param {HTMLButtonElement} button */
async function step(button) {
  const sent = new URLSearchParams(/** @type {any} */ (new FormData(form())));
  sent.set("do", button.value);
  form().setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(form().action, { method: "POST", body: sent });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const fresh = page.getElementById("outline");
    if (!fresh) throw new Error("no form in the answer");
    form().replaceWith(document.adoptNode(fresh));
    listen();
    settle(button.value);
  } catch (error) {
    form().removeAttribute("aria-busy");
    submitPlainly(button);
  }
}

/** Without an answer the browser sends the form itself, and shows what came of it. */
function submitPlainly(button) {
  changed = false;
  button.dataset.plain = "1";
  button.click();
}

/** Bring the focus to where the person goes on. @param {string} done */
function settle(done) {
  const summary = document.getElementById("error-summary");
  const place = /** @type {HTMLElement | null} */ (form().querySelector("[autofocus]"));
  const target = summary || place;
  if (!target) return;
  const row = target.closest("tr");
  const verb = done.split(":")[0];
  const again = row && /** @type {HTMLElement | null} */ (row.querySelector(`button[value^="${verb}:"]`));
  const goal = verb === "up" || verb === "down" ? again || target : target;
  goal.focus({ preventScroll: true });
  goal.scrollIntoView({ block: "nearest" });
}

function listen() {
  changed = changed || form().dataset.changed === "1";
  form().addEventListener("input", () => { changed = true; recount(); });
  form().addEventListener("submit", () => { changed = false; });
  form().addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button[name=do]");
    if (!(button instanceof HTMLButtonElement) || button.value === "save" || button.dataset.plain) return;
    event.preventDefault();
    changed = true;
    step(button);
  });
}

window.addEventListener("beforeunload", (event) => {
  if (!changed) return;
  event.preventDefault();
  event.returnValue = "";
});
listen();
