// Opens the printer's dialog from buttons marked data-print.

document.querySelectorAll("[data-print]").forEach((button) => {
  button.addEventListener("click", () => window.print());
});
