"""Which items of a bank are duplicates 重复试题, and of what sort.

A likeness is evidence for a person. Two sorts must not enter a bank unseen: the same stem with
another key, because one of the keys is wrong, and the same stem with its sense turned round,
because one item gives the other away or contradicts it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property

import numpy as np

from item_bank.rules.item import ItemContent
from item_bank.rules.kinds import ItemKind
from item_bank.rules.similarity import (
    ROUNDING,
    Floats,
    Places,
    alike_pairs,
    fit_grams,
    row_products,
    similarities,
    weigh,
)
from item_bank.rules.stem_text import Stem, denying_words, is_open, plain_texts, read_stems

NEAR_FROM = 0.55  # cosine of the neutral stems; measured, see docs/algorithms/duplicates.md
NEGATED_FROM = 0.9  # of the neutral stems of opposite sense; a stricter bound, since it blocks
SHARED_OPTIONS_FROM = 0.5  # of all options of two choice items of opposite sense
WAITING_ITEMS = 512  # added items that an index compares one by one before it is made anew
SEPARATOR = "|"  # between stem and options; no plain text holds it


class DuplicateClass(StrEnum):
    """The sorts of duplicates, gravest first."""

    OTHER_KEY = "other_key"  # 同题异答
    NEGATED = "negated"  # 题干相反
    IDENTICAL = "identical"  # 相同
    NEAR = "near"  # 近似


BLOCKING = frozenset({DuplicateClass.OTHER_KEY, DuplicateClass.NEGATED})
_GRAVITY = {name: place for place, name in enumerate(DuplicateClass)}


class KeyRelation(StrEnum):
    """How the keys of two items stand to each other, by what their options say."""

    SAME = "same"
    CONFLICT = "conflict"  # an option is right in one item and wrong in the other
    DIFFERENT = "different"


@dataclass(frozen=True)
class Evidence:
    """Why a pair has its class; ``first`` and ``second`` in the order of the pair."""

    keys: KeyRelation
    is_same_stem: bool
    is_same_figure: bool
    shared_options: int
    first_denials: tuple[str, ...]  # the words that turn the sense round
    second_denials: tuple[str, ...]


@dataclass(frozen=True)
class Likeness:
    """The class of two items with the cosines of their stems, and of stems with options."""

    duplicate_class: DuplicateClass
    stem_similarity: float
    item_similarity: float
    evidence: Evidence

    @property
    def is_blocking(self) -> bool:
        """Tell whether the newer of the two must not enter the bank."""
        return self.duplicate_class in BLOCKING


@dataclass(frozen=True)
class DuplicatePair:
    """Two items by their places in the list, ``first < second``."""

    first: int
    second: int
    likeness: Likeness


@dataclass(frozen=True)
class DuplicateHit:
    """An item of an index by its place, and how a new item resembles it."""

    place: int
    likeness: Likeness


@dataclass(frozen=True)
class StemPart:
    """A stretch of a stem, and whether the other stem lacks it."""

    text: str
    is_different: bool


def find_duplicates(
    items: Sequence[ItemContent], threshold: float = NEAR_FROM
) -> list[DuplicatePair]:
    """Return every pair of duplicates, gravest class first, then by falling similarity.

    Parameters
    ----------
    items : sequence of ItemContent
    threshold : float
        Least cosine of a pair, above 0; a lower one never loses a pair.
    """
    if not items:
        return []
    read = _read(items)
    weights, vectors = fit_grams([entry.stem.neutral for entry in read])
    first, second, cosine = alike_pairs(vectors, threshold)
    names = np.unique(np.concatenate([first, second]))
    wholes = weigh([read[name].whole for name in names], weights) if len(names) else vectors
    whole_cosine = row_products(
        wholes, np.searchsorted(names, first), np.searchsorted(names, second)
    )
    found = []
    for a, b, stems, wholly in _numbers(first, second, cosine, whole_cosine):
        likeness = _judge(read[a], read[b], stems, wholly, threshold)
        if likeness is not None:
            found.append(DuplicatePair(a, b, likeness))
    return sorted(found, key=lambda pair: (*_rank(pair.likeness), pair.first, pair.second))


class DuplicateIndex:
    """Compares new items with a bank that grows; weights are those of the last making.

    ``add`` keeps an item apart until ``WAITING_ITEMS`` wait; then the index is made anew.
    """

    def __init__(self, items: Iterable[ItemContent] = (), threshold: float = NEAR_FROM) -> None:
        self._threshold = threshold
        self._read = _read(list(items))
        self._make()

    def __len__(self) -> int:
        return len(self._read)

    def add(self, item: ItemContent) -> None:
        """Take an item in; its place is the next."""
        self._read += _read([item])
        if len(self._read) - self._made >= WAITING_ITEMS:
            self._make()

    def check(self, item: ItemContent) -> list[DuplicateHit]:
        """Return the items that a new one duplicates, gravest class first."""
        if not self._read:
            return []
        if not self._made:  # it began empty
            self._make()
        new = _read([item])[0]
        cosine = self._stem_cosines(new)
        places = np.flatnonzero(cosine >= self._threshold - ROUNDING)
        wholes = weigh([new.whole, *(self._read[place].whole for place in places)], self._weights)
        rows = np.arange(1, len(places) + 1)
        whole_cosine = row_products(wholes, np.zeros_like(rows), rows)
        found = []
        for place, _, stems, wholly in _numbers(places, places, cosine[places], whole_cosine):
            likeness = _judge(new, self._read[place], stems, wholly, self._threshold)
            if likeness is not None:
                found.append(DuplicateHit(place, likeness))
        return sorted(found, key=lambda hit: (*_rank(hit.likeness), hit.place))

    def _make(self) -> None:
        self._made = len(self._read)
        self._weights, vectors = fit_grams([entry.stem.neutral for entry in self._read])
        self._postings = vectors.T.tocsr()

    def _stem_cosines(self, new: "_ReadItem") -> Floats:
        text = new.stem.neutral
        waiting = [text, *(entry.stem.neutral for entry in self._read[self._made :])]
        vectors = weigh(waiting, self._weights)
        rows = np.arange(1, len(waiting))
        late = row_products(vectors, np.zeros_like(rows), rows)
        return np.concatenate([similarities(text, self._weights, self._postings), late])


def differing_parts(first: str, second: str) -> tuple[tuple[StemPart, ...], tuple[StemPart, ...]]:
    """Cut two stems where they differ, to show them side by side; formulas are not cut."""
    if "\\(" in first + second:
        return (StemPart(first, is_different=False),), (StemPart(second, is_different=False),)
    left, right = [], []
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    for step, start, stop, other_start, other_stop in matcher.get_opcodes():
        is_different = step != "equal"
        left.append(StemPart(first[start:stop], is_different))
        right.append(StemPart(second[other_start:other_stop], is_different))
    return tuple(part for part in left if part.text), tuple(part for part in right if part.text)


@dataclass(frozen=True)
class _ReadItem:
    """An item with its stem read; options are read when a candidate needs them."""

    content: ItemContent
    stem: Stem

    @cached_property
    def option_texts(self) -> dict[str, str]:
        """What each option says, by its canonical id; as written where plain texts collide."""
        options = self.content.options
        plain = plain_texts([option.content for option in options])
        if not all(plain) or len({*plain}) < len(plain):
            plain = [option.content.strip() for option in options]
        return {option.canonical_id: text for option, text in zip(options, plain, strict=True)}

    @cached_property
    def options(self) -> frozenset[str]:
        return frozenset(self.option_texts.values())

    @cached_property
    def key(self) -> frozenset[str]:
        return frozenset(self.option_texts[name] for name in self.content.key)

    @cached_property
    def is_open(self) -> bool:
        return self.content.kind is not ItemKind.TRUE_FALSE and is_open(self.stem.plain)

    @cached_property
    def whole(self) -> str:
        """Stem and options in an order of their own; the two of a judgement say nothing."""
        is_judged = self.content.kind is ItemKind.TRUE_FALSE
        options = [] if is_judged else sorted(self.options)
        return SEPARATOR.join([self.stem.neutral, *options])


def _read(items: Sequence[ItemContent]) -> list[_ReadItem]:
    stems = read_stems([item.stem for item in items]) if items else []
    return [_ReadItem(item, stem) for item, stem in zip(items, stems, strict=True)]


def _numbers(
    first: Places, second: Places, cosine: Floats, whole_cosine: Floats
) -> Iterable[tuple[int, int, float, float]]:
    return zip(first.tolist(), second.tolist(), cosine.tolist(), whole_cosine.tolist(), strict=True)


def _rank(likeness: Likeness) -> tuple[int, float, float]:
    gravity = _GRAVITY[likeness.duplicate_class]
    return gravity, -likeness.stem_similarity, -likeness.item_similarity


def _judge(
    first: _ReadItem, second: _ReadItem, stems: float, wholly: float, threshold: float
) -> Likeness | None:
    """Return the likeness of two items whose stems reach the threshold; None when they differ."""
    evidence = Evidence(
        keys=_compare_keys(first, second),
        is_same_stem=first.stem.bare == second.stem.bare,
        is_same_figure=_figure_hash(first) == _figure_hash(second),
        shared_options=len(first.options & second.options),
        first_denials=denying_words(first.stem),
        second_denials=denying_words(second.stem),
    )
    found = _same_stem_class(first, second, evidence)
    if found is None and _is_turned_round(first, second, stems, evidence):
        found = DuplicateClass.NEGATED
    if found is None:
        asked = wholly if first.is_open or second.is_open else stems
        found = DuplicateClass.NEAR if asked >= threshold - ROUNDING else None
    if found is None:
        return None
    return Likeness(found, min(1.0, round(stems, 4)), min(1.0, round(wholly, 4)), evidence)


def _same_stem_class(
    first: _ReadItem, second: _ReadItem, evidence: Evidence
) -> DuplicateClass | None:
    """Judge items of one stem and figure by their keys.

    Different keys without a conflict are honest where the stem asks about its own options, and
    where several options are right.
    """
    if not (evidence.is_same_stem and evidence.is_same_figure):
        return None
    if evidence.keys is KeyRelation.SAME:
        return DuplicateClass.IDENTICAL
    if evidence.keys is KeyRelation.CONFLICT:
        return DuplicateClass.OTHER_KEY
    kinds = {first.content.kind, second.content.kind}
    is_one_answer = kinds == {ItemKind.SINGLE_CHOICE} and not first.is_open
    return DuplicateClass.OTHER_KEY if is_one_answer else None


def _is_turned_round(first: _ReadItem, second: _ReadItem, stems: float, evidence: Evidence) -> bool:
    if (first.stem.denials - second.stem.denials) % 2 == 0 or stems < NEGATED_FROM:
        return False
    judged = [entry.content.kind is ItemKind.TRUE_FALSE for entry in (first, second)]
    if not evidence.is_same_figure or judged[0] != judged[1]:
        return False
    every = len(first.options | second.options)
    return evidence.shared_options >= SHARED_OPTIONS_FROM * every


def _compare_keys(first: _ReadItem, second: _ReadItem) -> KeyRelation:
    if first.key == second.key:
        return KeyRelation.SAME
    turned = first.key & (second.options - second.key) or second.key & (first.options - first.key)
    return KeyRelation.CONFLICT if turned else KeyRelation.DIFFERENT


def _figure_hash(entry: _ReadItem) -> str | None:
    figure = entry.content.figure
    return figure.file_hash if figure else None
