"""How an item comes into the bank: 草稿 → 一审 → 二审 → 入库 → 停用.

Beside that way stand 试测 (reviewed, but tried before it counts), 暂停 (a doubt is being settled)
and 泄露 (its secret is out), into which a manager of the bank moves an item with a reason.
What a reviewer looks at is a fixed list; an item passes when every point of it is in order.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from item_bank.rules.item import ItemContent
from item_bank.rules.kinds import ItemState

STATE_NAMES: dict[ItemState, str] = {
    ItemState.DRAFT: "草稿",
    ItemState.FIRST_REVIEW: "一审",
    ItemState.SECOND_REVIEW: "二审",
    ItemState.PILOT: "试测",
    ItemState.BANKED: "入库",
    ItemState.SUSPENDED: "暂停",
    ItemState.COMPROMISED: "泄露",
    ItemState.RETIRED: "停用",
}
ROUNDS: dict[ItemState, int] = {ItemState.FIRST_REVIEW: 1, ItemState.SECOND_REVIEW: 2}
AFTER_ACCEPTANCE: dict[ItemState, ItemState] = {
    ItemState.FIRST_REVIEW: ItemState.SECOND_REVIEW,
    ItemState.SECOND_REVIEW: ItemState.BANKED,
}
MOVES: dict[ItemState, frozenset[ItemState]] = {
    ItemState.PILOT: frozenset({ItemState.BANKED, ItemState.COMPROMISED, ItemState.RETIRED}),
    ItemState.BANKED: frozenset(
        {ItemState.PILOT, ItemState.SUSPENDED, ItemState.COMPROMISED, ItemState.RETIRED}
    ),
    ItemState.SUSPENDED: frozenset({ItemState.BANKED, ItemState.COMPROMISED, ItemState.RETIRED}),
    ItemState.COMPROMISED: frozenset({ItemState.RETIRED}),
}
"""Where a manager may move a reviewed item."""

IN_BANK = frozenset({ItemState.PILOT, ItemState.BANKED, ItemState.SUSPENDED, ItemState.COMPROMISED})
"""Items that have passed both reviews and are not retired; a new one may not contradict them."""

MAX_REMARK, MAX_QUOTE, MAX_REASON = 500, 200, 500  # characters


class ReviewPoint(StrEnum):
    """What a reviewer vouches for, in the order of the list; nine, one for each digit key."""

    POINT = "point"
    KNOWLEDGE = "knowledge"
    STEM = "stem"
    OPTIONS = "options"
    KEY = "key"
    RATIONALE = "rationale"
    LANGUAGE = "language"
    DIFFICULTY = "difficulty"
    FAIRNESS = "fairness"


POINT_NAMES: dict[ReviewPoint, str] = {
    ReviewPoint.POINT: "与鉴定点相符",
    ReviewPoint.KNOWLEDGE: "知识点准确，符合现行标准",
    ReviewPoint.STEM: "题干表述清楚、无歧义",
    ReviewPoint.OPTIONS: "选项规范、同类",
    ReviewPoint.KEY: "答案正确且唯一",
    ReviewPoint.RATIONALE: "解析与答案一致",
    ReviewPoint.LANGUAGE: "术语、单位、符号规范",
    ReviewPoint.DIFFICULTY: "难度恰当",
    ReviewPoint.FAIRNESS: "无政治、歧视、泄密问题",
}


class RemarkField(StrEnum):
    """What of an item a remark is on; an option is named by ``option_field``."""

    WHOLE = "whole"
    STEM = "stem"
    KEY = "key"
    RATIONALE = "rationale"
    SOURCE = "source"
    FIGURE = "figure"


@dataclass(frozen=True)
class Remark:
    """A remark on a passage of an item; an empty quote means the field as a whole."""

    field: str
    quote: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What a reviewer decides, and of which round of which version it was decided."""

    version_id: int
    round: int
    accepted: bool
    in_order: frozenset[ReviewPoint]
    reason: str = ""

    @property
    def missing(self) -> tuple[ReviewPoint, ...]:
        """Return the points that are not in order, in the order of the list."""
        return points_missing(self.in_order)


def points_missing(in_order: Collection[str]) -> tuple[ReviewPoint, ...]:
    """Return the points of the list that were not found in order."""
    return tuple(point for point in ReviewPoint if point not in in_order)


def option_field(canonical_id: str) -> str:
    """Return how a remark names an option."""
    return f"option.{canonical_id}"


def remark_fields(content: ItemContent) -> tuple[str, ...]:
    """Return what of an item remarks may be on, in reading order."""
    fields: list[str] = [RemarkField.WHOLE, RemarkField.STEM]
    fields += [option_field(option.canonical_id) for option in content.options]
    fields += [RemarkField.KEY, RemarkField.RATIONALE, RemarkField.SOURCE]
    return (*fields, RemarkField.FIGURE) if content.figure else tuple(fields)


def may_move(state: ItemState, wanted: ItemState) -> bool:
    """Say whether a manager may move an item from one state to another."""
    return wanted in MOVES.get(state, frozenset())


def state_after_review(state: ItemState, *, accepted: bool) -> ItemState:
    """Return where an item under review goes; one that is refused is a draft again."""
    return AFTER_ACCEPTANCE[state] if accepted else ItemState.DRAFT


def is_same_person(author_id: int | None, reviewer_id: int | None) -> bool:
    """Say whether one account did both; the server itself (no account) is no person."""
    return author_id is not None and author_id == reviewer_id
