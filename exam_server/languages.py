"""Chinese first, English beside it: texts are their own keys, English stands in a catalogue."""

from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path

from babel.messages.pofile import read_po
from flask import g, has_request_context, request

from exam_server.cookies import LANGUAGE_COOKIE
from registry.errors import AssessmentError

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


def language_of(cookies: SimpleCookie) -> str:
    """Return the language of a browser at a socket, where no request surrounds an event."""
    chosen = cookies.get(LANGUAGE_COOKIE)
    return "en" if chosen is not None and chosen.value == "en" else "zh"


def translated(text: str, **details: object) -> str:
    """Return the text in the visitor's language, with details filled in."""
    found = english().get(text, text) if language() == "en" else text
    return found.format(**details) if details else found


def refusal_text(error: AssessmentError, spoken: str = "") -> str:
    """Return the wording of a refusal in the visitor's language, or in the one named.

    Details are looked up too: a state or a field's name is one of our own texts; what a person
    typed is not in the catalogue and stays as it is.
    """
    wording = english().get(error.text)
    if wording is None or (spoken or language()) != "en":
        return error.message
    details = {
        name: english().get(value, value) if isinstance(value, str) else value
        for name, value in error.details.items()
    }
    return wording.format(**details).rstrip()  # the last detail may be empty
