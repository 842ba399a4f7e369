"""The banks that come with the project are sound and carry papers that meet every goal."""

from pathlib import Path

import pytest
from support.single_papers import AssemblyRequest, assemble

from item_bank.exchange.bank_folder import read_bank
from item_bank.rules.blueprint import RangeWeight
from item_bank.rules.element_table import RANGE_LEVEL
from item_bank.rules.item import content_hash
from item_bank.rules.kinds import Importance
from item_bank.rules.pool import PoolItem

FOLDERS = sorted(
    path.parent
    for path in Path(__file__).parents[2].glob("seeds/item_banks/[0-9]*/items.jsonl")
    if path.parent.name.isdigit()
)
SEEDS = range(10)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_seed_bank_is_sound_and_carries_papers(folder):
    source = read_bank(folder)
    importance = {row.code: row.importance for row in source.elements}
    ranges = [RangeWeight(r.code, r.weight) for r in source.elements if r.level == RANGE_LEVEL]
    request = AssemblyRequest(source.blueprint.sections, tuple(ranges), source.blueprint.shares)
    pool = [
        PoolItem(
            version_id=number,
            code=item.code,
            content_hash=content_hash(item.content),
            kind=item.content.kind,
            range_code=item.content.point.rpartition("-")[0],
            point_code=item.content.point,
            importance=Importance(importance[item.content.point]),
            difficulty=item.content.difficulty,
        )
        for number, item in enumerate(source.items)
    ]
    assert [assemble(request, pool, seed).margins.missed for seed in SEEDS] == [()] * len(SEEDS)
