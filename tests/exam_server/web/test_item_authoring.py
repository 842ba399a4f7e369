"""Pages of authors and of the manager who orders from them: who sees what, and what a form does."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from exam_server.cookies import LOGIN_COOKIE
from item_bank.actions import load_bank
from item_bank.authoring.actions import appoint_member, sign_undertaking
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import AuthoringTask, BankMember, Item
from item_bank.rules.kinds import BankDuty, ItemState
from item_bank.sealing import content_of
from registry.access import Role
from registry.accounts.models import Account
from registry.accounts.queries import actor_of
from registry.accounts.signing_in import sign_in
from registry.audit_log import AuditEntry
from registry.catalog.queries import project_by_number
from tests.exam_server.web.office_site import Site, Visitor
from tests.support import factories
from tests.support.invented_bank import SVG, write_bank

STEM = "绝缘手套使用前应当（ ）。"
FORM: dict[str, object] = {
    "kind": "single_choice",
    "point": "A-A-A-001 某个鉴定点",
    "difficulty": "2",
    "stem": STEM,
    "option": ["充气检查", "清水冲洗", "日光曝晒", "以油擦拭"],
    "key": ["0"],
    "locked": ["3"],
    "rationale": "规程有此规定。",
    "source": "虚构规程",
    "base": "0",
}


class Desk:
    """A loaded bank with two authors and a manager, each with a browser."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        now = site.clock()  # type: ignore[operator]
        with site.database.transaction() as db:
            managers = [factories.make_account(db, Role.BANK_MANAGER, now=now) for _ in range(2)]
            first, second = map(actor_of, managers)
            source = read_bank(write_bank(folder, per_cell=1))
            load_bank(db, 1, source, actor=first, reviewer=second, now=now)
            self.project_id = project_by_number(db, 1).id
            accounts = [factories.make_account(db, Role.ITEM_AUTHOR, now=now) for _ in range(2)]
            for account in accounts:
                actor = actor_of(account)
                appoint_member(
                    db, self.project_id, account.id, BankDuty.AUTHOR, actor=first, now=now
                )
                sign_undertaking(db, self.project_id, BankDuty.AUTHOR, actor=actor, now=now)
            self.author_id = accounts[0].id
            names = [account.login_name for account in (managers[0], *accounts)]
        self.manager, self.author, self.other = map(self.visitor, names)

    def visitor(self, login_name: str) -> Visitor:
        visitor = self.site.visitor()
        with self.site.database.transaction() as db:
            done = sign_in(
                db,
                login_name,
                factories.PASSWORD,
                "test",
                now=self.site.clock(),  # type: ignore[operator]
            )
        assert done.token is not None
        visitor.client.set_cookie(LOGIN_COOKIE, done.token)
        return visitor

    def begin(self, visitor: Visitor | None = None) -> int:
        visitor = visitor or self.author
        visitor.get("/authoring/")
        response = visitor.post("/authoring/items", project_id=self.project_id)
        assert response.status_code == 302
        return int(response.location.rsplit("/", 1)[1])

    def write(self, item_id: int, visitor: Visitor | None = None, **changes: object) -> str:
        visitor = visitor or self.author
        visitor.get(f"/authoring/items/{item_id}")
        sent = {**FORM, "do": "save", **changes}
        return visitor.follow(visitor.post(f"/authoring/items/{item_id}", **sent))

    def item(self, item_id: int) -> Item:
        with self.site.database.reading() as db:
            item = db.get_one(Item, item_id)
            assert item.versions
            db.expunge_all()
            return item

    def state(self, item_id: int) -> str:
        with self.site.database.reading() as db:
            return db.get_one(Item, item_id).state

    def logged(self, action: str) -> int:
        with self.site.database.reading() as db:
            return len(db.scalars(select(AuditEntry).where(AuditEntry.action == action)).all())


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    return Desk(site, tmp_path / "bank")


