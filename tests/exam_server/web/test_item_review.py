"""The review of items through the pages: queue, checklist, remarks, decisions, undertaking."""

from pathlib import Path

import pytest
from sqlalchemy import select

from item_bank.rules.kinds import BankDuty, ItemState
from registry.audit_log import AuditEntry
from tests.exam_server.web.office_site import Site, Visitor
from tests.exam_server.web.review_office import (
    ALL_POINTS,
    ReviewOffice,
    form_of,
    open_review_office,
)
from tests.support.invented_bank import item_content
from tests.support.review_desk import appointed


@pytest.fixture
def office(site: Site, tmp_path: Path) -> ReviewOffice:
    return open_review_office(site, tmp_path / "bank")


def open_item(visitor: Visitor, item_id: int) -> str:
    """Open an item of the queue; returns its address."""
    address = f"/review/{item_id}"
    assert visitor.get(address).status_code == 200
    return address


def passed(visitor: Visitor, item_id: int) -> str:
    """Pass an item with every point ticked; returns the page that follows."""
    address = open_item(visitor, item_id)
    fields = form_of(visitor.page)
    return visitor.follow(
        visitor.post(address, action="accept", in_order=list(ALL_POINTS), **fields)
    )


def test_the_queue_shows_one_item_with_its_place_and_goes_on_after_a_decision(
    office: ReviewOffice,
) -> None:
    reviewer = office.first
    reviewer.get("/review/")
    assert f'action="/review/{office.item_ids[0]}"' in reviewer.page
    assert "1 / 3" in reviewer.page
    assert f'data-next href="/review/{office.item_ids[1]}"' in reviewer.page
    page = passed(reviewer, office.item_ids[0])
    assert "99-901 一审通过，转入二审。" in page
    assert "1 / 2" in page
    assert "99-902" in page


def test_after_the_last_item_come_those_passed_over_and_then_the_empty_queue(
    office: ReviewOffice,
) -> None:
    reviewer = office.first
    assert "99-901" in passed(reviewer, office.item_ids[2])
    passed(reviewer, office.item_ids[1])
    passed(reviewer, office.item_ids[0])
    reviewer.get("/review/")
    assert "没有待审的试题" in reviewer.page


def test_two_people_bring_an_item_into_the_bank(office: ReviewOffice) -> None:
    passed(office.first, office.item_ids[0])
    page = passed(office.second, office.item_ids[0])
    assert "99-901 二审通过，已入库。" in page
    assert office.state() == ItemState.BANKED


def test_an_open_point_stops_the_item_and_what_was_typed_stays(office: ReviewOffice) -> None:
    reviewer = office.first
    address = open_item(reviewer, office.item_ids[0])
    fields = form_of(reviewer.page)
    kept = {"in_order": ["point", "key"], "reason": "看过了", "text": "写到一半"}
    response = reviewer.post(address, action="accept", **kept, **fields)
    assert response.status_code == 400
    assert "还有 7 项没有勾选" in reviewer.page
    assert 'value="key" checked' in reviewer.page
    assert 'value="stem" checked' not in reviewer.page
    assert ">看过了</textarea>" in reviewer.page
    assert ">写到一半</textarea>" in reviewer.page


def test_a_return_needs_its_reason_and_the_item_is_a_draft_again(office: ReviewOffice) -> None:
    reviewer = office.first
    address = open_item(reviewer, office.item_ids[0])
    fields = form_of(reviewer.page)
    assert reviewer.post(address, action="return", **fields).status_code == 400
    assert '<a href="#f-reason">审题意见：退回试题时请写明原因。</a>' in reviewer.page
    page = reviewer.follow(reviewer.post(address, action="return", reason="重写", **fields))
    assert "99-901 已退回命题人修改。" in page
    assert office.state() == ItemState.DRAFT


def test_a_remark_is_added_and_withdrawn_without_losing_the_checklist(
    office: ReviewOffice,
) -> None:
    reviewer = office.first
    address = open_item(reviewer, office.item_ids[0])
    remark = {"field": "option.b", "quote": "选项b", "text": "过短，请改写"}
    kept = {"in_order": ["stem"], "reason": "待改"}
    assert reviewer.post(address, action="remark", **remark, **kept).status_code == 200
    assert "过短，请改写" in reviewer.page
    assert '<q class="remark__quote" data-quote-of="option.b">选项b</q>' in reviewer.page
    assert 'value="stem" checked' in reviewer.page
    assert ">待改</textarea>" in reviewer.page
    other = office.second
    other.get(address)
    assert "过短，请改写" in other.page
    assert 'name="withdraw"' not in other.page
    remark_id = reviewer.page.split('name="withdraw" value="')[1].split('"')[0]
    assert reviewer.post(address, withdraw=remark_id, **kept).status_code == 200
    assert "过短，请改写" not in reviewer.page
    assert ">待改</textarea>" in reviewer.page


