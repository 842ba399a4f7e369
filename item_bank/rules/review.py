"""How an item comes into the bank: 草稿 → 一审 → 二审 → 入库, later 停用."""

from item_bank.rules.kinds import ItemState

STATE_NAMES: dict[ItemState, str] = {
    ItemState.DRAFT: "草稿",
    ItemState.FIRST_REVIEW: "一审",
    ItemState.SECOND_REVIEW: "二审",
    ItemState.BANKED: "入库",
    ItemState.RETIRED: "停用",
}
ROUNDS: dict[ItemState, int] = {ItemState.FIRST_REVIEW: 1, ItemState.SECOND_REVIEW: 2}
AFTER_ACCEPTANCE: dict[ItemState, ItemState] = {
    ItemState.FIRST_REVIEW: ItemState.SECOND_REVIEW,
    ItemState.SECOND_REVIEW: ItemState.BANKED,
}


def state_after_review(state: ItemState, *, accepted: bool) -> ItemState:
    """Return where an item under review goes; one that is refused is a draft again."""
    return AFTER_ACCEPTANCE[state] if accepted else ItemState.DRAFT


def is_same_person(author_id: int | None, reviewer_id: int | None) -> bool:
    """Say whether one account did both; the server itself (no account) is no person."""
    return author_id is not None and author_id == reviewer_id
