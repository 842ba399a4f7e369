"""The day of a scanning clerk: design, print, scan with troubles, review, reconcile, release."""

import logging
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from exam_server.card_reconciliation import record_absentees
from exam_server.marking import mark_card_sitting
from exam_server.rehearsal.batch import BatchOrder, build_batch
from exam_server.rehearsal.cards import PaperCandidate, paper_candidates, print_sitting
from item_bank.queries import frozen_key
from item_bank.rules.paper import KeyedItem
from omr.batch_queries import pages_of
from omr.layout_queries import card_of_sitting
from omr.layouts import layout_named
from omr.printing import print_blank
from omr.queries import known_serials
from omr.reader.blank import render_page
from omr.reader.reading import GrayImage
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR
from scoring.models import SubjectResult
from scoring.rules.marking import mark_theory
from tests.support import clerk_day
from tests.support.browser import Journey, grave_violations, sign_in_staff, wait_for_keys
from tests.support.clerk_day import Fate, Pile, PrintedRoom
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
ROOMS, SEATS = 12, 25
SEED = 11
KEYS = {"right": "1", "wrong": "2"}
SENT_WITHIN_MS = 60_000
UNTIL_READ = """async (address) => {
  while (!(await (await fetch(address)).json()).finished) {
    await new Promise((go) => setTimeout(go, 1000));
  }
}"""
SHOWN = "[...document.images].every((picture) => picture.complete)"
log = logging.getLogger("kaohe")


def test_day_of_a_scanning_clerk(journey: Journey, served: Served, tmp_path: Path) -> None:
    """Design, print, scan one pile, review, reconcile, release and mark; all twelve are found."""
    clerk, second, office = (journey.page() for _ in range(3))
    sign_in_staff(clerk, "saomiao01", PASSWORD)
    sign_in_staff(second, "saomiao02", PASSWORD)
    sign_in_staff(office, "jigou01", PASSWORD)
    design_a_card(clerk)
    sittings = day_without_cards(served)
    rooms, spoiled = print_all(office, served, sittings)
    pile = clerk_day.make_pile(rooms, spoiled=spoiled, strangers=strangers(served))
    assert len(pile.pages) >= 300
    assert len(pile.fates) == 10  # two more: the card upside down is read, one lies aside

    clerk.goto(f"/cards/sittings/{sittings[0]}/day")
    batch_id = scan(clerk, clerk_day.write_pdf(tmp_path / "pile.pdf", *pile.pages))
    check_fates(served, batch_id, pile)
    assert grave_violations(clerk) == []

    owners = pile.owners
    waits = review(clerk, batch_id, owners)
    expect(clerk.get_by_text("页等待另一人")).to_be_visible()
    waits += review(second, batch_id, owners)
    waits += review(clerk, batch_id, owners)
    told = len(waits), statistics.median(waits), max(waits)
    log.info("review desk: %d key presses, next item after %.3f s (median), %.3f s (worst)", *told)
    expect(clerk.get_by_text("本批次已复核完毕")).to_be_visible()

    record_rooms(clerk, served, sittings, rooms)
    short_of, seat = clerk_day.FORGOTTEN
    release(clerk, batch_id)
    expect(clerk.get_by_text("还有 1 个考场与考场记录不符，没有移交")).to_be_visible()
    held = clerk.locator(f'tr[data-room="{sittings[short_of]}"]')
    held.get_by_role("link", name="1 处不符").click()
    row = clerk.locator("tr").filter(has_text=rooms[short_of].people[seat].admission_no)
    expect(row).to_contain_text("到场无卡")

    clerk.goto(f"/cards/sittings/{sittings[short_of]}")
    late = clerk_day.write_pdf(tmp_path / "late.pdf", pile.aside[clerk_day.FORGOTTEN])
    late_id = scan(clerk, late)
    release(clerk, late_id)
    expect(clerk.get_by_text(f"已移交 {SEATS} 页到评分")).to_be_visible()
    clerk.goto(f"/cards/batches/{batch_id}")
    expect(clerk.locator("[data-batch-state]")).to_have_text("已移交评分")
    mark_rooms(clerk, served, sittings)
    check_marks(served, rooms)


def design_a_card(clerk: Page) -> None:
    clerk.goto("/cards/designs/")
    clerk.get_by_role("link", name="设计新版式").click()
    clerk.get_by_label("版式代码").fill("kh-day")
    clerk.get_by_label("第 2 行题数").fill("10")
    clerk.get_by_label("第 2 行选项数").fill("5")
    expect(clerk.locator("[data-findings]")).to_contain_text("没有影响识读的问题")
    clerk.get_by_role("button", name="保存为新版本").click()
    ask = clerk.locator("tr").filter(has_text="KH-DAY").locator("details.ask")
    ask.filter(has_text="发布").locator("summary").click()
    ask.get_by_role("checkbox").check()
    ask.get_by_role("button", name="发布").click()
    expect(clerk.locator("tr").filter(has_text="KH-DAY")).to_contain_text("已发布")


