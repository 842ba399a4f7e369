"""Cards without codes in a sitting: the filled number tells whose a page is, or two persons do."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from exam_server.card_reconciliation import Verdict
from omr import queries
from omr.actions import issue_cards
from omr.design_actions import save_design
from omr.design_queries import sheets_of_design
from omr.errors import CardTakenError
from omr.models import ScanBatch, ScanPage
from omr.reviewing import assign_page, confirm_page
from omr.rules.card_design.design import CardDesign
from omr.rules.reasons import PageReason
from omr.rules.states import PageState
from registry.errors import InvalidInputError
from tests.support.designed_cards import TWO_PAGES, DesignedCards, issue_designed_cards
from tests.support.drawn_cards import hidden_codes
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
from tests.support.scan_batches import ScanRoom, png

BARE = replace(TWO_PAGES, code="KH-BARE", row_pitch_mm=5.0, module_mm=0.0)
AWAY = (2, 3)


@pytest.fixture
def cards(database, office, prepared: Prepared) -> Iterator[DesignedCards]:  # noqa: F811
    with database.transaction() as db:
        sheets = issue_designed_cards(db, office, prepared, BARE)
    with database.session() as db:
        yield DesignedCards(db, office, prepared.batch.card_sitting_id, sheets)


def numbered(number: str) -> dict[str, tuple[str, ...] | None]:
    return {f"no{place}": (digit,) for place, digit in enumerate(number, start=1)}


def scan(
    cards: DesignedCards, place: int, number: str = "", **changed: tuple[str, ...]
) -> ScanPage:
    filled = numbered(number or cards.people[place].admission_no)
    return cards.scan(place, 1, **filled, **changed)


def owner(page: ScanPage) -> str | None:
    return page.card.serial if page.card else None


def test_a_page_belongs_to_the_candidate_whose_number_is_filled_in(cards: DesignedCards) -> None:
    pages = [scan(cards, place) for place in (1, 0)]
    assert [page.state for page in pages] == [PageState.READ] * 2
    assert [owner(page) for page in pages] == [cards.people[place].serial for place in (1, 0)]
    cards.record(*AWAY)
    verdicts = [line.verdict for line in cards.reconciled().lines]
    assert verdicts == [Verdict.TIED] * 2 + [Verdict.CARD_KEPT] * 2
    assert cards.release() == 2


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("", PageReason.CODE_UNREADABLE),  # not filled
        ("2605000199999", PageReason.UNKNOWN_SERIAL),
        ("260500", PageReason.CODE_UNREADABLE),  # begun
    ],
)
def test_a_number_that_settles_nothing_is_left_to_two_persons(
    cards: DesignedCards, number: str, reason: PageReason
) -> None:
    page = cards.scan(0, 1, **numbered(number))
    assert (page.state, page.reason, owner(page)) == (PageState.REVIEW, reason, None)
    assert queries.wants_owner(page)
    for name in ("saomiao01", "saomiao02"):
        actor = cards.office.actors[name]
        assign_page(cards.db, page.id, cards.people[0].admission_no, actor=actor, now=START)
    assert (owner(page), queries.wants_owner(page)) == (cards.people[0].serial, False)


def test_two_pages_with_one_number_are_both_left_to_two_persons(cards: DesignedCards) -> None:
    own, other = (person.admission_no for person in cards.people[:2])
    wrong = scan(cards, 1, own)
    assert owner(wrong) == cards.people[0].serial  # the number of a neighbour, alone so far
    again = scan(cards, 1, own)
    assert (again.state, again.reason) == (PageState.DUPLICATE, PageReason.SAME_IMAGE)
    right = scan(cards, 0)
    assert (right.state, right.reason) == (PageState.REVIEW, PageReason.NUMBER_ALONE)
    assert (wrong.state, wrong.reason) == (PageState.REVIEW, PageReason.NUMBER_CONFLICT)
    assert queries.wants_owner(wrong)
    assert queries.wants_owner(right)
    first, second = (cards.office.actors[name] for name in ("saomiao01", "saomiao02"))
    with refused(cards.db, CardTakenError):
        assign_page(cards.db, right.id, own, actor=first, now=START)
    for page, number in ((wrong, other), (right, own)):
        for actor in (first, second):
            assign_page(cards.db, page.id, number, actor=actor, now=START)
    assert [owner(page) for page in (right, wrong)] == [one.serial for one in cards.people[:2]]
    third = scan(cards, 1, own, q1=("A", "B"))
    assert (third.state, owner(third), right.reason) == (
        PageState.REVIEW,
        None,
        PageReason.NUMBER_ALONE,
    )
    confirm_page(cards.db, right.id, actor=first, now=START)  # what two persons settled stands


def test_processes_go_by_the_number_only_where_the_card_has_no_codes(
    database,  # noqa: F811
    office,  # noqa: F811
    prepared: Prepared,  # noqa: F811
    cards: DesignedCards,
) -> None:
    first = cards.people[0]
    bare = cards.picture(0, 1, {**first.groups, **numbered(first.admission_no)})
    coded = replace(BARE, code="KH-CODED", module_mm=1.0)
    sheets = issue_designed_cards(cards.db, office, prepared, coded, places=(1,))
    mixed = DesignedCards(cards.db, office, cards.sitting_id, sheets)
    person = mixed.people[1]
    groups = {**person.groups, **numbered(person.admission_no)}
    spare = hidden_codes(mixed.picture(1, 1, groups), sheets[0], dpi=150)
    cards.db.commit()
    scans = ScanRoom(database, office, prepared, tuple(mixed.people))
    batch_id = scans.send({"bare.png": png(bare), "spare.png": png(spare)})
    scans.reader().read_waiting()
    assert scans.states(batch_id) == [
        ("bare.png", "read", None),
        ("spare.png", "review", PageReason.NUMBER_ALONE),
    ]
    with database.reading() as db:
        owners = [owner(page) for page in db.get_one(ScanBatch, batch_id).pages]
    assert owners == [first.serial, None]


def test_a_card_without_codes_must_take_the_whole_number(cards: DesignedCards) -> None:
    short: CardDesign = replace(BARE, code="KH-SHORT", number_digits=8)
    saved = save_design(cards.db, short, actor=cards.actor, now=START)
    sheets, paper_id = sheets_of_design(saved), cards.people[0].paper_id
    clerk = cards.office.actors["jigou01"]
    with refused(cards.db, InvalidInputError, match="13 位"):
        issue_cards(cards.db, cards.sitting_id, paper_id, sheets, actor=clerk, now=START)
