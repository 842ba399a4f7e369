"""The proctor's wall against a scripted room: snapshot by request, commands, counts, keys."""

# ruff: noqa: E501 - a script for the browser or a row of data is one line

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.exam_server.static import canned_room as canned
from tests.exam_server.static.exam_site import Site
from tests.exam_server.static.test_candidate_page import violations

pytestmark = pytest.mark.browser
NOW_MS = canned.START_MS + 17 * canned.MINUTE_MS + 43_000

FAKE_SOCKET = """
window.sockets = [];
window.io = (name) => {
  const handlers = {};
  const socket = {
    name, connected: false, sent: [], replies: {},
    on: (event, handler) => { handlers[event] = handler; },
    emit: (event, message, done) => { socket.sent.push([event, message]); done(socket.replies[event] || {ok: true}); },
    connects: 0, connect: () => { socket.connects += 1; }, disconnect: () => {},
    fire: (event, payload) => { if (event === "connect") socket.connected = true; if (event === "disconnect") socket.connected = false; handlers[event](payload); },
  };
  window.sockets.push(socket);
  return socket;
};
"""


def snapshot(count: int, state: str, rows: int, columns: int) -> dict[str, object]:
    before = state in {"planned", "check_in"}
    return {
        "version": 1,
        "server_ms": NOW_MS,
        "sitting": {
            "id": 3,
            "title": "第 01 考场 · 充电桩运维管理 理论知识考试",
            "sub": "2605-0037 批 · 第 2 场　09:00 — 10:30",
            "state": state,
            "room_code": None if state == "planned" else "483 920",
            "rows": rows,
            "columns": columns,
            "started_ms": None if before else canned.START_MS,
            "ends_ms": None if before else canned.START_MS + 90 * canned.MINUTE_MS,
            "minutes": 90,
        },
        "seats": canned.seats(count, NOW_MS, before_start=before),
        "events": [] if before else canned.wall_events(NOW_MS),
    }


@pytest.fixture
def open_wall(page: Page, site: Site) -> Callable[..., Page]:
    def opened(count: int = 60, state: str = "running", rows: int = 6, columns: int = 10) -> Page:
        site.room.wall = snapshot(count, state, rows, columns)
        site.pages["/proctor/3"] = lambda: site.render(
            "proctor_console/wall.html", sitting={"id": 3}
        )
        page.goto(f"{site.address}/proctor/3")
        page.wait_for_selector(".seat")
        return page

    return opened


def test_counters_filter_and_the_countdown_runs(open_wall: Callable[..., Page]) -> None:
    page = open_wall()
    expect(page.locator("#left")).to_contain_text("01:12:1")
    expect(page.get_by_role("button", name="断线 2", exact=True)).to_be_visible()
    page.get_by_role("button", name="断线 2", exact=True).click()
    expect(page.locator(".seat--dim")).to_have_count(58)


@pytest.mark.parametrize(("count", "rows", "columns"), [(60, 6, 10), (30, 5, 6), (12, 4, 3)])
def test_the_grid_has_the_shape_of_the_room(
    open_wall: Callable[..., Page], count: int, rows: int, columns: int
) -> None:
    page = open_wall(count, "running", rows, columns)
    tops = page.evaluate(
        "[...document.querySelectorAll('.seat')].map((node) => Math.round(node.getBoundingClientRect().top))"
    )
    assert [tops.count(top) for top in sorted(set(tops))] == [columns] * rows
    assert page.evaluate(
        "(() => { const room = document.querySelector('.room'); return room.scrollHeight <= room.clientHeight; })()"
    )


def test_the_seat_map_is_one_tab_stop_with_arrow_keys(open_wall: Callable[..., Page]) -> None:
    page = open_wall()
    page.locator(".seat").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".seat").nth(11)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_contain_text("12 ")
    assert page.locator(".seat[tabindex='0']").count() == 1


