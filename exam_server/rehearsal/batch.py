"""One batch from plan to seats, through the real actions: what every exam day begins with."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from exam_server.delivery.proctor_actions import prepare_set_run
from exam_server.delivery.rules.exam_rules import ExamRules
from exam_server.rehearsal.office import EXAMINERS, PROJECT, Office
from exam_server.rehearsal.people import candidates
from item_bank.composing.actions import SetOrder, compose_set, release_set
from item_bank.queries import blueprints_of
from item_bank.rules.kinds import SetPurpose
from omr.actions import issue_set_cards
from omr.layouts import STANDARD, sheets_of
from registry.catalog.queries import project_by_number
from registry.enrolment.actions import enrol_candidate, submit_roster
from registry.enrolment.audit_actions import decide_enrolment, release_feedback
from registry.local_time import local_date
from registry.plans.actions import NewPlan, approve_plan, draft_plan, submit_plan
from registry.scheduling.actions import (
    NewSitting,
    arrange_candidates,
    assign_proctor,
    plan_sitting,
)
from registry.scheduling.dispatch_actions import dispatch_examiners
from registry.scheduling.models import ExamMode
from registry.venues.actions import NewRoom, add_room
from registry.venues.models import RoomKind
from registry.venues.queries import rooms_of

WIDEST_ROW = 10
FORMS = 2  # 平行卷 A and B
PLAN_LEAD = timedelta(days=30)
ROSTER_LEAD = timedelta(days=20)
AUDIT_LEAD = timedelta(days=12)
SEAT_LEAD = timedelta(days=5)
ANY_TIME = ExamRules(early_leave_minutes=0)  # a rehearsal does not wait before it hands in
PRACTICAL_AFTER = timedelta(hours=4)  # the theory part has begun


@dataclass(frozen=True)
class Batch:
    """A batch whose candidates have seats; 0 stands for a sitting that was not needed."""

    plan_id: int
    set_id: int
    screen_sitting_id: int
    card_sitting_id: int
    practical_sitting_id: int
    card_sitting_ids: tuple[int, ...]  # one a room; the first of them is ``card_sitting_id``


@dataclass(frozen=True)
class BatchOrder:
    """How many candidates sit where, and when it begins."""

    on_screen: int
    on_cards: int  # in each room
    starts_at: datetime
    seed: int
    first_person: int = 0
    practical_after: timedelta = PRACTICAL_AFTER
    rules: ExamRules = ANY_TIME
    issues_cards: bool = True
    card_rooms: int = 1

    @property
    def everyone(self) -> int:
        """Return how many candidates the batch has."""
        return self.on_screen + self.on_cards * self.card_rooms


def build_batch(db: Session, office: Office, order: BatchOrder) -> Batch:
    """Plan, enrol, audit, arrange, compose and release; nothing is skipped."""
    plan_id = _plan(db, office, order)
    _roster(db, office, order, plan_id)
    sittings = _sittings(db, office, order, plan_id)
    then = order.starts_at - SEAT_LEAD
    arrange_candidates(db, plan_id, seed=order.seed, actor=office.actors["jigou01"], now=then)
    set_id = _papers(db, office, order, plan_id)
    screen, practical, *cards = sittings
    for login_name in ("jiankao01", "jiankao02") if screen else ():
        account_id = office.actors[login_name].account_id
        assert account_id is not None
        assign_proctor(db, screen, account_id, actor=office.actors["jigou01"], now=then)
    if screen:
        actor = office.actors["qianfa01"]
        prepare_set_run(db, screen, set_id, actor=actor, now=then, rules=order.rules)
    for card in cards if order.issues_cards else ():
        actor = office.actors["jigou01"]
        issue_set_cards(db, card, set_id, sheets_of(STANDARD), actor=actor, now=then)
    dispatch_examiners(
        db,
        practical,
        office.examiner_ids[: len(EXAMINERS)],
        lead_id=office.examiner_ids[0],
        actor=office.actors["shi01"],
        now=then,
    )
    return Batch(plan_id, set_id, screen, cards[0] if cards else 0, practical, tuple(cards))


def wait_for_approval(db: Session, office: Office, order: BatchOrder, *, now: datetime) -> int:
    """Draft and submit a plan that the city has yet to approve."""
    officer = office.actors["jigou01"]
    new = NewPlan(office.institution_id, PROJECT, local_date(order.starts_at), order.everyone)
    plan = draft_plan(db, new, actor=officer, now=now)
    return submit_plan(db, plan.id, actor=officer, now=now).id


def wait_for_audit(db: Session, office: Office, order: BatchOrder, *, now: datetime) -> int:
    """Hand in the roster of an approved plan that the city has yet to audit."""
    plan_id = wait_for_approval(db, office, order, now=now)
    approve_plan(db, plan_id, actor=office.actors["shi01"], now=now)
    officer = office.actors["jigou01"]
    people = candidates(
        order.on_screen, seed=order.seed, confirmed_at=now, first=order.first_person
    )
    for new in people:
        enrol_candidate(db, plan_id, new, actor=officer, now=now)
    submit_roster(db, plan_id, actor=officer, now=now)
    return plan_id


def wait_for_release(db: Session, office: Office, plan_id: int, *, seed: int, now: datetime) -> int:
    """Compose papers A and B for a plan that the releaser has yet to release."""
    blueprint = blueprints_of(db, project_by_number(db, PROJECT).id)[0]
    wanted = SetOrder(blueprint.id, seed, SetPurpose.AB)
    return compose_set(db, plan_id, wanted, actor=office.actors["tiku01"], now=now).id


def _plan(db: Session, office: Office, order: BatchOrder) -> int:
    then = order.starts_at - PLAN_LEAD
    plan_id = wait_for_approval(db, office, order, now=then)
    approve_plan(db, plan_id, actor=office.actors["shi01"], now=then)
    return plan_id


def _roster(db: Session, office: Office, order: BatchOrder, plan_id: int) -> None:
    then = order.starts_at - ROSTER_LEAD
    officer = office.actors["jigou01"]
    people = candidates(
        order.everyone, seed=order.seed, confirmed_at=then, first=order.first_person
    )
    enrolments = [enrol_candidate(db, plan_id, new, actor=officer, now=then) for new in people]
    submit_roster(db, plan_id, actor=officer, now=then)
    audited = order.starts_at - AUDIT_LEAD
    for enrolment in enrolments:
        decide_enrolment(db, enrolment.id, passed=True, actor=office.actors["shi01"], now=audited)
    release_feedback(db, plan_id, actor=office.actors["shi01"], now=audited)


def _sittings(db: Session, office: Office, order: BatchOrder, plan_id: int) -> list[int]:
    """Plan the sittings: at computers (0 for none), of the practical part, on cards."""
    practical_at = order.starts_at + order.practical_after
    on_cards = (ExamMode.ANSWER_CARD, RoomKind.PAPER, order.on_cards, order.starts_at)
    wanted = (
        (ExamMode.ON_SCREEN, RoomKind.COMPUTER, order.on_screen, order.starts_at),
        (ExamMode.ON_SITE, RoomKind.PRACTICAL, order.everyone, practical_at),
        *([on_cards] * order.card_rooms if order.on_cards else []),
    )
    then = order.starts_at - SEAT_LEAD
    officer = office.actors["jigou01"]
    made, taken = [], set[int]()
    for mode, kind, seats, starts_at in wanted:
        if not seats:
            made.append(0)
            continue
        room_id = _room(db, office, kind, seats, taken, now=then)
        taken.add(room_id)
        new = NewSitting(room_id, mode, starts_at)
        made.append(plan_sitting(db, plan_id, new, actor=officer, now=then).id)
    return made


def _room(
    db: Session,
    office: Office,
    kind: RoomKind,
    seats: int,
    taken: Collection[int],
    *,
    now: datetime,
) -> int:
    """Return a free room of exactly so many seats, so that the split of candidates is exact."""
    officer = office.actors["jigou01"]
    rooms = rooms_of(db, office.institution_id, actor=officer)
    for room in rooms:
        if room.kind == kind and room.seat_count == seats and room.id not in taken:
            return room.id
    columns = max(width for width in range(1, WIDEST_ROW + 1) if seats % width == 0)
    number = f"{len(rooms) + 1:02d}"
    names = {RoomKind.COMPUTER: "机房", RoomKind.PAPER: "教室", RoomKind.PRACTICAL: "实训场地"}
    new = NewRoom(number, f"{names[kind]} {number}", kind, math.ceil(seats / columns), columns)
    return add_room(db, office.institution_id, new, actor=officer, now=now).id


def _papers(db: Session, office: Office, order: BatchOrder, plan_id: int) -> int:
    """Compose two parallel papers, so that neighbours have different ones."""
    then = order.starts_at - SEAT_LEAD
    blueprint = blueprints_of(db, project_by_number(db, PROJECT).id)[0]
    wanted = SetOrder(blueprint.id, order.seed, SetPurpose.PARALLEL, FORMS)
    made = compose_set(db, plan_id, wanted, actor=office.actors["tiku01"], now=then)
    return release_set(db, made.id, actor=office.actors["qianfa01"], now=then).id
