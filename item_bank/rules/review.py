"""How an item comes into the bank: 草稿 → 一审 → 二审 → 入库 → 停用.

Beside that way stand 试测 (reviewed, but tried before it counts), 暂停 (a doubt is being settled)
and 泄露 (its secret is out), into which a manager of the bank moves an item with a reason.
"""

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


def may_move(state: ItemState, wanted: ItemState) -> bool:
    """Say whether a manager may move an item from one state to another."""
    return wanted in MOVES.get(state, frozenset())


def state_after_review(state: ItemState, *, accepted: bool) -> ItemState:
    """Return where an item under review goes; one that is refused is a draft again."""
    return AFTER_ACCEPTANCE[state] if accepted else ItemState.DRAFT


def is_same_person(author_id: int | None, reviewer_id: int | None) -> bool:
    """Say whether one account did both; the server itself (no account) is no person."""
    return author_id is not None and author_id == reviewer_id