def file(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


# Writing without scripts -----------------------------------------------------------------------


def test_the_form_alone_writes_saves_and_submits(desk: Desk) -> None:
    item_id = desk.begin()
    page = desk.write(item_id)
    assert "已保存为第 1 版" in page
    assert STEM in page
    page = desk.write(item_id, do="submit", base="1")
    assert "已送审" in page
    assert desk.state(item_id) == ItemState.FIRST_REVIEW


def test_a_page_that_was_opened_and_left_blank_is_taken_up_again(desk: Desk) -> None:
    item_id = desk.begin()
    assert desk.begin() == item_id
    assert desk.begin(desk.other) != item_id
    desk.write(item_id)
    assert desk.begin() != item_id


def test_an_item_of_one_version_has_nothing_to_compare(desk: Desk) -> None:
    item_id = desk.begin()
    desk.write(item_id)
    desk.author.get(f"/authoring/items/{item_id}/history")
    assert "试题只有第 1 版" in desk.author.page
    assert "请选择另外两个版本" not in desk.author.page


def test_work_with_faults_is_kept_and_the_faults_are_said(desk: Desk) -> None:
    item_id = desk.begin()
    page = desk.write(item_id, stem="**没有配对（ ）。", do="submit")
    assert "加重号 ** 不成对" in page
    assert "**没有配对（ ）。" in page
    assert desk.state(item_id) == ItemState.DRAFT
    assert "未保存" in page


@pytest.mark.parametrize(
    ("do", "texts"),
    [
        ("down-0", ["清水冲洗", "充气检查", "日光曝晒", "以油擦拭"]),
        ("up-0", ["充气检查", "清水冲洗", "日光曝晒", "以油擦拭"]),
        ("remove-1", ["充气检查", "日光曝晒", "以油擦拭"]),
        ("add", ["充气检查", "清水冲洗", "日光曝晒", "以油擦拭", ""]),
    ],
)
def test_buttons_beside_options_work_without_scripts(desk: Desk, do: str, texts: list[str]) -> None:
    page = desk.write(desk.begin(), do=do)
    found = re.findall(r'<textarea class="input rows__text"[^>]*>(.*?)</textarea>', page, re.S)
    assert found[:-1] == texts  # the last stands in the template of a row
    ticked = re.findall(r'name="key" value="(\d)" checked', page)
    assert ticked == [str(texts.index("充气检查"))]


def test_a_figure_is_taken_shown_and_saved(desk: Desk) -> None:
    item_id = desk.begin()
    page = desk.write(
        item_id, file=file(SVG.encode(), "one.svg"), figure_description="一个方框", do="add"
    )
    found = re.search(r'src="(/authoring/items/\d+/figures/(\w{64}))"', page)
    assert found is not None
    shown = desk.author.get(found[1])
    assert (shown.mimetype, shown.get_data()) == ("image/svg+xml", SVG.encode())
    desk.write(item_id, figure=found[2], figure_description="一个方框")
    assert desk.item(item_id).versions[0].figure_hash == found[2]
    assert desk.other.get(found[1]).status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"<svg><script/></svg>", "SVG"), (b"GIF89a", "SVG"), (b"\x89PNG\r\n\x1a\nxx", "损坏")],
)
def test_a_strange_figure_is_refused_with_the_reason(desk: Desk, content: bytes, said: str) -> None:
    item_id = desk.begin()
    desk.author.get(f"/authoring/items/{item_id}")
    response = desk.author.post(
        f"/authoring/api/items/{item_id}/figure", file=file(content, "x.svg")
    )
    assert response.status_code == 400
    assert said in response.json["message"]


def test_a_figure_of_somebody_else_cannot_be_named(desk: Desk) -> None:
    mine, theirs = desk.begin(), desk.begin(desk.other)
    desk.author.get("/authoring/")
    sent = desk.author.post(
        f"/authoring/api/items/{mine}/figure", file=file(SVG.encode(), "x.svg")
    ).json
    page = desk.write(theirs, desk.other, figure=sent["figure"], figure_description="偷看")
    assert sent["figure"] not in page


