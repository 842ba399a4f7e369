"""Printed score sheets and the summary of results."""

from datetime import UTC, date, datetime

import pypdfium2
import pytest

from registry.access import Role
from registry.accounts.queries import actor_of
from registry.catalog.rules.subjects import Subject
from registry.typeface import register_fonts
from scoring import actions
from scoring.errors import NotDispatchedError, OwnSheetFirstError
from scoring.print_queries import blank_sheets_of, filled_sheets_of, result_summary_of
from scoring.printing import print_result_summary, print_score_sheets
from scoring.rules.printed import PrintMark, ResultSummary, SummaryLine
from scoring.rules.states import ResultFlag
from scoring.typeface import NEVER_FIRST, REGULAR, broken_lines, width_pt

PRINTED = PrintMark("工作人员7", datetime(2026, 12, 5, 9, 0, tzinfo=UTC))


def texts(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


def test_blank_sheets_have_pages_of_their_own(db, pair):
    sitting_id = pair.practical()[0].sitting_id
    faces = blank_sheets_of(db, sitting_id, actor=pair.officer)
    pages = texts(print_score_sheets(faces, printed=PRINTED))
    assert len(pages) == 6
    assert ["第 1 页" in page for page in pages] == [True, False, False, True, False, False]
    assert all("共 3 页" in page and "工作人员7" in page for page in pages)
    assert all("2026-12-05 17:00" in page for page in pages)
    assert faces[0].admission_no in pages[1]


def test_a_filled_sheet_shows_marks_overtime_and_signature(db, pair):
    admission = pair.practical()[0]
    for examiner in pair.examiners:
        pair.fill(db, admission, examiner, minutes_used=63)
    faces = filled_sheets_of(db, admission.id, actor=pair.examiners[0])
    assert [face.total for face in faces] == [80, 80, 80]
    pages = texts(print_score_sheets(faces[:1], printed=PRINTED))
    assert "操作用时63分钟" in pages[0]
    assert "-3" in pages[0]
    assert "KP-" in pages[1]
    assert "1.4" in pages[1]


def test_examiners_print_blank_sheets_but_not_those_of_others(db, pair):
    admission = pair.practical()[0]
    lead = pair.examiners[0]
    assert len(blank_sheets_of(db, admission.sitting_id, actor=lead)) == 2
    pair.fill(db, admission, pair.examiners[1])
    with pytest.raises(OwnSheetFirstError):
        filled_sheets_of(db, admission.id, actor=lead)
    outsider = actor_of(pair.scene.office.examiners[3].account)
    with pytest.raises(NotDispatchedError):
        blank_sheets_of(db, admission.sitting_id, actor=outsider)


def test_the_summary_counts_everybody(db, day):
    first, second, third = day.theory()
    by_enrolment = {a.enrolment_id: a for a in day.practical()}
    for admission in (first, by_enrolment[first.enrolment_id]):
        actions.record_absence(db, admission.id, "登记缺考", actor=day.officer, now=day.at)
    day.score_theory(db, second, 59)
    day.score_theory(db, third)
    for admission in (second, third):
        day.score_practical(db, by_enrolment[admission.enrolment_id])
    summary = result_summary_of(db, day.scene.plan.id, actor=day.officer)
    counts = (summary.present_count, summary.absent_count, summary.passed_count)
    assert (counts, summary.pass_rate) == ((2, 1, 1), "50.0%")
    (page,) = texts(print_result_summary(summary, printed=PRINTED))
    assert "缺考" in page
    assert "不合格" in page
    assert day.scene.plan.number in page


def test_an_institution_prints_no_marks_before_publication(db, pair):
    pair.score_all(db)
    institution = pair.scene.office.actor(Role.INSTITUTION_OFFICER)
    summary = result_summary_of(db, pair.scene.plan.id, actor=institution)
    assert all(line.marks == {} and line.verdict == "" for line in summary.lines)


def test_a_long_summary_repeats_its_head():
    flags = {Subject.THEORY: ResultFlag.NONE}
    lines = tuple(
        SummaryLine(f"{n:013d}", "考生甲", "320505********9994", {}, flags, "") for n in range(60)
    )
    summary = ResultSummary(
        "示范项目", "2605-0001", "机构", "中心", date(2026, 12, 5), (Subject.THEORY,), lines
    )
    pages = texts(print_result_summary(summary, printed=PRINTED))
    assert len(pages) == 2
    assert all("准考证号" in page and "共 2 页" in page for page in pages)


def test_chinese_lines_never_begin_with_a_closing_mark():
    register_fonts()
    text = "记录指示灯、显示屏和故障代码，查阅电气图；写出可能的故障范围（0.5分）。" * 5
    for room_pt in range(40, 200, 7):
        lines = broken_lines(text, REGULAR, 8, room_pt)
        assert "".join(lines) == text
        assert not any(line[0] in NEVER_FIRST for line in lines)
        assert all(width_pt(line, REGULAR, 8) <= room_pt + 8 for line in lines)
