/**
 * Sign-in page: spaces typed between groups of digits are dropped, and one press signs in once. A
 * browser that crashed in the middle of an exam goes back to its seat without asking anyone. Before
 * check-in the PC takes part in the load test of its room, until somebody types.
 */
import { LoadTestPart, standBy } from "../exam/load_test.js";
import { forgetPass, readPass } from "../exam/return_pass.js";
import { requestJson } from "../exam/transport.js";
import { qs, setText } from "../page/dom.js";

const form = qs("form.slip");
const csrf = /** @type {HTMLMetaElement} */ (qs("meta[name=csrf-token]")).content;
/** @type {LoadTestPart | null} */
let part = null;
let isTaken = false; // somebody sits here: no load test any more

async function returnToSeat() {
  if (new URLSearchParams(location.search).has("leave") || document.querySelector("#sign-in-error")) return;
  const pass = await readPass();
  if (!pass) return;
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  try {
    const reply = await requestJson("/exam/api/return", { method: "POST", credentials: "same-origin", headers, body: JSON.stringify({ pass }) });
    if (!reply.ok) {
      await forgetPass();
      return;
    }
    setText(qs(".slip__lead", form), "正在回到您的答卷…");
    location.replace("/exam/room");
  } catch (unreachable) {
    console.warn("the seat could not be asked for", unreachable); // the form is there for that
  }
}

/** The client of sockets is loaded with the first load test only. @returns {Promise<any>} nothing where there is none */
function socketClient() {
  const { src, integrity } = qs("#load-test").dataset;
  const { io } = /** @type {any} */ (window);
  if (io) return Promise.resolve(io);
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = src;
    script.integrity = integrity;
    script.onload = () => resolve(/** @type {any} */ (window).io);
    script.onerror = () => resolve(null);
    document.head.append(script);
  });
}

/** @param {number} secondsLeft */
function showLoadTest(secondsLeft) {
  const box = qs("#load-test");
  box.hidden = !secondsLeft;
  setText(qs("span", box), secondsLeft ? `考场压力测试中，本机正在模拟答题，还剩 ${secondsLeft} 秒。请不要关机。` : "");
}

async function takePartInLoadTests() {
  await standBy(
    async () => {
      const io = await socketClient();
      const connect = (name, pass) => (io ? io(name, { transports: ["websocket"], auth: { pass }, forceNew: true }) : null);
      part = new LoadTestPart({ csrf, connect, onChange: showLoadTest });
      if (isTaken) part.stop();
      return part;
    },
    () => isTaken,
  );
}

returnToSeat();
takePartInLoadTests();

form.addEventListener("input", () => {
  isTaken = true;
  if (part) part.stop();
});

form.addEventListener("submit", () => {
  for (const name of ["admission_no", "room_code"]) {
    const input = form.elements.namedItem(name);
    input.value = input.value.normalize("NFKC").replace(/[\s-]/g, "");
  }
  qs("button[type=submit]", form).disabled = true;
});

addEventListener("pageshow", () => { qs("button[type=submit]", form).disabled = false; });

/** After a refusal the first empty field takes the focus, otherwise the code, which is what goes wrong. */
if (document.querySelector("#sign-in-error")) {
  const number = form.elements.namedItem("admission_no");
  const wrong = number.value ? form.elements.namedItem("room_code") : number;
  wrong.focus();
  wrong.select();
}
