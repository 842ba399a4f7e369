"""A proctor under pressure (G28), the console's share of it: clicks, time, no wrong seat; JSON.

    python benchmarks/proctor_pressure.py [--seats 30] [--tries 50]

Five incidents in three minutes are written into the store as the pages' reports are; a script finds
each in the list, opens the seat, acts and settles it, by mouse. Then a hand goes up ``tries``
times: the pointer is at its row when others arrive, and clicks where the row was. What a person
needs to notice, read and decide is not measured here; that takes people.
"""

import json
import os
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from benchmarks.exam_home import Seat, prepare, seat_everyone
from exam_server.config import read_settings
from exam_server.delivery.candidate_actions import raise_hand
from exam_server.delivery.models import RoomEvent
from exam_server.opening import open_database
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.server_process import ServerProcess
from registry.database import Database
from tests.support.browser import Journey, chromium, sign_in_staff

KINDS = ("technical", "personal")
BETWEEN_S = 36.0  # five in three minutes
ON_THE_WAY_MS = 1500  # of the pointer: longer than the wall takes to show something new


class Console:
    """The wall as a hand uses it; counts clicks."""

    def __init__(self, page: Page, database: Database, seats: list[Seat]) -> None:
        self.page, self.database, self.seats = page, database, seats
        self.clicks = 0

    def report(self, place: int, text: str) -> None:
        """Let the candidate of a place raise a hand."""
        kind, now = KINDS[place % len(KINDS)], datetime.now(UTC)
        with self.database.transaction() as db:
            raise_hand(db, self.seats[place].attempt_id, kind, text, now=now)

    def row(self, text: str) -> Locator:
        return self.page.locator("#events .event", has_text=text)

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def settle(self, place: int, text: str) -> float:
        """Handle an incident from its row; return the seconds from its report."""
        began = time.monotonic()
        self.report(place, text)
        expect(self.row(text)).to_be_visible(timeout=20_000)
        self.click(self.row(text).locator(".event__who"))
        expect(self.page.locator(".detail__name")).to_contain_text(f"{place + 1:02d} ")
        self.click(self.page.locator("#detail").get_by_role("button", name="发消息"))
        dialog = self.page.get_by_role("dialog")
        self.click(dialog.locator(".phrases button").first)
        self.click(dialog.locator("#action-confirm"))
        expect(dialog).to_have_count(0)
        self.click(self.row(text).get_by_role("button", name="处理"))
        expect(self.row(text)).to_have_count(0)
        return time.monotonic() - began

    def aim(self, place: int, others: list[int], text: str) -> str:
        """Click where the row's button was, after others have arrived; return whose was settled."""
        self.report(place, text)
        button = self.row(text).first.get_by_role("button", name="处理")
        expect(button).to_be_visible(timeout=20_000)
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 5, box["y"] + 5)
        for other in others:
            self.report(other, f"{text} 旁 {other}")
        self.page.wait_for_timeout(ON_THE_WAY_MS)
        self.page.mouse.click(box["x"] + 5, box["y"] + 5)
        self.page.mouse.move(5, 5)
        expect(self.row(text)).to_have_count(len(others), timeout=20_000)
        left = self.row(text).all_inner_texts()
        for after in reversed(range(len(others))):
            self.row(text).first.get_by_role("button", name="处理").click()
            expect(self.row(text)).to_have_count(after, timeout=20_000)
        return "right" if all("旁" in one for one in left) else "wrong"


def measure(home: Path, seats: int, tries: int) -> dict[str, Any]:
    """Prepare, play, count."""
    database = open_database(read_settings({"KAOHE_HOME": str(home)}))
    (sitting_id,) = prepare(database, seats)
    begun = seat_everyone(database, sitting_id)
    order = random.Random(1)
    with ServerProcess(home) as server, chromium() as browser:
        journey = Journey(browser, server.address)
        page = journey.page(is_patient=False)
        sign_in_staff(page, "jiankao01", PASSWORD)
        page.goto(f"/proctor/{sitting_id}")
        expect(page.locator("#seats .seat")).to_have_count(seats)
        clear(database)
        console, taken = Console(page, database, begun), []
        for number, place in enumerate(order.sample(range(seats), 5)):
            taken.append(console.settle(place, f"事件 {number}"))
            page.wait_for_timeout(max(0.0, 1000 * (BETWEEN_S - taken[-1])) if number < 4 else 0)
        clicks = console.clicks
        hit = []
        for number in range(tries):
            place, *others = order.sample(range(seats), 3)
            hit.append(console.aim(place, others, f"第 {number:02d} 次"))
        journey.close()
    database.engine.dispose()
    return {
        "incidents": len(taken),
        "seconds_each": [round(one, 1) for one in taken],
        "clicks_each": clicks / len(taken),
        "tries": tries,
        "wrong_seat": hit.count("wrong"),
    }


def clear(database: Database) -> None:
    """Settle what the seating left open."""
    with database.transaction() as db:
        for event in db.scalars(select(RoomEvent).where(RoomEvent.is_open)):
            event.is_open = False


@click.command()
@click.option("--seats", default=30, show_default=True)
@click.option("--tries", default=50, show_default=True)
def main(seats: int, tries: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), seats, tries)
    figures |= {"machine_cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    click.echo(json.dumps(figures))


if __name__ == "__main__":
    main()
