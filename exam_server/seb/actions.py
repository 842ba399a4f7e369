"""Asking for Safe Exam Browser, checking a computer, letting a candidate in without."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.errors import DeviceRefusedError, RoomNotReadyError
from exam_server.delivery.models import RoomEvent
from exam_server.delivery.queries import admission_in, run_on_duty
from exam_server.delivery.states import RunState
from exam_server.seb.config_key import config_key, matches_any
from exam_server.seb.models import SebCheck, SebOverride, SebSetting
from exam_server.seb.outcomes import WORDS, Outcome
from exam_server.seb.room_settings import room_settings
from registry.access import Actor
from registry.audit_log import note
from registry.database import keys_of
from registry.errors import InvalidInputError, NotFoundError
from registry.keys import sm3
from registry.scheduling.models import Admission

NONCE_BYTES = 16
SHORT_PASSWORD_BYTES = 6
KEY_LETTERS = 64
VALID_FOR = timedelta(seconds=30)
EARLIER_CHECKS = 200  # addresses a shown hash is compared with, to name what went wrong
QUIT, FILE = "seb_setting.quit_password", "seb_setting.file_password"


@dataclass(frozen=True)
class Shown:
    """The hashes that a browser showed, empty when it showed none."""

    configuration: str
    build: str = ""


def ask_for_seb(
    db: Session,
    sitting_id: int,
    origin: str,
    browser_keys: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
) -> SebSetting:
    """Ask for Safe Exam Browser in a sitting; asked again, the settings file changes."""
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state == RunState.CLOSED:
        raise RoomNotReadyError(state="已经关闭", action="更改 SEB 设置", hint="")
    for key in browser_keys:
        if len(key) != KEY_LETTERS or not all(c in "0123456789abcdef" for c in key):
            reason = "每行一个 64 位小写十六进制的 Browser Exam Key。"
            raise InvalidInputError(field="允许的版本", reason=reason)
    quit_password = secrets.token_urlsafe(SHORT_PASSWORD_BYTES)
    file_password = secrets.token_urlsafe(SHORT_PASSWORD_BYTES)
    setting = db.get(SebSetting, sitting_id) or SebSetting(sitting_id=sitting_id)
    setting.origin = origin
    setting.config_key = config_key(room_settings(origin, sitting_id, quit_password))
    setting.quit_password_sealed = keys_of(db).seal(quit_password, purpose=QUIT)
    setting.file_password_sealed = keys_of(db).seal(file_password, purpose=FILE)
    setting.browser_keys = "\n".join(browser_keys)
    setting.set_at, setting.set_by_id = now, actor.account_id
    db.add(setting)
    detail = {"config_key": setting.config_key, "builds": len(browser_keys), "origin": origin}
    note(db, "ask_for_seb", ("sitting", sitting_id), actor=actor, now=now, detail=detail)
    db.flush()
    return setting


def begin_check(db: Session, sitting_id: int, device: str, *, now: datetime) -> SebCheck:
    """Make a one-time address for a computer."""
    if db.get(SebSetting, sitting_id) is None:
        raise NotFoundError(what="本场的 SEB 设置")
    check = SebCheck(
        sitting_id=sitting_id,
        nonce=secrets.token_hex(NONCE_BYTES),
        device_hash=hash_of_device(device),
        made_at=now,
        outcome=Outcome.WAITING,
    )
    db.add(check)
    db.flush()
    return check


def settle_check(db: Session, nonce: str, device: str, shown: Shown, *, now: datetime) -> Outcome:
    """Judge the first hash shown at an address, right or wrong; the address is spent by it."""
    check = db.scalar(select(SebCheck).where(SebCheck.nonce == nonce).with_for_update())
    if check is None:
        raise NotFoundError(what="SEB 校验地址")
    if check.outcome != Outcome.WAITING:
        return _told_again(db, check, device, now=now)
    outcome = _judged(db, check, device, shown, now=now)
    check.outcome, check.settled_at = outcome, now
    if outcome is not Outcome.VERIFIED:
        _tell_room(db, check.sitting_id, None, outcome, now=now)
    return outcome


def _told_again(db: Session, check: SebCheck, device: str, *, now: datetime) -> Outcome:
    """Record a second use on the computer that tried it: its own check is void."""
    again = SebCheck(
        sitting_id=check.sitting_id,
        nonce=secrets.token_hex(NONCE_BYTES),
        device_hash=hash_of_device(device),
        made_at=now,
        outcome=Outcome.REPLAYED,
        settled_at=now,
    )
    db.add(again)
    _tell_room(db, check.sitting_id, None, Outcome.REPLAYED, now=now)
    return Outcome.REPLAYED


def _judged(db: Session, check: SebCheck, device: str, shown: Shown, *, now: datetime) -> Outcome:
    if check.device_hash != hash_of_device(device):
        return Outcome.OTHER_COMPUTER
    if now - check.made_at > VALID_FOR:
        return Outcome.LATE
    if not shown.configuration:
        return Outcome.NO_SEB
    setting = db.get_one(SebSetting, check.sitting_id)
    address = check_address(setting.origin, check.nonce)
    if not matches_any(shown.configuration, address, [setting.config_key]):
        elsewhere = _is_of_another_address(db, setting, shown.configuration)
        return Outcome.OTHER_ADDRESS if elsewhere else Outcome.OTHER_CONFIGURATION
    builds = setting.browser_keys.split()
    if builds and not matches_any(shown.build, address, builds):
        return Outcome.OTHER_BUILD
    return Outcome.VERIFIED


def _is_of_another_address(db: Session, setting: SebSetting, shown: str) -> bool:
    newest = select(SebCheck.nonce).where(SebCheck.sitting_id == setting.sitting_id)
    nonces = db.scalars(newest.order_by(SebCheck.id.desc()).limit(EARLIER_CHECKS))
    addresses = [check_address(setting.origin, nonce) for nonce in nonces]
    addresses += [f"{setting.origin}/seb/{setting.sitting_id}/enter", f"{setting.origin}/exam/"]
    return any(matches_any(shown, address, [setting.config_key]) for address in addresses)


def check_address(origin: str, nonce: str) -> str:
    """Return the address that the server itself chose; one from a request is never read."""
    return f"{origin}/seb/verify/{nonce}"


def require_seb(db: Session, admission: Admission, device: str) -> None:
    """Refuse a sign-in from a computer whose latest check did not pass, unless overruled."""
    if db.get(SebSetting, admission.sitting_id) is None:
        return
    if db.get(SebOverride, admission.id) is not None:
        return
    latest = db.scalar(
        select(SebCheck.outcome)
        .where(
            SebCheck.sitting_id == admission.sitting_id,
            SebCheck.device_hash == hash_of_device(device),
        )
        .order_by(SebCheck.id.desc())
        .limit(1)
    )
    outcome = Outcome(latest) if latest and device else Outcome.NO_SEB
    if outcome is not Outcome.VERIFIED:
        raise DeviceRefusedError(admission.sitting_id, admission.id, seen=WORDS[outcome])


def override_seb(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Let one candidate in without a passed check; stands in the room record."""
    run_on_duty(db, sitting_id, actor=actor)
    admission = admission_in(db, sitting_id, admission_id)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写。")
    given = db.get(SebOverride, admission.id) or SebOverride(admission_id=admission.id)
    given.reason, given.given_at, given.given_by_id = reason.strip(), now, actor.account_id
    db.add(given)
    db.add(
        RoomEvent(
            sitting_id=sitting_id,
            admission_id=admission.id,
            kind="seb_override",
            text=f"免 SEB 校验放行：{reason.strip()}",
            for_candidate=False,
            is_open=False,
            at=now,
            by_id=actor.account_id,
        )
    )
    detail = {"reason": reason.strip()}
    note(db, "override_seb", ("admission", admission.id), actor=actor, now=now, detail=detail)


def hash_of_device(device: str) -> str:
    """Return what the database keeps of a computer's secret cookie."""
    return sm3(device.encode()).hex()


def _tell_room(
    db: Session, sitting_id: int, admission_id: int | None, outcome: Outcome, *, now: datetime
) -> None:
    db.add(
        RoomEvent(
            sitting_id=sitting_id,
            admission_id=admission_id,
            kind="alert",
            text=WORDS[outcome],
            for_candidate=False,
            is_open=True,
            at=now,
            by_id=None,
        )
    )
