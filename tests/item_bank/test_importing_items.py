"""Items of other systems come into a bank as drafts: all or none, and never twice."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from support.review_desk import appointed, open_desk
from support.word_files import document, paragraph, picture, png

from item_bank.authoring.item_actions import submit_item
from item_bank.errors import FaultyImportError, MissingUndertakingError, UnfinishedItemError
from item_bank.exchange.bank_items import with_file
from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.import_plan import ImportChoices, Lack, PlannedStatus
from item_bank.exchange.importing import read_file
from item_bank.exchange.records import FigureLink, ItemType, ReadItem, ReadOption
from item_bank.export_actions import export_bank
from item_bank.import_actions import import_items, plan_import
from item_bank.models import Element, Item, ItemVersion
from item_bank.queries import elements_of
from item_bank.rules.kinds import BankDuty, ItemState
from item_bank.sealing import content_of
from registry.access import Role
from registry.audit_log import AuditEntry
from registry.catalog.queries import project_by_number
from registry.database import files_of
from registry.errors import NotAllowedError, NotFoundError

POINT = "A-A-A-001"
CHOICES = ImportChoices(point=POINT)
WORDS = ["绝缘手套", "接地电阻", "灭火器", "配电箱", "安全帽", "脚手架", "断路器", "漏电保护"]
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
)


def item(number=0, **changes):
    options = [f"{WORDS[(number + step) % 8]}之{step}" for step in range(4)]
    made = ReadItem(
        place=f"第 {number + 1} 行",
        identifier="",
        type=ItemType.SINGLE,
        stem=f"使用{WORDS[number % 8]}时首先应检查的{WORDS[(number + 3) % 8]}是（ ）。",
        options=tuple(ReadOption(name, text) for name, text in zip("abcd", options, strict=True)),
        key=("b",),
        rationale="规程有此规定。",
        point=POINT,
        difficulty=2,
    )
    return replace(made, **changes)


def reports(*items, name="items.jsonl"):
    return [read_file(name, written(list(items), ExportFormat.JSONL))]


def count(db, table=ItemVersion):
    return db.scalar(select(func.count()).select_from(table))


@pytest.fixture
def desk(db, bank, now):
    return open_desk(db, bank.project_id, bank.manager, now=now)


@pytest.fixture
def bring(db, bank, now):
    def bring(found, choices=CHOICES, actor=None):
        return import_items(
            db, bank.project_id, found, choices, actor=actor or bank.manager, now=now
        )

    return bring


@pytest.fixture
def plan(db, bank):
    def plan(found, choices=CHOICES, actor=None):
        return plan_import(db, bank.project_id, found, choices, actor=actor or bank.manager)

    return plan


def stored(db, code):
    return db.scalars(select(Item).where(Item.code == code)).one()


def told(planned):
    return "\n".join(map(str, planned.messages))


def test_items_become_drafts_of_the_person_who_imports(db, bring, bank):
    made = bring(reports(item(0), item(1, locked=("d",), points=Decimal("1.5"))))
    assert len(made.codes) == 2
    second = stored(db, made.codes[1])
    assert (second.state, second.created_by_id) == (ItemState.DRAFT, bank.manager.account_id)
    content = content_of(second.versions[0])
    assert (content.key, content.point, content.difficulty) == ({"b"}, POINT, 2)
    assert [option.is_locked for option in content.options] == [False, False, False, True]
    assert content.points == Decimal("1.5")


def test_shares_of_the_mark_are_kept(db, bring):
    weights = {"a": Decimal("0.5"), "b": Decimal("0.5"), "c": Decimal("-0.5"), "d": Decimal(0)}
    made = bring(reports(item(0, type=ItemType.MULTIPLE, key=("a", "b"), weights=weights)))
    content = content_of(stored(db, made.codes[0]).versions[0])
    assert dict(content.weights) == weights


def test_a_second_import_changes_nothing(db, bring):
    found = reports(*(item(number) for number in range(5)))
    bring(found)
    before = count(db), count(db, Item), count(db, AuditEntry)
    again = bring(found)
    assert (again.codes, again.known_count) == ((), 5)
    assert (count(db), count(db, Item), count(db, AuditEntry)) == before


@pytest.mark.parametrize("target", ExportFormat)
def test_what_a_bank_exports_it_knows_again(db, bring, bank, now, target):
    """Also where the format has no place for the figure of one of the items."""
    made = export_bank(db, bank.project_id, target, actor=bank.manager, now=now)
    report = read_file("bank", made.content)
    items = tuple(with_file(found, made.figures.get) for found in report.items)
    before = count(db)
    again = bring([replace(report, items=items)])
    assert (again.codes, again.known_count) == ((), len(items))
    assert count(db) == before


def test_one_error_stores_nothing(db, bring):
    before = count(db), count(db, AuditEntry)
    with pytest.raises(FaultyImportError) as refused:
        bring(reports(item(0), item(1, key=("a", "b")), item(2)))
    assert refused.value.faults == ("items.jsonl 第 2 行：应有且只有一个正确选项，现有 2 个。",)
    assert (count(db), count(db, AuditEntry)) == before


def test_a_faulty_item_may_be_left_out_by_name(db, bring):
    faulty = reports(item(0), item(1, key=("a", "b")))
    made = bring(faulty, replace(CHOICES, left_out=frozenset({("items.jsonl", "第 2 行")})))
    assert len(made.codes) == 1


def test_an_import_stands_in_the_log(db, bring, bank):
    made = bring(reports(item(0), item(1)))
    row = db.scalars(select(AuditEntry).where(AuditEntry.action == "import_items")).one()
    assert (row.object_type, row.object_id) == ("project", str(bank.project_id))
    detail = json.loads(row.detail)
    assert (detail["items"], detail["files"]) == (len(made.codes), ["items.jsonl"])


def test_codes_that_fit_and_are_free_are_kept(db, bring):
    taken = db.scalars(select(Item.code).order_by(Item.code)).first()
    made = bring(
        reports(item(0, identifier="1-0900"), item(1, identifier=taken), item(2, identifier="甲"))
    )
    assert made.codes == ("1-0900", "1-0901", "1-0902")


def test_a_point_the_bank_does_not_know_is_an_error_at_its_place(plan):
    (planned,) = plan(reports(item(0, point="Z-Z-Z-009"))).items
    assert planned.status is PlannedStatus.FAULTY
    assert "第 1 行：细目表中没有鉴定点 Z-Z-Z-009" in told(planned)


def test_items_without_point_or_level_take_what_the_person_chose(db, bring, plan):
    found = reports(item(0, point=None, difficulty=None))
    (planned,) = plan(found, ImportChoices()).items
    assert "没有鉴定点" in told(planned)
    made = bring(found, ImportChoices(point="A-A-A-002", difficulty=4))
    content = content_of(stored(db, made.codes[0]).versions[0])
    assert (content.point, content.difficulty) == ("A-A-A-002", 4)


def test_the_rules_of_the_bank_are_errors(plan):
    three = item(0, options=item(0).options[:3])
    (planned,) = plan(reports(three)).items
    assert "选项应为 4 个，现有 3 个" in told(planned)
    (bare,) = plan(reports(item(0, stem="首先应检查什么？"))).items
    assert "题干应有且只有一个" in told(bare)


@pytest.mark.parametrize("blank", ["( )", "（　　）", "____", "(   )"])
def test_blanks_are_brought_to_the_form_of_the_bank(plan, blank):
    (planned,) = plan(reports(item(0, stem=f"首先应检查的是{blank}。"))).items
    assert planned.status is PlannedStatus.NEW
    assert planned.content.stem == "首先应检查的是（ ）。"


def test_an_item_without_a_key_is_a_draft_that_cannot_be_submitted(db, bring, plan, bank, now):
    found = reports(item(0, key=None, rationale=""))
    (planned,) = plan(found).items
    assert (planned.status, planned.lacks) == (PlannedStatus.NEW, (Lack.KEY, Lack.RATIONALE))
    made = bring(found)
    draft = stored(db, made.codes[0])
    assert content_of(draft.versions[0]).key == frozenset()
    with pytest.raises(UnfinishedItemError):
        submit_item(db, draft.id, actor=bank.manager, now=now)
    assert draft.state == ItemState.DRAFT


def test_a_keyless_copy_of_a_banked_item_is_known(bring, plan):
    bring(reports(item(0)))
    (planned,) = plan(reports(item(0, key=None))).items
    assert planned.status is PlannedStatus.KNOWN


def test_a_contradiction_with_the_bank_is_an_error_and_a_likeness_a_warning(bring, plan):
    code = bring(reports(item(0))).codes[0]
    other, near = plan(
        reports(item(0, key=("c",)), item(1, stem=item(0).stem.replace("首先", "第一步")))
    ).items
    assert other.status is PlannedStatus.FAULTY
    assert f"与{code}题干相同而答案不同" in told(other)
    assert (near.status, near.duplicates[0].is_in_bank) == (PlannedStatus.NEW, True)
    assert "近似" in told(near)


def test_items_are_compared_within_the_files(plan):
    first = reports(item(0), name="a.jsonl")
    second = reports(item(0), item(0, key=("c",)), name="b.jsonl")
    kept, repeated, contrary = plan(first + second).items
    assert (kept.status, repeated.status) == (PlannedStatus.NEW, PlannedStatus.KNOWN)
    assert contrary.status is PlannedStatus.FAULTY
    assert "与a.jsonl 第 1 行" in told(contrary)


def test_a_picture_of_a_word_document_becomes_the_figure(db, bring, now, bank):
    body = paragraph("1. 如图，水往低处流。（√）", picture("rId1", "一个阀门"))
    found = [read_file("t.docx", document(body, "解析：因为", media=[("a.png", png(60, 50))]))]
    made = bring(found)
    figure = content_of(stored(db, made.codes[0]).versions[0]).figure
    assert (figure.description, figure.media_type) == ("一个阀门", "image/png")
    assert files_of(db).get(figure.file_hash) == png(60, 50)


def test_figures_the_bank_does_not_take_are_errors_and_bare_ones_lack_words(plan):
    small = FigureLink("a.png", "小图", "", png(2, 2), "image/png")
    bare = FigureLink("b.svg", "", "", SVG, "image/svg+xml")
    made = [item(0, figure=small), item(1, figure=bare)]
    first, second = plan([read_file("t", written(made, ExportFormat.QTI3))]).items
    assert first.status is PlannedStatus.FAULTY
    assert "像素" in told(first)
    assert second.lacks == (Lack.DESCRIPTION,)
    named = item(2, figure=FigureLink("figures/c.svg", "图"))
    assert "没有随文件一起上传" in told(plan(reports(named)).items[0])


def test_a_file_that_cannot_be_read_stops_the_import(bring):
    with pytest.raises(FaultyImportError) as refused:
        bring([*reports(item(0)), read_file("b.zip", b"PK\x03\x04 nothing")])
    assert "b.zip" in refused.value.faults[0]


def test_authors_import_into_their_own_bank_and_learn_no_codes(db, desk, bring, plan, now, bank):
    made = bring(reports(item(0)), actor=desk.author)
    assert stored(db, made.codes[0]).created_by_id == desk.author.account_id
    bring(reports(item(1)))
    own, other = plan(reports(item(0, key=("c",)), item(1, key=("c",))), actor=desk.author).items
    assert f"与{made.codes[0]}" in told(own)
    assert "与题库中的试题题干相同" in told(other)


def test_others_may_not_import(db, bank, desk, plan, bring, now):
    with pytest.raises(NotAllowedError):
        plan(reports(item(0)), actor=bank.office.actor(Role.PROCTOR))
    with pytest.raises(NotAllowedError):
        bring(reports(item(0)), actor=desk.first)
    with pytest.raises(NotFoundError):
        plan_import(db, 9999, [], actor=bank.manager)


def test_an_author_who_has_not_promised_secrecy_may_not_import(db, bank, plan, now):
    author = appointed(db, bank.project_id, BankDuty.AUTHOR, bank.manager, now=now, is_signed=False)
    with pytest.raises(MissingUndertakingError):
        plan(reports(item(0)), actor=author)


def test_a_whole_bank_moves_to_another_project(db, bank, now):
    """Its codes belong to the old project, so that new ones are allotted."""
    made = export_bank(db, bank.project_id, ExportFormat.QTI3, actor=bank.manager, now=now)
    other = project_by_number(db, 2)
    elements = [(e.code, e.name, e.level) for e in elements_of(db, bank.project_id)]
    db.add_all(
        Element(project_id=other.id, code=c, name=n, level=level) for c, n, level in elements
    )
    db.flush()
    found = [read_file("bank.zip", made.content)]
    result = import_items(db, other.id, found, actor=bank.manager, now=now)
    assert len(result.codes) == len(made.items)
    assert result.codes[0] == "2-0001"
    moved = db.scalars(select(Item).where(Item.project_id == other.id).order_by(Item.code)).all()
    by_stem = {content_of(one.versions[0]).stem: content_of(one.versions[0]) for one in moved}
    for item in db.scalars(select(Item).where(Item.project_id == bank.project_id)):
        content = content_of(item.versions[-1])
        assert replace(by_stem[content.stem], points=None) == content
