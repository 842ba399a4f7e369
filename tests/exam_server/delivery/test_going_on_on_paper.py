"""Candidates go on with a pencil: saved answers are printed, the scanned card is merged (H10)."""

import json
from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pypdfium2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.models import Attempt, RoomEvent
from exam_server.marking import attempt_answers, mark_screen_sitting, stored_answers
from exam_server.paper_continuation import continue_on_paper
from exam_server.rehearsal.batch import BatchOrder, build_batch
from item_bank.composing.actions import save_blueprint
from item_bank.queries import paper_content
from item_bank.rules.blueprint_terms import TEMPLATES, BlueprintTerms
from omr import actions, batch_actions, queries, reviewing
from omr.batch_reading.keeping import kept_page
from omr.layout_queries import sheets_of_card
from omr.layouts import blank_of_layout, layout_named, sheets_of
from omr.models import PrintedCard, ScanPage
from omr.printing import print_sheets
from omr.reader.blank import render_page
from omr.reader.loading import LoadedPage, load_images
from omr.reader.page import Orders, read_sheet
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.scanner import scan_card
from omr.rehearsal.severity import LADDER, Level
from omr.rules.card_layout import GroupKind
from omr.rules.prefilled import saved_answers
from omr.rules.reasons import GroupReason
from omr.rules.states import PageState
from registry.catalog.queries import project_by_number
from registry.errors import AssessmentError
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR
from scoring.models import SubjectResult
from tests.support.room import PASSWORD, PROJECT, START, Page, Room, token_of

DPI = 200
ANSWERED = 30


def continued(room: Room, *pages: Page) -> None:
    """Let candidates of these pages go on on paper."""
    room.server.room.command(
        room.sitting_id,
        lambda db, now: continue_on_paper(
            db,
            room.sitting_id,
            [(page.admission_id, 17 + page.admission_id) for page in pages],
            "考场断电",
            reviewer="jiankao02",
            actor=room.office.actors["jiankao01"],
            now=now,
        ),
    )


