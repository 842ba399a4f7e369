"""The states of a project in development 立项开发 and which follow which (R-203)."""

from enum import StrEnum
from typing import Final

from registry.catalog.rules.specification_states import SpecificationState


class DevelopmentState(StrEnum):
    """Where the development of a new project stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    IN_DEVELOPMENT = "in_development"
    IN_REVIEW = "in_review"
    FILED = "filed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


_S = DevelopmentState
FOLLOWING: Final[dict[DevelopmentState, frozenset[DevelopmentState]]] = {
    _S.PROPOSED: frozenset({_S.ACCEPTED, _S.REFUSED, _S.WITHDRAWN}),
    _S.ACCEPTED: frozenset({_S.IN_DEVELOPMENT, _S.WITHDRAWN}),
    _S.REFUSED: frozenset(),
    _S.IN_DEVELOPMENT: frozenset({_S.IN_REVIEW, _S.WITHDRAWN}),
    _S.IN_REVIEW: frozenset({_S.IN_DEVELOPMENT, _S.FILED, _S.WITHDRAWN}),
    _S.FILED: frozenset({_S.IN_DEVELOPMENT, _S.PUBLISHED, _S.WITHDRAWN}),
    _S.PUBLISHED: frozenset({_S.WITHDRAWN}),
    _S.WITHDRAWN: frozenset(),
}
WAY: Final = (
    _S.PROPOSED,
    _S.ACCEPTED,
    _S.IN_DEVELOPMENT,
    _S.IN_REVIEW,
    _S.FILED,
    _S.PUBLISHED,
)
OPEN: Final = (*WAY[:-1],)  # neither published nor given up
CHINESE: Final[dict[DevelopmentState, str]] = {
    _S.PROPOSED: "待立项",
    _S.ACCEPTED: "已立项",
    _S.REFUSED: "不予立项",
    _S.IN_DEVELOPMENT: "开发中",
    _S.IN_REVIEW: "审定中",
    _S.FILED: "已报部备案",
    _S.PUBLISHED: "已公布",
    _S.WITHDRAWN: "已撤回",
}
AFTER_SPECIFICATION: Final[dict[SpecificationState, DevelopmentState]] = {
    SpecificationState.DRAFT: _S.IN_DEVELOPMENT,
    SpecificationState.IN_REVIEW: _S.IN_REVIEW,
    SpecificationState.FILED: _S.FILED,
    SpecificationState.PUBLISHED: _S.PUBLISHED,
    SpecificationState.WITHDRAWN: _S.IN_DEVELOPMENT,  # another version has to be written
}
"""A project in development follows the specification that is written for it."""


def may_follow(state: DevelopmentState, following: DevelopmentState) -> bool:
    """Say whether a development may go from one state to the other."""
    return following in FOLLOWING[state]