def day_without_cards(served: Served) -> tuple[int, ...]:
    starts_at = datetime.now(UTC) - timedelta(days=25)
    order = BatchOrder(
        0, SEATS, starts_at, SEED, first_person=1_000, issues_cards=False, card_rooms=ROOMS
    )
    with served.database.transaction() as db:
        return build_batch(db, served.world.office, order).card_sitting_ids


def print_all(
    office: Page, served: Served, sittings: Sequence[int]
) -> tuple[list[PrintedRoom], bytes]:
    """Print the cards of every room, the last by the usual card; one is spoiled and replaced."""
    office.goto(f"/cards/sittings/{sittings[0]}")
    form, usual = order_form(office, "KH-DAY"), order_form(office, "JS-ZX")
    pdfs = [print_cards_of(office, one, form) for one in sittings[:-1]]
    pdfs.append(print_cards_of(office, sittings[-1], usual))
    room_no, seat = clerk_day.SPOILED
    spoiled, sitting_id = pdfs[room_no], sittings[room_no]
    office.goto(f"/cards/sittings/{sitting_id}/reconciliation")
    row = office.locator("tbody tr").nth(seat)
    row.locator("summary").click()
    row.get_by_label("原因").fill("污损")
    row.get_by_role("checkbox").check()
    row.get_by_role("button", name="作废").click()
    expect(office.get_by_text("重新打印时会给考生一张新卡")).to_be_visible()
    pdfs[room_no] = print_cards_of(office, sitting_id, form)
    with served.database.reading() as db:
        rooms = []
        for sitting_id, pdf in zip(sittings, pdfs, strict=True):
            card, known = card_of_sitting(db, sitting_id), known_serials(db, sitting_id)
            assert card is not None
            people = paper_candidates(db, sitting_id, seed=SEED)
            in_use = [person for person in people if person.serial in known]
            rooms.append(PrintedRoom(pdf, in_use, card[0]))
    return rooms, spoiled


def strangers(served: Served) -> dict[Fate, GrayImage]:
    """Return a page of another form, and a card of an exam of another day."""
    other = print_blank(layout_named("kh-a4-100"), font_regular=FONT_REGULAR, font_bold=FONT_BOLD)
    office, sitting_id = served.world.office, served.world.waiting.card_sitting_id
    with served.database.reading() as db:
        elsewhere = print_sitting(db, sitting_id, actor=office.actors["jigou01"])
    return {
        ("wrong_form", "poor_match"): render_page(other, dpi=clerk_day.DPI),
        ("foreign", "other_exam"): render_page(elsewhere, dpi=clerk_day.DPI),
    }


def check_fates(served: Served, batch_id: int, pile: Pile) -> None:
    """Every trouble is found for what it is, and nothing else is taken for one."""
    with served.database.reading() as db:
        pages = pages_of(db, batch_id)
        found = {page.position: (str(page.state), page.reason) for page in pages}
    assert len(found) == len(pile.pages)
    plain = ("read", None)
    assert {at: fate for at, fate in found.items() if fate != plain} == pile.fates


def record_rooms(
    clerk: Page, served: Served, sittings: Sequence[int], rooms: Sequence[PrintedRoom]
) -> None:
    """Take over the room records: of the room with an absentee in the browser, others below."""
    room_no, seat = clerk_day.ABSENT
    record_absent(clerk, sittings[room_no], [rooms[room_no].people[seat]])
    actor, now = served.world.office.actors["saomiao01"], datetime.now(UTC)
    with served.database.transaction() as db:
        for sitting_id in sittings[:room_no] + sittings[room_no + 1 :]:
            record_absentees(db, sitting_id, (), counted=0, actor=actor, now=now)


def mark_rooms(clerk: Page, served: Served, sittings: Sequence[int]) -> None:
    """Mark the room with an absentee in the browser, the others below it."""
    room_no = clerk_day.ABSENT[0]
    clerk.goto(f"/cards/sittings/{sittings[room_no]}")
    confirm(clerk, "判分")
    expect(clerk.get_by_text(f"{SEATS - 1} 人有成绩，1 人缺考")).to_be_visible()
    actor, now = served.world.office.actors["saomiao01"], datetime.now(UTC)
    with served.database.transaction() as db:
        for sitting_id in sittings[:room_no] + sittings[room_no + 1 :]:
            mark_card_sitting(db, sitting_id, actor=actor, now=now)