# What the modules ask for ----------------------------------------------------------------------


def ask(desk: Desk, item_id: int, name: str, visitor: Visitor | None = None, **changes: object):
    visitor = visitor or desk.author
    visitor.get("/authoring/")
    return visitor.post(f"/authoring/api/items/{item_id}/{name}", **{**FORM, **changes})


def test_unsaved_work_comes_back_with_a_notice_and_can_be_dropped(desk: Desk) -> None:
    item_id = desk.begin()
    desk.write(item_id)
    desk.site.clock.advance(minutes=3)  # type: ignore[attr-defined]
    kept = ask(desk, item_id, "draft", stem="改过的题干（ ）。").json
    assert (kept["ok"], kept["is_unsaved"]) == (True, True)
    page = desk.author.get(f"/authoring/items/{item_id}").get_data(as_text=True)
    assert "已恢复您" in page
    assert "改过的题干" in page
    page = desk.author.follow(desk.author.post(f"/authoring/items/{item_id}/discard"))
    assert "改过的题干" not in page
    assert STEM in page


def test_saving_by_script_makes_versions_and_says_what_is_missing(desk: Desk) -> None:
    item_id = desk.begin()
    reply = ask(desk, item_id, "save", point="").json
    assert (reply["is_saved"], "请选择鉴定点" in reply["message"]) == (False, True)
    reply = ask(desk, item_id, "save").json
    assert (reply["is_saved"], reply["is_new"], reply["base"]) == (True, True, 1)
    reply = ask(desk, item_id, "save", base="1").json
    assert (reply["is_saved"], reply["is_new"], reply["base"]) == (True, False, 1)
    refused = ask(desk, item_id, "save", stem="又改（ ）。")
    assert (refused.status_code, refused.json["error"]) == (400, "conflict")
    assert "另一窗口已保存第 1 版" in refused.json["message"]


def banked_stem(desk: Desk) -> tuple[str, str]:
    with desk.site.database.reading() as db:
        item = db.scalars(select(Item).where(Item.state == ItemState.BANKED)).first()
        assert item is not None
        return item.code, content_of(item.versions[0]).stem


def test_an_author_learns_that_the_bank_holds_something_alike_but_not_what(desk: Desk) -> None:
    code, stem = banked_stem(desk)
    item_id = desk.begin()
    options = ["甲甲", "乙乙", "丙丙", "丁丁"]
    response = ask(desk, item_id, "check", stem=stem, option=options)
    found = response.json["duplicates"]
    assert found
    assert {"class", "word", "is_blocking", "likeness"} == found[0].keys()
    assert code not in response.get_data(as_text=True)
    managers = ask(desk, item_id, "check", desk.manager, stem=stem, option=options).json
    assert {one["code"] for one in managers["duplicates"]} & {code}
    assert "/bank/" in managers["duplicates"][0]["href"]


def test_an_own_item_alike_is_named(desk: Desk) -> None:
    desk.write(desk.begin())
    second = desk.begin()
    desk.write(second)
    found = ask(desk, second, "check").json["duplicates"]
    assert [(one["code"], one["class"]) for one in found] == [("1-0001", "identical")]


# Who sees what ---------------------------------------------------------------------------------


PAGES = ("", "/history")
POSTS = ("", "/discard", "/withdraw", "/remarks/1")
ASKED = ("draft", "save", "check", "figure")


@pytest.mark.parametrize("who", ["author", "manager"])
def test_every_page_with_items_bears_the_watermark(desk: Desk, who: str) -> None:
    item_id = desk.begin()
    desk.write(item_id)
    visitor = getattr(desk, who)
    for address in ("/authoring/", *(f"/authoring/items/{item_id}{page}" for page in PAGES)):
        assert 'class="watermark"' in visitor.get(address).get_data(as_text=True), address
    assert desk.logged("view_item") >= 3


