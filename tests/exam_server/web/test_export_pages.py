"""Items leave a bank in the browser for a stated reason only, and never without a record."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from item_bank.exchange.exporting import ExportFormat
from item_bank.exchange.importing import read_file
from item_bank.exchange.records import Status
from item_bank.models import Item
from item_bank.rules.kinds import ItemKind, ItemState
from registry.audit_log import AuditEntry
from tests.exam_server.web.office_site import Site, Visitor
from tests.exam_server.web.review_office import ReviewOffice, open_review_office
from tests.support.invented_bank import SVG

REASON = "移交省题库"
WHOLE: dict[str, object] = {
    "format": "excel",
    "states": ["banked"],
    "kinds": [kind.value for kind in ItemKind],
    "reason": REASON,
    "promised": "1",
}


@pytest.fixture
def office(site: Site, tmp_path: Path) -> ReviewOffice:
    return open_review_office(site, tmp_path / "bank")


@pytest.fixture
def manager(office: ReviewOffice) -> Visitor:
    return office.person(office.desk.manager)


@pytest.fixture
def address(office: ReviewOffice) -> str:
    return f"/bank/{office.desk.project_id}/export/"


def exports(office: ReviewOffice) -> list[dict[str, object]]:
    with office.site.database.reading() as db:
        chosen = select(AuditEntry.detail).where(AuditEntry.action == "export_bank")
        return [json.loads(detail) for detail in db.scalars(chosen)]


def banked(office: ReviewOffice) -> set[str]:
    with office.site.database.reading() as db:
        chosen = select(Item.code).where(
            Item.project_id == office.desk.project_id, Item.state == ItemState.BANKED
        )
        return set(db.scalars(chosen))


@pytest.mark.parametrize("target", ExportFormat)
def test_the_file_holds_the_chosen_items_and_stands_in_the_log(
    manager: Visitor, address: str, office: ReviewOffice, target: ExportFormat
) -> None:
    response = manager.post(address, **{**WHOLE, "format": target.value})
    assert response.status_code == 200
    content = response.data
    if target is ExportFormat.JSONL and content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read("items.jsonl")
    report = read_file("bank", content)
    assert {item.identifier for item in report.items} == banked(office)
    assert all(item.status is not Status.ERROR for item in report.items)
    (line,) = exports(office)
    assert (line["reason"], line["items"], line["format"]) == (
        REASON,
        len(report.items),
        target.value,
    )


def test_figures_of_json_lines_go_with_the_file(
    manager: Visitor, address: str, office: ReviewOffice
) -> None:
    response = manager.post(
        address, **{**WHOLE, "format": "jsonl", "states": ["banked", "first_review"]}
    )
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        figures = [archive.read(name) for name in archive.namelist() if name != "items.jsonl"]
    assert SVG.encode() in figures


def test_states_and_types_narrow_what_leaves(
    manager: Visitor, address: str, office: ReviewOffice
) -> None:
    response = manager.post(address, **{**WHOLE, "kinds": ["true_false"]})
    report = read_file("bank.xlsx", response.data)
    assert {item.type.value for item in report.items} == {"judge"}
    assert exports(office)[0]["kinds"] == ["true_false"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": " "}, "导出事由"),
        ({"promised": ""}, "保密责任"),
        ({"states": []}, "请各选择至少一项"),
        ({"states": ["retired"]}, "没有符合条件的试题"),
        ({"format": "pdf"}, "请从列表中选择一项"),
    ],
)
def test_nothing_leaves_without_reason_promise_and_choice(
    manager: Visitor,
    address: str,
    office: ReviewOffice,
    change: dict[str, object],
    words: str,
) -> None:
    response = manager.post(address, **{**WHOLE, **change})
    assert response.status_code == 400
    assert words in manager.page
    assert exports(office) == []


def test_only_those_who_may_export_see_the_page(
    manager: Visitor, address: str, office: ReviewOffice
) -> None:
    assert "试题在启用前属于秘密" in manager.get(address).get_data(as_text=True)
    assert office.first.get(address).status_code == 403
    assert office.person(office.desk.author).post(address, **WHOLE).status_code == 403
    assert manager.get("/bank/9999/export/").status_code == 404
