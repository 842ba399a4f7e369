"""Reports how equal the papers of a set are, and what the difference means to a candidate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.cells import Margin, Stock
from item_bank.rules.paper_sets.deficits import name_of
from item_bank.rules.paper_sets.draft import Goals
from item_bank.rules.paper_sets.enemies import NO_GROUP
from item_bank.rules.paper_sets.exposure import ExposureCaps
from item_bank.rules.paper_sets.holdings import Holdings
from item_bank.rules.paper_sets.item_model import (
    MICRO,
    Integers,
    in_micro,
)
from item_bank.rules.paper_sets.results import (
    AtAbility,
    Exposure,
    FairnessReport,
    Overlap,
    PassChances,
    Residual,
    ResidualKind,
    SetPaper,
)
from item_bank.rules.paper_sets.terms import AssemblyTerms

THETA_LIMIT = 6.0
HALVINGS = 40  # of the interval in which the cut lies


@dataclass(frozen=True)
class DrawnSet:
    """The chosen items of every paper."""

    terms: AssemblyTerms
    stock: Stock
    holdings: Holdings
    chosen: tuple[Integers, ...]
    caps: ExposureCaps

    def sums(self) -> Integers:
        """Return the expected millionths of every paper at every ability, (F, T)."""
        return np.stack([self.holdings.scores[places].sum(axis=0) for places in self.chosen])

    def expected(self) -> list[tuple[float, ...]]:
        """Return the expected points of every paper."""
        return [tuple(total / MICRO for total in row) for row in self.sums().tolist()]


def report_on(drawn: DrawnSet, goals: Goals, papers: Sequence[SetPaper]) -> FairnessReport:
    """Judge a set."""
    shared = _shared(drawn)
    shares = _key_shares(drawn.stock, papers)
    return FairnessReport(
        residuals=tuple(_residuals(drawn, goals, shared)),
        scores=_scores(drawn, goals),
        passing=_passing(drawn),
        overlap=_overlap(goals, shared),
        exposure=_exposure(drawn),
        key_share_least=min(shares, default=0.0),
        key_share_most=max(shares, default=0.0),
    )


def _residuals(drawn: DrawnSet, goals: Goals, shared: Integers) -> list[Residual]:
    found: list[Residual] = []
    for place, chosen in enumerate(drawn.chosen):
        found += _margin_residuals(drawn.stock, chosen, place + 1)
        found += _score_residuals(drawn, goals, chosen, place + 1)
        found += _enemy_residuals(drawn.holdings, chosen, place + 1)
        found += _overlap_residuals(goals, shared[place, :place], place + 1)
    return found


def _margin_residuals(stock: Stock, chosen: Integers, paper: int) -> list[Residual]:
    counts = np.bincount(stock.cell_of[chosen], minlength=len(stock.cells)).astype(np.int64)
    return [
        Residual(paper, ResidualKind.MARGIN, off, _margin_words(margin, total, paper))
        for family in stock.families
        for margin, total in zip(family.margins, family.totals(counts).tolist(), strict=True)
        if (off := max(margin.low - total, total - margin.high)) > 0
    ]


def _margin_words(margin: Margin, total: int, paper: int) -> str:
    low, high = margin.low, margin.high
    wanted = f"{low}" if low == high else f"{low} 至 {high}"
    return f"第 {paper} 卷 {name_of(margin.name)}：应为 {wanted} 题，实为 {total} 题"


def _score_residuals(drawn: DrawnSet, goals: Goals, chosen: Integers, paper: int) -> list[Residual]:
    sums = drawn.holdings.scores[chosen].sum(axis=0)
    excess = np.abs(sums - goals.targets) - goals.half_width
    return [
        Residual(
            paper,
            ResidualKind.SCORE,
            over / MICRO,
            f"第 {paper} 卷 能力 {theta:g} 处期望分超出允许偏差 {over / MICRO:.2f} 分",
        )
        for theta, over in zip(drawn.terms.band.thetas, excess.tolist(), strict=True)
        if over > 0
    ]


def _enemy_residuals(holdings: Holdings, chosen: Integers, paper: int) -> list[Residual]:
    members = np.bincount(holdings.groups[chosen].ravel(), minlength=holdings.group_count)
    members[NO_GROUP] = 0
    over = int(np.maximum(members - 1, 0).sum())
    words = f"第 {paper} 卷 有 {over} 题与同卷试题互斥"
    return [Residual(paper, ResidualKind.ENEMIES, over, words)] if over else []


def _overlap_residuals(goals: Goals, shared: Integers, paper: int) -> list[Residual]:
    if goals.overlap_at_most is None:
        return []
    return [
        Residual(
            paper,
            ResidualKind.OVERLAP,
            count - goals.overlap_at_most,
            f"第 {paper} 卷 与第 {other + 1} 卷重复 {count} 题，上限为 {goals.overlap_at_most} 题",
        )
        for other, count in enumerate(shared.tolist())
        if count > goals.overlap_at_most
    ]


def _shared(drawn: DrawnSet) -> Integers:
    """Return the items in common, papers by papers."""
    held = drawn.holdings.held[np.flatnonzero(drawn.holdings.uses)].astype(np.float32)
    shared: Integers = np.rint(held.T @ held).astype(np.int64)  # exact: counts are far below 2**24
    return shared


def _scores(drawn: DrawnSet, goals: Goals) -> tuple[AtAbility, ...]:
    sums = drawn.sums()
    return tuple(
        AtAbility(
            theta,
            target / MICRO,
            int(column.sum()) / MICRO / len(column),
            int(column.min()) / MICRO,
            int(column.max()) / MICRO,
        )
        for theta, target, column in zip(
            drawn.terms.band.thetas, goals.targets.tolist(), sums.T, strict=True
        )
    )


def _passing(drawn: DrawnSet) -> PassChances:
    """Return the chances of a candidate of whom half pass the average paper to pass others.

    The score of a candidate of known ability is taken as normal with the variance of the item
    model.
    """
    uses = drawn.holdings.uses
    used = np.flatnonzero(uses)
    weights = uses[used] / len(drawn.chosen)
    curves = drawn.holdings.curves.some(used)
    full = float(sum(s.points_each * s.item_count for s in drawn.terms.sections))
    needed = float(drawn.terms.pass_share) * full

    low, high = -THETA_LIMIT, THETA_LIMIT
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        mean = float((weights * curves.means([middle])[:, 0]).sum())
        low, high = (middle, high) if mean < needed else (low, middle)
    held = drawn.holdings.held[used].astype(np.int64)
    expected = in_micro(curves.means([low])[:, 0]) @ held / MICRO
    spread = np.sqrt(in_micro(curves.variances([low])[:, 0]) @ held / MICRO)
    chances = [
        NormalDist().cdf((mean - needed) / sd) if sd else float(mean >= needed)
        for mean, sd in zip(expected.tolist(), spread.tolist(), strict=True)
    ]
    return PassChances(
        cut_theta=low,
        pass_points=needed,
        score_sd=float(spread.mean()),
        hardest=min(chances),
        easiest=max(chances),
        hardest_paper=chances.index(min(chances)) + 1,
        easiest_paper=chances.index(max(chances)) + 1,
    )


def _overlap(goals: Goals, shared: Integers) -> Overlap:
    pairs = shared[np.triu_indices(len(shared), k=1)]
    return Overlap(
        allowed=goals.overlap_at_most,
        most=int(pairs.max(initial=0)),
        mean=int(pairs.sum()) / max(1, len(pairs)),
        matrix=tuple(tuple(row) for row in shared.tolist()),
    )


def _exposure(drawn: DrawnSet) -> Exposure:
    uses = drawn.holdings.uses
    size = max(1, len(uses))
    return Exposure(
        cap=drawn.caps.usual,
        lifted=drawn.caps.lifted(),
        most=int(uses.max(initial=0)),
        mean=int(uses.sum()) / size,
        unused_share=int((uses == 0).sum()) / size,
        usable_items=len(uses),
    )


def _key_shares(stock: Stock, papers: Sequence[SetPaper]) -> list[float]:
    """Return for every paper and letter the share of single-choice items whose key it is."""
    keys = {
        item.code: next(iter(item.key))
        for item in stock.items
        if item.kind is ItemKind.SINGLE_CHOICE and len(item.key) == 1
    }
    shares: list[float] = []
    for paper in papers:
        letters = [
            item.option_order.index(keys[item.code])
            for item in paper.items
            if item.code in keys and item.option_order
        ]
        counts = Counter(letters)
        width = max((len(i.option_order) for i in paper.items if i.code in keys), default=0)
        shares += [counts[letter] / len(letters) for letter in range(width) if letters]
    return shares
