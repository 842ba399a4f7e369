"""Modules without DOM or network, run in a real browser: clock, transport, attempt, room model."""

# ruff: noqa: E501 - a script for the browser or a row of data is one line

from typing import Any

import pytest

pytestmark = pytest.mark.browser


CLOCK = 'const c = await import("/static/js/exam/clock.js");'


def test_the_clock_believes_the_quickest_of_the_last_eight_replies(run: Any) -> None:
    seen = run(
        CLOCK
        + """let at = 0;
        const clock = new c.ServerClock(() => at);
        clock.sync(1000, 10);
        const first = clock.now();
        clock.sync(950, 400);
        const second = clock.now();
        for (let i = 0; i < 8; i += 1) clock.sync(5000, 100);
        return [first, second, clock.now()];"""
    )
    assert seen == [1005, 1005, 5050]


def test_a_reply_after_a_sleep_is_believed_against_all_that_came_before(run: Any) -> None:
    seen = run(
        CLOCK
        + """let at = 0;
        const clock = new c.ServerClock(() => at);
        for (let i = 0; i < 8; i += 1) clock.sync(1000, 4);
        at = 10;
        clock.sync(601_000, 90);
        const woken = clock.now();
        clock.sync(601_020, 30);
        return [woken, clock.now()];"""
    )
    assert seen == [601_045, 601_035]


def test_the_clock_goes_on_with_the_monotonic_clock_alone(run: Any) -> None:
    assert (
        run(
            CLOCK
            + "let at = 0; const k = new c.ServerClock(() => at); k.sync(500); at = 90; return k.now();"
        )
        == 590
    )


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("formatRemaining(5400000)", "01:30:00"),
        ("formatRemaining(999)", "00:00:01"),
        ("formatRemaining(-5)", "00:00:00"),
        ("formatTime(1796432400000)", "09:00:00"),
        ("formatDay(1796432400000)", "2026 年 12 月 5 日"),
        ("urgency(600001)", ""),
        ("urgency(600000)", "soon"),
        ("urgency(60000)", "last"),
        ("markPassed(600500, 599900)", 10),
        ("markPassed(599900, 599000)", 0),
        ("markPassed(2000000, 250000)", 5),
        ("markPassed(-1, 250000)", 0),
        ("markPassed(61000, -1)", 0),
    ],
)
def test_times_are_written_and_marks_are_found(run: Any, call: str, shown: object) -> None:
    assert run(f"{CLOCK} return c.{call};") == shown


TRANSPORT = """
const { Transport } = await import("/static/js/exam/transport.js");
const bench = ({connected, answer, http = "ok", hedgeMs = 30}) => {
  const used = [];
  const socket = {connected, emit: (event, message, done) => { used.push("socket"); if (answer !== undefined) setTimeout(() => done({ok: true, by: "socket"}), answer); }};
  const fetcher = async (url, init) => { used.push(init.headers["X-CSRF-Token"]); if (http !== "ok") throw new TypeError("down"); return {json: async () => ({ok: true, by: "post"})}; };
  return {used, transport: new Transport({url: "/x", event: "ops", csrf: "token", socket, fetcher, hedgeMs})};
};
"""


@pytest.mark.parametrize(
    ("options", "by", "used"),
    [
        ("{connected: true, answer: 1}", "socket", ["socket"]),
        ("{connected: false, answer: 1}", "post", ["token"]),
        ("{connected: true}", "post", ["socket", "token"]),
        ("{connected: true, answer: 60, http: 'down'}", "socket", ["socket", "token"]),
    ],
    ids=["socket answers", "no socket", "silent socket", "late socket, no post"],
)
def test_whichever_way_answers_first_counts(
    run: Any, options: str, by: str, used: list[str]
) -> None:
    seen = run(
        f"{TRANSPORT} const b = bench({options});"
        "const reply = await b.transport.exchange({}); return [reply.by, b.used];"
    )
    assert seen == [by, used]


def test_an_exchange_fails_only_when_both_ways_fail(run: Any) -> None:
    seen = run(
        f"{TRANSPORT} const b = bench({{connected: false, http: 'down'}});"
        "return b.transport.exchange({}).catch((error) => error.message);"
    )
    assert seen == "down"


ATTEMPT = """
const { Attempt } = await import("/static/js/candidate/attempt.js");
const question = (id, kind, n) => ({id, kind, no: 1, options: Array.from({length: n}, (_, i) => ({id: `${id}o${i + 1}`}))});
const sections = [{questions: [question("s", "single_choice", 4), question("m", "multiple_choice", 5)]}, {questions: [question("t", "true_false", 2)]}];
const attempt = new Attempt({sections}, {m: {value: ["mo4"], flagged: true, seq: 3}});
const press = (at, place) => { const change = attempt.choosing(attempt.questions[at], place); if (change) attempt.apply(change); return change; };
"""


