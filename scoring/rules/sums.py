"""Sums of decimals that are exact or fail, whatever the number of digits."""

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, localcontext
from typing import Final

_EXACT: Final = Context(prec=400, traps=[Inexact])


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Return the sum without any rounding.

    >>> exact_sum([Decimal("59.9"), Decimal("59.9"), Decimal("60.05")])
    Decimal('179.85')
    """
    with localcontext(_EXACT):
        return sum(values, Decimal(0))
