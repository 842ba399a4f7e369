"""A bank goes out with everything its items say, and every export stands in the log."""

import json

import pytest
from sqlalchemy import select
from support.invented_bank import SVG

from item_bank.bank_queries import ItemFilter, item_page
from item_bank.exchange.exporting import PACKING, ExportFormat
from item_bank.exchange.importing import read_file
from item_bank.exchange.records import Status
from item_bank.export_actions import export_bank
from item_bank.models import Item
from item_bank.queries import blueprints_of
from item_bank.rules.kinds import ItemState
from item_bank.sealing import content_of
from registry.access import Role
from registry.audit_log import AuditEntry
from registry.errors import NotAllowedError, NotFoundError


def exported(db, bank, target, now, **more):
    return export_bank(db, bank.project_id, target, actor=bank.manager, now=now, **more)


def logged(db):
    rows = db.scalars(select(AuditEntry).where(AuditEntry.action == "export_bank"))
    return [json.loads(row.detail) for row in rows]


@pytest.mark.parametrize("target", ExportFormat)
def test_all_banked_items_are_read_again_with_point_level_key_and_points(db, bank, now, target):
    made = exported(db, bank, target, now)
    report = read_file("bank", made.content)
    stored = {item.code: content_of(item.versions[-1]) for item in db.scalars(select(Item))}
    assert {item.identifier for item in report.items} == stored.keys()
    points = {s.kind: s.points_each for s in blueprints_of(db, bank.project_id)[0].sections}
    for item in report.items:
        content = stored[item.identifier]
        assert item.status is not Status.ERROR
        assert (item.stem, set(item.key)) == (content.stem, content.key)
        assert (item.point, item.difficulty) == (content.point, content.difficulty)
        assert (item.rationale, item.source) == (content.rationale, content.source)
        assert item.points == points[content.kind]


@pytest.mark.parametrize("target", sorted(PACKING))
def test_figures_are_packed(db, bank, now, target):
    read = read_file("bank", exported(db, bank, target, now).content).items
    figures = [item.figure for item in read if item.figure]
    assert [figure.content for figure in figures] == [SVG.encode()]
    assert figures[0].description


def test_an_export_stands_in_the_log_with_format_and_count(db, bank, now):
    made = exported(db, bank, ExportFormat.EXCEL, now)
    (detail,) = logged(db)
    assert (detail["format"], detail["items"]) == ("excel", len(made.items))
    assert (detail["states"], detail["figures"]) == (["banked"], 1)


def test_drafts_stay_in_the_bank_unless_they_are_asked_for(db, bank, now):
    line = item_page(
        db, bank.project_id, ItemFilter(), offset=0, limit=1, actor=bank.manager
    ).lines[0]
    db.get(Item, line.item_id).state = ItemState.DRAFT
    banked = exported(db, bank, ExportFormat.JSONL, now)
    every = exported(db, bank, ExportFormat.JSONL, now, states=frozenset(ItemState))
    assert len(every.items) == len(banked.items) + 1
    assert line.code not in {item.identifier for item in banked.items}


def test_only_those_who_may_export_do(db, bank, now):
    with pytest.raises(NotAllowedError):
        export_bank(db, bank.project_id, ExportFormat.QTI3, actor=bank.releaser, now=now)
    assert logged(db) == []
    with pytest.raises(NotFoundError):
        export_bank(
            db, 9999, ExportFormat.QTI3, actor=bank.office.actor(Role.BANK_MANAGER), now=now
        )
