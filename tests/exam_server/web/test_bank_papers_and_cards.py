"""From the item bank over a released paper to printed, scanned, reviewed and marked cards."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from item_bank.actions import load_bank
from item_bank.exchange.bank_folder import read_bank
from omr.layouts import layout_named
from omr.reader.blank import render_page
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.scanner import scan_card
from omr.rehearsal.severity import LADDER, Level
from registry.access import Role
from registry.accounts.queries import actor_of
from registry.catalog.queries import project_by_number
from registry.catalog.rules.subjects import Subject
from registry.scheduling.models import ExamMode
from tests.exam_server.web.office_site import Site, Visitor
from tests.support import factories
from tests.support.invented_bank import write_bank

DPI = 200


@dataclass(frozen=True)
class CardOffice:
    """A sitting on cards in a city of its own, and the bank of its project."""

    site: Site
    project_id: int
    plan_id: int
    sitting_id: int

    def person(self, role: Role) -> Visitor:
        """Somebody of this office, signed in."""
        return self.site.signed_in(f"cards_{role.value}")


@pytest.fixture
def office(site: Site, tmp_path: Path) -> CardOffice:
    now = site.clock()  # type: ignore[operator]
    with site.database.transaction() as db:
        own = factories.make_office(db, now=now, division="320902")
        scene = factories.make_scene(
            db,
            now=now,
            count=2,
            office=own,
            subjects=(Subject.THEORY,),
            mode=ExamMode.ANSWER_CARD,
        )
        reviewer = factories.make_account(db, Role.BANK_MANAGER, now=now)
        load_bank(
            db,
            1,
            read_bank(write_bank(tmp_path / "bank")),
            actor=own.actor(Role.BANK_MANAGER),
            reviewer=actor_of(reviewer),
            now=now,
        )
        logins = {f"cards_{r.value}": a.login_name for r, a in own.accounts.items()}
        site.known.logins.update(logins)  # type: ignore[attr-defined]
        sitting_id = scene.sitting(Subject.THEORY).id
        return CardOffice(site, project_by_number(db, 1).id, scene.plan.id, sitting_id)


def released_paper(office: CardOffice) -> str:
    """Compose and release a paper by two people; returns its address."""
    manager, releaser = office.person(Role.BANK_MANAGER), office.person(Role.PAPER_RELEASER)
    manager.get(f"/papers/compose/{office.plan_id}")
    blueprint = re.search(r'<option value="(\d+)"', manager.page)
    assert blueprint is not None
    response = manager.post(f"/papers/compose/{office.plan_id}", blueprint_id=blueprint[1])
    assert "与方案对照" in manager.follow(response)
    address = str(response.location)
    assert manager.post(f"{address}/release", confirmed="1").status_code == 403
    releaser.get(address)
    assert "已签发" in releaser.follow(releaser.post(f"{address}/release", confirmed="1"))
    return address


def scans(pdf: bytes, count: int) -> list[tuple[io.BytesIO, str]]:
    """Fill in and scan every printed card, one of them with a second mark in question 1."""
    layout, severity = layout_named(), LADDER[Level.L0]
    files = []
    for index in range(count):
        rng = np.random.default_rng([7, index])
        marks = {"q1": ("A", "B") if index else ("A",), "q2": ("B",)}
        page = render_page(pdf, dpi=DPI, index=index)
        filled = fill_card(page, layout, marks, dpi=DPI, severity=severity, rng=rng)
        jpeg = scan_card(filled, severity=severity, rng=rng).jpeg
        files.append((io.BytesIO(jpeg), f"card-{index}.jpg"))
    return files


def test_items_are_filtered_and_previewed_with_their_key(office: CardOffice) -> None:
    manager = office.person(Role.BANK_MANAGER)
    address = f"/bank/{office.project_id}/items"
    manager.get(f"{address}?kind=true_false")
    assert "单选</td>" not in manager.page
    item = re.search(r"item=(\d+)", manager.page)
    assert item is not None
    manager.get(f"{address}?item={item[1]}")
    assert "正确答案" in manager.page
    manager.get(f"{address}?words=没有这样的题干")
    assert "没有符合条件的试题" in manager.page
    for part in ("elements", "blueprints"):
        assert manager.get(f"/bank/{office.project_id}/{part}").status_code == 200


def test_released_paper_prints_as_a_booklet_for_its_releaser_alone(office: CardOffice) -> None:
    address = released_paper(office)
    releaser, manager = office.person(Role.PAPER_RELEASER), office.person(Role.BANK_MANAGER)
    assert releaser.get(f"{address}/booklet.pdf").mimetype == "application/pdf"
    assert manager.get(f"{address}/booklet.pdf").status_code == 403


def test_workbench_names_papers_to_release_and_cards_to_review(office: CardOffice) -> None:
    manager, releaser = office.person(Role.BANK_MANAGER), office.person(Role.PAPER_RELEASER)
    manager.get(f"/papers/compose/{office.plan_id}")
    blueprint = re.search(r'<option value="(\d+)"', manager.page)
    assert blueprint is not None
    paper = manager.post(f"/papers/compose/{office.plan_id}", blueprint_id=blueprint[1]).location
    releaser.get("/work")
    assert "待签发的试卷" in releaser.page
    releaser.get(str(paper))
    releaser.post(f"{paper}/release", confirmed="1")
    releaser.get("/work")
    assert "待签发的试卷" not in releaser.page

    institution, scanner = office.person(Role.INSTITUTION_OFFICER), office.person(Role.SCANNER)
    address = f"/cards/sittings/{office.sitting_id}"
    institution.get(address)
    choice = re.search(r'name="paper_id".*?<option value="(\d+)">第 1 套<', institution.page, re.S)
    assert choice is not None
    pdf = institution.post(f"{address}/print", paper_id=choice[1]).data
    scanner.get(address)
    batch = scanner.post(f"{address}/scans", files=scans(pdf, 2)).location
    scanner.get("/work")
    assert "待复核的答题卡" in scanner.page
    institution.get(address)
    assert "card-0.jpg" in institution.page
    assert str(batch) not in institution.page  # the pages are not theirs to open


def test_cards_are_printed_scanned_reviewed_released_and_marked(office: CardOffice) -> None:
    released_paper(office)
    address = f"/cards/sittings/{office.sitting_id}"
    institution, scanner = office.person(Role.INSTITUTION_OFFICER), office.person(Role.SCANNER)
    institution.get(address)
    paper = re.search(r'name="paper_id".*?<option value="(\d+)"', institution.page, re.S)
    assert paper is not None
    pdf = institution.post(f"{address}/print", paper_id=paper[1]).data

    scanner.get(address)
    response = scanner.post(f"{address}/scans", files=scans(pdf, 2))
    page = scanner.follow(response)
    assert "已识读 2 页" in page
    batch = str(response.location)
    scanner.get(f"{batch}?state=review")
    assert scanner.post(f"{batch}/release", confirmed="1").status_code == 400

    queue = f"/cards/review/{batch.rsplit('/', 1)[1]}"
    scanner.get(queue)
    while form := re.search(r'data-review method="post" action="([^"]+)"', scanner.page):
        crop = re.search(r'data-crop src="([^"]+)"', scanner.page)
        if crop:
            assert scanner.client.get(crop[1]).mimetype == "image/jpeg"
        scanner.follow(scanner.post(form[1], **({"value": "A"} if "q1" in form[1] else {})))
    assert "复核完毕" in scanner.page
    assert "已移交 2 页" in scanner.follow(scanner.post(f"{batch}/release", confirmed="1"))
    assert "2 人有成绩" in scanner.follow(scanner.post(f"{address}/mark", confirmed="1"))


def test_upload_without_files_and_marking_without_cards_are_refused(office: CardOffice) -> None:
    scanner = office.person(Role.SCANNER)
    address = f"/cards/sittings/{office.sitting_id}"
    scanner.get(address)
    assert scanner.post(f"{address}/scans").status_code == 400
    assert "没有收到扫描文件" in scanner.page
    assert scanner.post(f"{address}/mark", confirmed="1").status_code == 400
    assert "没有答题卡" in scanner.page


def test_broken_file_becomes_a_rejected_page_with_its_reason(office: CardOffice) -> None:
    scanner = office.person(Role.SCANNER)
    address = f"/cards/sittings/{office.sitting_id}"
    scanner.get(address)
    files = [(io.BytesIO(b"%PDF-1.4 broken"), "broken.pdf"), (io.BytesIO(b"x"), "x.bin")]
    page = scanner.follow(scanner.post(f"{address}/scans", files=files))
    assert page.count("拒识</span>") >= 2


def test_sitting_of_another_city_is_not_found(office: CardOffice) -> None:
    stranger = office.site.signed_in("scanner")
    assert stranger.get(f"/cards/sittings/{office.sitting_id}").status_code == 404
