/**
 * Reads the light notation of item texts as item_bank/rules/rich_text.py does, and shows it.
 * Pure but for `richNodes`, which makes elements and sets every text as text.
 */
import { h } from "../page/dom.js";

/**
 * @typedef {{text: string, isBold: boolean, isUnderlined: boolean}} Run
 * @typedef {{runs: Run[]} | {rows: Run[][][]}} Block
 * @typedef {{kind: string, line: number}} Fault
 */

const TOKEN = /\\\([\s\S]+?\\\)|\\[*_|]|\*+|_+|\|/g;
const STRAY_FORMULA = /\\[()]/;
const ESCAPED = { "\\*": "*", "\\_": "_", "\\|": "|" };
const LEAST_ROWS = 2; // of a table: its head and one row

/** @param {string} text @returns {{blocks: Block[], faults: Fault[]}} */
export function readRichText(text) {
  const blocks = [];
  const faults = [];
  let rows = [];
  let firstRow = 0;
  [...text.split("\n"), ""].forEach((line, place) => {
    const read = readLine(trimmed(line));
    faults.push(...read.faults.map((kind) => ({ kind, line: place + 1 })));
    if (read.isRow) {
      if (!rows.length) firstRow = place + 1;
      rows.push(read.cells);
      return;
    }
    if (rows.length) {
      blocks.push({ rows });
      faults.push(...tableFaults(rows, firstRow));
      rows = [];
    }
    if (read.line) blocks.push({ runs: read.cells[0] });
  });
  return { blocks, faults };
}

/** What a text says without its marks. @param {string} text */
export function withoutMarks(text) {
  return text.replace(TOKEN, (token) => (token === "**" || token === "__" ? "" : ESCAPED[token] || token));
}

/** The text as paragraphs and tables. @param {string} text @returns {Node[]} */
export function richNodes(text) {
  return readRichText(text).blocks.map((block) => ("runs" in block ? h("p", {}, ...runNodes(block.runs)) : tableNode(block.rows)));
}

/** The text as it stands inside a line. @param {string} text @returns {Node[]} */
export function richLine(text) {
  return readRichText(text).blocks.flatMap((block, place) => [
    ...(place ? [document.createElement("br")] : []),
    ...("runs" in block ? runNodes(block.runs) : [tableNode(block.rows)]),
  ]);
}

/** @param {string} line */
function readLine(line) {
  const faults = new Set();
  const tokens = cut(line);
  const bars = tokens.flatMap((token, place) => (token === "|" ? [place] : []));
  const isRow = bars.length > 1 && bars[0] === 0 && bars[bars.length - 1] === tokens.length - 1;
  if (!isRow && line.startsWith("|")) faults.add("open_row");
  const parts = isRow ? bars.slice(1).map((end, place) => cellOf(tokens.slice(bars[place] + 1, end))) : [tokens];
  return { line, isRow, cells: parts.map((part) => runsOf(part, faults)), faults: [...faults] };
}

/** Plain stretches, formulas, escaped signs, marks and bars. @param {string} line */
function cut(line) {
  const tokens = [];
  let start = 0;
  for (const found of line.matchAll(TOKEN)) {
    if (found.index > start) tokens.push(line.slice(start, found.index));
    tokens.push(found[0]);
    start = found.index + found[0].length;
  }
  if (start < line.length) tokens.push(line.slice(start));
  return tokens;
}

/** @param {string} text */
function trimmed(text) {
  return text.replace(/^ +| +$/g, "");
}

/** @param {string[]} tokens */
function cellOf(tokens) {
  if (!tokens.length) return tokens;
  tokens[0] = tokens[0].replace(/^ +/, "");
  tokens[tokens.length - 1] = tokens[tokens.length - 1].replace(/ +$/, "");
  return tokens.filter((token) => token);
}

/** @param {string[]} tokens @param {Set<string>} faults */
function runsOf(tokens, faults) {
  /** @type {Run[]} */
  const runs = [];
  let isBold = false;
  let isUnderlined = false;
  for (const token of tokens) {
    if (token === "**") isBold = !isBold;
    else if (token === "__") isUnderlined = !isUnderlined;
    else {
      if (!token.startsWith("\\(") && STRAY_FORMULA.test(token)) faults.add("unpaired_formula");
      append(runs, { text: ESCAPED[token] || token, isBold, isUnderlined });
    }
  }
  if (isBold) faults.add("unpaired_bold");
  if (isUnderlined) faults.add("unpaired_underline");
  return runs;
}

/** @param {Run[]} runs @param {Run} run */
function append(runs, run) {
  const last = runs[runs.length - 1];
  if (last && last.isBold === run.isBold && last.isUnderlined === run.isUnderlined) last.text += run.text;
  else runs.push(run);
}

function tableFaults(rows, firstRow) {
  const faults = rows.length < LEAST_ROWS ? [{ kind: "lone_row", line: firstRow }] : [];
  rows.forEach((row, place) => {
    if (row.length !== rows[0].length) faults.push({ kind: "ragged_row", line: firstRow + place });
  });
  return faults;
}

/** @param {Run[]} runs @returns {Node[]} */
function runNodes(runs) {
  return runs.map(({ text, isBold, isUnderlined }) => {
    /** @type {Node} */
    let node = document.createTextNode(text);
    if (isUnderlined) node = h("u", {}, node);
    return isBold ? h("strong", {}, node) : node;
  });
}

/** @param {Run[][][]} rows */
function tableNode([head, ...body]) {
  const line = (row, tag, props) => h("tr", {}, ...row.map((runs) => h(tag, props, ...runNodes(runs))));
  return h("table", {}, h("thead", {}, line(head, "th", { scope: "col" })), h("tbody", {}, ...body.map((row) => line(row, "td", {}))));
}
