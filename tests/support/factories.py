"""Builds offices, plans, rosters and sittings through the real actions.

Everything is invented, and plainly so: persons are called 考生甲一, their ID numbers carry the
sequence codes 999 and 998, which nobody is issued. ``make_scene`` gives all of it at once; its
sittings begin at ``now``, the office work lies in the weeks before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.access import SYSTEM, Actor, Role
from registry.accounts.actions import NewAccount, open_account
from registry.accounts.models import Account
from registry.accounts.queries import actor_of
from registry.catalog import queries as catalog_queries
from registry.catalog.actions import NewSpecification, file_specification, load_catalog
from registry.catalog.models import Project, Subject
from registry.catalog.rules.catalog_file import read_catalog
from registry.catalog.rules.specification import (
    EquipmentText,
    SpecificationText,
    SubjectText,
    TaskText,
)
from registry.enrolment.actions import enrol_candidate, submit_roster
from registry.enrolment.applications import NewCandidate
from registry.enrolment.audit_actions import decide_enrolment, release_feedback
from registry.enrolment.models import Candidate, Enrolment
from registry.enrolment.rules.id_number import check_character
from registry.local_time import local_date
from registry.organisations.actions import (
    establish_centres,
    load_divisions,
    load_former_divisions,
)
from registry.organisations.filing_actions import (
    FilingApplication,
    apply_for_filing,
    confirm_filing,
)
from registry.organisations.models import Institution
from registry.organisations.queries import centre_of_division
from registry.organisations.rules.division_files import read_divisions, read_former_divisions
from registry.organisations.rules.institution_code import city_division_of
from registry.organisations.rules.uscc import ALPHABET, organisation_check_character
from registry.organisations.rules.uscc import check_character as uscc_check_character
from registry.plans.actions import NewPlan, approve_plan, draft_plan, load_calendar, submit_plan
from registry.plans.models import AssessmentPlan
from registry.plans.rules.calendar_file import read_calendar
from registry.scheduling.actions import (
    NewSitting,
    arrange_candidates,
    assign_proctor,
    plan_sitting,
)
from registry.scheduling.dispatch_actions import dispatch_examiners
from registry.scheduling.models import Admission, Dispatch, ExamMode, Sitting
from registry.staff.actions import NewExaminer, register_examiner
from registry.staff.models import Examiner
from registry.venues.actions import NewRoom, add_room
from registry.venues.models import Room, RoomKind
from registry.venues.queries import rooms_of
from tests.support.made_once import quick_hash

SEEDS = Path(__file__).parents[2] / "seeds"
PASSWORD = "Demo-2026-kaohe"
OFFICE_LEAD = timedelta(days=60)  # before ``now``: filing confirmed
PLAN_LEAD = timedelta(days=45)  # plan approved
ROSTER_LEAD = timedelta(days=40)  # roster handed in
AUDIT_LEAD = timedelta(days=30)  # feedback released
SITTING_LEAD = timedelta(days=7)  # candidates arranged
MINUTES = {Subject.THEORY: 90, Subject.PRACTICAL: 120}
METHODS = {Subject.THEORY: "闭卷机考", Subject.PRACTICAL: "现场实际操作"}
SUBJECTS = (Subject.THEORY, Subject.PRACTICAL)
EXAMINER_COUNT = 4
ROOM_KINDS = {
    ExamMode.ON_SCREEN: RoomKind.COMPUTER,
    ExamMode.ANSWER_CARD: RoomKind.PAPER,
    ExamMode.ON_SITE: RoomKind.PRACTICAL,
}
CITY_ROLES = (
    Role.CITY_OFFICER,
    Role.SCANNER,
    Role.CERTIFICATE_APPROVER,
    Role.CERTIFICATE_MAKER,
    Role.STOCK_KEEPER,
)
PROVINCE_ROLES = (
    Role.PROVINCE_OFFICER,
    Role.BANK_MANAGER,
    Role.PAPER_RELEASER,
    Role.SYSTEM_ADMINISTRATOR,
    Role.AUDIT_ADMINISTRATOR,
)
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_DIGITS = "一二三四五六七八九十"
_NAMES = ["考生" + "".join(pair) for pair in product(_STEMS, _DIGITS)]


@dataclass(frozen=True)
class Office:
    """A city with one institution: its accounts by role, each also as an actor."""

    city: str
    institution: Institution
    accounts: Mapping[Role, Account]
    actors: Mapping[Role, Actor]
    examiners: Sequence[Examiner]

    def actor(self, role: Role) -> Actor:
        """Return the account of that role as an actor."""
        return self.actors[role]


@dataclass(frozen=True)
class Scene:
    """Everything up to the morning of the assessment."""

    office: Office
    plan: AssessmentPlan
    enrolments: Sequence[Enrolment]
    sittings: Sequence[Sitting]
    admissions: Sequence[Admission]
    dispatches: Sequence[Dispatch]

    def sitting(self, subject: Subject) -> Sitting:
        """Return the first sitting of a subject."""
        return next(sitting for sitting in self.sittings if sitting.subject == subject)

    def admissions_in(self, subject: Subject) -> list[Admission]:
        """Return the places of a subject by sitting and seat."""
        return [entry for entry in self.admissions if entry.sitting.subject == subject]


def password_hash() -> str:
    """Return the hash of ``PASSWORD``."""
    return quick_hash(PASSWORD)


@cache
def seed_text(path: str) -> str:
    """Return the text of a seed file."""
    return (SEEDS / path).read_text("utf-8")


def id_number(
    running_no: int = 0,
    *,
    region: str = "320505",
    born_on: date = date(1990, 3, 7),
    male: bool = True,
) -> str:
    """Return a valid ID number that nobody carries; each running number is another birthday."""
    day = born_on + timedelta(days=running_no)
    body = f"{region}{day:%Y%m%d}{'999' if male else '998'}"
    return body + check_character(body)


def candidate_name(running_no: int) -> str:
    """Return the plainly invented name of the n-th candidate."""
    turn, place = divmod(running_no, len(_NAMES))
    return _NAMES[place] + (_DIGITS[turn % len(_DIGITS)] if turn else "")


def uscc(running_no: int) -> str:
    """Return a valid, invented unified social credit code."""
    organisation = f"{running_no:08d}"
    body = f"52320500{organisation}{organisation_check_character(organisation)}"
    assert set(body) <= set(ALPHABET)
    return body + uscc_check_character(body)


def new_candidate(running_no: int = 0, *, confirmed_at: datetime, **typed: object) -> NewCandidate:
    """Return what an institution types for the n-th invented candidate."""
    values: dict[str, object] = {
        "name": candidate_name(running_no),
        "id_number": id_number(running_no, male=running_no % 2 == 0),
        "education": "大学专科",
        "candidate_source": "企业",
        "phone": f"138{running_no:08d}",
        **typed,
    }
    return NewCandidate(confirmed_at=confirmed_at, **values)  # type: ignore[arg-type]


def load_office_data(db: Session, *, now: datetime) -> None:
    """Load catalog, divisions, centres and calendars once."""
    if catalog_queries.projects(db):
        return
    load_catalog(db, read_catalog(seed_text("catalog/projects.csv")), actor=SYSTEM, now=now)
    divisions = read_divisions(seed_text("organisations/divisions.csv"))
    load_divisions(db, divisions, actor=SYSTEM, now=now)
    former = read_former_divisions(seed_text("organisations/former_divisions.csv"))
    load_former_divisions(db, former, actor=SYSTEM, now=now)
    establish_centres(db, actor=SYSTEM, now=now)
    load_calendar(db, read_calendar(seed_text("calendar/2026.csv")), actor=SYSTEM, now=now)


def make_account(
    db: Session,
    *roles: Role,
    now: datetime,
    login_name: str | None = None,
    division: str | None = None,
    institution: Institution | None = None,
    must_change_password: bool = False,
) -> Account:
    """Open an account of a centre or an institution; its password is ``PASSWORD``."""
    running_no = (db.scalar(select(func.count(Account.id))) or 0) + 1
    new = NewAccount(
        login_name=login_name or f"{roles[0].value}-{running_no}",
        name=f"工作人员{running_no}",
        password_hash=password_hash(),
        roles=roles,
        centre_id=centre_of_division(db, division).id if division else None,
        institution_id=institution.id if institution else None,
        must_change_password=must_change_password,
    )
    return open_account(db, new, actor=SYSTEM, now=now)


def make_institution(
    db: Session,
    *,
    now: datetime,
    division: str = "320505",
    projects: Collection[int] = (1, 2, 3),
    running_no: int = 0,
) -> Institution:
    """File an institution and have the city confirm it on that day."""
    running_no = running_no or (db.scalar(select(func.count(Institution.id))) or 0) + 1
    application = FilingApplication(
        name=f"示范考核机构{running_no}",
        uscc=uscc(running_no),
        division_code=division,
        address="示范路1号",
        legal_representative="示范负责人",
        project_numbers=tuple(projects),
    )
    filing = apply_for_filing(db, application, actor=SYSTEM, now=now)
    return confirm_filing(db, filing.id, actor=SYSTEM, now=now).institution


def make_office(
    db: Session,
    *,
    now: datetime,
    division: str = "320505",
    projects: Collection[int] = (1, 2, 3),
) -> Office:
    """Build the office of a city as it stands at ``now``: institution, accounts, examiners."""
    then = now - OFFICE_LEAD
    load_office_data(db, now=then)
    city = city_division_of(division)
    institution = make_institution(db, now=then, division=division, projects=projects)
    accounts = {role: make_account(db, role, now=then) for role in PROVINCE_ROLES}
    accounts |= {role: make_account(db, role, now=then, division=city) for role in CITY_ROLES}
    accounts[Role.COUNTY_OFFICER] = make_account(
        db, Role.COUNTY_OFFICER, now=then, division=division
    )
    for role in (Role.INSTITUTION_OFFICER, Role.PROCTOR):
        accounts[role] = make_account(db, role, now=then, institution=institution)
    examiners = [
        make_examiner(db, now=now, city=city, projects=projects) for _ in range(EXAMINER_COUNT)
    ]
    accounts[Role.EXAMINER] = examiners[0].account
    actors = {role: actor_of(account) for role, account in accounts.items()}
    return Office(city, institution, accounts, actors, examiners)


def make_examiner(
    db: Session, *, now: datetime, city: str = "320500", projects: Collection[int] = (1, 2, 3)
) -> Examiner:
    """Register an examiner of a city with a card valid for two years around ``now``."""
    account = make_account(db, Role.EXAMINER, now=now - OFFICE_LEAD, division=city)
    today = local_date(now)
    new = NewExaminer(
        account_id=account.id,
        card_no=f"KP-{account.id:05d}",
        card_valid_from_on=today - timedelta(days=365),
        card_valid_until_on=today + timedelta(days=365),
        division_code=city,
        project_numbers=tuple(projects),
    )
    return register_examiner(db, new, actor=SYSTEM, now=now - OFFICE_LEAD)


def specification_text(
    name: str = "示范制作", *, minutes: Mapping[Subject, int] = MINUTES, **changes: object
) -> SpecificationText:
    """Return a complete, invented specification; parts may be changed."""
    values: dict[str, object] = {
        "definition": "运用示范工具，在示范场所进行示范制作的能力。",
        "occupation_domain": "示范职业",
        "subjects": tuple(
            SubjectText(subject, METHODS[subject], number) for subject, number in minutes.items()
        ),
        "tasks": (
            TaskText("作业准备", 40, ("能准备工具",), ("工具的名称",)),
            TaskText("示范作业", 60, ("能完成作业", "能检查质量"), ("作业的步骤",)),
        ),
        "equipment": (EquipmentText("示范工作台", "10张", "平整牢固"),),
        **changes,
    }
    return SpecificationText(name, **values)  # type: ignore[arg-type]


def make_specification(
    db: Session,
    *,
    now: datetime,
    project_number: int = 1,
    subjects: Collection[Subject] = SUBJECTS,
) -> Project:
    """File a specification of the project with these subjects, unless one like it is on record."""
    project = catalog_queries.project_by_number(db, project_number)
    filed = catalog_queries.specifications_of(db, project.id)
    if filed and {part.subject for part in filed[0].subjects} == set(subjects):
        return project
    new = NewSpecification(
        project_number=project_number,
        ministry_filing_no=f"示范备案-{project_number}-{len(filed) + 1}",
        effective_from_on=local_date(now) - timedelta(days=1),
        text=specification_text(
            project.name, minutes={subject: MINUTES[subject] for subject in subjects}
        ),
    )
    file_specification(db, new, actor=SYSTEM, now=now)
    return project


def make_plan(
    db: Session,
    office: Office,
    *,
    now: datetime,
    project_number: int = 1,
    subjects: Collection[Subject] = SUBJECTS,
    expected_count: int = 30,
) -> AssessmentPlan:
    """Draft, submit and approve a plan for the day of ``now``; the work lies 45 days before."""
    then = now - PLAN_LEAD
    make_specification(db, now=then, project_number=project_number, subjects=subjects)
    officer = office.actor(Role.INSTITUTION_OFFICER)
    new = NewPlan(office.institution.id, project_number, local_date(now), expected_count)
    plan = draft_plan(db, new, actor=officer, now=then)
    submit_plan(db, plan.id, actor=officer, now=then)
    return approve_plan(db, plan.id, actor=office.actor(Role.CITY_OFFICER), now=then)


def make_roster(
    db: Session, office: Office, plan: AssessmentPlan, count: int, *, now: datetime
) -> list[Enrolment]:
    """Enrol ``count`` candidates, hand the roster in, pass everyone, release the feedback."""
    officer, auditor = office.actor(Role.INSTITUTION_OFFICER), office.actor(Role.CITY_OFFICER)
    then = now - ROSTER_LEAD
    first = db.scalar(select(func.count(Candidate.id))) or 0
    enrolments = [
        enrol_candidate(
            db, plan.id, new_candidate(first + n, confirmed_at=then), actor=officer, now=then
        )
        for n in range(count)
    ]
    submit_roster(db, plan.id, actor=officer, now=then)
    for enrolment in enrolments:
        decide_enrolment(db, enrolment.id, passed=True, actor=auditor, now=now - AUDIT_LEAD)
    release_feedback(db, plan.id, actor=auditor, now=now - AUDIT_LEAD)
    return enrolments


def make_room(
    db: Session,
    office: Office,
    kind: RoomKind = RoomKind.COMPUTER,
    *,
    now: datetime,
    row_count: int = 5,
    column_count: int = 6,
) -> Room:
    """Add a room of the office's institution, numbered on from those present."""
    officer = office.actor(Role.INSTITUTION_OFFICER)
    number = f"{len(rooms_of(db, office.institution.id, actor=officer)) + 1:02d}"
    new = NewRoom(number, f"{number}考场", kind, row_count, column_count)
    return add_room(db, office.institution.id, new, actor=officer, now=now - OFFICE_LEAD)


