"""What a candidate's page tells the room of its computer: its self-test, what it stopped."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import add_event
from exam_server.delivery.models import Attempt, RoomEvent
from exam_server.delivery.states import ENDED, AttemptState
from exam_server.delivery.wire import BlockedMessage, MalformedMessageError, SelfTestMessage

SELF_TEST = "自检："
PASSED = f"{SELF_TEST}全部正常"
JOURNALS = {"durable": "", "fallback": "答案用备用方式存本机", "memory": "答案不能存本机"}
CLOCK_NOTE_MS = 60_000
BLOCKED = "已阻止："
KINDS = {
    "copy": "复制",
    "paste": "粘贴",
    "menu": "右键菜单",
    "print": "打印",
    "keys": "浏览器快捷键",
    "screen": "退出全屏超过 5 秒",
}
NOTICE_AFTER = 5  # reports of one candidate, until which they are mere information


def report_self_test(
    db: Session, attempt_id: int, found: SelfTestMessage, *, now: datetime
) -> None:
    """Tell the wall where a computer falls short; the same result again says nothing new."""
    attempt = db.get_one(Attempt, attempt_id)
    words = SELF_TEST + "，".join(shortcomings(found)) if any(shortcomings(found)) else PASSED
    earlier = _told(db, attempt, SELF_TEST)
    if attempt.state in ENDED or words == (earlier[0].text if earlier else PASSED):
        return
    for event in earlier:
        event.is_open = False
    add_event(db, attempt, "info", words, now=now, is_open=found.journal != "durable")


def shortcomings(found: SelfTestMessage) -> Iterator[str]:
    """Say in words what is less than it should be, the gravest first."""
    if found.journal not in JOURNALS:
        raise MalformedMessageError
    if JOURNALS[found.journal]:
        yield JOURNALS[found.journal]
    if not found.secure:
        yield "降低安全（不是安全连接，断网时不能重新打开页面）"
    if not found.socket:
        yield "实时连接不通"
    if not found.fonts:
        yield "缺生僻字字形"
    if abs(found.clock_ms) > CLOCK_NOTE_MS:
        yield f"本机时钟差 {round(abs(found.clock_ms) / CLOCK_NOTE_MS)} 分钟"


def report_blocked(db: Session, attempt_id: int, blocked: BlockedMessage, *, now: datetime) -> None:
    """Put down what the page stopped: information, and a notice when it goes on and on."""
    if blocked.kind not in KINDS:
        raise MalformedMessageError
    attempt = db.get_one(Attempt, attempt_id)
    if attempt.state != AttemptState.IN_PROGRESS:
        return
    count = len(_told(db, attempt, BLOCKED)) + 1
    text = f"{BLOCKED}{KINDS[blocked.kind]} {blocked.times} 次"
    if count >= NOTICE_AFTER:
        text = f"{text}，累计第 {count} 条"
    add_event(db, attempt, "info", text, now=now, is_open=count == NOTICE_AFTER)


def _told(db: Session, attempt: Attempt, beginning: str) -> Sequence[RoomEvent]:
    """Return the candidate's events of one sort, newest first."""
    own = select(RoomEvent).where(
        RoomEvent.admission_id == attempt.admission_id, RoomEvent.text.startswith(beginning)
    )
    return db.scalars(own.order_by(RoomEvent.id.desc())).all()
