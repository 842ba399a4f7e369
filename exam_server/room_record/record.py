"""The room record as a whole: head, counts, tables, the root that both proctors sign."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.queries import run_on_duty
from exam_server.delivery.rules.exam_rules import ExamRules
from exam_server.delivery.states import RunState
from exam_server.room_record.entry_sections import identity_counts
from exam_server.room_record.facts import at, facts_of
from exam_server.room_record.sections import sections_of
from exam_server.room_record.tables import Section
from proctor.rules.room_counts import Counts
from registry.access import Actor
from registry.audit_log import note
from registry.local_time import JIANGSU
from registry.scheduling.models import SittingProctor


@dataclass(frozen=True)
class SignedRoot:
    """The newest signed root over all operations of the room."""

    number: int
    root: str
    signed_at: str


@dataclass(frozen=True)
class RoomRecord:
    """What both proctors sign."""

    title: str
    facts: tuple[tuple[str, str], ...]
    counts: Counts
    sections: tuple[Section, ...]
    root: SignedRoot | None
    is_final: bool

    @property
    def counts_line(self) -> tuple[tuple[str, int], ...]:
        """Return the counts that must tie."""
        counts = self.counts
        return (
            ("应考", counts.expected),
            ("实考", counts.present),
            ("缺考", counts.absent),
            ("交卷", counts.handed_in),
            *([("缓考", counts.deferred)] if counts.deferred else []),
        )

    @property
    def untied(self) -> tuple[str, ...]:
        """Say what does not tie yet; before the start nothing has to."""
        return self.counts.differences

    @property
    def empty_titles(self) -> str:
        """Name the tables without a line."""
        return "、".join(section.title for section in self.sections if not section.rows)


def room_record(db: Session, sitting_id: int, *, actor: Actor) -> RoomRecord:
    """Return the record of a sitting as it now stands; final once the room is closed."""
    run = run_on_duty(db, sitting_id, actor=actor)
    facts = facts_of(db, run)
    sitting, plan = run.sitting, run.sitting.plan
    day = sitting.starts_at.astimezone(JIANGSU)
    names = db.scalars(select(SittingProctor).where(SittingProctor.sitting_id == sitting_id)).all()
    root = facts.root
    return RoomRecord(
        title=f"{plan.specification.project.name} 理论知识考试",
        facts=(
            ("考点", plan.institution.name),
            ("考场", f"第 {sitting.room.number} 考场（{sitting.room.name}）"),
            ("批次场次", f"{plan.number} 批 第 {sitting.number} 场"),
            ("考试时间", f"{day:%Y 年 %-m 月 %-d 日 %H:%M}，{sitting.minutes} 分钟"),
            ("实际开考", at(run.started_at)),
            ("关闭考场", at(run.closed_at)),
            ("监考员", "、".join(proctor.account.name for proctor in names)),
            ("身份核验", identity_counts(facts)),
            ("考场规则", _rules(run.rules)),
            ("试卷", f"{'一人一卷' if run.set_id else '同一试卷'}，第 {run.paper_id} 号"),
        ),
        counts=facts.counts,
        sections=sections_of(facts),
        root=SignedRoot(root.number, root.root, at(root.at)) if root else None,
        is_final=run.state == RunState.CLOSED,
    )


def _rules(rules: ExamRules) -> str:
    leave = (
        f"{rules.early_leave_minutes} 分钟后可交卷" if rules.early_leave_minutes else "随时可交卷"
    )
    return f"开考 {rules.late_entry_minutes} 分钟后不得入场，{leave}"


def record_for_print(db: Session, sitting_id: int, *, actor: Actor, now: datetime) -> RoomRecord:
    """Return the record and note that it was printed."""
    record = room_record(db, sitting_id, actor=actor)
    detail = {"final": record.is_final}
    note(db, "print_room_record", ("sitting", sitting_id), actor=actor, now=now, detail=detail)
    return record
