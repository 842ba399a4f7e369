"""What an item is expected to earn: three-parameter logistic curves, known or from the level.

The chance of a right answer at ability t is c + (1 - c) / (1 + exp(-a (t - b))).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.terms import MultipleCredit
from item_bank.rules.pool import PoolItem

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MICRO = 1_000_000  # expected scores are summed as whole millionths, so that no order matters
LEVEL_DIFFICULTY = (-1.5, -0.75, 0.0, 0.75, 1.5)  # b of levels 1 to 5 before calibration
PLAIN_DISCRIMINATION = 1.0  # a before calibration
GUESSING = {
    ItemKind.SINGLE_CHOICE: 0.25,  # one of four
    ItemKind.MULTIPLE_CHOICE: 0.03,  # about one of the 26 sets of two or more out of five
    ItemKind.TRUE_FALSE: 0.5,
}
SUBSET_SHARE = 0.4  # assumed share of failed multiple answers that are right but not complete
SUBSET_CREDIT = 0.5


def parameters_of(items: Sequence[PoolItem]) -> Floats:
    """Return discrimination, difficulty and guessing of every item, one row each.

    A parameter that is not known comes from the level and the kind of the item.
    """
    rows = [
        (
            PLAIN_DISCRIMINATION if item.a is None else item.a,
            LEVEL_DIFFICULTY[item.difficulty - 1] if item.b is None else item.b,
            GUESSING[item.kind] if item.c is None else item.c,
        )
        for item in items
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), 3)


def chances(parameters: Floats, thetas: Sequence[float]) -> Floats:
    """Return the chance of a right answer.

    Parameters
    ----------
    parameters : (N, 3) float ndarray
        Rows of a, b, c.
    thetas : sequence of float
        Abilities.

    Returns
    -------
    (N, T) float ndarray
        From 0 to 1.

    References
    ----------
    .. [1] A. Birnbaum, "Some latent trait models", 1968.

    Examples
    --------
    >>> chances(np.array([[1.0, 0.0, 0.2]]), [0.0]).round(3).tolist()
    [[0.6]]
    """
    a, b, c = (parameters[:, [column]] for column in range(3))
    exponent = np.clip(a * (np.asarray(thetas, dtype=np.float64) - b), -500, 500)
    curve: Floats = c + (1 - c) / (1 + np.exp(-exponent))
    return curve


@dataclass(frozen=True)
class ItemCurves:
    """What items earn as ability grows."""

    parameters: Floats  # (N, 3)
    points: Floats  # (N,)
    part: Floats  # (N,) share of failed answers that earn half

    @classmethod
    def of(
        cls,
        items: Sequence[PoolItem],
        points: Mapping[ItemKind, Decimal],
        credit: MultipleCredit = MultipleCredit.EXACT_SET,
    ) -> "ItemCurves":
        """Return the curves of items; so many points for an item of each kind."""
        worth = {kind: float(value) for kind, value in points.items()}
        halves = credit is MultipleCredit.HALF_FOR_SUBSET
        share = {ItemKind.MULTIPLE_CHOICE: SUBSET_SHARE if halves else 0.0}
        return cls(
            parameters_of(items),
            np.array([worth[item.kind] for item in items], dtype=np.float64),
            np.array([share.get(item.kind, 0.0) for item in items], dtype=np.float64),
        )

    def some(self, places: Integers) -> "ItemCurves":
        """Return the curves of some of the items."""
        return ItemCurves(self.parameters[places], self.points[places], self.part[places])

    def means(self, thetas: Sequence[float]) -> Floats:
        """Return the expected points, (N, T)."""
        right = chances(self.parameters, thetas)
        part = (1 - right) * self.part[:, None]
        means: Floats = (right + SUBSET_CREDIT * part) * self.points[:, None]
        return means

    def variances(self, thetas: Sequence[float]) -> Floats:
        """Return the variance of the points at known ability, (N, T)."""
        right = chances(self.parameters, thetas)
        part = (1 - right) * self.part[:, None]
        mean = right + SUBSET_CREDIT * part
        squares = right + SUBSET_CREDIT**2 * part
        variances: Floats = (squares - mean**2) * self.points[:, None] ** 2
        return variances

    def information(self, theta: float) -> Floats:
        """Return the Fisher information of every item at one ability, (N,).

        References
        ----------
        .. [1] F. M. Lord, "Applications of item response theory", 1980, equation 5-9.
        """
        right = chances(self.parameters, [theta])[:, 0]
        a, c = self.parameters[:, 0], self.parameters[:, 2]
        gained: Floats = a**2 * (1 - right) / right * ((right - c) / (1 - c)) ** 2
        return gained


def in_micro(values: Floats) -> Integers:
    """Round points to whole millionths."""
    return np.rint(values * MICRO).astype(np.int64)
