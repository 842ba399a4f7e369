"""The subjects of an assessment."""

from enum import StrEnum


class Subject(StrEnum):
    """A subject 科目 of an assessment; each stands alone at 60 of 100."""

    THEORY = "theory"
    PRACTICAL = "practical"


CHINESE: dict[Subject, str] = {Subject.THEORY: "理论知识", Subject.PRACTICAL: "操作技能"}
