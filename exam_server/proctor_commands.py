"""The proctor's commands, the same over the socket and by HTTP."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from exam_server.delivery import away_lock
from exam_server.delivery import decisions as decide
from exam_server.delivery import proctor_actions as act
from exam_server.delivery import time_actions as time
from exam_server.delivery.attendance import set_presence
from exam_server.delivery.custody.actions import UnlockSlips, record_refusal, unlock_papers
from exam_server.delivery.custody.errors import UnlockRefusedError
from exam_server.delivery.custody.queries import start_news
from exam_server.delivery.load_test.actions import begin_load_test, stop_load_test
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.transfers import approve_transfer, deny_transfer
from exam_server.delivery.wire import RoomCommand
from exam_server.marking import mark_screen_sitting
from exam_server.paper_continuation import refuse_continued
from exam_server.seb.actions import override_seb
from proctor.rules.presence import Presence
from registry.access import Actor

Command = Callable[[Session, RoomCommand, Actor, datetime], dict[int, dict[str, Any]] | None]
"""Carries out one command; may return what each attempt's page is told instead of a mere hint."""


def _open(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    act.open_check_in(db, c.sitting, actor=actor, now=now)


def _load_test(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    begin_load_test(db, c.sitting, c.seconds, actor=actor, now=now)


def _stop_load_test(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    stop_load_test(db, c.sitting, actor=actor, now=now)


def _unlock(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    slips = UnlockSlips(c.reviewer, c.head_code, c.proctor_code)
    unlock_papers(db, c.sitting, slips, actor=actor, now=now)


def _start(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> dict[int, dict[str, Any]]:
    act.start_sitting(db, c.sitting, actor=actor, now=now)
    return start_news(db, c.sitting)


def _message(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    for admission in _targets(c):
        act.send_message(db, c.sitting, admission, c.text, actor=actor, now=now)


def _extend(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    for admission in _targets(c):
        time.extend(
            db, c.sitting, admission, c.minutes, c.reason, reviewer=c.reviewer, actor=actor, now=now
        )


def _targets(c: RoomCommand) -> Sequence[int | None]:
    """Return whom a command is for: some, one, or (None) everybody."""
    return tuple(dict.fromkeys(c.admissions)) or (c.admission,)


def _pause(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    for admission in _targets(c):
        time.pause(db, c.sitting, admission, c.reason, actor=actor, now=now)


def _resume(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    for admission in _targets(c):
        time.resume(db, c.sitting, admission, actor=actor, now=now)


def _compensate(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    time.compensate(
        db, c.sitting, c.admission, c.proposal, c.seconds, c.reason, actor=actor, now=now
    )


def _reopen(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    refuse_continued(db, c.sitting, c.admission)
    decide.reopen(
        db, c.sitting, c.admission, c.minutes, c.reason, reviewer=c.reviewer, actor=actor, now=now
    )


def _void(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    decide.void(db, c.sitting, c.admission, c.reason, reviewer=c.reviewer, actor=actor, now=now)


def _decide_late(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    decide.decide_late(
        db,
        c.sitting,
        c.admission,
        c.reason,
        is_accepted=c.accept,
        reviewer=c.reviewer,
        actor=actor,
        now=now,
    )


def _force(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    act.force_submit(
        db, c.sitting, c.admission, c.reason, reviewer=c.reviewer, actor=actor, now=now
    )


def _absent(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    set_presence(db, c.sitting, c.admission, Presence.ABSENT, actor=actor, now=now)


def _present(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    set_presence(
        db,
        c.sitting,
        c.admission,
        Presence.PRESENT,
        reason=c.reason,
        reviewer=c.reviewer,
        actor=actor,
        now=now,
    )


def _defer(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    given = {"reason": c.reason, "reviewer": c.reviewer}
    set_presence(db, c.sitting, c.admission, Presence.DEFERRED, **given, actor=actor, now=now)


def _release(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    act.release_seat(db, c.sitting, c.admission, c.reason, actor=actor, now=now)


def _approve(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    approve_transfer(db, c.sitting, c.transfer, c.seat, matches=c.matches, actor=actor, now=now)


def _deny(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    deny_transfer(db, c.sitting, c.transfer, c.reason, actor=actor, now=now)


def _incident(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    act.report_incident(db, c.sitting, c.admission, c.text, actor=actor, now=now)


def _override_seb(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    override_seb(db, c.sitting, c.admission, c.reason, actor=actor, now=now)


def _away_lock(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    away_lock.set_lock(db, c.sitting, on=True, actor=actor, now=now)


def _away_unlock(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    away_lock.set_lock(db, c.sitting, on=False, actor=actor, now=now)


def _uncover(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    away_lock.uncover(db, c.sitting, c.admission, actor=actor, now=now)


def _handle(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    act.handle_event(db, c.sitting, c.event, actor=actor, now=now, answer=c.text)


def _close(db: Session, c: RoomCommand, actor: Actor, now: datetime) -> None:
    act.close_room(db, c.sitting, actor=actor, now=now)
    mark_screen_sitting(db, c.sitting, actor=actor, now=now)


COMMANDS: dict[str, Command] = {
    "open_check_in": _open,
    "load_test": _load_test,
    "stop_load_test": _stop_load_test,
    "unlock": _unlock,
    "start": _start,
    "message": _message,
    "extend": _extend,
    "pause": _pause,
    "resume": _resume,
    "compensate": _compensate,
    "force_submit": _force,
    "reopen": _reopen,
    "void": _void,
    "decide_late": _decide_late,
    "mark_absent": _absent,
    "mark_present": _present,
    "defer": _defer,
    "release_seat": _release,
    "approve_transfer": _approve,
    "deny_transfer": _deny,
    "record_incident": _incident,
    "override_seb": _override_seb,
    "away_lock": _away_lock,
    "away_unlock": _away_unlock,
    "uncover": _uncover,
    "handle": _handle,
    "close": _close,
}


def carry_out(room: ExamRoom, name: str, command: RoomCommand, actor: Actor) -> dict[str, Any]:
    """Carry out one command; raises a worded refusal and then changes nothing.

    Only a refused unlocking of papers leaves a trace.
    """
    try:
        room.command(command.sitting, lambda db, now: COMMANDS[name](db, command, actor, now))
    except UnlockRefusedError as refused:
        why = refused  # the name of an except clause ends with it
        room.command(
            command.sitting,
            lambda db, now: record_refusal(db, command.sitting, why, actor=actor, now=now),
        )
        raise
    return {"ok": True}
