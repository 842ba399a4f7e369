/** The dialog that calls a proctor. Fails visibly: then the hand itself goes up. */
import { fill, icon, openDialog, qs } from "../page/dom.js";
import { Refusal } from "./wire.js";

export class RaiseHand {
  /**
   * @param {{send: (request: {kind: string, text: string, item: string | null}) => Promise<{ok: boolean, message?: string}>,
   *          item: () => {id: string, no: number} | null, onSent: () => void}} handlers
   */
  constructor({ send, item, onSent }) {
    this.send = send;
    this.item = item;
    this.onSent = onSent;
    this.dialog = /** @type {HTMLDialogElement} */ (qs("#hand-dialog"));
    this.form = /** @type {HTMLFormElement} */ (qs("#hand-form"));
    qs("#hand-cancel").addEventListener("click", () => this.dialog.close());
    this.form.addEventListener("submit", (event) => this.submit(event));
  }

  open() {
    const item = this.item();
    this.form.reset();
    qs("#hand-failed").hidden = true;
    qs("#hand-item").textContent = item ? `当前第 ${item.no} 题的文字、图或选项` : "试题的文字、图或选项";
    openDialog(this.dialog);
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    const data = new FormData(this.form);
    const kind = String(data.get("kind"));
    const item = this.item();
    const button = qs("#hand-send");
    button.disabled = true;
    try {
      const reply = await this.send({ kind, text: String(data.get("text")).trim(), item: kind === "question" && item ? item.id : null });
      if (!reply.ok) throw new Refusal({ ...reply, message: reply.message || "没有送达。请直接举手。" });
      this.dialog.close();
      this.onSent();
    } catch (error) {
      const box = qs("#hand-failed");
      fill(box, icon("unplug"), error instanceof Refusal ? error.message : "网络中断，没有送达。请直接举手，监考人员会过来。");
      box.hidden = false;
    }
    button.disabled = false;
  }
}
