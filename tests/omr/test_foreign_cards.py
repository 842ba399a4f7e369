"""Cards of other houses: plain marks or the paper's edge, no codes, described by the same data."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from support.drawn_cards import FONTS

from omr.layouts import layout_named, made_blank
from omr.printing import print_blank
from omr.reader.blank import render_page
from omr.reader.loading import decode_gray
from omr.reader.page import Orders, read_sheet
from omr.rehearsal.camera import photograph_card
from omr.rehearsal.pencil import draw_answers, fill_card
from omr.rehearsal.scanner import scan_card
from omr.rehearsal.severity import LADDER, Level
from omr.rules.card_layout import CardLayout, Fiducial, canonical_json, layout_from_json
from omr.rules.reasons import PageReason, PageStatus

NUMBER = "2532010001019"
SIZE_MM = {Fiducial.SQUARE: 6.0, Fiducial.DISC: 7.0, Fiducial.EDGE: 6.0}
BY_NUMBER = Orders(by_number=True)
PRINTED = [Fiducial.SQUARE, Fiducial.DISC]


@cache
def foreign_layout(fiducial: Fiducial) -> CardLayout:
    ours = layout_named("kh-a4-100")
    markers = tuple(replace(marker, size_mm=SIZE_MM[fiducial]) for marker in ours.markers)
    if fiducial is Fiducial.EDGE:
        width, height = ours.paper.width_mm, ours.paper.height_mm
        markers = tuple(
            replace(marker, x_mm=width * (marker.x_mm > 100), y_mm=height * (marker.y_mm > 100))
            for marker in markers
        )
    return replace(ours, markers=markers, fiducial=fiducial, bars=(), qr=None, barcode=None)


@cache
def side(fiducial: Fiducial):
    layout = foreign_layout(fiducial)
    return layout, made_blank(layout)


def filled(fiducial, level, seed=1):
    layout = foreign_layout(fiducial)
    rng = np.random.default_rng([seed, *fiducial.encode()])
    page = render_page(print_blank(layout, **FONTS), dpi=300)
    answers = draw_answers(layout, rng, number=NUMBER)
    return fill_card(page, layout, answers, dpi=300, severity=LADDER[level], rng=rng), rng


def read(image, fiducial):
    return read_sheet(image, (side(fiducial),), BY_NUMBER)


def misread(reading, truth):
    return [
        group
        for group, mark in truth.items()
        if group not in reading.review
        and not mark.marginal
        and set(reading.answers[group]) != set(mark.values)
    ]


def test_description_of_a_foreign_card_survives_json():
    for fiducial in SIZE_MM:
        layout = foreign_layout(fiducial)
        assert layout_from_json(canonical_json(layout)) == layout
        assert layout.layout_hash != layout_named("kh-a4-100").layout_hash


@pytest.mark.parametrize("fiducial", PRINTED)
@pytest.mark.parametrize("level", [Level.L0, Level.L1])
def test_card_with_plain_marks_is_read_whichever_way_it_was_fed(fiducial, level):
    card, rng = filled(fiducial, level)
    scan = scan_card(card, severity=LADDER[level], rng=rng, dpi=200, quarter_turns=0)
    image = decode_gray(scan.jpeg)
    readings = [read(np.ascontiguousarray(np.rot90(image, k)), fiducial) for k in range(4)]
    for reading in readings:
        assert (reading.number, str(reading.source)) == (NUMBER, "number")
        assert misread(reading, scan.truth) == []
        assert len(reading.review) <= 3
        assert reading.cells == readings[0].cells


def test_card_is_found_by_the_edge_of_its_paper():
    card, rng = filled(Fiducial.EDGE, Level.L1)
    calm = replace(LADDER[Level.L1], folds=0, dust=0)
    photo = photograph_card(card, severity=calm, rng=rng, dpi=200)
    reading = read(decode_gray(photo.jpeg), Fiducial.EDGE)
    assert reading.status is not PageStatus.REJECTED
    assert misread(reading, photo.truth) == []
    assert len(reading.review) <= 5


@pytest.mark.parametrize("fiducial", list(SIZE_MM))
def test_strange_page_is_rejected(fiducial):
    page = np.full((2339, 1654), 255, np.uint8)
    for row in range(30):
        cv2.putText(page, "Minutes of the meeting " * 3, (100, 200 + 60 * row), 0, 1.0, 0, 2)
    reading = read(page, fiducial)
    assert reading.status is PageStatus.REJECTED
    assert reading.reason in (PageReason.FOREIGN_PAGE, PageReason.POOR_MATCH)
    assert reading.answers == {}
