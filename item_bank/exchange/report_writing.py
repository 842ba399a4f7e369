"""Writes the report of a trial import as JSON; its schema stands in docs/formats.md."""

from collections.abc import Sequence

import msgspec

from item_bank.exchange.importing import FileReport
from item_bank.exchange.records import FigureLink, ReadItem

SCHEMA = "kaohe-import/1"


def report_json(reports: Sequence[FileReport]) -> bytes:
    """Return the whole report, indented."""
    found = {
        "schema": SCHEMA,
        "files": [_file(report) for report in reports],
        "items": [_item(report.file, item) for report in reports for item in report.items],
    }
    encoder = msgspec.json.Encoder(decimal_format="number")
    return msgspec.json.format(encoder.encode(found), indent=1) + b"\n"


def _file(report: FileReport) -> dict[str, object]:
    return {
        "file": report.file,
        "format": report.format,
        "status": report.status,
        "messages": [str(message) for message in report.messages],
        "counts": report.counts,
    }


def _item(file: str, item: ReadItem) -> dict[str, object]:
    return {
        "file": file,
        "place": item.place,
        "identifier": item.identifier,
        "type": item.type,
        "stem": item.stem,
        "options": [{"id": o.id, "text": o.text, "source_id": o.source_id} for o in item.options],
        "key": None if item.key is None else list(item.key),
        "points": item.points,
        "point": item.point,
        "difficulty": item.difficulty,
        "rationale": item.rationale,
        "source": item.source,
        "locked": list(item.locked),
        "weights": dict(item.weights),
        "figure": item.figure and _figure(item.figure),
        "original": item.original or None,
        "status": item.status,
        "messages": [str(message) for message in item.messages],
    }


def _figure(figure: FigureLink) -> dict[str, object]:
    return {
        "file": figure.file,
        "description": figure.description,
        "media_type": figure.media_type or None,
        "bytes": len(figure.content),
        "sha256": figure.file_hash,
    }
