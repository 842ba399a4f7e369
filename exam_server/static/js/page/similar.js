/** While the name of a new project is typed, what resembles it is shown; the server compares. */

const PAUSE_MS = 350;
const need = /** @type {HTMLFormElement} */ (document.getElementById("need"));
const field = /** @type {HTMLInputElement} */ (need.querySelector("[name=name]"));
let timer = 0;
let asked = field.defaultValue.trim();

async function compare() {
  const name = field.value.trim();
  if (name === asked) return;
  asked = name;
  const reply = await fetch(`${need.dataset.similar}?name=${encodeURIComponent(name)}`).catch(() => null);
  if (!reply || !reply.ok || field.value.trim() !== name) return;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const fresh = page.getElementById("similar");
  if (fresh) document.getElementById("similar").replaceChildren(...fresh.childNodes);
}

field.addEventListener("input", () => {
  window.clearTimeout(timer);
  timer = window.setTimeout(compare, PAUSE_MS);
});
compare();
