/**
 * Sign-in page: spaces typed between groups of digits are dropped, and one press signs in once. A
 * browser that crashed in the middle of an exam goes back to its seat without asking anyone.
 */
import { forgetPass, readPass } from "../exam/return_pass.js";
import { requestJson } from "../exam/transport.js";
import { qs, setText } from "../page/dom.js";

const form = qs("form.slip");

async function returnToSeat() {
  if (new URLSearchParams(location.search).has("leave") || document.querySelector("#sign-in-error")) return;
  const pass = await readPass();
  if (!pass) return;
  const csrf = /** @type {HTMLMetaElement} */ (qs("meta[name=csrf-token]")).content;
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  try {
    const reply = await requestJson("/exam/api/return", { method: "POST", credentials: "same-origin", headers, body: JSON.stringify({ pass }) });
    if (!reply.ok) {
      await forgetPass();
      return;
    }
    setText(qs(".slip__lead", form), "正在回到您的答卷…");
    location.replace("/exam/room");
  } catch (unreachable) {
    console.warn("the seat could not be asked for", unreachable); // the form is there for that
  }
}

returnToSeat();

form.addEventListener("submit", () => {
  for (const name of ["admission_no", "room_code"]) {
    const input = form.elements.namedItem(name);
    input.value = input.value.normalize("NFKC").replace(/[\s-]/g, "");
  }
  qs("button[type=submit]", form).disabled = true;
});

addEventListener("pageshow", () => { qs("button[type=submit]", form).disabled = false; });

/** After a refusal the first empty field takes the focus, otherwise the code, which is what goes wrong. */
if (document.querySelector("#sign-in-error")) {
  const number = form.elements.namedItem("admission_no");
  const wrong = number.value ? form.elements.namedItem("room_code") : number;
  wrong.focus();
  wrong.select();
}
