"""Sealing a sitting as two people of the office do, and opening a package as a page does."""

import base64
import json
from datetime import datetime
from typing import Any

from exam_server.delivery.custody.actions import (
    PreparedSealing,
    keep_sealing,
    prepare_sealing,
)
from exam_server.delivery.custody.packages import unpack
from exam_server.rehearsal.office import Office
from registry.accounts.models import Account
from registry.database import Database

SEALER, WITNESS = "qianfa01", "tiku01"
HEAD = "jigou01"  # the institution's officer keeps the slip of the site head


def seal(database: Database, office: Office, sitting_id: int, *, now: datetime) -> PreparedSealing:
    """Seal a sitting; return the codes of both slips with what was sealed."""
    actor = office.actors[SEALER]
    prepared = prepare_sealing(database, sitting_id, actor=actor)
    with database.transaction() as db:
        keep_sealing(
            db,
            sitting_id,
            prepared,
            witness=db.get_one(Account, office.actors[WITNESS].account_id),
            unlock_minutes=15,
            actor=actor,
            now=now,
        )
    return prepared


def slips(prepared: PreparedSealing, **other: str) -> dict[str, str]:
    """Return what two persons type at the wall."""
    codes = {
        "reviewer": HEAD,
        "head_code": prepared.locked.head_code,
        "proctor_code": prepared.locked.proctor_code,
    }
    return codes | other


def opened_by_page(package: bytes, key: str, admission_no: str) -> dict[str, Any]:
    """Open a package with the key as the wire tells it."""
    paper: dict[str, Any] = json.loads(unpack(package, base64.b64decode(key), admission_no))
    return paper
