"""Secrecy of items on pages 试题保密: who saw what stands in the audit log.

The watermark over such pages is the macro ``watermark`` of ``parts/frame.html``.
"""

from exam_server.context import current_actor, now, transaction
from registry.audit_log import note


def log_view(item_id: int, **detail: object) -> None:
    """Record that the person who asks is shown an item; commits before the page is sent."""
    with transaction() as db:
        subject = ("item", item_id)
        note(db, "view_item", subject, actor=current_actor(), now=now(), detail=detail)
