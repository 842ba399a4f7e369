"""A person looks at a random sample of confident answers: drawn, judged, errors sent to review."""

from datetime import datetime

from sqlalchemy.orm import Session

from omr import queries
from omr.audit_queries import answer_of, audits_of, confident_answers
from omr.errors import BatchUnreadError, NothingToSampleError
from omr.models import AuditedAnswer, ReadingAudit, ScanPage
from omr.rules.reasons import PageReason
from omr.rules.silent_errors import drawn, sample_size, seed_of
from omr.rules.states import BatchState, PageState, Verdict
from registry.access import Actor, Permission
from registry.audit_log import note

READY = (BatchState.READ, BatchState.CANCELLED, BatchState.RELEASED)


def draw_audit(
    db: Session, batch_id: int, target: float, *, actor: Actor, now: datetime
) -> ReadingAudit:
    """Draw the sample that proves ``target`` when it holds no error.

    The seed follows from the answers and the number of samples before: nobody chooses it.
    """
    actor.require(Permission.CARDS_REVIEW)
    batch = queries.batch_of(db, batch_id, actor=actor)
    if batch.state not in READY:
        raise BatchUnreadError(count=batch.page_total - batch.page_count)
    answers = confident_answers(db, batch_id)
    if not answers:
        raise NothingToSampleError
    seed = seed_of(batch_id, len(audits_of(db, batch_id)), answers)
    audit = ReadingAudit(
        batch_id=batch_id,
        seed=seed,
        population=len(answers),
        drawn_at=now,
        drawn_by_id=actor.account_id,
    )
    for place, answer in enumerate(drawn(answers, sample_size(target), seed), 1):
        audit.answers.append(
            AuditedAnswer(
                place=place, page_id=answer.page_id, group=answer.group, value=answer.value
            )
        )
    db.add(audit)
    db.flush()
    detail = {"batch": batch_id, "seed": seed, "size": len(audit.answers), "of": len(answers)}
    note(db, "draw_audit", ("reading_audit", audit.id), actor=actor, now=now, detail=detail)
    return audit


def judge_answer(
    db: Session, answer_id: int, verdict: Verdict, *, actor: Actor, now: datetime
) -> AuditedAnswer:
    """Record whether a person sees what was read; a silent error sends its page to review."""
    actor.require(Permission.CARDS_REVIEW)
    answer = answer_of(db, answer_id, actor=actor)
    before, answer.verdict = answer.verdict, verdict
    answer.decided_at, answer.decided_by_id = now, actor.account_id
    detail = {"page": answer.page_id, "group": answer.group, "before": before, "after": verdict}
    note(db, "judge_answer", ("audited_answer", answer.id), actor=actor, now=now, detail=detail)
    db.flush()
    page = db.get_one(ScanPage, answer.page_id)
    if verdict is Verdict.DIFFERS and page.state in (PageState.READ, PageState.REVIEWED):
        page.state, page.reason = PageState.REVIEW, page.reason or PageReason.MISREAD
    return answer
