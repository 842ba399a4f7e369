"""An erratum is proposed by one person, decided by another, and takes every mark again."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from support.factories import make_account
from support.invented_bank import write_bank

from item_bank.actions import load_bank
from item_bank.composing.actions import compose_paper
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import ItemVersion, Paper
from item_bank.queries import frozen_key
from item_bank.sealing import content_of
from registry.access import SYSTEM, Permission, Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.errors import (
    InvalidInputError,
    NotAllowedError,
    SeparationError,
    WrongStateError,
)
from scoring import actions as scoring_actions
from scoring.certificates.actions import issue_certificates
from scoring.certificates.chain import chain_holds
from scoring.errata.actions import (
    NewErratum,
    decide_erratum,
    foreseen_changes,
    propose_erratum,
    refuse_erratum,
)
from scoring.errata.queries import changes_by, errata, standing_corrections, words_of
from scoring.evidence import fault_in
from scoring.models import ResultRevision, SubjectResult
from scoring.rules.errata import ErratumState, Remedy
from scoring.rules.evidence import EvidenceSource, TheoryEvidence
from scoring.rules.marking import mark_theory
from tests.conftest import START
from tests.scoring.exam_day import ExamDay, make_exam_day
from tests.support.prepared import prepared


@dataclass
class Marked:
    day: ExamDay
    paper: Paper
    version: ItemVersion
    results: list[SubjectResult]

    @property
    def manager(self):
        return self.day.scene.office.actor(Role.BANK_MANAGER)

    def decider(self, db):
        return actor_of(make_account(db, Role.PROVINCE_OFFICER, division="320000", now=self.day.at))


def mark(db):
    day = make_exam_day(db, now=START)
    with TemporaryDirectory() as folder:
        source = read_bank(write_bank(Path(folder) / "bank"))
    loaded = load_bank(db, 1, source, actor=SYSTEM, reviewer=SYSTEM, now=START)
    manager = day.scene.office.actor(Role.BANK_MANAGER)
    paper = compose_paper(db, day.scene.plan.id, loaded.blueprint_id, 1, actor=manager, now=START)
    key = frozen_key(db, paper.id)
    faulty = key[0]
    right = {item.position: item.key for item in key}
    papers = [
        right,
        {**right, faulty.position: frozenset("d")},
        {faulty.position: faulty.key},
    ]
    results = []
    for admission, answers in zip(day.theory(), papers, strict=True):
        evidence = TheoryEvidence(
            EvidenceSource.ATTEMPT, admission.id, "a" * 64, paper.paper_hash, "到场"
        )
        results.append(
            scoring_actions.record_theory(
                db, admission.id, mark_theory(key, answers), evidence, actor=SYSTEM, now=day.at
            )
        )
    return Marked(day, paper, paper.items[0].version, results)


prepared_marked = prepared(mark)


@pytest.fixture
def marked(db, prepared_marked):
    """Three candidates: all right, the faulty item wrong, everything wrong but the faulty item."""
    begun = prepared_marked[1]
    return replace(begun, day=replace(begun.day))


def marks_of(marked):
    return [result.mark for result in marked.results]


def propose(db, marked, remedy, *accepted, **changes):
    new = NewErratum(marked.version.id, remedy, "题干与新标准不符", accepted)
    actor = changes.pop("actor", marked.manager)
    return propose_erratum(db, replace(new, **changes), actor=actor, now=marked.day.at)


def decide(db, marked, erratum, actor=None):
    actor = actor or marked.decider(db)
    return decide_erratum(db, erratum.id, "同意", actor=actor, now=marked.day.at)


def points_of(marked):
    return marked.paper.items[0].points


def test_giving_the_points_raises_who_had_it_wrong_and_keeps_the_old_mark(db, marked):
    before = marks_of(marked)
    erratum = propose(db, marked, Remedy.GIVE_ALL)
    assert marks_of(marked) == before
    changes = decide(db, marked, erratum)
    assert [change.is_raised for change in changes] == [False, True, False]
    assert marks_of(marked) == [before[0], before[1] + points_of(marked), before[2]]
    rows = changes_by(db, erratum, actor=marked.manager)
    assert [(row.before, row.after) for row in rows] == list(
        zip(before, marks_of(marked), strict=True)
    )


def test_a_further_answer_is_accepted(db, marked):
    before = marks_of(marked)
    erratum = propose(db, marked, Remedy.ACCEPT, ("d",))
    assert words_of(db, erratum).accepted == (("d",),)
    decide(db, marked, erratum)
    assert marks_of(marked)[1] == before[1] + points_of(marked)


def test_a_removed_item_scales_everyone(db, marked):
    decide(db, marked, propose(db, marked, Remedy.REMOVE))
    assert marks_of(marked) == [Decimal("100.0"), Decimal("100.0"), Decimal("0.0")]
    assert all(fault_in(db, result) is None for result in marked.results)


def test_what_would_change_is_shown_before_and_nothing_is_written(db, marked):
    before = marks_of(marked)
    erratum = propose(db, marked, Remedy.GIVE_ALL)
    foreseen = foreseen_changes(db, erratum.id, actor=marked.manager)
    assert [change.after for change in foreseen][1] == before[1] + points_of(marked)
    assert marks_of(marked) == before
    assert db.scalar(select(ResultRevision)) is None


def test_who_proposes_does_not_decide(db, marked):
    both = replace(marked.manager, permissions=frozenset(Permission))
    erratum = propose(db, marked, Remedy.GIVE_ALL, actor=both)
    with pytest.raises(SeparationError, match="勘误提出人与勘误裁定人"):
        decide(db, marked, erratum, actor=both)
    with pytest.raises(NotAllowedError):
        decide(db, marked, erratum, actor=marked.manager)


def test_an_erratum_is_decided_once(db, marked):
    erratum = propose(db, marked, Remedy.GIVE_ALL)
    with pytest.raises(WrongStateError, match="待裁定"):
        propose(db, marked, Remedy.REMOVE)
    decide(db, marked, erratum)
    with pytest.raises(WrongStateError, match="已裁定"):
        decide(db, marked, erratum)


def test_a_later_decision_takes_the_place_of_an_earlier_one(db, marked):
    before = marks_of(marked)
    decide(db, marked, propose(db, marked, Remedy.GIVE_ALL))
    marked.day.at = marked.day.at.replace(minute=59)
    decide(db, marked, propose(db, marked, Remedy.ACCEPT, ("c",)))
    assert marks_of(marked) == before
    (standing,) = standing_corrections(db, marked.paper.id).values()
    assert standing.remedy is Remedy.ACCEPT


def test_a_refused_erratum_changes_nothing_and_needs_its_reason(db, marked):
    before = marks_of(marked)
    erratum = propose(db, marked, Remedy.GIVE_ALL)
    with pytest.raises(InvalidInputError, match="理由"):
        refuse_erratum(db, erratum.id, " ", actor=marked.decider(db), now=marked.day.at)
    refuse_erratum(db, erratum.id, "原答案无误", actor=marked.decider(db), now=marked.day.at)
    assert (erratum.state, marks_of(marked)) == (ErratumState.REFUSED, before)
    assert [entry.id for entry in errata(db, actor=marked.manager)] == [erratum.id]


@pytest.mark.parametrize(
    ("remedy", "accepted"),
    [
        (Remedy.ACCEPT, ()),
        (Remedy.ACCEPT, (("z",),)),
        (Remedy.GIVE_ALL, (("d",),)),
    ],
)
def test_answers_must_fit_the_remedy_and_the_item(db, marked, remedy, accepted):
    with pytest.raises(InvalidInputError, match="接受的答案"):
        propose(db, marked, remedy, *accepted)


def test_the_key_itself_is_no_further_answer(db, marked):
    with pytest.raises(InvalidInputError, match="接受的答案"):
        propose(db, marked, Remedy.ACCEPT, tuple(content_of(marked.version).key))


def test_an_item_that_was_in_no_paper_has_no_erratum(db, marked):
    used = [entry.item_version_id for entry in marked.paper.items]
    free = db.scalar(select(ItemVersion).where(ItemVersion.id.not_in(used)))
    with pytest.raises(InvalidInputError, match="从未组入试卷"):
        propose(db, marked, Remedy.GIVE_ALL, version_id=free.id)


def test_the_reason_and_the_answers_are_sealed_and_revisions_stay(db, marked):
    erratum = propose(db, marked, Remedy.ACCEPT, ("d",))
    assert "题干与新标准不符".encode() not in erratum.sealed
    decide(db, marked, erratum)
    with pytest.raises(DBAPIError, match="append-only"), db.begin_nested():
        db.execute(text("DELETE FROM result_revision"))


def test_published_marks_are_taken_again_and_issued_certificates_keep_their_chain(db, marked):
    day = marked.day
    for admission in day.practical():
        day.score_practical(db, admission)
    day.publish(db)
    day.stock(db)
    day.approve(db)
    issued = issue_certificates(db, day.scene.plan.id, actor=day.maker, now=day.at)
    assert len(issued) == 2
    day.at = day.at.replace(minute=30)
    decide(db, marked, propose(db, marked, Remedy.REMOVE))
    assert [result.state for result in marked.results] == ["published"] * 3
    assert all(chain_holds(db, certificate) for certificate in issued)


def test_the_log_says_what_a_decision_did(db, marked):
    decide(db, marked, propose(db, marked, Remedy.GIVE_ALL))
    last = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last.action == "decide_erratum"
    assert '"raised": 1' in last.detail
    assert '"results": 3' in last.detail
