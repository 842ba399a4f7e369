"""The day of a scanning clerk: design, print, scan with troubles, review, reconcile, release."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from exam_server.rehearsal.batch import Batch, BatchOrder, build_batch
from exam_server.rehearsal.cards import PaperCandidate, paper_candidates
from item_bank.queries import frozen_key
from omr.layout_queries import layout_of_sitting
from omr.layouts import layout_named
from omr.printing import print_blank
from omr.queries import batches_of, state_counts
from omr.reader.blank import render_page
from omr.rules.states import PageState
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR
from scoring.models import SubjectResult
from scoring.rules.marking import mark_theory
from tests.support import clerk_day
from tests.support.browser import Journey, grave_violations, sign_in_staff
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
CANDIDATES = 18
SEED = 11
KEYS = {"right": "1", "wrong": "2"}


def test_day_of_a_scanning_clerk(journey: Journey, served: Served) -> None:
    hold_the_day(journey, served, CANDIDATES)


def hold_the_day(journey: Journey, served: Served, count: int) -> None:
    """Design, print, scan, review, reconcile, release and mark; every trouble is found."""
    clerk, second, office = (journey.page() for _ in range(3))
    sign_in_staff(clerk, "saomiao01", PASSWORD)
    sign_in_staff(second, "saomiao02", PASSWORD)
    sign_in_staff(office, "jigou01", PASSWORD)
    design_a_card(clerk)
    batch = sitting_without_cards(served, count)
    pdf = print_cards_of(office, batch.card_sitting_id)
    with served.database.reading() as db:
        people = paper_candidates(db, batch.card_sitting_id, seed=SEED)
        layout = layout_of_sitting(db, batch.card_sitting_id)
    assert layout is not None
    other = print_blank(layout_named("kh-a4-100"), font_regular=FONT_REGULAR, font_bold=FONT_BOLD)
    strange = render_page(other, dpi=clerk_day.DPI, index=0)
    pile = clerk_day.make_pile(pdf, people, layout, strange=strange)

    batch_id = scan(clerk, served, batch, clerk_day.pdf_of(*pile.pages))
    with served.database.reading() as db:
        counts = state_counts(db, batch_id)
    plain = counts.pop(PageState.READ)
    assert counts == clerk_day.FATES
    assert plain + sum(counts.values()) == len(pile.pages)

    owners = pile.owners
    review(clerk, batch_id, owners)
    expect(clerk.get_by_text("页等待另一人")).to_be_visible()
    review(second, batch_id, owners)
    review(clerk, batch_id, owners)
    expect(clerk.get_by_text("本批次已复核完毕")).to_be_visible()

    clerk.goto(f"/cards/sittings/{batch.card_sitting_id}/reconciliation")
    absent = people[clerk_day.ABSENT]
    clerk.locator(f'input[name=absent][value="{absent.admission_id}"]').check()
    clerk.get_by_label("考场记录缺考人数").fill("1")
    clerk.get_by_role("button", name="登记到场情况").click()
    expect(clerk.get_by_text("1 处不符", exact=True)).to_be_visible()
    row = clerk.locator("tr").filter(has_text=people[clerk_day.FORGOTTEN].admission_no)
    expect(row).to_contain_text("到场无卡")
    assert grave_violations(clerk) == []
    release(clerk, batch_id)
    expect(clerk.get_by_text("到场无卡")).to_be_visible()  # refused, and led to the seat

    late_id = scan(clerk, served, batch, clerk_day.pdf_of(pile.late_page))
    for released_id in (batch_id, late_id):
        release(clerk, released_id)
        expect(clerk.get_by_text("页到评分")).to_be_visible()
    clerk.goto(f"/cards/sittings/{batch.card_sitting_id}")
    confirm(clerk, "判分")
    expect(clerk.get_by_text(f"{count - 1} 人有成绩，1 人缺考")).to_be_visible()
    check_marks(served, people)


def design_a_card(clerk: Page) -> None:
    clerk.goto("/cards/designs/")
    clerk.get_by_role("link", name="设计新版式").click()
    clerk.get_by_label("版式代码").fill("kh-day")
    clerk.get_by_label("第 2 行题数").fill("10")
    clerk.get_by_label("第 2 行选项数").fill("5")
    expect(clerk.locator("[data-findings]")).to_contain_text("没有影响识读的问题")
    clerk.get_by_role("button", name="保存为新版本").click()
    ask = clerk.locator("tr").filter(has_text="KH-DAY").locator("details.ask")
    ask.filter(has_text="发布").locator("summary").click()
    ask.get_by_role("checkbox").check()
    ask.get_by_role("button", name="发布").click()
    expect(clerk.locator("tr").filter(has_text="KH-DAY")).to_contain_text("已发布")


def sitting_without_cards(served: Served, count: int) -> Batch:
    starts_at = datetime.now(UTC) - timedelta(days=25)
    order = BatchOrder(0, count, starts_at, SEED, first_person=1_000, issues_cards=False)
    with served.database.transaction() as db:
        return build_batch(db, served.world.office, order)


def print_cards_of(office: Page, sitting_id: int) -> bytes:
    office.goto(f"/cards/sittings/{sitting_id}")
    form = {
        "csrf_token": office.locator("input[name=csrf_token]").first.get_attribute("value") or "",
        "paper_id": option(office, "试卷", "各卷按座位轮换"),
        "layout": option(office, "答题卡版式", "KH-DAY"),
    }
    reply = office.request.post(f"/cards/sittings/{sitting_id}/print", form=form)
    assert reply.headers["content-type"] == "application/pdf"
    return reply.body()


def option(page: Page, label: str, words: str) -> str:
    chosen = page.get_by_label(label, exact=True).locator("option").filter(has_text=words)
    return chosen.first.get_attribute("value") or ""


def scan(clerk: Page, served: Served, batch: Batch, pdf: bytes) -> int:
    clerk.goto(f"/cards/sittings/{batch.card_sitting_id}")
    file = {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": pdf}
    clerk.locator("input[type=file]").set_input_files(file)
    clerk.get_by_role("button", name="上传并识读").click()
    expect(clerk.get_by_text("识读完毕")).to_be_visible(timeout=240_000)
    actor = served.world.office.actors["saomiao01"]
    with served.database.reading() as db:
        return batches_of(db, batch.card_sitting_id, actor=actor)[0].id


def review(clerk: Page, batch_id: int, owners: Mapping[int, PaperCandidate]) -> None:
    """Decide by keyboard alone everything this person can, as one who sees the card."""
    clerk.goto(f"/cards/review/{batch_id}")
    while clerk.locator(".review").count():
        place = int("".join(filter(str.isdigit, clerk.locator(".badge.num").first.inner_text())))
        person = owners[place]
        number = clerk.get_by_label("准考证号", exact=True)
        before = clerk.url
        if number.count():
            number.fill(person.admission_no)
        elif clerk.locator("[data-crop]").count():
            decide(clerk, person)
        with clerk.expect_navigation():
            clerk.keyboard.press("Enter")
        assert clerk.url.startswith(before.split("?", maxsplit=1)[0])


def decide(clerk: Page, person: PaperCandidate) -> None:
    source = clerk.locator("[data-crop]").get_attribute("src") or ""
    group = source.rsplit("/", 1)[1].removesuffix(".jpg")
    clerk.keyboard.press("Space")
    for value in person.groups.get(group, ()):
        clerk.keyboard.press(KEYS.get(value, value))


def release(clerk: Page, batch_id: int) -> None:
    clerk.goto(f"/cards/batches/{batch_id}")
    confirm(clerk, "移交评分")


def confirm(clerk: Page, words: str) -> None:
    ask = clerk.locator("details.ask").filter(has_text=words)
    ask.locator("summary").click()
    ask.get_by_role("checkbox").check()
    ask.get_by_role("button", name=words).click()


def check_marks(served: Served, people: list[PaperCandidate]) -> None:
    """Every mark is what the candidate meant, whatever happened to the card."""
    with served.database.reading() as db:
        for index, person in enumerate(people):
            chosen = select(SubjectResult).where(SubjectResult.admission_id == person.admission_id)
            result = db.scalars(chosen).one()
            if index == clerk_day.ABSENT:
                assert result.flag == "absent"
            else:
                meant = mark_theory(frozen_key(db, person.paper_id), person.meant)
                assert result.mark == meant.total, person.admission_no