def test_another_authors_item_is_found_nowhere(desk: Desk) -> None:
    item_id = desk.begin()
    desk.write(item_id)
    other = desk.other
    for page in PAGES:
        assert other.get(f"/authoring/items/{item_id}{page}").status_code == 404
    for post in POSTS:
        address = f"/authoring/items/{item_id}{post}"
        assert other.post(address, **FORM).status_code == 404, address
    for name in ASKED:
        sent = {**FORM, "file": file(SVG.encode(), "x.svg")}
        reply = other.post(f"/authoring/api/items/{item_id}/{name}", **sent)
        assert (reply.status_code, reply.json["error"]) == (404, "not_found"), name
    assert STEM not in other.get("/authoring/").get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.ITEM_REVIEWER, Role.CITY_OFFICER, Role.PROCTOR])
def test_others_of_the_office_open_none_of_it(desk: Desk, role: Role) -> None:
    item_id = desk.begin()
    with desk.site.database.transaction() as db:
        division = "320500" if role is Role.CITY_OFFICER else None
        institution = None
        if role is Role.PROCTOR:
            chosen = select(Account.institution_id).where(Account.institution_id.is_not(None))
            institution = db.get_one(factories.Institution, db.scalars(chosen).first())
        account = factories.make_account(
            db,
            role,
            now=desk.site.clock(),  # type: ignore[operator]
            division=division,
            institution=institution,
        )
        name = account.login_name
    visitor = desk.visitor(name)
    for address in ("/authoring/", f"/authoring/items/{item_id}", "/bank/1/members"):
        assert visitor.get(address).status_code == 403, address
    assert visitor.post("/authoring/items", project_id=1).status_code == 403


def test_the_bank_itself_stays_closed_to_authors(desk: Desk) -> None:
    for address in ("", "/1/items", "/1/members", "/1/tasks", "/1/duplicates"):
        assert desk.author.get(f"/bank{address or '/'}").status_code == 403, address


def test_a_member_promises_secrecy_before_the_editor_opens(desk: Desk) -> None:
    item_id = desk.begin()
    with desk.site.database.transaction() as db:
        chosen = select(BankMember).where(BankMember.account_id == desk.author_id)
        db.scalars(chosen).one().undertaking_at = None
    response = desk.author.get(f"/authoring/items/{item_id}")
    assert response.location == "/undertaking/"
    assert "去签署" in desk.author.get("/authoring/").get_data(as_text=True)
    address = f"/undertaking/{desk.project_id}"
    page = desk.author.follow(desk.author.post(address, duty="author", confirmed="1"))
    assert "我的命题" in page
    assert desk.author.get(f"/authoring/items/{item_id}").status_code == 200


# Tasks, members, states ------------------------------------------------------------------------


def ordered(desk: Desk, **changes: object) -> Callable[[], AuthoringTask]:
    sent = {
        "assignee_id": desk.author_id,
        "element": "A-A-A 某个范围",
        "kind": "true_false",
        "difficulty": "4",
        "item_count": "6",
        "due_on": "2026-12-31",
        "instructions": "结合现行规程",
        **changes,
    }
    address = f"/bank/{desk.project_id}/tasks"
    desk.manager.get(address)
    return lambda: desk.manager.post(address, **sent)


