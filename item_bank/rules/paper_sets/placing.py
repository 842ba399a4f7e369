"""Turns the chosen items of a paper into one paper, or into its versions A and B."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.cells import Stock
from item_bank.rules.paper_sets.item_model import Integers
from item_bank.rules.paper_sets.ordering import (
    key_places,
    moved_within_sections,
    option_orders,
    other_key_places,
    shape_of,
    shuffled_sections,
)
from item_bank.rules.paper_sets.results import PlacedItem, SetPaper
from item_bank.rules.paper_sets.terms import AssemblyTerms, SetMode
from item_bank.rules.pool import PoolItem


def placed_papers(
    terms: AssemblyTerms,
    stock: Stock,
    chosen: Integers,
    *,
    number: int,
    seed: int,
    mode: SetMode,
) -> list[SetPaper]:
    """Put the items of a paper and their options in order, once or as versions A and B."""
    random = np.random.Generator(np.random.PCG64([seed, number, 1]))
    items = [stock.items[place] for place in chosen.tolist()]
    sections = [section.kind for section in terms.sections]
    order = shuffled_sections([item.kind for item in items], sections, random)
    items = [items[place] for place in order]
    shapes = [shape_of(item) for item in items]
    keys = key_places(shapes, random)
    first = _paper(terms, number, items, option_orders(shapes, keys, random))
    if mode is not SetMode.AB:
        return [first]
    order = moved_within_sections([item.kind for item in items], random)
    keys = other_key_places(shapes, keys, random)
    orders = option_orders(
        [shapes[place] for place in order], [keys[place] for place in order], random
    )
    second = _paper(terms, number, [items[place] for place in order], orders)
    return [replace(first, version="A"), replace(second, version="B")]


def _paper(
    terms: AssemblyTerms,
    number: int,
    items: Sequence[PoolItem],
    orders: Sequence[tuple[int, ...]],
) -> SetPaper:
    worth: dict[ItemKind, Decimal] = {s.kind: s.points_each for s in terms.sections}
    placed = tuple(
        PlacedItem(
            position,
            item.kind,
            item.version_id,
            item.code,
            worth[item.kind],
            tuple([item.options[at] for at in order]),
        )
        for position, (item, order) in enumerate(zip(items, orders, strict=True), start=1)
    )
    return SetPaper(number, "", placed, (), sum(item.is_recent for item in items))
