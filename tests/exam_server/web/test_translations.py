"""Every text of the interface has an English entry."""

import re
from pathlib import Path

import pytest

from exam_server.languages import english
from exam_server.web import menu, results, waiting, words

SERVER = Path(menu.__file__).parents[1]
CALL = re.compile(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
CHINESE = re.compile("[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]")
FIELD = re.compile(r"{\w+}")
SOURCES = sorted([*SERVER.glob("templates/**/*.html"), *SERVER.glob("web/*.py")])


def texts_of(path: Path) -> set[str]:
    found = (match[1] or match[2] for match in CALL.finditer(path.read_text("utf-8")))
    return {text for text in found if CHINESE.search(text)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_marked_text_has_an_english_entry(path: Path) -> None:
    assert texts_of(path) - english().keys() == set()


def test_every_word_of_states_menus_and_lists_has_an_english_entry() -> None:
    texts = {entry.text for kind in words.WORDS.values() for entry in kind.values()}
    texts |= {text for entry in menu.ENTRIES for text in (entry.group, entry.label)}
    texts |= {label for label, _endpoint in menu.PUBLIC_LINKS}
    texts |= {text for duty in waiting.DUTIES for text in (duty.title, duty.text)}
    texts |= {*results.SOURCES.values(), *results.VERDICTS.values(), *results.SORTS.values()}
    assert {text for text in texts if text} - english().keys() == set()


def test_no_english_entry_is_left_over() -> None:
    every_file = "".join(path.read_text("utf-8") for path in SOURCES)
    states = {entry.text for kind in words.WORDS.values() for entry in kind.values()}
    left = [text for text in english() if text not in every_file and text not in states]
    assert left == []


def test_english_keeps_the_places_for_details() -> None:
    for chinese, text in english().items():
        assert set(FIELD.findall(chinese)) == set(FIELD.findall(text)), chinese
