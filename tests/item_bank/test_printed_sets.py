"""What is printed of a set: the certificate tells no item, the key stands on the standard alone."""

import re
from xml.etree import ElementTree

import pypdfium2
import pytest
from sqlalchemy import select
from support.factories import make_account
from support.invented_bank import RATIONALE_MARK

from item_bank.composing.actions import SetOrder, compose_set, release_set
from item_bank.composing.certificate import certificate_of
from item_bank.composing.print_actions import (
    print_answer_sheet,
    print_paper,
    print_standard,
)
from item_bank.errors import NoReportError
from item_bank.models import Item
from item_bank.printing import fairness_charts
from item_bank.printing.fairness_sheet import conclusions, print_fairness
from item_bank.queries import frozen_key, paper_content
from item_bank.rules.kinds import ItemKind, SetPurpose
from registry.access import Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.errors import NotAllowedError, NotFoundError, WrongStateError

SVG = "{http://www.w3.org/2000/svg}"
LETTERS = "ABCDEF"
CELL = re.compile(r"答案((?:\s*[A-F✓×]+)+)")


def composed(db, bank, now, purpose=SetPurpose.PARALLEL, papers=2):
    order = SetOrder(bank.loaded.blueprint_id, 5, purpose, papers)
    return compose_set(db, bank.plan.id, order, actor=bank.manager, now=now)


@pytest.fixture
def released(db, bank, now):
    made = composed(db, bank, now)
    return release_set(db, made.id, actor=bank.releaser, now=now)


def pages_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


def flat(pdf):
    return re.sub(r"\s", "", "".join(pages_of(pdf)))


def certificate(db, bank, made):
    found = certificate_of(db, made.id, actor=bank.releaser)
    return print_fairness(found.facts, found.report), found


def test_the_certificate_says_what_the_spread_means_and_who_signed(db, bank, released):
    pdf, found = certificate(db, bank, released)
    text = flat(pdf)
    passing = found.report.passing
    assert f"通过概率相差{passing.spread_percent:.1f}个百分点" in text
    assert released.set_hash in text
    assert released.bank_hash in text
    assert "组卷人" in text
    assert "签发人" in text
    assert "待办理" not in text
    assert f"抽题种子{released.seed}" in text


def test_a_set_that_waits_says_so_on_its_certificate(db, bank, now):
    pdf, _ = certificate(db, bank, composed(db, bank, now))
    assert "待办理" in flat(pdf)


def test_the_same_set_prints_the_same_certificate(db, bank, released):
    assert certificate(db, bank, released)[0] == certificate(db, bank, released)[0]


@pytest.mark.parametrize(
    ("purpose", "papers"),
    [
        (SetPurpose.ONE, 1),
        (SetPurpose.AB, 1),
        (SetPurpose.PARALLEL, 9),
        (SetPurpose.INDIVIDUAL, 40),
    ],
)
def test_no_certificate_holds_an_item_a_code_or_a_key(db, bank, now, purpose, papers):
    pdf, found = certificate(db, bank, composed(db, bank, now, purpose, papers))
    text = flat(pdf)
    assert "虚构题干" not in text
    assert "选项" not in re.sub("选项次序", "", text)
    assert RATIONALE_MARK not in text
    assert not any(code in text for code in db.scalars(select(Item.code)))
    assert not CELL.search(text)
    assert len(pages_of(pdf)) <= 2
    assert found.facts.letters == found.facts.letters[: found.report.papers]


def test_what_a_certificate_concludes_depends_on_the_purpose(db, bank, now):
    report = certificate_of(
        db, composed(db, bank, now, SetPurpose.AB, 1).id, actor=bank.manager
    ).report
    assert "A、B 两卷试题相同" in conclusions(report, SetPurpose.AB)[1]
    assert len(conclusions(report, SetPurpose.ONE)) == 1


