/** A computer that asked to take over: asks each second what the proctor decided, and goes on when approved. */
import { requestJson } from "../exam/transport.js";
import { qs, setText } from "../page/dom.js";

const ASK_MS = 1000;

/** @type {Record<string, [string, string]>} title and text of what ends the waiting */
const REFUSED = {
  denied: ["监考人员没有批准换机", "请回到原来的机位继续作答；有疑问请举手。"],
  replaced: ["换机申请已失效", "请回到登录页重新登录；已在另一台机器上登录的，请到那台机器上等候。有疑问请举手。"],
  unknown: ["没有找到换机申请", "请回到登录页重新登录，或举手联系监考人员。"],
};

const csrf = /** @type {HTMLMetaElement} */ (qs("meta[name=csrf-token]")).content;
const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };

/** @returns {Promise<boolean>} whether the waiting is over */
async function look() {
  const reply = await requestJson("/exam/api/transfer", { method: "POST", credentials: "same-origin", headers, body: "{}" });
  if (reply.state === "taken") location.replace("/exam/room");
  const words = REFUSED[reply.state];
  if (words) {
    setText(qs("#transfer-title"), words[0]);
    setText(qs("#transfer-text"), words[1]);
  }
  return reply.state === "taken" || Boolean(words);
}

async function wait() {
  for (let isOver = false; !isOver; ) {
    try {
      isOver = await look();
    } catch (unreachable) {
      console.warn("the server could not be asked", unreachable);
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

wait();
