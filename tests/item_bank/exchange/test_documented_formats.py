"""docs/formats.md says what the code does: synonyms, limits and the two schemas."""

import json
import re
from pathlib import Path

import msgspec
from support.exchanged_items import invented_items

from item_bank.exchange import limits, table_headers
from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.importing import read_file
from item_bank.exchange.jsonl_reading import JsonlItem
from item_bank.exchange.report_writing import report_json
from item_bank.exchange.sniffing import Format

TEXT = (Path(__file__).parents[3] / "docs" / "formats.md").read_text("utf-8")
REPORT, LINE = (json.loads(found) for found in re.findall(r"```json\n(.*?)```", TEXT, re.S))


def test_every_format_and_synonym_is_listed():
    words = {*Format, *ExportFormat, *(w for v in table_headers.SYNONYMS.values() for w in v)}
    assert [word for word in words if f"`{word}`" not in TEXT] == []


def test_the_limits_are_those_of_the_code():
    sizes = (limits.MAX_FILE_BYTES, limits.MAX_ENTRY_BYTES, limits.MAX_UNPACKED_BYTES)
    assert (
        f"| {limits.MAX_UPLOAD_FILES} files, {limits.MAX_UPLOAD_BYTES // limits.MEGABYTE} MB |"
        in TEXT
    )
    for size in sizes:
        assert f"| {size // limits.MEGABYTE} MB |" in TEXT
    for count in (limits.MAX_ENTRIES, limits.MAX_ITEMS, limits.MAX_ROWS):
        assert f"| {count:,} |" in TEXT
    assert f"| {limits.MAX_RATIO} times |" in TEXT


def test_the_schema_of_a_line_names_its_fields():
    fields = [field.encode_name for field in msgspec.structs.fields(JsonlItem)]
    assert set(LINE["properties"]) == set(fields)


def test_the_schema_of_the_report_names_its_fields():
    report = read_file("f", written(invented_items(3), ExportFormat.JSONL))
    found = json.loads(report_json([report]))
    for part in ("files", "items"):
        schema = REPORT["properties"][part]["items"]
        assert list(schema["properties"]) == list(found[part][0]) == schema["required"]
    counts = REPORT["properties"]["files"]["items"]["properties"]["counts"]["required"]
    assert counts == list(found["files"][0]["counts"])
