"""A room full of candidates at their papers, made through the real actions, for benchmarks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from exam_server.delivery import candidate_actions, proctor_actions
from exam_server.delivery.models import Attempt, SittingRun
from exam_server.delivery.queries import room_code
from exam_server.rehearsal.batch import BatchOrder, build_batch
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.office import PROJECT, build_office, find_office
from exam_server.seeding import load_seeds
from item_bank.composing.actions import save_blueprint
from item_bank.queries import paper_content
from item_bank.rules.blueprint_terms import TEMPLATES, BlueprintTerms
from item_bank.rules.ordering import shown_ids
from item_bank.rules.paper import PaperContent
from registry.accounts.passwords import hash_password
from registry.catalog.queries import project_by_number
from registry.database import Database
from registry.enrolment.models import Enrolment
from registry.scheduling.models import Admission

OFFICE_LEAD = timedelta(days=60)
LONGEST = next(template for template in TEMPLATES if template.code == "T-A")


@dataclass(frozen=True)
class Seat:
    """One candidate who has begun: attempt, lease, and what may be answered with."""

    attempt_id: int
    token: str
    items: list[tuple[str, list[str]]]


def prepare(database: Database, candidates: int, sittings: int = 1) -> list[int]:
    """Build the office and sittings with so many candidates each; return their ids.

    Papers have 100 questions: of a project's blueprints the first by its code is drawn from.
    """
    now = datetime.now(UTC)
    load_seeds(database, now=now - OFFICE_LEAD, tell=lambda _name, _count: None)
    with database.transaction() as db:
        office = build_office(db, hash_password(PASSWORD), now=now - OFFICE_LEAD)
        terms = BlueprintTerms(LONGEST.code, LONGEST.minutes, LONGEST.sections)
        project_id = project_by_number(db, PROJECT).id
        save_blueprint(db, project_id, terms, actor=office.actors["tiku01"], now=now)
        return [
            build_batch(
                db, office, BatchOrder(candidates, 0, now, 1 + n, first_person=n * candidates)
            ).screen_sitting_id
            for n in range(sittings)
        ]


def seat_everyone(database: Database, sitting_id: int) -> list[Seat]:
    """Sign every candidate in, confirm, and start the sitting."""
    now = datetime.now(UTC)
    with database.transaction() as db:
        proctor = find_office(db).actors["jiankao01"]
        proctor_actions.open_check_in(db, sitting_id, actor=proctor, now=now)
        code = room_code(db, db.get_one(SittingRun, sitting_id)) or ""
        numbers = db.scalars(
            select(Enrolment.admission_no)
            .join(Admission, Admission.enrolment_id == Enrolment.id)
            .where(Admission.sitting_id == sitting_id)
            .order_by(Admission.seat_no)
        ).all()
        tokens = [
            candidate_actions.claim_seat(db, number or "", code, address="127.0.0.1", now=now).token
            for number in numbers
        ]
        ids = [int(token.split(".")[0]) for token in tokens]
        for attempt_id in ids:
            for step in ("data", "rules"):
                candidate_actions.confirm_step(db, attempt_id, step, now=now)
        proctor_actions.start_sitting(db, sitting_id, actor=proctor, now=now)
    with database.reading() as db:
        attempts = [db.get_one(Attempt, attempt_id) for attempt_id in ids]
        papers = {one.paper_id for one in attempts}
        contents = {paper_id: paper_content(db, paper_id) for paper_id in papers}
        return [
            Seat(one.id, token, _answers(contents[one.paper_id], one.order_seed))
            for one, token in zip(attempts, tokens, strict=True)
        ]


def _answers(paper: PaperContent, order_seed: int) -> list[tuple[str, list[str]]]:
    ids = shown_ids(paper, order_seed).values()
    return [(question, sorted(options.values())) for question, options in ids]


def plan_of(seat: Seat, store: str, after_event: int) -> dict[str, Any]:
    """Return what a client of the load process needs to play a seat."""
    return {
        "cookie": f"kaohe_lease={seat.token}",
        "prefix": "/candidate,",
        "event": "ops",
        "store": store,
        "after_event": after_event,
        "seq": 0,
        "items": seat.items,
    }
