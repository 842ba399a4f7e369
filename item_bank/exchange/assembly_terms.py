"""Reads the blueprint of an assembly: a bank's blueprint.toml with further tables, and ranges."""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated

import msgspec

from item_bank.exchange.assembly_faults import FaultyAssemblyFileError, described
from item_bank.exchange.assembly_items import NUMBER_LIMIT
from item_bank.exchange.records import UnreadableFileError
from item_bank.exchange.text_decoding import decoded
from item_bank.rules.blueprint import RangeWeight, SectionTerms, Shares
from item_bank.rules.element_table import RANGE_LEVEL
from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.paper_sets.flagship import FlagshipObjective, FlagshipTerms
from item_bank.rules.paper_sets.terms import (
    CUT_THETA,
    AssemblyTerms,
    CellQuota,
    CoolDown,
    LevelGoal,
    MultipleCredit,
    ScoreBand,
    check_terms,
)

ANY_SHARES = Shares(Decimal(0), Decimal(1), (Decimal("0.2"),) * 5, Decimal(1))
Level = Annotated[int, msgspec.Meta(ge=1, le=5)]
MOST_ITEMS = 10_000  # of a kind in one paper
MOST = 1_000_000  # of any number of a blueprint
Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Ability = Annotated[float, msgspec.Meta(ge=-NUMBER_LIMIT, le=NUMBER_LIMIT)]
Score = Annotated[float, msgspec.Meta(ge=0, le=MOST)]


class BlueprintSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many items of a kind, of so many points each."""

    kind: ItemKind
    item_count: Annotated[int, msgspec.Meta(ge=1, le=MOST_ITEMS)]
    points_each: Decimal


class BlueprintRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A range of elements and its weight."""

    code: str
    weight: Decimal


class BlueprintLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many items of a difficulty in every paper."""

    level: Level
    count: Count
    tolerance: Count = 0


class BlueprintQuota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number of items, or bounds, for any combination of features."""

    range: str | None = None
    kind: ItemKind | None = None
    level: Level | None = None
    importance: Importance | None = None
    count: Count | None = None
    at_least: Count = 0
    at_most: Count | None = None


class ImportanceShares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parts of 1 of the items of a paper."""

    x_at_least: Decimal = Decimal(0)
    z_at_most: Decimal = Decimal(1)


class DifficultyShares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parts of 1 for difficulty 1 to 5, and the deviation allowed."""

    shares: tuple[Decimal, Decimal, Decimal, Decimal, Decimal]
    tolerance: Decimal = Decimal(0)


class BlueprintSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules of a bank's blueprint; a table left out sets no bounds."""

    range_level: Annotated[int, msgspec.Meta(ge=1, le=6)] = RANGE_LEVEL
    max_items_per_point: Count = 1
    shares_are_goals: bool = False
    importance: ImportanceShares | None = None
    difficulty: DifficultyShares | None = None


class BlueprintBand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Expected scores, in points; without targets those of an even draw from the bank."""

    thetas: tuple[Ability, ...] = ScoreBand.thetas
    targets: tuple[Score, ...] = ()
    half_width: Score = ScoreBand.half_width


class BlueprintSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How papers of a set may resemble each other and earlier ones."""

    overlap_at_most: Count | None = None
    exposure_at_most: Annotated[int, msgspec.Meta(ge=1, le=MOST)] | None = None
    cool_down: CoolDown = CoolDown.PENALISE
    cool_down_days: Count | None = None


class BlueprintMarking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How answers are marked, as far as the expected score depends on it."""

    multiple_choice: MultipleCredit = MultipleCredit.EXACT_SET
    pass_share: Decimal = Decimal("0.6")


class BlueprintFlagship(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the flagship paper is best at."""

    objective: FlagshipObjective = FlagshipObjective.INFORMATION
    theta: Ability = CUT_THETA


class BlueprintFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    sections: tuple[BlueprintSection, ...]
    code: str = ""
    version: int = 1
    minutes: int | None = None
    settings: BlueprintSettings = BlueprintSettings()
    ranges: tuple[BlueprintRange, ...] = ()
    levels: tuple[BlueprintLevel, ...] = ()
    quotas: tuple[BlueprintQuota, ...] = ()
    score_band: BlueprintBand = BlueprintBand()
    set: BlueprintSet = BlueprintSet()
    marking: BlueprintMarking = BlueprintMarking()
    flagship: BlueprintFlagship = BlueprintFlagship()


@dataclass(frozen=True)
class ElementTable:
    """Weights of elements by level and code, importance of points."""

    weights: Mapping[int, Mapping[str, Decimal]]
    importance: Mapping[str, Importance]


@dataclass(frozen=True)
class ReadBlueprint:
    """Terms with what else the file says."""

    code: str
    terms: AssemblyTerms
    importance: Mapping[str, Importance]
    cool_down_days: int | None
    flagship: FlagshipTerms


def read_assembly_blueprint(
    content: bytes, name: str, elements: ElementTable | None
) -> ReadBlueprint:
    """Read and check a blueprint; its own ranges come before those of the element table."""
    try:
        found = msgspec.convert(tomllib.loads(decoded(content)), BlueprintFile)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise FaultyAssemblyFileError([f"{name}：不是 TOML（{fault}）"]) from fault
    except msgspec.ValidationError as fault:
        raise FaultyAssemblyFileError([f"{name} {described(fault)}"]) from fault
    except UnreadableFileError as fault:
        raise FaultyAssemblyFileError([f"{name}：{fault.reason}"]) from fault
    strange = [
        f"{name} {where}：{number} 不是可用的数" for where, number in _strange_numbers(found)
    ]
    if strange:
        raise FaultyAssemblyFileError(strange)
    terms = _terms(found, elements)
    faults = [f"{name}：{fault}" for fault in _faults(found, terms, elements)]
    if faults:
        raise FaultyAssemblyFileError(faults)
    importance = elements.importance if elements else {}
    flagship = FlagshipTerms(found.flagship.objective, found.flagship.theta)
    return ReadBlueprint(found.code, terms, importance, found.set.cool_down_days, flagship)


