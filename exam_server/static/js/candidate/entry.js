/** The views before the paper: check of own data, rules, waiting. Each returns the content of the hall. */
import { formatDay, formatMinute } from "../exam/clock.js";
import { fill, h, icon } from "../page/dom.js";

/** @typedef {import("./wire.js").State} State */

const STEPS = ["核对信息", "考生须知", "等待开考"];

/** @param {number} now place in STEPS */
function steps(now) {
  const step = (text, i) =>
    h("li", { class: `step${i < now ? " step--done" : ""}`, "aria-current": i === now ? "step" : null }, h("span", { class: "step__no num" }, i < now ? icon("check") : String(i + 1)), text);
  return h("ol", { class: "steps", "aria-label": "开考前的步骤" }, ...STEPS.map(step));
}

/** @param {[string, string | number | null | undefined, boolean?][]} rows name, value, is a number */
export function facts(rows) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "slip__facts" }, ...shown.map(([name, value, isNumber]) => h("div", {}, h("dt", {}, name), h("dd", { class: isNumber ? "num" : null }, String(value)))));
}

/** @param {{photo: string | null, name: string}} person @param {string} look */
export function portrait({ photo, name }, look) {
  const image = h("img", { class: look, src: photo || "/static/assets/portrait.svg", alt: photo ? `${name} 的照片` : "没有照片" });
  return image;
}

/** @param {number | string} no */
export function twoDigits(no) {
  return String(no).padStart(2, "0");
}

/** @param {import("./wire.js").Candidate} candidate */
export function place({ room, seat_no: seat }) {
  return `机位 ${twoDigits(seat)} · ${room}`;
}

/** @param {State} state @param {() => void} onConfirm */
export function checkView({ candidate, sitting }, onConfirm) {
  const wrong = h("p", { class: "note", role: "status", hidden: true }, icon("hand"), h("span", {}, "请不要点“信息无误”。请举手，由监考人员核对后处理。"));
  const first = formatMinute(sitting.starts_ms);
  return h(
    "section",
    { class: "slip slip--wide panel" },
    steps(0),
    h("h1", { class: "slip__title" }, "请核对您的信息"),
    h(
      "div",
      { class: "identity" },
      portrait(candidate, "identity__photo"),
      h(
        "div",
        {},
        h("p", { class: "identity__name" }, candidate.name),
        facts([
          ["性别", candidate.gender],
          ["证件号码", candidate.id_number_masked, true],
          ["准考证号", candidate.admission_no, true],
          ["考场", candidate.room],
          ["机位", twoDigits(candidate.seat_no), true],
          ["考核项目", sitting.project],
          ["科目", sitting.subject],
          ["批次", `${sitting.batch} 批 · 第 ${sitting.number} 场`],
          ["时间", `${formatDay(sitting.starts_ms)} ${first}，${sitting.minutes} 分钟${candidate.approved_min ? `，经批准延长 ${candidate.approved_min} 分钟` : ""}`],
          ["考核机构", sitting.institution],
        ]),
      ),
    ),
    wrong,
    h(
      "div",
      { class: "slip__foot" },
      h("button", { type: "button", class: "btn btn--lg", onclick: () => { wrong.hidden = false; } }, "信息有误"),
      h("button", { type: "button", class: "btn btn--lg btn--primary", onclick: onConfirm }, "信息无误，继续"),
    ),
  );
}

/** @param {State} state @param {() => void} onConfirm */
export function rulesView({ rules, sitting }, onConfirm) {
  const go = h("button", { type: "button", class: "btn btn--lg btn--primary", disabled: true, onclick: onConfirm }, "进入考场等候");
  const why = h("p", { class: "slip__why" }, "勾选“我已阅读”后可以继续");
  const tick = h("input", {
    type: "checkbox",
    onchange: () => {
      go.disabled = !tick.checked;
      why.hidden = tick.checked;
    },
  });
  return h(
    "section",
    { class: "slip slip--wide panel" },
    steps(1),
    h("h1", { class: "slip__title" }, "考生须知"),
    h("p", { class: "slip__lead" }, `${sitting.project} · ${sitting.subject}，考试时间 ${sitting.minutes} 分钟`),
    h("ol", { class: "rules", tabindex: "0", "aria-label": "考生须知" }, ...rules.map((text) => h("li", {}, text))),
    h("label", { class: "check check--strong" }, tick, "我已阅读并将遵守以上规定"),
    h("div", { class: "slip__foot" }, why, go),
  );
}

const PACKAGE_NOTES = {
  none: null,
  fetching: ["sync", "正在下载加密的试卷…"],
  stored: ["lock", "试卷已加密下载到本机，开考后自动打开。"],
  failed: ["warn", "试卷没有下载到本机，开考后从服务器取得。"],
  plain: ["info", "开考后从服务器取得试卷。"],
};

/** Say where the paper is, to the candidate and to a proctor who walks past. @param {import("../exam/package.js").PackageState} state */
export function showPackage(state) {
  const line = document.querySelector("#package-note");
  if (!line || line.dataset.state === state) return;
  line.dataset.state = state;
  const note = PACKAGE_NOTES[state];
  line.hidden = !note;
  if (note) fill(line, icon(note[0]), h("span", {}, note[1]));
}

/** @param {State} state @param {HTMLElement} selfTest @param {HTMLElement | null} fullScreen a button */
export function waitingView({ candidate, sitting }, selfTest, fullScreen) {
  const tip = (name, text) => h("li", {}, icon(name), h("span", {}, text));
  return h(
    "section",
    { class: "slip slip--wide slip--test panel waiting" },
    steps(2),
    h("h1", { class: "slip__title" }, "等待监考员开考"),
    h("p", { class: "waiting__clock num", id: "waiting-clock", "aria-hidden": "true" }, "--:--:--"),
    h("p", { class: "slip__lead" }, `计划 ${formatMinute(sitting.starts_ms)} 开考，时长 ${sitting.minutes} 分钟。开考后本页自动进入答题，不需要刷新。`),
    h(
      "div",
      { class: "waiting__who" },
      portrait(candidate, "candidate__photo"),
      h("div", {}, h("p", { class: "candidate__name" }, candidate.name), h("p", { class: "candidate__id" }, "准考证号 ", h("span", { class: "num" }, candidate.admission_no)), h("p", { class: "candidate__id" }, place(candidate))),
      fullScreen,
    ),
    selfTest,
    h(
      "ul",
      { class: "tips" },
      h("li", { id: "package-note", hidden: true }),
      tip("cloud-check", "每次选择都会自动保存，不需要点保存。"),
      tip("unplug", "网络中断时可以继续作答，恢复后自动补传。"),
      tip("hand", "有问题请点页面上方的“举手”，或直接举手。"),
    ),
  );
}
