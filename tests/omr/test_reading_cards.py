"""From pixels to answers: clean cards, wrong cards and cards that a person must see."""

import tomllib

import cv2
import msgspec
import numpy as np
import pytest
from support.drawn_cards import (
    FONTS,
    LAYOUT_FILE,
    blank,
    card_holder,
    card_layout,
    clean_card,
    drawn_card,
    filled_card,
    read,
    read_scan,
    rehearsed,
    some_answers,
)

from omr.printing import print_cards
from omr.reader.blank import render_page
from omr.reader.crops import group_crop
from omr.reader.loading import decode_gray
from omr.reader.page import read_page
from omr.reader.register import to_pixels
from omr.rehearsal.severity import Level
from omr.rules.card_layout import CardLayout
from omr.rules.reasons import GroupReason, PageReason, PageStatus

PX_PER_MM = 200 / 25.4


def with_white(image, left_mm, top_mm, right_mm, bottom_mm):
    changed = image.copy()
    rows = slice(round(top_mm * PX_PER_MM), round(bottom_mm * PX_PER_MM))
    changed[rows, round(left_mm * PX_PER_MM) : round(right_mm * PX_PER_MM)] = 255
    return changed


def test_clean_card_is_read_as_it_was_filled():
    answers = some_answers()
    reading = read(filled_card(answers).image)
    assert reading.status is PageStatus.OK
    assert reading.serial == card_holder(1).serial
    assert {key: set(values) for key, values in reading.answers.items()} == {
        key: set(values) for key, values in answers.items()
    }
    assert reading.review == {}
    assert min(reading.confidence.values()) > 0.7


