"""What the editor has saved by itself: sealed beside the item until it becomes a version."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from item_bank.models import Item, ItemDraft
from item_bank.rules.item_fields import ItemFields, document_of_fields, fields_of_document
from item_bank.sealing import revealed_json, sealed_json
from registry.access import Actor


@dataclass(frozen=True)
class Draft:
    """The fields of the editor and the figures sent for them: hash of the file to its type."""

    fields: ItemFields
    uploads: dict[str, str] = field(default_factory=dict)

    def with_upload(self, digest: str, media_type: str) -> "Draft":
        """Return the draft with one more figure to choose from."""
        return replace(self, uploads={**self.uploads, digest: media_type})


def draft_of(db: Session, item: Item) -> Draft | None:
    """Return the unsaved work on an item."""
    if item.draft is None:
        return None
    document = revealed_json(db, item.draft.sealed, _purpose(item))
    return Draft(fields_of_document(document["fields"]), document["uploads"])


def store_draft(db: Session, item: Item, draft: Draft, *, actor: Actor, now: datetime) -> None:
    """Keep the unsaved work on an item, in the place of what was kept before."""
    document = {"fields": document_of_fields(draft.fields), "uploads": draft.uploads}
    sealed = sealed_json(db, document, _purpose(item))
    if item.draft is None:
        item.draft = ItemDraft(sealed=sealed, account_id=actor.account_id, saved_at=now)
    else:
        item.draft.sealed, item.draft.saved_at = sealed, now
        item.draft.account_id = actor.account_id
    db.flush()


def drop_draft(db: Session, item: Item) -> None:
    """Forget the unsaved work on an item."""
    if item.draft is not None:
        db.delete(item.draft)
        item.draft = None
        db.flush()


def _purpose(item: Item) -> str:
    return f"item_draft.sealed:{item.id}"