def make_sittings(
    db: Session,
    office: Office,
    plan: AssessmentPlan,
    *,
    now: datetime,
    mode: ExamMode = ExamMode.ON_SCREEN,
    row_count: int = 5,
    column_count: int = 6,
    rooms_per_subject: int = 1,
) -> list[Sitting]:
    """Plan the sittings of a plan: theory at ``now``, practical four hours later; a proctor each.

    Each room has a sitting of its own; the proctor of the office watches the first of a subject.
    """
    then = now - SITTING_LEAD
    officer = office.actor(Role.INSTITUTION_OFFICER)
    sittings: list[Sitting] = []
    for part in plan.subjects:
        is_theory = part.subject == Subject.THEORY
        own_mode = mode if is_theory else ExamMode.ON_SITE
        starts_at = now if is_theory else now + timedelta(hours=4)
        for index in range(rooms_per_subject):
            room = make_room(
                db,
                office,
                ROOM_KINDS[own_mode],
                now=now,
                row_count=row_count,
                column_count=column_count,
            )
            new = NewSitting(room.id, own_mode, starts_at)
            sitting = plan_sitting(db, plan.id, new, actor=officer, now=then)
            if index == 0:
                proctor = office.accounts[Role.PROCTOR]
                assign_proctor(db, sitting.id, proctor.id, actor=officer, now=then)
            sittings.append(sitting)
    return sittings