def record_absent(clerk: Page, sitting_id: int, absent: Sequence[PaperCandidate]) -> None:
    clerk.goto(f"/cards/sittings/{sitting_id}/reconciliation")
    for person in absent:
        clerk.locator(f'input[name=absent][value="{person.admission_id}"]').check()
    clerk.get_by_label("考场记录缺考人数").fill(str(len(absent)))
    clerk.get_by_role("button", name="登记到场情况").click()
    expect(clerk.get_by_text(f"缺考 {len(absent)} 人，其余到场")).to_be_visible()


def order_form(office: Page, layout: str) -> dict[str, str | float | bool]:
    """Return what the form on the page of a room sends to print its cards by that layout."""
    return {
        "csrf_token": office.locator("input[name=csrf_token]").first.get_attribute("value") or "",
        "paper_id": option(office, "试卷", "各卷按座位轮换"),
        "layout": option(office, "答题卡版式", layout),
    }


def print_cards_of(office: Page, sitting_id: int, form: dict[str, str | float | bool]) -> bytes:
    reply = office.request.post(f"/cards/sittings/{sitting_id}/print", form=form)
    assert reply.headers["content-type"] == "application/pdf"
    return reply.body()


def option(page: Page, label: str, words: str) -> str:
    chosen = page.get_by_label(label, exact=True).locator("option").filter(has_text=words)
    return chosen.first.get_attribute("value") or ""


def scan(clerk: Page, pdf: Path) -> int:
    """Upload from the page that is open; return the batch."""
    clerk.locator("input[type=file]").set_input_files(pdf)
    clerk.get_by_role("button", name="上传并识读").click()
    expect(clerk).to_have_url(re.compile(r"/cards/batches/\d+$"), timeout=SENT_WITHIN_MS)
    address = clerk.url
    batch_id = int(address.rsplit("/", 1)[1])
    clerk.goto("/work")  # one may leave the page meanwhile
    clerk.evaluate(UNTIL_READ, f"/cards/api/batches/{batch_id}/progress")
    clerk.goto(address)
    expect(clerk.get_by_text("识读完毕")).to_be_visible()
    return batch_id


def review(clerk: Page, batch_id: int, owners: Mapping[int, PaperCandidate]) -> list[float]:
    """Decide by keyboard alone everything this person can, as one who sees the card.

    Returns the seconds from each key press to the next item with its pictures.
    """
    clerk.goto(f"/cards/review/{batch_id}")
    waits = []
    while clerk.locator(".review").count():
        place = int("".join(filter(str.isdigit, clerk.locator(".badge.num").first.inner_text())))
        person = owners[place]
        number = clerk.get_by_label("准考证号或卡号")
        before = clerk.url
        if number.count():
            number.fill(person.admission_no)
        elif clerk.locator("[data-crop]").count():
            decide(clerk, person)
        since = time.perf_counter()
        with clerk.expect_navigation():
            clerk.keyboard.press("Enter")
        clerk.wait_for_function(SHOWN)
        waits.append(time.perf_counter() - since)
        wait_for_keys(clerk)
        assert clerk.url.startswith(before.split("?", maxsplit=1)[0])
    return waits


def decide(clerk: Page, person: PaperCandidate) -> None:
    source = clerk.locator("[data-crop]").get_attribute("src") or ""
    group = source.rsplit("/", 1)[1].removesuffix(".jpg")
    clerk.keyboard.press("Space")
    for value in person.groups.get(group, ()):
        clerk.keyboard.press(KEYS.get(value, value))


def release(clerk: Page, batch_id: int) -> None:
    clerk.goto(f"/cards/batches/{batch_id}")
    confirm(clerk, "移交评分")


def confirm(clerk: Page, words: str) -> None:
    ask = clerk.locator("details.ask").filter(has_text=words)
    ask.locator("summary").click()
    ask.get_by_role("checkbox").check()
    ask.get_by_role("button", name=words).click()


def check_marks(served: Served, rooms: Sequence[PrintedRoom]) -> None:
    """Every mark is what the candidate meant, whatever happened to the card."""
    with served.database.reading() as db:
        results = {row.admission_id: row for row in db.scalars(select(SubjectResult))}
        keys: dict[int, Sequence[KeyedItem]] = {}
        for room_no, room in enumerate(rooms):
            for seat, person in enumerate(room.people):
                result = results[person.admission_id]
                if (room_no, seat) == clerk_day.ABSENT:
                    assert result.flag == "absent"
                    continue
                if person.paper_id not in keys:
                    keys[person.paper_id] = frozen_key(db, person.paper_id)
                meant = mark_theory(keys[person.paper_id], person.meant)
                assert result.mark == meant.total, person.admission_no
