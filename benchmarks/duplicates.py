"""Measure the search for duplicates: a scan of a large bank and single checks; prints JSON.

The stems are invented from a seed: words drawn by rank from an invented vocabulary stand in the
turns of phrase of Chinese items. Into them go copies with 12 % of their characters edited,
copies with another key, and copies with the sense turned round; recall and precision say how many
of these, and what beside them, is found.

Run from the project's folder: ``python -m benchmarks.duplicates [stems]``.
"""

import json
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from item_bank.rules.duplicates import DuplicateClass, DuplicateIndex, find_duplicates
from item_bank.rules.item import ItemContent, OptionContent, judgement_options
from item_bank.rules.kinds import RIGHT, WRONG, ItemKind

STEMS = 68_000
PLANTED_SHARE = 0.03  # of each of the three sorts
EDITED_SHARE = 0.12
CHECKS = 200
SEED = 20260801
WORDS = 6_000
CHARACTERS = range(0x4E00, 0x4E00 + 2_500)
CHOICE_FRAMES = (
    "{0}的{1}是（　　）。",
    "{0}时，{1}的{2}应为（　　）。",
    "按规定，{0}{1}的{2}不应超过（　　）。",
    "发现{0}{1}{2}，首先应当{3}的是（　　）。",
    "用{0}检查{1}，{2}{3}可以说明（　　）。",
    "下列{0}中，属于{1}{2}的是（　　）。",
    "关于{0}与{1}的{2}，说法正确的是（　　）。",
    "{0}进行{1}以前，必须完成的{2}{3}是（　　）。",
)
JUDGED_FRAMES = (
    "{0}时应当先{1}再{2}{3}。",
    "{0}的{1}{2}必须{3}。",
    "作业人员可以在{0}时{1}{2}。",
    "{0}属于{1}{2}的{3}。",
)
TURNS = (
    ("不应", "应"),
    ("应当", "不应"),
    ("应为", "不应为"),
    ("可以", "不得"),
    ("必须", "不必"),
    ("正确", "错误"),
    ("属于", "不属于"),
    ("是（", "不是（"),
)
Random = np.random.Generator


@dataclass(frozen=True)
class Planted:
    """A bank with copies of known sorts: the place of each copy, of its original, and the sort."""

    items: list[ItemContent]
    copies: dict[tuple[int, int], DuplicateClass]


def invented_items(count: int, random: Random) -> list[ItemContent]:
    """Return items of invented words; a word is the rarer the later its rank."""
    alphabet = [chr(code) for code in random.permutation(CHARACTERS)]
    shares = _shares(len(alphabet), 5, 0.8)
    sizes = random.choice((2, 2, 2, 3, 4), size=WORDS)
    words = ["".join(random.choice(alphabet, size=size, p=shares)) for size in sizes]
    drawn = random.choice(WORDS, size=(count, 12), p=_shares(WORDS, 10, 0.9))
    frames = random.integers(len(CHOICE_FRAMES) + len(JUDGED_FRAMES), size=count)
    return [
        _item(int(frame), [words[word] for word in picked], int(picked[0]))
        for frame, picked in zip(frames, drawn, strict=True)
    ]


def planted_bank(count: int, random: Random) -> Planted:
    """Return a bank in which every sort of copy makes up its share."""
    each = round(PLANTED_SHARE * count)
    items = invented_items(count - 3 * each, random)
    originals = random.permutation(len(items))[: 3 * each]
    copies: dict[tuple[int, int], DuplicateClass] = {}
    sorts = (DuplicateClass.NEAR, DuplicateClass.OTHER_KEY, DuplicateClass.NEGATED)
    for number, place in enumerate(originals.tolist()):
        sort = sorts[number % 3]
        copies[place, len(items)] = sort
        items.append(_copy(items[place], sort, random))
    return Planted(items, copies)


