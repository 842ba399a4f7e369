"""The editor's reader of the light notation agrees with the server's, text by text."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
VECTORS = json.loads((Path(__file__).parents[2] / "support/rich_text_vectors.json").read_text())
SHOWN = """
const module = await import("/static/js/bank/rich_text.js");
const { readRichText, richLine, richNodes, withoutMarks } = module;
const same = (nodes, markup) => {
  const made = document.createElement("div"), wanted = document.createElement("div");
  made.append(...nodes);
  wanted.innerHTML = markup;
  made.normalize();
  return made.isEqualNode(wanted) ? "" : made.innerHTML;
};
"""


def test_the_browser_reads_and_shows_every_recorded_text_as_the_server_does(run: Any) -> None:
    seen = run(
        f"""{SHOWN} const vectors = {json.dumps(VECTORS)};
        return vectors.map((v) => [readRichText(v.text).faults.map((f) => [f.kind, f.line]), withoutMarks(v.text), same(richNodes(v.text), v.blocks), same(richLine(v.text), v.line)]);"""  # noqa: E501
    )
    assert seen == [[vector["faults"], vector["words"], "", ""] for vector in VECTORS]


def test_what_is_written_never_becomes_an_element(run: Any) -> None:
    shown = run(
        f"""{SHOWN} const [node] = richNodes("**重点**<b>");
        return [node.querySelectorAll("strong").length, node.querySelectorAll("b").length];"""
    )
    assert shown == [1, 0]
