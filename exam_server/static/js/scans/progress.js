/** Follows the reading of a batch; when it ends, the page is opened again with everything on it. */
import { qs, setText } from "../page/dom.js";

const EVERY_MS = 1000;
const MOST_FAILURES = 60; // in a row; a server that restarts is back before

const panel = /** @type {HTMLElement} */ (qs("[data-reading]"));
const bar = /** @type {HTMLProgressElement} */ (qs("progress", panel));
const line = qs("[role=status]", panel);
let failures = 0;

async function look() {
  try {
    const response = await fetch(panel.dataset.reading || "", { headers: { Accept: "application/json" } });
    if (response.ok) show(await response.json());
    failures = response.ok ? 0 : failures + 1;
  } catch {
    failures += 1;
  }
  if (failures < MOST_FAILURES) setTimeout(look, EVERY_MS);
}

/** @param {{ done: number, total: number, text: string, state_text: string, counts: Record<string, number>, finished: boolean }} made */
function show(made) {
  setText(qs("[data-batch-state] .badge"), made.state_text);
  for (const [name, number] of Object.entries(made.counts)) {
    const cell = document.querySelector(`[data-count="${name}"]`);
    if (cell) setText(cell, String(number));
  }
  bar.max = made.total || 1;
  bar.value = made.done;
  setText(line, made.text);
  if (made.finished) location.reload();
}

setTimeout(look, EVERY_MS);
