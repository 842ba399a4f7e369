/** The form of a specification: the weights of its tasks are added up at once. */
import { SteppedForm } from "./steps.js";
import { setText } from "./dom.js";

const form = new SteppedForm({ id: "stepped", final: ["save", "submit"], onChange: addUp });

function addUp() {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.form.querySelectorAll("[name=task-weight]")]);
  const total = fields.reduce((sum, field) => sum + (/^\d+$/.test(field.value.trim()) ? Number(field.value) : 0), 0);
  const place = form.form.querySelector("[data-total]");
  place.classList.toggle("total-weight--wrong", total !== 100);
  setText(place.querySelector("[data-total-weight]"), String(total));
}

if (form.changed) addUp();
