/** Check-in desk by keyboard alone: the number field always has the scanner's ear, marks lie on function keys. */
import { qs, setText } from "../page/dom.js";

const TICK_MS = 1000;
const number = /** @type {HTMLInputElement} */ (qs("#number"));
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#check"));
const left = /** @type {HTMLElement | null} */ (document.querySelector("#entry-left"));
const serverAhead = left ? Date.parse(left.dataset.now) - performance.now() : 0;

/** A scanner sends digits and Enter, never a function key: no scan can mark anybody. @param {KeyboardEvent} event */
function mark(event) {
  if (!form || event.repeat) return;
  const choice = /** @type {HTMLInputElement | null} */ (form.querySelector(`input[data-key="${event.key}"]`));
  if (!choice) return;
  event.preventDefault();
  choice.checked = true;
  if (choice.value === "match") form.requestSubmit();
  else /** @type {HTMLElement} */ (qs("#note")).focus();
}

/** How long latecomers are still let in; before the start there is nothing to count. */
function tick() {
  if (!left) return;
  const seconds = Math.floor((Date.parse(left.dataset.ends) - serverAhead - performance.now()) / 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  setText(left, seconds > 0 ? `${Math.floor(seconds / 60)}:${two(seconds % 60)}` : left.dataset.over);
}

document.addEventListener("keydown", mark);
if (!number.value) number.focus();
tick();
setInterval(tick, TICK_MS);
