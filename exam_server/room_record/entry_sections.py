"""Tables of the room record about papers, identity, who came when, and changes of computers."""

from datetime import datetime

from exam_server.delivery.states import TransferState
from exam_server.room_record.facts import Facts, at
from exam_server.room_record.tables import WHO, Section, by_seat, told
from proctor.rules.identity import CHINESE, Identity
from proctor.rules.presence import Presence
from registry.local_time import JIANGSU

TRANSFER_WORDS = {
    TransferState.ASKED: "未办结",
    TransferState.TAKEN: "批准，已换",
    TransferState.DENIED: "拒绝",
    TransferState.REPLACED: "由后一申请代替",
}
EVENT = (*WHO, ("时间", 20.0), ("情况", 73.0), ("办理人", 22.0))


def custody(facts: Facts) -> Section:
    """Who sealed and opened the papers, and when."""
    rows = []
    for sealing in facts.sealings:
        both = f"{sealing.sealed_by.name}、{sealing.witness.name}"
        rows.append((day(sealing.sealed_at), f"封存（第 {sealing.number} 次）", both))
        if sealing.undone_at is not None:
            who = [one.name for one in (sealing.undone_by, sealing.undone_witness) if one]
            rows.append((day(sealing.undone_at), "撤销封存", "、".join(who)))
    if facts.key is not None:
        who = [one.name for one in (facts.key.proctor, facts.key.head) if one]
        rows.append((day(facts.key.unlocked_at), "启封", "、".join(who)))
    if rows and facts.run.started_at is not None:
        rows.append((day(facts.run.started_at), "发卷开考", "—"))
    columns = (("时间", 45.0), ("事项", 57.0), ("经手人", 80.0))
    return Section("试卷保管", columns, tuple(rows))


def identity(facts: Facts) -> Section:
    """Everyone whose identity was once in doubt or refused, with all that followed."""
    unclear = {check.admission_id for check in facts.checks if check.mark != Identity.MATCH}
    rows = tuple(
        (
            *facts.seat(check.admission_id),
            at(check.checked_at),
            CHINESE[Identity(check.mark)],
            check.note or "—",
            facts.person(check.checked_by_id),
        )
        for check in facts.checks
        if check.admission_id in unclear
    )
    more = (("时间", 20.0), ("结果", 16.0), ("说明", 57.0), ("核验人", 22.0))
    return Section("身份核验存疑、不符", (*WHO, *more), rows)


def identity_counts(facts: Facts) -> str:
    """Say how many stand as what; the newest check of a candidate counts."""
    newest = {check.admission_id: Identity(check.mark) for check in facts.checks}
    marks = list(newest.values())
    counted = [f"{CHINESE[mark]} {marks.count(mark)} 人" for mark in Identity]
    return "，".join([*counted, f"未核验 {len(facts.admissions) - len(marks)} 人"])


def deferred(facts: Facts) -> Section:
    """Who was moved to a later batch."""
    still = {i for i, row in facts.presence.items() if row.presence == Presence.DEFERRED}
    newest = {event.admission_id: event for event in facts.events if event.kind == "deferred"}
    rows = tuple(
        (*facts.seat(i), at(event.at), event.text, facts.person(event.by_id))
        for i, event in by_seat(facts, {i: e for i, e in newest.items() if i in still})
    )
    return Section("缓考", EVENT, rows)


def let_in(facts: Facts) -> Section:
    """Who came after the limit and was let in by two persons."""
    return Section("超过迟到时限放行", EVENT, told(facts, "let_in"))


def approved(facts: Facts) -> Section:
    """Extra time that the city approved before the exam."""
    rows = tuple(
        (
            *facts.seat(i),
            f"{given.minutes}",
            given.reason,
            f"{facts.person(given.approved_by_id)} {given.approved_at.astimezone(JIANGSU):%m-%d}",
        )
        for i, given in by_seat(facts, facts.approved)
    )
    more = (("分钟", 11.0), ("理由", 74.0), ("批准", 30.0))
    return Section("考前批准的加时", (*WHO, *more), rows)


def transfers(facts: Facts) -> Section:
    """Changes of computers that candidates asked for, with both computers and who decided."""
    by_attempt = {attempt.id: admission for admission, attempt in facts.attempts.items()}
    rows = tuple(
        (
            *facts.seat(by_attempt[asked.attempt_id]),
            at(asked.asked_at),
            asked.from_address or "—",
            asked.address + (f"（备用 {asked.seat_no} 号）" if asked.seat_no else ""),
            TRANSFER_WORDS[TransferState(asked.state)],
            facts.person(asked.decided_by_id) if asked.decided_at else "—",
        )
        for asked in facts.transfers
    )
    more = (("申请", 18.0), ("原机", 27.0), ("新机", 28.0), ("结果", 20.0), ("办理人", 22.0))
    return Section("换机申请", (*WHO, *more), rows)


def day(instant: datetime) -> str:
    """Write an instant with its day: papers are sealed before the day of the exam."""
    return f"{instant.astimezone(JIANGSU):%Y-%m-%d %H:%M:%S}"
