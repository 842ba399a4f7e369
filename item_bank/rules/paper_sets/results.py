"""A set of papers as values, with the report on how equal they are."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.terms import SetMode


class ResidualKind(StrEnum):
    """What a paper may miss when everything has been tried."""

    MARGIN = "margin"
    SCORE = "score"
    OVERLAP = "overlap"
    ENEMIES = "enemies"
    EXPOSURE = "exposure"


@dataclass(frozen=True)
class Residual:
    """Something that one paper misses; the amount is in items or points."""

    paper: int
    kind: ResidualKind
    amount: float
    words: str


@dataclass(frozen=True)
class PlacedItem:
    """One position of a paper; ``option_order`` holds canonical ids as they are to be shown."""

    position: int
    kind: ItemKind
    version_id: int
    code: str
    points: Decimal
    option_order: tuple[str, ...]


@dataclass(frozen=True)
class SetPaper:
    """A paper of the set; A and B versions of a paper have its number in common."""

    number: int
    version: str  # "A" or "B" in such sets, else empty
    items: tuple[PlacedItem, ...]
    expected: tuple[float, ...]  # points at every ability of the terms
    recent_count: int  # items of the last papers


@dataclass(frozen=True)
class AtAbility:
    """Expected scores of all papers at one ability."""

    theta: float
    target: float
    mean: float
    least: float
    most: float

    @property
    def spread(self) -> float:
        """Return the most minus the least."""
        return self.most - self.least


@dataclass(frozen=True)
class PassChances:
    """What the spread means for a candidate of whom half pass the average paper."""

    cut_theta: float
    pass_points: float
    score_sd: float
    hardest: float  # chance to pass, 0 to 1
    easiest: float
    hardest_paper: int
    easiest_paper: int


@dataclass(frozen=True)
class Overlap:
    """Items in common between two papers of the set."""

    allowed: int | None
    most: int
    mean: float
    matrix: tuple[tuple[int, ...], ...]  # papers by papers; the diagonal is the paper's size


@dataclass(frozen=True)
class Exposure:
    """In how many papers of the set an item stands; over the items the blueprint can use."""

    cap: int
    lifted: tuple[str, ...]  # cells with too few items, and how often each of them may stand
    most: int
    mean: float
    unused_share: float
    usable_items: int


@dataclass(frozen=True)
class FairnessReport:
    """How equal the papers of a set are."""

    residuals: tuple[Residual, ...]
    scores: tuple[AtAbility, ...]
    passing: PassChances
    overlap: Overlap
    exposure: Exposure
    key_share_least: float  # of single-choice items, over all papers and letters
    key_share_most: float


@dataclass(frozen=True)
class PaperSet:
    """A set as assembled; the same terms, bank and seed give the same set."""

    engine_version: str
    seed: int
    mode: SetMode
    bank_hash: str
    papers: tuple[SetPaper, ...]
    report: FairnessReport
