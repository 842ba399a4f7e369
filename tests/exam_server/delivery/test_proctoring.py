"""What a proctor may do in a room, what is refused, and the audit line each action leaves."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text

from exam_server.cookies import LANGUAGE_COOKIE
from exam_server.delivery.errors import BusyError, NotOnDutyError, ReviewerError, RoomNotReadyError
from exam_server.delivery.models import ChainRoot, RoomEvent, SittingRun
from exam_server.delivery.proctor_actions import open_check_in
from exam_server.delivery.wire import RoomCommand
from exam_server.proctor_commands import COMMANDS, carry_out
from proctor.models import Incident
from registry.access import Actor, Role
from registry.accounts.actions import NewAccount, open_account
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.errors import (
    AssessmentError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SeparationError,
)
from scoring.models import SubjectResult
from tests.support.made_once import quick_hash
from tests.support.refusals import contents
from tests.support.room import PASSWORD, Page, Room, signed_in_staff, token_of

REVIEWED = {"reason": "设备故障", "reviewer": "jiankao02"}


def idle_proctor(room: Room) -> Actor:
    """Open the account of a proctor who is on duty nowhere."""
    with room.database.transaction() as db:
        account = open_account(
            db,
            NewAccount(
                "jiankao99",
                "江九",
                quick_hash(PASSWORD),
                {Role.PROCTOR},
                institution_id=room.office.institution_id,
            ),
            actor=room.office.actors["xitong01"],
            now=room.clock(),
        )
        return actor_of(account)


def refused(room: Room, error: type[AssessmentError], act: Callable[[], object]) -> str:
    """Expect a refusal that changes no row; return its words."""
    with room.database.reading() as db:
        before = contents(db)
    with pytest.raises(error) as info:
        act()
    assert type(info.value) is error
    with room.database.reading() as db:
        assert contents(db) == before
    assert "{" not in info.value.message
    return info.value.message


# Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_proctor_of_another_room_can_do_nothing_here(room: Room, name: str) -> None:
    (page,) = room.working()
    stranger = idle_proctor(room)
    told = RoomCommand(
        sitting=room.sitting_id, admission=page.admission_id, text="字", event=1, **REVIEWED
    )
    refused(room, NotOnDutyError, lambda: carry_out(room.server.room, name, told, stranger))


def test_a_proctor_of_another_room_sees_nothing_of_this_one(room: Room) -> None:
    stranger = idle_proctor(room)
    with pytest.raises(NotOnDutyError):
        room.server.room.watch(room.sitting_id, actor=stranger)


@pytest.mark.parametrize("name", ["shi01", "jigou01", "kaoping01", "tiku01", "xitong01"])
def test_staff_of_other_duties_cannot_open_a_room(room: Room, name: str) -> None:
    refused(room, NotAllowedError, lambda: room.command("open_check_in", by=name))


# Opening and starting -----------------------------------------------------------------------


def test_opening_draws_a_six_digit_code_once(room: Room) -> None:
    code = room.open()
    assert (len(code), code.isdigit()) == (6, True)
    words = refused(room, RoomNotReadyError, lambda: room.command("open_check_in"))
    assert words == "考场当前正在登录，不能再次开放登录。"
    assert room.code() == code


def test_starting_before_opening_is_refused_with_what_to_do(room: Room) -> None:
    words = refused(room, RoomNotReadyError, lambda: room.command("start"))
    assert words == "考场当前尚未开放登录，不能开考。请先开放登录。"


def test_starting_begins_for_those_who_wait_and_tells_them(room: Room) -> None:
    room.open()
    ready, unready = room.seated(0), room.page(1)
    unready.sign_in(room.code())
    room.command("start")
    assert ready.state()["state"] == "in_progress"
    assert [event["text"] for event in ready.state()["events"]] == ["考试开始，1 人答题"]
    assert unready.state()["state"] == "claimed"
    unready.confirm()
    assert unready.state()["state"] == "in_progress"
    assert room.audited("start_sitting") == [{"count": 1}]


# Messages -----------------------------------------------------------------------------------


def test_a_message_to_one_reaches_that_one_until_it_is_confirmed(room: Room) -> None:
    one, other = room.working(2)
    seen = one.state()["events"][-1]["id"]
    room.command("message", admission=one.admission_id, text=" 请坐好 ")
    (event,) = one.send(after_event=seen)["events"]
    assert (event["kind"], event["text"], event["needs_confirmation"]) == (
        "message",
        "请坐好",
        True,
    )
    assert other.send(after_event=seen)["events"] == []
    assert one.post("event-seen", {"id": event["id"]}) == {"ok": True}
    assert one.post("event-seen", {"id": event["id"]}) == {"ok": True}
    assert event["id"] not in [shown["id"] for shown in one.state()["events"]]


def test_a_message_to_all_reaches_everyone_but_cannot_be_confirmed_for_another(
    room: Room,
) -> None:
    one, other = room.working(2)
    room.command("message", text="还有 15 分钟")
    told = [page.state()["events"][-1] for page in (one, other)]
    assert told[0] == told[1]
    one.post("event-seen", {"id": told[0]["id"]})
    assert other.state()["events"][-1] == told[1]


def test_a_candidate_cannot_confirm_a_message_to_someone_else(room: Room) -> None:
    one, other = room.working(2)
    room.command("message", admission=one.admission_id, text="请坐好")
    event = one.state()["events"][-1]["id"]
    assert other.post("event-seen", {"id": event})["error"] == "not_found"


def test_an_empty_message_is_refused(room: Room) -> None:
    room.working()
    refused(room, InvalidInputError, lambda: room.command("message", text="  "))


# Extra time ---------------------------------------------------------------------------------


def test_extra_time_for_one_moves_that_deadline_alone_and_raises_its_version(room: Room) -> None:
    one, other = room.working(2)
    before, beside = one.send(), other.send()
    room.command("extend", admission=one.admission_id, minutes=5, **REVIEWED)
    after = one.send()
    assert after["deadline_ms"] == before["deadline_ms"] + 5 * 60_000
    assert after["deadline_version"] == before["deadline_version"] + 1
    assert after["events"][-1]["text"] == "延长时间 5 分钟（设备故障），复核人 江三"
    same = other.send()
    assert same["deadline_ms"] == beside["deadline_ms"]
    assert same["deadline_version"] == beside["deadline_version"]


def test_extra_time_for_all_moves_every_deadline_and_adds_up(room: Room) -> None:
    one, other = room.working(2)
    room.command("extend", admission=one.admission_id, minutes=3, **REVIEWED)
    room.command("extend", minutes=10, **REVIEWED)
    assert one.send()["deadline_ms"] - other.send()["deadline_ms"] == 3 * 60_000
    assert [seat["extra_min"] for seat in room.wall()["seats"]][:3] == [13, 10, 0]
    assert len(room.audited("give_extra_time")) == 3


def test_an_answer_in_the_extra_time_counts(room: Room) -> None:
    (page,) = room.working()
    op = page.choose(0)
    room.command("extend", minutes=5, **REVIEWED)
    room.clock.advance(minutes=94)
    assert page.send(op)["ack"] == 1


def test_extra_time_is_refused_when_nobody_is_working(room: Room) -> None:
    room.open()
    refused(room, RoomNotReadyError, lambda: room.command("extend", minutes=5, **REVIEWED))


@pytest.mark.parametrize(
    ("reviewer", "error"),
    [
        ("jiankao01", SeparationError),  # the one who acts
        ("shi01", ReviewerError),  # not a proctor of this sitting
        ("jiankao99", ReviewerError),  # a proctor, but on duty nowhere
        ("nobody", ReviewerError),
        ("", ReviewerError),
    ],
)
@pytest.mark.parametrize("name", ["extend", "force_submit"])
def test_the_second_person_must_be_another_proctor_on_duty(
    room: Room, name: str, reviewer: str, error: type[AssessmentError]
) -> None:
    (page,) = room.working()
    idle_proctor(room)
    fields = {"admission": page.admission_id, "reason": "设备故障", "reviewer": reviewer}
    refused(room, error, lambda: room.command(name, **fields))


def test_extra_time_without_a_reason_is_refused(room: Room) -> None:
    room.working()
    fields = {"minutes": 5, "reason": " ", "reviewer": "jiankao02"}
    refused(room, InvalidInputError, lambda: room.command("extend", **fields))


# Ending an attempt --------------------------------------------------------------------------


def test_a_forced_hand_in_keeps_the_answers_and_gives_a_receipt(room: Room) -> None:
    (page,) = room.working()
    page.send(page.choose(0))
    room.command("force_submit", admission=page.admission_id, **REVIEWED)
    shown = page.state()
    assert (shown["state"], shown["receipt"]["answered"]) == ("forced", 1)
    assert shown["events"][-1]["text"] == "强制交卷：设备故障，复核人 江三"
    (line,) = room.audited("end_attempt")
    assert (line["state"], line["reason"], line["head_seq"]) == ("forced", "设备故障", 1)


def test_a_forced_hand_in_of_one_who_has_ended_is_refused(room: Room) -> None:
    (page,) = room.working()
    page.hand_in()
    fields = {"admission": page.admission_id, **REVIEWED}
    refused(room, RoomNotReadyError, lambda: room.command("force_submit", **fields))


def test_a_forced_hand_in_before_the_start_is_refused(room: Room) -> None:
    room.open()
    page = room.seated()
    fields = {"admission": page.admission_id, **REVIEWED}
    refused(room, RoomNotReadyError, lambda: room.command("force_submit", **fields))


def test_one_who_signed_in_but_never_began_can_be_ended_so_that_the_room_closes(
    room: Room,
) -> None:
    (page,) = room.working()
    gone = room.page(1)
    gone.sign_in(room.code())
    page.hand_in()
    room.excuse_others(2)
    words = refused(room, RoomNotReadyError, lambda: room.command("close"))
    assert "还有 1 人未交卷" in words
    room.command("force_submit", admission=gone.admission_id, **REVIEWED)
    room.command("close")
    assert gone.state()["receipt"]["answered"] == 0


# Presence, incidents, events ----------------------------------------------------------------


def test_a_candidate_who_has_signed_in_cannot_be_recorded_as_absent(room: Room) -> None:
    (page,) = room.working()
    fields = {"admission": page.admission_id}
    refused(room, RoomNotReadyError, lambda: room.command("mark_absent", **fields))


def test_a_candidate_of_another_sitting_is_not_found(room: Room) -> None:
    room.working()
    refused(room, NotFoundError, lambda: room.command("mark_absent", admission=9_999))


def test_presence_cannot_be_changed_after_the_room_is_closed(room: Room) -> None:
    (page,) = room.working()
    page.hand_in()
    room.excuse_others(1)
    room.command("close")
    fields = {"admission": room.admissions[1]}
    refused(room, RoomNotReadyError, lambda: room.command("mark_present", **fields))


def test_an_incident_is_recorded_and_ends_nothing(room: Room) -> None:
    (page,) = room.working()
    room.command("record_incident", admission=page.admission_id, text="传递纸条")
    assert page.state()["state"] == "in_progress"
    with room.database.reading() as db:
        assert db.scalars(select(Incident.text)).all() == ["传递纸条"]
    assert room.wall()["events"][0]["text"] == "违纪记录：传递纸条"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("technical", "举手：设备问题"),
        ("question", "举手：试题文字"),
        ("personal", "举手：个人事务"),
    ],
)
def test_a_raised_hand_waits_until_a_proctor_has_dealt_with_it(
    room: Room, kind: str, words: str
) -> None:
    (page,) = room.working()
    third = page.questions()[2]["id"]
    assert page.post("hand", {"kind": kind, "text": "看不清", "item": third}) == {"ok": True}
    event = room.wall()["events"][0]
    assert (event["kind"], event["seat"], event["open"]) == ("help", room.seat()["no"], True)
    assert event["text"] == f"{words}，第 3 题 看不清"
    assert room.seat()["state"] == "help"
    room.command("handle", event=event["id"])
    room.command("handle", event=event["id"])  # a second click is harmless
    assert room.seat()["state"] == "active"
    assert len(room.audited("handle_event")) == 1


def test_a_hand_raised_for_no_known_reason_is_refused(room: Room) -> None:
    (page,) = room.working()
    assert page.post("hand", {"kind": "joke", "text": ""})["error"] == "malformed"
    assert page.post("hand", {"kind": "technical", "text": "\x00"})["error"] == "malformed"


def test_leaving_the_page_is_counted_for_the_proctor_and_ends_nothing(room: Room) -> None:
    (page,) = room.working()
    page.post("away", {"hidden_ms": 700})  # the system's own pop-ups are no news
    assert room.seat()["away_count"] == 0
    page.post("away", {"hidden_ms": 900})
    assert (room.seat()["away_count"], room.seat()["state"]) == (1, "active")
    page.post("away", {"hidden_ms": 6_200})
    assert (room.seat()["away_count"], room.seat()["state"]) == (2, "alert")
    texts = [event["text"] for event in room.wall()["events"] if event["kind"] == "alert"]
    assert texts == ["第 2 次离开答题窗口，持续 6 秒", "第 1 次离开答题窗口，持续 1 秒"]
    assert page.state()["state"] == "in_progress"


def test_an_event_of_another_room_is_not_found(room: Room) -> None:
    room.working()
    refused(room, NotFoundError, lambda: room.command("handle", event=9_999))


# Expiry -------------------------------------------------------------------------------------


def test_expiry_tells_page_and_room_and_leaves_an_audit_line(room: Room) -> None:
    (page,) = room.working()
    room.clock.advance(minutes=90, seconds=16)
    room.server.room.tick()
    assert page.state()["events"][-1]["text"] == "到时自动交卷"
    assert room.seat()["state"] == "submitted"
    (line,) = room.audited("end_attempt")
    assert (line["state"], line["reason"]) == ("expired", "到时")
    room.server.room.tick()
    assert len(room.audited("end_attempt")) == 1


# Closing ------------------------------------------------------------------------------------


def test_closing_waits_for_everyone_who_is_working(room: Room) -> None:
    room.working(2)
    room.excuse_others(2)
    words = refused(room, RoomNotReadyError, lambda: room.command("close"))
    assert words.startswith("考场当前还有 2 人未交卷：01 ")


def test_closing_waits_until_every_empty_seat_is_recorded_as_absent(room: Room) -> None:
    (page,) = room.working()
    page.hand_in()
    room.excuse_others(3)
    words = refused(room, RoomNotReadyError, lambda: room.command("close"))
    assert "还有 2 人既未登录也未登记缺考" in words


def test_closing_marks_everyone_and_the_counts_tie(room: Room) -> None:
    one, _other = room.working(2)
    one.send(one.choose(0))
    one.hand_in()
    room.clock.advance(minutes=90, seconds=16)
    room.server.room.tick()
    room.excuse_others(2)
    room.command("close")
    with room.database.reading() as db:
        states = db.scalars(select(SubjectResult.state).order_by(SubjectResult.admission_id)).all()
        assert len(states) == len(room.admissions)
        run = db.get_one(SittingRun, room.sitting_id)
        assert (run.state, run.room_code_index) == ("closed", None)
        root = db.scalars(select(ChainRoot).order_by(ChainRoot.number.desc())).first()
        assert root is not None
    counts = {"present": 2, "absent": len(room.admissions) - 2}
    assert room.audited("close_room") == [counts | {"root": root.root, "root_number": root.number}]
    refused(room, RoomNotReadyError, lambda: room.command("close"))


def test_when_marking_fails_the_room_stays_open(room: Room) -> None:
    (page,) = room.working()
    page.hand_in()
    room.excuse_others(1)
    with room.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE subject_result RENAME TO away"))
    with pytest.raises(BusyError):
        room.command("close")
    with room.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO subject_result"))
    with room.database.reading() as db:
        assert db.get_one(SittingRun, room.sitting_id).state == "running"
    assert room.audited("close_room") == []
    room.command("close")


# Audit --------------------------------------------------------------------------------------


def asked_elsewhere(room: Room) -> int:
    """Let the first candidate sign in at another computer; return the number of the request."""
    assert Page(room, 0).sign_in(room.code()) == ""
    return int(room.seat()["transfer"]["id"])


def act_out(room: Room, page: Page) -> dict[str, Callable[[], Any]]:
    """Return one successful use of every command in an order in which all succeed."""
    mine = {"admission": page.admission_id}
    away = {"admission": room.admissions[-1]}
    return {
        "message": lambda: room.command("message", text="请坐好", **mine),
        "extend": lambda: room.command("extend", minutes=5, **mine, **REVIEWED),
        "record_incident": lambda: room.command("record_incident", text="说话", **mine),
        "handle": lambda: room.command("handle", event=room.wall()["events"][0]["id"]),
        "away_lock": lambda: room.command("away_lock"),
        "uncover": lambda: (
            page.post("away", {"hidden_ms": 5000}),
            room.command("uncover", **mine),
        ),
        "away_unlock": lambda: room.command("away_unlock"),
        "pause": lambda: room.command("pause", reason="鼠标损坏", **mine),
        "resume": lambda: (room.clock.advance(minutes=3), room.command("resume", **mine)),
        "compensate": lambda: room.command("compensate"),
        "deny_transfer": lambda: room.command(
            "deny_transfer", transfer=asked_elsewhere(room), reason="照片不符"
        ),
        "approve_transfer": lambda: room.command(
            "approve_transfer", transfer=asked_elsewhere(room), matches=True
        ),
        "release_seat": lambda: room.command("release_seat", reason="换机", **mine),
        "force_submit": lambda: room.command("force_submit", **mine, **REVIEWED),
        "decide_late": lambda: (
            page.send(page.op("submit")),
            room.command("decide_late", **mine, **REVIEWED),
        ),
        "reopen": lambda: room.command("reopen", **mine, **REVIEWED),
        "void": lambda: room.command("void", **mine, **REVIEWED),
        "mark_present": lambda: room.command("mark_present", **away),
        "override_seb": lambda: room.command("override_seb", reason="装不上", **away),
        "defer": lambda: room.command("defer", **away, **REVIEWED),
        "mark_absent": lambda: room.command("mark_absent", **away),
        "close": lambda: room.command("close"),
    }


BEFORE_THE_START = {"open_check_in", "unlock", "start", "load_test", "stop_load_test"}


def test_every_command_leaves_an_audit_line_of_the_proctor_who_gave_it(room: Room) -> None:
    (page,) = room.working()
    room.excuse_others(1)
    acts = act_out(room, page)
    assert acts.keys() | BEFORE_THE_START == COMMANDS.keys()
    for name, act in acts.items():
        if name == "handle":
            page.post("hand", {"kind": "technical"})
        with room.database.reading() as db:
            before = db.scalar(select(func.max(AuditEntry.id)))
        act()
        with room.database.reading() as db:
            written = select(AuditEntry.actor_name).where(AuditEntry.id > before)
            assert "江二" in db.scalars(written).all(), name


def test_two_proctors_may_not_open_the_room_twice_at_once(room: Room) -> None:
    actor = room.office.actors["jiankao02"]
    room.command("open_check_in")
    with room.database.session() as db, pytest.raises(RoomNotReadyError):
        open_check_in(db, room.sitting_id, actor=actor, now=room.clock())


# The same commands over HTTP and the socket ---------------------------------------------------


def test_a_proctor_signs_in_and_works_the_room_by_http(room: Room) -> None:
    browser = room.server.app.test_client()
    token = token_of(browser.get("/sign-in").text)
    form = {"login_name": "jiankao01", "password": PASSWORD, "csrf_token": token}
    assert browser.post("/sign-in", data=form).status_code == 302
    assert str(room.sitting_id) in browser.get("/proctor/").text
    headers = {"X-CSRF-Token": token_of(browser.get(f"/proctor/{room.sitting_id}").text)}
    at = f"/proctor/{room.sitting_id}"
    assert browser.post(f"{at}/open_check_in", json={}, headers=headers).get_json() == {"ok": True}
    told = browser.post(f"{at}/start", json={"sitting": 9_999}, headers=headers).get_json()
    assert told == {"ok": True}  # the address says which room, not the body
    refusal = browser.post(f"{at}/start", json={}, headers=headers)
    assert (refusal.status_code, refusal.get_json()["error"]) == (400, "room_not_ready")
    assert browser.post(f"{at}/explode", json={}, headers=headers).status_code == 404
    shown = browser.post(f"{at}/watch", json={}, headers=headers).get_json()
    assert shown["sitting"]["state"] == "running"


def test_the_socket_carries_commands_until_the_proctor_signs_out(room: Room) -> None:
    browser = room.server.app.test_client()
    token = token_of(browser.get("/sign-in").text)
    form = {"login_name": "jiankao01", "password": PASSWORD, "csrf_token": token}
    browser.post("/sign-in", data=form)
    socket = room.server.sockets.test_client(
        room.server.app, namespace="/proctor", flask_test_client=browser
    )

    def call(name: str, **fields: Any) -> dict[str, Any]:
        told: dict[str, Any] = socket.emit(
            name, {"sitting": room.sitting_id, **fields}, namespace="/proctor", callback=True
        )
        return told

    assert call("watch")["sitting"]["state"] == "planned"
    assert call("open_check_in") == {"ok": True}
    assert call("open_check_in")["error"] == "room_not_ready"
    assert call("start", minutes="x")["error"] == "malformed"
    deltas = [one["args"][0] for one in socket.get_received("/proctor") if one["name"] == "delta"]
    assert deltas[-1]["sitting"]["state"] == "check_in"
    page = browser.get("/proctor/").text
    browser.post("/sign-out", data={"csrf_token": token_of(page)})
    assert call("start")["error"] == "not_signed_in"
    socket.disconnect(namespace="/proctor")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", "考场当前尚未开放登录，不能开考。请先开放登录。"),
        (
            "en",
            "“Start the exam” is not possible now: sign-in is not open yet. Open sign-in first.",
        ),
    ],
)
def test_a_refused_command_is_worded_in_the_language_of_the_proctor(
    room: Room, language: str, told: str
) -> None:
    browser = signed_in_staff(room, "jiankao01")
    browser.set_cookie(LANGUAGE_COOKIE, language)
    socket = room.server.sockets.test_client(
        room.server.app, namespace="/proctor", flask_test_client=browser
    )
    body = {"sitting": room.sitting_id}
    refusal: dict[str, Any] = socket.emit("start", body, namespace="/proctor", callback=True)
    assert refusal == {"ok": False, "error": "room_not_ready", "message": told}
    headers = {"X-CSRF-Token": token_of(browser.get(f"/proctor/{room.sitting_id}").text)}
    by_request = browser.post(f"/proctor/{room.sitting_id}/start", json={}, headers=headers)
    assert by_request.get_json() == refusal
    socket.disconnect(namespace="/proctor")


def test_a_browser_without_a_sign_in_gets_no_proctor_socket(room: Room) -> None:
    socket = room.server.sockets.test_client(
        room.server.app, namespace="/proctor", flask_test_client=room.server.app.test_client()
    )
    assert not socket.is_connected("/proctor")


def test_events_of_the_room_name_who_caused_them(room: Room) -> None:
    room.working()
    room.command("message", text="还有 15 分钟")
    with room.database.reading() as db:
        event = db.scalars(select(RoomEvent).where(RoomEvent.kind == "message")).one()
        assert event.by_id == room.office.actors["jiankao01"].account_id


def test_a_paper_stays_covered_after_leaving_only_where_the_proctor_asked_for_it(
    room: Room,
) -> None:
    [page] = room.working()
    page.post("away", {"hidden_ms": 5000})
    assert not page.state()["covered"]
    room.command("away_lock")
    room.command("away_lock")  # again changes nothing
    assert room.wall()["sitting"]["away_lock"]
    page.post("away", {"hidden_ms": 5000})
    page.post("away", {"hidden_ms": 5000})
    told = page.state()
    assert told["covered"]
    assert [event["kind"] for event in told["events"]].count("covered") == 1
    assert room.seat()["covered"]
    room.command("uncover", admission=page.admission_id)
    assert not page.state()["covered"]
    refused(room, NotFoundError, lambda: room.command("uncover", admission=page.admission_id))
    room.command("away_unlock")
    page.post("away", {"hidden_ms": 5000})
    assert not page.state()["covered"]
    actions = ("away_lock", "away_unlock", "uncover_paper")
    assert [len(room.audited(action)) for action in actions] == [1, 1, 1]
