/** Sends the chosen scans one by one into a new batch, so that neither side holds them all at once. */
import { qs, setText } from "../page/dom.js";

const TRIES = 3; // for every file; a file that arrived twice is told apart by the reader
const PAUSE_MS = 1500;

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-upload]"));

/**
 * Post a form; `told` hears how many bytes have left.
 * @param {string} address @param {FormData} data @param {(sent: number) => void} [told]
 * @returns {Promise<any>}
 */
function post(address, data, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "json";
    request.upload.onprogress = (event) => told && told(event.loaded);
    request.onerror = () => reject(new Error(""));
    request.onload = () => {
      const reply = request.response || {};
      if (request.status < 400) resolve(reply);
      else reject(Object.assign(new Error(reply.message || ""), { isFinal: request.status < 500 }));
    };
    request.send(data);
  });
}

/** @param {() => Promise<any>} act */
async function patiently(act) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await act();
    } catch (error) {
      if (error.isFinal || tried === TRIES) throw error;
      await new Promise((go) => setTimeout(go, PAUSE_MS));
    }
  }
}

/** @param {HTMLFormElement} from */
function withToken(from) {
  const data = new FormData();
  data.set("csrf_token", /** @type {HTMLInputElement} */ (qs("[name=csrf_token]", from)).value);
  return data;
}

/** @param {HTMLFormElement} from @param {File[]} files */
async function send(from, files) {
  const panel = qs("[data-sent]", from);
  const total = files.reduce((sum, file) => sum + file.size, 0) || 1;
  let before = 0;
  panel.hidden = false;
  const opening = withToken(from);
  opening.set("name", files.length > 1 ? `${files[0].name} +${files.length - 1}` : files[0].name);
  const batch = await patiently(() => post(from.dataset.upload || "", opening));
  for (const [place, file] of files.entries()) {
    const data = withToken(from);
    data.set("files", file);
    await patiently(() => post(batch.files, data, (sent) => tell(panel, place + 1, files.length, (before + sent) / total)));
    before += file.size;
  }
  await patiently(() => fetch(batch.start, { method: "POST", body: withToken(from) }));
  location.assign(batch.page);
}

/** @param {any} panel @param {number} number @param {number} count @param {number} share */
function tell(panel, number, count, share) {
  const percent = Math.min(100, Math.floor(100 * share));
  qs("progress", panel).value = percent;
  const text = (form && form.dataset.sending) || "";
  setText(qs("[role=status]", panel), text.replace("{number}", String(number)).replace("{count}", String(count)).replace("{percent}", String(percent)));
}

if (form) {
  form.addEventListener("submit", (event) => {
    const files = [.../** @type {HTMLInputElement} */ (qs("input[type=file]", form)).files];
    if (!files.length) return;
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (qs("button[type=submit]", form));
    button.disabled = true;
    send(form, files).catch((error) => {
      setText(qs("[data-sent] [role=status]", form), error.message || form.dataset.failed || "");
      button.disabled = false;
    });
  });
}
