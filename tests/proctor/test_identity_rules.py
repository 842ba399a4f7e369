"""When a mark of the check of identity may be recorded, and by whom."""

import pytest

from proctor.rules.identity import Identity, may_start, require_acceptable
from registry.errors import InvalidInputError, SeparationError

M, D, X = Identity.MATCH, Identity.DOUBTFUL, Identity.MISMATCH


@pytest.mark.parametrize(
    ("mark", "note", "before", "same"),
    [
        (M, "", None, False),
        (D, "照片不清", None, False),
        (X, "非本人", M, True),
        (M, "", D, False),
        (X, "非本人", D, False),
        (M, "已核户籍", X, False),
        (D, "补充说明", D, True),
    ],
)
def test_what_may_be_recorded(mark: Identity, note: str, before: Identity, *, same: bool) -> None:
    require_acceptable(mark, note, before, by_the_same=same)


@pytest.mark.parametrize(("mark", "note"), [(D, ""), (D, " 糊 "), (X, "")])
def test_doubt_and_refusal_need_words(mark: Identity, note: str) -> None:
    with pytest.raises(InvalidInputError):
        require_acceptable(mark, note, None, by_the_same=False)


@pytest.mark.parametrize("mark", [M, X])
def test_who_doubted_does_not_settle_the_doubt(mark: Identity) -> None:
    with pytest.raises(SeparationError):
        require_acceptable(mark, "看过了", D, by_the_same=True)


def test_only_a_mismatch_keeps_a_candidate_out() -> None:
    assert [may_start(mark) for mark in (None, M, D, X)] == [True, True, True, False]
