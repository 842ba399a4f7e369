/** Puts the item editor together: form, notation, saving, preview, checks, keys. */
import { Announcer } from "../page/announce.js";
import { fill, icon, qs, setText } from "../page/dom.js";
import { typedIn } from "../page/typed.js";
import { ItemChecks } from "./item_checks.js";
import { ItemForm } from "./item_form.js";
import { ItemPreview } from "./item_preview.js";
import { ItemSaving } from "./item_saving.js";
import { Notation } from "./notation.js";

const PREVIEW_AFTER_MS = 120;
const PICTURES = { waiting: "pen", saving: "sync", kept: "cloud-check", saved: "check", failed: "warn" };

const editor = qs("#editor");
const element = /** @type {HTMLFormElement} */ (qs("#item-form"));
const { api } = element.dataset;
const announcer = new Announcer(qs("#announcer"));
const form = new ItemForm(element, (words) => announcer.say(words));
const preview = new ItemPreview(editor, (digest) => editor.dataset.figures + digest);
const data = () => form.data();
const checks = new ItemChecks({ api, data, announcer });
const saving = new ItemSaving({ api, data, show, onSaved, onUnsaved });
new Notation(qs("#notation"), element);

let previewTimer = 0;
let isLeaving = false;
let knowsOfFigure = false;

element.addEventListener("input", changed);
element.addEventListener("change", (event) => follow(/** @type {HTMLInputElement} */ (event.target)));
element.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Enter" && target.matches("input") && !event.ctrlKey) event.preventDefault(); // saving is a decision
});
document.addEventListener("keydown", (event) => {
  if (!event.ctrlKey || event.altKey || event.shiftKey) return;
  if (event.code === "KeyS") press(event, save);
  if (event.code === "Enter" || event.code === "NumpadEnter") press(event, submit);
});
qs("#save").addEventListener("click", (event) => press(event, save));
qs("#send").addEventListener("click", (event) => press(event, submit));
window.addEventListener("pagehide", () => { if (!isLeaving) saving.leave(); });
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") saving.keep(); });
const discard = document.querySelector("#discard");
if (discard) discard.addEventListener("click", () => { isLeaving = true; saving.isDirty = false; });

preview.show(form.value());
if (editor.dataset.blank === undefined) checks.later(0);
typedIn(element).forEach(follow);
document.documentElement.dataset.ready = "editor";

/** @param {HTMLInputElement} target */
function follow(target) {
  if (target.name === "file") sendFigure(target);
  else changed();
}

function changed() {
  saving.touch();
  checks.later();
  clearTimeout(previewTimer);
  previewTimer = window.setTimeout(() => preview.show(form.value()), PREVIEW_AFTER_MS);
}

/** @param {Event} event @param {() => void} action */
function press(event, action) {
  event.preventDefault();
  action();
}

/** @returns {Promise<any>} */
function save() {
  return saving.save();
}

/** A figure that was refused is easily overlooked: the first try to submit names it. */
function overlooksFigure() {
  const place = qs("#f-file-error");
  if (place.hidden || knowsOfFigure) return false;
  knowsOfFigure = true;
  const words = `${place.textContent} 插图没有上传，请更换文件；不需要插图时，再点一次送审。`;
  form.refuseFigure(words);
  announcer.say(words);
  qs("#f-file").focus();
  return true;
}

async function submit() {
  if (overlooksFigure()) return;
  const reply = await saving.save();
  if (!reply || !reply.is_saved) return;
  isLeaving = true;
  const button = document.createElement("input");
  Object.assign(button, { type: "hidden", name: "do", value: "submit" });
  element.append(button);
  element.submit();
}

/** @param {import("./item_saving.js").SaveState} state @param {string} words */
function show(state, words) {
  const place = qs("#status");
  place.dataset.state = state;
  fill(place, icon(PICTURES[state]), words);
  if (state === "failed" || state === "saved") announcer.say(words);
}

/** @param {any} reply */
function onSaved(reply) {
  checks.later(0);
  if (!reply.is_saved) {
    announcer.say(reply.message);
    return;
  }
  qs("[name=base]", element).value = reply.base;
  setText(qs("#version"), `第 ${reply.base} 版`);
  qs("#history-link").hidden = reply.base < 2;
  onUnsaved(false);
}

/** @param {boolean} isUnsaved */
function onUnsaved(isUnsaved) {
  const notice = document.querySelector("#restored");
  if (notice && !isUnsaved) /** @type {HTMLElement} */ (notice).hidden = true;
}

/** @param {HTMLInputElement} input */
async function sendFigure(input) {
  const [file] = input.files;
  if (!file) return;
  form.refuseFigure("");
  knowsOfFigure = false;
  const sent = new FormData();
  sent.set("file", file);
  sent.set("csrf_token", qs("[name=csrf_token]", element).value);
  try {
    const response = await fetch(`${api}figure`, { method: "POST", body: sent, headers: { Accept: "application/json" } });
    const reply = await response.json();
    if (reply.ok) form.showFigure(reply.figure, reply.src);
    else form.refuseFigure(reply.message);
  } catch {
    form.refuseFigure("没有连上服务器，插图没有上传，请重试。");
  }
  input.value = "";
}
