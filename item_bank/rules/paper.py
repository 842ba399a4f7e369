"""A paper as values: its questions for showing, its key for marking, its seal.

``PaperContent`` has no field that could carry a key or a rationale; the key travels separately
as ``KeyedItem``. What one candidate sees is in ``ordering.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from item_bank.rules.item import Figure, OptionContent, sha256_of
from item_bank.rules.kinds import KIND_NAMES, ItemKind
from item_bank.rules.paper_sets.terms import MultipleCredit

NUMERALS = "一二三四五六"
RULES: dict[ItemKind, str] = {
    ItemKind.SINGLE_CHOICE: "共 {count} 题，每题只有一个正确答案，选错或不选不得分。",
    ItemKind.MULTIPLE_CHOICE: "共 {count} 题，每题有至少两个正确答案，多选、少选、错选均不得分。",
    ItemKind.TRUE_FALSE: "共 {count} 题，判断每题的说法是否正确，答错不扣分。",
}
HALF_RULE = "共 {count} 题，每题有至少两个正确答案，少选且所选都正确得一半分，错选、不选不得分。"


@dataclass(frozen=True)
class PaperQuestion:
    """One position of a paper, options in stored order."""

    position: int
    kind: ItemKind
    points: Decimal
    stem: str
    options: tuple[OptionContent, ...]
    figure: Figure | None

    @cached_property
    def canonical_ids(self) -> tuple[str, ...]:
        """The ids of its options, sorted; asked for by every candidate of the paper."""
        return tuple(sorted(option.canonical_id for option in self.options))


@dataclass(frozen=True)
class PaperContent:
    """A paper without its key; questions by position, titled by the project's name."""

    title: str
    minutes: int
    questions: tuple[PaperQuestion, ...]
    label: str = ""  # A 卷, where there are several papers
    multiple_credit: MultipleCredit = MultipleCredit.EXACT_SET

    @property
    def total_points(self) -> Decimal:
        """Return the sum of all points."""
        return sum((question.points for question in self.questions), Decimal(0))


@dataclass(frozen=True)
class KeyedItem:
    """What marking needs of one position: the frozen key as canonical ids."""

    position: int
    kind: ItemKind
    points: Decimal
    key: frozenset[str]


@dataclass(frozen=True)
class SectionHeading:
    """The words above a section."""

    title: str
    points_text: str
    rule: str


@dataclass(frozen=True)
class SealedItem:
    """What the hash of a paper covers at one position."""

    position: int
    code: str
    version_number: int
    content_hash: str
    kind: str
    points: Decimal
    key: str
    option_order: str = ""  # canonical ids as shown; empty in papers that keep the stored order


def sections_of(paper: PaperContent) -> tuple[tuple[PaperQuestion, ...], ...]:
    """Return the questions grouped into sections, in order of first position."""
    kinds = dict.fromkeys(question.kind for question in paper.questions)
    return tuple(tuple(q for q in paper.questions if q.kind is kind) for kind in kinds)


def heading_of(
    place: int,
    questions: Sequence[PaperQuestion],
    credit: MultipleCredit = MultipleCredit.EXACT_SET,
) -> SectionHeading:
    """Return the heading of the section in that place, counted from 0.

    Examples
    --------
    >>> question = PaperQuestion(1, ItemKind.TRUE_FALSE, Decimal("1.0"), "…", (), None)
    >>> heading_of(2, [question]).title, heading_of(2, [question]).points_text
    ('三、判断题', '每题 1 分')
    """
    first = questions[0]
    halves = credit is MultipleCredit.HALF_FOR_SUBSET
    rule = HALF_RULE if halves and first.kind is ItemKind.MULTIPLE_CHOICE else RULES[first.kind]
    return SectionHeading(
        title=f"{NUMERALS[place]}、{KIND_NAMES[first.kind]}",
        points_text=f"每题 {plain_number(first.points)} 分",
        rule=rule.format(count=len(questions)),
    )


def plain_number(value: Decimal) -> str:
    """Write a number of points without idle zeros.

    Examples
    --------
    >>> plain_number(Decimal("1.50")), plain_number(Decimal("100"))
    ('1.5', '100')
    """
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def seal_of(items: Sequence[SealedItem]) -> str:
    """Return the hash of a paper: items, versions, order of items and options, points and key."""
    return sha256_of([_sealed_row(item) for item in sorted(items, key=lambda i: i.position)])


def _sealed_row(item: SealedItem) -> list[object]:
    row = [
        item.position,
        item.code,
        item.version_number,
        item.content_hash,
        item.kind,
        plain_number(item.points),
        item.key,
    ]
    return [*row, item.option_order] if item.option_order else row