def test_an_extension_asks_minutes_reason_and_second_person(
    open_wall: Callable[..., Page], site: Site
) -> None:
    page = open_wall()
    page.locator(".seat").nth(16).click()
    page.get_by_role("button", name="延时", exact=True).click()
    dialog = page.get_by_role("dialog", name="延时：17 号")
    dialog.get_by_role("spinbutton").fill("7")
    dialog.get_by_label("原因").fill("交换机断电")
    dialog.get_by_label("复核人登录名").fill("hewenjing")
    assert violations(page) == []
    dialog.get_by_role("button", name="延长时间").click()
    expect(page.locator("#toast")).to_contain_text("已执行")
    assert site.room.asked("extend") == [
        {
            "sitting": 3,
            "admission": 1017,
            "reason": "交换机断电",
            "reviewer": "hewenjing",
            "minutes": 7,
        }
    ]


def test_forced_hand_in_needs_a_tick_and_a_refusal_keeps_the_typed_text(
    open_wall: Callable[..., Page], page: Page, site: Site
) -> None:
    page.route(
        "**/force_submit",
        lambda route: route.fulfill(
            body=json.dumps({"ok": False, "error": "wrong_reviewer", "message": "复核人无效。"}),
            content_type="application/json",
        ),
    )
    open_wall()
    page.locator(".seat").nth(22).click()
    page.get_by_role("button", name="强制交卷").click()
    dialog = page.get_by_role("dialog", name="强制交卷：23 号")
    confirm = dialog.get_by_role("button", name="强制交卷")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("原因").fill("违纪")
    dialog.get_by_label("复核人登录名").fill("x")
    dialog.get_by_label("我已核对考生身份").check()
    confirm.click()
    expect(dialog).to_contain_text("复核人无效。")
    expect(dialog.get_by_label("原因")).to_have_value("违纪")


def test_a_button_that_cannot_be_used_says_why(open_wall: Callable[..., Page], site: Site) -> None:
    page = open_wall()
    page.locator(".seat").nth(3).click()
    expect(page.locator("#detail-why")).to_contain_text("延时、暂停、强制交卷：考生缺考")
    page.get_by_role("button", name="延时", exact=True).click(force=True)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#why-close")).to_have_text("还有 53 人没有交卷")
    page.get_by_role("button", name="取消缺考").click()
    page.get_by_label("原因（写入考场记录）").fill("迟到 5 分钟")
    page.get_by_role("dialog").get_by_role("button", name="取消缺考").click()
    expect(page.locator("#toast")).to_contain_text("已执行")
    assert site.room.asked("mark_present")[0]["admission"] == 1004


def test_check_in_shows_the_code_and_the_start_asks_with_counts(
    open_wall: Callable[..., Page], site: Site
) -> None:
    page = open_wall(30, "check_in", 5, 6)
    expect(page.locator(".phase__code")).to_have_text("483 920")
    page.get_by_role("button", name="放大口令").click()
    assert page.locator("#code-value").bounding_box()["height"] > 150
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="开始考试").click()
    dialog = page.get_by_role("dialog", name="开始考试")
    expect(dialog).to_contain_text("26 名考生同时开考")
    expect(dialog).to_contain_text("未登录4 人")
    dialog.get_by_role("button", name="开始考试").click()
    expect(page.locator("#toast")).to_contain_text("已执行")
    assert site.room.asked("start") == [{"sitting": 3}]


def test_check_in_is_opened_from_the_planned_room(
    open_wall: Callable[..., Page], site: Site
) -> None:
    page = open_wall(30, "planned", 5, 6)
    page.get_by_role("button", name="开放签到", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="开放签到").click()
    expect(page.locator("#toast")).to_contain_text("已执行")
    assert site.room.asked("open_check_in") == [{"sitting": 3}]


def test_a_message_goes_to_all(open_wall: Callable[..., Page], site: Site) -> None:
    page = open_wall()
    page.get_by_role("button", name="全场广播").click()
    page.get_by_role("button", name="请保持安静。").click()
    page.get_by_role("dialog").get_by_role("button", name="发送").click()
    expect(page.locator("#toast")).to_contain_text("已执行")
    assert site.room.asked("message") == [{"sitting": 3, "admission": None, "text": "请保持安静。"}]


