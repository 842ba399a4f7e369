/**
 * The form of a composition: the number of papers is asked for only where there are several, and
 * while the server draws the page says so.
 */
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-compose]"));
const papers = /** @type {HTMLElement} */ (form.querySelector("[data-papers]"));
const count = /** @type {HTMLInputElement} */ (papers.querySelector("input"));
const SEVERAL = ["parallel", "individual"];
const TWO = "2";

function follow() {
  const chosen = /** @type {HTMLInputElement | null} */ (form.querySelector("[name=purpose]:checked"));
  const purpose = chosen ? chosen.value : "";
  papers.hidden = !SEVERAL.includes(purpose);
  const expected = count.dataset.expected || TWO;
  if (purpose === "individual" && count.value === TWO) count.value = expected;
  if (purpose === "parallel" && count.value === expected) count.value = TWO;
}

form.addEventListener("change", follow);
form.addEventListener("submit", () => {
  /** @type {HTMLElement} */ (form.querySelector("[data-busy]")).hidden = false;
  /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]")).disabled = true;
});
follow();
