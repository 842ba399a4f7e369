"""Runs slow native work where it does not hold up the other visitors of a server on greenlets.

Two lanes of one native thread each: passwords, and documents. PDFium is not thread-safe, so that
no two documents may be worked on at once; and a long scan must not keep anyone from signing in.
"""

import os
import threading
from collections.abc import Callable
from contextvars import Context
from functools import cache
from typing import ParamSpec, TypeVar, cast

import gevent
from gevent import monkey
from gevent.threadpool import ThreadPool

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


LESS_URGENT = 10  # of 19; what runs here yields the processor to the loop


@cache
def _lane(_name: str) -> ThreadPool:
    return ThreadPool(1)


def give_way() -> None:
    """Let others have their turn when gevent runs the server; never inside a transaction."""
    if monkey.is_module_patched("threading"):
        gevent.sleep(0)


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
    return cast(Result, _lane(lane).apply(lambda: _less_urgently(work)))


def _less_urgently(work: Callable[[], Result]) -> Result:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LESS_URGENT)  # of this thread alone
    return work()