def test_an_event_is_handled(open_wall: Callable[..., Page], site: Site) -> None:
    page = open_wall()
    page.get_by_role("button", name="处理 31").click()
    expect(page.locator("#open-count")).to_have_text("3")
    assert site.room.asked("handle") == [{"sitting": 3, "event": 100}]
    page.get_by_role("tab", name="全部事件").click()
    expect(page.locator(".event")).to_have_count(7)


def open_with_socket(page: Page, site: Site) -> None:
    """Show the wall over a socket that the test plays."""
    page.route(
        "**/socket.io.min.js", lambda route: route.fulfill(body="", content_type="text/javascript")
    )
    page.add_init_script(FAKE_SOCKET)
    site.room.wall = snapshot(60, "running", 6, 10)
    site.pages["/proctor/3"] = lambda: site.render(
        "proctor_console/wall.html", sitting={"id": 3}, integrity=lambda path: ""
    )
    page.goto(f"{site.address}/proctor/3")
    page.wait_for_selector(".seat")
    first = {"ok": True, **site.room.wall}
    page.evaluate(
        "(first) => { sockets[0].replies.watch = first; sockets[0].fire('connect'); }", first
    )
    expect(page.locator("#link")).to_have_text("实时连接正常")


def test_a_socket_that_was_refused_is_asked_for_again(page: Page, site: Site) -> None:
    page.clock.install()
    open_with_socket(page, site)
    page.evaluate("sockets[0].fire('disconnect', 'transport close')")
    begun = page.evaluate("sockets[0].connects")
    page.evaluate("sockets[0].fire('connect_error', new Error('refused'))")
    page.clock.run_for(6_000)
    assert page.evaluate("sockets[0].connects") == begun + 1


def test_a_seat_that_was_not_heard_since_the_start_claims_nothing(page: Page, site: Site) -> None:
    open_with_socket(page, site)
    seat = site.room.wall["seats"][4] | {"state": "offline", "heard": False, "pending": None}
    delta = {"version": 2, "seats": [seat], "events": [], "sitting": None}
    page.evaluate("(delta) => sockets[0].fire('delta', delta)", delta)
    tile = page.locator(".seat").nth(4)
    expect(tile).to_contain_text("未联系")
    tile.click()
    facts = page.locator("#detail .detail__facts")
    expect(facts).to_contain_text("待上传不详")
    expect(facts).to_contain_text("服务器启动后还没有收到消息")
    assert violations(page) == []


def test_the_socket_brings_deltas_and_a_missed_one_is_watched_again(page: Page, site: Site) -> None:
    open_with_socket(page, site)
    seat = {**site.room.wall["seats"][0], "state": "help"}
    event = {
        "id": 200,
        "at_ms": NOW_MS,
        "seat": 1,
        "kind": "help",
        "text": "举手：屏幕闪烁",
        "open": True,
    }
    delta = {"version": 2, "seats": [seat], "events": [event], "sitting": None}
    page.evaluate("(delta) => sockets[0].fire('delta', delta)", delta)
    expect(page.locator(".seat").first).to_have_attribute("data-state", "help")
    expect(page.locator("#announcer")).to_contain_text("1 号 举手：屏幕闪烁")
    watched = page.evaluate("sockets[0].sent.filter(([event]) => event === 'watch').length")
    page.evaluate("sockets[0].fire('delta', {version: 9, seats: [], events: [], sitting: null})")
    page.wait_for_timeout(100)
    assert (
        page.evaluate("sockets[0].sent.filter(([event]) => event === 'watch').length")
        == watched + 1
    )


def test_nothing_moves_under_the_pointer_when_another_event_arrives(page: Page, site: Site) -> None:
    open_with_socket(page, site)
    rows = page.locator("#events .event")
    before = rows.all_inner_texts()
    rows.first.hover()
    text = "举手：设备问题"
    event = {"id": 900, "at_ms": NOW_MS, "seat": 5, "kind": "help", "text": text, "open": True}
    delta = {"version": 2, "seats": [], "events": [event], "sitting": None}
    page.evaluate("(delta) => sockets[0].fire('delta', delta)", delta)
    expect(rows).to_have_count(len(before) + 1)
    later = {**event, "id": 901, "seat": 6, "text": "举手：个人事务"}
    page.evaluate(
        "(delta) => sockets[0].fire('delta', delta)", {**delta, "version": 3, "events": [later]}
    )
    expect(rows.last).to_contain_text(later["text"])
    assert rows.all_inner_texts()[:-2] == before
    page.mouse.move(2, 2)
    expect(rows.first).to_contain_text(later["text"])


