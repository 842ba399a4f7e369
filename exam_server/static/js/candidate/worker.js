/**
 * The service worker of the exam: the one page and what it is made from stay on the PC, so that a
 * reload during an outage brings the page back. It keeps no answer and no reply of the server; the
 * journal does that, encrypted. Requests of the exam itself never pass through here.
 */
const CACHE = "kaohe-exam";
const PAGE = "/exam/room";
const PATIENCE_MS = 4000;
const worker = /** @type {any} */ (self);

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("message", (event) => event.waitUntil(keep(event.data.keep)));
worker.addEventListener("fetch", (event) => {
  const { pathname, search } = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && pathname === PAGE) event.respondWith(fresh(event.request));
  else if (pathname.startsWith("/static/")) event.respondWith(/[?&]v=/.test(search) ? known(event.request) : fresh(event.request));
});

/** The page comes last: what it is made from is here before it. @param {string[]} addresses */
async function keep(addresses) {
  const cache = await caches.open(CACHE);
  const wanted = new Set(addresses);
  for (const address of addresses) {
    const response = await store(cache, address).catch(() => null);
    if (response && /\.css(\?|$)/.test(address)) for (const font of await fontsOf(response, address)) wanted.add(font);
  }
  for (const address of wanted) if (!addresses.includes(address)) await store(cache, address).catch(() => null);
}

/** @param {Cache} cache @param {string} address @returns {Promise<Response | null>} a copy to read */
async function store(cache, address) {
  const isVersioned = /[?&]v=/.test(address);
  const before = isVersioned && (await cache.match(address));
  if (before) return before;
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok || response.redirected) return null;
  await cache.put(address, response.clone());
  return response;
}

/** @param {Response} style @param {string} address @returns {Promise<string[]>} */
async function fontsOf(style, address) {
  const found = [...(await style.text()).matchAll(/url\(["']?([^"')]+\.woff2[^"')]*)["']?\)/g)];
  return found.map(([, path]) => new URL(path, address).href);
}

/** Files whose address changes with their content. @param {Request} request */
async function known(request) {
  return (await caches.match(request)) || fetch(request);
}

/** From the server, and from the PC when the server is silent. @param {Request} request */
async function fresh(request) {
  const kept = await caches.match(request, { ignoreSearch: request.mode === "navigate" });
  if (!kept) return fetch(request);
  const slow = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
  const asked = fetch(request).then((response) => (response.status >= 500 ? kept : response), () => kept);
  return Promise.race([asked, slow]);
}
