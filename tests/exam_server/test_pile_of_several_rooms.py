"""One pile of scans of several rooms: every page finds its room, each is released by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from exam_server.card_reconciliation import NotReconciledError, reconcile, record_absentees, release
from exam_server.rehearsal.batch import BatchOrder, build_batch
from exam_server.rehearsal.cards import PaperCandidate, paper_candidates
from omr import queries
from omr.actions import issue_set_cards
from omr.batch_queries import seat_order_hint, sittings_of_day, states_by_sitting, tally_of
from omr.design_actions import release_design, save_design
from omr.design_queries import sheets_of_design
from omr.errors import BatchReleasedError
from omr.layouts import layout_named
from omr.models import ScanBatch, ScanPage
from omr.reader.reading import GrayImage
from omr.reviewing import assign_page, confirm_page, reject_page, take_back_page
from omr.rules.card_code import serial_of
from omr.rules.card_design.design import CardDesign, Section
from omr.rules.card_layout import CardLayout, GroupKind
from omr.rules.states import BatchState, PageState
from registry.errors import NotFoundError
from tests.support.drawn_cards import hidden_codes
from tests.support.refusals import refused
from tests.support.room import (  # noqa: F401  (fixtures)
    START,
    Room,
    database,
    database_url,
    office,
    prepared,
    room,
    settings,
    signed_in_staff,
)
from tests.support.scan_batches import ScanRoom, card_image, png, scan_room

OTHER_CARD = CardDesign(
    "KH-PILE",
    (
        Section(GroupKind.SINGLE, 60),
        Section(GroupKind.MULTIPLE, 10, 5),
        Section(GroupKind.JUDGEMENT, 20),
    ),
)
SEATS = 2


@dataclass(frozen=True)
class Day:
    """Three rooms on one day: one by the usual card, two of another plan by another card."""

    scans: ScanRoom
    rooms: tuple[int, ...]
    people: tuple[tuple[PaperCandidate, ...], ...]
    layouts: tuple[CardLayout, ...]

    @property
    def actor(self):
        return self.scans.office.actors["saomiao01"]

    def card(self, room_no: int, place: int, **groups: tuple[str, ...]) -> GrayImage:
        person, layout = self.people[room_no][place], self.layouts[room_no]
        filled = {**person.groups, **groups}
        return card_image(person.serial, person.admission_no, filled, layout=layout)

    def send(self, *images: GrayImage, rooms: Sequence[int] = ()) -> int:
        files = {f"{place}.png": png(image) for place, image in enumerate(images, 1)}
        return self.scans.send(files, sittings=rooms or self.rooms)

    def read(self, *images: GrayImage, rooms: Sequence[int] = ()) -> int:
        batch_id = self.send(*images, rooms=rooms)
        self.scans.reader().read_waiting()
        return batch_id

    def record(self, room_no: int, *absent: int) -> None:
        numbers = [self.people[room_no][place].admission_id for place in absent]
        with self.scans.database.transaction() as db:
            record_absentees(
                db, self.rooms[room_no], numbers, counted=len(absent), actor=self.actor, now=START
            )

    def release(self, batch_id: int) -> int:
        with self.scans.database.transaction() as db:
            return release(db, batch_id, actor=self.actor, now=START)


@pytest.fixture
def day(database, office, prepared) -> Day:  # noqa: F811
    first = scan_room(database, office, prepared)
    order = BatchOrder(
        0, SEATS, START + timedelta(hours=1), 9, first_person=50, issues_cards=False, card_rooms=2
    )
    actor = office.actors["saomiao01"]
    with database.transaction() as db:
        saved = save_design(db, OTHER_CARD, actor=actor, now=START)
        release_design(db, saved.id, actor=actor, now=START)
        sheets = sheets_of_design(saved)
        (other,) = sheets
        later = build_batch(db, office, order)
        for sitting_id in later.card_sitting_ids:
            issue_set_cards(
                db, sitting_id, later.set_id, sheets, actor=office.actors["jigou01"], now=START
            )
        people = [tuple(paper_candidates(db, one, seed=1)) for one in later.card_sitting_ids]
    rooms = (first.sitting_id, *later.card_sitting_ids)
    return Day(first, rooms, (first.people, *people), (layout_named(), other, other))


def test_every_page_of_a_pile_finds_its_room_and_strangers_belong_to_none(day: Day) -> None:
    somebody, two = day.people[0][0], day.rooms[1:]
    alone = day.read(day.card(1, 0), rooms=two[:1])
    batch_id = day.read(
        day.card(2, 1),
        day.card(1, 1),
        day.card(1, 0),  # scanned with its room already
        day.card(2, 1, q1=("A", "B")),  # and once more in the same pile
        card_image(serial_of(999), somebody.admission_no, somebody.groups, layout=day.layouts[1]),
        day.card(0, 2),  # of a room, and by a print, that is not of this pile
        rooms=two,
    )
    assert [state for _, state, _ in day.scans.states(batch_id)] == [
        "read",
        "read",
        "duplicate",
        "duplicate",
        "unknown",
        "foreign",
    ]
    with day.scans.database.reading() as db:
        counts = states_by_sitting(db, batch_id)
        tally = tally_of(db, db.get_one(ScanBatch, batch_id))
        assert sum(sum(one.values()) for one in counts.values()) == tally.promised == 6
        assert counts[None] == {PageState.UNKNOWN: 1, PageState.FOREIGN: 1}
        assert [sum(counts[one].values()) for one in two] == [2, 2]
        assert [reconcile(db, one, actor=day.actor).scanned for one in day.rooms] == [0, 2, 1]
        covering = queries.batches_of(db, two[0], actor=day.actor)
        assert [one.id for one in covering] == [batch_id, alone]
        of_day = sittings_of_day(db, two[0], actor=day.actor)
        assert {one.id for one in of_day} == set(day.rooms)


def test_rooms_that_agree_are_released_and_the_others_wait_for_their_last_card(day: Day) -> None:
    batch_id = day.read(day.card(1, 0), day.card(1, 1), day.card(2, 0))
    with day.scans.database.session() as db, refused(db, NotReconciledError):
        release(db, batch_id, actor=day.actor, now=START)
    day.record(0, *range(len(day.people[0])))
    day.record(1)
    day.record(2)
    assert day.release(batch_id) == 2
    with day.scans.database.session() as db:
        batch = db.get_one(ScanBatch, batch_id)
        assert (batch.state, queries.open_sittings(batch)) == (BatchState.READ, [day.rooms[2]])
        released, left = batch.pages[0], batch.pages[2]
        with refused(db, BatchReleasedError):
            take_back_page(db, released.id, actor=day.actor, now=START)
        take_back_page(db, left.id, actor=day.actor, now=START)
        number = day.people[1][0].admission_no
        with refused(db, BatchReleasedError):
            assign_page(db, left.id, number, actor=day.actor, now=START)
        db.rollback()
    late = day.read(day.card(2, 1), rooms=day.rooms[2:])
    assert day.release(late) == 2  # wherever they were scanned
    assert [day.scans.state(one) for one in (batch_id, late)] == ["released", "released"]


def test_a_pile_with_an_open_page_stays_open_when_its_last_room_goes_elsewhere(day: Day) -> None:
    batch_id = day.read(
        day.card(1, 0), day.card(1, 1), hidden_codes(day.card(2, 0), day.layouts[2])
    )
    for room_no in (0, 2):
        day.record(room_no, *range(len(day.people[room_no])))
    day.record(1)
    with day.scans.database.transaction() as db:
        page = db.scalars(select(ScanPage).where(ScanPage.state == PageState.REVIEW)).one()
        before, after, free = seat_order_hint(db, page)
        assert (before is not None, after, free) == (True, None, [])
        with refused(db, NotFoundError):
            assign_page(db, page.id, "2605000199999", actor=day.actor, now=START)
        reject_page(db, page.id, "不是本场的卡", actor=day.actor, now=START)
    assert day.release(batch_id) == 2
    assert day.scans.state(batch_id) == "released"


def test_the_day_takes_one_pile_and_shows_it_room_by_room(room: Room, day: Day) -> None:  # noqa: F811
    staff = signed_in_staff(room, "saomiao01")
    address = f"/cards/sittings/{day.rooms[2]}/day"
    assert f'href="{address}"' in staff.get("/cards/").text
    shown = staff.get(address).text
    assert "3 个考场" in shown
    assert f"sittings/{day.rooms[2]}/scans?day=1" in shown
    batch_id = day.read(day.card(1, 0), day.card(2, 0, q1=("A", "B")))
    listed = staff.get(f"/cards/batches/{batch_id}?room={day.rooms[1]}").text
    assert listed.count(day.people[1][0].admission_no) == 1
    assert day.people[2][0].admission_no not in listed
    queue = f"/cards/review/{batch_id}?room={day.rooms[2]}"
    assert queue in listed
    assert "本考场已复核完毕" in staff.get(f"/cards/review/{batch_id}?room={day.rooms[1]}").text
    assert f"room={day.rooms[2]}" in staff.get(queue).text.split("data-review", 1)[1]
    assert "各考场" in staff.get(f"/cards/batches/{batch_id}/report").text
    assert staff.get(f"/cards/batches/{batch_id}/report.pdf").mimetype == "application/pdf"


def test_a_page_that_is_read_after_its_room_was_released_holds_up_nobody(day: Day) -> None:
    two = day.rooms[1:]
    first = day.read(day.card(1, 0), rooms=two)
    day.record(1, 1)
    day.record(2)
    late = day.send(day.card(1, 1), day.card(2, 0), day.card(2, 1), rooms=two)
    assert day.release(first) == 1  # room 1: nobody knows yet that its absentee's card is coming
    day.scans.reader().read_waiting()
    with day.scans.database.session() as db:
        page = db.scalars(select(ScanPage).where(ScanPage.state == PageState.CONFLICT)).one()
        with refused(db, BatchReleasedError):
            confirm_page(db, page.id, actor=day.actor, now=START)
    with day.scans.database.transaction() as db:
        reject_page(db, page.id, "该考场已移交", actor=day.actor, now=START)
        with refused(db, BatchReleasedError):
            take_back_page(db, page.id, actor=day.actor, now=START)
    assert day.release(late) == 2
    assert day.scans.state(late) == "released"


def test_a_room_that_cannot_be_is_no_room(room: Room, day: Day) -> None:  # noqa: F811
    staff = signed_in_staff(room, "saomiao01")
    batch_id = day.read(day.card(1, 0))
    for number in ("9" * 30, "-1", "²", "٣"):
        assert staff.get(f"/cards/batches/{batch_id}?room={number}").status_code == 200
        assert staff.get(f"/cards/review/{batch_id}?room={number}").status_code == 200