@pytest.mark.parametrize("theme", ["", "dark", "contrast"])
def test_the_wall_has_no_accessibility_violations(
    open_wall: Callable[..., Page], page: Page, theme: str
) -> None:
    page.add_init_script(f"localStorage.setItem('kaohe-wall-theme', '{theme}')")
    open_wall()
    page.locator(".seat").nth(22).click()
    assert violations(page) == []


def test_no_sideways_scrolling_at_200_percent(open_wall: Callable[..., Page], page: Page) -> None:
    page.set_viewport_size({"width": 683, "height": 384})
    open_wall()
    page.locator(".seat").nth(22).click()
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_two_hundred_seats_are_seen_without_scrolling(open_wall: Callable[..., Page]) -> None:
    page = open_wall(200, "running", 10, 20)
    assert page.evaluate(
        "(() => { const room = document.querySelector('.room'); return room.scrollHeight <= room.clientHeight && room.scrollWidth <= room.clientWidth; })()"
    )
    expect(page.locator(".seat")).to_have_count(200)
    assert violations(page) == []


def test_trouble_comes_first_or_alone_and_by_itself(page: Page, site: Site) -> None:
    page.route(
        "**/socket.io.min.js", lambda route: route.fulfill(body="", content_type="text/javascript")
    )
    page.add_init_script(FAKE_SOCKET)
    site.room.wall = snapshot(60, "running", 6, 10)
    site.pages["/proctor/3"] = lambda: site.render(
        "proctor_console/wall.html", sitting={"id": 3}, integrity=lambda path: ""
    )
    page.goto(f"{site.address}/proctor/3")
    page.wait_for_selector(".seat")
    seats = page.locator(".seat")
    page.get_by_role("button", name="问题优先").click()
    shown = [seats.nth(place).get_attribute("data-state") for place in range(5)]
    assert shown == ["help", "alert", "offline", "offline", "active"]
    page.get_by_role("button", name="只看问题").click()
    expect(seats).to_have_count(4)
    first = {"ok": True, **site.room.wall}
    page.evaluate(
        "(first) => { sockets[0].replies.watch = first; sockets[0].fire('connect'); }", first
    )
    expect(page.locator("#link")).to_have_text("实时连接正常")
    seat = {**site.room.wall["seats"][0], "state": "help"}
    delta = {"version": 2, "seats": [seat], "events": [], "sitting": None}
    page.evaluate("(delta) => sockets[0].fire('delta', delta)", delta)
    expect(seats).to_have_count(5)
    seats.nth(0).focus()
    page.keyboard.press("ArrowRight")
    expect(seats.nth(1)).to_be_focused()


def test_a_message_for_all_shows_who_gets_it_and_leaves_some_out(
    open_wall: Callable[..., Page], site: Site
) -> None:
    page = open_wall(12, "running", 4, 3)
    page.get_by_role("button", name="全场广播").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("发给全部 10 人").click()
    expect(dialog).to_contain_text("不含 2 人：考生缺考，收不到消息 04；考生已交卷，收不到消息 09")
    dialog.get_by_role("checkbox", name="01 ").uncheck()
    expect(dialog).to_contain_text("发给 9 人，去掉 1 人")
    assert violations(page) == []
    dialog.get_by_label("消息内容").fill("请保持安静。")
    dialog.get_by_role("button", name="发送").click()
    expect(page.locator("#toast")).to_contain_text("已执行")
    (sent,) = site.room.asked("message")
    assert sent["admissions"] == [1000 + no for no in range(2, 13) if no not in (4, 9)]
    assert "admission" not in sent


