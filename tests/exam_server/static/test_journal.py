"""The answer journal in a real browser, with a scripted sender and a storage that keeps a log."""

# ruff: noqa: E501 - a script for the browser or a row of data is one line

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.exam_server.static.exam_site import Site

pytestmark = pytest.mark.browser

BENCH = """
window.bench = async ({replies = [], stored = [], head = 0, epoch = 1, answers = {}, slow = 0, refuse = ""} = {}) => {
  const { AnswerJournal } = await import("/static/js/exam/journal.js");
  const { MemoryStorage } = await import("/static/js/exam/storage.js");
  const log = [], sent = [], unders = [], waits = [], troubles = [];
  let flying = 0, most = 0;
  const storage = new MemoryStorage();
  storage.ops = stored;
  const append = storage.append.bind(storage);
  storage.append = async (ops) => {
    if (slow) await new Promise((done) => setTimeout(done, slow));
    if (refuse) throw new DOMException("no", refuse);
    await append(ops);
    log.push(`stored ${ops[0].seq}`);
  };
  const journal = new AnswerJournal({
    storage,
    send: async (ops, under) => {
      unders.push(under);
      flying += 1;
      most = Math.max(most, flying);
      sent.push(ops);
      log.push(`sent ${ops.map(({seq}) => seq)}`);
      await new Promise((done) => setTimeout(done, 1));
      flying -= 1;
      const reply = replies.length ? replies.shift() : {ok: true, ack: Math.max(journal.acked, ...ops.map(({seq}) => seq))};
      if (reply === "silence") throw new Error("offline");
      return reply;
    },
    onTrouble: (kind) => troubles.push(kind),
    wait: async (ms) => { waits.push(ms); await new Promise((done) => setTimeout(done, 1)); },
  });
  const idle = async () => { do await new Promise((done) => setTimeout(done, 5)); while (journal.running); };
  await journal.open({epoch, head_seq: head, answers});
  const set = (item, value = "o1") => journal.record({kind: "set", item, value: [value]});
  return {journal, storage, log, sent, unders, waits, troubles, idle, set, most: () => most, seqs: () => sent.map((ops) => ops.map(({seq}) => seq))};
};
window.op = (seq, item, value = "o1", epoch = 1) => ({seq, epoch, kind: "set", item, value: [value], mono_ms: seq});
"""


@pytest.fixture(autouse=True)
def bench(run: Any) -> None:
    run(BENCH)


def test_a_change_is_on_disk_before_it_is_confirmed_or_sent(run: Any) -> None:
    seen = run(
        """const b = await bench({slow: 30});
        const recorded = b.set("q1");
        await new Promise((done) => setTimeout(done, 10));
        const early = [b.sent.length, b.journal.pending.length];
        await recorded;
        await b.idle();
        return [early, b.log];"""
    )
    assert seen == [[0, 0], ["stored 1", "sent 1"]]


def test_what_is_acknowledged_stays_and_refills_a_server_with_a_lower_head(run: Any) -> None:
    seen = run(
        """const b = await bench();
        for (const item of ["q1", "q2", "q3"]) { await b.set(item); await b.idle(); }
        const safe = b.journal.itemStates().size;
        const send = b.journal.send;
        let restored = true;
        b.journal.send = async (ops) => { if (restored) { restored = false; return {ok: true, ack: 1}; } return send(ops); };
        b.journal.beat();
        await b.idle();
        return [safe, b.seqs().slice(-1)[0], b.journal.link];"""
    )
    assert seen == [0, [2, 3], "saved"]


def test_a_gap_is_filled_from_the_number_the_server_expects(run: Any) -> None:
    seen = run(
        """const stored = [1, 2, 3, 4].map((seq) => op(seq, `q${seq}`));
        const b = await bench({stored, head: 3, replies: [{ok: false, error: "gap", expected: 2}]});
        await b.idle();
        return b.seqs();"""
    )
    assert seen == [[4], [2, 3, 4]]


def test_a_fenced_page_sends_nothing_more_and_keeps_what_it_has(run: Any) -> None:
    seen = run(
        """const b = await bench({replies: [{ok: false, error: "fenced"}]});
        await b.set("q1"); await b.idle();
        await b.set("q2"); b.journal.beat(); await b.idle();
        return [b.seqs(), b.journal.link, b.storage.ops.length];"""
    )
    assert seen == [[[1]], "stopped", 2]


def test_a_reloaded_page_sends_again_what_was_not_acknowledged(run: Any) -> None:
    seen = run(
        """const stored = [1, 2, 3].map((seq) => op(seq, `q${seq}`));
        const b = await bench({stored, head: 1});
        const waiting = [...b.journal.itemStates().keys()];
        await b.idle();
        const next = await b.set("q9");
        return [waiting, b.seqs()[0], next.seq];"""
    )
    assert seen == [["q2", "q3"], [2, 3], 4]


