"""The tables of the room record, each drawn from the rows of the sitting."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from exam_server.delivery.load_test.actions import WORDS
from exam_server.delivery.models import RoomEvent
from exam_server.delivery.states import AttemptState, EventKind
from exam_server.room_record import entry_sections as entry
from exam_server.room_record.facts import Facts, at
from exam_server.room_record.tables import WHO, Section, by_seat, told
from proctor.rules.presence import Presence

BY_ITSELF = "系统（超过迟到时限）"
EVENT_KINDS = {"help": "举手", "alert": "离开答题窗口等异常", "offline": "连接中断"}
SETTLED = {
    EventKind.REOPENED: "恢复作答",
    EventKind.VOIDED: "作答无效",
    EventKind.OPS_ACCEPTED: "采纳迟到操作",
    EventKind.OPS_REFUSED: "不采纳迟到操作",
}
DECIDED = {
    "": "待裁定，未计入成绩，已留存",
    "accepted": "经裁定采纳，计入成绩",
    "refused": "未计入成绩，已留存",
}
REFUSED_WORDS = {"closed": "交卷后到达", "fenced": "换机后由旧机位送出", "conflict": "序号内容冲突"}


def sections_of(facts: Facts) -> tuple[Section, ...]:
    """Return every table, empty ones included: nothing happened is a statement too."""
    return tuple(draw(facts) for draw in SECTIONS)


def _load_tests(facts: Facts) -> Section:
    """What the room stood before anybody came in."""
    rows = []
    for test in facts.load_tests:
        if test.result is None:
            continue
        told = json.loads(test.result)
        acks = " / ".join(f"{told[name]}" for name in ("p50_ms", "p95_ms", "p99_ms"))
        slowest = f"{told['slowest']} {told['slowest_p95_ms']} 毫秒" if told["slowest"] else "—"
        rows.append(
            (
                at(test.begun_at),
                f"{told['computers']}",
                f"{told['saves']}（{told['per_s']}）",
                acks,
                f"{told['errors']}",
                slowest,
                WORDS[told["verdict"]],
                facts.person(test.begun_by_id),
            )
        )
    columns = (
        ("开始", 17.0),
        ("考生机", 13.0),
        ("保存（每秒）", 26.0),
        ("确认毫秒 p50/p95/p99", 38.0),
        ("出错", 11.0),
        ("最慢的机器 p95", 43.0),
        ("结论", 16.0),
        ("发起人", 18.0),
    )
    return Section("压力测试", columns, tuple(rows))


def _absent(facts: Facts) -> Section:
    rows = [
        (*facts.seat(i), at(record.recorded_at), by)
        for i, record in by_seat(facts, facts.presence)
        for by in [facts.person(record.recorded_by_id) if record.recorded_by_id else BY_ITSELF]
        if record.presence == Presence.ABSENT and i not in facts.attempts
    ]
    return Section("缺考", (*WHO, ("登记时间", 25.0), ("登记人", 90.0)), tuple(rows))


def _late(facts: Facts) -> Section:
    begun = facts.run.started_at
    rows = []
    for i, attempt in by_seat(facts, facts.attempts):
        if begun is None or attempt.claimed_at <= begun:
            continue
        minutes = -((begun - attempt.claimed_at) // timedelta(minutes=1))
        rows.append((*facts.seat(i), at(attempt.claimed_at), f"{minutes} 分钟"))
    return Section(
        "迟到入场", (*WHO, ("登录时间", 25.0), ("迟到（不足一分计一分）", 90.0)), tuple(rows)
    )


def _moves(facts: Facts) -> Section:
    rows = told(facts, "released")
    return Section("换机", (*WHO, ("时间", 20.0), ("情况", 73.0), ("办理人", 22.0)), rows)


def _extensions(facts: Facts) -> Section:
    rows = tuple(
        (
            *facts.seat(given.admission_id),
            at(given.given_at),
            f"{given.minutes}",
            given.reason,
            facts.person(given.given_by_id),
            facts.person(given.reviewed_by_id),
        )
        for given in facts.extra
    )
    more = (("时间", 20.0), ("分钟", 11.0), ("原因", 46.0), ("办理人", 19.0), ("复核人", 19.0))
    return Section("延时", (*WHO, *more), rows)


def _pauses(facts: Facts) -> Section:
    """Pauses of one candidate or of the room, and their ends."""
    rows = tuple(
        (*facts.seat(event.admission_id), at(event.at), event.text, facts.person(event.by_id))
        for event in facts.events
        if event.kind in ("paused", "resumed")
    )
    return Section("暂停与恢复", (*WHO, ("时间", 20.0), ("情况", 73.0), ("办理人", 22.0)), rows)


def _compensated(facts: Facts) -> Section:
    by_attempt = {attempt.id: admission for admission, attempt in facts.attempts.items()}
    rows = []
    for event in facts.decided:
        if event.kind != EventKind.COMPENSATED:
            continue
        body = json.loads(event.body)
        lost = "—".join(at(datetime.fromisoformat(body[end])) for end in ("from", "until"))
        given = f"{body['seconds'] // 60} 分 {body['seconds'] % 60:02d} 秒"
        reason = event.reason or "按中断时间补足"
        rows.append((*facts.seat(by_attempt[event.attempt_id]), lost, given, reason, event.actor))
    more = (("中断", 36.0), ("补时", 22.0), ("原因", 31.0), ("确认人", 26.0))
    return Section("补时", (*WHO, *more), tuple(rows))


def _forced(facts: Facts) -> Section:
    rows = told(facts, "forced")
    return Section("强制交卷", (*WHO, ("时间", 20.0), ("情况", 73.0), ("办理人", 22.0)), rows)


def _overrides(facts: Facts) -> Section:
    rows = tuple(
        (*facts.seat(given.admission_id), at(given.given_at), given.reason, by)
        for given in facts.overrides
        for by in [facts.person(given.given_by_id)]
    )
    more = (("时间", 20.0), ("原因", 73.0), ("放行人", 22.0))
    return Section("免安全考试浏览器校验放行", (*WHO, *more), rows)


def _incidents(facts: Facts) -> Section:
    rows = tuple(
        (*facts.seat(one.admission_id), at(one.recorded_at), one.text, by)
        for one in facts.incidents
        for by in [facts.person(one.recorded_by_id)]
    )
    return Section("违纪与特殊情况", (*WHO, ("时间", 20.0), ("情形", 73.0), ("记录人", 22.0)), rows)


def _events(facts: Facts) -> Section:
    rows = []
    for kind, words in EVENT_KINDS.items():
        found = [event for event in facts.events if event.kind == kind]
        if not found:
            continue
        waiting = sum(event.is_open for event in found)
        rows.append((words, str(len(found)), _seats(facts, found), str(waiting)))
    columns = (("类别", 45.0), ("次数", 18.0), ("座位（次数）", 95.0), ("未处理", 24.0))
    return Section("考场事件", columns, tuple(rows))


def _seats(facts: Facts, events: Iterable[RoomEvent]) -> str:
    counts = Counter(facts.seat(event.admission_id)[0] for event in events)
    return "、".join(f"{seat}（{count}）" for seat, count in sorted(counts.items()))


def _refused(facts: Facts) -> Section:
    by_attempt = {attempt.id: admission for admission, attempt in facts.attempts.items()}
    counts = Counter((by_attempt[op.attempt_id], op.reason, op.decision) for op in facts.refused)
    rows = tuple(
        (*facts.seat(admission), f"{count}", REFUSED_WORDS.get(reason, reason), DECIDED[decision])
        for (admission, reason, decision), count in counts.items()
    )
    more = (("操作数", 16.0), ("原因", 56.0), ("处理", 43.0))
    return Section("未接收的作答操作", (*WHO, *more), rows)


def _decisions(facts: Facts) -> Section:
    """What two persons decided of an attempt, or the close of the room by default."""
    by_attempt = {attempt.id: admission for admission, attempt in facts.attempts.items()}
    rows = tuple(
        (
            *facts.seat(by_attempt[event.attempt_id]),
            at(event.at),
            SETTLED[EventKind(event.kind)],
            event.reason,
            "、".join(name for name in (event.actor, event.second) if name) or "系统",
        )
        for event in facts.decided
        if event.kind in SETTLED
    )
    more = (("时间", 20.0), ("裁定", 25.0), ("理由", 32.0), ("裁定人", 38.0))
    return Section("两人裁定", (*WHO, *more), rows)


def _ends(facts: Facts) -> Section:
    names = {
        AttemptState.SUBMITTED: "考生交卷",
        AttemptState.FORCED: "监考员强制交卷",
        AttemptState.EXPIRED: "到时自动交卷",
    }
    rows = []
    for state, words in names.items():
        found = [a for a in facts.attempts.values() if a.state == state]
        if not found:
            continue
        total = sum(json.loads(a.receipt or "{}").get("answered", 0) for a in found)
        rows.append((words, str(len(found)), str(total)))
    columns = (("方式", 82.0), ("人数", 50.0), ("作答题数合计", 50.0))
    return Section("交卷", columns, tuple(rows))


SECTIONS: tuple[Callable[[Facts], Section], ...] = (
    _load_tests,
    entry.custody,
    entry.identity,
    _absent,
    entry.deferred,
    _late,
    entry.let_in,
    _ends,
    _moves,
    entry.transfers,
    entry.approved,
    _extensions,
    _pauses,
    _compensated,
    _forced,
    _overrides,
    _incidents,
    _events,
    _refused,
    _decisions,
)
