"""How the room's server is doing: figures with a threshold each and one sentence what to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.config import Settings
from exam_server.context import wall_clock
from exam_server.delivery.alarms import CLOCK_STEP_S
from exam_server.delivery.models import AnswerOp, Attempt, ChainRoot, SittingRun
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.states import BEGUN, LIVE
from exam_server.room_host import probes
from exam_server.room_host.ballast import RED_BELOW_BYTES
from exam_server.room_host.record import last_copy, program_version
from exam_server.room_host.self_test import (
    FREE_TO_BE_EASY_BYTES,
    SLOWEST_SYNC_MS,
    Grade,
)
from exam_server.room_host.witness.status import Mode, read_status
from exam_server.room_host.witness.watching import is_alarm, told
from registry.local_time import JIANGSU

SAVES_WINDOW = timedelta(seconds=10)
COPY_TOO_OLD = timedelta(minutes=15)
QUEUE_IS_LONG = 500
SLOWEST_COMMIT_MS = 250.0  # the goal of a save, goal G6
ROOT_TOO_OLD = timedelta(minutes=3)
SYNC_PROBES = 10
LONGEST_LAG_S = 1.0


@dataclass(frozen=True)
class Figure:
    """One figure: its name for machines, its value and what to do about it."""

    code: str
    value: float
    shown: str
    grade: Grade
    advice: str = ""


def figures(room: ExamRoom, settings: Settings) -> list[Figure]:
    """Return every figure of the room's server."""
    now = room.clock()
    with room.database.reading() as db:
        saved = db.scalar(
            select(func.count())
            .select_from(AnswerOp)
            .where(AnswerOp.received_at > now - SAVES_WINDOW)
        )
        working = db.scalar(
            select(func.count()).select_from(Attempt).where(Attempt.state.in_(BEGUN))
        )
        roots = _roots(db, now)
    return [
        _seats(room.board.connected(now), working or 0),
        _saves((saved or 0) / SAVES_WINDOW.total_seconds()),
        _queue(room.writer.waiting()),
        _commits(list(room.writer.commit_ms)),
        _store(room.alarms.of_the_store()),
        *roots,
        _disk(settings),
        _sync(settings),
        _clock(room.alarms.step_s(), now),
        _copy(settings, now),
        *_witness(settings),
        Figure("version", 0, program_version(), Grade.GOOD),
    ]


def _seats(connected: int, working: int) -> Figure:
    shown = f"在线 {connected}，作答中 {working}"
    if connected < working:
        advice = "有考生机离线：答案存在考生机上，请到大屏查看是哪些机位"
        return Figure("seats", connected, shown, Grade.WARNING, advice)
    return Figure("seats", connected, shown, Grade.GOOD)


def _saves(rate: float) -> Figure:
    return Figure("saves_per_second", rate, f"每秒 {rate:.1f} 次", Grade.GOOD)


def _queue(waiting: int) -> Figure:
    grade = Grade.WARNING if waiting > QUEUE_IS_LONG else Grade.GOOD
    advice = "写盘跟不上，请关闭本机其他程序" if grade is Grade.WARNING else ""
    return Figure("queue", waiting, f"{waiting} 项", grade, advice)


def _store(trouble: str) -> Figure:
    grade = Grade.REFUSED if trouble else Grade.GOOD
    return Figure("store", int(bool(trouble)), trouble or "正常", grade)