def answer_some(page: Page, count: int = ANSWERED) -> None:
    """Answer every third question, of all kinds, and send them."""
    ops = []
    for question in page.questions()[:: max(1, len(page.questions()) // count)]:
        chosen = [option["id"] for option in question["options"]]
        ops.append(page.op("set", question["id"], (chosen[1],)))
    for start in range(0, len(ops), 50):
        assert page.send(*ops[start : start + 50])["ok"]


def card_of(db: Session, page: Page) -> PrintedCard:
    return queries.continued_cards(db, page.attempt(db).sitting_id)[page.admission_id]


def scanned(
    db: Session, room: Room, page: Page, pencil: Mapping[str, tuple[str, ...]], *, level: Level
) -> ScanPage:
    """Scan the card of one page; see ``scanned_sheets``."""
    (taken,) = scanned_sheets(db, room, page, pencil, level=level)
    return taken


def scanned_sheets(
    db: Session, room: Room, page: Page, pencil: Mapping[str, tuple[str, ...]], *, level: Level
) -> tuple[ScanPage, ...]:
    """Print all pages of the card, fill in more with a pencil, scan them and take them in."""
    card, rng = card_of(db, page), np.random.default_rng(7)
    sheets = sheets_of_card(card)
    sides = tuple((sheet, blank_of_layout(sheet)) for sheet in sheets)
    holders = queries.holders_of_cards([card])
    pdf = print_sheets(sheets, holders, font_regular=FONT_REGULAR, font_bold=FONT_BOLD)
    actor, now = room.office.actors["saomiao01"], room.clock()
    orders = Orders(queries.known_serials(db, room.sitting_id))
    batch = batch_actions.open_batch(db, [room.sitting_id], "card.jpg", actor=actor, now=now)
    taken = []
    for index, sheet in enumerate(sheets):
        own = {group.group_id for group in sheet.groups}
        marks = {name: values for name, values in pencil.items() if name in own}
        clean = render_page(pdf, dpi=DPI, index=index)
        filled = fill_card(clean, sheet, marks, dpi=DPI, severity=LADDER[level], rng=rng)
        scan = scan_card(filled, severity=LADDER[level], rng=rng, dpi=DPI)
        (loaded,) = load_images(scan.jpeg, "card.jpg")
        assert isinstance(loaded, LoadedPage)
        kept = kept_page(loaded, read_sheet(loaded.image, sides, orders))
        taken.append(batch_actions.take_page(db, batch.id, kept, actor=actor, now=now))
    return tuple(taken)


def free_groups(card: PrintedCard, kind: GroupKind, count: int) -> list[str]:
    """Return groups of the candidate's paper where nothing was saved."""
    places = [group.group_id for group in layout_named().groups if group.kind is kind]
    saved = saved_answers(card.prefilled)
    return [name for name in places if f'"{name}"' in (card.form or "") and name not in saved][
        :count
    ]


def merged_answers(
    db: Session, attempt: Attempt, page: ScanPage | None
) -> dict[int, frozenset[str]]:
    stored = stored_answers(db, attempt.id)
    pages = (page,) if page else ()
    return attempt_answers(paper_content(db, attempt.paper_id), attempt, stored, pages)


def at_computer(db: Session, attempt: Attempt) -> dict[int, frozenset[str]]:
    return merged_answers(db, attempt, None)


@pytest.fixture
def page(room: Room) -> Page:
    """One candidate who has answered some of the paper."""
    (page,) = room.working()
    answer_some(page)
    return page


def test_an_untouched_card_gives_exactly_the_answers_of_the_server(room: Room, page: Page) -> None:
    continued(room, page)
    with room.database.transaction() as db:
        taken = scanned(db, room, page, {}, level=Level.L1)
        assert taken.state == PageState.READ, taken.reason
        attempt = page.attempt(db)
        merged = merged_answers(db, attempt, taken)
        assert merged == at_computer(db, attempt)
        assert len(merged) >= ANSWERED
        kinds = {
            q.kind for q in paper_content(db, attempt.paper_id).questions if q.position in merged
        }
        assert len(kinds) == 3


def test_pencil_on_blank_places_counts_and_changes_go_to_a_person(room: Room, page: Page) -> None:
    continued(room, page)
    with room.database.transaction() as db:
        card = card_of(db, page)
        changed = next(iter(saved_answers(card.prefilled)))
        (printed,) = saved_answers(card.prefilled)[changed].values
        other = next(
            cell.value
            for cell in layout_named().group(changed).cells
            if cell.value not in (printed, "E")
        )
        fresh = free_groups(card, GroupKind.SINGLE, 5)
        several = free_groups(card, GroupKind.MULTIPLE, 1)[0]
        pencil = dict.fromkeys(fresh, ("B",)) | {several: ("A", "C"), changed: (other,)}
        taken = scanned(db, room, page, pencil, level=Level.L0)
        assert taken.state == PageState.REVIEW
        assert queries.doubts_of(taken) == {changed: GroupReason.DIFFERS_FROM_SAVED}
        scanner = room.office.actors["saomiao01"]
        reviewing.correct_group(db, taken.id, changed, (other,), actor=scanner, now=room.clock())
        reviewing.confirm_page(db, taken.id, actor=scanner, now=room.clock())
        final = queries.final_answers(taken)
        assert [final[name] for name in fresh] == [("B",)] * 5
        assert (final[several], final[changed]) == (("A", "C"), (other,))
        before, merged = (
            at_computer(db, page.attempt(db)),
            merged_answers(db, page.attempt(db), taken),
        )
        assert len(merged) == len(before) + 6
        assert sum(before[position] != merged[position] for position in before) == 1
    (decision,) = room.audited("correct_group")
    assert decision["after"] == other


def test_the_room_closes_and_is_marked_when_the_card_has_come(room: Room, page: Page) -> None:
    continued(room, page)
    room.excuse_others(1)
    room.command("close")
    sitting_id = room.sitting_id
    with room.database.transaction() as db:
        own = select(SubjectResult).where(SubjectResult.admission_id == page.admission_id)
        assert db.scalars(own).all() == []
        taken = scanned(db, room, page, {}, level=Level.L0)
        scanner = room.office.actors["saomiao01"]
        actions.release_batch(
            db, taken.batch_id, [room.sitting_id], actor=scanner, now=room.clock()
        )
        told = mark_screen_sitting(db, sitting_id, actor=scanner, now=room.clock())
        assert (told.marked, told.absent, told.waiting) == (1, len(room.admissions) - 1, 0)
        again = mark_screen_sitting(db, sitting_id, actor=scanner, now=room.clock())
        assert again == told
        result = db.scalars(own).one()
        assert "转纸笔作答" in str(result.evidence)


def test_the_attempt_is_ended_with_its_reason_and_later_answers_are_kept_apart(
    room: Room, page: Page
) -> None:
    late = page.choose()
    continued(room, page)
    assert page.send(late)["error"] == "closed"
    assert room.seat()["state"] == "submitted"
    with room.database.reading() as db:
        assert page.attempt(db).state == "forced"
        words = db.scalars(select(RoomEvent.text).where(RoomEvent.kind == "forced")).one()
        assert "转为纸笔作答：考场断电" in words
    assert room.audited("issue_continuation")[0]["saved"] >= ANSWERED


def test_nobody_goes_on_twice_or_without_a_second_person(room: Room, page: Page) -> None:
    continued(room, page)
    with pytest.raises(AssessmentError, match="不在答题中"):
        continued(room, page)
    with pytest.raises(AssessmentError):
        room.server.room.command(
            room.sitting_id,
            lambda db, now: continue_on_paper(
                db,
                room.sitting_id,
                [(page.admission_id, 1)],
                "断电",
                reviewer="jiankao01",
                actor=room.office.actors["jiankao01"],
                now=now,
            ),
        )


class Staff:
    """A member of staff in a browser without a screen."""

    def __init__(self, room: Room, login_name: str) -> None:
        self.client = room.server.app.test_client()
        self.post("/sign-in", login_name=login_name, password=PASSWORD)

    def post(self, path: str, **form: object) -> str:
        token = token_of(self.client.get("/sign-in" if path == "/sign-in" else path).text)
        data = {**form, "csrf_token": token}
        return self.client.post(path, data=data, follow_redirects=True).text


def test_the_page_lists_ends_prints_and_keeps_what_was_typed_when_refused(
    room: Room, page: Page
) -> None:
    staff, path = Staff(room, "jiankao01"), f"/proctor/{room.sitting_id}/paper"
    assert f'value="{page.admission_id}"' in staff.client.get(path).text
    assert staff.client.get(f"{path}/cards.pdf").status_code == 404
    form = {"admission": page.admission_id, "reason": "主机损坏"}
    refused = staff.post(path, reviewer="jiankao01", **form)
    assert "主机损坏" in refused
    assert " checked" in refused
    told = staff.post(path, reviewer="jiankao02", **form)
    assert "已为 1 名考生转为纸笔作答" in told
    for name in ("cards.pdf", "booklets.pdf", f"booklets.pdf?admission={page.admission_id}"):
        printed = staff.client.get(f"{path}/{name}")
        assert printed.data.startswith(b"%PDF"), name
    assert len(room.audited("print_continuation")) == 2
    with room.database.transaction() as db:
        changed = next(iter(saved_answers(card_of(db, page).prefilled)))
        values = {cell.value for cell in layout_named().group(changed).cells}
        taken = scanned(db, room, page, {changed: tuple(values - {"E"})}, level=Level.L0)
        batch_id = taken.batch_id
    desk = Staff(room, "saomiao01").client.get(f"/cards/review/{batch_id}").text
    assert "与服务器保存的答案不同" in desk
    assert "data-saved" in desk
    listed = Staff(room, "saomiao01").client.get("/cards/").text
    assert f"/cards/sittings/{room.sitting_id}" in listed


def test_a_paper_that_the_usual_card_cannot_hold_goes_on_on_a_card_of_two_pages(
    settings, database, office, clock
) -> None:
    order = BatchOrder(1, 0, START + timedelta(days=1), 9, first_person=60)
    short = next(one for one in TEMPLATES if one.code == "T-D")  # 40 questions to judge
    with database.transaction() as db:
        terms = BlueprintTerms("A-SHORT", short.minutes, short.sections)  # the first by its code
        project_id = project_by_number(db, PROJECT).id
        save_blueprint(db, project_id, terms, actor=office.actors["tiku01"], now=START)
        batch = build_batch(db, office, order)
    clock.advance(days=1)
    room = Room(settings, database, batch.screen_sitting_id, clock)
    try:
        (page,) = room.working()
        answer_some(page)
        continued(room, page)
        with room.database.transaction() as db:
            card, sheets = card_of(db, page), sheets_of("kh-a4-200")
            assert sheets_of_card(card) == sheets
            groups = [f"q{number}" for number in (*range(1, 41), *range(161, 201))]
            assert set(json.loads(card.form or "")) == set(groups)
            free = [name for name in groups if name not in saved_answers(card.prefilled)]
            pencil = {free[0]: ("B",), free[-1]: ("right",)}
            pages = scanned_sheets(db, room, page, pencil, level=Level.L0)
            assert [taken.state for taken in pages] == ["read", "read"], pages[0].reason
            attempt = page.attempt(db)
            stored, content = stored_answers(db, attempt.id), paper_content(db, attempt.paper_id)
            before = attempt_answers(content, attempt, stored, ())
            merged = attempt_answers(content, attempt, stored, pages)
            assert len(merged) == len(before) + 2
            assert all(merged[position] == ids for position, ids in before.items())
        staff, path = Staff(room, "jiankao01"), f"/proctor/{room.sitting_id}/paper"
        assert "一卡 2 页" in staff.client.get(path).text
        printed = staff.client.get(f"{path}/cards.pdf").data
        assert len(pypdfium2.PdfDocument(printed)) == 2
    finally:
        room.server.close()
