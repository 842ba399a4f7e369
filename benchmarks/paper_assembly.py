"""Measure paper assembly: papers per second from an invented bank; prints JSON.

Run from the project's folder: ``python -m benchmarks.paper_assembly [papers]``.
"""

import json
import statistics
import sys
import time
from decimal import Decimal

import numpy as np

from item_bank.rules.assembly import ENGINE_VERSION, AssemblyRequest, assemble
from item_bank.rules.blueprint import RangeWeight, SectionTerms
from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.pool import PoolItem

WEIGHTS = (8, 7, 5, 6, 4, 9, 10, 9, 11, 10, 11, 10)
KIND_SHARES = (
    (ItemKind.SINGLE_CHOICE, 17),
    (ItemKind.MULTIPLE_CHOICE, 3),
    (ItemKind.TRUE_FALSE, 5),
)
DIFFICULTY_SHARES = (0.15, 0.25, 0.35, 0.17, 0.08)
REQUEST = AssemblyRequest(
    sections=(
        SectionTerms(ItemKind.SINGLE_CHOICE, 60, Decimal(1)),
        SectionTerms(ItemKind.MULTIPLE_CHOICE, 10, Decimal(2)),
        SectionTerms(ItemKind.TRUE_FALSE, 20, Decimal(1)),
    ),
    ranges=tuple(
        RangeWeight(f"A-A-{chr(65 + place)}", Decimal(weight))
        for place, weight in enumerate(WEIGHTS)
    ),
)


def invented_bank(seed: int) -> list[PoolItem]:
    """Return 300 items in 12 ranges of 5 points."""
    random = np.random.Generator(np.random.PCG64(seed))
    bank: list[PoolItem] = []
    for entry in REQUEST.ranges:
        for kind, count in KIND_SHARES:
            for _ in range(count):
                point = int(random.integers(5))
                code = f"{len(bank) + 1:04d}"
                bank.append(
                    PoolItem(
                        version_id=len(bank) + 1,
                        code=code,
                        content_hash=code,
                        kind=kind,
                        range_code=entry.code,
                        point_code=f"{entry.code}-{point + 1:03d}",
                        importance=Importance.Y if point == 4 else Importance.X,
                        difficulty=1 + int(random.choice(5, p=DIFFICULTY_SHARES)),
                    )
                )
    return bank


def measure(papers: int) -> dict[str, object]:
    """Assemble so many papers and return the figures."""
    bank = invented_bank(60)
    assemble(REQUEST, bank, 0)
    spent_s = []
    met = 0
    for seed in range(1, papers + 1):
        started_s = time.perf_counter()
        paper = assemble(REQUEST, bank, seed)
        spent_s.append(time.perf_counter() - started_s)
        met += paper.margins.all_met
    return {
        "benchmark": "paper_assembly",
        "engine_version": ENGINE_VERSION,
        "bank_items": len(bank),
        "paper_items": sum(section.item_count for section in REQUEST.sections),
        "papers": papers,
        "papers_per_second": round(papers / sum(spent_s), 1),
        "median_ms": round(1000 * statistics.median(spent_s), 2),
        "slowest_ms": round(1000 * max(spent_s), 2),
        "shares_met": met,
    }


if __name__ == "__main__":
    json.dump(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200), sys.stdout, indent=1)
    print()
