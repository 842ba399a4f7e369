"""How often a confident answer is wrong unnoticed: the sample to look at, and what it proves; pure.

A sample without an error does not prove that there is none: it proves a bound (the rule of three,
3/n), which is what reports print.
"""

import hashlib
import math
import random
from collections.abc import Sequence
from typing import TypeVar

import scipy  # its parts are loaded when first used: 60 MB that few servers need

Answer = TypeVar("Answer")
CONFIDENCE = 0.95
TARGETS = (0.02, 0.01, 0.005, 0.001)
"""Bounds that a sample without an error can be asked to prove."""


def sample_size(target: float, *, confidence: float = CONFIDENCE) -> int:
    """Return how many answers without one error prove a rate of at most ``target``.

    >>> [sample_size(target) for target in TARGETS]
    [149, 299, 598, 2995]
    """
    return math.ceil(math.log(1 - confidence) / math.log(1 - target))


def upper_bound(errors: int, looked_at: int, *, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided upper bound of the rate of silent errors.

    Parameters
    ----------
    errors : int
        Of the answers looked at, those that were wrong.
    looked_at : int
        The answers a person has judged.
    confidence : float
        That the true rate lies below the bound.

    Returns
    -------
    float
        A rate, 0 to 1; 1 when nothing was looked at.

    References
    ----------
    C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case
    of the binomial", Biometrika 26, 1934.

    Examples
    --------
    >>> round(upper_bound(0, 299), 5), round(upper_bound(1, 299), 5), upper_bound(0, 0)
    (0.00997, 0.01577, 1.0)
    """
    if errors >= looked_at:
        return 1.0
    return float(scipy.special.betaincinv(errors + 1, looked_at - errors, confidence))


def seed_of(*facts: object) -> str:
    """Return a seed that nobody has chosen: it follows from what is sampled."""
    return hashlib.sha256("\n".join(map(str, facts)).encode()).hexdigest()[:16]


def drawn(answers: Sequence[Answer], size: int, seed: str) -> list[Answer]:
    """Draw that many answers without repeats, all when there are fewer; the same for a seed.

    >>> drawn("abcdef", 3, "1") == drawn("abcdef", 3, "1"), len(drawn("ab", 3, "1"))
    (True, 2)
    """
    return random.Random(seed).sample(list(answers), min(size, len(answers)))
