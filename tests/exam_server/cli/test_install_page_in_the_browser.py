"""The install page in a real browser: it tells whether this PC trusts the room's server."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from exam_server.rehearsal.server_process import ServerProcess
from tests.support.browser import chromium
from tests.support.room import Prepared, home_for, office_home  # noqa: F401  (fixtures)

pytestmark = pytest.mark.browser
SERVE = ("room", "serve", "--address", "127.0.0.1", "--install-port", "0", "--force")


def test_the_check_tells_a_pc_without_the_certificate_from_one_that_trusts_it(
    home_for: Callable[[int], Prepared],  # noqa: F811
) -> None:
    home = home_for(2).folder
    with ServerProcess(home, command=SERVE) as server, chromium() as browser:
        outcomes = (
            (False, "安全连接还不可用"),
            (True, "安全连接正常，可以进入考场。"),
        )
        for is_trusting, words in outcomes:
            page = browser.new_context(ignore_https_errors=is_trusting).new_page()
            page.goto(server.heard["install"])
            page.get_by_role("button", name="检查安全连接").click()
            expect(page.locator("#outcome")).to_contain_text(words)
        page.get_by_role("link", name="打开考场页面").click()
        expect(page.get_by_role("heading", name="考生登录")).to_be_visible()
        assert page.url == f"{server.address}/exam/"
        assert page.evaluate("isSecureContext && crypto.subtle !== undefined")