@pytest.mark.parametrize("papers", [2, 9, 30])
def test_charts_are_sound_svg_within_their_frame(db, bank, now, papers):
    found = certificate_of(
        db, composed(db, bank, now, SetPurpose.INDIVIDUAL, papers).id, actor=bank.manager
    )
    report, letters = found.report, found.facts.letters
    drawn = [
        fairness_charts.score_chart(report, letters),
        fairness_charts.overlap_chart(report, letters),
        fairness_charts.exposure_chart(report),
        fairness_charts.key_chart(report),
    ]
    for svg in drawn:
        root = ElementTree.fromstring(svg)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for child in root:
            assert child.tag.removeprefix(SVG) in {"rect", "line", "circle", "text"}
            x = float(child.get("x", child.get("cx", child.get("x1", 0))))
            y = float(child.get("y", child.get("cy", child.get("y1", 0))))
            assert -1 <= x <= width + 1
            assert -1 <= y <= height + 1


def test_bars_beyond_the_limit_stand_out_and_many_counts_are_gathered():
    few = fairness_charts.bars([5, 4, 3], limit=1)
    assert few.count(fairness_charts.ALERT) == 1
    many = ElementTree.fromstring(fairness_charts.bars([0] * 30 + [1] * 60))
    rects = [child for child in many if child.tag == f"{SVG}rect"]
    assert len(rects) <= fairness_charts.MOST_BARS


def expected_answers(db, paper):
    keys = {item.position: item.key for item in frozen_key(db, paper.id)}
    found = []
    for question in paper_content(db, paper.id).questions:
        key = keys[question.position]
        if question.kind is ItemKind.TRUE_FALSE:
            found.append("✓" if "right" in key else "×")
        else:
            names = [option.canonical_id for option in question.options]
            found.append("".join(sorted(LETTERS[names.index(name)] for name in key)))
    return found


def test_the_standard_gives_the_key_in_the_letters_of_its_own_form(db, bank, now, released):
    for paper in released.papers:
        pdf = print_standard(db, paper.id, actor=bank.releaser, now=now)
        cells = CELL.findall("\n".join(pages_of(pdf)))
        assert [word for row in cells for word in row.split()] == expected_answers(db, paper)
    assert expected_answers(db, released.papers[0]) != expected_answers(db, released.papers[1])


def test_every_page_of_the_standard_bears_name_and_time_and_goes_on_record(db, bank, now, released):
    paper = released.papers[0]
    pdf = print_standard(db, paper.id, actor=bank.releaser, now=now)
    for page in pages_of(pdf):
        assert bank.releaser.name in page
        assert "2026-12-05 09:00:00" in page
    last = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (last.action, last.object_id) == ("print_standard", str(paper.id))


def test_neither_booklet_nor_answer_sheet_holds_the_key(db, bank, now, released):
    paper = released.papers[0]
    sheet = "\n".join(pages_of(print_answer_sheet(db, paper.id, actor=bank.releaser, now=now)))
    assert not CELL.search(sheet)
    assert "A 卷" in sheet
    booklet = flat(print_paper(db, paper.id, actor=bank.releaser, now=now))
    assert RATIONALE_MARK not in booklet
    assert "本卷为A卷" in booklet
    actions = db.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert actions == ["print_paper", "print_answer_sheet"]


@pytest.mark.parametrize("printing", [print_paper, print_answer_sheet, print_standard])
def test_only_a_releaser_prints_and_only_what_is_released(db, bank, now, printing):
    paper = composed(db, bank, now).papers[0]
    with pytest.raises(WrongStateError):
        printing(db, paper.id, actor=bank.releaser, now=now)
    with pytest.raises(NotAllowedError):
        printing(db, paper.id, actor=bank.manager, now=now)


def test_a_set_outside_the_reach_has_no_certificate(db, bank, now, released):
    elsewhere = make_account(db, Role.PAPER_RELEASER, division="320100", now=now)
    with pytest.raises(NotFoundError):
        certificate_of(db, released.id, actor=actor_of(elsewhere))


def test_a_paper_from_before_sets_has_none_either(db, bank, released):
    released.report = ""
    db.flush()
    with pytest.raises(NoReportError):
        certificate_of(db, released.id, actor=bank.releaser)
