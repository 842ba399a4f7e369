/** What the server finds in an item while it is written: faults, style, what the bank holds alike. */
import { h, icon, qs, setText } from "../page/dom.js";

const CHECK_AFTER_MS = 900;
const PLACES = [
  [/^题干|判断题的题干/, "#f-stem"],
  [/^解析/, "#f-rationale"],
  [/^出处/, "#f-source"],
  [/^插图说明|^插图缺少/, "#f-description"],
  [/^插图标题/, "#f-caption"],
  [/鉴定点/, "#f-point"],
  [/^选项 ([a-f])/, (found) => `#rows li:nth-child(${"abcdef".indexOf(found[1]) + 1}) [name=option]`],
  [/选项|正确/, "#rows [name=option]"],
  [/题型|命题任务要求.*题/, "#kind input:checked"],
];

/** @typedef {{class: string, word: string, is_blocking: boolean, likeness: number, code?: string, href?: string}} Duplicate */

export class ItemChecks {
  /** @param {{api: string, data: () => FormData, announcer: {say: (text: string) => void}}} options */
  constructor({ api, data, announcer }) {
    this.api = api;
    this.data = data;
    this.announcer = announcer;
    this.list = qs("#findings");
    this.state = qs("#checks-state");
    this.timer = 0;
    this.asked = 0;
    this.list.addEventListener("click", (event) => {
      const { place } = /** @type {HTMLElement} */ (event.target).dataset;
      const field = place && document.querySelector(place);
      if (field) /** @type {HTMLElement} */ (field).focus();
    });
  }

  /** @param {number} [wait_ms] */
  later(wait_ms = CHECK_AFTER_MS) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.check(), wait_ms);
  }

  async check() {
    this.asked += 1;
    const turn = this.asked;
    try {
      const response = await fetch(`${this.api}check`, { method: "POST", body: this.data(), headers: { Accept: "application/json" } });
      const found = await response.json();
      if (found.ok && turn === this.asked) this.show(found);
    } catch {
      this.later(5000); // the badge of saving already says that the server is away
    }
  }

  /** @param {{errors: string[], warnings: string[], duplicates: Duplicate[]}} found */
  show({ errors, warnings, duplicates }) {
    const rows = [
      ...errors.map((text) => finding("error", "warn", place(text), text)),
      ...duplicates.map(duplicate),
      ...warnings.map((text) => finding("warn", "info", place(text), text)),
    ];
    const grave = errors.length + duplicates.filter((one) => one.is_blocking).length;
    if (!rows.length) rows.push(finding("ok", "check", "", "没有发现问题，也没有重复试题。"));
    this.list.replaceChildren(...rows);
    this.state.hidden = false;
    this.state.className = `badge badge--${grave ? "danger" : rows.length && (warnings.length || duplicates.length) ? "warn" : "ok"}`;
    setText(this.state, grave ? `${grave} 处须更正` : warnings.length || duplicates.length ? `${warnings.length + duplicates.length} 处请留意` : "可以送审");
    this.announcer.say(`检查：${this.state.textContent}`);
  }
}

/** @param {string} text */
function place(text) {
  for (const [form, where] of PLACES) {
    const found = text.match(/** @type {RegExp} */ (form));
    if (found) return typeof where === "function" ? where(found) : String(where);
  }
  return "";
}

/** @param {string} tone @param {string} picture @param {string} where @param {...(Node | string)} words */
function finding(tone, picture, where, ...words) {
  const said = where ? h("button", { type: "button", "data-place": where }, ...words) : h("span", {}, ...words);
  return h("li", { class: `finding finding--${tone}` }, icon(picture), said);
}

/** Which item it is, only when the server tells. @param {Duplicate} one */
function duplicate(one) {
  const which = one.code ? h("a", { href: one.href }, one.code) : "题库中的一道试题";
  const end = one.is_blocking ? "，不能送审。" : "。";
  return finding(one.is_blocking ? "error" : "warn", "swap", "", h("strong", {}, one.word), " 与 ", which, ` 题干相似 ${one.likeness}%${end}`);
}
