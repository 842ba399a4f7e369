"""Runs slow native work where it does not hold up the other visitors of a server on greenlets."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from gevent import get_hub, monkey

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def off_the_loop(
    work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call ``work`` in the hub's pool of native threads when gevent runs the server, else here."""
    if not monkey.is_module_patched("threading"):
        return work(*args, **kwargs)
    return cast(Result, get_hub().threadpool.apply(work, args, kwargs))
