"""A hand-in whose first replies are lost on the way, and what its repetitions bring back."""

import json
import re
from typing import Any

from playwright.sync_api import Page, Route, expect

RECEIPT = '"receipt":'
PRESS = """times => {
  for (let i = 0; i < times; i += 1) document.querySelector("#hand-in-confirm").click();
}"""
SEND_AGAIN = """async ([body, times]) => {
  const token = document.querySelector("meta[name=csrf-token]").content;
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": token};
  const replies = [];
  for (let i = 0; i < times; i += 1) {
    const reply = await fetch("/exam/api/ops", {method: "POST", headers, body});
    replies.push(await reply.text());
  }
  return replies;
}"""
NO_SOCKET = re.compile("socket.io.min")
LOST = ("net::ERR_FAILED",)  # what the browser writes about each of them


class LostReplies:
    """Lets every hand-in of a page through to the server, but loses its first replies."""

    def __init__(self, page: Page, count: int) -> None:
        self.count = count
        self.lost: list[str] = []
        page.route(NO_SOCKET, lambda route: route.abort())
        page.route("**/exam/api/ops", self._carry)

    def _carry(self, route: Route) -> None:
        body = route.request.post_data or ""
        if '"submit"' not in body:
            route.continue_()
            return
        answer = route.fetch()
        if len(self.lost) < self.count:
            self.lost.append(body)
            route.abort()
        else:
            route.fulfill(response=answer)


def press_hand_in(page: Page, times: int) -> None:
    """Hand in, the last button pressed so many times at once; wait for the receipt."""
    page.get_by_role("button", name="交卷", exact=True).click()
    page.get_by_label("我已检查答卷，交卷后不能再修改。").check()
    page.evaluate(PRESS, times)
    expect(page.get_by_role("heading", name="交卷成功")).to_be_visible()


def receipts_sent_again(page: Page, message: str, times: int) -> list[bytes]:
    """Send the same message of the page so many times more; return each receipt as it was sent."""
    replies: list[str] = page.evaluate(SEND_AGAIN, [message, times])
    return [receipt_bytes(reply) for reply in replies]


def receipt_bytes(reply: str) -> bytes:
    """Return the receipt in a reply, byte for byte."""
    begin = reply.index(RECEIPT) + len(RECEIPT)
    begin += len(reply[begin:]) - len(reply[begin:].lstrip())
    read: tuple[Any, int] = json.JSONDecoder().raw_decode(reply, begin)
    return reply[begin : read[1]].encode()
