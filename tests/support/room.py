"""An exam room for tests: a home prepared once through the real actions, and who works in it.

``Room`` is the server in this process with a clock that stands still; ``Page`` is a candidate's
browser without a screen. The bank's rationales and sources carry marks that no candidate may see.
"""

import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from exam_server.app import create_app
from exam_server.config import Settings, read_settings
from exam_server.delivery.alarms import unmoved
from exam_server.delivery.models import Attempt, SittingRun
from exam_server.delivery.queries import room_code
from exam_server.delivery.wire import RoomCommand
from exam_server.opening import open_database
from exam_server.proctor_commands import carry_out
from exam_server.rehearsal.batch import Batch, BatchOrder, build_batch
from exam_server.rehearsal.office import PROJECT, Office, build_office, find_office
from exam_server.seeding import SEEDS, load_seeds
from registry.audit_log import AuditEntry
from registry.database import Database, engine_for
from registry.files import FileStore
from registry.keys import open_key_ring
from registry.scheduling.models import Admission, Sitting
from tests.support.built_once import built_once
from tests.support.made_once import quick_hash

START = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)  # where the stopped clock of the tests begins
PASSWORD = "Kaohe-demo-2026"
RATIONALE_MARK, SOURCE_MARK = "PLANTED-RATIONALE", "PLANTED-SOURCE"
BANK = str(PROJECT)
ON_SCREEN, ON_CARDS = 5, 4
OFFICE_LEAD = timedelta(days=60)
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
ALERT = re.compile(r'id="sign-in-error">.*?<span>(.*?)</span>', re.DOTALL)
POSTGRESQL = os.environ.get("KAOHE_TEST_POSTGRESQL", "postgresql+psycopg://127.0.0.1:5432/postgres")


@dataclass(frozen=True)
class Prepared:
    """A home whose candidates have seats: a folder, and for PostgreSQL a template database."""

    folder: Path
    batch: Batch
    template: str = ""


def prepare_home(folder: Path, order: BatchOrder, *, url: str = "") -> Prepared:
    """Load the marked seeds, build the office and one batch through the real actions."""
    prepare_office(folder, order.starts_at, url=url)
    return prepare_batch(folder, order, url=url)


def prepare_office(folder: Path, starts_at: datetime, *, url: str = "") -> None:
    """Load the marked seeds and build the office of a home without any batch."""
    database = open_database(home_settings(folder, url))
    try:
        then = starts_at - OFFICE_LEAD
        seeds = marked_seeds(folder.parent / f"{folder.name}-seeds")
        load_seeds(database, now=then, tell=lambda _name, _count: None, seeds=seeds)
        with database.transaction() as db:
            build_office(db, quick_hash(PASSWORD), now=then)
    finally:
        database.engine.dispose()


def prepare_batch(folder: Path, order: BatchOrder, *, url: str = "") -> Prepared:
    """Build one batch in a home whose office stands."""
    database = open_database(home_settings(folder, url))
    try:
        with database.transaction() as db:
            batch = build_batch(db, find_office(db), order)
    finally:
        database.engine.dispose()
    return Prepared(folder, batch)


def home_settings(folder: Path, url: str = "") -> Settings:
    """Return the settings of an installation in that folder."""
    values = {"KAOHE_HOME": str(folder)}
    return read_settings(values | ({"KAOHE_DATABASE_URL": url} if url else {}))


@contextmanager
def opened(prepared: Prepared) -> Iterator[Database]:
    """Open the database of a prepared home beside the server that works on it."""
    database = open_database(home_settings(prepared.folder))
    try:
        yield database
    finally:
        database.engine.dispose()


def marked_seeds(folder: Path) -> Path:
    """Copy the seeds with the one bank that is examined; mark every rationale and source."""
    others = [f"{path.name}" for path in (SEEDS / "item_banks").iterdir() if path.name != BANK]
    shutil.copytree(SEEDS, folder, ignore=shutil.ignore_patterns(*others))
    for path in (folder / "item_banks").glob("*/items.jsonl"):
        lines = []
        for line in path.read_text("utf-8").splitlines():
            item = json.loads(line)
            item["rationale"] += f" {RATIONALE_MARK}-{item['code']}"
            item["source"] = f"{SOURCE_MARK}-{item['code']}"
            lines.append(json.dumps(item, ensure_ascii=False))
        path.write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@contextmanager
