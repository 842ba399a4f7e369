"""Begin and end a load test; nothing of it touches an attempt, an answer or a chain."""

import json
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from exam_server.delivery.load_test.errors import LoadTestRefusedError
from exam_server.delivery.load_test.models import LoadTest, LoadTestSave
from exam_server.delivery.load_test.queries import has_open_room, unfinished_test
from exam_server.delivery.models import RoomEvent
from exam_server.delivery.queries import run_on_duty
from exam_server.delivery.rules.load_figures import LoadFigures
from exam_server.delivery.states import BEFORE_CHECK_IN
from registry.access import Actor
from registry.audit_log import note

FEWEST_ROBOTS = 30
GATHERING = timedelta(seconds=8)  # in which every computer asks at least once
SHORTEST_S, LONGEST_S = 10, 120
WORDS = {"good": "通过", "slow": "偏慢", "bad": "未通过", "nobody": "没有考生机参加"}


def begin_load_test(
    db: Session, sitting_id: int, seconds: int | None, *, actor: Actor, now: datetime
) -> LoadTest:
    """Let the exam PCs that show the sign-in page play robots for a while."""
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state not in BEFORE_CHECK_IN:
        raise LoadTestRefusedError(reason="本场已经开放签到")
    if has_open_room(db):
        raise LoadTestRefusedError(reason="本服务器上另有考场正在签到或考试")
    if unfinished_test(db) is not None:
        raise LoadTestRefusedError(reason="上一次压力测试还没有结束")
    length = timedelta(seconds=min(max(seconds or LONGEST_S, SHORTEST_S), LONGEST_S))
    test = LoadTest(
        sitting_id=sitting_id,
        robots=max(FEWEST_ROBOTS, len(run.sitting.admissions)),
        begun_at=now,
        until_at=now + GATHERING + length,
        begun_by_id=actor.account_id,
        ended_at=None,
        result=None,
    )
    db.add(test)
    detail = {"robots": test.robots, "seconds": int(length.total_seconds())}
    note(db, "begin_load_test", ("sitting", sitting_id), actor=actor, now=now, detail=detail)
    return test


def stop_load_test(db: Session, sitting_id: int, *, actor: Actor, now: datetime) -> None:
    """End the load test of a room before its time."""
    run_on_duty(db, sitting_id, actor=actor)
    test = unfinished_test(db)
    if test is None or test.sitting_id != sitting_id or test.ended_at is not None:
        raise LoadTestRefusedError(reason="没有正在进行的压力测试")
    test.ended_at = now
    note(db, "stop_load_test", ("sitting", sitting_id), actor=actor, now=now)


def give_way(db: Session, *, now: datetime) -> None:
    """End whatever load test is on: candidates come in."""
    test = unfinished_test(db)
    if test is not None and test.ended_at is None:
        test.ended_at = min(now, test.until_at)


def keep_result(db: Session, test_id: int, figures: LoadFigures, *, now: datetime) -> None:
    """Write the result down, tell the wall, throw away what the robots saved."""
    test = db.get_one(LoadTest, test_id)
    test.ended_at = test.ended_at or test.until_at
    test.result = json.dumps(figures.told(), ensure_ascii=False)
    db.execute(delete(LoadTestSave).where(LoadTestSave.load_test_id == test_id))
    db.add(
        RoomEvent(
            sitting_id=test.sitting_id,
            admission_id=None,
            kind="load_test",
            text=f"压力测试{result_words(figures)}",
            for_candidate=False,
            is_open=False,
            at=now,
            by_id=None,
        )
    )


def result_words(figures: LoadFigures) -> str:
    """Say in one line what a test came to."""
    verdict = WORDS[figures.verdict]
    if not figures.computers:
        return f"：{verdict}"
    return (
        f"{verdict}：{figures.computers} 台考生机，每秒保存 {figures.per_s} 次，"
        f"确认用时 p99 {figures.p99_ms} 毫秒，出错 {figures.errors} 次"
    )
