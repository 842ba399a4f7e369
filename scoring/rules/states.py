"""States of score sheets, subject results and certificates."""

from enum import StrEnum


class SheetState(StrEnum):
    """A score sheet 评分记录表 of one examiner for one candidate."""

    OPENED = "opened"
    SUBMITTED = "submitted"  # signed and locked


class ResultState(StrEnum):
    """Where a subject result 科目成绩 stands."""

    SCORED = "scored"
    CONFIRMED = "confirmed"
    PUBLISHED = "published"


class ResultFlag(StrEnum):
    """Why a mark is not simply what was achieved."""

    NONE = ""
    ABSENT = "absent"  # 缺考
    VETO = "veto"  # 否定项
    INVALID = "invalid"  # 成绩无效, by a misconduct decision


WITHOUT_WORK = frozenset({ResultFlag.ABSENT, ResultFlag.INVALID})  # 0, whatever was answered


class BlankState(StrEnum):
    """A numbered blank 空白证书."""

    IN_STOCK = "in_stock"
    USED = "used"
    SPOILED = "spoiled"


class CertificateState(StrEnum):
    """A certificate 证书."""

    ISSUED = "issued"
    VOIDED = "voided"
