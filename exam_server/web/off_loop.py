"""Runs slow native work where it does not hold up the other visitors of a server on greenlets.

Two lanes of one native thread each: passwords, and documents. PDFium is not thread-safe, so that
no two documents may be worked on at once; and a long scan must not keep anyone from signing in.
"""

from collections.abc import Callable
from contextvars import Context
from functools import cache
from typing import ParamSpec, TypeVar, cast

from gevent import monkey
from gevent.threadpool import ThreadPool

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@cache
def _lane(_name: str) -> ThreadPool:
    return ThreadPool(1)


def off_the_loop(
    work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call ``work`` on the lane of documents when gevent runs the server, else here."""
    return _call("documents", lambda: work(*args, **kwargs))


def password_off_the_loop(
    work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call ``work`` on the lane of passwords when gevent runs the server, else here."""
    return _call("passwords", lambda: work(*args, **kwargs))


def _call(lane: str, work: Callable[[], Result]) -> Result:
    """Call ``work`` without the request's context, which a lane never has."""
    if not monkey.is_module_patched("threading"):
        return Context().run(work)
    return cast(Result, _lane(lane).apply(work))
