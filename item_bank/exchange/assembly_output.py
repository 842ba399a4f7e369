"""Writes a set of papers with its report, or the deficits, as JSON."""

from collections.abc import Sequence

import msgspec

from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.paper_sets.deficits import Deficit
from item_bank.rules.paper_sets.engine import ENGINE_VERSION
from item_bank.rules.paper_sets.flagship import Flagship, FlagshipObjective
from item_bank.rules.paper_sets.results import (
    FairnessReport,
    PaperSet,
    ResidualKind,
    SetPaper,
)
from item_bank.rules.paper_sets.terms import SetMode

SCHEMA = "kaohe-papers/1"
PLACES = 6  # of numbers that are not whole


class FormItem(msgspec.Struct, frozen=True):
    """An item at its place; ``options`` are canonical ids in the order to be shown."""

    code: str
    kind: ItemKind
    points: float
    options: tuple[str, ...]


class Form(msgspec.Struct, frozen=True):
    """A paper; ``expected`` gives its points at the abilities of ``scores``."""

    number: int
    version: str
    items: tuple[FormItem, ...]
    expected: tuple[float, ...]
    recent: int


class ScoreLine(msgspec.Struct, frozen=True):
    """Expected scores of all papers at one ability."""

    theta: float
    target: float
    mean: float
    least: float
    most: float
    range: float


class Passing(msgspec.Struct, frozen=True):
    """Chances to pass of a candidate of whom half pass the average paper."""

    cut_theta: float
    pass_points: float
    score_sd: float
    hardest_form: int
    hardest_chance: float
    easiest_form: int
    easiest_chance: float


class OverlapFigures(msgspec.Struct, frozen=True):
    """Items in common between any two papers."""

    allowed: int | None
    max: int
    mean: float
    matrix: tuple[tuple[int, ...], ...]


class ExposureFigures(msgspec.Struct, frozen=True):
    """Papers that hold the same item."""

    cap: int
    lifted: tuple[str, ...]
    max: int
    mean: float
    unused_share: float
    usable_items: int


class KeyFigures(msgspec.Struct, frozen=True):
    """Least and greatest share of single-choice items with the same letter as key."""

    least: float
    most: float


class ResidualLine(msgspec.Struct, frozen=True):
    """What a paper misses although everything has been tried."""

    form: int
    kind: ResidualKind
    amount: float
    words: str


class FlagshipFigures(msgspec.Struct, frozen=True):
    """The flagship paper; ``bound`` is what no choice among its candidates can exceed."""

    form: Form
    objective: FlagshipObjective
    theta: float
    value: float
    bound: float
    gap: float
    is_optimal: bool
    candidate_items: int
    usable_items: int


class DeficitLine(msgspec.Struct, frozen=True):
    """What the bank lacks."""

    range: str | None
    kind: ItemKind | None
    level: int | None
    importance: Importance | None
    needed: int
    missing: int
    words: str


class PapersFile(msgspec.Struct, frozen=True):
    """The whole file; the figures are null when the bank does not suffice."""

    schema: str
    feasible: bool
    engine_version: str
    blueprint: str
    seed: int
    mode: SetMode
    bank_hash: str
    forms: tuple[Form, ...]
    scores: tuple[ScoreLine, ...]
    passing: Passing | None
    overlap: OverlapFigures | None
    exposure: ExposureFigures | None
    keys: KeyFigures | None
    residuals: tuple[ResidualLine, ...]
    flagship: FlagshipFigures | None
    deficits: tuple[DeficitLine, ...]
    cpu_seconds: float


def papers_json(
    found: PaperSet, flagship: Flagship | None, *, blueprint: str, cpu_s: float
) -> bytes:
    """Write a set; only ``cpu_seconds`` differs from run to run."""
    report = found.report
    content = PapersFile(
        schema=SCHEMA,
        feasible=True,
        engine_version=found.engine_version,
        blueprint=blueprint,
        seed=found.seed,
        mode=found.mode,
        bank_hash=found.bank_hash,
        forms=tuple(_form(paper) for paper in found.papers),
        scores=_scores(report),
        passing=_passing(report),
        overlap=OverlapFigures(
            report.overlap.allowed,
            report.overlap.most,
            _number(report.overlap.mean),
            report.overlap.matrix,
        ),
        exposure=_exposure(report),
        keys=KeyFigures(_number(report.key_share_least), _number(report.key_share_most)),
        residuals=tuple(
            ResidualLine(r.paper, r.kind, _number(r.amount), r.words) for r in report.residuals
        ),
        flagship=_flagship(flagship) if flagship else None,
        deficits=(),
        cpu_seconds=_number(cpu_s),
    )
    return _encoded(content)


def deficits_json(
    deficits: Sequence[Deficit],
    *,
    blueprint: str,
    seed: int,
    mode: SetMode,
    bank_hash: str,
    cpu_s: float,
) -> bytes:
    """Write what the bank lacks."""
    content = PapersFile(
        schema=SCHEMA,
        feasible=False,
        engine_version=ENGINE_VERSION,
        blueprint=blueprint,
        seed=seed,
        mode=mode,
        bank_hash=bank_hash,
        forms=(),
        scores=(),
        passing=None,
        overlap=None,
        exposure=None,
        keys=None,
        residuals=(),
        flagship=None,
        deficits=tuple(
            DeficitLine(d.range_code, d.kind, d.level, d.importance, d.needed, d.missing, d.words)
            for d in deficits
        ),
        cpu_seconds=_number(cpu_s),
    )
    return _encoded(content)


def _encoded(content: PapersFile) -> bytes:
    return msgspec.json.encode(content) + b"\n"


def _number(value: float) -> float:
    return round(float(value), PLACES)


def _form(paper: SetPaper) -> Form:
    return Form(
        number=paper.number,
        version=paper.version,
        items=tuple(
            FormItem(item.code, item.kind, float(item.points), item.option_order)
            for item in paper.items
        ),
        expected=tuple(_number(value) for value in paper.expected),
        recent=paper.recent_count,
    )


def _scores(report: FairnessReport) -> tuple[ScoreLine, ...]:
    return tuple(
        ScoreLine(
            at.theta,
            _number(at.target),
            _number(at.mean),
            _number(at.least),
            _number(at.most),
            _number(at.spread),
        )
        for at in report.scores
    )


def _passing(report: FairnessReport) -> Passing:
    passing = report.passing
    return Passing(
        cut_theta=_number(passing.cut_theta),
        pass_points=_number(passing.pass_points),
        score_sd=_number(passing.score_sd),
        hardest_form=passing.hardest_paper,
        hardest_chance=_number(passing.hardest),
        easiest_form=passing.easiest_paper,
        easiest_chance=_number(passing.easiest),
    )


def _flagship(flagship: Flagship) -> FlagshipFigures:
    return FlagshipFigures(
        form=_form(flagship.paper),
        objective=flagship.terms.objective,
        theta=_number(flagship.terms.theta),
        value=_number(flagship.value),
        bound=_number(flagship.bound),
        gap=_number(flagship.gap),
        is_optimal=flagship.is_optimal,
        candidate_items=flagship.candidate_items,
        usable_items=flagship.usable_items,
    )


def _exposure(report: FairnessReport) -> ExposureFigures:
    exposure = report.exposure
    return ExposureFigures(
        cap=exposure.cap,
        lifted=exposure.lifted,
        max=exposure.most,
        mean=_number(exposure.mean),
        unused_share=_number(exposure.unused_share),
        usable_items=exposure.usable_items,
    )
