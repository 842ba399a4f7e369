"""A random sample of confident answers: drawn by a seed, judged, and the bound it proves."""

import math

import pytest
from scipy.optimize import brentq
from scipy.stats import binom

from omr.audit_actions import draw_audit, judge_answer
from omr.audit_queries import audits_of, confident_answers, next_answer
from omr.errors import BatchUnreadError, NothingToSampleError
from omr.models import ScanBatch, ScanPage
from omr.queries import open_groups
from omr.rules.reasons import PageReason
from omr.rules.silent_errors import TARGETS, drawn, sample_size, upper_bound
from omr.rules.states import PageState, Verdict
from registry.errors import NotAllowedError
from tests.support.refusals import refused
from tests.support.room import (  # noqa: F401  (fixtures)
    START,
    database,
    database_url,
    office,
    prepared,
    settings,
)
from tests.support.scan_batches import ScanRoom, png, scan_room


@pytest.mark.parametrize(("errors", "size"), [(0, 30), (0, 299), (1, 299), (7, 500), (499, 500)])
def test_the_bound_is_the_exact_binomial_one(errors: int, size: int) -> None:
    def tail(rate: float) -> float:
        return float(binom.cdf(errors, size, rate)) - 0.05

    assert upper_bound(errors, size) == pytest.approx(brentq(tail, 1e-9, 1 - 1e-9), rel=1e-6)


def test_without_errors_the_bound_is_the_rule_of_three() -> None:
    for size in (100, 1000, 10_000):
        exact = 1 - 0.05 ** (1 / size)
        assert upper_bound(0, size) == pytest.approx(exact)
        assert upper_bound(0, size) == pytest.approx(3 / size, rel=0.02)
    assert (upper_bound(0, 0), upper_bound(5, 5)) == (1.0, 1.0)


@pytest.mark.parametrize("target", TARGETS)
def test_the_sample_is_just_large_enough_for_its_target(target: float) -> None:
    size = sample_size(target)
    assert upper_bound(0, size) <= target < upper_bound(0, size - 1)


def test_every_answer_is_as_likely_to_be_drawn_as_another() -> None:
    counts = dict.fromkeys(range(20), 0)
    for seed in range(2000):
        for answer in drawn(range(20), 5, str(seed)):
            counts[answer] += 1
    spread = math.sqrt(2000 * 0.25 * 0.75)
    assert all(abs(count - 500) < 5 * spread for count in counts.values())


@pytest.fixture
def room(database, office, prepared) -> ScanRoom:  # noqa: F811
    return scan_room(database, office, prepared)


def test_a_sample_is_drawn_judged_and_its_error_sent_to_review(room: ScanRoom) -> None:
    actor = room.office.actors["saomiao01"]
    batch_id = room.send({"a.png": png(room.card(0)), "b.png": png(room.card(1, q1=("A", "B")))})
    with room.database.session() as db, refused(db, BatchUnreadError):
        draw_audit(db, batch_id, 0.01, actor=actor, now=START)
    room.reader().read_waiting()
    with room.database.session() as db:
        known = confident_answers(db, batch_id)
        groups = [answer.group for answer in known]
        asked = groups.count("q2")
        assert (asked, groups.count("q1")) == (2, 1)  # the doubtful one goes to a person anyway
        audit = draw_audit(db, batch_id, 0.02, actor=actor, now=START)
        again = draw_audit(db, batch_id, 0.02, actor=actor, now=START)
        assert audit.seed != again.seed
        assert audit.population == len(known)
        assert len(audit.answers) == min(len(known), sample_size(0.02))
        first = next_answer(db, audit.id)
        assert first is not None
        judge_answer(db, first.id, Verdict.AGREES, actor=actor, now=START)
        wrong = next(a for a in audit.answers if a.page.state == PageState.READ and a is not first)
        judge_answer(db, wrong.id, Verdict.DIFFERS, actor=actor, now=START)
        page = db.get_one(ScanPage, wrong.page_id)
        db.refresh(page, ["audited"])
        assert (page.state, page.reason) == (PageState.REVIEW, PageReason.MISREAD)
        assert open_groups(page) == [wrong.group]
        outcome = next(o for o in audits_of(db, batch_id) if o.audit is audit)
        assert (outcome.judged, outcome.errors) == (2, 1)
        assert outcome.bound == upper_bound(1, 2)
        with refused(db, NotAllowedError):
            draw_audit(db, batch_id, 0.02, actor=room.office.actors["jigou01"], now=START)


def test_a_batch_without_confident_answers_gives_no_sample(room: ScanRoom) -> None:
    actor = room.office.actors["saomiao01"]
    batch_id = room.send({"a.txt": b"a"})
    with room.database.transaction() as db:
        db.get_one(ScanBatch, batch_id).state = "read"
    with room.database.session() as db, refused(db, NothingToSampleError):
        draw_audit(db, batch_id, 0.01, actor=actor, now=START)
