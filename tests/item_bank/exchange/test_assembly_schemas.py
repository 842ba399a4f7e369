"""docs/schemas/ holds what the code reads and writes, and docs/formats.md names every table."""

import json
import runpy
from pathlib import Path

import msgspec

from item_bank.exchange.assembly_items import AssemblyLine
from item_bank.exchange.assembly_terms import BlueprintFile

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "formats.md").read_text("utf-8")
SCHEMAS = ROOT / "docs" / "schemas"
TYPES = {"string": str, "integer": int}


def test_the_schemas_are_those_of_the_code():
    made = runpy.run_path(str(ROOT / "scripts" / "make-schemas"))["schemas"]()
    assert {path.name: path.read_text("utf-8") for path in SCHEMAS.glob("assembly-*")} == made
    assert [name for name in made if f"(schemas/{name})" not in TEXT] == []


def test_every_field_and_table_is_described():
    fields = [*msgspec.structs.fields(AssemblyLine), *msgspec.structs.fields(BlueprintFile)]
    assert [f.encode_name for f in fields if f"`{f.encode_name}`" not in TEXT] == []


def test_the_lines_of_the_seed_banks_agree_with_the_schema():
    schema = json.loads((SCHEMAS / "assembly-items.schema.json").read_text("utf-8"))
    line = schema["$defs"]["AssemblyLine"]
    kinds = schema["$defs"]["ItemKind"]["enum"]
    checked = 0
    for path in sorted((ROOT / "seeds" / "item_banks").glob("*/items.jsonl")):
        for text in path.read_text("utf-8").splitlines():
            item = json.loads(text)
            assert set(line["required"]) <= set(item)
            assert item["kind"] in kinds
            for name in line["required"]:
                of = line["properties"][name].get("type", "string")
                assert isinstance(item[name], TYPES[of])
            checked += 1
    assert checked > 1_000
