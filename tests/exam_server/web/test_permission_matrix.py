"""Every role at every address and socket event, with objects of another office (G21).

The matrix is data beside this file, one line an endpoint, and says on its own who may come in. A
new address or event without a line fails here.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule

from exam_server.cookies import LOGIN_COOKIE
from exam_server.delivery.ending import add_event
from exam_server.delivery.errors import NotOnDutyError
from exam_server.delivery.models import Attempt
from exam_server.proctor_commands import COMMANDS
from registry.access import Role
from registry.accounts.models import Account
from registry.accounts.queries import account_by_login_name
from registry.accounts.signing_in import PasswordCheck, sign_in_after_check
from registry.audit_log import AuditEntry
from registry.database import Database, engine_for
from registry.files import FileStore
from registry.keys import open_key_ring
from registry.scheduling.models import Admission, Sitting
from scoring.errors import NotDispatchedError, NotLeadError
from tests.conftest import Clock
from tests.support import factories
from tests.support.room import START, Page, Prepared, Room, home_settings, prepared  # noqa: F401

TABLE = Path(__file__).with_name("permission_matrix.csv")
ANYONE, CANDIDATE = "anyone", "candidate"  # instead of roles
STAFF = "staff"  # whoever has signed in
OFFICE, DUTY, PROJECT = "office", "duty", "project"  # what bounds the objects
TOKEN = "the browser's own"
FOREIGN_CITY, FOREIGN_INSTITUTION = "320102", 77


@dataclass(frozen=True)
class Line:
    """Who may open an address, and what bounds the objects they may name there."""

    who: frozenset[str]
    bound: str


def read_matrix() -> dict[str, Line]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            row["endpoint"]: Line(frozenset(row["who"].split()), row["bound"])
            for row in csv.DictReader(file)
        }


MATRIX = read_matrix()


class House:
    """A room at work, its office, and a second office in another city with every role."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.app = room.server.app
        self.page, self.other = room.working(2)
        with room.database.transaction() as db:
            office = factories.make_office(db, now=START, division=FOREIGN_CITY)
            accounts = dict(office.accounts)
            institution = factories.make_institution(
                db, now=START, division=FOREIGN_CITY, running_no=FOREIGN_INSTITUTION
            )
            for role in (Role.INSTITUTION_OFFICER, Role.PROCTOR):
                accounts[role] = factories.make_account(
                    db, role, now=START, institution=institution
                )
            for role in (Role.ITEM_AUTHOR, Role.ITEM_REVIEWER):
                accounts[role] = factories.make_account(db, role, now=START)
            self.tokens = {role: self._sign_in(db, account) for role, account in accounts.items()}
            self.ids = self._objects(db)
        self.rules = [rule for rule in self.app.url_map.iter_rules() if rule.endpoint != "static"]

    def _sign_in(self, db: Any, account: Account) -> str:
        account.must_change_password = False
        check = PasswordCheck(account.password_hash, fits=True)
        done = sign_in_after_check(db, account.login_name, check, "test", now=self.room.clock())
        assert done.token is not None
        return done.token

    def own_token(self, login_name: str) -> str:
        """Sign one of the room's own people in."""
        with self.room.database.transaction() as db:
            account = account_by_login_name(db, login_name)
            assert account is not None
            return self._sign_in(db, account)

    def _objects(self, db: Any) -> dict[str, int]:
        sitting = db.get_one(Sitting, self.room.sitting_id)
        admission = db.get_one(Admission, self.page.admission_id)
        return {
            "plan_id": sitting.plan_id,
            "sitting_id": sitting.id,
            "admission_id": admission.id,
            "enrolment_id": admission.enrolment_id,
            "account_id": self.room.office.actors["jiankao01"].account_id or 0,
            "project_id": sitting.plan.specification.project_id,
            "paper_id": db.scalars(select(Attempt.paper_id)).first(),
        }

    def browser(self, role: Role | None) -> FlaskClient:
        """Return a browser of that role of the other office, a stranger's for none."""
        client = self.app.test_client()
        if role is not None:
            client.set_cookie(LOGIN_COOKIE, self.tokens[role])
        with client.session_transaction() as session:
            session["csrf"] = TOKEN
        return client

    def address(self, rule: Rule, method: str) -> str:
        values: dict[str, object] = dict.fromkeys(rule.arguments, 1)
        values |= {name: self.ids[name] for name in rule.arguments if name in self.ids}
        words = WORDS | ({"kind": "sealed"} if rule.endpoint == "seb.download" else {})
        values |= {name: word for name, word in words.items() if name in rule.arguments}
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("localhost")
            return adapter.build(rule.endpoint, values, method=method)

    def lines(self) -> int:
        with self.room.database.reading() as db:
            return db.scalar(select(func.count()).select_from(AuditEntry)) or 0


