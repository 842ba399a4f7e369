"""The factories build a whole assessment through the real actions."""

from registry.audit_log import first_break
from registry.catalog.models import Subject
from registry.plans.rules.states import PlanState
from registry.scheduling.models import ExamMode
from tests.support.factories import make_scene


def test_a_scene_stands_on_the_morning_of_the_assessment(database, now):
    with database.transaction() as db:
        scene = make_scene(db, now=now, count=5)
        assert scene.plan.state == PlanState.ARRANGED
        assert scene.sitting(Subject.THEORY).starts_at == now
        assert len(scene.admissions_in(Subject.THEORY)) == 5
        assert len(scene.admissions_in(Subject.PRACTICAL)) == 5
        assert [dispatch.is_lead for dispatch in scene.dispatches] == [True, False, False]
    with database.reading() as db:
        assert first_break(db) is None


def test_two_scenes_can_share_an_office(db, now):
    first = make_scene(db, now=now, count=2)
    second = make_scene(
        db,
        now=now.replace(hour=10, day=7),
        count=2,
        office=first.office,
        subjects=[Subject.THEORY],
        mode=ExamMode.ANSWER_CARD,
        project_number=2,
    )
    assert second.plan.number > first.plan.number
    assert second.sitting(Subject.THEORY).mode == ExamMode.ANSWER_CARD
