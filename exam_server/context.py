"""What a view needs of its surroundings: transaction, clock, the person asking, permission."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import ParamSpec, cast

from flask import current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.config import Settings
from registry.access import Actor, Permission
from registry.accounts.sightings import Sightings
from registry.database import Database
from registry.errors import AssessmentError

Arguments = ParamSpec("Arguments")
EXTENSION = "kaohe"
REQUIRED = "required_permissions"
PUBLIC = "is_public"


class NotSignedInError(AssessmentError):
    """The page needs a person who has signed in."""

    code = "not_signed_in"
    text = "您尚未登录，或登录已过期。请重新登录后继续。"


@dataclass(frozen=True)
class Surroundings:
    """What ``create_app`` puts together for every view."""

    database: Database
    settings: Settings
    clock: Callable[[], datetime]
    sightings: Sightings


def wall_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


class SteadyClock:
    """The instant at which it was started plus the time that has passed since (R10).

    Whoever moves the computer's clock meanwhile moves no deadline; ``step_s`` tells it.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = wall_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._from, self._from_s = wall(), monotonic()

    def __call__(self) -> datetime:
        """Return the present instant in UTC."""
        return self._from + timedelta(seconds=self._monotonic() - self._from_s)

    def step_s(self) -> float:
        """Return by how many seconds the computer's clock has been moved since."""
        return (self._wall() - self()).total_seconds()


def surroundings() -> Surroundings:
    """Return what the app was put together with."""
    return cast(Surroundings, current_app.extensions[EXTENSION])


def database() -> Database:
    """Return the database of the app."""
    return surroundings().database


def transaction() -> AbstractContextManager[Session]:
    """Open the transaction of a view that changes something."""
    return surroundings().database.transaction()


def reading() -> AbstractContextManager[Session]:
    """Open a read-only session."""
    return surroundings().database.reading()


def now() -> datetime:
    """Return the instant of the app's clock."""
    return surroundings().clock()


def current_actor() -> Actor:
    """Return the member of staff who asks; raises ``NotSignedInError``."""
    actor = g.get("actor")
    if actor is None:
        raise NotSignedInError
    return cast(Actor, actor)


def requires(
    *permissions: Permission,
) -> Callable[[Callable[Arguments, ResponseReturnValue]], Callable[Arguments, ResponseReturnValue]]:
    """Let a view through only for staff who hold one of the permissions (any, when none named)."""

    def wrap(
        view: Callable[Arguments, ResponseReturnValue],
    ) -> Callable[Arguments, ResponseReturnValue]:
        @wraps(view)
        def checked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> ResponseReturnValue:
            actor = g.get("actor")
            if actor is None and request.method == "GET" and not request.is_json:
                return redirect(url_for("sign_in.form", next=request.full_path.rstrip("?")))
            actor = current_actor()
            if permissions and not any(actor.may(permission) for permission in permissions):
                actor.require(permissions[0])
            return view(*args, **kwargs)

        setattr(checked, REQUIRED, permissions)
        return checked

    return wrap


def public(
    view: Callable[Arguments, ResponseReturnValue],
) -> Callable[Arguments, ResponseReturnValue]:
    """Mark a view that anyone may open; a test lists them all."""
    setattr(view, PUBLIC, True)
    return view