def _commits(spent_ms: list[float]) -> Figure:
    """Judge how long the newest commits took, 99 of 100."""
    if not spent_ms:
        return Figure("commit_ms", 0, "—", Grade.GOOD)
    p99 = sorted(spent_ms)[len(spent_ms) * 99 // 100 - (len(spent_ms) >= 100)]
    is_slow = p99 > SLOWEST_COMMIT_MS
    advice = "答案确认变慢，请关闭服务器上的其他程序" if is_slow else ""
    grade = Grade.WARNING if is_slow else Grade.GOOD
    return Figure("commit_ms", p99, f"{p99:.0f} 毫秒", grade, advice)


def _roots(db: Session, now: datetime) -> list[Figure]:
    """Judge whether the chains of the running rooms are signed; nothing to say without one."""
    running = select(SittingRun.sitting_id).where(SittingRun.state.in_(LIVE))
    ids = db.scalars(running).all()
    if not ids:
        return []
    newest = select(ChainRoot).where(ChainRoot.sitting_id.in_(ids)).order_by(ChainRoot.at.desc())
    root = db.scalar(newest.limit(1))
    unsigned = select(func.min(AnswerOp.received_at)).join(Attempt)
    unsigned = unsigned.where(Attempt.sitting_id.in_(ids))
    if root is not None:
        unsigned = unsigned.where(AnswerOp.received_at > root.at)
    since = db.scalar(unsigned)
    is_late = since is not None and now - since > ROOT_TOO_OLD
    shown = f"第 {root.number} 号 {root.at.astimezone(JIANGSU):%H:%M}" if root else "尚无"
    advice = "超过 3 分钟没有签署，请重启服务器程序并检查磁盘" if is_late else ""
    grade = Grade.REFUSED if is_late else Grade.GOOD
    return [Figure("roots", root.number if root else 0, shown, grade, advice)]


def _disk(settings: Settings) -> Figure:
    free = probes.free_bytes(settings.files_folder.parent)
    gigabytes = free / 1024**3
    grade, advice = Grade.GOOD, ""
    if free < FREE_TO_BE_EASY_BYTES:
        grade, advice = Grade.WARNING, "请清理磁盘，至少保留 2 GB"
    if free < RED_BELOW_BYTES:
        grade, advice = Grade.REFUSED, "磁盘快满了，请立即清理；写满时自动让出预留的 256 MB"
    return Figure("free_gigabytes", gigabytes, f"{gigabytes:.1f} GB", grade, advice)


def _sync(settings: Settings) -> Figure:
    times = probes.sync_times(settings.files_folder.parent, SYNC_PROBES)
    is_slow = times.median_ms > SLOWEST_SYNC_MS
    advice = "磁盘很慢，答案确认会延迟，请关闭其他程序" if is_slow else ""
    grade = Grade.WARNING if is_slow else Grade.GOOD
    shown = f"{times.median_ms:.1f} 毫秒"
    return Figure("sync_ms", times.median_ms, shown, grade, advice)


def _clock(step_s: float, now: datetime) -> Figure:
    shown = f"{now.astimezone():%Y-%m-%d %H:%M:%S}，启动后偏移 {step_s:+.1f} 秒"
    if abs(step_s) > CLOCK_STEP_S:
        advice = "本机时钟被改动过，请勿再改，并记入考场情况记录单"
        return Figure("clock_step_s", step_s, shown, Grade.REFUSED, advice)
    return Figure("clock_step_s", step_s, shown, Grade.GOOD)


def _copy(settings: Settings, now: datetime) -> Figure:
    made = last_copy(settings.room_folder)
    if made is None:
        advice = "请插入备份盘并运行 kaohe room backup"
        return Figure("copy_age_s", -1, "没有", Grade.WARNING, advice)
    age = now - made.at
    shown = f"{made.at.astimezone():%H:%M:%S}，{made.size_bytes / 1024**2:.0f} MB，{made.path}"
    is_old = age > COPY_TOO_OLD
    advice = "超过 15 分钟没有备份，请检查备份盘" if is_old else ""
    grade = Grade.WARNING if is_old else Grade.GOOD
    return Figure("copy_age_s", age.total_seconds(), shown, grade, advice)


def _witness(settings: Settings) -> list[Figure]:
    status = read_status(settings.room_folder, now=wall_clock())
    if status is None:
        return []
    how = "双存后确认" if status.mode is Mode.SYNC else "随后同步"
    shown = f"{told(status)}（{how}，落后 {status.lag_s:.1f} 秒，单独确认 {status.alone} 次）"
    is_late = status.lag_s > LONGEST_LAG_S
    grade = Grade.WARNING if is_alarm(status) or is_late else Grade.GOOD
    advice = "请检查备机是否开机、联网，kaohe room witness 是否在运行"
    return [
        Figure(
            "witness_lag_s", status.lag_s, shown, grade, advice if grade is not Grade.GOOD else ""
        )
    ]
