"""Many computers that fall silent together are one incident of the room, not one for each seat."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery import outages
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
    """Write down who has fallen silent or is back, all at once: a switch takes a room with it.

    What cannot be written is tried again.
    """
    changes = dict(board.changes(attempt_ids, now))
    if not changes:
        return
    writer.perform(lambda db: note_silence(db, changes, board, now=now))
    for attempt_id, fell_silent in changes.items():
        board.settle(attempt_id, is_silent=fell_silent)


def note_silence(
    db: Session, changes: Mapping[int, bool], board: PresenceBoard, *, now: datetime
) -> None:
    """Write down of whose seats nothing is heard any more (True), and whose are back."""
    attempts = db.scalars(select(Attempt).where(Attempt.id.in_(changes))).all()
    silent = [attempt for attempt in attempts if changes[attempt.id]]
    back = [attempt for attempt in attempts if not changes[attempt.id]]
    outages.seats_fell_silent(db, [(attempt, board.last(attempt.id).at) for attempt in silent])
    outages.seats_are_back(db, {attempt.id: board.last(attempt.id).at for attempt in back})
    _close_silence(db, back)
    for attempt in attempts:
        place = (attempt.sitting_id, attempt.admission_id)
        if changes[attempt.id]:
            words = _words(board, attempt.id)
            db.add(_event(*place, now, kind="offline", text=words, is_open=True))
        else:
            db.add(_event(*place, now, kind="info", text="连接恢复"))
    for sitting_id in {attempt.sitting_id for attempt in attempts}:
        gather_silence(db, sitting_id, board, now=now)


def _words(board: PresenceBoard, attempt_id: int) -> str:
    if not board.has_heard(attempt_id):
        return UNHEARD
    pending = board.last(attempt_id).pending
    return f"连接中断，本机已存 {pending} 题" if pending else "连接中断"


def _close_silence(db: Session, back: Iterable[Attempt]) -> None:
    silent = select(RoomEvent).where(
        RoomEvent.admission_id.in_([attempt.admission_id for attempt in back]),
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
        text = f"{silent} 台考生机同时断线，疑为全场网络故障。{ADVICE}"
        if of_the_room is None:
            db.add(_event(sitting_id, None, now, kind="offline", text=text, is_open=True))
        else:
            of_the_room.text, of_the_room.is_open = text, True
    elif of_the_room is not None and not silent:
        of_the_room.is_open = False
        minutes, seconds = divmod(int((now - of_the_room.at).total_seconds()), 60)
        text = f"全场连接恢复，历时 {minutes} 分 {seconds} 秒"
        db.add(_event(sitting_id, None, now, kind="info", text=text))


def _event(
    sitting_id: int,
    admission_id: int | None,
    now: datetime,
    *,
    kind: str,
    text: str,
    is_open: bool = False,
) -> RoomEvent:
    return RoomEvent(
        sitting_id=sitting_id,
        admission_id=admission_id,
        kind=kind,
        text=text,
        for_candidate=False,
        is_open=is_open,
        at=now,
        by_id=None,
    )
