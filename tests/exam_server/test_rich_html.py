"""Item texts as HTML: as recorded, and never a tag that the notation did not ask for."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam_server.rich_html import plain, rich, rich_line

VECTORS = json.loads((Path(__file__).parents[1] / "support/rich_text_vectors.json").read_text())
OWN_TAG = re.compile(r'</?(?:p|strong|u|table|thead|tbody|tr|td)>|<th scope="col">|</th>|<br>')


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: repr(vector["text"]))
def test_texts_are_shown_as_recorded(vector: dict[str, str]) -> None:
    assert rich(vector["text"]) == vector["blocks"]
    assert rich_line(vector["text"]) == vector["line"]


@given(st.text(alphabet="*_|\\()<>&\"'/ \nscript=汉", max_size=80))
def test_whatever_is_written_stays_text(text: str) -> None:
    for shown in (rich(text), rich_line(text)):
        left = OWN_TAG.sub("", shown)
        assert "<" not in left
        assert ">" not in left
        assert '"' not in left
        assert re.sub(r"&(amp|lt|gt|#34|#39);", "", left).count("&") == 0


def test_a_list_shows_words_on_one_line() -> None:
    assert plain("断电后**必须**\n验电（　　）") == "断电后必须 验电（　　）"
