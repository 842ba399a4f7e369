"""The practical part: every dispatched examiner marks every candidate, the lead rules disputes."""

import random
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from exam_server.rehearsal.office import EXAMINERS, LEAD, Office
from registry.database import Database
from registry.scheduling.models import Sitting
from scoring.actions import merge_practical
from scoring.models import ScoreSheet, ScoringItem
from scoring.panel_actions import (
    MarkEntry,
    RulingEntry,
    open_sheet,
    record_marks,
    rule_dispute,
    submit_sheet,
)
from scoring.queries import disputes_of
from scoring.rules.examiner_panel import Dispute

STEP = Decimal("0.5")
GOOD_SHARE = (0.55, 0.95)  # between these lies what a candidate earns of the allotted marks
DIFFERING_SKILLS = (0.8, 0.75, 0.45)  # so far apart that the lead must rule
STRICTNESS = 0.05  # by so much of the allotted marks examiners differ
STRANGE = 0.004  # now and then one examiner sees something quite different


def score_practical(
    database: Database,
    office: Office,
    sitting_id: int,
    *,
    seed: int,
    clock: Callable[[], datetime],
    done: Callable[[], None],
    share: float = 1.0,
) -> int:
    """Mark, rule and merge a share of the sitting; return the number of rulings."""
    with database.reading() as db:
        admission_ids = [admission.id for admission in db.get_one(Sitting, sitting_id).admissions]
    rulings = 0
    for admission_id in admission_ids[: round(share * len(admission_ids))]:
        with database.transaction() as db:
            draw = random.Random(f"{seed}:{admission_id}")
            skill = draw.uniform(*GOOD_SHARE)
            for login_name in EXAMINERS:
                _mark(db, office, login_name, admission_id, skill, draw=draw, now=clock())
            rulings += _rule(db, office, admission_id, now=clock())
            merge_practical(db, admission_id, actor=office.actors[LEAD], now=clock())
        done()
    return rulings


def leave_disputes(
    database: Database, office: Office, sitting_id: int, *, first: int, count: int, now: datetime
) -> None:
    """Mark some candidates so that the examiners differ, and leave the rulings to the lead."""
    with database.reading() as db:
        admission_ids = [admission.id for admission in db.get_one(Sitting, sitting_id).admissions]
    for admission_id in admission_ids[first : first + count]:
        with database.transaction() as db:
            draw = random.Random(admission_id)
            for login_name, skill in zip(EXAMINERS, DIFFERING_SKILLS, strict=True):
                _mark(db, office, login_name, admission_id, skill, draw=draw, now=now)


def _mark(
    db: Session,
    office: Office,
    login_name: str,
    admission_id: int,
    skill: float,
    *,
    draw: random.Random,
    now: datetime,
) -> ScoreSheet:
    actor = office.actors[login_name]
    sheet = open_sheet(db, admission_id, actor=actor, now=now)
    marks = {item.id: MarkEntry(_mark_of(item, skill, draw)) for item in sheet.paper.items}
    minutes = draw.randint(sheet.paper.minutes // 2, sheet.paper.minutes)
    record_marks(db, sheet.id, marks, veto=None, minutes_used=minutes, actor=actor, now=now)
    return submit_sheet(db, sheet.id, actor=actor, now=now)


def _mark_of(item: ScoringItem, skill: float, draw: random.Random) -> Decimal:
    share = 0.1 if draw.random() < STRANGE else skill + draw.gauss(0, STRICTNESS)
    steps = round(float(item.allotted) * min(1.0, max(0.0, share)) / float(STEP))
    return min(item.allotted, steps * STEP)


def _rule(db: Session, office: Office, admission_id: int, *, now: datetime) -> int:
    lead = office.actors[LEAD]
    count = 0
    while disputes := disputes_of(db, admission_id, actor=lead):
        dispute = disputes[0]
        entry = RulingEntry(dispute.target, "经复测，以量具读数为准", mark=_middle(dispute))
        rule_dispute(db, admission_id, entry, actor=lead, now=now)
        count += 1
    return count


def _middle(dispute: Dispute) -> Decimal:
    """Return the middle mark of those who differ."""
    marks = sorted(dispute.marks.values())
    return marks[len(marks) // 2]
