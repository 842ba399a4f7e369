"""Seals what items say, and reads it back: secret until the exam, rules of secrecy 试题保密.

The key lies outside the database. A sealed version is bound to its hash, so that the words of one
version cannot be put in the place of another's.
"""

import json
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy.orm import Session, object_session

from item_bank.errors import AlteredItemError
from item_bank.models import ItemVersion
from item_bank.rules.item import ItemContent, content_hash, document_of, item_of_document
from registry.database import keys_of

REVIEW_PURPOSE = "item_review.comment_sealed"
REMARK_PURPOSE = "review_comment.sealed"


def sealed_content(db: Session, content: ItemContent) -> bytes:
    """Return the content of a version as it is stored."""
    return sealed_json(db, document_of(content), purpose=_purpose(content_hash(content)))


def content_of(version: ItemVersion) -> ItemContent:
    """Return a stored version as the value its hash was made of.

    Raises ``AlteredItemError`` for anything that was changed below the application.
    """
    db = object_session(version)
    assert db is not None
    try:
        document = revealed_json(db, version.sealed, _purpose(version.content_hash))
    except InvalidTag as fault:
        raise AlteredItemError(version=version.number) from fault
    return item_of_document(document)


def sealed_json(db: Session, value: object, purpose: str) -> bytes:
    """Seal a value as JSON; ``purpose`` names its column, and what it belongs to."""
    return keys_of(db).seal(json.dumps(value, ensure_ascii=False), purpose=purpose)


def revealed_json(db: Session, sealed: bytes, purpose: str) -> Any:
    """Return what ``sealed_json`` sealed."""
    return json.loads(keys_of(db).reveal(sealed, purpose=purpose))


def _purpose(digest: str) -> str:
    return f"item_version.sealed:{digest}"
