/** What replaces the paper: the receipt, and the covers that say why the paper is not shown. */
import { formatTime } from "../exam/clock.js";
import { h, icon } from "../page/dom.js";
import { facts, place } from "./entry.js";

/** @typedef {import("./wire.js").State} State */

const ENDINGS = {
  submitted: ["交卷成功", "您的答卷已经保存在考场服务器。"],
  forced: ["已由监考人员交卷", "监考人员已为您交卷，此前的作答全部有效保存。"],
  expired: ["考试时间到，已自动交卷", "时间到时已送达服务器的作答全部保存。"],
  voided: ["本科目作答已判为无效", "处理决定由两名工作人员作出，作答记录已留存。如有异议，可按规定申诉。"],
};

/** @type {Record<string, [string, string, string]>} picture, title, text */
const COVERS = {
  fenced: ["swap", "本场考试已在另一台机器上继续", "这台机器不再保存您的作答。请到监考人员指定的机位继续；如果您没有换机，请立即举手。"],
  released: ["swap", "监考人员已释放本机位", "请按监考人员的安排，在本机或另一台机器重新登录。已作答的内容不会丢失。"],
  other_page: ["windows", "本场考试已在另一个页面打开", "请回到另一个页面继续作答，并关闭本页。"],
  signed_out: ["lock", "登录已失效", "您的作答已保存在本机。请举手联系监考人员；恢复后本页会自动继续。"],
  paused: ["lock", "考试已暂停", "监考人员已暂停考试，计时同时停止。已作答的内容不会丢失；恢复后本页会自动继续，请在座位上安静等候。"],
  away: ["lock", "答卷已遮盖", "您离开过答题窗口。请举手，由监考人员放行后继续作答。已作答的内容全部保存，考试时间照常计算。"],
  deferred: ["calendar", "您已登记缓考", "您本次不参加考试，不记缺考，可以报名以后的批次。请携带好个人物品，安静离开考场；如有疑问，请举手联系监考人员。"],
  absent: ["user-off", "您已被登记为缺考", "如果您在座位上，请立即举手联系监考人员；更正后本页会自动继续。"],
};

/**
 * @param {State} state @param {import("./wire.js").Receipt} receipt
 * @param {number} late answers that came after the end and are kept apart
 * @param {() => void} onLeave
 */
export function receiptView({ state, candidate, sitting }, receipt, late, onLeave) {
  const [title, text] = ENDINGS[state] || ENDINGS.submitted;
  return h(
    "section",
    { class: "slip slip--wide panel receipt" },
    h("div", { class: "receipt__mark" }, icon("check")),
    h("h1", { class: "slip__title", tabindex: "-1" }, title),
    h("p", { class: "slip__lead" }, text),
    h("p", { class: "receipt__label", id: "receipt-label" }, "交卷回执码"),
    h("p", { class: "receipt__code num", "aria-labelledby": "receipt-label" }, receipt.code),
    facts([
      ["考生", candidate.name],
      ["准考证号", candidate.admission_no, true],
      ["考核项目", `${sitting.project} · ${sitting.subject}`],
      ["机位", place(candidate)],
      ["作答", `${receipt.answered} / ${receipt.total} 题`, true],
      ["交卷时间", formatTime(receipt.submitted_ms), true],
      ...(receipt.head_hash ? [["记录校验值", receipt.head_hash.slice(0, 16), true]] : []),
    ]),
    late > 0 ? h("p", { class: "note" }, icon("clock"), h("span", {}, `有 ${late} 次修改在交卷时间之后才送达，已单独保存，由监考人员处理。`)) : null,
    h(
      "ol",
      { class: "next" },
      h("li", {}, "请抄下回执码；查分、申请复核时可作凭证。"),
      h("li", {}, "草稿纸和准考证按监考人员要求留下或带走。"),
      h("li", {}, "点“退出”，然后安静离开考场。"),
    ),
    h("div", { class: "slip__foot slip__foot--centre" }, h("button", { type: "button", class: "btn btn--lg btn--primary", onclick: onLeave }, icon("logout"), "退出")),
  );
}

/** @param {string} cover @param {number} pending changes that are only on this PC */
export function coverView(cover, pending) {
  const [picture, title, text] = COVERS[cover];
  const again = cover === "fenced" || cover === "released" || cover === "signed_out";
  return h(
    "section",
    { class: "slip panel cover" },
    h("div", { class: "cover__mark" }, icon(picture)),
    h("h1", { class: "slip__title", tabindex: "-1" }, title),
    h("p", { class: "slip__lead" }, text),
    pending > 0 ? h("p", { class: "note" }, icon("info"), h("span", {}, `本机还有 ${pending} 次修改没有送达服务器，已保留，请告诉监考人员。`)) : null,
    again ? h("div", { class: "slip__foot slip__foot--centre" }, h("a", { class: "btn btn--lg", href: "/exam/?leave=1" }, "回到登录页")) : null,
  );
}

/** Between hand-in and receipt. @param {{isOffline: boolean, pending: number, isEnded: boolean}} facts */
export function handingInView({ isOffline, pending, isEnded }) {
  const text = isOffline
    ? `网络中断。交卷请求和 ${Math.max(0, pending - 1)} 次修改已存在本机，网络恢复后自动送出。请不要关闭页面，并举手告诉监考人员。`
    : "正在把答卷送到服务器，请稍候，不要关闭页面。";
  return h(
    "section",
    { class: "slip panel cover" },
    h("div", { class: `cover__mark${isOffline ? " cover__mark--warn" : ""}` }, icon(isOffline ? "unplug" : "sync")),
    h("h1", { class: "slip__title", tabindex: "-1" }, isEnded ? "考试已结束" : "正在交卷…"),
    h("p", { class: "slip__lead" }, text),
  );
}
