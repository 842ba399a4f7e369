"""A demonstration office: one city, one institution, an account for every duty.

Everything is entered through the actions that people use; nothing is written past their rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from item_bank.authoring.actions import appoint_member, sign_undertaking
from item_bank.rules.kinds import BankDuty
from registry.access import SYSTEM, Actor, Role
from registry.accounts.actions import NewAccount, open_account
from registry.accounts.models import Account
from registry.accounts.queries import actor_of
from registry.catalog.queries import project_by_number
from registry.local_time import local_date
from registry.organisations.filing_actions import (
    FilingApplication,
    apply_for_filing,
    confirm_filing,
)
from registry.organisations.models import Centre, Institution
from registry.staff.actions import NewExaminer, register_examiner
from registry.staff.models import Examiner

CITY, COUNTY = "320500", "320505"
PROJECT = 60
INSTITUTION = "苏州示范充电技术培训中心（演示）"
USCC = "52320500000000027J"  # made up, with valid check characters
CARD_DAYS = 365

PROVINCE_STAFF = {
    "sheng01": ("顾一", Role.PROVINCE_OFFICER),
    "tiku01": ("顾二", Role.BANK_MANAGER),
    "qianfa01": ("顾三", Role.PAPER_RELEASER),
    "mingti01": ("顾六", Role.ITEM_AUTHOR),
    "shenti01": ("顾七", Role.ITEM_REVIEWER),
    "shenti02": ("顾八", Role.ITEM_REVIEWER),
    "xitong01": ("顾四", Role.SYSTEM_ADMINISTRATOR),
    "shenji01": ("顾五", Role.AUDIT_ADMINISTRATOR),
}
CITY_STAFF = {
    "shi01": ("苏一", Role.CITY_OFFICER),
    "shi02": ("苏二", Role.CITY_OFFICER),
    "saomiao01": ("苏三", Role.SCANNER),
    "saomiao02": ("苏七", Role.SCANNER),
    "shenpi01": ("苏四", Role.CERTIFICATE_APPROVER),
    "zhizheng01": ("苏五", Role.CERTIFICATE_MAKER),
    "kucun01": ("苏六", Role.STOCK_KEEPER),
    "kaoping01": ("柳一", Role.EXAMINER),
    "kaoping02": ("柳二", Role.EXAMINER),
    "kaoping03": ("柳三", Role.EXAMINER),
}
INSTITUTION_STAFF = {
    "jigou01": ("江一", Role.INSTITUTION_OFFICER),
    "jiankao01": ("江二", Role.PROCTOR),
    "jiankao02": ("江三", Role.PROCTOR),
}
BANK_MEMBERS = {
    "mingti01": BankDuty.AUTHOR,
    "shenti01": BankDuty.REVIEWER,
    "shenti02": BankDuty.REVIEWER,
}
EXAMINERS = ("kaoping01", "kaoping02", "kaoping03")
LEAD = EXAMINERS[0]


@dataclass(frozen=True)
class Office:
    """Who there is: actors by login name, the institution, the examiners."""

    actors: Mapping[str, Actor]
    institution_id: int
    centre_id: int
    examiner_ids: tuple[int, ...]


def build_office(db: Session, password_hash: str, *, now: datetime) -> Office:
    """File the institution, open every account, register the examiners."""
    application = FilingApplication(
        name=INSTITUTION,
        uscc=USCC,
        division_code=COUNTY,
        address="苏州市虎丘区示范路 1 号",
        legal_representative="江示范",
        project_numbers=(PROJECT,),
    )
    filing = apply_for_filing(db, application, actor=SYSTEM, now=now)
    confirm_filing(db, filing.id, actor=SYSTEM, now=now)
    centres = {centre.division_code: centre for centre in db.scalars(select(Centre))}
    for login_name, (name, role) in PROVINCE_STAFF.items():
        new = NewAccount(login_name, name, password_hash, {role}, centres["320000"].id)
        _open(db, new, now=now)
    for login_name, (name, role) in CITY_STAFF.items():
        new = NewAccount(login_name, name, password_hash, {role}, centres[CITY].id)
        _open(db, new, now=now)
    for login_name, (name, role) in INSTITUTION_STAFF.items():
        own = filing.institution_id
        new = NewAccount(login_name, name, password_hash, {role}, institution_id=own)
        _open(db, new, now=now)
    for number, login_name in enumerate(EXAMINERS, start=1):
        _register(db, login_name, number, now=now)
    office = find_office(db)
    _appoint(db, office, now=now)
    return office


def _appoint(db: Session, office: Office, *, now: datetime) -> None:
    """Give the bank its author and two reviewers; who have promised secrecy."""
    manager = office.actors["tiku01"]
    project_id = project_by_number(db, PROJECT).id
    for login_name, duty in BANK_MEMBERS.items():
        actor = office.actors[login_name]
        assert actor.account_id is not None
        appoint_member(db, project_id, actor.account_id, duty, actor=manager, now=now)
        sign_undertaking(db, project_id, duty, actor=actor, now=now)


def _open(db: Session, new: NewAccount, *, now: datetime) -> None:
    open_account(db, replace(new, must_change_password=False), actor=SYSTEM, now=now)


def _register(db: Session, login_name: str, number: int, *, now: datetime) -> None:
    account = db.scalars(select(Account).where(Account.login_name == login_name)).one()
    today = local_date(now)
    new = NewExaminer(
        account_id=account.id,
        card_no=f"YS-KP-{number:04d}",
        card_valid_from_on=today - timedelta(days=CARD_DAYS),
        card_valid_until_on=today + timedelta(days=2 * CARD_DAYS),
        division_code=CITY,
        project_numbers=(PROJECT,),
    )
    register_examiner(db, new, actor=SYSTEM, now=now)


def find_office(db: Session) -> Office:
    """Return the office that ``build_office`` built."""
    accounts = db.scalars(select(Account)).all()
    institution = db.scalars(select(Institution).where(Institution.uscc == USCC)).one()
    centre = db.scalars(select(Centre).where(Centre.division_code == CITY)).one()
    examiners = db.scalars(select(Examiner).order_by(Examiner.card_no)).all()
    return Office(
        actors={account.login_name: actor_of(account) for account in accounts},
        institution_id=institution.id,
        centre_id=centre.id,
        examiner_ids=tuple(examiner.id for examiner in examiners),
    )
