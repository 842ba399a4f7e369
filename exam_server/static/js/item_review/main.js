/** Keys of the review of items, remarks on a selected passage, and passages that have remarks already. */
import { openDialog, qs, setText } from "../page/dom.js";
import { Shortcuts } from "../page/shortcuts.js";

const MEMORY = "kaohe-review-keys";
const MAX_QUOTE = 200;

const form = /** @type {HTMLFormElement} */ (qs("[data-review]"));
const dialog = /** @type {HTMLDialogElement} */ (qs("#keys"));
const points = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name=in_order]")]);
const reason = /** @type {HTMLTextAreaElement} */ (qs("[name=reason]", form));
const incomplete = qs("[data-incomplete]", form);

/** @param {string} value @returns {HTMLButtonElement} */
function button(value) {
  return qs(`button[name=action][value=${value}]`, form);
}

function count() {
  const ticked = points.filter((point) => point.checked).length;
  setText(qs("[data-ticked]", form), String(ticked));
  if (ticked === points.length) incomplete.hidden = true;
}

/** @param {number} place */
function tick(place) {
  points[place].checked = !points[place].checked;
  points[place].focus();
  count();
}

function accept() {
  const open = points.find((point) => !point.checked);
  if (!open) return form.requestSubmit(button("accept"));
  incomplete.hidden = false;
  open.focus();
}

/** @param {string} selector */
function follow(selector) {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector(selector));
  if (link) link.click();
}

/** What is selected of the first field that the selection touches. @returns {{field: string, quote: string} | null} */
function passage() {
  const selection = window.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  for (const place of form.querySelectorAll("[data-field]")) {
    const quote = range.intersectsNode(place) ? wordsWithin(range, place) : "";
    if (quote) return { field: /** @type {HTMLElement} */ (place).dataset.field || "", quote };
  }
  return null;
}

/** The selected words of one field; a formula counts once. @param {Range} range @param {Element} place */
function wordsWithin(range, place) {
  const own = range.cloneRange();
  if (!place.contains(range.startContainer)) own.setStart(place, 0);
  if (!place.contains(range.endContainer)) own.setEnd(place, place.childNodes.length);
  const words = own.cloneContents();
  for (const twice of words.querySelectorAll(".katex-mathml")) twice.remove();
  return (words.textContent || "").replace(/\s+/g, " ").trim().slice(0, MAX_QUOTE);
}

function remark() {
  const found = passage();
  const place = qs("select[name=field]", form);
  if (!found) return place.focus();
  place.value = found.field;
  qs("[name=quote]", form).value = found.quote;
  qs("[name=text]", form).focus();
}

/** Ctrl+Enter in a text sends what the text is for; Esc leaves it. @param {KeyboardEvent} event */
function inText(event) {
  const text = /** @type {HTMLElement} */ (event.target);
  if (!text.matches("textarea, input[type=text], select")) return;
  if (event.code === "Escape") text.blur();
  if (event.ctrlKey && event.code === "Enter" && text.dataset.send) {
    event.preventDefault();
    form.requestSubmit(button(text.dataset.send));
  }
}

/** Underline the quoted words of the remarks where they stand. */
function showPassages() {
  for (const quote of document.querySelectorAll("[data-remarks] [data-quote-of]")) {
    const { quoteOf } = /** @type {HTMLElement} */ (quote).dataset;
    const place = form.querySelector(`[data-field="${quoteOf}"]`);
    if (place) underline(place, quote.textContent || "");
  }
}

/** @param {Element} place @param {string} words */
function underline(place, words) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = /** @type {Text} */ (walker.currentNode);
    const at = text.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + words.length);
    const mark = document.createElement("mark");
    mark.className = "passage";
    range.surroundContents(mark);
    return;
  }
}

/** @type {Record<string, (event: KeyboardEvent) => void>} */
const bindings = {
  KeyA: accept,
  KeyR: () => reason.focus(),
  KeyC: remark,
  KeyJ: () => follow("[data-next]"),
  ArrowRight: () => follow("[data-next]"),
  KeyK: () => follow("[data-previous]"),
  ArrowLeft: () => follow("[data-previous]"),
  Slash: () => openDialog(dialog),
};
points.forEach((_point, place) => {
  bindings[`Digit${place + 1}`] = () => tick(place);
  bindings[`Numpad${place + 1}`] = () => tick(place);
});

const shortcuts = new Shortcuts(bindings);
const single = /** @type {HTMLInputElement} */ (qs("[data-single-keys]", dialog));
single.checked = localStorage.getItem(MEMORY) !== "off";
shortcuts.enabled = single.checked;
single.addEventListener("change", () => {
  shortcuts.enabled = single.checked;
  localStorage.setItem(MEMORY, single.checked ? "on" : "off");
});

const help = qs("[data-keys]");
help.hidden = false;
help.addEventListener("click", () => openDialog(dialog));
form.addEventListener("change", count);
form.addEventListener("keydown", inText);
shortcuts.listen(document);
count();
showPassages();
