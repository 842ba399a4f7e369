"""A card from decisions: whatever is decided is drawn whole, in order, and can be read."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drawn_cards import FONTS, card_holder

from omr.layouts import layout_codes, made_blank, sheets_of
from omr.printing import print_sheets
from omr.reader.blank import render_page
from omr.reader.loading import decode_gray
from omr.reader.page import read_sheet
from omr.rehearsal.pencil import draw_answers, fill_card
from omr.rehearsal.scanner import scan_card
from omr.rehearsal.severity import LADDER, Level
from omr.rehearsal.trial import try_card
from omr.rules.card_design.compose import compose
from omr.rules.card_design.design import (
    CardDesign,
    PaperSize,
    ProctorMark,
    Section,
    Shift,
    WrittenField,
    design_from_json,
    design_json,
)
from omr.rules.card_design.readability import darkness_of, findings_of
from omr.rules.card_layout import CardLayoutError, GroupKind, canonical_json, layout_from_json

ITEM_KINDS = (GroupKind.SINGLE, GroupKind.MULTIPLE, GroupKind.JUDGEMENT)
SECTIONS = st.builds(
    Section, st.sampled_from(ITEM_KINDS), st.integers(1, 70), options=st.integers(2, 8)
)
DESIGNS = st.builds(
    CardDesign,
    code=st.just("KH-TRY"),
    sections=st.lists(SECTIONS, min_size=1, max_size=4).map(tuple),
    paper=st.sampled_from(PaperSize),
    number_digits=st.integers(0, 13),
    paper_types=st.integers(0, 4),
    proctor_marks=st.sampled_from(((), (ProctorMark.ABSENT,), tuple(ProctorMark))),
    fields=st.lists(st.sampled_from(WrittenField), unique=True).map(tuple),
    notes=st.lists(st.sampled_from(("涂满方框。", "保持整洁，不得折叠、污损。")), max_size=3).map(
        tuple
    ),
)
USUAL = CardDesign(
    "KH-100",
    (
        Section(GroupKind.SINGLE, 60),
        Section(GroupKind.MULTIPLE, 20, 5),
        Section(GroupKind.JUDGEMENT, 20, 2),
    ),
)
LONG = CardDesign(
    "KH-LONG",
    (
        Section(GroupKind.SINGLE, 160),
        Section(GroupKind.MULTIPLE, 30, 6),
        Section(GroupKind.JUDGEMENT, 50),
    ),
    paper=PaperSize.K16,
    fields=(WrittenField.NAME, WrittenField.SIGNATURE),
    notes=("用 2B 铅笔涂满方框。",),
)


def layouts(design):
    return [sheet.layout for sheet in compose(design)]


def texts(design):
    return [one.text for layout in layouts(design) for one in findings_of(layout)]


@settings(max_examples=60, deadline=None)
@given(DESIGNS)
def test_every_item_is_drawn_once_in_order_and_nothing_lies_on_anything(design):
    pages = layouts(design)
    groups = [group for page in pages for group in page.groups]
    wanted = [
        (section.kind, 2 if section.kind is GroupKind.JUDGEMENT else section.options)
        for section in design.sections
        for _ in range(section.count)
    ]
    items = [group for group in groups if group.kind.is_item]
    assert [group.number for group in items] == list(range(1, len(wanted) + 1))
    assert [(group.kind, len(group.cells)) for group in items] == wanted
    assert sum(group.kind is GroupKind.NUMBER for group in groups) == design.number_digits
    assert len({marker.marker_id for page in pages for marker in page.markers}) == 4 * len(pages)
    for page in pages:
        assert [one for one in findings_of(page) if one.is_fault] == []
        assert layout_from_json(canonical_json(page)) == page


@settings(max_examples=30, deadline=None)
@given(DESIGNS)
def test_design_that_was_kept_comes_back_and_draws_the_same_card(design):
    again = design_from_json(design_json(design))
    assert again == design
    assert [page.layout_hash for page in layouts(again)] == [
        page.layout_hash for page in layouts(design)
    ]


@pytest.mark.parametrize("design", [USUAL, LONG], ids=lambda design: design.code)
def test_every_page_of_a_designed_card_is_read_as_it_was_filled(design):
    sheets = layouts(design)
    sides = tuple((sheet, made_blank(sheet)) for sheet in sheets)
    holder = card_holder(3)
    pdf = print_sheets(sheets, [holder], **FONTS)
    for index, sheet in enumerate(sheets):
        rng = np.random.default_rng(index)
        number = holder.admission_no if index == 0 else None
        answers = draw_answers(sheet, rng, number=number)
        image = render_page(pdf, dpi=200, index=index)
        filled = fill_card(image, sheet, answers, dpi=200, severity=LADDER[Level.L1], rng=rng)
        scan = scan_card(filled, severity=LADDER[Level.L1], rng=rng)
        reading = read_sheet(decode_gray(scan.jpeg), sides)
        assert (reading.sheet, reading.serial) == (index + 1, holder.serial)
        for group, mark in scan.truth.items():
            if not mark.marginal:
                assert set(reading.answers[group]) == set(mark.values), group


def test_trial_counts_every_group_and_finds_the_usual_card_safe():
    tallies = try_card(layouts(replace(USUAL, sections=(Section(GroupKind.SINGLE, 20),))), seed=1)
    assert list(tallies) == [Level.L1, Level.L2, Level.L3]
    for tally in tallies.values():
        assert tally.clear + tally.marginal == tally.pages * (20 + 13 + 3)
        assert (tally.rejected, tally.clear_silent, tally.wrong_serial) == (0, 0, 0)


def test_layouts_of_the_installation_have_no_fault_of_readability():
    for code in layout_codes():
        for sheet in sheets_of(code):
            assert findings_of(sheet) == ()


def test_what_was_moved_stays_with_its_part_and_is_found_where_it_lies_on_another():
    apart = replace(USUAL, shifts=(Shift("q81", 1.5, 0),))
    before, after = layouts(USUAL)[0].group("q81"), layouts(apart)[0].group("q81")
    assert [a.x_mm - b.x_mm for a, b in zip(after.cells, before.cells, strict=True)] == [1.5, 1.5]
    assert layouts(apart)[0].group("q80") == layouts(USUAL)[0].group("q80")
    found = texts(replace(USUAL, shifts=(Shift("q61", -10, 0),)))
    assert any("填涂框与" in text and "重叠" in text for text in found)
    assert len(found) <= 12
    with pytest.raises(CardLayoutError, match="超出定位标记"):
        compose(replace(USUAL, shifts=(Shift("q1", -30, 0),)))


@pytest.mark.parametrize(
    ("changes", "words", "is_fault"),
    [
        ({"option_pitch_mm": 5.6}, "选项间距", False),
        ({"option_pitch_mm": 5.0}, "选项间距", True),
        ({"row_pitch_mm": 4.4}, "行距", False),
        ({"module_mm": 0.8}, "二维码模块", False),
        ({"module_mm": 0.5}, "二维码模块", True),
        ({"cell_ink": "#101010"}, "太深", True),
        ({"cell_ink": "#FBE9E6"}, "太浅", False),
    ],
)
def test_measure_that_hinders_reading_is_named(changes, words, is_fault):
    found = [one for layout in layouts(replace(USUAL, **changes)) for one in findings_of(layout)]
    assert {one.is_fault for one in found if words in one.text} == {is_fault}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sections": ()}, "题目总数"),
        ({"sections": (Section(GroupKind.SINGLE, 401),)}, "题目总数"),
        ({"sections": (Section(GroupKind.NUMBER, 4),)}, "题型须为"),
        ({"sections": (Section(GroupKind.SINGLE, 4, 9),)}, "选项数"),
        ({"code": "kh/90"}, "版式代码"),
        ({"number_digits": 21}, "准考证号"),
        ({"module_mm": 0.0, "number_digits": 0}, "不知是谁的卡"),
        ({"cell_ink": "red"}, "#RRGGBB"),
        ({"row_pitch_mm": 1.0}, "行距"),
        ({"notes": ("满" * 41,)}, "40 个字"),
    ],
)
def test_decision_that_cannot_be_drawn_is_refused_in_words(changes, words):
    with pytest.raises(CardLayoutError, match=words):
        design_from_json(design_json(replace(USUAL, **changes)))


def test_card_without_codes_has_one_page_and_is_known_by_its_number():
    design = replace(USUAL, module_mm=0.0)
    (sheet,) = layouts(design)
    assert not sheet.is_coded
    assert [one for one in findings_of(sheet) if one.is_fault] == []
    with pytest.raises(CardLayoutError, match="只能有一页"):
        compose(replace(LONG, module_mm=0.0))


def test_card_whose_head_leaves_no_room_is_refused():
    tall = replace(
        USUAL,
        paper=PaperSize.K16,
        number_digits=13,
        row_pitch_mm=10,
        fields=tuple(WrittenField),
        notes=("保持卡面整洁，不得折叠、污损、做记号，不得在卡上写与作答无关的字。",) * 8,
    )
    with pytest.raises(CardLayoutError, match="排不下"):
        compose(tall)


def test_darkness_is_that_of_a_grey_scan():
    assert darkness_of("#808080") == pytest.approx(0.498, abs=0.001)
