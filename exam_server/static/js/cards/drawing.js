/** A card's page as SVG in millimetres: what is printed, in groups that can be moved. */

const SVG = "http://www.w3.org/2000/svg";
const PT_MM = 0.3528;
const CAP_SHARE = 0.36;
const NUMBER_PT = 8;
const ANCHORS = { left: "start", centre: "middle", right: "end" };

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...Node} children */
function s(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {any} sheet @param {any[]} findings */
export function drawSheet(sheet, findings) {
  const { width_mm: width, height_mm: height } = sheet.paper;
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "group" });
  const ink = (/** @type {string} */ name) => (name === "none" ? "none" : sheet.inks[name]);
  svg.append(
    ...sheet.frames.map((/** @type {any} */ one) => frame(one, ink)),
    ...sheet.words.map((/** @type {any} */ one) => words(one, ink)),
    ...sheet.parts.map((/** @type {any} */ part) => drawPart(part, sheet, ink)),
    ...sheet.bars.map((/** @type {any} */ bar) => centred(bar.x_mm, bar.y_mm, bar.width_mm, bar.height_mm, { fill: ink("solid") })),
    ...sheet.markers.flatMap(marker),
    ...codes(sheet),
    ...findings.map(finding),
  );
  return svg;
}

/** @param {any} part @param {any} sheet @param {(name: string) => string} ink */
function drawPart(part, sheet, ink) {
  const { width_mm: width, height_mm: height, letter_pt: pt, line_mm: line } = sheet.cell;
  const group = s("g", { class: "board__part", tabindex: 0, role: "group", "aria-label": part.label, "data-part": part.name });
  const title = s("title", {});
  title.textContent = part.label;
  group.append(
    title,
    ...part.frames.map((/** @type {any} */ one) => frame(one, ink)),
    ...part.rules.map((/** @type {any} */ one) => s("line", { x1: one.x1_mm, y1: one.y1_mm, x2: one.x2_mm, y2: one.y2_mm, stroke: ink(one.ink), "stroke-width": one.line_mm })),
    ...part.words.map((/** @type {any} */ one) => words(one, ink)),
    ...part.cells.flatMap((/** @type {any} */ cell) => [
      centred(cell[0], cell[1], width - line, height - line, { fill: "none", stroke: ink("cell"), "stroke-width": line }),
      text(cell[0], cell[1] + pt * CAP_SHARE * PT_MM, cell[2], pt, ink("cell"), "middle"),
    ]),
    ...part.numbers.map((/** @type {any} */ one) => text(one[0], one[1] + NUMBER_PT * CAP_SHARE * PT_MM, String(one[2]), NUMBER_PT, ink("text"), "end")),
    ...part.samples.map((/** @type {any} */ one) => centred(one.x_mm, one.y_mm, width, height, { fill: one.shape === "full" ? ink("solid") : "none", stroke: ink("solid"), "stroke-width": line })),
    s("rect", { class: "board__reach", x: part.x_mm, y: part.y_mm, width: part.width_mm, height: part.height_mm }),
  );
  return group;
}

/** @param {any} one @param {(name: string) => string} ink */
function frame(one, ink) {
  const look = { fill: ink(one.fill_ink), stroke: one.line_mm ? ink(one.line_ink) : "none", "stroke-width": one.line_mm };
  return s("rect", { x: one.x_mm, y: one.y_mm, width: one.width_mm, height: one.height_mm, rx: one.radius_mm, ...look });
}

/** @param {any} one @param {(name: string) => string} ink */
function words(one, ink) {
  const node = text(one.x_mm, one.y_mm, one.text, one.size_pt, ink(one.ink), ANCHORS[/** @type {keyof typeof ANCHORS} */ (one.align)]);
  if (one.bold) node.setAttribute("font-weight", "700");
  if (one.spacing_pt) node.setAttribute("letter-spacing", String(one.spacing_pt * PT_MM));
  return node;
}

/** @param {number} x @param {number} y @param {string} content @param {number} pt @param {string} fill @param {string} anchor */
function text(x, y, content, pt, fill, anchor) {
  const node = s("text", { x, y, "font-size": pt * PT_MM, fill, "text-anchor": anchor });
  node.textContent = content;
  return node;
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {Record<string, string | number>} look */
function centred(x, y, width, height, look) {
  return s("rect", { x: x - width / 2, y: y - height / 2, width, height, ...look });
}

/** @param {any} one */
function marker(one) {
  const inner = one.size_mm / 6;
  return [
    centred(one.x_mm, one.y_mm, one.size_mm, one.size_mm, { fill: "#000" }),
    text(one.x_mm, one.y_mm + inner, String(one.marker_id), 12, "#fff", "middle"),
  ];
}

/** Places of the codes; what they say is known when a card is printed. @param {any} sheet */
function codes(sheet) {
  const places = [];
  if (sheet.qr) {
    const side = sheet.qr.module_mm * sheet.qr.modules;
    places.push([sheet.qr.x_mm, sheet.qr.y_mm, side, side, "QR"]);
  }
  if (sheet.barcode) {
    const { x_mm: x, y_mm: y, module_mm: module, modules, height_mm: height } = sheet.barcode;
    places.push([x, y, module * modules, height, "Code 128"]);
  }
  return places.flatMap(([x, y, width, height, name]) => [
    s("rect", { x, y, width, height, fill: "#dfe3e8", stroke: "#8a94a0", "stroke-width": 0.3, "stroke-dasharray": "1.5 1" }),
    text(Number(x) + Number(width) / 2, Number(y) + Number(height) / 2 + 1.5, String(name), 11, "#5b6672", "middle"),
  ]);
}

/** @param {any} one */
function finding(one) {
  const node = s("rect", {
    class: `board__finding--${one.is_fault ? "fault" : "warning"}`,
    x: one.x_mm - 1, y: one.y_mm - 1, width: one.width_mm + 2, height: one.height_mm + 2, rx: 1, "pointer-events": "none",
  });
  const title = s("title", {});
  title.textContent = one.text;
  node.append(title);
  return node;
}
