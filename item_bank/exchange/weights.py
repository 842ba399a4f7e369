"""How much of an item's mark each option gives, for formats that score by shares."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from item_bank.exchange.records import ItemType, ReadItem

PLACES = Decimal("0.0000001")  # 33.33333 per cent: five digits, as Moodle writes


def shares_of(item: ReadItem) -> dict[str, Decimal]:
    """Return the shares by option; a wrong option of a multiple item takes the mark away.

    Without weights of its own a multiple item divides its mark among the right options, and
    each wrong option costs the whole of it, which comes nearest to "all or nothing". Without a
    key nothing is given, since shares would be read as one.
    """
    if item.weights and item.key is not None:
        whole = _whole(item)
        return {name: (weight / whole).quantize(PLACES) for name, weight in item.weights.items()}
    key = item.key or ()
    if item.type is not ItemType.MULTIPLE:
        return dict.fromkeys(key, Decimal(1))
    share = (1 / Decimal(max(len(key), 1))).quantize(PLACES, ROUND_HALF_UP)
    wrong = Decimal(-1) if key else Decimal(0)
    return {o.id: share if o.id in key else wrong for o in item.options}


def _whole(item: ReadItem) -> Decimal:
    """Return what the best answer earns; marks of other systems may be more than one."""
    positive = [weight for weight in item.weights.values() if weight > 0]
    best = sum(positive, Decimal(0)) if item.type is ItemType.MULTIPLE else max(positive, default=0)
    return max(Decimal(1), Decimal(best))


def is_all_or_nothing(weights: Mapping[str, Decimal]) -> bool:
    """Tell equal shares of right options with the whole mark lost by a wrong one."""
    right = {weight for weight in weights.values() if weight > 0}
    return len(right) == 1 and all(w == -1 for w in weights.values() if w <= 0)
