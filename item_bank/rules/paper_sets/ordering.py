"""Puts the items of a paper in order, and their options, so that every letter is the key equally.

Locked options and the two options of a judgement keep their places. All order comes from uniform
numbers, so that it can be repeated with any version of the generator's own shuffling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.item_model import Integers
from item_bank.rules.pool import PoolItem

Order = tuple[int, ...]  # for every displayed place, the stored place of the option


@dataclass(frozen=True)
class OptionShape:
    """What the order of options depends on."""

    count: int
    key: int  # stored place of the only key, or -1
    locked: frozenset[int]

    @property
    def places_for_key(self) -> tuple[int, ...]:
        """Return where the key may be shown."""
        if self.key in self.locked:
            return (self.key,)
        return tuple(place for place in range(self.count) if place not in self.locked)


def shape_of(item: PoolItem) -> OptionShape:
    """Return the shape of an item's options; of a judgement everything is locked."""
    places = {name: place for place, name in enumerate(item.options)}
    is_single = item.kind is ItemKind.SINGLE_CHOICE and len(item.key) == 1
    key = next((places[name] for name in item.key if name in places), -1) if is_single else -1
    locked = frozenset(places[name] for name in item.locked if name in places)
    if item.kind is ItemKind.TRUE_FALSE:
        locked = frozenset(range(len(item.options)))
    return OptionShape(len(item.options), key, locked)


def shuffled_sections(
    kinds: Sequence[ItemKind], sections: Sequence[ItemKind], random: np.random.Generator
) -> list[int]:
    """Return the places of the items section by section, in random order inside a section."""
    keys = random.random(len(kinds))
    ranks = {kind: rank for rank, kind in enumerate(sections)}
    return sorted(range(len(kinds)), key=lambda place: (ranks[kinds[place]], keys[place]))


def moved_within_sections(kinds: Sequence[ItemKind], random: np.random.Generator) -> list[int]:
    """Return another order of an ordered paper in which no item keeps its number.

    Inside a section the items are shuffled; those still in place then change round in a ring.
    """
    order = list(range(len(kinds)))
    for kind in dict.fromkeys(kinds):
        mine = [place for place in order if kinds[place] is kind]
        keys = random.random(len(mine))
        moved = sorted(mine, key=lambda place: keys[place - mine[0]])
        still = [number for number, place in enumerate(moved) if place == mine[number]]
        if len(still) == 1 and len(mine) > 1:
            still.append((still[0] + 1) % len(mine))
        ring = [moved[number] for number in still]
        for number, place in zip(still, ring[1:] + ring[:1], strict=True):
            moved[number] = place
        order[mine[0] : mine[0] + len(mine)] = moved
    return order


def key_places(shapes: Sequence[OptionShape], random: np.random.Generator) -> list[int]:
    """Return where the key of every item is shown, -1 where that is not for us to say.

    Items with the fewest places choose first, always a place that has served least.
    """
    served: dict[int, list[int]] = {}
    chosen = [-1] * len(shapes)
    keys = random.random(len(shapes))
    ties = random.random((len(shapes), max((s.count for s in shapes), default=0)))
    movable = [place for place, shape in enumerate(shapes) if shape.key >= 0]
    freedom = {place: len(shapes[place].places_for_key) for place in movable}
    for place in sorted(movable, key=lambda p: (freedom[p], keys[p])):
        shape = shapes[place]
        loads = served.setdefault(shape.count, [0] * shape.count)
        best = min(shape.places_for_key, key=lambda at: (loads[at], ties[place, at]))
        loads[best] += 1
        chosen[place] = best
    return chosen


def other_key_places(
    shapes: Sequence[OptionShape], places: Sequence[int], random: np.random.Generator
) -> list[int]:
    """Return key places for a second version: all letters change round by the same random turn."""
    turn = random.random()
    moved = []
    for shape, place in zip(shapes, places, strict=True):
        if place < 0 or shape.locked or shape.count < 2:
            moved.append(place)
        else:
            moved.append((place + 1 + int(turn * (shape.count - 1))) % shape.count)
    return moved


def option_orders(
    shapes: Sequence[OptionShape], places: Sequence[int], random: np.random.Generator
) -> list[Order]:
    """Return the order of every item's options, with the key at its place."""
    width = max((shape.count for shape in shapes), default=0)
    ranks: Integers = np.argsort(random.random((len(shapes), width)), axis=1)
    return [
        _order(shape, at, [place for place in row if place < shape.count])
        for shape, at, row in zip(shapes, places, ranks.tolist(), strict=True)
    ]


def _order(shape: OptionShape, key_at: int, shuffled: list[int]) -> Order:
    if len(shape.locked) == shape.count:
        return tuple(range(shape.count))
    fixed = {place: place for place in shape.locked}
    if key_at >= 0:
        fixed[key_at] = shape.key
    placed = set(fixed.values())
    rest = iter([place for place in shuffled if place not in placed])
    return tuple(fixed[at] if at in fixed else next(rest) for at in range(shape.count))