WIRE = Path(__file__).parents[3] / "docs" / "socket-events.md"
FORBIDDEN, MISSING = 403, 404
FEWEST_CLOSED = 100  # of every role; the matrix is not empty
SEATLESS = re.compile("not_signed_in|malformed|尚未登录考场")
PROVINCE_WIDE = {
    Role.PROVINCE_OFFICER,
    Role.BANK_MANAGER,
    Role.PAPER_RELEASER,
    Role.SYSTEM_ADMINISTRATOR,
    Role.AUDIT_ADMINISTRATOR,
    Role.STOCK_KEEPER,  # reaches no object by an address
}
NOT_HERE = (NotOnDutyError.text, NotDispatchedError.text, NotLeadError.text)
FILLED_IN = {  # so that no form is found lacking before the object is looked for
    "admission_no": "2605000100016",
    "confirmed": "1",
    "difficulty": "3",
    "duty": "author",
    "early_leave_minutes": "30",
    "element": "1",
    "kind": "true_false",
    "late_entry_minutes": "30",
    "late_ops_minutes": "30",
    "minutes": "15",
    "presence": "门贴签到缺席",
    "reason": "核对情况",
    "stem": "题干。",
    "target": "总分",
}
FORM_FIRST = {"enrolment.take", "item_editor_api.send_figure"}  # want a file of the form before
OWN_PEOPLE = {
    "shi01": Role.CITY_OFFICER,
    "jigou01": Role.INSTITUTION_OFFICER,
    "jiankao01": Role.PROCTOR,
}
OPENED = {
    "plans.show",
    "enrolment.roster",
    "enrolment.show",
    "arrangement.show",
    "arrangement.staff",
    "arrangement.posted",
    "arrangement.tickets",
    "proctor_console.wall",
    "proctor_console.snapshot",
    "results.table",
    "results.export",
    "seb.show",
}
WORDS = {"decision": "pass", "kind": "door", "name": "start", "group": "q1", "digest": "0" * 64}


@pytest.fixture(scope="module")
def house(
    prepared: Prepared,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    home = tmp_path_factory.mktemp("matrix") / "home"
    shutil.copytree(prepared.folder, home)
    settings = home_settings(home)
    keys = open_key_ring(settings.keys_folder)
    engine = engine_for(settings.database_url)
    database = Database(engine, keys, FileStore(settings.files_folder, keys))
    room = Room(settings, database, prepared.batch.screen_sitting_id, Clock(START))
    yield House(room)
    room.server.close()
    engine.dispose()


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})


