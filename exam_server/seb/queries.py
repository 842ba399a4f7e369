"""What staff may see and hand out of a sitting's Safe Exam Browser settings."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from exam_server.delivery.queries import run_on_duty
from exam_server.seb.actions import FILE, QUIT
from exam_server.seb.models import SebSetting
from exam_server.seb.room_settings import room_settings
from exam_server.seb.settings_file import plain_file, sealed_file
from registry.access import Actor
from registry.database import keys_of
from registry.errors import NotFoundError


@dataclass(frozen=True)
class SebShown:
    """The settings of a sitting with the passwords that the proctor announces."""

    origin: str
    config_key: str
    quit_password: str
    file_password: str
    browser_keys: str


def seb_of(db: Session, sitting_id: int, *, actor: Actor) -> SebShown | None:
    """Return the settings of a sitting on duty, None when it does not ask for the browser."""
    run_on_duty(db, sitting_id, actor=actor)
    setting = db.get(SebSetting, sitting_id)
    if setting is None:
        return None
    keys = keys_of(db)
    return SebShown(
        setting.origin,
        setting.config_key,
        keys.reveal(setting.quit_password_sealed, purpose=QUIT),
        keys.reveal(setting.file_password_sealed, purpose=FILE),
        setting.browser_keys,
    )


def file_of(db: Session, sitting_id: int, *, sealed: bool, actor: Actor) -> bytes:
    """Return the settings file of a sitting on duty."""
    shown = seb_of(db, sitting_id, actor=actor)
    if shown is None:
        raise NotFoundError(what="本场的 SEB 设置")
    settings = room_settings(shown.origin, sitting_id, shown.quit_password)
    return sealed_file(settings, shown.file_password) if sealed else plain_file(settings)
