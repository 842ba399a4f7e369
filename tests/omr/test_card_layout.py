"""The layout as data: what is printed where, and that nothing is in the way of reading."""

import itertools

import pytest
from support.drawn_cards import LAYOUT_FILE, card_layout

from omr.rules.card_layout import (
    CardLayoutError,
    GroupKind,
    canonical_json,
    layout_from_json,
    load_layout,
)

EDGE_MM = 15
QUIET_MM = 3


def text() -> str:
    return LAYOUT_FILE.read_text(encoding="utf-8")


def cells():
    return [cell for group in card_layout().groups for cell in group.cells]


def rectangles():
    """Everything black or filled that must not touch: left, top, right, bottom."""
    layout = card_layout()
    width, height = layout.cell.width_mm / 2, layout.cell.height_mm / 2
    boxes = [(c.x_mm - width, c.y_mm - height, c.x_mm + width, c.y_mm + height) for c in cells()]
    for bar in layout.timing_bars:
        half_x, half_y = bar.width_mm / 2 + 0.5, bar.height_mm / 2 + 0.5
        boxes.append((bar.x_mm - half_x, bar.y_mm - half_y, bar.x_mm + half_x, bar.y_mm + half_y))
    for marker in layout.markers:
        half = marker.size_mm / 2 + QUIET_MM
        x, y = marker.x_mm, marker.y_mm
        boxes.append((x - half, y - half, x + half, y + half))
    qr, bars = layout.qr, layout.barcode
    far_x, far_y = qr.x_mm + qr.size_mm + QUIET_MM, qr.y_mm + qr.size_mm + QUIET_MM
    boxes.append((qr.x_mm - QUIET_MM, qr.y_mm - QUIET_MM, far_x, far_y))
    quiet = 10 * bars.module_mm  # ISO/IEC 15417
    right = bars.x_mm + bars.width_mm + quiet
    boxes.append((bars.x_mm - quiet, bars.y_mm, right, bars.y_mm + bars.height_mm))
    return boxes


def test_card_holds_sixty_single_ten_multiple_and_twenty_judgement_items():
    kinds = [group.kind for group in card_layout().groups]
    assert kinds.count(GroupKind.SINGLE) == 60
    assert kinds.count(GroupKind.MULTIPLE) == 10
    assert kinds.count(GroupKind.JUDGEMENT) == 20
    assert kinds.count(GroupKind.NUMBER) == 13


def test_groups_are_named_by_item_and_values_are_fixed():
    layout = card_layout()
    items = [group.group_id for group in layout.groups if group.kind.is_item]
    assert items == [f"q{number}" for number in range(1, 91)]
    assert [cell.value for cell in layout.group("q60").cells] == list("ABCD")
    assert [cell.value for cell in layout.group("q61").cells] == list("ABCDE")
    assert [cell.value for cell in layout.group("q90").cells] == ["right", "wrong"]
    assert [cell.value for cell in layout.group("no13").cells] == list("0123456789")
    assert [cell.value for cell in layout.group("type").cells] == ["A", "B"]
    assert [cell.value for cell in layout.group("absent").cells] == ["yes"]
    assert [cell.value for cell in layout.group("misconduct").cells] == ["yes"]


def test_every_cell_lies_between_the_marker_centres():
    layout = card_layout()
    xs = [marker.x_mm for marker in layout.markers]
    ys = [marker.y_mm for marker in layout.markers]
    for cell in cells():
        assert min(xs) < cell.x_mm - 2.2
        assert cell.x_mm + 2.2 < max(xs)
        assert min(ys) < cell.y_mm - 1.3
        assert cell.y_mm + 1.3 < max(ys)


def test_markers_keep_clear_of_the_paper_edge():
    layout = card_layout()
    for marker in layout.markers:
        half = marker.size_mm / 2
        near = (marker.x_mm - half, marker.y_mm - half)
        far = (
            layout.paper.width_mm - marker.x_mm - half,
            layout.paper.height_mm - marker.y_mm - half,
        )
        assert min(*near, *far) >= EDGE_MM


def test_six_to_eight_timing_bars_stand_along_each_long_side():
    layout = card_layout()
    for x_mm in (min(b.x_mm for b in layout.timing_bars), max(b.x_mm for b in layout.timing_bars)):
        assert 6 <= sum(bar.x_mm == x_mm for bar in layout.timing_bars) <= 8


def test_neighbouring_cells_keep_their_pitch():
    for one, other in itertools.combinations(cells(), 2):
        across, down = abs(one.x_mm - other.x_mm), abs(one.y_mm - other.y_mm)
        assert across >= 6 - 1e-9 or down >= 5 - 1e-9


def test_nothing_that_is_read_overlaps():
    for one, other in itertools.combinations(rectangles(), 2):
        apart_x = one[2] <= other[0] or other[2] <= one[0]
        apart_y = one[3] <= other[1] or other[3] <= one[1]
        assert apart_x or apart_y, (one, other)


def test_qr_code_has_modules_of_a_millimetre_and_fits_twenty_five():
    assert card_layout().qr.module_mm == 1.0
    assert card_layout().qr.modules <= 25


def test_hash_is_twelve_hex_digits_and_survives_json():
    layout = card_layout()
    assert len(layout.layout_hash) == 12
    assert int(layout.layout_hash, 16) >= 0
    assert layout_from_json(canonical_json(layout)) == layout
    assert layout_from_json(canonical_json(layout)).layout_hash == layout.layout_hash


def test_any_change_makes_another_hash():
    changed = text().replace("letter_pt = 6.2", "letter_pt = 6.3")
    assert load_layout(changed).layout_hash != card_layout().layout_hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[paper]", "[paper"),
        ("marker_id = 1\n", "marker_id = 0\n"),
        ('corner = "top_right"', 'corner = "middle"'),
        ("first = 16\n", "first = 1\n"),
        ("y_mm = 150.4", "y_mm = 250.4"),
        ('labels = ["✓", "×"]', 'labels = ["✓"]'),
        ("width_mm = 210", 'width_mm = "wide"'),
    ],
)
def test_layout_that_cannot_be_read_is_refused(old, new):
    assert old in text()
    with pytest.raises(CardLayoutError):
        load_layout(text().replace(old, new))
