"""The kinds of items and the states an item passes through."""

from enum import StrEnum


class ItemKind(StrEnum):
    """The three types of theory items 题型."""

    SINGLE_CHOICE = "single_choice"  # 单项选择题
    MULTIPLE_CHOICE = "multiple_choice"  # 多项选择题
    TRUE_FALSE = "true_false"  # 判断题


class ItemState(StrEnum):
    """Where an item stands; only a banked one is drawn into papers. The way is in ``review``."""

    DRAFT = "draft"  # 草稿
    FIRST_REVIEW = "first_review"  # 一审
    SECOND_REVIEW = "second_review"  # 二审
    PILOT = "pilot"  # 试测: passed both reviews, tried before it counts
    BANKED = "banked"  # 入库
    SUSPENDED = "suspended"  # 暂停: out of new papers until a doubt is settled
    COMPROMISED = "compromised"  # 泄露
    RETIRED = "retired"  # 停用


class BankDuty(StrEnum):
    """What a member of a project's bank does."""

    AUTHOR = "author"  # 命题
    REVIEWER = "reviewer"  # 审题


class UploadState(StrEnum):
    """Files sent to be imported wait for the person's word; then nothing of them is kept."""

    WAITING = "waiting"
    IMPORTED = "imported"
    DISCARDED = "discarded"
    EXPIRED = "expired"


class BankState(StrEnum):
    """How far the bank of a project is: 待命题, 命题中, 已建库."""

    AWAITING = "awaiting"  # it has a table of elements only
    IN_WORK = "in_work"
    STOCKED = "stocked"


class PaperState(StrEnum):
    """A paper is composed by one person and released by another; then it is frozen."""

    COMPOSED = "composed"
    RELEASED = "released"


class SetPurpose(StrEnum):
    """What the papers of a set are for."""

    ONE = "one"  # one paper for everybody
    AB = "ab"  # A 卷 and B 卷: the same items, another order of items and options
    PARALLEL = "parallel"  # different papers, equally hard
    INDIVIDUAL = "individual"  # one paper per candidate


class Importance(StrEnum):
    """重要程度 of a point: core, ordinary, auxiliary."""

    X = "X"
    Y = "Y"
    Z = "Z"


RIGHT = "right"  # the two canonical options of a true/false item
WRONG = "wrong"

KIND_NAMES: dict[ItemKind, str] = {
    ItemKind.SINGLE_CHOICE: "单项选择题",
    ItemKind.MULTIPLE_CHOICE: "多项选择题",
    ItemKind.TRUE_FALSE: "判断题",
}
