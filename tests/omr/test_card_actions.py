"""From a scanned file to scoring: every page has one fate, and people have the last word."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import cv2
import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.marking import CardMissingError, mark_card_sitting
from exam_server.rehearsal.batch import BatchOrder, build_batch
from exam_server.rehearsal.cards import PaperCandidate, paper_candidates
from exam_server.rehearsal.office import Office
from item_bank.queries import frozen_key
from omr import queries
from omr.actions import issue_cards, release_batch, spoil_card
from omr.batch_actions import open_batch, take_page
from omr.batch_queries import seat_order_hint
from omr.batch_reading.results import KeptPage
from omr.errors import (
    BatchReleasedError,
    CardTakenError,
    GroupsOpenError,
    NoSuchMarkError,
    OwnerOpenError,
    ReviewOpenError,
)
from omr.models import ScanPage
from omr.reader.reading import GrayImage
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.severity import LADDER, Level
from omr.reviewing import (
    assign_page,
    confirm_as_read,
    confirm_page,
    correct_group,
    reject_page,
    take_back_page,
)
from omr.rules.card_code import serial_of
from omr.rules.reasons import PageReason
from omr.rules.states import CardState, PageState
from omr.scans import read_file
from proctor.actions import record_presence
from proctor.rules.presence import Presence
from registry.audit_log import AuditEntry
from registry.database import Database
from registry.errors import NotAllowedError, NotFoundError, WrongStateError
from scoring.models import SubjectResult
from scoring.rules.marking import mark_theory
from tests.support.drawn_cards import (
    DRAWN_DPI,
    card_holder,
    card_layout,
    drawn_card,
    hidden_codes,
)
from tests.support.refusals import refused
from tests.support.room import (  # noqa: F401  (fixtures)
    START,
    Prepared,
    database,
    database_url,
    office,
    prepared,
    settings,
)

NOW = START + timedelta(hours=3)
Groups = Mapping[str, tuple[str, ...]]


def filled(serial: str, number: str, groups: Groups) -> GrayImage:
    """Draw the card of one candidate and fill it cleanly."""
    rng = np.random.default_rng(1)
    page = drawn_card(card_holder(serial=serial, admission_no=number))
    severity = LADDER[Level.L0]
    return fill_card(page, card_layout(), groups, dpi=DRAWN_DPI, severity=severity, rng=rng).image


def file_of(image: GrayImage) -> bytes:
    done, encoded = cv2.imencode(".png", image)
    assert done
    return encoded.tobytes()


@dataclass(frozen=True)
class Cards:
    """The candidates of the card sitting and the images of their cards, drawn once."""

    people: tuple[PaperCandidate, ...]
    known: Mapping[str, str]
    images: tuple[GrayImage, ...]

    def read(self, image: GrayImage, name: str = "scan.png") -> KeptPage:
        (page,) = read_file(file_of(image), name, self.known)
        return page


@pytest.fixture(scope="module")
def drawn() -> dict[str, Cards]:
    """What has been drawn for this module."""
    return {}


@pytest.fixture
def cards(database: Database, prepared: Prepared, drawn: dict[str, Cards]) -> Cards:  # noqa: F811
    """The cards of the sitting; every copy of the home has the same serials and papers."""
    if "cards" not in drawn:
        sitting_id = prepared.batch.card_sitting_id
        with database.reading() as db:
            people = tuple(paper_candidates(db, sitting_id, seed=1))
            known = queries.known_serials(db, sitting_id)
        images = tuple(filled(one.serial, one.admission_no, one.groups) for one in people)
        drawn["cards"] = Cards(people, known, images)
    return drawn["cards"]


@dataclass
class Desk:
    """A person at the scanner and one open batch."""

    db: Session
    cards: Cards
    office: Office
    sitting_id: int
    batch_id: int = 0

    def open(self) -> int:
        self.batch_id = open_batch(self.db, [self.sitting_id], "一批", actor=self.actor, now=NOW).id
        return self.batch_id

    @property
    def actor(self):
        return self.office.actors["saomiao01"]

    def take(self, scanned: KeptPage) -> ScanPage:
        return take_page(self.db, self.batch_id, scanned, actor=self.actor, now=NOW)

    def take_clean(self, place: int) -> ScanPage:
        return self.take(self.cards.read(self.cards.images[place], f"scan-{place}.png"))

    def doubtful(self, place: int = 0) -> ScanPage:
        """Take in a card on which question 1 has two marks."""
        person = self.cards.people[place]
        groups = {**person.groups, "q1": ("A", "C")}
        return self.take(self.cards.read(filled(person.serial, person.admission_no, groups)))

    def correct(self, page: ScanPage, group: str, *values: str) -> None:
        correct_group(self.db, page.id, group, values, actor=self.actor, now=NOW)

    def release(self) -> int:
        return release_batch(self.db, self.batch_id, [self.sitting_id], actor=self.actor, now=NOW)

    def mark(self):
        return mark_card_sitting(self.db, self.sitting_id, actor=self.actor, now=NOW)


@pytest.fixture
def desk(
    database: Database,  # noqa: F811
    office: Office,  # noqa: F811
    prepared: Prepared,  # noqa: F811
    cards: Cards,
) -> Iterator[Desk]:
    with database.session() as db:
        made = Desk(db, cards, office, prepared.batch.card_sitting_id)
        made.open()
        yield made


def test_a_clean_card_is_read_and_tied_to_its_candidate(desk: Desk) -> None:
    page = desk.take_clean(0)
    person = desk.cards.people[0]
    assert (page.state, page.reason) == (PageState.READ, None)
    assert page.card is not None
    assert page.card.admission_id == person.admission_id
    read = queries.final_answers(page)
    assert {g: set(read[g]) for g in person.groups} == {g: set(v) for g, v in person.groups.items()}


def test_every_page_that_went_in_comes_out_in_exactly_one_state(desk: Desk) -> None:
    desk.take_clean(0)
    desk.take_clean(0)
    desk.doubtful(1)
    (broken,) = read_file(b"no image at all", "broken.jpg", desk.cards.known)
    desk.take(broken)
    counts = queries.state_counts(desk.db, desk.batch_id)
    assert counts == {
        PageState.READ: 1,
        PageState.DUPLICATE: 1,
        PageState.REVIEW: 1,
        PageState.REJECTED: 1,
    }
    batch = queries.batch_of(desk.db, desk.batch_id, actor=desk.actor)
    assert batch.page_count == 4


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe0 cut short", b"GIF89a", b"%PDF-1.7\n"])
def test_a_file_that_cannot_be_opened_is_a_rejected_page_with_a_reason(
    desk: Desk, data: bytes
) -> None:
    pages = [desk.take(one) for one in read_file(data, "scan.jpg", desk.cards.known)]
    assert [page.state for page in pages] == [PageState.REJECTED]
    assert pages[0].reason
    assert pages[0].card_id is None


def test_a_truncated_scan_harms_no_other_page(desk: Desk) -> None:
    data = file_of(desk.cards.images[0])
    for one in read_file(data[: len(data) // 3], "cut.png", desk.cards.known):
        assert desk.take(one).state in (PageState.REJECTED, PageState.REVIEW)
    assert desk.take_clean(1).state == PageState.READ


def test_a_card_scanned_twice_counts_once(desk: Desk) -> None:
    first = desk.take_clean(0)
    again = desk.take_clean(0)
    assert (again.state, again.reason) == (PageState.DUPLICATE, "card_seen_before")
    desk.open()
    elsewhere = desk.take_clean(0)
    assert elsewhere.state == PageState.DUPLICATE
    assert first.state == PageState.READ


def test_a_card_whose_serial_was_never_issued_is_rejected(desk: Desk) -> None:
    person = desk.cards.people[0]
    stranger = filled(serial_of(999), person.admission_no, person.groups)
    page = desk.take(desk.cards.read(stranger))
    assert (page.state, page.reason) == (PageState.UNKNOWN, "unknown_serial")
    assert page.card_id is None


def test_a_card_of_another_exam_is_told_apart_and_rejected(desk: Desk) -> None:
    later = BatchOrder(0, 2, START + timedelta(days=1), seed=9, first_person=50)
    other = build_batch(desk.db, desk.office, later)
    serial, number = next(iter(queries.known_serials(desk.db, other.card_sitting_id).items()))
    image = filled(serial, number, desk.cards.people[0].groups)
    page = desk.take(desk.cards.read(image))
    assert (page.state, page.reason) == (PageState.FOREIGN, "other_exam")
    assert page.card_id is None


# A page without a readable code -------------------------------------------------------------


def test_a_page_without_a_readable_code_is_tied_when_two_persons_enter_the_same(
    desk: Desk,
) -> None:
    person, other = desk.cards.people[2], desk.cards.people[1]
    page = desk.take(desk.cards.read(hidden_codes(desk.cards.images[2])))
    assert (page.state, page.card_id) == (PageState.REVIEW, None)

    def enter(number: str, login_name: str) -> None:
        actor = desk.office.actors[login_name]
        assign_page(desk.db, page.id, number, actor=actor, now=NOW)

    enter(f" {person.admission_no} ", "saomiao01")
    enter(person.admission_no, "saomiao01")  # the same person twice is one person
    assert page.card is None
    assert queries.next_for(desk.db, desk.batch_id, actor=desk.actor) == ([], 1)
    enter(other.admission_no, "saomiao02")
    assert page.card is None
    with refused(desk.db, OwnerOpenError):
        confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    enter(person.admission_no, "saomiao02")
    enter(person.admission_no, "saomiao01")
    confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    assert page.state == PageState.REVIEWED
    assert page.card is not None
    assert page.card.serial == person.serial
    assert len(page.owners) == 5


def test_the_gap_in_the_order_of_seats_hints_at_the_owner(desk: Desk) -> None:
    desk.take_clean(0)
    page = desk.take(desk.cards.read(hidden_codes(desk.cards.images[1])))
    desk.take_clean(2)
    before, after, free = seat_order_hint(desk.db, page)
    assert [card.admission_id for card in free] == [desk.cards.people[1].admission_id]
    assert before is not None
    assert after is not None
    assert before.seat_no < free[0].admission.seat_no < after.seat_no


def test_a_page_cannot_be_assigned_to_a_card_that_has_one(desk: Desk) -> None:
    desk.take_clean(0)
    page = desk.take(desk.cards.read(hidden_codes(desk.cards.images[2])))
    number = desk.cards.people[0].admission_no
    with refused(desk.db, CardTakenError):
        assign_page(desk.db, page.id, number, actor=desk.actor, now=NOW)


def test_a_page_cannot_be_assigned_to_someone_of_another_sitting(desk: Desk) -> None:
    page = desk.take(desk.cards.read(hidden_codes(desk.cards.images[2])))
    with refused(desk.db, NotFoundError):
        assign_page(desk.db, page.id, "2605000199999", actor=desk.actor, now=NOW)


# Review -------------------------------------------------------------------------------------


def test_a_doubtful_group_is_decided_by_a_person_and_the_reading_stays(desk: Desk) -> None:
    page = desk.doubtful()
    assert page.state == PageState.REVIEW
    assert queries.open_groups(page) == ["q1"]
    with refused(desk.db, GroupsOpenError):
        confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    before = queries.latest_reading(page).answers
    desk.correct(page, "q1", "C")
    confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    assert queries.final_answers(page)["q1"] == ("C",)
    assert queries.latest_reading(page).answers == before


def dark_page(desk: Desk, **changed: tuple[str, ...]) -> ScanPage:
    """Take in a card that is too dark to trust, whatever seems clear on it."""
    person = desk.cards.people[0]
    image = filled(person.serial, person.admission_no, {**person.groups, **changed})
    return desk.take(desk.cards.read((image * 0.4).astype(np.uint8)))


def test_a_page_in_doubt_as_a_whole_is_finished_only_after_all_of_it_was_compared(
    desk: Desk,
) -> None:
    page = dark_page(desk)
    every = set(queries.final_answers(page))
    assert page.state == PageState.REVIEW
    assert set(queries.open_groups(page)) == every
    assert (queries.open_one_by_one(page), queries.steps_left(page)) == ([], 1)
    with refused(desk.db, GroupsOpenError):
        confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    read = queries.final_answers(page)
    desk.correct(page, "q2", "D")
    confirm_as_read(desk.db, page.id, actor=desk.actor, now=NOW)
    assert page.state == PageState.REVIEWED
    assert queries.final_answers(page) == {**read, "q2": ("D",)}
    assert len(page.corrections) == len(every)
    assert {one.decided_by_id for one in page.corrections} == {desk.actor.account_id}
    entry = desk.db.scalars(select(AuditEntry).where(AuditEntry.action == "confirm_as_read")).one()
    assert json.loads(entry.detail) == {"groups": len(every) - 1}


def test_doubts_of_single_groups_are_decided_before_a_page_is_compared(desk: Desk) -> None:
    page = dark_page(desk, q1=("A", "C"))
    assert (queries.open_one_by_one(page), queries.steps_left(page)) == (["q1"], 2)
    with refused(desk.db, GroupsOpenError):
        confirm_as_read(desk.db, page.id, actor=desk.actor, now=NOW)
    assert page.corrections == []
    desk.correct(page, "q1", "C")
    confirm_as_read(desk.db, page.id, actor=desk.actor, now=NOW)
    assert queries.final_answers(page)["q1"] == ("C",)


def test_the_last_decision_about_a_group_counts_and_every_one_is_kept(desk: Desk) -> None:
    page = desk.doubtful()
    desk.correct(page, "q1", "A")
    desk.correct(page, "q1")
    desk.correct(page, "q1", "C")
    assert queries.final_answers(page)["q1"] == ("C",)
    assert [one.value for one in page.corrections] == ["A", "", "C"]
    lines = desk.db.scalars(select(AuditEntry).where(AuditEntry.action == "correct_group")).all()
    assert len(lines) == 3


def test_a_decision_for_a_mark_that_the_card_does_not_have_is_refused(desk: Desk) -> None:
    page = desk.doubtful()
    for group, value, error in (("q1", "Z", NoSuchMarkError), ("q999", "A", NotFoundError)):
        with refused(desk.db, error):
            desk.correct(page, group, value)


def test_a_page_that_was_read_without_doubt_takes_no_decisions(desk: Desk) -> None:
    page = desk.take_clean(0)
    with refused(desk.db, WrongStateError, match="已读"):
        desk.correct(page, "q1", "A")


def test_a_page_set_aside_makes_room_for_a_new_scan_of_the_same_card(desk: Desk) -> None:
    page = desk.doubtful(0)
    reject_page(desk.db, page.id, "重新扫描", actor=desk.actor, now=NOW)
    assert desk.take_clean(0).state == PageState.READ


def test_what_was_decided_can_be_taken_back_until_the_release(desk: Desk) -> None:
    page = desk.doubtful()
    desk.correct(page, "q1", "A")
    confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    assert queries.last_decided(desk.db, desk.batch_id, actor=desk.actor) == page
    take_back_page(desk.db, page.id, actor=desk.actor, now=NOW)
    assert (page.state, queries.final_answers(page)["q1"]) == (PageState.REVIEW, ("A",))
    reject_page(desk.db, page.id, "重新扫描", actor=desk.actor, now=NOW)
    take_back_page(desk.db, page.id, actor=desk.actor, now=NOW)
    assert (page.state, page.set_aside) == (PageState.REVIEW, None)
    reject_page(desk.db, page.id, "重新扫描", actor=desk.actor, now=NOW)
    desk.take_clean(0)
    with refused(desk.db, CardTakenError):
        take_back_page(desk.db, page.id, actor=desk.actor, now=NOW)


def test_a_page_read_without_doubt_can_still_be_corrected(desk: Desk) -> None:
    page = desk.take_clean(0)
    take_back_page(desk.db, page.id, actor=desk.actor, now=NOW)
    desk.correct(page, "q2", "D")
    confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    assert queries.final_answers(page)["q2"] == ("D",)


def test_a_spoiled_card_is_no_longer_known_and_its_candidate_gets_a_new_one(
    desk: Desk,
) -> None:
    clerk = desk.office.actors["jigou01"]
    (first, *_rest) = queries.cards_of(desk.db, desk.sitting_id)
    spoil_card(desk.db, first.id, "污损", actor=clerk, now=NOW)
    assert first.serial not in queries.known_serials(desk.db, desk.sitting_id)
    page = desk.take_clean(0)
    assert (page.state, page.reason) == (PageState.UNKNOWN, "spoiled_card")
    issued = issue_cards(
        desk.db, desk.sitting_id, first.paper_id, (card_layout(),), actor=clerk, now=NOW
    )
    assert [card.admission_id for card in issued] == [first.admission_id]
    desk.take_clean(1)
    with refused(desk.db, WrongStateError):
        spoil_card(
            desk.db, queries.cards_of(desk.db, desk.sitting_id)[2].id, "污损", actor=clerk, now=NOW
        )


def test_a_batch_is_not_released_while_a_page_waits_for_a_person(desk: Desk) -> None:
    page = desk.doubtful()
    desk.take_clean(1)
    with refused(desk.db, ReviewOpenError):
        desk.release()
    desk.correct(page, "q1", "A")
    confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    assert desk.release() == 2
    assert page.state == PageState.RELEASED
    assert page.card is not None
    assert page.card.state == CardState.READ


def test_a_released_batch_can_no_longer_be_changed(desk: Desk) -> None:
    page = desk.doubtful()
    desk.correct(page, "q1", "A")
    confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    desk.release()
    scanned = desk.cards.read(desk.cards.images[1])
    for act in (
        lambda: desk.take(scanned),
        lambda: desk.correct(page, "q1", "B"),
        desk.release,
    ):
        with refused(desk.db, BatchReleasedError):
            act()


@pytest.mark.parametrize("name", ["jigou01", "jiankao01", "kaoping01", "shenpi01"])
def test_only_those_who_scan_may_take_pages_in(desk: Desk, name: str) -> None:
    scanned = desk.cards.read(desk.cards.images[0])
    actor = desk.office.actors[name]
    with refused(desk.db, NotAllowedError):
        take_page(desk.db, desk.batch_id, scanned, actor=actor, now=NOW)


# Marking ------------------------------------------------------------------------------------


def take_all(desk: Desk, count: int | None = None) -> None:
    for place in range(len(desk.cards.people) if count is None else count):
        desk.take_clean(place)
    desk.release()


def test_neighbours_get_cards_of_different_papers(desk: Desk) -> None:
    printed = {
        h.seat: h.paper_type for h in queries.holders_of(desk.db, desk.sitting_id, actor=desk.actor)
    }
    assert set(printed.values()) == {"A", "B"}
    assert all(
        printed[f"{seat:02d}"] != printed[f"{seat + 1:02d}"] for seat in range(1, len(printed))
    )


def test_a_card_filled_as_the_other_paper_goes_to_a_person(desk: Desk) -> None:
    person = desk.cards.people[0]
    other = {"A": "B", "B": "A"}[person.groups["type"][0]]
    groups = {**person.groups, "type": (other,)}
    page = desk.take(desk.cards.read(filled(person.serial, person.admission_no, groups)))
    assert (page.state, page.reason) == (PageState.REVIEW, PageReason.TYPE_CONFLICT)
    assert queries.open_groups(page) == ["type"]
    correct_group(desk.db, page.id, "type", person.groups["type"], actor=desk.actor, now=NOW)
    confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    assert page.state == PageState.REVIEWED


def test_cards_are_marked_as_their_candidates_meant_them(desk: Desk) -> None:
    take_all(desk)
    assert desk.mark().marked == len(desk.cards.people)
    assert len({person.paper_id for person in desk.cards.people}) == 2
    for person in desk.cards.people:
        key = frozen_key(desk.db, person.paper_id)
        result = desk.db.scalars(
            select(SubjectResult).where(SubjectResult.admission_id == person.admission_id)
        ).one()
        assert result.mark == mark_theory(key, person.meant).total


def test_marking_is_refused_while_a_present_candidate_has_no_card(desk: Desk) -> None:
    take_all(desk, count=3)
    with refused(desk.db, CardMissingError):
        desk.mark()
    assert desk.db.scalar(select(func.count()).select_from(SubjectResult)) == 0


def test_a_recorded_absence_takes_the_place_of_a_card(desk: Desk) -> None:
    take_all(desk, count=3)
    away = desk.cards.people[3].admission_id
    record_presence(desk.db, away, Presence.ABSENT, actor=desk.office.actors["jiankao01"], now=NOW)
    marked = desk.mark()
    assert (marked.marked, marked.absent) == (3, 1)


def test_a_card_on_which_the_proctor_marked_absent_is_not_marked(desk: Desk) -> None:
    person = desk.cards.people[0]
    page = desk.take(
        desk.cards.read(filled(person.serial, person.admission_no, {"absent": ("yes",)}))
    )
    if page.state == PageState.REVIEW:
        for group in queries.open_groups(page):
            desk.correct(page, group, *queries.final_answers(page).get(group, ()))
        confirm_page(desk.db, page.id, actor=desk.actor, now=NOW)
    for place in (1, 2, 3):
        desk.take_clean(place)
    desk.release()
    marked = desk.mark()
    assert (marked.marked, marked.absent) == (3, 1)
