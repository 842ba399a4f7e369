"""The judge: compares what every robot was told with what is stored, operation by operation."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from exam_server.delivery.models import AnswerOp, Attempt, RefusedOp
from exam_server.delivery.verification import verify
from exam_server.marking import stored_answers
from exam_server.rehearsal.robot import Ledger
from registry.audit_log import first_break

MOST_FINDINGS = 20


@dataclass
class Verdict:
    """What was found; ``is_clean`` says whether nothing was lost, doubled or altered."""

    generated: int = 0
    acknowledged: int = 0
    stored: int = 0
    lost: int = 0  # acknowledged, but not stored as it was sent
    never_stored: int = 0  # generated, but neither acknowledged nor stored at the end
    twice: int = 0
    receipts: int = 0
    refused: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Say whether everything that was promised is there, once and unaltered."""
        whole = self.generated == self.acknowledged == self.stored
        return whole and not (self.lost or self.twice or self.refused or self.findings)


def judge(db: Session, ledgers: Mapping[int, Ledger]) -> Verdict:
    """Compare the ledgers, by admission, with the store."""
    verdict = Verdict()
    for attempt in db.scalars(select(Attempt).order_by(Attempt.id)).all():
        _compare(db, attempt, ledgers[attempt.admission_id], verdict)
    stored_twice = Counter(db.execute(select(AnswerOp.attempt_id, AnswerOp.seq)).all())
    verdict.twice = sum(count - 1 for count in stored_twice.values())
    verdict.refused = db.scalar(select(func.count()).select_from(RefusedOp)) or 0
    verdict.findings += [str(finding) for finding in verify(db).findings]
    broken_at = first_break(db)
    if broken_at is not None:
        verdict.findings.append(f"the audit log breaks at line {broken_at}")
    if db.get_bind().dialect.name == "sqlite":
        damage = db.execute(text("PRAGMA integrity_check")).scalars().all()
        verdict.findings += [line for line in damage if line != "ok"]
    del verdict.findings[MOST_FINDINGS:]
    return verdict


def _compare(db: Session, attempt: Attempt, ledger: Ledger, verdict: Verdict) -> None:
    rows = db.execute(
        select(AnswerOp.seq, AnswerOp.kind, AnswerOp.question_id, AnswerOp.value)
        .where(AnswerOp.attempt_id == attempt.id)
        .order_by(AnswerOp.id)
    ).all()
    stored = {row.seq: tuple(row) for row in rows}
    verdict.generated += len(ledger.sent)
    verdict.acknowledged += ledger.promised
    verdict.stored += len(rows)
    for op in ledger.sent:
        is_stored = stored.get(op["seq"]) == _as_stored(op)
        verdict.lost += not is_stored and op["seq"] <= ledger.promised
        verdict.never_stored += not is_stored and op["seq"] > ledger.promised
    if [row.seq for row in rows] != sorted(row.seq for row in rows):
        verdict.findings.append(f"attempt {attempt.id}: stored out of order")
    unheard = max(0, len(rows) - ledger.acknowledged)  # stored, but the reply has not come
    own = {item: tuple(value) for item, value in ledger.answers(unheard).items()}
    if stored_answers(db, attempt.id) != own:
        verdict.findings.append(f"attempt {attempt.id}: the answers are not those last given")
    verdict.receipts += len(ledger.receipts)
    if ledger.receipt is not None and ledger.receipt["answered"] != len(own):
        verdict.findings.append(f"attempt {attempt.id}: the receipt counts other answers")
    if len(ledger.receipts) > 1:
        verdict.findings.append(f"attempt {attempt.id}: {len(ledger.receipts)} different receipts")


def _as_stored(op: Mapping[str, object]) -> tuple[object, ...]:
    value = op["value"]
    assert isinstance(value, list)
    return (op["seq"], op["kind"], op["item"], ",".join(value))