@pytest.mark.parametrize(
    ("presses", "value"),
    [
        ([(0, 1)], ["so2"]),
        ([(0, 1), (0, 2)], ["so3"]),
        ([(0, 1), (0, 1)], []),
        ([(0, 4)], []),
        ([(1, 0)], ["mo1", "mo4"]),
        ([(1, 3)], []),
        ([(2, 1)], ["to2"]),
    ],
)
def test_choosing_sets_replaces_and_withdraws(
    run: Any, presses: list[tuple[int, int]], value: list[str]
) -> None:
    at = presses[0][0]
    steps = "".join(f"press({question}, {place});" for question, place in presses)
    assert run(f"{ATTEMPT}{steps} return attempt.answer(attempt.questions[{at}]).value;") == value


def test_a_choice_is_described_before_it_is_applied(run: Any) -> None:
    seen = run(
        f"{ATTEMPT} const change = attempt.choosing(attempt.questions[0], 2);"
        "return [change, attempt.isAnswered(attempt.questions[0])];"
    )
    assert seen == [{"kind": "set", "item": "s", "value": ["so3"]}, False]


def test_withdrawing_the_last_option_is_a_clear_and_keeps_the_flag(run: Any) -> None:
    seen = run(
        f"{ATTEMPT} const change = press(1, 3); return [change.kind, attempt.answer(attempt.questions[1])];"
    )
    assert seen == ["clear", {"value": [], "flagged": True}]


def test_seeking_wraps_round_and_counts_are_by_section(run: Any) -> None:
    seen = run(
        f"{ATTEMPT} attempt.index = 2;"
        "const found = attempt.seek((q) => attempt.isAnswered(q));"
        "return [found, attempt.index, attempt.tally(), attempt.tally(sections[1].questions).open];"
    )
    assert seen == [True, 1, {"total": 3, "answered": 1, "open": 2, "flagged": 1}, 1]


ROOM = """
const { RoomModel, whyNot, whyNotRoom } = await import("/static/js/wall/room.js");
const room = new RoomModel();
const seat = (no, state) => ({no, state, name: "", admission: no});
const fill = (state, states) => room.takeSnapshot({version: 5, sitting: {state}, seats: states.map((s, i) => seat(i + 1, s)), events: [{id: 1, open: true}]});
"""


def test_deltas_are_taken_in_order_and_a_missed_one_is_noticed(run: Any) -> None:
    seen = run(
        f"{ROOM} const early = room.takeDelta({{version: 1}}); fill('running', ['active', 'active']);"
        "const results = [early, room.takeDelta({version: 6, seats: [seat(2, 'help')], events: [{id: 2, open: true}, {id: 1, open: false}]}),"
        " room.takeDelta({version: 6}), room.takeDelta({version: 9})];"
        "return [results, room.seat(2).state, room.events.map(({id}) => id), room.openEvents.length];"
    )
    assert seen == [["missed", "taken", "old", "missed"], "help", [2, 1], 1]


@pytest.mark.parametrize(
    ("action", "state", "sitting", "why"),
    [
        ("extend", "active", "running", ""),
        ("extend", "active", "check_in", "还没有开考"),
        ("extend", "submitted", "running", "考生已交卷"),
        ("message", "idle", "check_in", "考生未登录，收不到消息"),
        ("mark_absent", "active", "running", "考生已登录，不能登记缺考"),
        ("mark_absent", "idle", "running", ""),
        ("mark_present", "absent", "running", ""),
        ("force_submit", "offline", "running", ""),
        ("force_submit", "absent", "running", "考生缺考"),
        ("release_seat", "ready", "check_in", ""),
        ("record_incident", "absent", "running", ""),
        ("record_incident", "active", "closed", "考场已关闭"),
    ],
)
def test_an_action_that_cannot_be_used_says_why(
    run: Any, action: str, state: str, sitting: str, why: str
) -> None:
    assert (
        run(f"{ROOM} return whyNot('{action}', seat(1, '{state}'), {{state: '{sitting}'}});") == why
    )


@pytest.mark.parametrize(
    ("action", "sitting", "states", "why"),
    [
        ("start", "planned", [], "请先开放签到"),
        ("start", "check_in", ["idle"], "还没有考生在机位上等候"),
        ("start", "check_in", ["idle", "ready"], ""),
        ("close", "running", ["active", "submitted"], "还有 1 人没有交卷"),
        ("close", "running", ["idle", "submitted"], "还有 1 人既没有交卷，也没有登记缺考"),
        ("close", "running", ["absent", "submitted"], ""),
        ("extend", "check_in", ["ready"], "还没有开考"),
        ("message", "planned", [], "还没有开放签到"),
    ],
)
def test_an_action_on_the_room_that_cannot_be_used_says_why(
    run: Any, action: str, sitting: str, states: list[str], why: str
) -> None:
    assert run(f"{ROOM} fill('{sitting}', {states}); return whyNotRoom('{action}', room);") == why
