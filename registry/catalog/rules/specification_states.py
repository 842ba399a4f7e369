"""The states of a specification and which follow which; from filed on its text is frozen."""

from enum import StrEnum
from typing import Final


class SpecificationState(StrEnum):
    """Where a version of a specification 考核规范 stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    FILED = "filed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


_S = SpecificationState
FOLLOWING: Final[dict[SpecificationState, frozenset[SpecificationState]]] = {
    _S.DRAFT: frozenset({_S.IN_REVIEW, _S.WITHDRAWN}),
    _S.IN_REVIEW: frozenset({_S.DRAFT, _S.FILED, _S.WITHDRAWN}),
    _S.FILED: frozenset({_S.PUBLISHED, _S.WITHDRAWN}),
    _S.PUBLISHED: frozenset({_S.WITHDRAWN}),
    _S.WITHDRAWN: frozenset(),
}
UNFINISHED: Final = (_S.DRAFT, _S.IN_REVIEW, _S.FILED)
CHINESE: Final[dict[SpecificationState, str]] = {
    _S.DRAFT: "起草中",
    _S.IN_REVIEW: "审定中",
    _S.FILED: "已报部备案",
    _S.PUBLISHED: "已公布",
    _S.WITHDRAWN: "已撤回",
}


def may_follow(state: SpecificationState, following: SpecificationState) -> bool:
    """Say whether a version may go from one state to the other."""
    return following in FOLLOWING[state]
