"""A prepared exam room of its own for every test."""

from tests.support.room import (  # noqa: F401  (fixtures)
    database,
    database_url,
    office,
    prepared,
    room,
    settings,
)