def asked(
    client: FlaskClient, method: str, address: str, form: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Send a request with the right token, JSON where no form is given; return what is told."""
    headers = {"X-CSRF-Token": TOKEN}
    body: dict[str, Any] = {"data": form} if form else {"json": {}}
    answer = client.open(
        address, method=method, headers=headers, **({} if method == "GET" else body)
    )
    if answer.is_json and "message" in answer.json:
        return answer.status_code, f"{answer.json['error']} {answer.json['message']}"
    return answer.status_code, answer.get_data().decode(errors="replace")


def test_every_address_has_a_line_in_the_matrix_and_every_line_an_address(house: House) -> None:
    assert {rule.endpoint for rule in house.rules} == MATRIX.keys()
    named = set().union(*(line.who for line in MATRIX.values()))
    assert named <= {role.value for role in Role} | {ANYONE, CANDIDATE, STAFF}
    assert named >= {role.value for role in Role}
    assert {line.bound for line in MATRIX.values()} == {"", OFFICE, DUTY, PROJECT}


def closed_to(house: House, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, method and address of everything that is not open to a role."""
    for rule in house.rules:
        if not MATRIX[rule.endpoint].who & {name, ANYONE, STAFF, CANDIDATE}:
            for method in methods(rule):
                yield rule.endpoint, method, house.address(rule, method)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_refused_wherever_the_matrix_does_not_name_it(house: House, role: Role) -> None:
    client, before = house.browser(role), house.lines()
    let_in, tried = [], 0
    for endpoint, method, address in closed_to(house, role.value):
        tried += 1
        status, _text = asked(client, method, address)
        if status != FORBIDDEN:
            let_in.append((endpoint, method, status))
    assert let_in == []
    assert tried >= FEWEST_CLOSED
    assert house.lines() == before


@pytest.mark.parametrize("lease", [False, True])
def test_strangers_and_candidates_are_refused_wherever_the_matrix_does_not_name_them(
    house: House, lease: bool
) -> None:
    client, before = house.page.client if lease else house.browser(None), house.lines()
    with client.session_transaction() as session:
        session["csrf"] = TOKEN
    let_in = []
    for endpoint, method, address in closed_to(house, "nobody"):
        status, _text = asked(client, method, address)
        if status != (302 if method == "GET" else 401):
            let_in.append((endpoint, method, status))
    assert let_in == []
    assert house.lines() == before


@pytest.mark.parametrize("role", [None, *Role])
def test_the_addresses_of_candidates_need_a_seat_whatever_else_one_is(
    house: House, role: Role | None
) -> None:
    client, before = house.browser(role), house.lines()
    for rule in house.rules:
        if CANDIDATE not in MATRIX[rule.endpoint].who:
            continue
        for method in methods(rule):
            status, text = asked(client, method, house.address(rule, method))
            assert status == 400, (rule.endpoint, status)
            assert SEATLESS.search(text), (rule.endpoint, text)
    assert house.lines() == before


@pytest.mark.parametrize("role", [role for role in Role if role not in PROVINCE_WIDE])
def test_objects_of_another_office_room_or_project_are_refused(house: House, role: Role) -> None:
    client, before = house.browser(role), house.lines()
    let_in = []
    for rule in house.rules:
        line = MATRIX[rule.endpoint]
        if role.value not in line.who or not line.bound:
            continue
        for method in methods(rule):
            status, text = asked(client, method, house.address(rule, method), FILLED_IN)
            if status not in (FORBIDDEN, MISSING) and not is_refusal(rule.endpoint, status, text):
                let_in.append((rule.endpoint, method, status, text[:60]))
    assert let_in == [], "\n".join(map(str, let_in))
    assert house.lines() == before


def is_refusal(endpoint: str, status: int, text: str) -> bool:
    """Say whether a 400 is the worded refusal of who is not on duty, or a form found lacking."""
    return status == 400 and (any(words in text for words in NOT_HERE) or endpoint in FORM_FIRST)


def test_the_same_objects_open_to_their_own_people(house: House) -> None:
    """The refusals above mean something: the objects exist, and their own people see them."""
    opened = set()
    for login_name, role in OWN_PEOPLE.items():
        client = house.browser(None)
        client.set_cookie(LOGIN_COOKIE, house.own_token(login_name))
        for rule in house.rules:
            line = MATRIX[rule.endpoint]
            if role.value in line.who and line.bound and "GET" in methods(rule):
                status, _text = asked(client, "GET", house.address(rule, "GET"))
                opened |= {rule.endpoint} if status == 200 else set()
    assert opened >= OPENED


def test_another_candidates_event_and_figure_are_not_found(house: House) -> None:
    with house.room.database.transaction() as db:
        attempt = house.other.attempt(db)
        text = "只给另一人"
        event_id = add_event(db, attempt, "message", text, now=START, for_candidate=True).id
    status, text = candidate_asks(house.page, "event-seen", {"id": event_id})
    assert (status, json.loads(text)["error"]) == (MISSING, "not_found")
    theirs = house.other.questions()[0]["id"]
    assert theirs not in [question["id"] for question in house.page.questions()]
    assert house.page.client.get(f"/exam/figure/{theirs}").status_code == 400
    op = {"seq": 1, "kind": "set", "item": theirs, "value": []}
    _status, text = candidate_asks(house.page, "ops", {"epoch": 1, "ops": [op]})
    assert json.loads(text)["error"] == "malformed"


def candidate_asks(page: Page, name: str, body: object) -> tuple[int, str]:
    with page.client.session_transaction() as session:
        session["csrf"] = TOKEN
    headers = {"X-CSRF-Token": TOKEN}
    answer = page.client.post(f"/exam/api/{name}", json=body, headers=headers)
    return answer.status_code, answer.get_data(as_text=True)


def events(house: House, namespace: str) -> set[str]:
    handlers: Mapping[str, Any] = house.room.server.sockets.server.handlers[namespace]
    return set(handlers) - {"connect", "disconnect"}


def test_every_socket_event_is_known_here_and_on_the_page_of_the_wire(house: House) -> None:
    served = set(house.room.server.sockets.server.handlers)
    assert served == {"/candidate", "/load_test", "/proctor"}
    assert events(house, "/load_test") == {"save"}
    assert events(house, "/candidate") == {"ops"}
    assert events(house, "/proctor") == {"watch", *COMMANDS}
    page = WIRE.read_text("utf-8")
    for name in events(house, "/candidate") | events(house, "/proctor") | {"look", "delta"}:
        assert f"`{name}`" in page, name


@pytest.mark.parametrize("role", list(Role))
def test_every_proctors_event_is_refused_to_every_role_that_is_not_on_duty(
    house: House, role: Role
) -> None:
    socket = house.room.server.sockets.test_client(
        house.app, namespace="/proctor", flask_test_client=house.browser(role)
    )
    assert socket.is_connected("/proctor")
    before = house.lines()
    command = {"sitting": house.room.sitting_id, "admission": house.page.admission_id}
    for name in sorted(events(house, "/proctor")):
        payload = {"sitting": command["sitting"]} if name == "watch" else command
        told = socket.emit(name, payload, namespace="/proctor", callback=True)
        wanted = "not_on_duty" if role is Role.PROCTOR else "not_allowed"
        assert (told["ok"], told["error"]) == (False, wanted), name
    socket.disconnect(namespace="/proctor")
    assert house.lines() == before


@pytest.mark.parametrize("namespace", ["/candidate", "/proctor"])
def test_sockets_are_closed_to_strangers_and_to_the_other_side(
    house: House, namespace: str
) -> None:
    other_side = house.browser(Role.PROCTOR) if namespace == "/candidate" else house.page.client
    for client in (house.browser(None), other_side):
        socket = house.room.server.sockets.test_client(
            house.app, namespace=namespace, flask_test_client=client
        )
        assert not socket.is_connected(namespace)