def measure(count: int) -> dict[str, object]:
    """Scan a planted bank, check single items, and return the figures."""
    random = np.random.Generator(np.random.PCG64(SEED))
    bank = planted_bank(count, random)
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    pairs = find_duplicates(bank.items)
    scan_s, scan_cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
    found = {(pair.first, pair.second): pair.likeness.duplicate_class for pair in pairs}
    index = DuplicateIndex(bank.items)
    spent_ms, is_hit = _check_singly(index, bank.items, random)
    right = sum(pair in bank.copies for pair in found)
    return {
        "benchmark": "duplicates",
        "stems": len(bank.items),
        "scan_s": round(scan_s, 2),
        "scan_cpu_s": round(scan_cpu_s, 2),
        "check_median_ms": round(statistics.median(spent_ms), 2),
        "check_slowest_ms": round(max(spent_ms), 2),
        "checks_found": f"{sum(is_hit)} of {len(is_hit)}",
        "pairs_found": len(found),
        "precision": round(right / max(1, len(found)), 4),
        "sorts": {sort.value: _recall(sort, bank, found) for sort in {*bank.copies.values()}},
        "memory_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _recall(
    sort: DuplicateClass, bank: Planted, found: dict[tuple[int, int], DuplicateClass]
) -> dict[str, object]:
    planted = [pair for pair, planted_sort in bank.copies.items() if planted_sort is sort]
    hits = [pair for pair in planted if pair in found]
    return {
        "planted": len(planted),
        "recall": round(len(hits) / len(planted), 4),
        "class_recall": round(sum(found[pair] is sort for pair in hits) / len(planted), 4),
    }


def _check_singly(
    index: DuplicateIndex, items: Sequence[ItemContent], random: Random
) -> tuple[list[float], list[bool]]:
    """Check edited copies one by one; returns the times and whether the original was found."""
    spent_ms, is_hit = [], []
    for place in random.integers(len(items), size=CHECKS).tolist():
        copy = _copy(items[place], DuplicateClass.NEAR, random)
        started_s = time.perf_counter()
        hits = index.check(copy)
        spent_ms.append(1000 * (time.perf_counter() - started_s))
        is_hit.append(any(hit.place == place for hit in hits))
    return spent_ms, is_hit


def _shares(count: int, offset: int, power: float) -> np.ndarray:
    shares = 1 / np.arange(offset, count + offset) ** power
    return np.asarray(shares / shares.sum())


def _item(frame: int, words: Sequence[str], choice: int) -> ItemContent:
    is_choice = frame < len(CHOICE_FRAMES)
    frames = CHOICE_FRAMES if is_choice else JUDGED_FRAMES
    stem = frames[frame % len(CHOICE_FRAMES)].format(
        *(first + second for first, second in zip(words[:4], words[4:8], strict=True))
    )
    options = tuple(
        OptionContent(name, text + name) for name, text in zip("abcd", words[8:], strict=True)
    )
    return ItemContent(
        kind=ItemKind.SINGLE_CHOICE if is_choice else ItemKind.TRUE_FALSE,
        point="A-A-A-001",
        difficulty=3,
        stem=stem,
        options=options if is_choice else judgement_options(),
        key=frozenset({"abcd"[choice % 4] if is_choice else (RIGHT, WRONG)[choice % 2]}),
        rationale="",
        source="",
    )


def _copy(item: ItemContent, sort: DuplicateClass, random: Random) -> ItemContent:
    if sort is DuplicateClass.NEAR:
        return replace(item, stem=_edited(item.stem, random))
    if sort is DuplicateClass.OTHER_KEY:
        others = [o.canonical_id for o in item.options if o.canonical_id not in item.key]
        return replace(item, key=frozenset({others[0]}))
    old, new = next(turn for turn in TURNS if turn[0] in item.stem)
    return replace(item, stem=item.stem.replace(old, new, 1))


def _edited(stem: str, random: Random) -> str:
    """Replace, drop or double 12 % of the characters before the last punctuation."""
    signs = list(stem)
    body = len(stem.removesuffix("（　　）。").removesuffix("。"))
    for place in random.permutation(body)[: max(1, round(EDITED_SHARE * body))]:
        sign = chr(int(random.choice(CHARACTERS)))
        signs[place] = ("", sign, signs[place] + sign)[int(random.integers(3))]
    return "".join(signs)


if __name__ == "__main__":
    json.dump(measure(int(sys.argv[1]) if len(sys.argv) > 1 else STEMS), sys.stdout, indent=1)
    print()
