/** Tells the server when a page with secret items is sent to a printer; the address alone, no words. */
import { qs } from "./dom.js";

const address = qs("[data-printed]").dataset.printed;
const token = qs("meta[name=csrf-token]").content;

window.addEventListener("beforeprint", () => {
  const body = new URLSearchParams({ page: location.pathname, csrf_token: token });
  void fetch(address, { method: "POST", body, keepalive: true });
});
