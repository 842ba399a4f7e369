"""From the item bank over a released paper to printed, scanned, reviewed and marked cards."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from sqlalchemy import select

from exam_server.context import wall_clock
from exam_server.scan_reading import BatchReader
from item_bank.actions import load_bank
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import Item
from item_bank.rules.kinds import ItemState
from omr.design_actions import release_design, save_design
from omr.queries import cards_of, paper_type_of
from omr.reader.blank import render_page
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.scanner import scan_card
from omr.rehearsal.severity import LADDER, Level
from omr.rules.card_design.compose import compose
from omr.rules.card_design.design import CardDesign, Section
from omr.rules.card_layout import GroupKind
from registry.access import Role
from registry.accounts.queries import actor_of
from registry.catalog.queries import project_by_number
from registry.catalog.rules.subjects import Subject
from registry.scheduling.models import ExamMode
from tests.exam_server.web.office_site import Site, Visitor
from tests.support import factories
from tests.support.invented_bank import write_bank

DPI = 200
PDF_TYPE = "application/pdf"


CARD = CardDesign(  # for the blueprint of the invented bank
    "KH-INVENTED",
    (
        Section(GroupKind.SINGLE, 10),
        Section(GroupKind.MULTIPLE, 4, 5),
        Section(GroupKind.JUDGEMENT, 6, 2),
    ),
)

LAYOUT = compose(CARD)[0].layout.layout_hash


@dataclass(frozen=True)
class CardOffice:
    """A sitting on cards in a city of its own, and the bank of its project."""

    site: Site
    project_id: int
    plan_id: int
    sitting_id: int

    def read_scans(self) -> None:
        """Do what the process beside the server does."""
        folder = self.site.database.files.root
        folder.mkdir(parents=True, exist_ok=True)
        BatchReader(self.site.database, folder, wall_clock).read_waiting()

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
        scanner = own.actor(Role.SCANNER)
        design = save_design(db, CARD, actor=scanner, now=now)
        release_design(db, design.id, actor=scanner, now=now)
        return CardOffice(site, project_by_number(db, 1).id, scene.plan.id, sitting_id)


def composed(office: CardOffice, purpose: str = "one", papers: int = 1) -> str:
    """Compose a set; returns the address of its page."""
    manager = office.person(Role.BANK_MANAGER)
    address = f"/papers/compose/{office.plan_id}"
    manager.get(address)
    blueprint = re.search(r'<option value="(\d+)"', manager.page)
    assert blueprint is not None
    response = manager.post(address, blueprint_id=blueprint[1], purpose=purpose, papers=papers)
    assert "组卷记录" in manager.follow(response)
    return str(response.location)


def released_set(office: CardOffice, purpose: str = "one", papers: int = 1) -> str:
    """Compose and release a set by two people; returns its address."""
    address = composed(office, purpose, papers)
    manager, releaser = office.person(Role.BANK_MANAGER), office.person(Role.PAPER_RELEASER)
    manager.get(address)
    assert manager.post(f"{address}/release", confirmed="1").status_code == 403
    releaser.get(address)
    assert "已签发" in releaser.follow(releaser.post(f"{address}/release", confirmed="1"))
    return address


def scans(pdf: bytes, count: int) -> list[tuple[io.BytesIO, str]]:
    """Fill in and scan every printed card, one of them with a second mark in question 1."""
    layout, severity = compose(CARD)[0].layout, LADDER[Level.L0]
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


def papers_of(visitor: Visitor, address: str) -> list[str]:
    """Return the addresses of the papers of a set."""
    visitor.get(address)
    return sorted(set(re.findall(r'href="(/papers/\d+)"', visitor.page)))


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document)


def test_released_papers_print_for_their_releaser_alone(office: CardOffice) -> None:
    address = released_set(office, "parallel", 2)
    releaser, manager = office.person(Role.PAPER_RELEASER), office.person(Role.BANK_MANAGER)
    first, second = papers_of(releaser, address)
    for name in ("booklet", "answer-sheet", "standard"):
        reply = releaser.get(f"{second}/{name}.pdf")
        assert reply.mimetype == "application/pdf"
        assert reply.headers["Cache-Control"] == "no-store"
        assert "B 卷" in words_of(reply.data).replace("\r\n", "")
        assert manager.get(f"{first}/{name}.pdf").status_code == 403


def test_papers_that_wait_for_release_are_not_printed(office: CardOffice) -> None:
    address = composed(office)
    releaser = office.person(Role.PAPER_RELEASER)
    (paper,) = papers_of(releaser, address)
    assert "booklet.pdf" not in releaser.page
    for name in ("booklet", "answer-sheet", "standard"):
        assert releaser.get(f"{paper}/{name}.pdf").status_code == 400


def test_the_certificate_is_shown_and_printed_for_both_and_holds_no_item(
    office: CardOffice,
) -> None:
    address = released_set(office, "parallel", 3)
    for role in (Role.BANK_MANAGER, Role.PAPER_RELEASER):
        visitor = office.person(role)
        visitor.get(f"{address}/certificate")
        pdf = words_of(visitor.get(f"{address}/certificate.pdf").data)
        for text in (visitor.page, pdf):
            assert "通过概率" in text
            assert "虚构题干" not in text
            assert "99-0" not in text  # the codes of the items
    assert office.person(Role.SCANNER).get(f"{address}/certificate").status_code == 403


def test_a_bank_that_is_too_small_is_told_on_the_form_which_keeps_what_was_typed(
    office: CardOffice,
) -> None:
    manager = office.person(Role.BANK_MANAGER)
    address = f"/papers/compose/{office.plan_id}"
    with office.site.database.transaction() as db:
        for item in db.scalars(select(Item)).all():
            if item.versions[0].kind == "multiple_choice":
                item.state = ItemState.SUSPENDED
    manager.get(address)
    blueprint = re.search(r'<option value="(\d+)"', manager.page)
    assert blueprint is not None
    fields = {"blueprint_id": blueprint[1], "purpose": "parallel", "papers": "3"}
    assert manager.post(address, **fields).status_code == 409
    assert "<li>B-A-A 多选：需 2，缺 2</li>" in manager.page
    assert 'value="parallel" checked' in manager.page
    assert 'name="papers" type="text" value="3"' in manager.page
    fields["papers"] = "900"
    assert manager.post(address, **fields).status_code == 400
    manager.get("/papers/")
    assert "第 1 套" not in manager.page


def test_workbench_names_papers_to_release_and_cards_to_review(office: CardOffice) -> None:
    address, releaser = composed(office), office.person(Role.PAPER_RELEASER)
    releaser.get("/work")
    assert "待签发的试卷" in releaser.page
    releaser.get(address)
    releaser.post(f"{address}/release", confirmed="1")
    releaser.get("/work")
    assert "待签发的试卷" not in releaser.page

    institution, scanner = office.person(Role.INSTITUTION_OFFICER), office.person(Role.SCANNER)
    address = f"/cards/sittings/{office.sitting_id}"
    institution.get(address)
    choice = re.search(r'name="paper_id".*?<option value="(\d+)">第 1 套<', institution.page, re.S)
    assert choice is not None
    pdf = institution.post(f"{address}/print", paper_id=choice[1], layout=LAYOUT).data
    scanner.get(address)
    batch = scanner.post(f"{address}/scans", files=scans(pdf, 2)).location
    office.read_scans()
    scanner.get("/work")
    assert "待复核的答题卡" in scanner.page
    institution.get(address)
    assert "card-0.jpg" in institution.page
    assert str(batch) not in institution.page  # the pages are not theirs to open


def check_sample(scanner: Visitor, batch: str) -> None:
    """Compare a random sample with the pictures; the report says what that proves."""
    scanner.get(f"{batch}/report")
    assert "没有做抽样核验" in scanner.page
    assert scanner.post(f"{batch}/audits", target="0.5").status_code == 400
    scanner.follow(scanner.post(f"{batch}/audits", target="0.02"))
    judged = 0
    while form := re.search(r'data-sample method="post" action="([^"]+)"', scanner.page):
        if judged == 0:
            crop = re.search(r'<img src="([^"]+)"', scanner.page)
            assert crop is not None
            assert scanner.client.get(crop[1]).mimetype == "image/jpeg"
            assert scanner.post(form[1], verdict="perhaps").status_code == 400
        scanner.follow(scanner.post(form[1], verdict="agrees"))
        judged += 1
    bound = f"{100 * (1 - 0.05 ** (1 / judged)):.3f}%"
    scanner.get(f"{batch}/report")
    assert f"核对 {judged} 题，误读 0 题：静默误读率的 95% 置信上限为 {bound}" in scanner.page
    assert bound in words_of(scanner.get(f"{batch}/report.pdf").data).replace("\r\n", "")


def listed(person: Visitor) -> str:
    """What the list of sittings on answer cards says."""
    person.get("/cards/")
    return person.page


def test_cards_are_printed_scanned_reviewed_released_and_marked(office: CardOffice) -> None:
    released_set(office)
    address = f"/cards/sittings/{office.sitting_id}"
    institution, scanner = office.person(Role.INSTITUTION_OFFICER), office.person(Role.SCANNER)
    assert "未印卡" in listed(institution)
    institution.get(address)
    paper = re.search(r'name="paper_id".*?<option value="(\d+)"', institution.page, re.S)
    assert paper is not None
    institution.post(f"{address}/print", paper_id=paper[1])  # on the usual card
    assert "没有第 11、12、13、14、15 题相应题型的填涂位" in institution.page
    pdf = institution.post(f"{address}/print", paper_id=paper[1], layout=LAYOUT).data
    institution.get(address)
    assert "本场已按这一版式印发" in institution.page

    assert "已印 2 张" in listed(scanner)
    scanner.get(address)
    response = scanner.post(f"{address}/scans", files=scans(pdf, 2))
    assert "已收到 2 个文件" in scanner.follow(response)
    batch = str(response.location)
    assert scanner.post(f"{batch}/release", confirmed="1").status_code == 400  # nothing is read yet
    office.read_scans()
    assert "待复核 " in listed(scanner)
    scanner.get(f"{batch}?state=review")
    assert scanner.post(f"{batch}/release", confirmed="1").status_code == 400

    check_sample(scanner, batch)
    queue = f"/cards/review/{batch.rsplit('/', 1)[1]}"
    scanner.get(queue)
    while form := re.search(r'data-review method="post" action="([^"]+)"', scanner.page):
        crop = re.search(r'data-crop src="([^"]+)"', scanner.page)
        if crop:
            assert scanner.client.get(crop[1]).mimetype == "image/jpeg"
        scanner.follow(scanner.post(form[1], **({"value": "A"} if "q1" in form[1] else {})))
    assert "复核完毕" in scanner.page
    assert "已扫描 2 页" in listed(scanner)
    differing = scanner.follow(scanner.post(f"{batch}/release", confirmed="1"))
    assert "到场情况未登记" in differing
    recorded = scanner.post(f"{address}/presence", counted="0")
    assert "缺考 0 人" in scanner.follow(recorded)
    assert "已移交 2 页" in scanner.follow(scanner.post(f"{batch}/release", confirmed="1"))
    assert "已移交评分" in listed(scanner)
    assert "2 人有成绩" in scanner.follow(scanner.post(f"{address}/mark", confirmed="1"))


def test_cards_of_two_forms_take_turns_by_seat(office: CardOffice) -> None:
    address = released_set(office, "ab")
    institution = office.person(Role.INSTITUTION_OFFICER)
    cards = f"/cards/sittings/{office.sitting_id}"
    institution.get(cards)
    choices = re.findall(r'<option value="([\w-]+)"[^>]*>(第 1 套[^<]*)<', institution.page)
    assert [text for _value, text in choices] == [
        "第 1 套 各卷按座位轮换",
        "第 1 套 A 卷",
        "第 1 套 B 卷",
    ]
    assert (
        institution.post(f"{cards}/print", paper_id=choices[0][0], layout=LAYOUT).mimetype
        == PDF_TYPE
    )
    with office.site.database.reading() as db:
        printed = [paper_type_of(card) for card in cards_of(db, office.sitting_id)]
    assert printed == ["A", "B"]
    assert address.startswith("/papers/sets/")


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
    batch = str(scanner.post(f"{address}/scans", files=files).location)
    office.read_scans()
    scanner.get(batch)
    assert scanner.page.count("退回</span>") == 2


def test_files_are_sent_one_by_one_and_the_progress_is_told(office: CardOffice) -> None:
    scanner = office.person(Role.SCANNER)
    scanner.get(f"/cards/sittings/{office.sitting_id}")
    opened = scanner.post(f"/cards/api/sittings/{office.sitting_id}/batches", name="一批").json
    for _sent_twice in range(2):  # as when the first answer is lost
        sent = scanner.post(opened["files"], files=[(io.BytesIO(b"x"), "x.bin")])
        assert sent.json == {"ok": True, "files": 1}
    scanner.get(opened["page"])
    assert "接收中" in scanner.page
    assert scanner.post(opened["start"]).location == opened["page"]
    address = opened["page"].replace("/cards/", "/cards/api/") + "/progress"
    assert scanner.client.get(address).json["state"] == "queued"
    office.read_scans()
    told = scanner.client.get(address).json
    assert (told["done"], told["total"], told["finished"]) == (1, 1, True)
    refused = scanner.post(opened["files"], files=[(io.BytesIO(b"y"), "y.bin")])
    assert (refused.status_code, refused.json["error"]) == (400, "batch_state")


def test_sitting_of_another_city_is_not_found(office: CardOffice) -> None:
    stranger = office.site.signed_in("scanner")
    assert stranger.get(f"/cards/sittings/{office.sitting_id}").status_code == 404
