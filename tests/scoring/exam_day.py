"""An assessment of project 1 on its day, with everyone who marks, confirms and issues."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from item_bank.rules.kinds import ItemKind
from registry.access import SYSTEM, Actor, Role
from registry.accounts.queries import actor_of
from registry.catalog.rules.subjects import Subject
from registry.organisations.queries import centre_of_division
from registry.scheduling.models import Admission
from scoring import actions
from scoring.certificates.actions import approve_issue, receive_blanks
from scoring.models import PracticalPaper, ScoreSheet, SubjectResult
from scoring.panel_actions import (
    MarkEntry,
    load_practical_paper,
    open_sheet,
    record_marks,
    submit_sheet,
)
from scoring.rules.evidence import EvidenceSource, TheoryEvidence
from scoring.rules.marking import TheoryMark, mark_theory
from tests.support.factories import Scene, make_account, make_scene

PAPER = Path(__file__).parents[2] / "seeds/item_banks/60/practical.toml"
NUMBERS = ("1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "2.2", "2.3", "2.4")
GOOD = ("7", "10", "8", "17", "8.5", "8", "10", "8", "6.5")  # 83
FAIR = ("6.5", "10", "8", "16", "8.5", "8", "10", "8", "6")  # 81
POOR = ("4", "7", "6", "11", "6", "6", "7", "6", "5")  # 58


@dataclass(frozen=True)
class KeyedItem:
    position: int
    kind: ItemKind
    points: Decimal
    key: frozenset[str]


@dataclass
class ExamDay:
    """One plan with its people; ``at`` lies within the practical sitting."""

    scene: Scene
    paper: PracticalPaper
    at: datetime
    publisher: Actor

    @property
    def examiners(self) -> list[Actor]:
        """The three dispatched examiners, the lead first."""
        return [actor_of(dispatch.examiner.account) for dispatch in self.scene.dispatches]

    @property
    def officer(self) -> Actor:
        return self.scene.office.actor(Role.CITY_OFFICER)

    @property
    def approver(self) -> Actor:
        return self.scene.office.actor(Role.CERTIFICATE_APPROVER)

    @property
    def maker(self) -> Actor:
        return self.scene.office.actor(Role.CERTIFICATE_MAKER)

    @property
    def keeper(self) -> Actor:
        return self.scene.office.actor(Role.STOCK_KEEPER)

    def practical(self) -> list[Admission]:
        return self.scene.admissions_in(Subject.PRACTICAL)

    def theory(self) -> list[Admission]:
        return self.scene.admissions_in(Subject.THEORY)

    def entries(self, marks: Sequence[str]) -> dict[int, MarkEntry]:
        """Return marks by item id in the order of the sheet."""
        pairs = zip(self.paper.items, marks, strict=True)
        return {item.id: MarkEntry(Decimal(mark)) for item, mark in pairs}

    def fill(
        self,
        db: Session,
        admission: Admission,
        examiner: Actor,
        marks: Sequence[str] = GOOD,
        *,
        veto: str | None = None,
        minutes_used: int | None = 55,
        submit: bool = True,
    ) -> ScoreSheet:
        """Open, fill and submit one sheet."""
        at = self.at
        sheet = open_sheet(db, admission.id, actor=examiner, now=at)
        record_marks(
            db,
            sheet.id,
            self.entries(marks),
            veto=veto,
            minutes_used=minutes_used,
            actor=examiner,
            now=at,
        )
        return submit_sheet(db, sheet.id, actor=examiner, now=at) if submit else sheet

    def score_practical(
        self, db: Session, admission: Admission, marks: Sequence[Sequence[str]] = (GOOD, FAIR, GOOD)
    ) -> SubjectResult:
        """Have all three examiners mark, and the lead merge."""
        for examiner, own in zip(self.examiners, marks, strict=True):
            self.fill(db, admission, examiner, own)
        return actions.merge_practical(db, admission.id, actor=self.examiners[0], now=self.at)

    def score_theory(
        self, db: Session, admission: Admission, right: int = 78, **changed: object
    ) -> SubjectResult:
        """Record a theory mark with so many right answers of 100."""
        evidence = theory_evidence(**changed)
        mark = theory_mark(right)
        return actions.record_theory(db, admission.id, mark, evidence, actor=SYSTEM, now=self.at)

    def score_all(
        self,
        db: Session,
        *,
        theory: Mapping[int, int] | None = None,
        practical: Mapping[int, Sequence[Sequence[str]]] | None = None,
    ) -> None:
        """Score everybody; exceptions by place in the order of admission."""
        for place, admission in enumerate(self.theory()):
            self.score_theory(db, admission, (theory or {}).get(place, 78))
        for place, admission in enumerate(self.practical()):
            given = (practical or {}).get(place, (GOOD, FAIR, GOOD))
            self.score_practical(db, admission, given)

    def publish(self, db: Session) -> None:
        """Confirm and publish, by two people."""
        plan_id = self.scene.plan.id
        actions.confirm_results(db, plan_id, actor=self.officer, now=self.at)
        actions.publish_results(db, plan_id, actor=self.publisher, now=self.at)

    def stock(self, db: Session, first: str = "JS000001", last: str = "JS000010") -> int:
        """Take blanks into the city's stock."""
        centre = centre_of_division(db, self.scene.office.city)
        return receive_blanks(db, centre.id, first, last, actor=self.keeper, now=self.at)

    def approve(self, db: Session) -> None:
        approve_issue(db, self.scene.plan.id, actor=self.approver, now=self.at)


def theory_mark(right: int) -> TheoryMark:
    """Return the mark of a paper of 100 items with so many right answers."""
    key = [KeyedItem(n, ItemKind.SINGLE_CHOICE, Decimal(1), frozenset("a")) for n in range(1, 101)]
    return mark_theory(key, {n: frozenset("a") for n in range(1, right + 1)})


def theory_evidence(**changed: object) -> TheoryEvidence:
    values: dict[str, object] = {
        "source": EvidenceSource.ATTEMPT,
        "source_id": 1,
        "source_hash": "a" * 64,
        "paper_hash": "b" * 64,
        "presence": "present",
    }
    return TheoryEvidence(**{**values, **changed})  # type: ignore[arg-type]


def make_exam_day(db: Session, *, now: datetime, count: int = 3, **kind: object) -> ExamDay:
    """Build the scene, load the practical paper, and go to the time of the practical sitting."""
    scene = make_scene(db, now=now, count=count, **kind)  # type: ignore[arg-type]
    content = tomllib.loads(PAPER.read_text("utf-8"))
    manager = scene.office.actor(Role.BANK_MANAGER)
    paper = load_practical_paper(db, 1, content, actor=manager, now=now)
    second = make_account(db, Role.CITY_OFFICER, now=now, division=scene.office.city)
    return ExamDay(scene, paper, now + timedelta(hours=5), actor_of(second))
