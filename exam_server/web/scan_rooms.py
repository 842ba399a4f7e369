"""Several rooms in one pile of scans: a line for each, and the page of an exam day."""

from collections import Counter
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.card_reconciliation import Reconciliation, reconcile
from exam_server.context import current_actor, reading, requires
from exam_server.languages import translated as _
from omr import queries
from omr.batch_queries import sittings_of_day, states_by_sitting
from omr.models import ScanBatch
from omr.rules.states import WAITING, PageState
from registry.access import Actor, Permission
from registry.local_time import local_date
from registry.scheduling.models import Sitting

blueprint = Blueprint("scan_rooms", __name__, url_prefix="/cards")
_P = Permission
SEE_PAGES = (_P.CARDS_SCAN, _P.CARDS_REVIEW)
USERS = (_P.CARDS_PRINT, *SEE_PAGES)
LONGEST_NUMBER = 9  # digits that every database takes


@dataclass(frozen=True)
class RoomLine:
    """One room of a pile: its cards, its pages in this batch, what is left to do."""

    sitting: Sitting
    found: Reconciliation
    pages: int
    waiting: int
    is_released: bool

    @property
    def state(self) -> str:
        """Return how far the room has come."""
        if self.is_released:
            return "released"
        return "differing" if self.found.differing else "agreeing"


def rooms_of_batch(db: Session, batch: ScanBatch, *, actor: Actor) -> list[RoomLine]:
    """Return a line for each room of a pile, none for a batch of one room."""
    if len(batch.covered) < 2:
        return []
    counts, still_open = states_by_sitting(db, batch.id), queries.open_sittings(batch)
    return [
        _line(db, sitting, counts.get(sitting.id), sitting.id not in still_open, actor=actor)
        for sitting in batch.sittings
    ]


def asked_room() -> int | None:
    """Return the sitting to which the page is narrowed down, None for the whole pile."""
    text = request.args.get("room", "")
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def _line(
    db: Session,
    sitting: Sitting,
    states: Counter[PageState] | None,
    is_released: bool,  # noqa: FBT001  (a value, not a switch)
    *,
    actor: Actor,
) -> RoomLine:
    found = reconcile(db, sitting.id, actor=actor)
    states = states or Counter()
    waiting = sum(states[state] for state in WAITING)
    return RoomLine(sitting, found, sum(states.values()), waiting, is_released)


def home_of(batch: ScanBatch) -> tuple[str, str]:
    """Return where a batch belongs, and its name: the page of its room, or of its exam day."""
    first = batch.sittings[0]
    if len(batch.covered) > 1:
        return url_for("scan_rooms.day", sitting_id=first.id), day_name(first)
    address = url_for("card_scanning.sitting", sitting_id=first.id)
    return address, f"{first.plan.number}-{first.number}"


def day_name(sitting: Sitting) -> str:
    """Return the name of the day of a sitting."""
    return f"{local_date(sitting.starts_at):%Y-%m-%d}"


@blueprint.get("/sittings/<int:sitting_id>/day")
@requires(*USERS)
def day(sitting_id: int) -> ResponseReturnValue:
    """Show all rooms with cards of an exam day, and take in one pile for all of them."""
    return day_page(sitting_id, [])


def day_page(sitting_id: int, errors: list[str]) -> str:
    """Render the page of the exam day of a sitting."""
    actor = current_actor()
    with reading() as db:
        sittings = sittings_of_day(db, sitting_id, actor=actor)
        batches = queries.batches_of(db, *(one.id for one in sittings), actor=actor)
        rooms = [_line(db, one, None, is_settled(db, one), actor=actor) for one in sittings]
        asked = queries.sitting_in_reach(db, sitting_id, actor=actor)
        return render_template(
            "card_scanning/day.html",
            sitting=asked,
            day=day_name(asked),
            rooms=rooms,
            batches=[(batch, queries.state_counts(db, batch.id)) for batch in batches],
            may_scan=actor.may(_P.CARDS_SCAN),
            may_see_pages=any(actor.may(permission) for permission in SEE_PAGES),
            errors=errors,
        )


def is_settled(db: Session, sitting: Sitting) -> bool:
    """Say whether the cards of a sitting have gone to scoring."""
    return bool(queries.released_pages(db, sitting.id))


def batch_title(batch: ScanBatch) -> str:
    """Return what the report of a batch is about."""
    first = batch.sittings[0]
    if len(batch.covered) > 1:
        name = first.plan.institution.name
        return _(
            "{name} {day} 共 {number} 个考场",
            name=name,
            day=day_name(first),
            number=len(batch.covered),
        )
    return f"{first.plan.specification.project.name}　{first.plan.number}-{first.number}"
