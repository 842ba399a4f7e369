"""Homes for real servers: batches that begin now."""

from tests.support.room import home_for, office_home  # noqa: F401  (fixtures)