def read_elements(content: bytes, name: str) -> ElementTable:
    """Read an elements.csv: code, level, weight and importance; other columns are passed over."""
    weights: dict[int, dict[str, Decimal]] = {}
    importance: dict[str, Importance] = {}
    faults = []
    try:
        rows = list(csv.DictReader(io.StringIO(decoded(content))))
    except (csv.Error, UnreadableFileError) as fault:
        raise FaultyAssemblyFileError([f"{name}：不是 CSV 文件"]) from fault
    for number, row in enumerate(rows, start=2):
        try:
            code = row["code"].strip()
            if row.get("weight"):
                weights.setdefault(int(row["level"]), {})[code] = _weight(row["weight"])
            if row.get("importance"):
                importance[code] = Importance(row["importance"].strip())
        except (KeyError, TypeError, AttributeError, ValueError, InvalidOperation):
            faults.append(f"{name} 第 {number} 行：应有 code、level、weight、importance 各列")
    if faults:
        raise FaultyAssemblyFileError(faults)
    return ElementTable(weights, importance)


def _weight(text: str) -> Decimal:
    number = Decimal(text.strip())
    if not _is_usable(number):
        raise ValueError(text)
    return number


def _is_usable(number: Decimal) -> bool:
    """Tell a number from infinities, from what is no number, and from absurd sizes."""
    return number.is_finite() and abs(number) <= MOST and (not number or number.adjusted() > -12)


def _strange_numbers(found: BlueprintFile) -> Iterator[tuple[str, Decimal]]:
    """Name the decimal numbers nobody can reckon with."""
    settings = found.settings
    numbers = [
        *(
            (f"sections 第 {n} 项 points_each", s.points_each)
            for n, s in enumerate(found.sections, 1)
        ),
        *((f"ranges 第 {n} 项 weight", entry.weight) for n, entry in enumerate(found.ranges, 1)),
        ("marking pass_share", found.marking.pass_share),
    ]
    if settings.importance:
        numbers.append(("settings importance x_at_least", settings.importance.x_at_least))
        numbers.append(("settings importance z_at_most", settings.importance.z_at_most))
    if settings.difficulty:
        numbers += [("settings difficulty shares", share) for share in settings.difficulty.shares]
        numbers.append(("settings difficulty tolerance", settings.difficulty.tolerance))
    return (pair for pair in numbers if not _is_usable(pair[1]))


def _terms(found: BlueprintFile, elements: ElementTable | None) -> AssemblyTerms:
    settings = found.settings
    ranges = {entry.code: entry.weight for entry in found.ranges}
    if not ranges and elements:
        ranges = dict(elements.weights.get(settings.range_level, {}))
    return AssemblyTerms(
        sections=tuple(SectionTerms(s.kind, s.item_count, s.points_each) for s in found.sections),
        ranges=tuple(RangeWeight(code, weight) for code, weight in ranges.items()),
        shares=_shares(settings),
        levels=tuple(LevelGoal(g.level, g.count, g.tolerance) for g in found.levels),
        quotas=tuple(_quota(quota, found) for quota in found.quotas),
        band=ScoreBand(
            found.score_band.thetas, found.score_band.targets, found.score_band.half_width
        ),
        overlap_at_most=found.set.overlap_at_most,
        exposure_at_most=found.set.exposure_at_most,
        cool_down=found.set.cool_down,
        one_per_point=settings.max_items_per_point > 0,
        multiple_credit=found.marking.multiple_choice,
        pass_share=found.marking.pass_share,
        is_strict=not settings.shares_are_goals,
    )


def _shares(settings: BlueprintSettings) -> Shares:
    importance, difficulty = settings.importance, settings.difficulty
    return Shares(
        core_at_least=importance.x_at_least if importance else ANY_SHARES.core_at_least,
        auxiliary_at_most=importance.z_at_most if importance else ANY_SHARES.auxiliary_at_most,
        difficulty=difficulty.shares if difficulty else ANY_SHARES.difficulty,
        tolerance=difficulty.tolerance if difficulty else ANY_SHARES.tolerance,
    )


def _quota(quota: BlueprintQuota, found: BlueprintFile) -> CellQuota:
    size = sum(section.item_count for section in found.sections)
    low, high = quota.at_least, size if quota.at_most is None else quota.at_most
    if quota.count is not None:
        low = high = quota.count
    return CellQuota(low, high, quota.range, quota.kind, quota.level, quota.importance)


def _faults(found: BlueprintFile, terms: AssemblyTerms, elements: ElementTable | None) -> list[str]:
    if not terms.ranges:
        level = found.settings.range_level
        reason = (
            f"细目表中没有 {level} 级范围的比重" if elements else "没有 [[ranges]]，也没有细目表"
        )
        return [f"{reason}；请写明各鉴定范围的比重。"]
    codes = [entry.code for entry in found.ranges]
    if len(set(codes)) < len(codes):
        return ["同一鉴定范围只能出现一次。"]
    shares = (terms.shares.core_at_least, terms.shares.auxiliary_at_most)
    if not all(0 <= share <= 1 for share in shares):
        return ["重要程度 X、Z 的比例应在 0 与 1 之间。"]
    return list(check_terms(terms))
