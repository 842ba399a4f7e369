/** One box that ticks all boxes of a form; it shows what is ticked, also what was before it ran. */
// @ts-check

for (const form of document.querySelectorAll("form[data-choose-all]")) {
  const all = /** @type {HTMLInputElement | null} */ (form.querySelector("input[data-all]"));
  const boxes = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("tbody input[type=checkbox]")]);
  if (!all) continue;
  const show = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = boxes.length > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    all.disabled = boxes.length === 0;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  show();
}
