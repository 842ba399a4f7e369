"""The package on the candidate's PC, in a real browser: kept, checked, opened by 32 bytes alone."""

# ruff: noqa: E501 - a script for the browser is one line where it is one thought

import base64
import hashlib
import json
from typing import Any

import pytest

from exam_server.delivery.custody.packages import pack

pytestmark = pytest.mark.browser

NUMBER = "3205202611280001"
KEY = bytes(range(32))
PAPER = {"title": "电动汽车充电站运维 · 理论知识考试", "sections": []}
PACKAGE = pack(json.dumps(PAPER).encode(), KEY, NUMBER)
OFFER = {
    "url": "/exam/package/x",
    "hash": hashlib.sha256(PACKAGE).hexdigest(),
    "bytes": len(PACKAGE),
}
BENCH = f"""
window.sealed = async ({{answers = [], subtle = crypto.subtle, number = "{NUMBER}"}} = {{}}) => {{
  const {{ SealedPaper, IndexedPackages }} = await import("/static/js/exam/package.js");
  const whole = Uint8Array.from(atob("{base64.b64encode(PACKAGE).decode()}"), (letter) => letter.charCodeAt(0)).buffer;
  const fetched = [], states = [];
  const fetcher = async (url) => {{
    fetched.push(url);
    const answer = answers.length ? answers.shift() : "whole";
    if (answer === "silence") throw new Error("offline");
    return new Response(answer === "altered" ? new Uint8Array(whole).map((byte, at) => at === 40 ? byte ^ 1 : byte) : whole);
  }};
  const store = new IndexedPackages("a-17");
  const paper = new SealedPaper({{store, admissionNo: number, subtle, fetcher, wait: async () => {{}}, onChange: () => states.push(paper.state)}});
  return {{paper, store, fetched, states, offer: {json.dumps(OFFER)}, key: "{base64.b64encode(KEY).decode()}"}};
}};
"""


@pytest.fixture(autouse=True)
def bench(run: Any) -> None:
    run(BENCH)


def test_a_package_is_fetched_once_kept_on_the_pc_and_opened_without_the_network(run: Any) -> None:
    seen = run(
        """const first = await sealed();
        await first.paper.keep(first.offer);
        await first.paper.keep(first.offer);
        const reloaded = await sealed({answers: Array(9).fill("silence")});
        await reloaded.paper.keep(reloaded.offer);
        const paper = await reloaded.paper.open(reloaded.key);
        await reloaded.paper.wipe();
        const left = (await indexedDB.databases()).map(({name}) => name).filter((name) => name.includes("paper"));
        return [first.fetched.length, first.states, reloaded.fetched, reloaded.states, paper, left];"""
    )
    assert seen == [1, ["fetching", "stored"], [], ["fetching", "stored"], PAPER, []]


def test_damaged_and_lost_downloads_are_repeated_and_a_damaged_one_is_never_kept(run: Any) -> None:
    seen = run(
        """const s = await sealed({answers: ["silence", "altered", "whole"]});
        await s.paper.keep(s.offer);
        const good = [s.fetched.length, s.paper.state];
        await s.paper.wipe();
        const bad = await sealed({answers: Array(9).fill("altered")});
        await bad.paper.keep(bad.offer);
        return [good, bad.fetched.length, bad.paper.state, await bad.store.get(bad.offer.hash) === undefined, await bad.paper.open(bad.key)];"""
    )
    assert seen == [[3, "stored"], 5, "failed", True, None]


def test_a_key_that_does_not_fit_or_another_candidate_opens_nothing(run: Any) -> None:
    seen = run(
        """const s = await sealed();
        await s.paper.keep(s.offer);
        const wrong = await s.paper.open(btoa("x".repeat(32)));
        const other = await sealed({number: "3205202611280002"});
        await other.paper.keep(other.offer);
        const foreign = await other.paper.open(other.key);
        await other.paper.wipe();
        return [wrong, s.paper.state, foreign];"""
    )
    assert seen == [None, "failed", None]


def test_a_browser_without_cryptography_fetches_nothing_and_says_so(run: Any) -> None:
    seen = run(
        """const s = await sealed({subtle: null});
        await s.paper.keep(s.offer);
        return [s.fetched, s.paper.state, await s.paper.open(s.key)];"""
    )
    assert seen == [[], "plain", None]
