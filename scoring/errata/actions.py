"""What is done about a faulty item: proposed by one person, decided by another, marks retaken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from item_bank.composing.queries import credit_of
from item_bank.models import ItemVersion, Paper
from item_bank.queries import frozen_key
from item_bank.sealing import content_of, sealed_json
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError, SeparationError, WrongStateError
from scoring.errata.queries import (
    SEALED_PURPOSE,
    Change,
    correction_of,
    erratum_of,
    papers_with,
    standing_corrections,
    theory_results_of,
)
from scoring.models import Erratum, ResultRevision
from scoring.rules.errata import Correction, ErratumState, Remedy
from scoring.rules.evidence import theory_evidence, theory_work
from scoring.rules.marking import KeyedItem, MultipleChoiceMarking, TheoryMark, mark_theory
from scoring.rules.outcome import FULL_MARK, publish

STATE_NAMES = {
    ErratumState.PROPOSED: "待裁定",
    ErratumState.DECIDED: "已裁定",
    ErratumState.REFUSED: "不予采纳",
}


@dataclass(frozen=True)
class NewErratum:
    """An erratum as proposed; ``accepted`` are whole answers as option ids."""

    version_id: int
    remedy: Remedy
    reason: str
    accepted: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class _Remark:
    """A result and its mark as it will be."""

    change: Change
    mark: TheoryMark


def propose_erratum(db: Session, new: NewErratum, *, actor: Actor, now: datetime) -> Erratum:
    """Propose what to do about an item that was in a paper."""
    actor.require(Permission.BANK_WRITE)
    version = db.get(ItemVersion, new.version_id)
    if version is None:
        raise NotFoundError(what="试题")
    if not papers_with(db, version.id):
        raise InvalidInputError(field="试题", reason="这一版从未组入试卷，直接修改试题即可。")
    if not new.reason.strip():
        raise InvalidInputError(field="勘误理由", reason="请写明哪里有错、依据是什么。")
    _require_fitting_answers(version, new)
    waiting = select(Erratum.id).where(
        Erratum.version_id == version.id, Erratum.state == ErratumState.PROPOSED
    )
    if db.scalar(waiting) is not None:
        raise WrongStateError(what="本题的勘误", state="待裁定", action="再次提出")
    said = {"reason": new.reason.strip(), "accepted": [sorted(a) for a in new.accepted]}
    erratum = Erratum(
        version=version,
        remedy=new.remedy,
        sealed=sealed_json(db, said, SEALED_PURPOSE),
        proposed_at=now,
        proposed_by_id=actor.account_id,
    )
    db.add(erratum)
    db.flush()
    detail = {"item": version.item.code, "version": version.number, "remedy": new.remedy}
    note(db, "propose_erratum", ("erratum", erratum.id), actor=actor, now=now, detail=detail)
    return erratum


def foreseen_changes(db: Session, erratum_id: int, *, actor: Actor) -> list[Change]:
    """Return what a decision would do to every mark; nothing is written."""
    erratum = erratum_of(db, erratum_id, actor=actor)
    return [remark.change for remark in _remarks(db, erratum)]


def decide_erratum(
    db: Session, erratum_id: int, decision: str, *, actor: Actor, now: datetime
) -> list[Change]:
    """Decide an erratum and take every mark again that it touches; what was before is kept.

    Marks that were published stay published; a certificate whose holder now fails is for people
    to void, it is not touched here.
    """
    actor.require(Permission.ERRATUM_DECIDE)
    erratum = _to_decide(db, erratum_id, actor=actor)
    erratum.decided_at, erratum.decided_by_id = now, actor.account_id
    erratum.decision = decision.strip()
    remarks = _remarks(db, erratum)
    erratum.state = ErratumState.DECIDED
    for remark in remarks:
        _revise(db, erratum, remark, now=now)
    db.flush()
    changes = [remark.change for remark in remarks]
    detail = {
        "remedy": erratum.remedy,
        "results": len(changes),
        "raised": sum(change.is_raised for change in changes),
        "to_pass": sum(change.turns_to_pass for change in changes),
        "to_fail": sum(change.turns_to_fail for change in changes),
    }
    note(db, "decide_erratum", ("erratum", erratum.id), actor=actor, now=now, detail=detail)
    return changes


def refuse_erratum(
    db: Session, erratum_id: int, reason: str, *, actor: Actor, now: datetime
) -> Erratum:
    """Leave the key as it is, with a reason."""
    actor.require(Permission.ERRATUM_DECIDE)
    erratum = _to_decide(db, erratum_id, actor=actor)
    if not reason.strip():
        raise InvalidInputError(field="裁定意见", reason="不予采纳时请写明理由。")
    erratum.state, erratum.decision = ErratumState.REFUSED, reason.strip()
    erratum.decided_at, erratum.decided_by_id = now, actor.account_id
    note(db, "refuse_erratum", ("erratum", erratum.id), actor=actor, now=now)
    return erratum


def _to_decide(db: Session, erratum_id: int, *, actor: Actor) -> Erratum:
    erratum = erratum_of(db, erratum_id, actor=actor)
    db.refresh(erratum, with_for_update=True)
    if erratum.state != ErratumState.PROPOSED:
        state = STATE_NAMES[ErratumState(erratum.state)]
        raise WrongStateError(what="本题的勘误", state=state, action="裁定")
    if erratum.proposed_by_id is not None and erratum.proposed_by_id == actor.account_id:
        raise SeparationError(first="勘误提出人", second="勘误裁定人")
    return erratum


def _require_fitting_answers(version: ItemVersion, new: NewErratum) -> None:
    if (new.remedy is Remedy.ACCEPT) != bool(new.accepted):
        reason = "选择“多个答案”时，且只在这时，写明还接受哪些答案。"
        raise InvalidInputError(field="接受的答案", reason=reason)
    content = content_of(version)
    ids = {option.canonical_id for option in content.options}
    for answer in new.accepted:
        if not answer or not set(answer) <= ids or frozenset(answer) == content.key:
            reason = "每个答案须由本题的选项组成，且不同于原标准答案。"
            raise InvalidInputError(field="接受的答案", reason=reason)


def _remarks(db: Session, erratum: Erratum) -> list[_Remark]:
    correction = correction_of(db, erratum)
    return [
        remark
        for paper in papers_with(db, erratum.version_id)
        for remark in _paper_remarks(db, paper, erratum, correction)
    ]


def _paper_remarks(
    db: Session, paper: Paper, erratum: Erratum, correction: Correction
) -> Iterable[_Remark]:
    results = theory_results_of(db, paper)
    if not results:
        return
    key, credit = frozen_key(db, paper.id), MultipleChoiceMarking(credit_of(db, paper.id))
    errata = dict(standing_corrections(db, paper.id))
    for entry in paper.items:
        if entry.item_version_id == erratum.version_id:
            errata[entry.position] = correction
    _require_rest(key, errata)
    for result in results:
        _, answers = theory_work(result.evidence)
        mark = mark_theory(key, answers, multiple_choice=credit, errata=errata)
        yield _Remark(Change(result, result.mark, publish(mark.scaled)), mark)


def _require_rest(key: Iterable[KeyedItem], errata: Mapping[int, Correction]) -> None:
    kept = [
        item
        for item in key
        if item.position not in errata or errata[item.position].remedy is not Remedy.REMOVE
    ]
    if sum(item.points for item in kept) * 2 < FULL_MARK:
        reason = "剔除后试卷剩余分值不足一半，不能按剩余试题折算，请改用其他方式。"
        raise InvalidInputError(field="处理方式", reason=reason)


def _revise(db: Session, erratum: Erratum, remark: _Remark, *, now: datetime) -> None:
    result = remark.change.result
    evidence, _ = theory_work(result.evidence)
    db.add(
        ResultRevision(
            result_id=result.id,
            erratum_id=erratum.id,
            mark_before=remark.change.before,
            mark_after=remark.change.after,
            evidence_before=result.evidence,
            revised_at=now,
        )
    )
    result.mark = remark.change.after
    result.evidence = theory_evidence(remark.mark, evidence)
