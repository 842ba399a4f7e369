"""Numbers are given in turns, also to people who work at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from registry.access import Role
from registry.audit_log import first_break
from registry.local_time import local_date
from registry.plans.actions import NewPlan, draft_plan
from tests.support.factories import make_office, make_specification

DRAFTS = 6


def test_simultaneous_drafts_get_different_numbers_without_gaps(database, now):
    with database.transaction() as db:
        office = make_office(db, now=now)
        make_specification(db, now=now)
        actor = office.actor(Role.INSTITUTION_OFFICER)
        new = NewPlan(office.institution.id, 1, local_date(now) + timedelta(days=30), 20)

    def draft(_turn: int) -> str:
        with database.transaction() as db:
            return draft_plan(db, new, actor=actor, now=now).number

    with ThreadPoolExecutor(DRAFTS) as pool:
        numbers = sorted(pool.map(draft, range(DRAFTS)))
    assert numbers == [f"2605-{n:04d}" for n in range(1, DRAFTS + 1)]
    with database.reading() as db:
        assert first_break(db) is None
