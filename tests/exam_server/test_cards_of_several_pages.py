"""Cards of several pages in a sitting: no page is lost, none is merged into another's card."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from exam_server.card_reconciliation import NotReconciledError, Verdict
from exam_server.marking import CardMissingError, mark_card_sitting
from item_bank.queries import frozen_key
from omr import queries
from omr.actions import issue_cards, release_batch
from omr.audit_queries import confident_answers
from omr.batch_queries import seat_order_hint
from omr.design_actions import save_design
from omr.design_queries import sheets_of_design
from omr.errors import CardTakenError, OtherCardKindError
from omr.layout_queries import cards_for_sittings, cards_of_sittings, sheets_of_hash
from omr.layouts import sheets_of
from omr.reviewing import (
    assign_page,
    confirm_page,
    correct_group,
    reject_page,
    take_back_page,
)
from omr.rules.card_design.design import CardDesign, Section
from omr.rules.card_layout import GroupKind
from omr.rules.reasons import PageReason
from omr.rules.states import PageState
from omr.scans import read_file
from registry.errors import InvalidInputError, WrongStateError
from scoring.models import SubjectResult
from scoring.rules.marking import mark_theory
from tests.support.designed_cards import DesignedCards, issue_designed_cards
from tests.support.drawn_cards import hidden_codes
from tests.support.refusals import refused
from tests.support.room import (  # noqa: F401  (fixtures)
    START,
    Prepared,
    Room,
    database,
    database_url,
    office,
    prepared,
    room,
    settings,
    signed_in_staff,
    token_of,
)
from tests.support.scan_batches import ScanRoom, card_image, png

AWAY = (2, 3)  # of the four; their cards are not scanned
YES = ("yes",)


@pytest.fixture
def cards(database, office, prepared: Prepared) -> Iterator[DesignedCards]:  # noqa: F811
    with database.transaction() as db:
        sheets = issue_designed_cards(db, office, prepared)
    with database.session() as db:
        yield DesignedCards(db, office, prepared.batch.card_sitting_id, sheets)


def verdicts(cards: DesignedCards) -> list[Verdict]:
    found = cards.reconciled()
    assert found.issued - found.spoiled == found.scanned + found.kept + found.missing
    return [line.verdict for line in found.lines]


def result_of(cards: DesignedCards, place: int) -> SubjectResult:
    own = SubjectResult.admission_id == cards.people[place].admission_id
    return cards.db.scalars(select(SubjectResult).where(own)).one()


def blank_items(cards: DesignedCards, sheet: int) -> dict[str, None]:
    """Return a change by which no item of a page is filled."""
    return dict.fromkeys(g.group_id for g in cards.sheets[sheet - 1].groups if g.kind.is_item)


# From printing to marks ---------------------------------------------------------------------


@hypothesis_settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations([(place, sheet) for place in (0, 1) for sheet in (1, 2)]))
def test_pages_in_any_order_give_the_marks_of_what_was_meant(
    cards: DesignedCards, order: list[tuple[int, int]]
) -> None:
    cards.begin()  # what an earlier order left is gone
    pages = {one: cards.scan(*one) for one in order}
    assert {(page.state, page.sheet) for page in pages.values()} == {("read", 1), ("read", 2)}
    cards.record(*AWAY)
    assert cards.release() == 4
    mark_card_sitting(cards.db, cards.sitting_id, actor=cards.actor, now=START)
    for place in (0, 1):
        person, result = cards.people[place], result_of(cards, place)
        assert result.mark == mark_theory(frozen_key(cards.db, person.paper_id), person.meant).total
        for sheet in (1, 2):
            position = pages[place, sheet].position
            said = f"卡页 {sheet}：扫描批次 {cards.batch_id} 第 {position} 页"
            assert said in str(result.evidence)


def test_processes_read_both_pages_of_every_card(
    database,  # noqa: F811
    office,  # noqa: F811
    prepared: Prepared,  # noqa: F811
    cards: DesignedCards,
) -> None:
    scans = ScanRoom(database, office, prepared, tuple(cards.people))
    files = {
        f"{place}-{sheet}.png": png(cards.picture(place, sheet, cards.people[place].groups))
        for place, sheet in ((1, 2), (0, 1), (0, 2))
    }
    cards.db.rollback()
    batch_id = scans.send(files)
    scans.reader().read_waiting()
    assert [state for _, state, _ in scans.states(batch_id)] == ["read"] * 3
    left = queries.sheets_outstanding(cards.db, cards.sitting_id)
    assert {card.admission_id: sheets for card, sheets in left.items()} == {
        cards.people[1].admission_id: (1,),
        **{cards.people[place].admission_id: (1, 2) for place in AWAY},
    }


# What may not be lost or merged -------------------------------------------------------------


def test_a_card_with_one_page_only_holds_the_whole_sitting_back(cards: DesignedCards) -> None:
    cards.scan(0, 1)
    cards.scan(0, 2)
    cards.scan(1, 1)
    cards.record(*AWAY)
    kept = [Verdict.CARD_KEPT] * len(AWAY)
    assert verdicts(cards) == [Verdict.TIED, Verdict.SHEET_MISSING, *kept]
    found = cards.reconciled()
    assert (found.scanned, found.missing, found.lines[1].missing_sheets) == (1, 1, (2,))
    with refused(cards.db, NotReconciledError):
        cards.release()
    release_batch(cards.db, cards.batch_id, [cards.sitting_id], actor=cards.actor, now=START)
    with refused(cards.db, CardMissingError):  # nor is it marked if it was released all the same
        mark_card_sitting(cards.db, cards.sitting_id, actor=cards.actor, now=START)


def test_the_same_page_twice_is_a_duplicate_and_the_other_page_is_not(cards: DesignedCards) -> None:
    states = [cards.scan(0, sheet).state for sheet in (2, 1, 2, 1)]
    assert states == ["read", "read", "duplicate", "duplicate"]
    elsewhere = DesignedCards(cards.db, cards.office, cards.sitting_id, cards.sheets)
    assert elsewhere.scan(0, 2).state == PageState.DUPLICATE


def test_a_page_set_aside_leaves_room_for_a_new_scan_of_that_page_only(
    cards: DesignedCards,
) -> None:
    cards.scan(0, 1)
    page = cards.scan(0, 2)
    take_back_page(cards.db, page.id, actor=cards.actor, now=START)
    reject_page(cards.db, page.id, "折角", actor=cards.actor, now=START)
    assert cards.scan(0, 1).state == PageState.DUPLICATE
    assert cards.scan(0, 2, q90=("right",)).state == PageState.READ
    with refused(cards.db, CardTakenError):
        take_back_page(cards.db, page.id, actor=cards.actor, now=START)
    with refused(cards.db, CardTakenError):
        number = cards.people[0].admission_no
        assign_page(cards.db, page.id, number, actor=cards.actor, now=START)


def test_a_page_among_those_of_another_keeps_its_own_candidate(cards: DesignedCards) -> None:
    pages = [cards.scan(0, 1), cards.scan(1, 2)]
    owners = [page.card.admission_id for page in pages if page.card]
    assert owners == [cards.people[place].admission_id for place in (0, 1)]
    cards.record(*AWAY)
    assert verdicts(cards)[:2] == [Verdict.SHEET_MISSING] * 2


def test_a_page_without_codes_belongs_to_the_card_that_two_persons_name(
    cards: DesignedCards,
) -> None:
    cards.scan(0, 1)
    cards.scan(0, 2)
    cards.scan(1, 1)
    page = cards.take(cards.read(1, 2, codes=False))
    assert (page.state, page.card_id, page.sheet) == (PageState.REVIEW, None, 2)
    _, _, free = seat_order_hint(cards.db, page)
    assert cards.cards[1] in free
    assert cards.cards[0] not in free
    first, second = cards.office.actors["saomiao01"], cards.office.actors["saomiao02"]
    taken = cards.people[0].admission_no
    with refused(cards.db, CardTakenError):
        assign_page(cards.db, page.id, taken, actor=first, now=START)
    assign_page(cards.db, page.id, cards.people[1].admission_no, actor=first, now=START)
    assert page.card is None
    assign_page(cards.db, page.id, cards.people[1].serial, actor=second, now=START)
    confirm_page(cards.db, page.id, actor=first, now=START)
    cards.record(*AWAY)
    assert verdicts(cards)[:2] == [Verdict.TIED] * 2
    merged = queries.merged_answers(queries.by_card([page])[cards.cards[1].id])
    assert set(merged) == {group.group_id for group in cards.sheets[1].groups}


def test_a_page_of_another_kind_of_card_is_not_tied_to_it(cards: DesignedCards) -> None:
    person = cards.people[0]
    usual = card_image(person.serial, person.admission_no, person.groups)
    known = queries.known_serials(cards.db, cards.sitting_id)
    (coded,) = read_file(png(usual), "usual.png", known)
    page = cards.take(coded)
    assert (page.state, page.reason) == (PageState.WRONG_FORM, PageReason.WRONG_LAYOUT)
    (bare,) = read_file(png(hidden_codes(usual)), "bare.png", known)
    page_id = cards.take(bare).id
    with refused(cards.db, OtherCardKindError):
        assign_page(cards.db, page_id, person.admission_no, actor=cards.actor, now=START)


def test_a_page_of_which_nothing_could_be_read_is_not_given_to_anybody(
    cards: DesignedCards,
) -> None:
    torn = cards.picture(0, 1, {})[:700, :500]  # one corner of it
    page = cards.take(cards.reading_of(torn, "torn.png"))
    assert (page.state, page.reason) == (PageState.REJECTED, PageReason.TOO_FEW_MARKERS)
    page_id, number = page.id, cards.people[0].admission_no
    with refused(cards.db, WrongStateError):
        assign_page(cards.db, page_id, number, actor=cards.actor, now=START)


# Absence ------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_absent_on_one_page_and_answers_on_the_other_meet_a_person(
    cards: DesignedCards, order: tuple[int, int]
) -> None:
    empty = blank_items(cards, 1)
    changes = {1: {**empty, "type": None, "absent": YES}, 2: {}}
    pages = {sheet: cards.scan(0, sheet, **changes[sheet]) for sheet in order}
    marked = pages[1]
    assert (marked.state, marked.reason) == (PageState.CONFLICT, PageReason.ABSENT_WITH_ANSWERS)
    assert pages[2].state == PageState.READ
    cards.record(*AWAY)
    assert verdicts(cards)[0] is Verdict.IN_REVIEW
    assert queries.open_groups(marked) == ["absent"]
    correct_group(cards.db, marked.id, "absent", (), actor=cards.actor, now=START)
    confirm_page(cards.db, marked.id, actor=cards.actor, now=START)
    assert verdicts(cards)[0] is Verdict.TIED
    take_back_page(cards.db, marked.id, actor=cards.actor, now=START)
    correct_group(cards.db, marked.id, "absent", YES, actor=cards.actor, now=START)
    confirm_page(cards.db, marked.id, actor=cards.actor, now=START)  # nobody is asked twice
    assert (marked.state, verdicts(cards)[0]) == (PageState.REVIEWED, Verdict.MARKED_ABSENT)


def test_answers_found_by_a_person_bring_the_page_marked_absent_back(cards: DesignedCards) -> None:
    marked = cards.scan(0, 1, **blank_items(cards, 1), type=None, absent=YES)
    assert marked.state == PageState.READ
    page = cards.scan(0, 2, **blank_items(cards, 2))
    assert (page.state, page.reason) == (PageState.REVIEW, PageReason.NOTHING_FILLED)
    assert marked.state == PageState.READ
    correct_group(cards.db, page.id, "q90", ("right",), actor=cards.actor, now=START)
    confirm_page(cards.db, page.id, actor=cards.actor, now=START)
    assert marked.state == PageState.CONFLICT


def test_answers_of_a_recorded_absentee_on_a_later_page_are_a_difference(
    cards: DesignedCards,
) -> None:
    page = cards.take(cards.read(0, 2), absent=True)
    assert (page.state, page.reason) == (PageState.CONFLICT, PageReason.ANSWERS_OF_ABSENT)
    assert queries.open_groups(page) == []  # this page has no box for 缺考
    confirm_page(cards.db, page.id, actor=cards.actor, now=START)
    cards.scan(0, 1, **blank_items(cards, 1), type=None)
    cards.record(0, 1, *AWAY)
    assert verdicts(cards)[0] in (Verdict.IN_REVIEW, Verdict.CARD_OF_ABSENT)


# Which cards there are ----------------------------------------------------------------------


def test_versions_that_differ_on_a_later_page_only_are_told_apart(cards: DesignedCards) -> None:
    designs = [
        CardDesign("KH-PAIR", (Section(GroupKind.SINGLE, 100), Section(GroupKind.JUDGEMENT, n)))
        for n in (60, 65)
    ]
    saved = [save_design(cards.db, one, actor=cards.actor, now=START) for one in designs]
    old, new = map(sheets_of_design, saved)
    assert len(old) == len(new) == 2
    assert old[0].groups == new[0].groups
    assert [sheets_of_hash(cards.db, card[0].layout_hash) for card in (old, new)] == [old, new]
    for sheet in (*old, *new):
        assert sheet in sheets_of_hash(cards.db, sheet.layout_hash)


def test_a_paper_needs_a_place_for_every_item_on_some_page(cards: DesignedCards) -> None:
    offered = cards_for_sittings(cards.db)
    assert cards.sheets in offered.values()
    assert sheets_of("kh-a4-200") in offered.values()
    assert cards_of_sittings(cards.db, cards.sitting_id) == (cards.sheets,)
    clerk, paper_id = cards.office.actors["jigou01"], cards.people[0].paper_id
    for sheets in (cards.sheets[:1], sheets_of("kh-a4-200")):
        with refused(cards.db, InvalidInputError):
            issue_cards(cards.db, cards.sitting_id, paper_id, sheets, actor=clerk, now=START)


def test_a_sample_is_drawn_from_all_pages(cards: DesignedCards) -> None:
    for sheet in (1, 2):
        cards.scan(0, sheet)
    asked = {answer.group for answer in confident_answers(cards.db, cards.batch_id)}
    assert asked == {f"q{number}" for number in range(1, 91)}


def test_the_desk_names_the_pages_of_a_card(room: Room, cards: DesignedCards) -> None:  # noqa: F811
    cards.scan(0, 1)
    cards.take(cards.read(1, 2, codes=False))
    cards.db.commit()
    staff, sitting_id = signed_in_staff(room, "saomiao01"), cards.sitting_id
    assert "缺卡页 2" in staff.get(f"/cards/sittings/{sitting_id}/reconciliation").text
    assert "卡页 2/2" in staff.get(f"/cards/review/{cards.batch_id}").text
    assert "卡页" in staff.get(f"/cards/batches/{cards.batch_id}").text
    assert "卡页 1、2" in staff.get(f"/cards/sittings/{sitting_id}").text
    assert "卡页 2" in staff.get(f"/cards/sittings/{sitting_id}").text


def test_a_number_that_leads_nowhere_can_be_put_right_at_the_desk(
    room: Room,  # noqa: F811
    cards: DesignedCards,
) -> None:
    page = cards.take(cards.read(1, 2, codes=False))
    serial, card_id = cards.people[1].serial, cards.cards[1].id
    desk, address = f"/cards/review/{cards.batch_id}", f"/cards/pages/{page.id}/assign"
    cards.db.commit()
    staff = signed_in_staff(room, "saomiao01")
    wrong = {"csrf_token": token_of(staff.get(desk).text), "admission_no": "2605000199999"}
    refusal = staff.post(address, data=wrong)
    assert refusal.status_code == 400
    assert 'value="2605000199999"' in refusal.text
    assert 'aria-invalid="true"' in refusal.text
    printed = f"{serial[:4]} {serial[4:8]} {serial[8:]}"
    assert staff.post(address, data={**wrong, "admission_no": printed}).status_code == 302
    assert staff.post(address, data=wrong).status_code == 404  # now it waits for another person
    cards.db.refresh(page)
    assert [owner.card_id for owner in page.owners] == [card_id]


def test_a_refused_count_of_absentees_keeps_the_ticks(
    room: Room,  # noqa: F811
    cards: DesignedCards,
) -> None:
    away, address = cards.people[1].admission_id, f"/cards/sittings/{cards.sitting_id}"
    cards.db.commit()
    staff = signed_in_staff(room, "saomiao01")
    form = {
        "csrf_token": token_of(staff.get(f"{address}/reconciliation").text),
        "absent": str(away),
        "counted": "3",
    }
    refusal = staff.post(f"{address}/presence", data=form)
    assert refusal.status_code == 400
    assert f'name="absent" value="{away}" checked' in refusal.text
    assert 'name="counted" type="number" value="3"' in refusal.text
