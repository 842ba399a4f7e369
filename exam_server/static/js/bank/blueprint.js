/**
 * The blueprint while it is edited: totals and the allocation to ranges follow the keys. The server
 * counts, so that one rule serves the page and the papers; without an answer the button stays.
 */
import { typedIn } from "../page/typed.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("blueprint"));
const button = /** @type {HTMLElement} */ (form.querySelector("[data-count]"));
const PAUSE_MS = 250;
let timer = 0;
let asked = 0;

async function recount() {
  const mine = ++asked;
  const sent = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  try {
    const reply = await fetch(form.dataset.outline || "", { method: "POST", body: sent });
    if (!reply.ok) throw new Error(String(reply.status));
    const text = await reply.text();
    if (mine !== asked) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const fresh of page.querySelectorAll("[data-part]")) {
      const part = form.querySelector(`[data-part="${fresh.getAttribute("data-part")}"]`);
      if (part) part.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
    }
    button.hidden = true;
  } catch (error) {
    if (mine === asked) button.hidden = false;
  }
}

/** What was tried is no longer what the form says. */
function forgetTrial() {
  const trial = /** @type {HTMLElement | null} */ (form.querySelector("[data-trial]"));
  const stale = /** @type {HTMLElement | null} */ (form.querySelector("[data-stale]"));
  if (trial) trial.hidden = true;
  if (stale) stale.hidden = false;
}

/** @param {HTMLInputElement} input */
function follow(input) {
  forgetTrial();
  if (input.name === "papers") return;
  window.clearTimeout(timer);
  timer = window.setTimeout(recount, PAUSE_MS);
}

form.addEventListener("input", (event) => follow(/** @type {HTMLInputElement} */ (event.target)));
button.hidden = true;
typedIn(form).forEach(follow);
