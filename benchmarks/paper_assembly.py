"""Measure the assembly of sets of papers against simpler ways; prints a table and JSON.

An invented bank of 20 ranges, 3 kinds and 5 levels is drawn from four times: by the engine, by
chance per kind, by chance per range and kind, and paper after paper by an integer programme over
all items. Every method's papers are judged here by the same few lines, which share no code with
the engine. Times are processor times; those of the engine are medians of three.

Run from the project's folder: ``python -m benchmarks.paper_assembly [--quick] [--json FILE]``.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, vstack

from item_bank.rules.blueprint import RangeWeight, SectionTerms, quotas_of
from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.cells import stock_of
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from item_bank.rules.paper_sets.engine import ENGINE_VERSION, assemble_set
from item_bank.rules.paper_sets.flagship import flagship_paper
from item_bank.rules.paper_sets.holdings import Holdings
from item_bank.rules.paper_sets.item_programme import ItemProgramme
from item_bank.rules.paper_sets.terms import (
    CUT_THETA,
    AssemblyTerms,
    CellQuota,
    LevelGoal,
    SetMode,
)
from item_bank.rules.pool import PoolItem

RANGES = 20
WEIGHT_LIMITS = (2, 10)  # lowest, and one above the highest
SECTIONS = (
    (ItemKind.SINGLE_CHOICE, 40, 0.30),  # items of a paper, mean chance of guessing
    (ItemKind.TRUE_FALSE, 40, 0.15),
    (ItemKind.MULTIPLE_CHOICE, 20, 0.03),
)
LEVELS = (12, 22, 36, 20, 10)
ENEMY_SHARE = 0.06
THETAS = (-1.0, -0.25, 0.5)
OVERLAP_AT_MOST = 20
BANK_SEED = 20260801
SIZES = ((1_000, 50), (5_000, 50), (20_000, 50), (1_000, 500), (5_000, 500))
PEER_PAPERS = 3  # of the slow peer; its time per paper is what counts
REPEATS = 3
Random = np.random.Generator
Paper = tuple[int, ...]


@dataclass(frozen=True)
class Task:
    """A bank, what is wanted of it, and the arrays with which papers are judged."""

    terms: AssemblyTerms
    bank: tuple[PoolItem, ...]
    scores: np.ndarray  # (N, 3)
    papers: int

    @property
    def cap(self) -> int:
        mean = self.papers * self.terms.item_count / len(self.bank)
        return max(2, int(2 * mean))


def invented_terms(random: Random) -> AssemblyTerms:
    """Return a blueprint of 100 items with weights by chance."""
    weights = random.integers(*WEIGHT_LIMITS, RANGES)
    return AssemblyTerms(
        sections=tuple(SectionTerms(kind, count, Decimal(1)) for kind, count, _ in SECTIONS),
        ranges=tuple(
            RangeWeight(f"A-A-{chr(65 + place)}", Decimal(int(weight)))
            for place, weight in enumerate(weights)
        ),
        levels=tuple(LevelGoal(level, count) for level, count in enumerate(LEVELS, start=1)),
        overlap_at_most=OVERLAP_AT_MOST,
    )


def invented_bank(terms: AssemblyTerms, size: int, random: Random) -> list[PoolItem]:
    """Return a bank in the proportions of the blueprint, with levels by chance."""
    quotas = quotas_of(terms.sections, terms.ranges)
    shares = np.array([quota.count for quota in quotas]) * size / terms.item_count
    counts = np.floor(shares).astype(int)
    counts[np.argsort(counts - shares, kind="stable")[: size - counts.sum()]] += 1
    guessing = {kind: chance for kind, _, chance in SECTIONS}
    bank: list[PoolItem] = []
    enemies = _triples(size, random)
    for quota, count in zip(quotas, counts.tolist(), strict=True):
        for level in random.choice(5, size=count, p=np.array(LEVELS) / 100):
            judged = quota.kind is ItemKind.TRUE_FALSE
            options = ("right", "wrong") if judged else ("a", "b", "c", "d")
            keys = 2 if quota.kind is ItemKind.MULTIPLE_CHOICE else 1
            number = len(bank)
            bank.append(
                PoolItem(
                    version_id=number + 1,
                    code=f"{number + 1:05d}",
                    content_hash=f"{number + 1:05d}",
                    kind=quota.kind,
                    range_code=quota.range_code,
                    point_code=quota.range_code,
                    importance=None,
                    difficulty=int(level) + 1,
                    options=options,
                    key=frozenset(random.permutation(options)[:keys].tolist()),
                    enemies=enemies.get(number, ()),
                    a=float(np.clip(random.lognormal(0.0, 0.3), 0.4, 2.5)),
                    b=float(0.75 * (level - 2) + random.normal(0, 0.5)),
                    c=guessing[quota.kind],
                )
            )
    return bank


def _triples(size: int, random: Random) -> dict[int, tuple[str, ...]]:
    picked = random.permutation(size)[: int(ENEMY_SHARE * size) // 3 * 3]
    return {int(place): (f"G{number // 3}",) for number, place in enumerate(picked)}


def task_of(size: int, papers: int) -> Task:
    random = np.random.Generator(np.random.PCG64(BANK_SEED))
    terms = invented_terms(random)
    bank = tuple(invented_bank(terms, size, random))
    a, b, c = (np.array([[getattr(item, name)] for item in bank]) for name in "abc")
    scores = c + (1 - c) / (1 + np.exp(-a * (np.array(THETAS) - b)))
    return Task(terms, bank, scores, papers)


# The ways to assemble -----------------------------------------------------------------------


def by_engine(task: Task, seed: int) -> list[Paper]:
    mode = SetMode.INDIVIDUAL if task.papers > 100 else SetMode.PARALLEL
    found = assemble_set(task.terms, task.bank, papers=task.papers, seed=seed, mode=mode)
    return [tuple(item.version_id - 1 for item in paper.items) for paper in found.papers]


def by_kind(task: Task, seed: int) -> list[Paper]:
    return _by_chance(task, seed, lambda item: item.kind.value)


def by_range(task: Task, seed: int) -> list[Paper]:
    return _by_chance(task, seed, lambda item: f"{item.range_code} {item.kind.value}")


def _by_chance(task: Task, seed: int, stratum_of: Callable[[PoolItem], str]) -> list[Paper]:
    random = np.random.Generator(np.random.PCG64(seed))
    strata: dict[str, list[int]] = {}
    for place, item in enumerate(task.bank):
        strata.setdefault(stratum_of(item), []).append(place)
    wanted: Counter[str] = Counter()
    for quota in quotas_of(task.terms.sections, task.terms.ranges):
        model = PoolItem(0, "", "", quota.kind, quota.range_code, "", None, 1)
        wanted[stratum_of(model)] += quota.count
    return [
        tuple(
            int(place)
            for name, count in wanted.items()
            for place in random.choice(strata[name], count, replace=False)
        )
        for _ in range(task.papers)
    ]


def one_after_another(task: Task, seed: int, *, band: bool) -> list[Paper]:
    """Solve an integer programme over all items per paper, with random costs."""
    random = np.random.Generator(np.random.PCG64(seed))
    fixed, low, high = _rows(task, band=band)
    uses = np.zeros(len(task.bank))
    papers: list[Paper] = []
    for _ in range(PEER_PAPERS):
        rows, most = fixed, high
        least = low
        for paper in papers:
            held = csc_array((np.ones(100), (np.zeros(100, int), paper)), shape=(1, len(uses)))
            rows = vstack([rows, held], format="csc")
            least, most = np.append(least, 0), np.append(most, OVERLAP_AT_MOST)
        found = milp(
            random.random(len(uses)),
            constraints=LinearConstraint(rows, least, most),
            integrality=np.ones(len(uses), int),
            bounds=Bounds(0, (uses < task.cap).astype(float)),
        )
        assert found.x is not None
        papers.append(tuple(np.flatnonzero(found.x > 0.5).tolist()))
        uses[list(papers[-1])] += 1
    return papers


def _rows(task: Task, *, band: bool) -> tuple[csc_array, np.ndarray, np.ndarray]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, item in enumerate(task.bank):
        groups.setdefault(("range", item.range_code, item.kind), []).append(place)
        groups.setdefault(("level", str(item.difficulty)), []).append(place)
        for name in item.enemies:
            groups.setdefault(("enemies", name), []).append(place)
    bounds: dict[tuple[str, ...], tuple[int, int]] = {
        ("level", str(g.level)): (g.count, g.count) for g in task.terms.levels
    }
    for quota in quotas_of(task.terms.sections, task.terms.ranges):
        bounds["range", quota.range_code, quota.kind] = (quota.count, quota.count)
    low = [bounds.get(name, (0, 1))[0] for name in groups]
    high = [bounds.get(name, (0, 1))[1] for name in groups]
    row, column = zip(*((n, p) for n, m in enumerate(groups.values()) for p in m), strict=True)
    rows = csc_array((np.ones(len(row)), (row, column)), shape=(len(groups), len(task.bank)))
    if band:
        target = task.scores.mean(axis=0) * task.terms.item_count
        rows = vstack([rows, csc_array(task.scores.T)], format="csc")
        low, high = [*low, *(target - 0.5)], [*high, *(target + 0.5)]
    return rows, np.array(low, float), np.array(high, float)


# Judging ------------------------------------------------------------------------------------


def judged(task: Task, papers: Sequence[Paper]) -> dict[str, float]:
    """Return what the papers are worth; violations are items off a margin, and enemies met."""
    held = np.zeros((len(papers), len(task.bank)))
    for number, paper in enumerate(papers):
        held[number, list(paper)] = 1
    shared = (held @ held.T)[np.triu_indices(len(papers), k=1)]
    scores = held @ task.scores
    uses = held.sum(axis=0)
    return {
        "violations_per_paper": sum(_violations(task, paper) for paper in papers) / len(papers),
        "score_sd": float(scores.std(axis=0).max()),
        "score_range": float(np.ptp(scores, axis=0).max()),
        "overlap_max": int(shared.max(initial=0)),
        "overlap_mean": float(shared.mean()),
        "exposure_max": int(uses.max()),
        "exposure_cap": task.cap,
        "unused_share": float((uses == 0).mean()),
    }


def _violations(task: Task, paper: Paper) -> int:
    items = [task.bank[place] for place in paper]
    cells = Counter((item.range_code, item.kind) for item in items)
    levels = Counter(item.difficulty for item in items)
    groups = Counter(name for item in items for name in item.enemies)
    quotas = quotas_of(task.terms.sections, task.terms.ranges)
    wanted = {(quota.range_code, quota.kind): quota.count for quota in quotas}
    off = sum(abs(cells[cell] - wanted.get(cell, 0)) for cell in cells | wanted)
    off += sum(abs(levels[goal.level] - goal.count) for goal in task.terms.levels)
    return off + sum(count - 1 for count in groups.values() if count > 1)


def measured(
    task: Task, name: str, method: Callable[[Task, int], list[Paper]], repeats: int
) -> dict[str, Any]:
    spent_s = []
    for _ in range(repeats):
        started_s = time.process_time()
        papers = method(task, 1)
        spent_s.append(time.process_time() - started_s)
    cpu_s = statistics.median(spent_s)
    return {
        "method": name,
        "bank_items": len(task.bank),
        "papers": len(papers),
        "cpu_s": round(cpu_s, 4),
        "cpu_ms_per_paper": round(1000 * cpu_s / len(papers), 3),
        **{key: round(value, 3) for key, value in judged(task, papers).items()},
    }


def measure(*, quick: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for size, papers in SIZES:
        task = task_of(size, papers)
        rows.append(measured(task, "engine", by_engine, REPEATS))
        if papers > 50:
            continue
        rows.append(measured(task, "chance per kind", by_kind, 1))
        rows.append(measured(task, "chance per range and kind", by_range, 1))
        if not quick:
            for name, band in (("programme per paper", False), ("same with score band", True)):
                rows.append(measured(task, name, partial(one_after_another, band=band), 1))
        for row in rows:
            ours = next(r for r in rows if r["bank_items"] == row["bank_items"])
            row["time_ratio"] = round(row["cpu_ms_per_paper"] / ours["cpu_ms_per_paper"], 2)
    return rows


def measure_others() -> list[dict[str, Any]]:
    """Time a refusal of the largest bank, and its best paper with and without the reduction."""
    task = task_of(20_000, 50)
    cell = ("A-A-A", ItemKind.TRUE_FALSE, 3)
    short = [i for i in task.bank if (i.range_code, i.kind, i.difficulty) != cell]
    quota = CellQuota(1, 1, *cell)
    wanted = replace(task.terms, quotas=(quota,))

    def refusal() -> str:
        try:
            assemble_set(wanted, short, papers=50, seed=1)
        except InfeasiblePaperError as refused:
            return "; ".join(deficit.words for deficit in refused.deficits)
        raise AssertionError("the bank was short")

    def best() -> str:
        found = flagship_paper(task.terms, task.bank, seed=1)
        return f"{found.value:.5f}, bound {found.bound:.5f}, {found.candidate_items} candidates"

    def best_of_all() -> str:
        stock = stock_of(task.terms, task.bank)
        held = Holdings(task.terms, stock, 1)
        values = held.curves.information(CUT_THETA)
        everything = np.arange(len(stock.items))
        found = ItemProgramme(stock, held.groups, everything).best(values)
        assert found is not None
        return f"{found.value:.5f}, bound {found.relaxed:.5f}, {len(everything)} candidates"

    rows = []
    for name, work in (
        ("refusal with deficits", refusal),
        ("most informative paper", best),
        ("same without reduction", best_of_all),
    ):
        spent_s = []
        for _ in range(REPEATS):
            started_s = time.process_time()
            outcome = work()
            spent_s.append(time.process_time() - started_s)
        cpu_ms = round(1000 * statistics.median(spent_s), 1)
        rows.append({"task": name, "bank_items": 20_000, "cpu_ms": cpu_ms, "outcome": outcome})
    return rows


COLUMNS = {
    "method": "method",
    "bank_items": "bank",
    "papers": "papers",
    "cpu_s": "CPU s",
    "cpu_ms_per_paper": "ms/paper",
    "time_ratio": "time ratio",
    "violations_per_paper": "violations",
    "score_sd": "score SD",
    "score_range": "score range",
    "overlap_max": "overlap max",
    "overlap_mean": "mean",
    "exposure_max": "exposure max",
    "exposure_cap": "cap",
    "unused_share": "unused",
}


def table(rows: Sequence[dict[str, object]], columns: dict[str, str]) -> str:
    lines = ["| " + " | ".join(columns.values()) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(str(row.get(key, "")) for key in columns) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="leave out the slow peers")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows = measure(quick=chosen.quick)
    print(table(rows, COLUMNS), file=sys.stderr)
    others = measure_others()
    print("\n" + table(others, {key: key for key in others[0]}), file=sys.stderr)
    found = {
        "benchmark": "paper_assembly",
        "engine_version": ENGINE_VERSION,
        "rows": rows,
        "others": others,
    }
    text = json.dumps(found, indent=1)
    if chosen.json:
        chosen.json.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