def test_four_rotations_give_identical_readings():
    scan, _ = rehearsed(Level.L1, 3)
    image = cv2.imdecode(np.frombuffer(scan.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    upright, *turned = (read(np.ascontiguousarray(np.rot90(image, k))) for k in range(4))
    assert [reading.quality.turned_deg for reading in turned] == [
        (upright.quality.turned_deg + turn) % 360 for turn in (270, 180, 90)
    ] or [reading.quality.turned_deg for reading in turned] == [
        (upright.quality.turned_deg + turn) % 360 for turn in (90, 180, 270)
    ]
    for reading in turned:
        assert reading.cells == upright.cells
        assert reading.answers == upright.answers
        assert reading.serial == upright.serial


@pytest.mark.parametrize("scale", [0.5, 0.75, 0.9, 1.1, 1.5])
def test_resolution_does_not_matter(scale):
    answers = some_answers(2)
    image = filled_card(answers).image
    resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    reading = read(resized)
    assert reading.status is PageStatus.OK
    assert {k: set(v) for k, v in reading.answers.items()} == {
        k: set(v) for k, v in answers.items()
    }


def test_two_marks_on_a_single_choice_go_to_a_person():
    reading = read(
        filled_card({**some_answers(), "q5": ("A", "C"), "q75": ("right", "wrong")}).image
    )
    assert reading.status is PageStatus.REVIEW
    assert reading.review == {"q5": GroupReason.MULTIPLE, "q75": GroupReason.MULTIPLE}
    assert reading.reasons == (PageReason.GROUPS_IN_DOUBT,)


def test_filled_number_is_read_and_compared():
    holder = card_holder(1)
    digits = {f"no{place}": (digit,) for place, digit in enumerate(holder.admission_no, 1)}
    image = filled_card({**some_answers(), **digits}).image
    right = read(image, {holder.serial: holder.admission_no})
    wrong = read(image, {holder.serial: card_holder(2).admission_no})
    assert (right.status, right.number) == (PageStatus.OK, holder.admission_no)
    assert wrong.reason is PageReason.NUMBER_CONFLICT


def test_number_with_a_missing_or_double_digit_goes_to_a_person():
    digits = {f"no{place}": ("1",) for place in range(1, 14)}
    reading = read(filled_card({**some_answers(), **digits, "no3": (), "no4": ("2", "3")}).image)
    assert reading.number is None
    assert PageReason.NUMBER_DOUBTFUL in reading.reasons
    assert reading.review["no3"] is GroupReason.INCOMPLETE_NUMBER
    assert reading.review["no4"] is GroupReason.MULTIPLE


def test_absent_card_is_accepted_only_without_answers():
    alone = read(filled_card({"absent": ("yes",)}).image)
    conflict = read(filled_card({"absent": ("yes",), "q1": ("A",)}).image)
    assert (alone.status, alone.answers["absent"]) == (PageStatus.OK, ("yes",))
    assert conflict.reason is PageReason.ABSENT_WITH_ANSWERS
    assert conflict.review == {"absent": GroupReason.AGAINST_RECORD}


def test_misconduct_mark_and_empty_card_go_to_a_person():
    marked = read(filled_card({**some_answers(), "misconduct": ("yes",)}).image)
    assert marked.reason is PageReason.MISCONDUCT_MARKED
    assert marked.review == {"misconduct": GroupReason.MISCONDUCT}
    assert read(clean_card()).reasons == (PageReason.NOTHING_FILLED,)


def test_no_mark_of_the_proctor_hides_behind_another():
    both = {"absent": ("yes",), "misconduct": ("yes",)}
    reading = read(filled_card({**some_answers(), **both}).image)
    assert reading.reason is PageReason.ABSENT_WITH_ANSWERS
    assert set(reading.review) == set(both)


def test_on_a_page_in_doubt_as_a_whole_a_person_sees_every_group():
    answers = {**some_answers(), "q1": ("A", "B")}
    dark = (filled_card(answers).image * 0.4).astype(np.uint8)
    reading = read(dark)
    assert PageReason.LOW_CONTRAST in reading.reasons
    assert set(reading.review) == set(reading.answers)
    assert reading.review["q1"] is GroupReason.MULTIPLE
    assert {reading.review[group] for group in reading.answers if group != "q1"} == {
        GroupReason.WHOLE_PAGE
    }


def test_paper_type_is_read():
    assert read(filled_card({**some_answers(), "type": ("B",)}).image).answers["type"] == ("B",)


def test_serial_outside_the_sitting_goes_to_a_person():
    reading = read(filled_card(some_answers()).image, {card_holder(9).serial: "0"})
    assert reading.reason is PageReason.UNKNOWN_SERIAL


def test_serial_with_a_wrong_check_digit_is_not_taken():
    good = card_holder(1).serial
    bad = good[:-1] + str((int(good[-1]) + 1) % 10)
    reading = read(drawn_card(card_holder(1, serial=bad)))
    assert reading.serial is None
    assert reading.reason is PageReason.CODE_UNREADABLE


def test_two_codes_that_disagree_name_nobody():
    mixed = filled_card(some_answers()).image.copy()
    rows = slice(round(262 * PX_PER_MM), round(276 * PX_PER_MM))
    mixed[rows] = clean_card(2)[rows]
    reading = read(mixed)
    assert reading.serial is None
    assert reading.reason is PageReason.CODE_CONFLICT


def test_serial_of_the_bar_code_alone_is_shown_to_a_person():
    reading = read(with_white(filled_card(some_answers()).image, 152, 15, 181, 44))
    assert reading.status is PageStatus.REVIEW
    assert reading.reason is PageReason.CODE_UNREADABLE
    assert reading.serial == card_holder(1).serial


CORNERS = {
    "top left": (0, 0, 30, 30),
    "top right": (183, 0, 210, 30),
    "bottom right": (180, 267, 210, 297),
    "bottom left": (0, 267, 30, 297),
}


@pytest.mark.parametrize("corner", CORNERS)
def test_any_three_markers_do(corner):
    answers = some_answers(4)
    reading = read(with_white(filled_card(answers).image, *CORNERS[corner]))
    assert reading.quality.markers == 3
    assert reading.status is PageStatus.OK
    assert {k: set(v) for k, v in reading.answers.items()} == {
        k: set(v) for k, v in answers.items()
    }


def test_two_markers_and_the_bars_do():
    image = with_white(filled_card(some_answers(4)).image, *CORNERS["top left"])
    reading = read(with_white(image, *CORNERS["bottom right"]))
    assert reading.quality.markers == 2
    assert reading.status is PageStatus.OK


def test_one_marker_is_too_few():
    image = clean_card()
    for corner in ("top left", "bottom left", "bottom right"):
        image = with_white(image, *CORNERS[corner])
    assert read(image).reason is PageReason.TOO_FEW_MARKERS


def letter():
    """A page of somebody else's: text, lines and a code that is not ours."""
    page = np.full((2339, 1654), 255, np.uint8)
    for row in range(30):
        cv2.putText(
            page, "Minutes of the meeting " * 3, (100, 200 + 60 * row), 0, 1.0, 0, 2, cv2.LINE_AA
        )
    cv2.rectangle(page, (80, 120), (1570, 2100), 0, 3)
    return page


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.full((2339, 1654), 250, np.uint8), PageReason.BLANK_PAGE),
        (np.full((2339, 1654), 0, np.uint8), PageReason.FOREIGN_PAGE),
        (letter(), PageReason.FOREIGN_PAGE),
        (np.full((60, 40), 255, np.uint8), PageReason.TOO_SMALL),
        (np.zeros((2339, 1654, 3), np.uint8), PageReason.UNREADABLE_FILE),
    ],
)
def test_pages_that_are_no_cards_are_rejected_by_name(image, reason):
    reading = read(image)
    assert (reading.status, reading.reason) == (PageStatus.REJECTED, reason)
    assert reading.answers == {}


