"""What goes wrong at the scanner and in the room: named, never read in silence."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from support.drawn_cards import (
    blank,
    card_holder,
    card_layout,
    clean_card,
    encoded,
    filled_card,
    read,
    read_scan,
    rehearsed,
    some_answers,
)

from omr.reader.loading import LoadFailure, load_images
from omr.reader.page import Orders, read_sheet
from omr.rehearsal.severity import Level, Mode
from omr.rules.card_layout import GroupKind
from omr.rules.reasons import GroupReason, PageReason, PageStatus

PX_PER_MM = 200 / 25.4
WHITE, DESK = 255, 110


def agree(reading, answers):
    return all(set(reading.answers[key]) == set(values) for key, values in answers.items())


def laid_on(image, size, place, *, scale=1.0, around=WHITE):
    """The picture on a larger sheet, its top left corner at ``place``."""
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    sheet = np.full(size, around, np.uint8)
    rows, columns = small.shape
    sheet[place[0] : place[0] + rows, place[1] : place[1] + columns] = small
    return sheet


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("level", [Level.L1, Level.L3])
def test_quarter_turns_give_the_same_reading_to_the_last_bit(level, mode):
    scan, _ = rehearsed(level, 3, mode)
    image = cv2.imdecode(np.frombuffer(scan.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    upright, *turned = (read(np.ascontiguousarray(np.rot90(image, k))) for k in range(4))
    for reading in turned:
        assert reading.cells == upright.cells
        assert (reading.answers, reading.review) == (upright.answers, upright.review)
        assert (reading.serial, reading.confidence) == (upright.serial, upright.confidence)


def test_blank_card_gives_no_answers_and_goes_to_a_person():
    reading = read(clean_card())
    assert reading.reasons == (PageReason.NOTHING_FILLED,)
    assert not any(reading.answers.values())


def test_card_with_every_box_filled_answers_nothing_in_silence():
    everything = {g.group_id: tuple(c.value for c in g.cells) for g in card_layout().groups}
    reading = read(filled_card(everything).image)
    assert reading.status is PageStatus.REVIEW
    assert PageReason.MANY_DOUBTS in reading.reasons
    assert reading.number is None
    for group in card_layout().groups:
        if group.kind in (GroupKind.SINGLE, GroupKind.JUDGEMENT, GroupKind.NUMBER, GroupKind.TYPE):
            assert reading.review[group.group_id] is GroupReason.MULTIPLE


@pytest.mark.parametrize("digit", ["0", "8"])
def test_same_digit_in_all_columns_is_read(digit):
    """A baseline taken from the page would swallow a row of equal marks."""
    same = {f"no{place}": (digit,) for place in range(1, 14)}
    reading = read(filled_card({**some_answers(), **same}).image)
    assert reading.number == digit * 13
    assert reading.status is PageStatus.OK


def test_column_of_the_same_answer_is_read():
    answers = {f"q{number}": ("B",) for number in range(1, 61)}
    reading = read(filled_card(answers, level=Level.L2).image)
    clear = {key: values for key, values in answers.items() if key not in reading.review}
    assert len(clear) >= 58
    assert agree(reading, clear)


def test_mirrored_card_is_named():
    reading = read(np.ascontiguousarray(filled_card(some_answers()).image[:, ::-1]))
    assert (reading.status, reading.reason) == (PageStatus.REJECTED, PageReason.MIRRORED)


@pytest.mark.parametrize("axis", [0, 1])
def test_two_cards_in_one_picture_are_named(axis):
    pair = np.concatenate([filled_card(some_answers()).image, clean_card(2)], axis=axis)
    reading = read(pair)
    assert (reading.status, reading.reason) == (PageStatus.REJECTED, PageReason.TWO_SHEETS)
    assert reading.answers == {}


@pytest.mark.parametrize("scale", [0.92, 1.08])
def test_card_printed_too_small_or_too_large_is_read(scale):
    answers = some_answers(6)
    image = filled_card(answers).image
    rows, columns = image.shape
    if scale < 1:
        page = laid_on(image, image.shape, (rows // 40, columns // 30), scale=scale)
    else:
        grown = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        top, left = (grown.shape[0] - rows) // 2, (grown.shape[1] - columns) // 2
        page = np.ascontiguousarray(grown[top : top + rows, left : left + columns])
    reading = read(page)
    assert reading.status is PageStatus.OK
    assert agree(reading, answers)
    assert reading.quality.pixels_per_mm == pytest.approx(PX_PER_MM * scale, rel=0.005)


CORNERS = {"top left": (0, 0), "top right": (0, 1), "bottom left": (1, 0), "bottom right": (1, 1)}


def with_torn(image, *corners, size_mm=38):
    torn = image.copy()
    rows, columns = torn.shape
    size = round(size_mm * PX_PER_MM)
    for name in corners:
        down, across = CORNERS[name]
        tip = np.array([across * columns, down * rows])
        legs = np.diag((size * (1 - 2 * across), size * (1 - 2 * down)))
        ends = tip + legs
        cv2.fillPoly(torn, [np.array([tip, *ends], np.int32)], DESK)
    return torn


@pytest.mark.parametrize("corner", CORNERS)
def test_torn_corner_costs_nothing_that_is_not_on_it(corner):
    answers = some_answers(5)
    reading = read(with_torn(filled_card(answers).image, corner))
    assert reading.quality.markers == 3
    assert reading.serial == card_holder(1).serial
    assert agree(reading, {k: v for k, v in answers.items() if k not in reading.review})
    assert len(reading.review) == 0


@pytest.mark.parametrize(
    "corners",
    [
        ("top left", "top right"),
        ("top left", "bottom right"),
        ("top right", "bottom right"),
        ("bottom left", "bottom right"),
    ],
)
def test_two_torn_corners_leave_a_readable_card(corners):
    answers = some_answers(7)
    reading = read(with_torn(filled_card(answers, level=Level.L1).image, *corners))
    assert reading.quality.markers == 2
    assert agree(reading, {k: v for k, v in answers.items() if k not in reading.review})
    assert len(reading.review) <= 3


def test_corrupt_jpeg_is_a_named_failure_or_a_page_for_a_person():
    data = bytearray(encoded(filled_card(some_answers()).image))
    (cut,) = load_images(bytes(data[: len(data) // 2]), "cut.jpg")
    assert isinstance(cut, LoadFailure)
    assert cut.reason is PageReason.TRUNCATED_FILE
    rng = np.random.default_rng(4)
    for place in rng.integers(2000, len(data) - 2000, 40):
        data[int(place)] = int(rng.integers(0, 255))
    (hurt,) = load_images(bytes(data), "hurt.jpg")
    if not isinstance(hurt, LoadFailure):
        assert read(hurt.image).status is not PageStatus.OK


@pytest.mark.parametrize("threshold", [140, 190, 225])
def test_two_level_scan_is_read_or_asked_about(threshold):
    """At 225 the pink print comes out black and looks like ink."""
    answers = some_answers(8)
    image = filled_card(answers).image
    two_level = Image.fromarray(image).point(lambda grey: 255 if grey > threshold else 0, mode="1")
    stream = io.BytesIO()
    two_level.save(stream, "TIFF", compression="group4")
    (page,) = load_images(stream.getvalue(), "fax.tif")
    reading = read(page.image)
    assert reading.serial == card_holder(1).serial
    assert agree(reading, {k: v for k, v in answers.items() if k not in reading.review})
    assert len(reading.review) <= 5


def test_card_among_others_on_a_desk_is_read_from_a_phone():
    answers = some_answers(9)
    page = laid_on(filled_card(answers).image, (2700, 2000), (180, 170), around=DESK)
    reading = read(page)
    assert reading.status is PageStatus.OK
    assert agree(reading, answers)


def test_rehearsed_photograph_gives_what_was_meant():
    scan, serial = rehearsed(Level.L2, 4, Mode.PHOTO)
    reading = read_scan(scan.jpeg)
    assert reading.serial == serial
    for group, mark in scan.truth.items():
        if group not in reading.review and not mark.marginal:
            assert set(reading.answers[group]) == set(mark.values)


def test_uncoded_card_whose_number_is_unknown_goes_to_a_person():
    number = card_holder(1).admission_no
    digits = {f"no{place}": (digit,) for place, digit in enumerate(number, 1)}
    page = filled_card({**some_answers(), **digits}, page=blank().image).image
    sides = ((card_layout(), blank()),)
    known = {card_holder(1).serial: number}
    assert read_sheet(page, sides, Orders(known, by_number=True)).status is PageStatus.OK
    other = read_sheet(page, sides, Orders({card_holder(2).serial: "1"}, by_number=True))
    assert other.reason is PageReason.UNKNOWN_SERIAL
    assert read_sheet(page, sides).reason is PageReason.CODE_UNREADABLE


def shaded(image, where, level):
    """The page with another light on a part of it, with a hard edge."""
    changed = image.astype(np.float32)
    changed[where] *= level
    return changed.astype(np.uint8)


def misread(reading, answers):
    """Groups that nobody is asked about and that say something else than was meant."""
    return [
        group
        for group, values in answers.items()
        if group not in reading.review and set(reading.answers[group]) != set(values)
    ]


@pytest.mark.parametrize("level", [0.4, 0.6, 0.8])
@pytest.mark.parametrize("way", ["across", "down"])
def test_no_edge_of_a_shadow_passes_for_a_mark(way, level):
    answers = some_answers()
    image = filled_card(answers, level=Level.L1).image
    rows, columns = image.shape
    for share in np.linspace(0.2, 0.8, 25):
        where = (
            np.s_[:, round(share * columns) :] if way == "across" else np.s_[round(share * rows) :]
        )
        assert misread(read(shaded(image, where, level)), answers) == []


@pytest.mark.parametrize("width_mm", [2.5, 4.0, 9.0])
def test_no_band_across_the_page_passes_for_marks(width_mm):
    answers = some_answers()
    image = filled_card(answers, level=Level.L1).image
    rows, columns = image.shape
    for share in np.linspace(0.3, 0.8, 25):
        across, down = round(share * columns), round(share * rows)
        size = round(width_mm * PX_PER_MM)
        for where in (np.s_[:, across : across + size], np.s_[down : down + size]):
            assert misread(read(shaded(image, where, 0.5)), answers) == []


@pytest.mark.parametrize("cut_mm", [-2.5, -1.5, -1.0, -0.5, 0.0, 2.5])
def test_what_lies_under_a_slip_of_paper_is_not_taken_for_blank(cut_mm):
    """The slip ends so far beyond the last cells, or cuts off so much of them."""
    answers = {group: values for group, values in some_answers().items() if values}
    image = filled_card(answers).image.copy()
    layout = card_layout()
    hidden = [group for group in layout.groups if group.kind.is_item and group.number <= 10]
    cells = np.array([(cell.x_mm, cell.y_mm) for group in hidden for cell in group.cells])
    half = np.array([layout.cell.width_mm, layout.cell.height_mm]) / 2 + cut_mm
    (left, top), (right, bottom) = cells.min(axis=0) - half, cells.max(axis=0) + half
    image[
        round(top * PX_PER_MM) : round(bottom * PX_PER_MM),
        round(left * PX_PER_MM) : round(right * PX_PER_MM),
    ] = WHITE
    reading = read(image)
    assert misread(reading, answers) == []
    if cut_mm >= 0:
        assert {group.group_id for group in hidden} <= set(reading.review)


def test_a_pale_mark_in_brighter_light_than_its_neighbours_is_not_lost():
    answers = some_answers()
    image = np.maximum(filled_card(answers).image, 160)  # marks no darker than this
    _, columns = image.shape
    for share in np.linspace(0.3, 0.8, 15):
        dim = shaded(image, np.s_[:, round(share * columns) :], 0.55)
        assert misread(read(dim), answers) == []