def test_a_repeated_operation_is_the_same_to_the_byte(run: Any) -> None:
    first, second = run(
        """const b = await bench({replies: ["silence"]});
        await b.set("q1"); await b.idle();
        return b.sent.slice(0, 2).map((ops) => JSON.stringify(ops));"""
    )
    assert first == second


def test_requests_hold_at_most_64_operations_and_fly_one_at_a_time(run: Any) -> None:
    seen = run(
        """const stored = Array.from({length: 150}, (_, i) => op(i + 1, `q${i}`));
        const b = await bench({stored});
        b.journal.beat(); b.journal.nudge(); b.journal.pump();
        await b.idle();
        return [b.sent.map((ops) => ops.length), b.most()];"""
    )
    assert seen == [[64, 64, 22], 1]


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(run: Any) -> None:
    waits = run(
        """const b = await bench({replies: [{ok: false, error: "busy", retry_after_ms: 700}]});
        await b.set("q1"); await b.idle();
        return b.waits;"""
    )
    assert len(waits) == 1
    assert 700 <= waits[0] <= 1000


def test_waiting_grows_with_jitter_between_a_fifth_of_a_second_and_five(run: Any) -> None:
    waits, link = run(
        """const b = await bench({replies: Array(40).fill("silence")});
        await b.set("q1"); await b.idle();
        return [b.waits, b.journal.link];"""
    )
    assert len(waits) == 40
    assert all(200 <= wait <= 4000 for wait in waits)
    assert max(waits[:1]) <= 400
    assert len({round(wait) for wait in waits[8:]}) > 16
    assert link == "saved"


def test_after_the_end_what_is_left_is_presented_once(run: Any) -> None:
    seen = run(
        """const stored = Array.from({length: 70}, (_, i) => op(i + 1, `q${i}`));
        const closed = {ok: false, error: "closed", state: "expired"};
        const b = await bench({stored, replies: [closed, closed, closed, closed]});
        await b.idle();
        b.journal.beat(); await b.idle();
        return [b.sent.map((ops) => ops.length), b.journal.link];"""
    )
    assert seen == [[64, 6], "stopped"]


def test_operations_of_an_earlier_lease_follow_when_they_continue_the_history(run: Any) -> None:
    seen = run(
        """const stored = [1, 2, 3].map((seq) => op(seq, `q${seq}`));
        const answers = {q1: {value: ["o1"], flagged: false, seq: 1}};
        const b = await bench({stored, head: 1, epoch: 2, answers});
        await b.idle();
        return b.seqs();"""
    )
    assert seen == [[2, 3]]


def test_operations_that_another_pc_overtook_go_to_the_server_once_to_be_kept_apart(
    run: Any,
) -> None:
    seen = run(
        """const stored = [1, 2, 3, 4].map((seq) => op(seq, `q${seq}`));
        const answers = {q1: {value: ["o1"], flagged: false, seq: 1}, q8: {value: ["o2"], flagged: false, seq: 3}};
        const b = await bench({stored, head: 3, epoch: 2, answers, replies: [{ok: false, error: "fenced", ack: 3}]});
        await b.idle();
        const next = await b.set("q5");
        await b.idle();
        const again = await bench({stored: b.storage.ops, head: 4, epoch: 2, answers});
        await again.idle();
        return [b.seqs(), b.unders, next.seq, b.journal.link, b.storage.ops.length, again.seqs()];"""
    )
    assert seen == [[[1, 2, 3, 4], [4]], [1, 2], 4, "saved", 5, []]


def test_what_was_fenced_is_said_until_the_server_has_kept_it(run: Any) -> None:
    seen = run(
        """const stored = [1, 2].map((seq) => op(seq, `q${seq}`));
        const answers = {q1: {value: ["o1"], flagged: false, seq: 1}, q8: {value: ["o2"], flagged: false, seq: 2}};
        const ok = {ok: true, ack: 2};
        const replies = [{ok: false, error: "internal"}, ok, {ok: false, error: "not_signed_in"}, ok, {ok: false, error: "fenced"}];
        const b = await bench({stored, head: 2, epoch: 2, answers, replies});
        await b.idle();
        const again = await bench({stored: b.storage.ops, head: 2, epoch: 2, answers});
        await again.idle();
        return [b.seqs(), b.unders, again.seqs()];"""
    )
    assert seen == [[[1, 2], [], [1, 2], [], [1, 2]], [1, 2, 1, 2, 1], []]


