/** How the room's server is doing, as one line at the foot of the wall; what is wrong says what to do. */
import { requestJson } from "../exam/transport.js";
import { fill, h, icon, qs } from "../page/dom.js";

const EVERY_MS = 15000;
const NAMES = { seats: "在线", queue: "等待写盘", commit_ms: "保存确认", store: "存储", free_gigabytes: "磁盘", sync_ms: "写盘", clock_step_s: "时钟", copy_age_s: "备份", roots: "存证", witness_lag_s: "备机" };
const SHOWN = ["commit_ms", "free_gigabytes", "clock_step_s", "roots", "witness_lag_s"];
const LOOKS = { good: "", warning: "badge--warn" };

/** @typedef {{value: number, grade: string, shown: string, advice: string}} Figure */

export class HealthStrip {
  /** @param {(text: string) => void} say */
  constructor(say) {
    this.say = say;
    this.box = qs("#health");
    this.spoken = "";
  }

  open() {
    this.look();
    setInterval(() => this.look(), EVERY_MS);
  }

  async look() {
    try {
      const told = await requestJson("/health/api/figures", { credentials: "same-origin" });
      this.render(told.figures);
    } catch (unreachable) {
      this.box.dataset.grade = "unknown"; // the wall itself says that the connection is lost
    }
  }

  /** @param {Record<string, Figure>} figures */
  render(figures) {
    const wrong = Object.entries(figures).filter(([code, { grade, advice }]) => code !== "seats" && grade !== "good" && advice);
    const gravest = wrong.some(([, { grade }]) => grade !== "warning") ? "danger" : wrong.length ? "warning" : "good";
    this.box.dataset.grade = gravest;
    const facts = SHOWN.filter((code) => figures[code]).map((code) => h("span", { class: "health__fact" }, `${NAMES[code]} `, h("b", { class: `num ${LOOKS[figures[code].grade] === undefined ? "health__bad" : ""}` }, short(code, figures[code]))));
    const lines = wrong.map(([code, { shown, advice }]) => h("p", { class: "health__wrong" }, icon("warn"), h("span", {}, `${NAMES[code] || code} ${shown}：${advice}。`)));
    fill(this.box, h("p", { class: "health__line" }, h("a", { href: "/health" }, "服务器"), ...facts), ...lines);
    const words = gravest === "danger" ? wrong.map(([code, { advice }]) => `${NAMES[code] || code}：${advice}`).join("；") : "";
    if (words && words !== this.spoken) this.say(words);
    this.spoken = words;
  }
}

/** @param {string} code @param {Figure} figure */
function short(code, { shown, value }) {
  if (code === "clock_step_s") return Math.abs(value) < 0.05 ? "准" : `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(1)} 秒`;
  return shown;
}
