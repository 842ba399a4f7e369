"""An item proves faulty after the exam: traced, proposed, decided, every mark taken again."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from item_bank.models import ItemVersion, Paper, PaperItem
from item_bank.rules.kinds import ItemKind
from scoring.errata.queries import papers_with, theory_results_of
from scoring.models import ResultRevision
from tests.support.browser import Journey, grave_violations, sign_in_staff
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
REASON = "新国家标准已改变该数值，原答案不再唯一"


def item_of_the_scored_paper(served: Served) -> tuple[int, int, str]:
    """Return a single-choice item of a paper that was marked: item, version and code."""
    with served.database.reading() as db:
        chosen = (
            select(ItemVersion)
            .join(PaperItem, PaperItem.item_version_id == ItemVersion.id)
            .join(Paper, Paper.id == PaperItem.paper_id)
            .where(
                Paper.plan_id == served.world.scored.plan_id,
                PaperItem.kind == ItemKind.SINGLE_CHOICE,
            )
            .order_by(PaperItem.position)
        )
        version = db.scalars(chosen).first()
        assert version is not None
        return version.item_id, version.id, version.item.code


def marks_with(served: Served, version_id: int) -> list[str]:
    """Return the marks that were taken with a version of an item, by admission number."""
    with served.database.reading() as db:
        results = [
            result
            for paper in papers_with(db, version_id)
            for result in theory_results_of(db, paper)
        ]
        ordered = sorted(results, key=lambda result: result.enrolment.admission_no)
        return [f"{result.mark:.1f}" for result in ordered]


def decide(page: Page, label: str, words: str) -> None:
    box = page.locator("details.ask").filter(has_text=label).first
    box.locator("summary").click()
    box.get_by_label("裁定意见").fill(words)
    box.get_by_role("checkbox").check()
    box.get_by_role("button", name=label, exact=True).click()


def test_a_faulty_item_is_traced_and_every_mark_is_taken_again(
    journey: Journey, served: Served
) -> None:
    item_id, version_id, code = item_of_the_scored_paper(served)
    before = marks_with(served, version_id)
    manager = journey.page()
    sign_in_staff(manager, "tiku01", PASSWORD)
    manager.goto(f"/bank/items/{item_id}/trace")
    row = manager.get_by_role("row").filter(has_text="答题卡").first
    expect(row).to_contain_text("/ 1")
    assert grave_violations(manager) == []
    row.get_by_role("link", name="提出勘误").click()
    manager.get_by_label("处理方式").select_option("remove")
    manager.get_by_label("接受的答案").fill("Z")
    manager.get_by_label("勘误理由").fill(REASON)
    with journey.refusal("400 (BAD REQUEST)"):
        manager.get_by_role("button", name="提出勘误").click()
        expect(manager.get_by_role("alert")).to_contain_text("不是本题的选项")
    expect(manager.get_by_label("勘误理由")).to_have_value(REASON)
    manager.get_by_label("接受的答案").fill("")
    assert grave_violations(manager) == []
    manager.get_by_role("button", name="提出勘误").click()
    expect(manager.locator(".note--ok")).to_contain_text("等待省中心裁定")
    expect(manager.get_by_role("button", name="采纳勘误")).to_have_count(0)
    assert marks_with(served, version_id) == before

    province = journey.page()
    sign_in_staff(province, "sheng01", PASSWORD)
    expect(province.get_by_text("待裁定的试题勘误")).to_be_visible()
    province.goto("/errata/")
    province.get_by_role("link", name=code).click()
    expect(province.get_by_text(REASON)).to_be_visible()
    foreseen = province.locator("tbody tr").all_inner_texts()
    assert [line.split()[1] for line in foreseen] == before
    decide(province, "采纳勘误", "同意剔除")
    expect(province.locator(".note--ok")).to_contain_text(f"{len(before)} 人的成绩已重新评定")
    after = marks_with(served, version_id)
    assert [line.split()[2] for line in foreseen] == after
    assert grave_violations(province) == []
    with province.expect_download() as download:
        province.get_by_role("link", name="导出 Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    with served.database.reading() as db:
        kept = [f"{row.mark_before:.1f}" for row in db.scalars(select(ResultRevision))]
    assert sorted(kept) == sorted(before)
