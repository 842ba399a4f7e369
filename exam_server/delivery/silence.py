"""Many computers that fall silent together are one incident of the room, not one for each seat."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery import outages
from exam_server.delivery.ending import add_event
from exam_server.delivery.models import Attempt, RoomEvent
from exam_server.delivery.presence_board import PresenceBoard
from exam_server.delivery.states import BEGUN
from exam_server.delivery.writer import Writer
from proctor.rules.incident import is_room_wide

UNHEARD = "服务器启动后没有收到这台考生机的消息，此前是否连接无从得知"
ADVICE = "答案存在考生机上，考生可继续作答。请检查交换机和服务器网线"


def put_silence_down(
    writer: Writer, board: PresenceBoard, attempt_ids: Iterable[int], *, now: datetime
) -> None:
    """Write down who has fallen silent or is back; what cannot be written is tried again."""
    for attempt_id, fell_silent in board.changes(attempt_ids, now):
        told = partial(note_silence, attempt_id=attempt_id, board=board, now=now)
        writer.perform(partial(told, fell_silent=fell_silent))
        board.settle(attempt_id, is_silent=fell_silent)


def note_silence(
    db: Session, attempt_id: int, board: PresenceBoard, *, fell_silent: bool, now: datetime
) -> None:
    """Write down that nothing is heard of a seat any more, or that it is back."""
    attempt = db.get_one(Attempt, attempt_id)
    last = board.last(attempt_id)
    if fell_silent:
        tail = f"，本机已存 {last.pending} 题" if last.pending else ""
        words = f"连接中断{tail}" if board.has_heard(attempt_id) else UNHEARD
        outages.seat_fell_silent(db, attempt, since=last.at)
        add_event(db, attempt, "offline", words, now=now, is_open=True)
    else:
        outages.seat_is_back(db, attempt, now=last.at)
        _close_silence(db, attempt)
        add_event(db, attempt, "info", "连接恢复", now=now)
    gather_silence(db, attempt.sitting_id, board, now=now)


def _close_silence(db: Session, attempt: Attempt) -> None:
    silent = select(RoomEvent).where(
        RoomEvent.admission_id == attempt.admission_id,
        RoomEvent.kind == "offline",
        RoomEvent.is_open,
    )
    for event in db.scalars(silent):
        event.is_open = False


def gather_silence(db: Session, sitting_id: int, board: PresenceBoard, *, now: datetime) -> None:
    """Bring the open events of silent seats in line with how many are silent."""
    begun = select(Attempt.id).where(Attempt.sitting_id == sitting_id, Attempt.state.in_(BEGUN))
    working = db.scalars(begun).all()
    silent = sum(board.is_stale(attempt_id, now) for attempt_id in working)
    events = select(RoomEvent).where(
        RoomEvent.sitting_id == sitting_id, RoomEvent.kind == "offline", RoomEvent.is_open
    )
    waiting = db.scalars(events).all()
    of_the_room = next((event for event in waiting if event.admission_id is None), None)
    if is_room_wide(silent, len(working)):
        for event in waiting:
            event.is_open = False
        told = of_the_room or _event(sitting_id, now)
        told.text, told.is_open = f"{silent} 台考生机同时断线，疑为全场网络故障。{ADVICE}", True
        db.add(told)
    elif of_the_room is not None and not silent:
        of_the_room.is_open = False
        minutes, seconds = divmod(int((now - of_the_room.at).total_seconds()), 60)
        back = _event(sitting_id, now)
        back.kind, back.text = "info", f"全场连接恢复，历时 {minutes} 分 {seconds} 秒"
        db.add(back)


def _event(sitting_id: int, now: datetime) -> RoomEvent:
    return RoomEvent(
        sitting_id=sitting_id,
        admission_id=None,
        kind="offline",
        text="",
        for_candidate=False,
        is_open=False,
        at=now,
        by_id=None,
    )
