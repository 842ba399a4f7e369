/**
 * The table of elements while it is edited. Steps (move, add, remove) are done by the server, which
 * gives the codes; sums, differences and ratios follow every key at once.
 */
import { setText } from "../page/dom.js";
import { SteppedForm } from "../page/steps.js";

const IMPORTANCES = ["X", "Y", "Z"];
const outline = new SteppedForm({ id: "outline", final: ["save"], onChange: recount });

const rowsOf = () => /** @type {HTMLTableRowElement[]} */ ([...outline.form.querySelectorAll("tr[data-level]")]);
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
  const place = outline.form.querySelector("[data-total]");
  if (!place) return;
  place.classList.toggle("outline__sum--wrong", total !== 100);
  setText(place.querySelector("[data-total-weight]"), written(total));
}

if (outline.changed) recount();
