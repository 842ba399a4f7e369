"""What every application and every database engine of a test run shares, made only once.

A test gets an application and a database of its own; what depends on the program alone,
addresses, compiled templates and statements, is the same for all and costs more than the rest.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine
from werkzeug.routing import Rule

from registry import database

STATEMENTS = 5_000  # of all tests of a process; an engine alone keeps 500


@cache
def quick_hash(password: str) -> str:
    """Return a hash that is checked in no time; its own cost stands in every hash."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def share_what_is_alike() -> None:
    """Let applications share addresses and templates, and engines on SQLite their statements."""
    Flask.jinja_options = {"bytecode_cache": _Templates()}
    Rule._compile_builder = _once(Rule._compile_builder)  # type: ignore[method-assign]
    database.create_engine = _sharing  # type: ignore[attr-defined]


class _Templates(BytecodeCache):
    """The compiled templates of this process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self._kept.get(bucket.key)
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


def _once(compile_anew: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the functions that build an address: they depend on the text of the rule alone."""
    compiled: dict[tuple[str, str, bool], Any] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_anew(rule, append_unknown)
        return compiled[key]

    return compile_once


@cache
def _first_engine() -> Engine:
    engine = create_engine("sqlite://", query_cache_size=STATEMENTS)
    engine.connect().close()  # now its dialect knows the version of SQLite
    engine.dispose()
    return engine


def _sharing(url: str, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        first = _first_engine()
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
    return engine
