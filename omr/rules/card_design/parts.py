"""A part of a card that stays together: what is drawn, what is read, and how it is moved."""

from dataclasses import dataclass, replace
from typing import TypeVar

from omr.rules.card_layout import Block
from omr.rules.card_print import Frame, Rule, Sample, Slot, SlotName, Words

Placed = TypeVar("Placed", Frame, Words, Sample, Slot, Block)
ACCENT, LINE, BAND, TEXT, NONE = "accent", "line", "band", "text", "none"
BAND_MM = 5.5  # height of the tinted strip over a box
OUTLINE_MM = 0.3
PT_MM = 0.3528  # a typographic point


@dataclass(frozen=True)
class Part:
    """A named piece of a page with its outer box, by the top left corner."""

    name: str
    label: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    frames: tuple[Frame, ...] = ()
    rules: tuple[Rule, ...] = ()
    words: tuple[Words, ...] = ()
    samples: tuple[Sample, ...] = ()
    slots: tuple[Slot, ...] = ()
    blocks: tuple[Block, ...] = ()

    def moved(self, dx_mm: float, dy_mm: float) -> "Part":
        """Return the part at another place."""
        return replace(
            self,
            x_mm=_at(self.x_mm, dx_mm),
            y_mm=_at(self.y_mm, dy_mm),
            frames=tuple(_moved(frame, dx_mm, dy_mm) for frame in self.frames),
            rules=tuple(_moved_rule(rule, dx_mm, dy_mm) for rule in self.rules),
            words=tuple(_moved(words, dx_mm, dy_mm) for words in self.words),
            samples=tuple(_moved(sample, dx_mm, dy_mm) for sample in self.samples),
            slots=tuple(_moved(slot, dx_mm, dy_mm) for slot in self.slots),
            blocks=tuple(_moved(block, dx_mm, dy_mm) for block in self.blocks),
        )


def _at(place_mm: float, by_mm: float) -> float:
    return round(place_mm + by_mm, 3)


def _moved(thing: Placed, dx_mm: float, dy_mm: float) -> Placed:
    return replace(thing, x_mm=_at(thing.x_mm, dx_mm), y_mm=_at(thing.y_mm, dy_mm))


def _moved_rule(rule: Rule, dx_mm: float, dy_mm: float) -> Rule:
    return replace(
        rule,
        x1_mm=_at(rule.x1_mm, dx_mm),
        x2_mm=_at(rule.x2_mm, dx_mm),
        y1_mm=_at(rule.y1_mm, dy_mm),
        y2_mm=_at(rule.y2_mm, dy_mm),
    )


def outline(x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> Frame:
    """Return the ruled box around a part."""
    return Frame(x_mm, y_mm, width_mm, height_mm, 0, OUTLINE_MM, ACCENT, NONE)


def band(x_mm: float, y_mm: float, width_mm: float, height_mm: float = BAND_MM) -> Frame:
    """Return a tinted strip."""
    return Frame(x_mm, y_mm, width_mm, height_mm, 0, 0, LINE, BAND)


def line(x1_mm: float, y1_mm: float, x2_mm: float, y2_mm: float) -> Rule:
    """Return a thin line."""
    return Rule(x1_mm, y1_mm, x2_mm, y2_mm, 0.2, LINE)


def words(
    x_mm: float,
    y_mm: float,
    text: str,
    *,
    size_pt: float = 7.5,
    ink: str = TEXT,
    bold: bool = False,
    align: str = "left",
    spacing_pt: float = 0,
) -> Words:
    """Return a line of text by its baseline."""
    return Words(x_mm, y_mm, size_pt, bold, align, ink, spacing_pt, text)


def slot(
    name: SlotName,
    x_mm: float,
    y_mm: float,
    width_mm: float,
    *,
    size_pt: float = 9.5,
    align: str = "left",
    step_mm: float = 0,
) -> Slot:
    """Return the place of a particular of the candidate, by its baseline."""
    bold = name is not SlotName.SERIAL
    return Slot(name, x_mm, y_mm, width_mm, size_pt, bold, align, step_mm)