def test_mirrored_card_is_rejected():
    reading = read(np.ascontiguousarray(filled_card(some_answers()).image[:, ::-1]))
    assert (reading.status, reading.reason) == (PageStatus.REJECTED, PageReason.MIRRORED)


def test_stretched_card_is_rejected():
    image = cv2.resize(clean_card(), None, fx=1.0, fy=0.8)
    assert read(image).reason is PageReason.DISTORTED


def test_card_of_another_layout_is_rejected():
    table = tomllib.loads(LAYOUT_FILE.read_text(encoding="utf-8"))
    table["title"] = "另一张答题卡"
    other = msgspec.convert(table, CardLayout)
    image = render_page(print_cards(other, [card_holder(1)], **FONTS), dpi=200)
    reading = read(image)
    assert (reading.status, reading.reason) == (PageStatus.REJECTED, PageReason.WRONG_LAYOUT)
    assert reading.answers == {}


def test_card_frame_around_something_else_is_rejected():
    """Markers and bars alone do not make a card: the cells must be there."""
    image = with_white(clean_card(), 25, 30, 185, 264)
    for bar in card_layout().timing_bars:
        x, y = round(bar.x_mm * PX_PER_MM), round(bar.y_mm * PX_PER_MM)
        image[y - 20 : y + 20, x - 30 : x + 30] = clean_card()[y - 20 : y + 20, x - 30 : x + 30]
    reading = read(image)
    assert reading.status is not PageStatus.OK
    assert not any(reading.answers.values())


def test_noise_never_raises():
    rng = np.random.default_rng(5)
    for _ in range(4):
        reading = read(rng.integers(0, 256, (1100, 800), np.uint8))
        assert reading.status is PageStatus.REJECTED


def test_blank_card_of_another_layout_is_a_mistake_of_the_caller():
    table = tomllib.loads(LAYOUT_FILE.read_text(encoding="utf-8"))
    other = msgspec.convert({**table, "title": "另一张"}, CardLayout)
    with pytest.raises(ValueError, match="another layout"):
        read_page(clean_card(), other, blank())


def test_placement_finds_every_cell_in_the_scan():
    reading = read(clean_card())
    centres = blank().centres_mm
    found = to_pixels(reading.placement, centres, card_layout())
    missed = np.abs(found - (centres * PX_PER_MM - 0.5)).max() / PX_PER_MM
    assert missed < 0.1


def test_scan_of_a_filled_card_is_read_from_its_file():
    scan, serial = rehearsed(Level.L1, 1)
    assert read_scan(scan.jpeg).serial == serial


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_picture_of_a_group_shows_its_cells_whichever_way_the_page_was_fed(turns):
    image = filled_card({**some_answers(), "q33": ("B",)}).image
    turned = np.ascontiguousarray(np.rot90(image, turns))
    reading = read(turned)
    crop = decode_gray(
        group_crop(turned, reading.placement, reading.quality.turned_deg, card_layout(), "q33")
    )
    height, width = crop.shape
    assert width > 3 * height
    marked = crop[:, width // 4 : width // 2].mean()
    assert marked < crop[:, width // 2 :].mean() - 20
