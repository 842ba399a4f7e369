/**
 * Forms whose rows are added, moved and removed by the server (buttons "do"): its answer takes the
 * place of the form without a jump. Without an answer the browser sends the form itself.
 */
import { typedIn } from "./typed.js";

/** @typedef {{ id: string, final: string[], onChange: () => void }} Options */

export class SteppedForm {
  /** @param {Options} options id of the form, values of the buttons that store, what follows a key */
  constructor({ id, final, onChange }) {
    this.id = id;
    this.final = final;
    this.onChange = onChange;
    this.changed = false;
    window.addEventListener("beforeunload", (event) => this.warn(event));
    this.listen();
  }

  /** @returns {HTMLFormElement} */
  get form() {
    return /** @type {HTMLFormElement} */ (document.getElementById(this.id));
  }

  listen() {
    this.changed = this.changed || this.form.dataset.changed === "1" || typedIn(this.form).length > 0;
    this.form.addEventListener("input", () => { this.changed = true; this.onChange(); });
    this.form.addEventListener("submit", () => { this.changed = false; });
    this.form.addEventListener("click", (event) => this.press(event));
  }

  press(event) {
    const button = event.target.closest("button[name=do]");
    if (!button || this.final.includes(button.value) || button.dataset.plain) return;
    event.preventDefault();
    this.changed = true;
    this.step(button);
  }

  /** @param {HTMLButtonElement} button */
  async step(button) {
    const form = this.form;
    const sent = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    sent.set("do", button.value);
    form.setAttribute("aria-busy", "true");
    try {
      const reply = await fetch(form.action, { method: "POST", body: sent });
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const fresh = page.getElementById(this.id);
      if (!fresh) throw new Error("no form in the answer");
      form.replaceWith(document.adoptNode(fresh));
    } catch {
      form.removeAttribute("aria-busy");
      this.submitPlainly(button);
      return;
    }
    this.listen();
    this.settle(button.value);
  }

  submitPlainly(button) {
    this.changed = false;
    button.dataset.plain = "1";
    button.click();
  }

  /** Bring the focus to where the person goes on. @param {string} done */
  settle(done) {
    const place = /** @type {HTMLElement | null} */ (this.form.querySelector("[autofocus]"));
    const verb = done.split(":")[0];
    const row = place && place.closest("tr, fieldset, [role=group]");
    const moved = /(^|-)(up|down)$/.test(verb) && row && row.querySelector(`button[value^="${verb}:"]`);
    const goal = /** @type {HTMLElement | null} */ (moved || place);
    if (!goal) return;
    goal.focus({ preventScroll: true });
    goal.scrollIntoView({ block: "nearest" });
  }

  warn(event) {
    if (!this.changed) return;
    event.preventDefault();
    event.returnValue = "";
  }
}
