/** A computer's handshake: go to the one-time address, there show the hash that the browser computes. */

const place = /** @type {HTMLElement} */ (document.getElementById("handshake"));
const API_WAIT_MS = 5000;

if (place.dataset.go) location.replace(place.dataset.go);
else prove();

async function prove() {
  const { configKey = "", browserExamKey = "" } = await hashes();
  const token = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]')).content;
  const response = await fetch(place.dataset.prove || "", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
    body: JSON.stringify({ configKey, browserExamKey }),
  });
  const reply = await response.json();
  if (reply.ok) location.replace("/exam/");
  else place.textContent = reply.message;
}

/** The hashes over the address of this page; empty in any other browser. @returns {Promise<{configKey?: string, browserExamKey?: string}>} */
function hashes() {
  const browser = /** @type {any} */ (window).SafeExamBrowser;
  if (!browser || !browser.security) return Promise.resolve({});
  return new Promise((resolve) => {
    const read = () => resolve({ configKey: browser.security.configKey, browserExamKey: browser.security.browserExamKey });
    setTimeout(read, API_WAIT_MS);
    browser.security.updateKeys(read);
  });
}
