"""Chinese first, English beside it: texts are their own keys, English stands in a catalogue."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from flask import g, has_request_context, request

from exam_server.cookies import LANGUAGE_COOKIE

ENGLISH = Path(__file__).parent / "translations" / "en.po"


@cache
def english() -> dict[str, str]:
    """Read the English catalogue: Chinese text to English text."""
    with ENGLISH.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}


def language() -> str:
    """Return the language of the request: ``zh`` unless the visitor chose ``en``."""
    if not has_request_context():
        return "zh"
    if "language" not in g:
        g.language = "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "zh"
    return str(g.language)


def translated(text: str, **details: object) -> str:
    """Return the text in the visitor's language, with details filled in."""
    found = english().get(text, text) if language() == "en" else text
    return found.format(**details) if details else found
