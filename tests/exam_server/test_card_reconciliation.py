"""Cards and room record must agree, seat by seat, before anything goes to scoring."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import cv2
import numpy as np
import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from exam_server.card_reconciliation import (
    NotReconciledError,
    Verdict,
    reconcile,
    record_absentees,
    release,
)
from exam_server.rehearsal.cards import PaperCandidate, paper_candidates
from omr import queries
from omr.batch_actions import open_batch, take_page
from omr.models import ScanPage
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.severity import LADDER, Level
from omr.rules.states import PageState
from omr.scans import read_file
from registry.access import Actor
from registry.errors import InvalidInputError, WrongStateError
from tests.support.drawn_cards import DRAWN_DPI, card_holder, card_layout, drawn_card
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

NOW = START + timedelta(hours=3)


class Pile:
    """The cards of a sitting on their way through the scanner."""

    def __init__(self, db: Session, actor: Actor, sitting_id: int) -> None:
        self.db = db
        self.actor = actor
        self.sitting_id = sitting_id
        self.people = paper_candidates(db, sitting_id, seed=1)
        self.batch_id = open_batch(db, [self.sitting_id], "一批", actor=self.actor, now=NOW).id

    def scan(
        self,
        person: PaperCandidate,
        groups: Mapping[str, tuple[str, ...]],
        *,
        light: float = 1.0,
    ) -> ScanPage:
        rng = np.random.default_rng(1)
        blank = drawn_card(card_holder(serial=person.serial, admission_no=person.admission_no))
        severity = LADDER[Level.L0]
        image = fill_card(blank, card_layout(), groups, dpi=DRAWN_DPI, severity=severity, rng=rng)
        done, data = cv2.imencode(".png", (image.image * light).astype(np.uint8))
        assert done
        known = queries.known_serials(self.db, self.sitting_id)
        (scanned,) = read_file(data.tobytes(), f"{person.serial}.png", known)
        return take_page(self.db, self.batch_id, scanned, actor=self.actor, now=NOW)

    def verdicts(self) -> list[Verdict]:
        found = reconcile(self.db, self.sitting_id, actor=self.actor)
        assert found.issued - found.spoiled == found.scanned + found.kept + found.missing
        return [line.verdict for line in found.lines]

    def record(self, *absent: int, counted: int | None = None) -> None:
        chosen = [self.people[place].admission_id for place in absent]
        count = len(chosen) if counted is None else counted
        record_absentees(self.db, self.sitting_id, chosen, counted=count, actor=self.actor, now=NOW)

    def release(self) -> int:
        return release(self.db, self.batch_id, actor=self.actor, now=NOW)


@pytest.fixture
def pile(room: Room, prepared: Prepared) -> Iterator[Pile]:  # noqa: F811
    with room.database.session() as db:
        yield Pile(db, room.office.actors["saomiao01"], prepared.batch.card_sitting_id)


def test_nothing_goes_to_scoring_before_every_seat_agrees(pile: Pile) -> None:
    first, second, *others = pile.people
    pile.scan(first, first.groups)
    assert set(pile.verdicts()) == {Verdict.NOT_RECORDED}
    with refused(pile.db, NotReconciledError):
        pile.release()
    pile.record(1)
    absent = pile.scan(second, second.groups)
    rest = [Verdict.NO_CARD] * len(others)
    assert pile.verdicts() == [Verdict.TIED, Verdict.CARD_OF_ABSENT, *rest]
    with refused(pile.db, NotReconciledError):
        pile.release()
    absent.state = PageState.REJECTED  # it was somebody else's
    pile.record(*range(1, len(pile.people)))
    assert pile.verdicts() == [Verdict.TIED, *[Verdict.CARD_KEPT] * (len(others) + 1)]
    assert pile.release() == 1
    with refused(pile.db, WrongStateError):
        pile.record()


def test_a_card_marked_absent_of_somebody_who_came_is_a_difference(pile: Pile) -> None:
    first = pile.people[0]
    pile.scan(first, {"absent": ("yes",)})
    pile.record()
    assert pile.verdicts()[0] is Verdict.MARKED_ABSENT
    pile.record(0)
    assert pile.verdicts()[0] is Verdict.TIED


def test_the_count_of_the_room_record_guards_against_a_slip(pile: Pile) -> None:
    with refused(pile.db, InvalidInputError):
        pile.record(0, 1, counted=1)
    assert set(pile.verdicts()) == {Verdict.NOT_RECORDED}


def test_pages_of_the_desk_show_differences_and_print_the_evidence(
    room: Room,  # noqa: F811
    pile: Pile,
) -> None:
    first = pile.people[0]
    page = pile.scan(first, {**first.groups, "q1": ("A", "C")})
    sitting_id, page_id = pile.sitting_id, page.id
    pile.db.commit()
    staff: FlaskClient = signed_in_staff(room, "saomiao01")
    shown = staff.get(f"/cards/sittings/{sitting_id}/reconciliation").text
    assert "到场情况未登记" in shown
    picture = staff.get(f"/cards/pages/{page_id}/annotated.jpg").data
    drawn = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).astype(int)
    blue, green, red = drawn[..., 0], drawn[..., 1], drawn[..., 2]
    assert int(((green > red + 50) & (green > blue + 30)).sum()) > 1000  # marks that were read
    assert int(((red > green + 100) & (red > blue + 100)).sum()) > 200  # question 1 waits
    paper = pypdfium2.PdfDocument(staff.get(f"/cards/pages/{page_id}/evidence.pdf").data)
    text = "".join(one.get_textpage().get_text_range() for one in paper)
    assert len(paper) == 2
    assert first.admission_no in text
    assert "计入的答案" in text
    assert len(room.audited("print_page_evidence")) == 1


def test_the_evidence_of_a_page_compared_as_a_whole_says_so_in_one_line(
    room: Room,  # noqa: F811
    pile: Pile,
) -> None:
    first = pile.people[0]
    page = pile.scan(first, first.groups, light=0.4)
    page_id, batch_id = page.id, pile.batch_id
    pile.db.commit()
    staff: FlaskClient = signed_in_staff(room, "saomiao01")
    token = token_of(staff.get(f"/cards/review/{batch_id}").text)
    other = "A" if first.groups["q1"] != ("A",) else "B"
    for step, form in (("groups/q1", {"value": other}), ("confirm", {"compared": "yes"})):
        sent = staff.post(f"/cards/pages/{page_id}/{step}", data={"csrf_token": token, **form})
        assert sent.status_code == 302
    pile.db.refresh(page)
    assert page.state == PageState.REVIEWED
    changed = len(page.corrections) - 1
    pile.db.commit()
    paper = pypdfium2.PdfDocument(staff.get(f"/cards/pages/{page_id}/evidence.pdf").data)
    text = "".join(one.get_textpage().get_text_range() for one in paper)
    assert f"{changed} 处" in text
    assert "与识读一致" in text
    assert "第 1 题" in text
    assert len(paper) == 2
