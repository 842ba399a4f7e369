/** Sign-in page: spaces typed between groups of digits are dropped, and one press signs in once. */
import { qs } from "../page/dom.js";

const form = qs("form.slip");

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
