/**
 * Requests to go on at another computer: an alarm over the seat map until someone has compared the
 * face with the photograph and decided. The old computer works on meanwhile.
 *
 * @typedef {import("./room.js").Seat} Seat
 */
import { fill, h, icon, openDialog, qs } from "../page/dom.js";
import { twoDigits } from "./seatmap.js";

export class TransferDesk {
  /** @param {import("./room.js").RoomModel} room @param {(name: string, payload: object) => Promise<any>} send @param {(text: string) => void} onDone */
  constructor(room, send, onDone) {
    this.room = room;
    this.send = send;
    this.onDone = onDone;
    this.box = qs("#transfers");
    this.dialog = /** @type {HTMLDialogElement} */ (qs("#transfer-dialog"));
    this.form = /** @type {HTMLFormElement} */ (qs("#transfer-form"));
    this.shown = "";
    /** @type {Seat | null} */
    this.seat = null;
    qs("#transfer-cancel").addEventListener("click", () => this.dialog.close());
    qs("#transfer-deny").addEventListener("click", () => this.decide("deny_transfer"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.decide("approve_transfer");
    });
  }

  render() {
    const asking = this.room.seats.filter(({ transfer }) => transfer);
    const key = JSON.stringify(asking.map(({ no, transfer }) => [no, transfer]));
    if (key === this.shown) return;
    this.shown = key;
    this.box.hidden = !asking.length;
    this.box.replaceChildren(...asking.map((seat) => this.row(seat)));
  }

  /** @param {Seat} seat */
  row(seat) {
    const { from, to, approved } = seat.transfer;
    const words = approved ? `已批准，等待 ${to} 接着考（2 分钟内有效）` : `${to} 要求接着考，原机位 ${from}`;
    return h(
      "div",
      { class: "transfer" },
      icon("swap"),
      h("span", { class: "transfer__text" }, h("b", {}, `换机 ${twoDigits(seat.no)} ${seat.name}`), ` ${words}`),
      h("button", { type: "button", class: "btn btn--sm", onclick: () => this.open(seat) }, approved ? "重新办理" : "核对并办理"),
    );
  }

  /** @param {Seat} seat */
  open(seat) {
    this.seat = seat;
    const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", { class: "num" }, value));
    qs("#transfer-title").textContent = `换机：${twoDigits(seat.no)} 号 ${seat.name}`;
    fill(
      qs("#transfer-who"),
      h("img", { class: "transfer__photo", src: seat.photo || "/static/assets/portrait.svg", alt: seat.photo ? `${seat.name} 的照片` : "没有照片" }),
      h("dl", { class: "detail__facts" }, fact("准考证号", seat.admission_no), fact("原机位", `${twoDigits(seat.no)} 号（${seat.transfer.from}）`), fact("新机器", seat.transfer.to)),
    );
    fill(qs("#transfer-seat"), h("option", { value: "" }, "不改座位号"), ...this.spare().map((no) => h("option", { value: no }, `备用 ${twoDigits(no)} 号`)));
    this.form.reset();
    this.fail("");
    openDialog(this.dialog);
  }

  /** Seats of the room where nobody sits. */
  spare() {
    const { rows, columns } = this.room.sitting;
    const taken = new Set(this.room.seats.flatMap(({ no, moved_to: moved }) => [no, moved]));
    return Array.from({ length: rows * columns }, (_, at) => at + 1).filter((no) => !taken.has(no));
  }

  /** @param {"approve_transfer" | "deny_transfer"} name */
  async decide(name) {
    const data = new FormData(this.form);
    const isApproval = name === "approve_transfer";
    if (isApproval && !data.has("matches")) return this.fail("请先当面核对照片，并勾选“照片与本人一致”。");
    const reason = String(data.get("reason") || "").trim();
    if (!isApproval && !reason) return this.fail("请填写拒绝换机的原因。");
    const seat = Number(data.get("seat")) || null;
    const payload = isApproval ? { transfer: this.seat.transfer.id, matches: true, seat } : { transfer: this.seat.transfer.id, reason };
    try {
      const reply = await this.send(name, payload);
      if (!reply.ok) return this.fail(reply.message || `没有执行（${reply.error}）。请核对后再试。`);
      this.dialog.close();
      return this.onDone(isApproval ? `已批准换机：${this.seat.name}` : `已拒绝换机：${this.seat.name}`);
    } catch (unreachable) {
      return this.fail("没有收到服务器的确认，不知道是否已经执行。请先看座位图和事件，再决定是否重做。");
    }
  }

  /** @param {string} text */
  fail(text) {
    const box = qs("#transfer-failed");
    box.hidden = !text;
    if (text) fill(box, icon("warn"), h("span", {}, text));
  }
}
