"""Examiners open, fill, submit; the lead sees, sends back, rules."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from registry.access import Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.catalog.rules.subjects import Subject
from registry.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from scoring import queries
from scoring.errors import (
    AlreadyScoredError,
    CardExpiredError,
    NoSuchDisputeError,
    NotDispatchedError,
    NotLeadError,
    OwnSheetFirstError,
    SheetLockedError,
)
from scoring.panel_actions import (
    MarkEntry,
    RulingEntry,
    load_practical_paper,
    open_sheet,
    record_marks,
    reopen_sheet,
    rule_dispute,
    submit_sheet,
)
from scoring.rules.score_sheet import MarksRefusedError
from tests.scoring.exam_day import FAIR, GOOD, PAPER, POOR
from tests.support.refusals import refused


@pytest.fixture
def candidate(pair):
    return pair.practical()[0]


@pytest.fixture
def lead(pair):
    return pair.examiners[0]


DIFFERENT = (*GOOD[:5], "4", *GOOD[6:])  # 2.1 at 4 instead of 8


def disputed(db, pair, candidate):
    for examiner, marks in zip(pair.examiners, (GOOD, GOOD, DIFFERENT), strict=True):
        pair.fill(db, candidate, examiner, marks)


def test_loading_the_same_paper_twice_changes_nothing(db, pair, now):
    import tomllib

    content = tomllib.loads(PAPER.read_text("utf-8"))
    manager = pair.scene.office.actor(Role.BANK_MANAGER)
    again = load_practical_paper(db, 1, content, actor=manager, now=now)
    assert again.id == pair.paper.id
    content["tasks"][0]["name"] = "另一试题"
    with refused(db, ConflictError):
        load_practical_paper(db, 1, content, actor=manager, now=now)


def test_opening_twice_gives_the_same_sheet(db, pair, candidate, lead):
    first = open_sheet(db, candidate.id, actor=lead, now=pair.at)
    assert open_sheet(db, candidate.id, actor=lead, now=pair.at) is first


def test_only_dispatched_examiners_open_a_sheet(db, pair, candidate):
    outsider = actor_of(pair.scene.office.examiners[3].account)
    with refused(db, NotDispatchedError):
        open_sheet(db, candidate.id, actor=outsider, now=pair.at)


def test_other_staff_cannot_open_a_sheet(db, pair, candidate):
    with refused(db, NotAllowedError):
        open_sheet(db, candidate.id, actor=pair.officer, now=pair.at)


def test_an_expired_card_stops_the_examiner(db, pair, candidate, lead):
    examiner = pair.scene.dispatches[0].examiner
    examiner.card_valid_until_on = pair.at.date() - timedelta(days=1)
    db.flush()
    with refused(db, CardExpiredError):
        open_sheet(db, candidate.id, actor=lead, now=pair.at)


def test_nobody_marks_before_the_sitting_begins(db, pair, candidate, lead, now):
    with refused(db, WrongStateError):
        open_sheet(db, candidate.id, actor=lead, now=now)


def test_theory_candidates_have_no_score_sheet(db, pair, lead):
    with refused(db, NotFoundError):
        open_sheet(db, pair.theory()[0].id, actor=lead, now=pair.at)


def test_marks_are_saved_and_replaced_as_a_whole(db, pair, candidate, lead):
    sheet = pair.fill(db, candidate, lead, FAIR, submit=False)
    first = pair.paper.items[0]
    entry = {first.id: MarkEntry(Decimal("7.5"), "仪表检查及时")}
    record_marks(db, sheet.id, entry, veto="", minutes_used=None, actor=lead, now=pair.at)
    saved = [(mark.item.number, mark.mark, mark.remark) for mark in sheet.marks]
    assert saved == [("1.1", Decimal("7.5"), "仪表检查及时")]


@pytest.mark.parametrize("mark", ["8.5", "-1", "7.3"])
def test_marks_beyond_the_sheet_are_refused(db, pair, candidate, lead, mark):
    sheet = open_sheet(db, candidate.id, actor=lead, now=pair.at)
    entry = {pair.paper.items[0].id: MarkEntry(Decimal(mark))}
    with refused(db, MarksRefusedError, match=r"1\.1"):
        record_marks(db, sheet.id, entry, veto=None, minutes_used=None, actor=lead, now=pair.at)


def test_an_unfinished_sheet_is_not_submitted(db, pair, candidate, lead):
    sheet = open_sheet(db, candidate.id, actor=lead, now=pair.at)
    with refused(db, MarksRefusedError, match="尚未评分"):
        submit_sheet(db, sheet.id, actor=lead, now=pair.at)


def test_a_submitted_sheet_is_locked_and_submitting_again_is_recognised(db, pair, candidate, lead):
    sheet = pair.fill(db, candidate, lead)
    assert submit_sheet(db, sheet.id, actor=lead, now=pair.at) is sheet
    with refused(db, SheetLockedError):
        record_marks(db, sheet.id, {}, veto=None, minutes_used=None, actor=lead, now=pair.at)


def test_a_sheet_belongs_to_its_examiner(db, pair, candidate, lead):
    sheet = pair.fill(db, candidate, lead, submit=False)
    other = pair.examiners[1]
    with refused(db, NotFoundError):
        record_marks(db, sheet.id, {}, veto=None, minutes_used=None, actor=other, now=pair.at)
    with refused(db, NotFoundError):
        submit_sheet(db, sheet.id, actor=other, now=pair.at)


def test_the_lead_sees_other_sheets_only_after_the_own(db, pair, candidate, lead):
    pair.fill(db, candidate, pair.examiners[1])
    with pytest.raises(OwnSheetFirstError):
        queries.sheets_of(db, candidate.id, actor=lead)
    pair.fill(db, candidate, lead)
    panel = queries.sheets_of(db, candidate.id, actor=lead)
    assert panel is not None
    assert len(panel.sheets) == 2


def test_other_examiners_never_see_the_panel(db, pair, candidate):
    pair.fill(db, candidate, pair.examiners[1])
    with pytest.raises(NotLeadError):
        queries.sheets_of(db, candidate.id, actor=pair.examiners[1])


def test_the_panel_of_another_city_is_not_found(db, pair, candidate):
    pair.fill(db, candidate, pair.examiners[1])
    stranger = replace(pair.officer, division_prefix="3201")
    with pytest.raises(NotFoundError):
        queries.sheets_of(db, candidate.id, actor=stranger)


def test_sending_a_sheet_back_keeps_the_old_marks_in_the_log(db, pair, candidate, lead):
    sheet = pair.fill(db, candidate, pair.examiners[1], POOR)
    reopen_sheet(db, sheet.id, "第2.1项与量具复测不符", actor=lead, now=pair.at)
    pair.fill(db, candidate, pair.examiners[1], GOOD)
    entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "reopen_sheet")).one()
    assert '"1.4": "11"' in entry.detail
    assert "量具复测" in entry.detail


def test_only_the_lead_sends_back(db, pair, candidate):
    sheet = pair.fill(db, candidate, pair.examiners[1], POOR)
    with refused(db, NotLeadError):
        reopen_sheet(db, sheet.id, "理由充分", actor=pair.examiners[2], now=pair.at)


def test_a_ruling_settles_the_dispute_for_everyone(db, pair, candidate, lead):
    disputed(db, pair, candidate)
    (dispute,) = queries.disputes_of(db, candidate.id, actor=lead)
    assert dispute.target == "2.1"
    assert [p.admission.id for p in queries.disputed_panels(db, candidate.sitting_id, actor=lead)]
    entry = RulingEntry("2.1", "检测结果以量具复测为准", Decimal(8))
    rule_dispute(db, candidate.id, entry, actor=lead, now=pair.at)
    assert queries.disputes_of(db, candidate.id, actor=lead) == ()


def test_only_the_lead_rules(db, pair, candidate):
    disputed(db, pair, candidate)
    entry = RulingEntry("2.1", "检测结果以量具复测为准", Decimal(8))
    with refused(db, NotLeadError):
        rule_dispute(db, candidate.id, entry, actor=pair.examiners[1], now=pair.at)


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (RulingEntry("2.2", "理由充分", Decimal(8)), NoSuchDisputeError),
        (RulingEntry("2.1", "", Decimal(8)), InvalidInputError),
        (RulingEntry("2.1", "理由充分"), InvalidInputError),
        (RulingEntry("2.1", "理由充分", Decimal(11)), InvalidInputError),
    ],
)
def test_a_ruling_needs_a_dispute_a_reason_and_a_fair_mark(db, pair, candidate, lead, entry, error):
    disputed(db, pair, candidate)
    with refused(db, error):
        rule_dispute(db, candidate.id, entry, actor=lead, now=pair.at)


def test_with_two_sheets_there_is_nothing_to_rule(db, pair, candidate, lead):
    pair.fill(db, candidate, lead)
    pair.fill(db, candidate, pair.examiners[1], DIFFERENT)
    with refused(db, NoSuchDisputeError):
        entry = RulingEntry("2.1", "理由充分", Decimal(8))
        rule_dispute(db, candidate.id, entry, actor=lead, now=pair.at)


def test_a_veto_seen_by_one_is_ruled_by_the_lead(db, pair, candidate, lead):
    pair.fill(db, candidate, lead)
    pair.fill(db, candidate, pair.examiners[1])
    pair.fill(db, candidate, pair.examiners[2], veto="未经验电即接触导体")
    with refused(db, InvalidInputError):
        rule_dispute(db, candidate.id, RulingEntry("veto", "复看录像"), actor=lead, now=pair.at)
    entry = RulingEntry("veto", "复看录像，未见接触", veto_stands=False)
    rule_dispute(db, candidate.id, entry, actor=lead, now=pair.at)
    assert queries.disputes_of(db, candidate.id, actor=lead) == ()


def test_once_scored_the_sheets_stand_still(db, pair, candidate, lead):
    pair.score_practical(db, candidate)
    sheet = queries.own_sheet(db, candidate.id, actor=lead)
    assert sheet is not None
    with refused(db, AlreadyScoredError):
        reopen_sheet(db, sheet.id, "理由充分", actor=lead, now=pair.at)


def test_examiners_see_their_sittings_and_candidates(db, pair, candidate, lead):
    pair.fill(db, candidate, lead, FAIR)
    (sitting,) = queries.examiner_sittings(db, actor=lead)
    assert (sitting.is_lead, sitting.done, sitting.total) == (True, 1, 2)
    first, second = queries.candidates_of_sitting(db, candidate.sitting_id, actor=lead)
    assert (first.total, first.is_scored) == (Decimal("81.0"), False)
    assert second.sheet is None
    assert first.admission.sitting.subject == Subject.PRACTICAL


def test_overtime_lowers_the_total(db, pair, candidate, lead):
    sheet = pair.fill(db, candidate, lead, FAIR, minutes_used=63)
    assert queries.total_of(sheet) == 78
