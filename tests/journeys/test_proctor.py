"""A proctor at the wall; what is done there is on the candidates' screens within two seconds."""

import pytest
from playwright.sync_api import Page, Route, expect

from exam_server.delivery.states import AttemptState
from tests.support.browser import (
    Journey,
    Paper,
    Stopwatch,
    Wall,
    confirm_and_wait,
    grave_violations,
    sign_in_candidate,
    sign_in_staff,
)
from tests.support.rooms import PROCTOR, SECOND_PROCTOR, OpenRoom, hand_in
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
LIMIT_S = 4.5  # sooner than a page that asks each 5 s would have seen it
LIMIT_WITHOUT_SOCKET_S = 15.0
LEFT_S = """() => document.querySelector("#remaining").textContent
  .split(":").reduce((sum, part) => 60 * sum + Number(part), 0)"""


def message_shown(page: Page, text: str) -> None:
    """Read a message of the proctor and confirm it."""
    dialog = page.get_by_role("dialog", name="监考人员消息")
    expect(dialog).to_contain_text(text)


def confirm_message(page: Page) -> None:
    page.get_by_role("button", name="我知道了").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def paused(page: Page) -> None:
    """See that the paper is covered and the page says why."""
    expect(page.get_by_role("heading", name="考试已暂停")).to_be_visible()
    expect(page.locator("#player")).to_be_hidden()


def longer(page: Page, before_s: int, minutes: int) -> None:
    """Wait until the countdown has gained the minutes."""
    page.wait_for_function(f"least => ({LEFT_S})() > least", arg=before_s + 60 * minutes - 20)


def test_start_messages_and_extensions_reach_the_candidates(room: OpenRoom, served: Served) -> None:
    first, second = room.places[:2]
    one, other = room.waiting_page(first), room.waiting_page(second)
    room.start().within(LIMIT_S, "start to paper", Paper(one).open)
    Paper(other).open()
    wall = room.wall

    wall.select(first.seat_no)
    sent = wall.act("#detail", "发消息", text="请检查姓名。")
    sent.within(LIMIT_S, "message to one", lambda: message_shown(one, "请检查姓名。"))
    confirm_message(one)
    expect(other.get_by_role("dialog")).to_have_count(0)

    sent = wall.act(".bar", "全场广播", text="请保持安静。")
    sent.within(LIMIT_S, "message to all", lambda: message_shown(one, "请保持安静。"))
    message_shown(other, "请保持安静。")
    confirm_message(one)
    confirm_message(other)

    before_s, unchanged_s = one.evaluate(LEFT_S), other.evaluate(LEFT_S)
    given = wall.act("#detail", "延时", reason="键盘失灵", reviewer=SECOND_PROCTOR)
    given.within(LIMIT_S, "extension to one", lambda: longer(one, before_s, 5))
    assert other.evaluate(LEFT_S) <= unchanged_s
    expect(wall.seat(first.seat_no)).to_contain_text("+5")
    before_s, other_s = one.evaluate(LEFT_S), other.evaluate(LEFT_S)
    given = wall.act(".bar", "全场延时", reason="停电", reviewer=SECOND_PROCTOR)
    given.within(LIMIT_S, "extension to all", lambda: longer(other, other_s, 5))
    longer(one, before_s, 5)
    expect(wall.seat(first.seat_no)).to_contain_text("+10")
    stopped = wall.act("#phase", "全场暂停", reason="火警")
    stopped.within(LIMIT_S, "pause to cover", lambda: paused(one))
    paused(other)
    goes_on = wall.act("#phase", "恢复考试")
    goes_on.within(LIMIT_S, "resumption to paper", Paper(one).open)


