// Sets the formulas between \( and \) of every marked text; KaTeX is loaded before this module.

const FORMULA = /\\\((.+?)\\\)/g;

/** @param {Element} place */
function setFormulas(place) {
  const text = place.textContent || "";
  if (!text.includes("\\(")) return;
  place.textContent = "";
  let end = 0;
  for (const found of text.matchAll(FORMULA)) {
    const start = found.index || 0;
    place.append(text.slice(end, start));
    const formula = document.createElement("span");
    // @ts-ignore: katex is a classic script and stands on window
    window.katex.render(found[1], formula, { throwOnError: false });
    place.append(formula);
    end = start + found[0].length;
  }
  place.append(text.slice(end));
}

document.querySelectorAll("[data-formulas]").forEach(setFormulas);