def make_dispatch(
    db: Session, office: Office, sitting: Sitting, *, now: datetime
) -> list[Dispatch]:
    """Send the office's first three examiners to a practical sitting; the first is the lead."""
    chosen = [examiner.id for examiner in office.examiners[:3]]
    return dispatch_examiners(
        db,
        sitting.id,
        chosen,
        lead_id=chosen[0],
        actor=office.actor(Role.CITY_OFFICER),
        now=now - SITTING_LEAD,
    )


def make_scene(
    db: Session,
    *,
    now: datetime,
    count: int = 3,
    subjects: Collection[Subject] = SUBJECTS,
    mode: ExamMode = ExamMode.ON_SCREEN,
    office: Office | None = None,
    project_number: int = 1,
    seed: int = 20261205,
    row_count: int = 5,
    column_count: int = 6,
    rooms_per_subject: int = 1,
) -> Scene:
    """Build everything up to the morning of the assessment; the theory sitting begins at ``now``.

    The plan is arranged, a proctor assigned, and three examiners sent to the practical sitting.
    """
    office = office or make_office(db, now=now)
    plan = make_plan(
        db, office, now=now, project_number=project_number, subjects=subjects, expected_count=count
    )
    enrolments = make_roster(db, office, plan, count, now=now)
    sittings = make_sittings(
        db,
        office,
        plan,
        now=now,
        mode=mode,
        row_count=row_count,
        column_count=column_count,
        rooms_per_subject=rooms_per_subject,
    )
    officer = office.actor(Role.INSTITUTION_OFFICER)
    admissions = arrange_candidates(db, plan.id, seed=seed, actor=officer, now=now - SITTING_LEAD)
    practical = [sitting for sitting in sittings if sitting.subject == Subject.PRACTICAL]
    dispatches = make_dispatch(db, office, practical[0], now=now) if practical else []
    return Scene(office, plan, enrolments, sittings, admissions, dispatches)