def test_without_a_socket_messages_and_extensions_arrive_and_the_wall_sees_them_confirmed(
    room: OpenRoom,
) -> None:
    place = room.places[0]
    page = room.journey.page()
    page.add_init_script("Object.defineProperty(window, 'io', {get: () => undefined, set() {}})")
    sign_in_candidate(page, place.admission_no, room.code)
    confirm_and_wait(page)
    room.start()
    Paper(page).open()
    wall = room.wall
    arrival = wall.page.locator(".event__arrival").first
    wall.page.get_by_role("tab", name="全部事件").click()

    sent = wall.act(".bar", "全场广播", text="请检查姓名。")
    sent.within(LIMIT_WITHOUT_SOCKET_S, "message, no socket", lambda: message_shown(page, "请检查"))
    expect(arrival).to_contain_text("已确认 0/1")
    confirm_message(page)
    expect(arrival).to_have_text("考生已确认")

    before_s = page.evaluate(LEFT_S)
    given = wall.act(".bar", "全场延时", reason="停电", reviewer=SECOND_PROCTOR)
    given.within(LIMIT_WITHOUT_SOCKET_S, "extension, no socket", lambda: longer(page, before_s, 5))
    stopped = wall.act("#phase", "全场暂停", reason="火警")
    stopped.within(LIMIT_WITHOUT_SOCKET_S, "pause, no socket", lambda: paused(page))
    goes_on = wall.act("#phase", "恢复考试")
    goes_on.within(LIMIT_WITHOUT_SOCKET_S, "resumption, no socket", Paper(page).open)


def test_one_key_pauses_the_room_and_the_time_is_given_back_after_it(room: OpenRoom) -> None:
    place = room.places[0]
    paper = room.working_paper(place)
    page, stem = paper.page, paper.page.locator("#stem").inner_text().split()[-1]
    wall = room.wall.page
    wall.keyboard.press("F9")
    dialog = wall.get_by_role("dialog", name="全场暂停")
    expect(dialog.get_by_label("原因")).to_have_value("紧急情况")
    dialog.get_by_role("button", name="全场暂停").click()
    paused(page)
    assert stem not in page.locator("body").inner_text()
    expect(page.locator(".cover")).to_contain_text("已作答的内容不会丢失")
    page.keyboard.press("A")
    page.keyboard.press("Enter")
    assert grave_violations(page) == []
    phase = wall.locator("#phase")
    expect(phase).to_contain_text("全场暂停")
    expect(phase).to_contain_text("起暂停，试卷已盖住")
    room.wall.act("#phase", "恢复考试")
    expect(page.locator("#stem")).to_be_visible()
    expect(page.locator("#stem")).to_contain_text(stem)
    assert paper.chosen == {}
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    expect(phase).to_contain_text("1 人有中断时间待确认补时")
    phase.get_by_role("button", name="补时").click()
    dialog = wall.get_by_role("dialog", name="补时：全场")
    expect(dialog).to_contain_text(f"{place.name}全场暂停")
    dialog.get_by_role("button", name="确认补时").click()
    expect(phase).not_to_contain_text("待确认补时")


def test_an_extension_checked_by_oneself_is_refused_and_keeps_what_was_typed(
    room: OpenRoom,
) -> None:
    room.working_paper(room.places[0])
    wall = room.wall
    wall.select(room.places[0].seat_no)
    wall.page.locator("#detail").get_by_role("button", name="延时", exact=True).click()
    dialog = wall.page.get_by_role("dialog")
    dialog.get_by_label("原因").fill("键盘失灵")
    dialog.get_by_label("复核人登录名").fill("jiankao01")
    dialog.get_by_role("button", name="延长时间").click()
    expect(dialog.get_by_role("alert")).to_contain_text("复核人")
    expect(dialog.get_by_label("原因")).to_have_value("键盘失灵")


def test_a_raised_hand_is_on_the_wall_and_is_handled(room: OpenRoom) -> None:
    place = room.places[0]
    page = room.working_paper(place).page
    page.get_by_role("button", name="举手", exact=True).click()
    dialog = page.get_by_role("dialog", name="举手联系监考人员")
    dialog.get_by_label("补充说明").fill("鼠标不动了")
    raised = Stopwatch()
    dialog.get_by_role("button", name="举手").click()
    raised.within(LIMIT_S, "raised hand on the wall", lambda: room.wall.sees(1, "help"))
    events = room.wall.page.locator("#events")
    expect(events).to_contain_text("鼠标不动了")
    expect(page.locator("#toast")).to_contain_text("已通知监考人员")
    events.get_by_role("button", name="处理").click()
    room.wall.sees(place.seat_no, "active")
    expect(room.wall.page.locator("#open-count")).to_have_text("0")