def test_what_is_wrong_with_the_server_stands_above_everything_until_it_is_right(
    open_wall: Callable[..., Page], site: Site
) -> None:
    page = open_wall()
    alarm = page.get_by_role("alert").filter(has_text="磁盘已满")
    expect(alarm).to_have_count(0)
    text = "服务器现在不能写盘（磁盘已满），答案暂存在考生机上。请立即清理服务器磁盘。"
    for told, count in ((text, 1), ("", 0)):
        site.room.wall["sitting"]["alarm"] = told
        page.reload()
        page.wait_for_selector(".seat")
        expect(alarm).to_have_count(count)


def test_some_chosen_seats_are_paused_together(open_wall: Callable[..., Page], site: Site) -> None:
    page = open_wall(12, "running", 4, 3)
    page.locator(".seat").nth(0).click(modifiers=["Control"])
    for at in (1, 3):  # the second of them is absent
        page.locator(".seat").nth(at).click()
    bar = page.get_by_role("toolbar", name="对所选座位")
    expect(bar).to_contain_text("已选 3 个座位")
    bar.get_by_role("button", name="暂停 2").click()
    dialog = page.get_by_role("dialog", name="暂停：所选 3 个座位")
    expect(dialog).to_contain_text("不含 1 人：考生缺考 04")
    dialog.get_by_label("原因").fill("更换电源")
    assert violations(page) == []
    dialog.get_by_role("button", name="暂停", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("已执行")
    assert site.room.asked("pause") == [
        {"sitting": 3, "admissions": [1001, 1002], "reason": "更换电源"}
    ]


KEPT = {
    "ops": 1,
    "changing": 1,
    "reasons": ["closed"],
    "from_ms": NOW_MS,
    "until_ms": NOW_MS,
    "follow_on": True,
    "had_outage": True,
}
EVIDENCE = {
    "no": 2,
    "admission": 1002,
    "name": "李明",
    "state": "expired",
    "has_ended": True,
    "ended_ms": NOW_MS - 20_000,
    "deadline_ms": NOW_MS - 35_000,
    "refused_by_itself_ms": NOW_MS + 30 * canned.MINUTE_MS,
    "follow_on": True,
    "outages": [[NOW_MS - 90_000, NOW_MS]],
    "changing": 1,
    "ops": [
        {
            "question": 7,
            "kind": "set",
            "reason": "closed",
            "epoch": 1,
            "seq": 31,
            "received_ms": NOW_MS,
            "standing": False,
            "standing_ms": None,
            "effect": "fills",
        }
    ],
}


def test_closing_leads_to_operations_that_two_persons_must_decide_on(
    open_wall: Callable[..., Page], site: Site
) -> None:
    site.pages["/proctor/3/late"] = lambda: json.dumps({"ok": True, "people": [EVIDENCE]})
    page = open_wall(12, "running", 4, 3)
    for seat in site.room.wall["seats"]:
        seat["state"] = "submitted"
    site.room.wall["seats"][1] |= {"late": KEPT, "ended": "expired"}
    page.reload()
    page.wait_for_selector(".seat")
    expect(page.locator(".seat").nth(1)).to_contain_text("待裁定 1")
    page.get_by_role("button", name="关闭考场").click()
    closing = page.get_by_role("dialog", name="关闭考场")
    expect(closing).to_contain_text("1 人有留存的操作会改变答案")
    expect(closing.get_by_role("button", name="关闭考场")).to_be_disabled()
    closing.get_by_role("button", name="去裁定").click()
    desk = page.get_by_role("dialog", name="裁定留存的操作")
    expect(desk.get_by_role("row", name="第 7 题")).to_contain_text("补上空题")
    assert violations(page) == []
    desk.get_by_label("理由").fill("断网期间作答")
    desk.get_by_role("button", name="采纳", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text("复核人")
    desk.get_by_label("复核人登录名").fill("hewenjing")
    desk.get_by_role("button", name="采纳", exact=True).click()
    expect(desk).to_be_hidden()
    assert site.room.asked("decide_late") == [
        {
            "sitting": 3,
            "admission": 1002,
            "accept": True,
            "reason": "断网期间作答",
            "reviewer": "hewenjing",
        }
    ]