def postgresql_database(template: str = "template1") -> Iterator[str]:
    """Make a database of its own and drop it afterwards; yields its name."""
    name = f"kaohe_room_{uuid.uuid4().hex[:12]}"
    _administer(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield name
    finally:
        _administer(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def copy_of(prepared: Prepared, home: Path) -> Iterator[str]:
    """Copy a prepared home, and its database; yields the URL of the copy."""
    shutil.copytree(prepared.folder, home)
    if not prepared.template:
        yield f"sqlite:///{home / 'kaohe.db'}"
        return
    with postgresql_database(prepared.template) as name:
        yield postgresql_url(name)


@contextmanager
def data_of(settings: Settings) -> Iterator[Database]:
    """Open the database of a home with the keys its data is sealed with."""
    engine = engine_for(settings.database_url)
    keys = open_key_ring(settings.keys_folder)
    yield Database(engine, keys, FileStore(settings.files_folder, keys))
    engine.dispose()


def postgresql_url(name: str) -> str:
    """Return the URL of a database on the test server."""
    return POSTGRESQL.rsplit("/", 1)[0] + "/" + name


def _administer(statement: str) -> None:
    engine = create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def prepared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prepared]:
    """The home that every test of a room gets a copy of."""
    order = BatchOrder(ON_SCREEN, ON_CARDS, START, seed=7)
    if request.config.getoption("--backend") == "sqlite":
        yield built_once(tmp_path_factory, "prepared", lambda at: prepare_home(at / "home", order))
        return
    folder = tmp_path_factory.mktemp("prepared") / "home"
    with postgresql_database() as name:
        made = prepare_home(folder, order, url=postgresql_url(name))
        yield Prepared(made.folder, made.batch, name)


@pytest.fixture(scope="session")
def office_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with seeds and office, as of today, that every test gets a copy of."""
    return built_once(tmp_path_factory, "office", _office_of_today)


def _office_of_today(folder: Path) -> Path:
    prepare_office(folder / "home", datetime.now(UTC))
    return folder / "home"


@pytest.fixture
def home_for(office_home: Path, tmp_path: Path) -> Callable[[int], Prepared]:
    """Return how to prepare a home with so many candidates at computers, whose batch begins now."""

    def prepare(on_screen: int) -> Prepared:
        order = BatchOrder(on_screen, 0, datetime.now(UTC), seed=7)
        return prepare_batch(Path(shutil.copytree(office_home, tmp_path / "home")), order)

    return prepare


@pytest.fixture
def database_url(prepared: Prepared, tmp_path: Path) -> Iterator[str]:
    """The URL of a copy for this test alone; its keys and files are in ``tmp_path / "home"``."""
    with copy_of(prepared, tmp_path / "home") as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The settings of this test's own home."""
    return home_settings(tmp_path / "home", database_url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """This test's own database with the keys its data is sealed with."""
    with data_of(settings) as found:
        yield found


@pytest.fixture
def office(database: Database) -> Office:
    """Everyone who works in the prepared home."""
    with database.reading() as db:
        return find_office(db)


@pytest.fixture
def room(
    settings: Settings, database: Database, prepared: Prepared, clock: Callable[[], datetime]
) -> Iterator["Room"]:
    """A server in this process, nobody signed in yet."""
    opened = Room(settings, database, prepared.batch.screen_sitting_id, clock)
    yield opened
    opened.server.close()


class Room:
    """One sitting on a server in this process, with its proctors and pages."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        sitting_id: int,
        clock: Callable[[], datetime],
        clock_step_s: Callable[[], float] = unmoved,
    ) -> None:
        self.server = create_app(settings, clock=clock, clock_step_s=clock_step_s)
        self.database = database
        self.sitting_id = sitting_id
        self.clock: Any = clock
        with database.reading() as db:
            self.office = find_office(db)
            places = db.get_one(Sitting, sitting_id).admissions
            self.numbers = [place.enrolment.admission_no or "" for place in places]
            self.admissions = [place.id for place in places]

    def command(self, name: str, *, by: str = "jiankao01", **fields: Any) -> dict[str, Any]:
        """Carry out a proctor's command as both the socket and HTTP do."""
        told = RoomCommand(sitting=self.sitting_id, **fields)
        return carry_out(self.server.room, name, told, self.office.actors[by])

    def open(self) -> str:
        """Let candidates sign in; return the room code."""
        self.command("open_check_in")
        return self.code()

    def code(self) -> str:
        """Return the room code that the proctor announces."""
        with self.database.reading() as db:
            return room_code(db, db.get_one(SittingRun, self.sitting_id)) or ""

    def page(self, place: int = 0) -> "Page":
        """Return a fresh browser for the candidate of a place."""
        return Page(self, place)

    def seated(self, place: int = 0) -> "Page":
        """Return a page whose candidate has signed in and confirmed everything."""
        page = self.page(place)
        page.sign_in(self.code())
        page.confirm()
        return page

    def working(self, count: int = 1) -> list["Page"]:
        """Open the room, seat so many candidates and start."""
        self.open()
        pages = [self.seated(place) for place in range(count)]
        self.command("start")
        return pages

    def excuse_others(self, count: int) -> None:
        """Record everyone from that place on as absent."""
        for admission_id in self.admissions[count:]:
            self.command("mark_absent", admission=admission_id)

    def wall(self, by: str = "jiankao01") -> dict[str, Any]:
        """Return the snapshot that a proctor sees."""
        return self.server.room.watch(self.sitting_id, actor=self.office.actors[by])

    def seat(self, place: int = 0) -> dict[str, Any]:
        """Return how the wall shows one seat."""
        shown = self.wall()["seats"]
        return next(seat for seat in shown if seat["admission"] == self.admissions[place])

    def audited(self, action: str) -> list[dict[str, Any]]:
        """Return the details of the audit lines of one action."""
        with self.database.reading() as db:
            lines = db.scalars(select(AuditEntry).where(AuditEntry.action == action))
            return [json.loads(line.detail) for line in lines.all()]


class Page:
    """A candidate's browser: cookies, the forgery token, the sequence numbers of its journal."""

    def __init__(self, room: Room, place: int) -> None:
        self.room = room
        self.number = room.numbers[place]
        self.admission_id = room.admissions[place]
        self.client: FlaskClient = room.server.app.test_client()
        self.seq = 0
        self.epoch = 1
        self._token = ""
        self._questions: list[dict[str, Any]] = []

    def sign_in(self, code: str, *, number: str | None = None) -> str:
        """Send the form; return the refusal that the page shows, empty when let in."""
        self._token = token_of(self.client.get("/exam/?leave=1").text)
        form = {"admission_no": number or self.number, "room_code": code, "csrf_token": self._token}
        answer = self.client.post("/exam/sign-in", data=form)
        if answer.status_code == 302:
            self.epoch = self.state().get("epoch", self.epoch)
            return ""
        found = ALERT.search(answer.text)
        assert found is not None, answer.text
        return found.group(1)

    def confirm(self) -> dict[str, Any]:
        """Confirm own data and the rules."""
        self.post("confirm", {"step": "data"})
        return self.post("confirm", {"step": "rules"})

    def state(self) -> dict[str, Any]:
        """Ask for everything afresh."""
        told: dict[str, Any] = self.client.get("/exam/api/state").get_json()
        return told

    def post(self, name: str, body: object) -> dict[str, Any]:
        """Send one request of the page."""
        headers = {"X-CSRF-Token": self._token}
        answer = self.client.post(f"/exam/api/{name}", json=body, headers=headers)
        told: dict[str, Any] = answer.get_json()
        return told

    def questions(self) -> list[dict[str, Any]]:
        """Return the questions in the order shown, asked for once."""
        if not self._questions:
            sections = self.state()["paper"]["sections"]
            self._questions = [q for section in sections for q in section["questions"]]
        return self._questions

    def op(self, kind: str, item: str = "", value: tuple[str, ...] = ()) -> dict[str, Any]:
        """Write the next operation into the journal; nothing is sent."""
        self.seq += 1
        op = {"seq": self.seq, "kind": kind, "item": item, "value": list(value)}
        return op | {"flagged": kind == "flag"}

    def choose(self, place: int = 0, option: int = 0) -> dict[str, Any]:
        """Write the choice of an option into the journal."""
        question = self.questions()[place]
        return self.op("set", question["id"], (question["options"][option]["id"],))

    def send(self, *ops: dict[str, Any], epoch: int | None = None, **more: Any) -> dict[str, Any]:
        """Send operations, none for a heartbeat."""
        return self.post("ops", {"epoch": epoch or self.epoch, "ops": ops, **more})

    def hand_in(self) -> dict[str, Any]:
        """Hand in."""
        return self.send(self.op("submit"))

    def attempt(self, db: Session) -> Attempt:
        """Return what is stored of this candidate's attempt."""
        return db.scalars(select(Attempt).where(Attempt.admission_id == self.admission_id)).one()

    def name(self, db: Session) -> str:
        """Return the candidate's name."""
        return db.get_one(Admission, self.admission_id).enrolment.candidate.name


def token_of(page: str) -> str:
    """Return the forgery token of a page."""
    found = TOKEN.search(page)
    assert found is not None, page
    return found.group(1)


def signed_in_staff(room: Room, login_name: str) -> FlaskClient:
    """Return a browser in which a member of staff has signed in."""
    browser: FlaskClient = room.server.app.test_client()
    token = token_of(browser.get("/sign-in").text)
    form = {"login_name": login_name, "password": PASSWORD, "csrf_token": token}
    assert browser.post("/sign-in", data=form).status_code == 302
    return browser
