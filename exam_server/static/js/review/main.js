/** Keys of the review queue: 1–9, A–F, Space, Enter, Backspace, O for the original, + and − for the size of the crop. */
import { Shortcuts } from "../page/shortcuts.js";

const SIZES = [1, 1.5, 2, 3];
const HEIGHT_PX = 260; // as in review.css
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-review]"));
const boxes = form ? [...form.querySelectorAll("input[name=value]")].map((box) => /** @type {HTMLInputElement} */ (box)) : [];

/** @param {HTMLInputElement | undefined} box */
function choose(box) {
  if (!box) return;
  box.checked = box.type === "radio" ? true : !box.checked;
  box.focus();
}

/** Space empties the group, or says that a whole page was compared. */
function chooseNothing() {
  boxes.forEach((box) => (box.checked = false));
  choose(/** @type {HTMLInputElement | undefined} */ (form?.querySelector("[name=compared]") ?? undefined));
}

/** A digit means the box of that value, else the box at that place. @param {number} digit */
function chooseByDigit(digit) {
  choose(boxes.find((box) => box.value === String(digit)) || boxes[digit - 1]);
}

/** @param {string} letter */
function chooseByLetter(letter) {
  choose(boxes.find((box) => box.value === letter));
}

/**
 * A control that has the focus takes the key itself; anywhere else it is a key of the desk.
 * @param {string} controls @param {() => void} action
 */
function unlessOn(controls, action) {
  return (/** @type {KeyboardEvent} */ event) => {
    const control = /** @type {Element} */ (event.target).closest(controls);
    if (control) control.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    else action();
  };
}

const submit = unlessOn("a, button, summary", () => form && form.requestSubmit());

function goBack() {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-earlier]"));
  if (link) link.click();
}

/** @param {number} step */
function zoom(step) {
  const crop = /** @type {HTMLImageElement | null} */ (document.querySelector("[data-crop]"));
  if (!crop) return;
  const place = Math.min(SIZES.length - 1, Math.max(0, Number(crop.dataset.size || 0) + step));
  crop.dataset.size = String(place);
  crop.style.height = place ? `${HEIGHT_PX * SIZES[place]}px` : "";
  const view = /** @type {HTMLElement} */ (crop.closest(".review__crop"));
  view.scrollTo((view.scrollWidth - view.clientWidth) / 2, (view.scrollHeight - view.clientHeight) / 2); // the group lies in the middle
}

function openOriginal() {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-original]"));
  if (link) window.open(link.href, "_blank", "noopener");
}

/** @type {Record<string, (event: KeyboardEvent) => void>} */
const bindings = {
  Space: unlessOn("button, summary", chooseNothing),
  Backspace: goBack,
  KeyO: openOriginal,
  Enter: submit,
  NumpadEnter: submit,
  Equal: () => zoom(1),
  NumpadAdd: () => zoom(1),
  Minus: () => zoom(-1),
  NumpadSubtract: () => zoom(-1),
};
for (let digit = 0; digit <= 9; digit += 1) {
  bindings[`Digit${digit}`] = () => chooseByDigit(digit);
  bindings[`Numpad${digit}`] = () => chooseByDigit(digit);
}
for (const letter of "ABCDEF") bindings[`Key${letter}`] = () => chooseByLetter(letter);

new Shortcuts(bindings).listen(document);
