"""Papers in custody: sealed by two, fetched before the start, opened by two, told at the start."""

import base64
import hashlib
import json
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from exam_server.delivery.custody.actions import undo_sealing
from exam_server.delivery.custody.errors import (
    EarlyUnlockError,
    FormMissingError,
    WrongKeeperError,
    WrongUnlockCodeError,
    WrongWitnessError,
)
from exam_server.delivery.custody.models import FormSnapshot, PaperKey, PaperSealing
from exam_server.delivery.custody.packages import draw_locked_key, joined, open_share
from exam_server.delivery.custody.queries import custody_of
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import SittingRun
from item_bank.models import Item, ItemVersion
from item_bank.sealing import content_of
from registry.accounts.models import Account
from registry.errors import AssessmentError, NotFoundError
from registry.scheduling.models import Admission
from tests.support.room import Page, Room
from tests.support.sealed_papers import WITNESS, opened_by_page, seal, slips


def refused(room: Room, error: type[AssessmentError], act: Callable[[], object]) -> str:
    """Expect a worded refusal; return its words."""
    with pytest.raises(error) as info:
        act()
    assert "{" not in info.value.message
    return info.value.message


def package_of(page: Page) -> bytes:
    return page.client.get(page.state()["package"]["url"]).data


def test_a_sealed_paper_is_fetched_before_the_start_and_opened_by_the_key_alone(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    page = room.page()
    page.sign_in(room.code())
    assert page.state()["package"] is None  # nothing before both confirmations
    offer = page.confirm()["package"]
    package = page.client.get(offer["url"]).data
    assert hashlib.sha256(package).hexdigest() == offer["hash"]
    assert len(package) == offer["bytes"]
    room.command("unlock", **slips(sealed))
    before = page.state()
    assert before["paper"] is None
    assert before["paper_key"] is None  # put together, but told to nobody
    room.command("start")
    light = page.client.get("/exam/api/state?paper=package").get_json()
    assert light["paper"] is None
    assert base64.b64decode(light["paper_key"]) == sealed.locked.key
    paper = opened_by_page(package, light["paper_key"], page.number)
    assert paper == page.state()["paper"]  # a page that cannot open it is told the same
    question = paper["sections"][0]["questions"][0]
    assert page.send(page.op("set", question["id"], (question["options"][1]["id"],)))["ok"]
    assert page.hand_in()["receipt"]["answered"] == 1


def test_a_package_holds_the_figures_of_its_candidate_and_nothing_of_a_key(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    with room.database.reading() as db:
        form = db.scalars(select(FormSnapshot)).first()
        assert form is not None
        number = db.get_one(Admission, form.admission_id).enrolment.admission_no or ""
        items = {item["item"] for item in json.loads(form.form)}
        versions = db.scalars(select(ItemVersion).where(ItemVersion.content_hash.in_(items))).all()
        contents = [content_of(version) for version in versions]
    key = base64.b64encode(sealed.locked.key).decode()
    package = room.database.files.get(form.package_hash)
    paper = json.dumps(opened_by_page(package, key, number), ensure_ascii=False)
    assert len(contents) == len(json.loads(form.form))
    for content in contents:
        assert content.rationale not in paper
        assert content.source not in paper
    assert paper.count("data:image/svg+xml;base64,") == sum(1 for c in contents if c.figure)
    assert "/exam/figure/" not in paper


def test_a_package_opens_for_its_own_candidate_only(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    one, other = room.seated(0), room.seated(1)
    package, key = package_of(one), base64.b64encode(sealed.locked.key).decode()
    assert package != package_of(other)
    with pytest.raises(InvalidTag):
        opened_by_page(package, key, other.number)
    with pytest.raises(InvalidTag):
        opened_by_page(package[:-1] + bytes([package[-1] ^ 1]), key, one.number)
    answer = other.client.get(one.state()["package"]["url"])
    assert answer.status_code == 404
    assert room.page(2).client.get(one.state()["package"]["url"]).status_code == 400


def test_one_who_comes_after_the_start_gets_paper_and_key_at_once(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    room.seated(0)
    room.command("unlock", **slips(sealed))
    room.command("start")
    late = room.seated(1)
    state = late.state()
    assert state["state"] == "in_progress"
    assert opened_by_page(package_of(late), state["paper_key"], late.number) == state["paper"]


def test_the_hint_of_the_start_carries_the_key_and_no_other_hint_does(room: Room) -> None:
    told: list[dict[str, object]] = []
    alone: dict[int, dict[str, object]] = {}
    room.server.room.telling.sitting = lambda _sitting, payload: told.append(payload)
    room.server.room.telling.attempt = alone.__setitem__
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    waiting, undecided = room.seated(0), room.page(1)
    undecided.sign_in(room.code())
    room.command("unlock", **slips(sealed))
    room.command("start")
    with room.database.reading() as db:
        start, other = alone[waiting.attempt(db).id], alone[undecided.attempt(db).id]
    assert other == {"event": 0}
    assert base64.b64decode(str(start["paper_key"])) == sealed.locked.key
    assert start.keys() == {"event", "paper_key", "started_ms"}
    room.command("message", text="请保持安静")
    assert all(payload == {"event": 0} for payload in told)


def test_nobody_starts_a_sealed_sitting_before_two_persons_have_unlocked_it(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    words = refused(room, RoomNotReadyError, lambda: room.command("unlock", **slips(sealed)))
    assert "尚未开放登录" in words
    room.open()
    room.seated(0)
    words = refused(room, RoomNotReadyError, lambda: room.command("start"))
    assert "启封" in words
    room.command("unlock", **slips(sealed))
    refused(room, RoomNotReadyError, lambda: room.command("unlock", **slips(sealed)))
    room.command("start")
    assert room.audited("unlock_papers") == [
        {"hash": room.audited("seal_papers")[0]["hash"], "head": "jigou01", "number": 1}
    ]


@pytest.mark.parametrize(
    ("typed", "error", "reason"),
    [
        ({"head_code": "0000-0000-0000-0000"}, WrongUnlockCodeError, "wrong_unlock_code"),
        ({"proctor_code": ""}, WrongUnlockCodeError, "wrong_unlock_code"),
        ({"reviewer": "jiankao01"}, WrongKeeperError, "wrong_keeper"),  # the one who asks
        ({"reviewer": "nobody"}, WrongKeeperError, "wrong_keeper"),
        ({"reviewer": "shi01"}, WrongKeeperError, "wrong_keeper"),  # of another office
    ],
)
def test_a_refused_unlocking_says_why_and_stays_on_record(
    room: Room, typed: dict[str, str], error: type[Exception], reason: str
) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    refused(room, error, lambda: room.command("unlock", **slips(sealed, **typed)))
    assert room.audited("unlock_refused") == [{"reason": reason}]
    assert "启封未成功" in room.wall()["events"][0]["text"]
    assert room.wall()["sitting"]["custody"] == "sealed"


def test_codes_are_exchanged_for_nothing_before_the_time_allowed(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    room.clock.advance(minutes=-16)
    words = refused(room, EarlyUnlockError, lambda: room.command("unlock", **slips(sealed)))
    assert "09:00" in words
    assert "08:45" in words
    room.clock.advance(minutes=1)
    room.command("unlock", **slips(sealed))
    assert room.wall()["sitting"]["custody"] == "unlocked"


def test_a_second_proctor_may_keep_the_slip_of_the_site_head(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    room.command("unlock", **slips(sealed, reviewer="jiankao02"))
    assert room.audited("unlock_papers")[0]["head"] == "jiankao02"


def test_codes_may_be_typed_as_people_read_them(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    as_read = sealed.locked.head_code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    room.command("unlock", **slips(sealed, head_code=as_read))


def test_a_sealing_is_undone_before_check_in_and_the_next_one_makes_new_packages(
    room: Room,
) -> None:
    first = seal(room.database, room.office, room.sitting_id, now=room.clock())
    undo(room)
    second = seal(room.database, room.office, room.sitting_id, now=room.clock())
    hashes = {form.package_hash for form in first.forms} & {f.package_hash for f in second.forms}
    assert not hashes
    assert [form.form for form in first.forms] == [form.form for form in second.forms]
    room.open()
    refused(room, WrongUnlockCodeError, lambda: room.command("unlock", **slips(first)))
    room.command("unlock", **slips(second))
    refused(room, RoomNotReadyError, lambda: undo(room))
    with room.database.reading() as db:
        steps = custody_of(db, room.sitting_id)
    assert [step.what for step in steps] == ["第 1 次封存", "撤销封存", "第 2 次封存", "启封"]
    assert [(step.first, step.second) for step in steps] == [
        ("顾三", "顾二"),
        ("顾三", "顾二"),
        ("顾三", "顾二"),
        ("江二", "江一"),
    ]


def undo(room: Room, witness: str = WITNESS) -> None:
    with room.database.transaction() as db:
        account = db.get_one(Account, room.office.actors[witness].account_id)
        actor = room.office.actors["qianfa01"]
        undo_sealing(db, room.sitting_id, witness=account, actor=actor, now=room.clock())


@pytest.mark.parametrize("name", ["qianfa01", "jiankao01", "shi01"])
def test_one_person_cannot_undo_a_sealing_nor_can_a_stranger_witness_it(
    room: Room, name: str
) -> None:
    seal(room.database, room.office, room.sitting_id, now=room.clock())
    refused(room, WrongWitnessError, lambda: undo(room, name))


def test_a_candidate_seated_after_the_sealing_keeps_check_in_closed(room: Room) -> None:
    seal(room.database, room.office, room.sitting_id, now=room.clock())
    with room.database.transaction() as db:
        forget_form(db, room.admissions[0])
    words = refused(room, FormMissingError, lambda: room.command("open_check_in"))
    assert "1 名考生" in words


def forget_form(db: Session, admission_id: int) -> None:
    """Let a candidate look like one who was seated later: the sealing is set aside by hand."""
    sealing = db.scalars(select(PaperSealing)).one()
    forms = db.scalars(select(FormSnapshot).where(FormSnapshot.admission_id != admission_id)).all()
    rows = [
        {column.name: getattr(form, column.name) for column in FormSnapshot.__table__.columns}
        for form in forms
    ]
    again = PaperSealing(
        **{
            column.name: getattr(sealing, column.name)
            for column in PaperSealing.__table__.columns
            if column.name not in ("id", "number")
        },
        number=2,
    )
    sealing.undone_at = sealing.sealed_at
    db.flush()
    db.add(again)
    db.flush()
    db.add_all(FormSnapshot(**{**row, "sealing_id": again.id}) for row in rows)


def test_frozen_forms_and_the_key_cannot_be_rewritten(room: Room) -> None:
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    room.command("unlock", **slips(sealed))
    for table, column in ((FormSnapshot, "form"), (PaperKey, "forms_hash")):
        with (
            pytest.raises((OperationalError, IntegrityError, Exception), match="append-only"),
            room.database.transaction() as db,
        ):
            setattr(db.scalars(select(table)).first(), column, "x")


def test_the_frozen_order_holds_though_an_item_changes_and_keys_are_others(room: Room) -> None:
    """Claiming reads the snapshot: nothing about a candidate's form is computed again."""
    sealed = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    page = room.seated(0)
    form = next(form for form in sealed.forms if form.admission_id == page.admission_id)
    with room.database.reading() as db:
        attempt = page.attempt(db)
        assert (attempt.paper_id, attempt.order_seed) == (form.paper_id, form.order_seed)


def test_a_sitting_without_a_paper_cannot_be_sealed(room: Room) -> None:
    with pytest.raises(NotFoundError):
        seal(room.database, room.office, 404, now=room.clock())
    seal(room.database, room.office, room.sitting_id, now=room.clock())
    with pytest.raises(RoomNotReadyError):
        seal(room.database, room.office, room.sitting_id, now=room.clock())
    with room.database.reading() as db:
        assert db.get_one(SittingRun, room.sitting_id).state == "sealed"
        assert db.scalars(select(Item)).first() is not None


def test_either_share_alone_says_nothing_of_the_key() -> None:
    locked = draw_locked_key()
    shares = [
        open_share(locked.head_share, locked.head_code),
        open_share(locked.proctor_share, locked.proctor_code),
    ]
    assert joined(*shares) == locked.key
    assert locked.key not in shares
    again = draw_locked_key()
    assert len({locked.key, again.key, locked.head_code, again.head_code}) == 4
