/** Sets the formulas of every marked text on a page of the item bank. */
import { typeset } from "../candidate/formulas.js";

for (const place of document.querySelectorAll("[data-formulas]")) typeset(/** @type {HTMLElement} */ (place));
