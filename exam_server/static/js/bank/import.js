/** Files for an import: dropped or chosen, listed by name; a form that works says so and waits. */

const KILOBYTE = 1024;

/** @param {HTMLElement} area */
function listen(area) {
  const input = /** @type {HTMLInputElement} */ (area.querySelector("input[type=file]"));
  const list = /** @type {HTMLElement} */ (area.querySelector("[data-files]"));
  const hint = /** @type {HTMLElement} */ (area.querySelector("[data-drop-hint]"));
  hint.hidden = false;

  const show = () => {
    list.replaceChildren(...Array.from(input.files || [], (file) => {
      const line = document.createElement("li");
      line.textContent = `${file.name} · ${Math.ceil(file.size / KILOBYTE)} KB`;
      return line;
    }));
  };
  const mark = (/** @type {boolean} */ isOver) => area.classList.toggle("drop--over", isOver);

  input.addEventListener("change", show);
  show();
  area.addEventListener("dragover", (event) => { event.preventDefault(); mark(true); });
  area.addEventListener("dragleave", () => mark(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (!event.dataTransfer || !event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    show();
  });
}

/** @param {HTMLFormElement} form */
function waitFor(form) {
  const busy = /** @type {HTMLElement} */ (form.querySelector("[data-busy]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    busy.textContent = busy.dataset.text || "";
    button.setAttribute("aria-disabled", "true");
  });
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    busy.textContent = "";
    button.removeAttribute("aria-disabled");
  });
}

document.querySelectorAll("[data-drop]").forEach((area) => listen(/** @type {HTMLElement} */ (area)));
document.querySelectorAll("form[data-import]").forEach((form) => waitFor(/** @type {HTMLFormElement} */ (form)));
