"""Items come into a bank in the browser: nothing unconfirmed, every fault at its cell."""

import io
import json
import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from item_bank.models import Element, Item, ItemUpload, ItemVersion
from item_bank.queries import elements_of
from item_bank.rules.element_table import POINT_LEVEL
from item_bank.rules.kinds import ItemState, UploadState
from registry.access import Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from tests.exam_server.web.office_site import Site, Visitor
from tests.exam_server.web.review_office import ReviewOffice, open_review_office
from tests.support import factories
from tests.support.faulty_workbook import FAULTS, KEYLESS, ROWS, workbook

XLSX = "题库.xlsx"
PLACE = re.compile(r"第 (\d+) 行")


@pytest.fixture
def office(site: Site, tmp_path: Path) -> ReviewOffice:
    return open_review_office(site, tmp_path / "bank")


@pytest.fixture
def manager(office: ReviewOffice) -> Visitor:
    return office.person(office.desk.manager)


@pytest.fixture
def address(office: ReviewOffice) -> str:
    return f"/bank/{office.desk.project_id}/import/"


@pytest.fixture
def points(office: ReviewOffice) -> list[str]:
    with office.site.database.reading() as db:
        found = elements_of(db, office.desk.project_id)
        return [element.code for element in found if element.level == POINT_LEVEL]


def files(*named: tuple[str, bytes]) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(content), name) for name, content in named]


def upload(visitor: Visitor, address: str, *named: tuple[str, bytes], **fields: object) -> str:
    """Send files; returns the address of their trial, which the visitor has open then."""
    response = visitor.post(address, files=files(*named), **fields)
    assert response.status_code == 302, visitor.page
    visitor.follow(response)
    return str(response.location)


def text_of(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page))


def count(site: Site, table: type) -> int:
    with site.database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def actions(site: Site) -> list[str]:
    with site.database.reading() as db:
        return list(db.scalars(select(AuditEntry.action)))


def stored_files(site: Site) -> set[Path]:
    return {path for path in site.database.files.root.rglob("*") if path.is_file()}


def rows_of(content: bytes) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