def test_a_room_is_closed_when_everyone_has_handed_in_or_is_absent(
    room: OpenRoom, served: Served
) -> None:
    forced, willing, missing = room.places
    page, own = room.waiting_page(forced), room.waiting_page(willing)
    room.start()
    paper = Paper(page)
    paper.open()
    paper.press("C")
    paper.link("1 题中 1 题已存到服务器")
    wall = room.wall

    wall.select(forced.seat_no)
    ended = wall.act("#detail", "强制交卷", reason="使用手机", reviewer=SECOND_PROCTOR)
    title = page.get_by_role("heading", name="已由监考人员交卷")
    ended.within(LIMIT_S, "forced hand-in to receipt", lambda: expect(title).to_be_visible())
    expect(page.locator(".receipt__code")).to_be_visible()
    assert served.answers(forced) == paper.chosen
    assert served.attempt(forced).state == AttemptState.FORCED

    close = wall.page.locator("#phase").get_by_role("button", name="关闭考场")
    expect(close).to_have_attribute("aria-disabled", "true")
    hand_in(own)
    wall.sees(willing.seat_no, "submitted")
    wall.select(missing.seat_no)
    wall.act("#detail", "登记缺考", reason="开考 30 分钟未到")
    wall.sees(missing.seat_no, "absent")
    wall.act("#phase", "关闭考场")
    expect(wall.page.locator("#phase")).to_contain_text("考场已关闭")
    expect(wall.page.locator("#phase")).to_contain_text("应考 3 人，交卷 2 人，缺考 1 人。")


def test_an_absent_candidate_who_comes_late_may_sign_in(room: OpenRoom, journey: Journey) -> None:
    place = room.places[1]
    room.wall.select(place.seat_no)
    room.wall.act("#detail", "登记缺考", reason="未到")
    room.wall.sees(place.seat_no, "absent")
    room.wall.act("#detail", "取消缺考", reason="迟到 5 分钟")
    room.wall.sees(place.seat_no, "idle")
    room.waiting_page(place)


def test_a_released_seat_covers_the_old_page_and_another_computer_goes_on(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    paper = room.working_paper(place)
    old = paper.page
    paper.press("B")
    paper.link("1 题中 1 题已存到服务器")
    room.wall.select(place.seat_no)
    freed = room.wall.act("#detail", "换机", reason="屏幕闪烁")
    cover = old.locator(".cover").get_by_role("heading", level=1)
    freed.within(LIMIT_S, "released seat to cover", lambda: expect(cover).to_be_visible())
    expect(old.locator("#player")).to_be_hidden()

    page = journey.page()
    page.goto("/exam/")
    page.get_by_label("准考证号").fill(place.admission_no)
    page.get_by_label("考场口令").fill(room.code)
    page.get_by_role("button", name="登录", exact=True).click()
    again = Paper(page)
    again.open()
    again.chosen = dict(paper.chosen)
    again.answered(1)
    again.go(2)
    again.press("A")
    again.link("2 题已存到服务器")
    room.wall.sees(place.seat_no, "active")
    assert served.answers(place) == again.chosen
    expect(old.locator("#player")).to_be_hidden()


def test_a_wall_whose_socket_connects_during_its_first_request_hears_of_changes(
    journey: Journey, served: Served
) -> None:
    page, sitting_id = journey.page(), served.next_room()
    sign_in_staff(page, PROCTOR, PASSWORD)
    held: list[Route] = []
    page.route("**/watch", lambda route: held.append(route))
    heard: list[object] = []
    page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame))
    )
    page.goto(f"/proctor/{sitting_id}")
    while len(heard) < 2 or not held:  # the socket and its namespace are open, the request is not
        page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    page.unroute("**/watch")
    Wall(page, sitting_id, is_open=True).open_check_in()
