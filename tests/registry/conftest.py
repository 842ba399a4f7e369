"""An office and its people for the tests of the registry's actions."""

import pytest

from registry.access import Role
from tests.support.factories import make_office, make_plan


@pytest.fixture
def db(shared_database):
    """One transaction on the shared, empty database, rolled back at the end; never committed."""
    with shared_database.session() as session:
        yield session
        session.rollback()


@pytest.fixture
def office(db, now):
    return make_office(db, now=now)


@pytest.fixture
def officer(office):
    """The institution's officer."""
    return office.actor(Role.INSTITUTION_OFFICER)


@pytest.fixture
def city(office):
    """The city's officer."""
    return office.actor(Role.CITY_OFFICER)


@pytest.fixture
def plan(db, office, now):
    """An approved plan for the day of ``now``."""
    return make_plan(db, office, now=now)
