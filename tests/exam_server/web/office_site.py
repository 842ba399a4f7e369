"""A prepared office behind the real application: built once, copied for every test."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from exam_server.app import Server, create_app
from exam_server.config import Settings
from exam_server.cookies import LOGIN_COOKIE
from registry.access import Role
from registry.accounts.signing_in import sign_in
from registry.catalog.rules.subjects import Subject
from registry.database import Database, engine_for
from registry.enrolment.actions import enrol_candidate, submit_roster
from registry.files import FileStore
from registry.keys import open_key_ring
from registry.local_time import local_date
from registry.plans.actions import NewPlan, draft_plan
from scoring.certificates.actions import issue_certificates
from tests.scoring.exam_day import make_exam_day
from tests.support import factories

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Known:
    """What the tests need to find again in the prepared office."""

    logins: Mapping[str, str]  # role to login name
    published_plan: int
    certificate: int
    certificate_no: str
    certified_name: str
    qr_path: str
    arranged_plan: int
    arranged_sittings: Mapping[str, int]
    practical_admission: int
    open_plan: int
    roster_plan: int
    enrolment: int
    draft_plan: int
    foreign_plan: int
    foreign_enrolment: int


def settings_of(home: Path) -> Settings:
    """Return the settings of an installation in one folder."""
    return Settings(
        database_url=f"sqlite:///{home / 'kaohe.db'}",
        keys_folder=home / "keys",
        files_folder=home / "files",
        room_folder=home / "room",
        public_url="http://kaohe.example",
        secure_cookies=False,
        demonstration=False,
    )


def prepare(home: Path, now: datetime) -> Known:
    """Build plans in every state in a fresh, migrated database."""
    settings = settings_of(home)
    keys = open_key_ring(settings.keys_folder)
    files = FileStore(settings.files_folder, keys)
    database = Database(engine_for(settings.database_url), keys, files)
    with database.transaction() as db:
        known = _build(db, now)
    database.engine.dispose()
    return known


def _build(db: Session, now: datetime) -> Known:
    day = make_exam_day(db, now=now - timedelta(days=20), count=3)
    day.score_all(db, theory={2: 40})
    day.publish(db)
    day.stock(db)
    day.approve(db)
    made = issue_certificates(db, day.scene.plan.id, actor=day.maker, now=day.at)
    office = day.scene.office
    arranged = factories.make_scene(db, now=now, count=3, office=office)
    officer = office.actor(Role.INSTITUTION_OFFICER)
    opened = factories.make_plan(db, office, now=now + timedelta(days=40))
    submitted = factories.make_plan(db, office, now=now + timedelta(days=50))
    entered = [
        enrol_candidate(
            db,
            submitted.id,
            factories.new_candidate(200 + n, confirmed_at=now - timedelta(days=3)),
            actor=officer,
            now=now - timedelta(days=3),
        )
        for n in range(2)
    ]
    submit_roster(db, submitted.id, actor=officer, now=now - timedelta(days=3))
    new = NewPlan(office.institution.id, 1, local_date(now) + timedelta(days=60), 20)
    draft = draft_plan(db, new, actor=officer, now=now)
    foreign_office = factories.make_office(db, now=now, division="320102")
    foreign = factories.make_scene(db, now=now, count=1, office=foreign_office)
    accounts = {role.value: account.login_name for role, account in office.accounts.items()}
    accounts["second_officer"] = _login_of(db, day.publisher.account_id)
    accounts["foreign_officer"] = foreign_office.accounts[Role.CITY_OFFICER].login_name
    certified = made[0]
    return Known(
        logins=accounts,
        published_plan=day.scene.plan.id,
        certificate=certified.id,
        certificate_no=certified.certificate_no,
        certified_name=certified.enrolment.candidate.name,
        qr_path=certified.qr_payload,
        arranged_plan=arranged.plan.id,
        arranged_sittings={subject.value: arranged.sitting(subject).id for subject in Subject},
        practical_admission=arranged.admissions_in(Subject.PRACTICAL)[0].id,
        open_plan=opened.id,
        roster_plan=submitted.id,
        enrolment=entered[0].id,
        draft_plan=draft.id,
        foreign_plan=foreign.plan.id,
        foreign_enrolment=foreign.enrolments[0].id,
    )


def _login_of(db: Session, account_id: int | None) -> str:
    return db.get_one(factories.Account, account_id).login_name


class Visitor:
    """A browser: keeps its cookies, sends the forgery token of the last page it has seen."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page = ""

    def get(self, address: str) -> TestResponse:
        response = self.client.get(address)
        if response.mimetype == "text/html":
            self.page = response.get_data(as_text=True)
        return response

    def post(self, address: str, **fields: object) -> TestResponse:
        """Send a form with the token of the page seen last."""
        token = CSRF.search(self.page) or CSRF.search(self._some_form())
        assert token is not None
        data = {"csrf_token": unescape(token[1]), **fields}
        response = self.client.post(address, data=data, content_type="multipart/form-data")
        response.request.environ["wsgi.input"].close()  # large forms lie in a temporary file
        if response.mimetype == "text/html":
            self.page = response.get_data(as_text=True)
        return response

    def follow(self, response: TestResponse) -> str:
        """Open where a form leads to; returns the page."""
        assert response.status_code == 302, response.get_data(as_text=True)
        self.get(response.location)
        return self.page

    def _some_form(self) -> str:
        return self.client.get("/lookup").get_data(as_text=True)


class Site:
    """The application over a copy of the prepared office."""

    def __init__(self, server: Server, known: Known, clock: object) -> None:
        self.server = server
        self.known = known
        self.clock = clock

    def visitor(self) -> Visitor:
        """Somebody who has not signed in."""
        return Visitor(self.server.app.test_client())

    def signed_in(self, role: Role | str) -> Visitor:
        """A person of that role, signed in without the detour over the form."""
        visitor = self.visitor()
        login_name = self.known.logins[str(getattr(role, "value", role))]
        with self.database.transaction() as db:
            done = sign_in(db, login_name, factories.PASSWORD, "test", now=self.clock())  # type: ignore[operator]
        assert done.token is not None
        visitor.client.set_cookie(LOGIN_COOKIE, done.token)
        return visitor

    @property
    def database(self) -> Database:
        return self.server.app.extensions["kaohe"].database  # type: ignore[no-any-return]


def open_site(prepared: Path, home: Path, known: Known, clock: object) -> Site:
    """Copy the prepared office and open the application over it."""
    shutil.copytree(prepared, home, dirs_exist_ok=True)
    server = create_app(settings_of(home), clock=clock)  # type: ignore[arg-type]
    server.app.testing = False
    return Site(server, known, clock)
