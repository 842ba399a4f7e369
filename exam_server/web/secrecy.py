"""Secrecy of items on pages 试题保密: who saw, and who printed what stands in the audit log.

The watermark over such pages is the macro ``watermark`` of ``parts/frame.html``; it also brings
the script that tells when a page is sent to a printer.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, requires, transaction
from exam_server.web import forms
from registry.access import Permission
from registry.audit_log import note

blueprint = Blueprint("secrecy", __name__)
_P = Permission
READERS = (
    _P.BANK_READ,
    _P.BANK_WRITE,
    _P.ITEM_AUTHOR,
    _P.ITEM_REVIEW,
    _P.PAPER_COMPOSE,
    _P.PAPER_RELEASE,
    _P.ERRATUM_DECIDE,
)
MAX_PATH = 60  # characters of an address in the log


def log_view(item_id: int, **detail: object) -> None:
    """Record that the person who asks is shown an item; commits before the page is sent."""
    with transaction() as db:
        subject = ("item", item_id)
        note(db, "view_item", subject, actor=current_actor(), now=now(), detail=detail)


@blueprint.post("/printed")
@requires(*READERS)
def printed() -> ResponseReturnValue:
    """Record that a page with items is being printed; its script says so."""
    path = forms.read_text(request.form, "page", "页面")[:MAX_PATH]
    with transaction() as db:
        note(db, "print_page", ("page", path), actor=current_actor(), now=now())
    return "", 204
