/**
 * What a candidate marks for own use in a paper: passages of stems that are highlighted and options
 * that are struck out. Kept on this PC only, over reloads, as places and ids without any words.
 *
 * @typedef {{passages: [number, number][], out: string[]}} Marking
 */
const PREFIX = "kaohe-markings-";

export class Markings {
  /** @param {string} attempt @param {Storage | null} [area] */
  constructor(attempt, area = storageArea()) {
    this.key = PREFIX + attempt;
    this.area = area;
    /** @type {Record<string, Marking>} */
    this.all = {};
    try {
      this.all = JSON.parse((area && area.getItem(this.key)) || "{}");
    } catch (unreadable) {
      console.warn("markings are not readable", unreadable);
    }
  }

  /** @param {string} question @returns {Marking} */
  of(question) {
    return this.all[question] || { passages: [], out: [] };
  }

  /** Strike an option out, or take it back. @param {string} question @param {string} option */
  strike(question, option) {
    const { passages, out } = this.of(question);
    this.keep(question, { passages, out: out.includes(option) ? out.filter((id) => id !== option) : [...out, option] });
  }

  /**
   * Highlight a passage; one that is highlighted all over already loses its colour.
   * @param {string} question @param {number} from @param {number} to
   */
  highlight(question, from, to) {
    const { passages, out } = this.of(question);
    const isCovered = passages.some(([start, end]) => start <= from && to <= end);
    this.keep(question, { passages: isCovered ? without(passages, from, to) : joined([...passages, [from, to]]), out });
  }

  /** @param {string} question @param {Marking} marking */
  keep(question, marking) {
    this.all[question] = marking;
    try {
      if (this.area) this.area.setItem(this.key, JSON.stringify(this.all));
    } catch (full) {
      console.warn("markings are kept until the page is reloaded", full);
    }
  }

  wipe() {
    if (this.area) this.area.removeItem(this.key);
  }
}

function storageArea() {
  try {
    return localStorage;
  } catch (refused) {
    return null;
  }
}

/** @param {[number, number][]} passages @returns {[number, number][]} in order, those that touch made one */
function joined(passages) {
  /** @type {[number, number][]} */
  const made = [];
  for (const [from, to] of passages.sort((a, b) => a[0] - b[0])) {
    const last = made[made.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else made.push([from, to]);
  }
  return made;
}

/** @param {[number, number][]} passages @param {number} from @param {number} to @returns {[number, number][]} */
function without(passages, from, to) {
  const parts = passages.flatMap(([start, end]) => /** @type {[number, number][]} */ ([[start, Math.min(end, from)], [Math.max(start, to), end]]));
  return parts.filter(([start, end]) => start < end);
}

/* Places in a stem count the characters of its text; a formula is left out, so that it counts the
   same before and after it has been set. */

/** @param {HTMLElement} node @returns {Text[]} */
function textsOf(node) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(".formula")) texts.push(/** @type {Text} */ (walker.currentNode));
  return texts;
}

/** Where the selection lies in a node; the whole of it when nothing in it is selected. @param {HTMLElement} node @returns {[number, number]} */
export function selectedIn(node) {
  const selection = getSelection();
  const range = selection && selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
  const isInside = range !== null && range.intersectsNode(node);
  let [at, from, to] = [0, -1, 0];
  for (const text of textsOf(node)) {
    if (!isInside || range.intersectsNode(text)) {
      const start = isInside && range.startContainer === text ? range.startOffset : 0;
      const end = isInside && range.endContainer === text ? range.endOffset : text.length;
      if (from < 0) from = at + start;
      to = at + end;
    }
    at += text.length;
  }
  return [Math.max(0, from), to];
}

/** Paint passages of a node. @param {HTMLElement} node @param {[number, number][]} passages */
export function paint(node, passages) {
  let at = 0;
  for (const text of textsOf(node)) {
    const from = at;
    at += text.length;
    const own = passages.filter(([start, end]) => start < from + text.length && end > from);
    for (const [start, end] of own.reverse()) wrap(text, Math.max(0, start - from), Math.min(text.data.length, end - from));
  }
}

/** @param {Text} text @param {number} from @param {number} to */
function wrap(text, from, to) {
  const range = document.createRange();
  range.setStart(text, from);
  range.setEnd(text, to);
  const mark = document.createElement("mark");
  mark.className = "highlight";
  range.surroundContents(mark);
}
