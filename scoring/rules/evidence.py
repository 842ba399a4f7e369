"""What a mark rests on, as canonical JSON, and whether the mark follows from it (R-603)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from scoring.rules.errata import Remedy
from scoring.rules.marking import ItemMark, TheoryMark, scaled_total
from scoring.rules.outcome import publish
from scoring.rules.sums import exact_sum

HASH_LENGTH: Final = 64  # hexadecimal SHA-256 or SM3


class EvidenceSource(StrEnum):
    """Where a mark comes from."""

    ATTEMPT = "attempt"  # the work at a computer
    CARD = "card"  # a scanned answer card
    PANEL = "panel"  # the examiners' score sheets
    ABSENCE = "absence"


@dataclass(frozen=True)
class TheoryEvidence:
    """The work that was marked: an attempt's receipt or a card's scan, and the frozen paper."""

    source: EvidenceSource
    source_id: int
    source_hash: str  # of the receipt, or of the scan with its confirmed readings
    paper_hash: str
    presence: str  # how the candidate's presence was recorded


def canonical(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """Write JSON in the one form that hashes are taken of.

    >>> canonical({"b": "二", "a": [1]})
    '{"a":[1],"b":"二"}'
    """
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return the SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def theory_evidence(mark: TheoryMark, evidence: TheoryEvidence) -> str:
    """Write the evidence of a theory mark, item by item."""
    items = [
        [item.position, _text(item.points), _text(item.mark), sorted(item.answer)]
        for item in mark.items
    ]
    content: dict[str, Any] = {
        "source": evidence.source,
        "source_id": evidence.source_id,
        "source_hash": evidence.source_hash,
        "paper_hash": evidence.paper_hash,
        "presence": evidence.presence,
        "total": _text(mark.total),
        "full": _text(mark.full),
        "items": items,
    }
    if errata := [_erratum(item) for item in mark.items if item.correction is not None]:
        content["errata"] = errata
    return canonical(content)


def theory_work(text: str) -> tuple[TheoryEvidence, dict[int, frozenset[str]]]:
    """Return what a stored evidence rests on, and the answers in it by position."""
    stored = json.loads(text)
    evidence = TheoryEvidence(
        source=EvidenceSource(stored["source"]),
        source_id=stored["source_id"],
        source_hash=stored["source_hash"],
        paper_hash=stored["paper_hash"],
        presence=stored["presence"],
    )
    return evidence, {row[0]: frozenset(row[3]) for row in stored["items"]}


@dataclass(frozen=True)
class StoredItemMark:
    """What one item earned, as stored."""

    points: Decimal
    mark: Decimal

    @property
    def is_full(self) -> bool:
        """Tell whether it earned all of its points."""
        return self.mark == self.points


def item_marks(text: str) -> dict[int, StoredItemMark]:
    """Return what each item earned, by position."""
    rows = json.loads(text)["items"]
    return {row[0]: StoredItemMark(Decimal(row[1]), Decimal(row[2])) for row in rows}


def _erratum(item: ItemMark) -> list[Any]:
    assert item.correction is not None
    return [item.position, item.correction.erratum_id, item.correction.remedy]


def absence_evidence(presence: str) -> str:
    """Write the evidence of an absence."""
    return canonical({"source": EvidenceSource.ABSENCE, "presence": presence})


def source_in(text: str) -> EvidenceSource:
    """Return where the mark of a stored evidence comes from."""
    return EvidenceSource(json.loads(text)["source"])


def theory_fault(text: str, mark: Decimal) -> str | None:
    """Say in Chinese why a theory mark does not follow from its evidence, else None."""
    stored = json.loads(text)
    if EvidenceSource(stored["source"]) not in (EvidenceSource.ATTEMPT, EvidenceSource.CARD):
        return "缺少答卷或答题卡记录。"
    hashes = (stored["source_hash"], stored["paper_hash"])
    if any(len(value) != HASH_LENGTH for value in hashes) or not stored["presence"]:
        return "缺少试卷、答卷或到场记录。"
    points = exact_sum(Decimal(row[1]) for row in stored["items"])
    total = exact_sum(Decimal(row[2]) for row in stored["items"])
    if points != Decimal(stored["full"]) or total != Decimal(stored["total"]):
        return "各题得分之和与总分不符。"
    gone = {row[0] for row in stored.get("errata", []) if row[2] == Remedy.REMOVE}
    removed = exact_sum(Decimal(row[1]) for row in stored["items"] if row[0] in gone)
    if publish(scaled_total(total, points, removed)) != mark:
        return "登记的成绩与答卷得分不符。"
    return None


def _text(value: Decimal) -> str:
    return format(value, "f")
