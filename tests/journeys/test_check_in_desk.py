"""The check-in desk with a scanner and function keys, no mouse."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Journey, grave_violations, sign_in_staff, wait_for_keys
from tests.support.rooms import PROCTOR, SECOND_PROCTOR
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser


def scan(page: Page, number: str, name: str) -> None:
    """Do what a scanner does: type into whatever has the focus, then Enter."""
    expect(page.locator("#number")).to_be_focused()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator(".desk__name")).to_contain_text(name)
    wait_for_keys(page)
    expect(page.locator("#number")).to_be_focused()


def told(page: Page, words: str) -> None:
    expect(page.locator("#main .note").first).to_contain_text(words)
    wait_for_keys(page)


def test_two_proctors_check_candidates_in_by_keyboard(journey: Journey, served: Served) -> None:
    sitting_id = served.next_room()
    first, second = served.places(sitting_id)[:2]
    page = journey.page()
    sign_in_staff(page, PROCTOR, PASSWORD)
    page.goto(f"/proctor/{sitting_id}/check-in")
    scan(page, first.admission_no, first.name)
    assert grave_violations(page) == []
    page.keyboard.press("F2")
    told(page, f"{first.name}：一致")
    scan(page, second.admission_no, second.name)
    page.keyboard.press("F4")
    expect(page.get_by_role("radio", name="存疑")).to_be_checked()
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("照片模糊")
    page.keyboard.press("Enter")
    told(page, f"{second.name}：存疑")
    page.keyboard.type("9999")
    page.keyboard.press("Enter")
    told(page, "找不到本场考生（号码末四位 9999）")

    other = journey.page()
    sign_in_staff(other, SECOND_PROCTOR, PASSWORD)
    other.goto(f"/proctor/{sitting_id}/check-in")
    other.get_by_role("region", name="存疑，待另一人复核").get_by_role("link").click()
    expect(other.locator(".desk__before")).to_contain_text("照片模糊")
    wait_for_keys(other)
    other.keyboard.press("F2")
    told(other, f"{second.name}：一致")
    expect(other.get_by_role("region", name="存疑，待另一人复核")).to_have_count(0)
