/** Keys of a sample: Y or Enter agrees, N differs, Backspace goes back. */
import { Shortcuts } from "../page/shortcuts.js";

/** @param {string} selector */
function press(selector) {
  const target = /** @type {HTMLElement | null} */ (document.querySelector(selector));
  if (target) target.click();
}

new Shortcuts({
  KeyY: () => press("[data-sample] [value=agrees]"),
  Enter: () => press("[data-sample] [value=agrees]"),
  KeyN: () => press("[data-sample] [value=differs]"),
  Backspace: () => press("[data-earlier]"),
}).listen(document);
