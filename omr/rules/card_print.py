"""What is printed on a card besides what is read: lines, words, places for particulars."""

from dataclasses import dataclass
from enum import StrEnum


class SlotName(StrEnum):
    """What is printed for one candidate and differs from card to card."""

    NAME = "name"
    ADMISSION_NO = "admission_no"
    PROJECT = "project"
    BATCH = "batch"
    ROOM = "room"
    SEAT = "seat"
    PAPER_TYPE = "paper_type"
    SERIAL = "serial"


@dataclass(frozen=True)
class Frame:
    """A ruled or tinted rectangle, by its top left corner; ``line_mm`` 0 draws no outline."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    radius_mm: float
    line_mm: float
    line_ink: str
    fill_ink: str


@dataclass(frozen=True)
class Rule:
    """A straight line."""

    x1_mm: float
    y1_mm: float
    x2_mm: float
    y2_mm: float
    line_mm: float
    ink: str


@dataclass(frozen=True)
class Words:
    """A line of text, by its baseline; ``align`` is left, centre or right."""

    x_mm: float
    y_mm: float
    size_pt: float
    bold: bool
    align: str
    ink: str
    spacing_pt: float
    text: str


@dataclass(frozen=True)
class Sample:
    """One example of filling, by the centre of its cell."""

    shape: str
    x_mm: float
    y_mm: float


@dataclass(frozen=True)
class Slot:
    """A place for a particular of the candidate, by its baseline.

    ``step_mm`` above 0 sets one character to each box at that distance.
    """

    name: SlotName
    x_mm: float
    y_mm: float
    width_mm: float
    size_pt: float
    bold: bool
    align: str
    step_mm: float
