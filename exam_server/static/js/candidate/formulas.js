/** Formulas between \( and \) or \[ and \] in stems and options. KaTeX is fetched only for a paper that has them. */
import { h, qs } from "../page/dom.js";

const DELIMITED = /\\\((.+?)\\\)|\\\[(.+?)\\\]/gs;

/** @param {import("./wire.js").Paper} paper */
export function hasFormulas(paper) {
  return /\\[([]/.test(JSON.stringify(paper.sections).replace(/\\\\/g, "\\"));
}

/** Fetch KaTeX and its style; the page names the files and their hashes. @returns {Promise<void>} */
export function loadFormulas() {
  const files = qs("#formula-files").dataset;
  const style = h("link", { rel: "stylesheet", href: files.style, integrity: files.styleIntegrity });
  return new Promise((resolve, reject) => {
    const script = h("script", { src: files.script, integrity: files.scriptIntegrity, onload: () => resolve(), onerror: () => reject(new Error("KaTeX is missing")) });
    document.head.append(style, script);
  });
}

/** Set the formulas inside a node; without KaTeX the source stays readable. @param {HTMLElement} node */
export function typeset(node) {
  const { katex } = /** @type {any} */ (window);
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(/** @type {Text} */ (walker.currentNode));
  for (const text of texts) if (text.data.includes("\\")) text.replaceWith(...pieces(text.data, katex));
}

/** @param {string} text @param {any} katex @returns {(Node | string)[]} */
function pieces(text, katex) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(DELIMITED)) {
    parts.push(text.slice(from, found.index));
    const place = h("span", { class: "formula" });
    if (katex) katex.render(found[1] || found[2], place, { displayMode: Boolean(found[2]), throwOnError: false, strict: "ignore", maxExpand: 200 });
    else place.textContent = found[0];
    parts.push(place);
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}
