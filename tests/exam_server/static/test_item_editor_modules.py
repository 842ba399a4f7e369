"""The editor's modules without a server: what is kept when, in which order, and what is tried again."""

# ruff: noqa: E501 - a script for the browser is one line

from typing import Any

import pytest

pytestmark = pytest.mark.browser

SAVING = """
const { ItemSaving } = await import("/static/js/bank/item_saving.js");
const bench = (replies) => {
  const asked = [], shown = [];
  let text = "";
  const fetcher = async (url, { body }) => {
    asked.push([url, body.get("stem")]);
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    await new Promise((resolve) => setTimeout(resolve, reply.after || 0));
    if (reply.down) throw new TypeError("down");
    return { json: async () => ({ ok: true, at: "09:17:43", is_unsaved: true, ...reply }) };
  };
  const data = () => { const form = new FormData(); form.set("stem", text); return form; };
  const saving = new ItemSaving({ api: "/api/", data, fetcher, show: (state) => shown.push(state), onSaved: () => {}, onUnsaved: () => {} });
  return { asked, shown, saving, type: (words) => { text = words; saving.touch(); } };
};
"""


def test_only_what_changed_is_kept_and_only_once(run: Any) -> None:
    seen = run(
        f"{SAVING} const b = bench([{{}}]); b.type('甲'); b.type('甲乙'); await b.saving.keep(); await b.saving.keep(); return [b.asked, b.shown];"
    )
    assert seen == [[["/api/draft", "甲乙"]], ["waiting", "waiting", "saving", "kept"]]


def test_what_is_typed_while_a_request_is_under_way_goes_out_after_it(run: Any) -> None:
    seen = run(
        f"{SAVING} const b = bench([{{after: 40}}]); b.type('甲'); const first = b.saving.keep(); await new Promise((r) => setTimeout(r, 10)); b.type('甲乙'); await Promise.all([first, b.saving.keep()]); return [b.asked.map(([, stem]) => stem), b.saving.isDirty];"
    )
    assert seen == [["甲", "甲乙"], False]


def test_a_failed_request_leaves_the_work_to_be_kept(run: Any) -> None:
    seen = run(
        f"{SAVING} const b = bench([{{down: true}}, {{}}]); b.type('甲'); await b.saving.keep(); const dirty = b.saving.isDirty; await b.saving.keep(); return [dirty, b.saving.isDirty, b.shown];"
    )
    assert seen == [True, False, ["waiting", "saving", "failed", "saving", "kept"]]


def test_a_refusal_is_said_in_its_words(run: Any) -> None:
    seen = run(
        f"{SAVING} const b = bench([{{ok: false, message: '试题正由他人编辑'}}]); const said = []; b.saving.show = (state, words) => said.push([state, words]); b.type('甲'); return [await b.saving.save(), said.pop()];"
    )
    assert seen == [None, ["failed", "试题正由他人编辑"]]


def test_a_version_is_saved_after_what_is_under_way(run: Any) -> None:
    seen = run(
        f"{SAVING} const b = bench([{{after: 30}}, {{is_saved: true, is_new: true, base: 2}}]); b.type('甲'); b.saving.keep(); b.type('乙'); const reply = await b.saving.save(); return [b.asked, reply.base, b.shown.pop()];"
    )
    assert seen == [[["/api/draft", "乙"], ["/api/save", "乙"]], 2, "saved"]


def test_a_mark_is_put_round_what_is_chosen_and_a_table_on_lines_of_its_own(run: Any) -> None:
    seen = run(
        """const { Notation } = await import("/static/js/bank/notation.js");
        document.body.innerHTML = "<div id=bar hidden><button data-mark='**'></button><button data-table></button></div><form><textarea data-rich>断电验电</textarea></form>";
        const [bar, form] = [document.querySelector("#bar"), document.querySelector("form")];
        new Notation(bar, form);
        const [mark, table] = bar.querySelectorAll("button"), field = form.querySelector("textarea");
        field.focus();
        field.setSelectionRange(2, 4);
        mark.click();
        const marked = field.value;
        table.click();
        return [bar.hidden, marked, field.value.split("\\n")[1], field.value.slice(field.selectionStart, field.selectionEnd)];"""
    )
    assert seen == [False, "断电**验电**", "| 项目 | 数值 |", "□"]