def test_a_remark_without_words_is_refused_in_place(office: ReviewOffice) -> None:
    reviewer = office.first
    address = open_item(reviewer, office.item_ids[0])
    response = reviewer.post(address, action="remark", field="stem", quote="虚构题干")
    assert response.status_code == 400
    assert "批注：请写明意见。" in reviewer.page
    assert 'value="虚构题干"' in reviewer.page


def test_of_two_who_have_the_page_open_the_second_is_told(office: ReviewOffice) -> None:
    late = office.second
    address = open_item(late, office.item_ids[0])
    fields = form_of(late.page)
    passed(office.first, office.item_ids[0])
    response = late.post(address, action="return", reason="不行", **fields)
    assert "已由他人审过" in late.follow(response)
    assert office.state() == ItemState.SECOND_REVIEW


def test_a_contradiction_is_shown_with_the_other_item_and_cannot_be_banked(
    office: ReviewOffice,
) -> None:
    banked = item_content(number=2)
    item_id = office.add(904, stem=banked.stem, options=banked.options, key=frozenset({"a"}))
    passed(office.first, item_id)
    second = office.second
    address = open_item(second, item_id)
    fields = form_of(second.page)
    assert "疑似重复" in second.page
    response = second.post(address, action="accept", in_order=list(ALL_POINTS), **fields)
    assert response.status_code == 400
    assert "相互矛盾，不能入库" in second.page


def test_nothing_outside_the_own_queue_is_found(office: ReviewOffice) -> None:
    reviewer = office.first
    passed(reviewer, office.item_ids[0])
    assert reviewer.get(f"/review/{office.item_ids[0]}").status_code == 404
    assert reviewer.get("/review/1").status_code == 404
    assert reviewer.get(f"/review/figures/{office.item_ids[0]}").status_code == 404
    for stranger in (office.person(office.desk.author), office.person(office.desk.manager)):
        for address in ("/review/", f"/review/{office.item_ids[1]}", "/review/done"):
            assert stranger.get(address).status_code == 403


def test_every_view_of_an_item_and_its_figure_is_recorded(office: ReviewOffice) -> None:
    reviewer, item_id = office.first, office.item_ids[1]
    open_item(reviewer, item_id)
    assert reviewer.get(f"/review/figures/{item_id}").mimetype == "image/svg+xml"
    with office.site.database.reading() as db:
        chosen = select(AuditEntry).where(
            AuditEntry.action == "view_item", AuditEntry.object_id == str(item_id)
        )
        entries = db.scalars(chosen).all()
    assert [entry.account_id for entry in entries] == [office.desk.first.account_id] * 2
    assert "虚构" not in "".join(entry.detail for entry in entries)


def test_own_decisions_are_listed_without_words_of_the_items(office: ReviewOffice) -> None:
    reviewer = office.first
    reviewer.get("/review/done")
    assert "您还没有审过试题" in reviewer.page
    passed(reviewer, office.item_ids[0])
    reviewer.get("/review/done")
    assert "99-901" in reviewer.page
    assert "二审</span>" in reviewer.page
    assert "虚构题干" not in reviewer.page


def test_a_new_reviewer_promises_secrecy_before_the_first_item(office: ReviewOffice) -> None:
    now = office.site.clock()  # type: ignore[operator]
    with office.site.database.transaction() as db:
        new = appointed(
            db,
            office.desk.project_id,
            BankDuty.REVIEWER,
            office.desk.manager,
            now=now,
            is_signed=False,
        )
    reviewer = office.person(new)
    reviewer.get("/work")
    assert "待签署的保密承诺" in reviewer.page
    assert "待审试题" not in reviewer.page
    assert reviewer.get(f"/review/{office.item_ids[0]}").status_code == 404
    assert "命题审题人员保密承诺书" in reviewer.follow(reviewer.get("/review/"))
    address = f"/undertaking/{office.desk.project_id}"
    assert reviewer.post(address, duty="reviewer").status_code == 400
    reviewer.get("/undertaking/")
    response = reviewer.post(address, duty="reviewer", confirmed="1")
    assert response.location == "/review/"
    reviewer.get("/review/")
    assert f'action="/review/{office.item_ids[0]}"' in reviewer.page
    reviewer.get("/work")
    assert "待审试题" in reviewer.page