def test_what_a_manager_orders_its_author_finds_and_fulfils(desk: Desk) -> None:
    page = desk.manager.follow(ordered(desk)())
    assert "0 / 6" in page
    page = desk.author.get("/authoring/").get_data(as_text=True)
    assert "结合现行规程" in page
    task_id = re.search(r'name="task_id" value="(\d+)"', page)
    assert task_id is not None
    begun = desk.author.post("/authoring/items", project_id=desk.project_id, task_id=task_id[1])
    item_id = int(begun.location.rsplit("/", 1)[1])
    desk.write(
        item_id,
        kind="true_false",
        verdict="wrong",
        stem="绝缘手套使用前不必检查。",
        difficulty="4",
        do="submit",
    )
    assert desk.state(item_id) == ItemState.FIRST_REVIEW
    page = desk.manager.get(f"/bank/{desk.project_id}/tasks").get_data(as_text=True)
    assert "1 / 6" in page
    desk.manager.post(f"/bank/tasks/{task_id[1]}/close")
    assert "结合现行规程" not in desk.author.get("/authoring/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"element": "Z-Z"}, "没有这个编号"),
        ({"item_count": "0"}, "题数"),
        ({"due_on": ""}, "截止日期"),
    ],
)
def test_an_order_that_does_not_fit_is_refused_with_its_field(
    desk: Desk, changes: dict[str, object], said: str
) -> None:
    response = ordered(desk, **changes)()
    assert response.status_code == 400
    assert said in response.get_data(as_text=True)


def test_a_manager_appoints_and_dismisses(desk: Desk) -> None:
    with desk.site.database.transaction() as db:
        new = factories.make_account(db, Role.ITEM_REVIEWER, now=desk.site.clock())  # type: ignore[operator]
        account_id, name = new.id, new.name
    address = f"/bank/{desk.project_id}/members"
    assert name in desk.manager.get(address).get_data(as_text=True)
    page = desk.manager.follow(desk.manager.post(address, duty="reviewer", account_id=account_id))
    assert page.count("待签署") == 1
    assert desk.manager.post(address, duty="author", account_id=account_id).status_code == 400
    with desk.site.database.reading() as db:
        chosen = select(BankMember.id).where(BankMember.account_id == account_id)
        member_id = db.scalars(chosen).one()
    page = desk.manager.follow(desk.manager.post(f"/bank/members/{member_id}/dismiss"))
    assert "已解除" in page


def test_a_manager_moves_groups_and_edits_a_banked_item(desk: Desk) -> None:
    with desk.site.database.reading() as db:
        item = db.scalars(select(Item).where(Item.state == ItemState.BANKED)).first()
        assert item is not None
        item_id, address = item.id, f"/bank/{item.project_id}/items?item={item.id}"
    page = desk.manager.get(address).get_data(as_text=True)
    assert "变更状态" in page
    assert f"/authoring/items/{item_id}" in page
    assert desk.manager.post(f"/bank/items/{item_id}/state", state="suspended").status_code == 400
    moved = desk.manager.post(f"/bank/items/{item_id}/state", state="suspended", reason="有疑问")
    assert "暂停" in desk.manager.follow(moved)
    grouped = desk.manager.post(f"/bank/items/{item_id}/group", group="手套")
    assert "互斥组 · 手套" in desk.manager.follow(grouped)
    desk.write(item_id, desk.manager, base="1")
    assert desk.state(item_id) == ItemState.DRAFT


def test_the_workbench_counts_what_waits_for_an_author(desk: Desk) -> None:
    ordered(desk)()
    page = desk.author.get("/work").get_data(as_text=True)
    assert "待完成的命题" in page
    assert "被退回的试题" not in page


def test_history_shows_what_two_versions_say_differently(desk: Desk) -> None:
    item_id = desk.begin()
    desk.write(item_id)
    desk.write(item_id, base="1", stem=STEM.replace("使用前", "每次使用前"))
    page = desk.author.get(f"/authoring/items/{item_id}/history").get_data(as_text=True)
    assert "<ins>每次</ins>" in page
    same = desk.author.get(f"/authoring/items/{item_id}/history?from=1&to=1")
    assert "没有差异" in same.get_data(as_text=True)
    strange = desk.author.get(f"/authoring/items/{item_id}/history?from=99&to=x")
    assert "<ins>每次</ins>" in strange.get_data(as_text=True)


def test_the_editor_speaks_english(desk: Desk) -> None:
    item_id = desk.begin()
    desk.author.client.set_cookie("kaohe_language", "en")
    page = desk.author.get(f"/authoring/items/{item_id}").get_data(as_text=True)
    assert "Edit item 1-0001" in page
    assert "Save and submit" in page