def test_twenty_planted_faults_are_each_reported_at_their_cell(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    before = count(office.site, ItemVersion)
    upload(manager, address, (XLSX, workbook(points, is_faulty=True)))
    assert "有 20 处错误，尚未导入任何试题" in manager.page
    shown = [text_of(row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", manager.page, re.S)]
    for fault in FAULTS:
        (row,) = [row for row in shown if f"第 {fault.row} 行" in row.split("（", 1)[0]][:1]
        assert f"（{fault.cell}）" in row, fault.name
        assert fault.words in row, fault.name
        assert "有错" in row, fault.name
    assert len(FAULTS) == 20
    assert count(office.site, ItemVersion) == before


def test_the_list_of_findings_names_file_cell_and_reason(
    manager: Visitor, address: str, points: list[str]
) -> None:
    trial = upload(manager, address, (XLSX, workbook(points, is_faulty=True)))
    response = manager.client.get(f"{trial}/findings.xlsx")
    rows = rows_of(response.data)[1:]
    for fault in (*FAULTS, KEYLESS):
        grade = "请核对" if fault is KEYLESS else "有错"
        told = [row for row in rows if row[2] == fault.cell and fault.words in str(row[6])]
        assert [(row[0], row[5]) for row in told][:1] == [(XLSX, grade)], fault.name


def test_the_mended_file_brings_300_drafts_and_a_second_time_nothing(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    trial = upload(manager, address, (XLSX, workbook(points, is_faulty=False)))
    assert "没有错误，尚未导入任何试题" in manager.page
    before = count(office.site, Item)
    page = manager.follow(manager.post(f"{trial}/confirm"))
    assert "已导入 300 题" in page
    assert count(office.site, Item) == before + ROWS
    with office.site.database.reading() as db:
        new = db.scalars(select(Item).order_by(Item.id.desc()).limit(ROWS)).all()
        assert {item.state for item in new} == {ItemState.DRAFT}
        assert {item.created_by_id for item in new} == {office.desk.manager.account_id}
    upload(manager, address, (XLSX, workbook(points, is_faulty=False)))
    assert "这些试题都已在库，无变化" in manager.page
    assert "确认导入" not in text_of(manager.page).split("题干", 1)[1]
    assert count(office.site, Item) == before + ROWS


def test_imported_drafts_are_submitted_together(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    trial = upload(
        manager, address, ("a.jsonl", lines([line(1, points), line(2, points, key=None)]))
    )
    manager.follow(manager.post(f"{trial}/confirm"))
    page = manager.follow(manager.post(f"{trial}/submit", confirmed="1"))
    assert "已送审 1 题" in page
    assert "还有 1 题仍为草稿" in page
    with office.site.database.reading() as db:
        new = db.scalars(select(Item).order_by(Item.id.desc()).limit(2)).all()
        assert {item.state for item in new} == {ItemState.DRAFT, ItemState.FIRST_REVIEW}
    assert actions(office.site).count("submit_item") == 1


def test_faulty_items_are_left_out_only_by_an_explicit_tick(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    content = lines([line(1, points), line(2, ["Z-Z-Z-009"]), line(3, points)])
    before = count(office.site, Item)
    trial = upload(manager, address, ("a.jsonl", content))
    page = manager.follow(manager.post(f"{trial}/confirm"))
    assert "有 1 处错误，尚未导入任何试题" in page
    assert count(office.site, Item) == before
    page = manager.follow(manager.post(f"{trial}/confirm", leave_out="1"))
    assert "已导入 2 题" in page
    assert count(office.site, Item) == before + 2
    with office.site.database.reading() as db:
        chosen = select(AuditEntry.detail).where(AuditEntry.action == "import_items")
        assert json.loads(db.scalars(chosen).one())["left_out"] == 1


def test_a_bank_that_changed_meanwhile_is_checked_again_before_anything_comes_in(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    content = lines([line(1, points), line(2, points)])
    first = upload(manager, address, ("a.jsonl", content))
    second = upload(manager, address, ("b.jsonl", lines([line(2, points), line(3, points)])))
    manager.follow(manager.post(f"{first}/confirm"))
    before = count(office.site, Item)
    page = manager.follow(manager.post(f"{second}/confirm"))
    assert "题库在检查之后有变动" in page
    assert count(office.site, Item) == before
    page = manager.follow(manager.post(f"{second}/confirm"))
    assert "已导入 1 题" in page


def test_items_without_point_take_the_chosen_one(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    content = lines([line(1, [""])])
    upload(manager, address, ("a.jsonl", content))
    assert "没有鉴定点" in manager.page
    trial = upload(manager, address, ("a.jsonl", content), point=points[1], difficulty="4")
    manager.follow(manager.post(f"{trial}/confirm"))
    with office.site.database.reading() as db:
        newest = db.scalars(select(ItemVersion).order_by(ItemVersion.id.desc())).first()
        assert newest is not None
        assert db.get_one(Element, newest.element_id).code == points[1]
    assert manager.post(address, files=files(("a", content)), point="X").status_code == 400


def test_contradictions_with_the_bank_are_errors_that_name_the_other_item(
    manager: Visitor, address: str, points: list[str]
) -> None:
    trial = upload(manager, address, ("a.jsonl", lines([line(1, points)])))
    manager.follow(manager.post(f"{trial}/confirm"))
    upload(manager, address, ("b.jsonl", lines([line(1, points, key=["c"])])))
    text = text_of(manager.page)
    assert "同题异答" in text
    assert re.search(r"与1-\d+题干相同而答案不同，不能导入", text)


def test_filters_show_one_result_and_pages_hold_fifty(
    manager: Visitor, address: str, points: list[str]
) -> None:
    trial = upload(manager, address, (XLSX, workbook(points, is_faulty=True)))
    manager.get(f"{trial}?state=faulty")
    assert manager.page.count("grid__wrong") == 20
    manager.get(f"{trial}?page=2")
    assert "2 / 6" in text_of(manager.page)
    manager.get(f"{trial}?state=known")
    assert "没有这一类试题" in manager.page


def test_the_trial_is_watermarked_and_every_view_stands_in_the_log(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    upload(manager, address, ("a.jsonl", lines([line(1, points)])))
    assert '<svg class="watermark"' in manager.page
    assert {"try_import", "view_import"} <= set(actions(office.site))


def test_what_was_sent_is_deleted_when_it_is_settled_or_late(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    before = stored_files(office.site)
    for settled in ("confirm", "discard"):
        trial = upload(manager, address, ("a.jsonl", lines([line(1, points)])))
        assert len(stored_files(office.site) - before) == 2
        manager.post(f"{trial}/{settled}")
        assert stored_files(office.site) == before
        assert manager.post(f"{trial}/{settled}").status_code == 400
    late = upload(manager, address, ("a.jsonl", lines([line(7, points)])))
    office.site.clock.advance(hours=25)  # type: ignore[attr-defined]
    manager = office.person(office.desk.manager)
    assert "没有确认，已经删除" in manager.get(late).get_data(as_text=True)
    fresh = upload(manager, address, ("a.jsonl", lines([line(8, points)])))
    assert len(stored_files(office.site) - before) == 2
    manager.post(f"{fresh}/discard")
    with office.site.database.reading() as db:
        states = db.scalars(select(ItemUpload.state).order_by(ItemUpload.id)).all()
    assert states[2:] == [UploadState.EXPIRED, UploadState.DISCARDED]


def test_nobody_else_opens_or_confirms_what_a_person_has_sent(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    trial = upload(manager, address, ("a.jsonl", lines([line(1, points)])))
    with office.site.database.transaction() as db:
        now = office.site.clock()  # type: ignore[operator]
        other = actor_of(factories.make_account(db, Role.BANK_MANAGER, now=now))
    visitor = office.person(other)
    assert visitor.get(trial).status_code == 404
    for step in ("confirm", "discard", "submit"):
        assert visitor.post(f"{trial}/{step}").status_code == 404
    elsewhere = trial.replace(f"/bank/{office.desk.project_id}/", "/bank/2/")
    assert elsewhere != trial
    assert manager.get(elsewhere).status_code == 404
    assert office.first.get(address).status_code == 403
    assert office.person(office.desk.author).post(address).status_code == 403


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"", "文件是空的"),
        ("a.xlsx", b"PK\x03\x04 nothing", "损坏"),
        ("a.docx", b"PK\x03\x04 nothing", "损坏"),
        ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><quiz>&b;</quiz>", "a.xml："),
        ("a.pdf", b"%PDF-1.7 not an item", "a.pdf："),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00", "a.png："),
        ("a.jsonl", b"\xff\xfe\x00\xd8", "a.jsonl："),
        ("..\\..\\etc\\a.txt", b"nothing at all", "a.txt："),
    ],
)
def test_rubbish_is_refused_with_its_name_and_keeps_nothing(
    manager: Visitor, address: str, office: ReviewOffice, name: str, content: bytes, words: str
) -> None:
    before = stored_files(office.site)
    response = manager.post(address, files=files((name, content)))
    assert response.status_code == 400
    assert words in text_of(manager.page)
    assert stored_files(office.site) == before
    assert count(office.site, ItemUpload) == 0


def test_one_unreadable_file_stops_the_readable_one_until_it_is_left_out(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    trial = upload(
        manager, address, ("a.jsonl", lines([line(1, points)])), ("b.xlsx", b"PK\x03\x04")
    )
    assert "有 1 处错误" in manager.page
    before = count(office.site, Item)
    manager.follow(manager.post(f"{trial}/confirm"))
    assert count(office.site, Item) == before
    manager.follow(manager.post(f"{trial}/confirm", leave_out="1"))
    assert count(office.site, Item) == before + 1


def test_files_of_one_name_are_told_apart(
    manager: Visitor, address: str, points: list[str]
) -> None:
    one, two = lines([line(1, points)]), lines([line(2, points)])
    upload(manager, address, ("a.jsonl", one), ("a.jsonl", two))
    assert "a（2）.jsonl" in manager.page


def test_the_template_is_read_again_and_offers_types_levels_and_points(
    manager: Visitor, address: str, points: list[str]
) -> None:
    content = manager.client.get(f"{address}template.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet, told = book.worksheets
    offered = {str(one.formula1) for one in sheet.data_validations.dataValidation}
    assert offered == {
        '"单选,多选,判断"',
        '"1,2,3,4,5"',
        f"'填写说明'!$D$2:$D${len(points) + 1}",
    }
    assert [row[3] for row in told.iter_rows(min_row=2, values_only=True)][:2] == points[:2]
    sheet.append(["", "判断", "水往低处流。", *[""] * 6, "√", "", 2, points[0], "", "", "因为。"])
    filled = io.BytesIO()
    book.save(filled)
    upload(manager, address, ("t.xlsx", filled.getvalue()))
    assert "确认导入 1 题" in manager.page


def line(number: int, points: list[str], **changes: object) -> dict[str, object]:
    """Return one item as a line of an items.jsonl says it."""
    words = ["缆绳", "钢尺", "水泵", "炉膛", "阀芯", "吊钩", "灰斗", "风门", "滑轮"]
    mine, other = words[number % 9], words[(number + 4) % 9]
    made: dict[str, object] = {
        "code": "",
        "kind": "single_choice",
        "point": points[number % len(points)],
        "difficulty": 3,
        "stem": f"{mine}的第{number}项检查在{other}之前进行，目的是（ ）。",
        "options": [{"id": x, "content": f"{mine}{number}{x}{other}"} for x in "abcd"],
        "key": ["b"],
        "rationale": f"规程{number}有规定。",
        "source": "示例",
    }
    made.update(changes)
    return made


def lines(items: Iterable[dict[str, object]]) -> bytes:
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in items).encode()


def test_an_author_imports_own_drafts_without_learning_what_the_bank_holds(
    manager: Visitor, address: str, points: list[str], office: ReviewOffice
) -> None:
    trial = upload(manager, address, ("a.jsonl", lines([line(1, points)])))
    manager.follow(manager.post(f"{trial}/confirm"))
    author = office.person(office.desk.author)
    own = f"/authoring/{office.desk.project_id}/import/"
    assert own in author.get("/authoring/").get_data(as_text=True)
    assert author.get(own).status_code == 200
    assert author.get(f"{own}template.xlsx").status_code == 200
    upload(author, own, ("b.jsonl", lines([line(1, points, key=["c"])])))
    assert "与题库中的试题题干相同而答案不同" in text_of(author.page)
    assert 'href="/bank/' not in author.page
    mine = upload(author, own, ("c.jsonl", lines([line(2, points)])))
    page = author.follow(author.post(f"{mine}/confirm"))
    assert "已导入 1 题" in page
    with office.site.database.reading() as db:
        newest = db.scalars(select(Item).order_by(Item.id.desc())).first()
        assert newest is not None
        assert newest.created_by_id == office.desk.author.account_id
    assert author.get(mine.replace("/authoring/", "/bank/")).status_code == 403
    assert office.first.get(own).status_code == 403
    assert author.get("/authoring/2/import/").status_code == 404