def test_numbers_of_another_pc_are_filled_with_what_the_server_had_said(run: Any) -> None:
    kinds = run(
        """const answers = {q1: {value: ["o3"], flagged: false, seq: 2}};
        const b = await bench({head: 3, answers, replies: [{ok: false, error: "gap", expected: 2}]});
        await b.set("q9"); await b.idle();
        return b.sent[1].map(({seq, kind, item, value}) => [seq, kind, item, value && value[0]]);"""
    )
    assert kinds[0] == [2, "set", "q1", "o3"]
    assert kinds[1][0] == 3
    assert kinds[1][2] == "q1"
    assert kinds[2] == [4, "set", "q9", "o1"]


def test_a_full_disk_is_said_and_the_answer_is_sent_all_the_same(run: Any) -> None:
    seen = run(
        """const b = await bench({refuse: "QuotaExceededError"});
        await b.set("q1"); await b.idle();
        return [b.troubles, b.seqs(), b.journal.link];"""
    )
    assert seen == [["storage"], [[1]], "saved"]


def test_a_number_that_another_page_has_written_stops_this_one(run: Any) -> None:
    seen = run(
        """const b = await bench({refuse: "ConstraintError"});
        const refused = await b.set("q1").catch((error) => error.name);
        return [refused, b.troubles, b.seqs(), b.journal.link];"""
    )
    assert seen == ["ConstraintError", ["taken"], [], "stopped"]


def test_an_item_is_local_then_on_its_way_then_safe(run: Any) -> None:
    seen = run(
        """const b = await bench();
        const states = [];
        b.journal.onChange = () => states.push(b.journal.itemStates().get("q1") || "safe");
        await b.set("q1"); await b.idle();
        return states.filter((state, i) => state !== states[i - 1]);"""
    )
    assert seen == ["local", "sending", "safe"]


STORAGES = """
const storages = await import("/static/js/exam/storage.js");
const open = async () => kind === "indexed" ? storages.IndexedStorage.open("a-1") : new storages.LocalStorage("a-1");
"""


@pytest.mark.parametrize("kind", ["indexed", "local"])
def test_a_storage_keeps_operations_refuses_a_taken_number_and_can_forget(
    run: Any, kind: str
) -> None:
    seen = run(
        f"const kind = {kind!r};{STORAGES}"
        """const first = await open();
        await first.append([op(1, "q1"), op(2, "q2")]);
        const refused = await first.append([op(2, "q3")]).catch((error) => error.name);
        const second = await open();
        const kept = (await second.load()).map(({seq}) => seq).sort();
        await second.wipe();
        return [refused, kept, (await (await open()).load()).length];"""
    )
    assert seen == ["ConstraintError", [1, 2], 0]


def test_the_first_storage_asks_for_strict_durability(run: Any) -> None:
    durability = run(
        """const { IndexedStorage } = await import("/static/js/exam/storage.js");
        const asked = [];
        const original = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...args) { asked.push(args[2]); return original.apply(this, args); };
        await (await IndexedStorage.open("a-2")).append([op(1, "q1")]);
        IDBDatabase.prototype.transaction = original;
        return asked;"""
    )
    assert durability == [{"durability": "strict"}]


@pytest.mark.parametrize(("missing", "grade"), [("", "durable"), ("indexedDB", "fallback")])
def test_without_indexeddb_the_journal_falls_back(
    page: Page, site: Site, missing: str, grade: str
) -> None:
    if missing:
        page.add_init_script(f"Object.defineProperty(window, '{missing}', {{value: undefined}})")
    page.goto(f"{site.address}/blank")
    opened = page.evaluate(
        """async () => (await (await import("/static/js/exam/storage.js")).openStorage("a-3")).grade"""
    )
    assert opened == grade


def test_a_hand_in_that_came_too_early_is_taken_back_under_its_number(run: Any) -> None:
    seen = run(
        """const {journal, storage, sent, idle, set} = await bench({replies: [
          {ok: true, ack: 1}, {ok: true, ack: 2}, {ok: false, error: "too_early", ack: 2}]});
        await set("q1", "o2"); await idle();
        await journal.record({kind: "flag", item: "q1", flagged: true}); await idle();
        journal.onReply = (reply) => { if (reply.error === "too_early") journal.withdraw("q1"); };
        await journal.record({kind: "submit"}); await idle();
        await set("q1", "o3"); await idle();
        return [sent.flat().map(({seq, kind, flagged}) => [seq, kind, flagged]), storage.ops.map(({kind}) => kind), journal.isHandingIn];"""
    )
    assert seen[0] == [
        [1, "set", None],
        [2, "flag", True],
        [3, "submit", None],
        [3, "flag", True],
        [4, "set", None],
    ]
    assert seen[1:] == [["set", "flag", "flag", "set"], False]
