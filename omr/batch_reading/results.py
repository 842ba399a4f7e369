"""What becomes of one page: the JSON that ``kaohe cards read`` writes, or what a database keeps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from omr.reader.reading import PageReading
from omr.rules.reasons import PageStatus
from omr.rules.scanner_health import PageHealth

DIGITS = 4  # of every measure: beyond, nothing is known
MS_DIGITS = 1


@dataclass(frozen=True)
class PageResult:
    """A page in words: where it came from, what became of it, and the whole as JSON."""

    file: str
    page: int
    status: PageStatus
    reason: str | None
    json: bytes


@dataclass(frozen=True)
class KeptPage:
    """A page for the database: its reading and the image to keep, None when there is none."""

    file_name: str
    page_no: int
    reading: PageReading
    jpeg: bytes | None
    health: PageHealth | None = None


def page_result(
    file: str,
    page: int,
    reading: PageReading,
    ms: float,
    known: Mapping[str, str] | None = None,
) -> PageResult:
    """Word one reading; ``ms`` is the time from the first byte to the decision.

    The number is the filled one, else the one that ``known`` gives for the serial.
    """
    reason = str(reading.reason) if reading.reason else None
    number = reading.number or (known or {}).get(reading.serial or "")
    row: dict[str, Any] = {
        "file": file,
        "page": page,
        "status": str(reading.status),
        "reason": reason,
        "reasons": [str(found) for found in reading.reasons],
        "identity": {
            "serial": reading.serial,
            "number": number,
            "source": reading.source and str(reading.source),
            "confidence": round(reading.identity_confidence, 6),
        },
        "answers": {group: list(values) for group, values in reading.answers.items()},
        "review": list(reading.review),
        "confidence": {group: round(p, DIGITS) for group, p in reading.confidence.items()},
        "quality": _rounded(asdict(reading.quality)) if reading.quality else {},
        "sheet": reading.sheet,
        "layout_hash": reading.layout_hash,
        "engine": reading.engine_version,
        "ms": round(ms, MS_DIGITS),
    }
    return PageResult(file, page, reading.status, reason, msgspec.json.encode(row))


def _rounded(measures: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, DIGITS) if isinstance(value, float) else value
        for name, value in measures.items()
    }
