"""What a specification may not lack, what is advised, and how two versions are compared."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalog.rules.catalog_file import read_catalog
from registry.catalog.rules.specification import (
    MINUTES,
    EquipmentText,
    SpecificationText,
    SubjectText,
    TaskText,
    advice_on,
    check_name,
    check_specification,
    too_long,
)
from registry.catalog.rules.specification_changes import (
    Mark,
    changed_parts,
    changes_between,
    passages_of,
)
from registry.catalog.rules.subjects import Subject
from tests.support.factories import seed_text, specification_text

WHOLE = specification_text()
TEXTS = st.text("甲乙丙丁\n", max_size=12)


def places(text):
    return [fault.place for fault in check_specification(text)]


def test_a_complete_document_has_no_fault_and_nothing_to_advise():
    assert check_specification(WHOLE) == ()
    assert advice_on(WHOLE) == ()


@pytest.mark.parametrize("name", ["家政服务员", "电工", "咖啡师", "面点师 "])
def test_a_name_must_not_be_that_of_an_occupation(name):
    assert [fault.place for fault in check_name(name)] == ["name"]


@pytest.mark.parametrize("name", ["装配式建筑装配施工", "零件加工", "社区绿化"])
def test_work_that_ends_like_an_occupation_is_no_occupation(name):
    assert check_name(name) == ()


def test_no_name_of_the_catalog_breaks_the_rule():
    rows = read_catalog(seed_text("catalog/projects.csv"))
    assert [row.name for row in rows if check_name(row.name)] == []


def test_a_name_equal_to_its_occupation_is_refused():
    assert places(replace(WHOLE, name="示范职业")) == ["name"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "name"),
        ({"definition": ""}, "definition"),
        ({"venue": " "}, "venue"),
        ({"examiners_at_least": 2}, "examiners_at_least"),
        ({"subjects": ()}, "subjects"),
        ({"tasks": ()}, "tasks"),
        ({"subjects": (SubjectText(Subject.THEORY, "", 60),)}, "theory-method"),
        ({"subjects": (SubjectText(Subject.PRACTICAL, "现场", 29),)}, "practical-minutes"),
        ({"subjects": (SubjectText(Subject.PRACTICAL, "现场", 481),)}, "practical-minutes"),
        ({"equipment": (EquipmentText("", "1台", ""),)}, "equipment-1-name"),
        ({"equipment": (EquipmentText("台", "", ""),)}, "equipment-1-quantity"),
        ({"tasks": (TaskText("", 100, ("能",), ("知",)),)}, "task-1-title"),
        ({"tasks": (TaskText("甲", 100, (" ",), ("知",)),)}, "task-1-practices"),
        ({"tasks": (TaskText("甲", 100, ("能",), ()),)}, "task-1-knowledge"),
        ({"name": "长" * 81}, "name"),
    ],
)
def test_a_fault_is_told_with_its_place(changes, place):
    assert places(replace(WHOLE, **changes)) == [place]


def test_a_title_that_stands_twice_is_told_at_both_places():
    twice = tuple(replace(task, title="作业") for task in WHOLE.tasks)
    assert places(replace(WHOLE, tasks=twice)) == ["task-1-title", "task-2-title"]


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_weights_are_in_order_exactly_when_they_add_up_to_a_hundred(weights):
    tasks = tuple(
        TaskText(f"任务{number}", weight, ("能",), ("知",)) for number, weight in enumerate(weights)
    )
    faults = check_specification(replace(WHOLE, tasks=tasks))
    assert bool(faults) == (sum(weights) != 100)
    assert all(f"现为 {sum(weights)}%" in fault.text for fault in faults)


@given(st.integers(0, 600))
def test_minutes_are_between_half_an_hour_and_eight_hours(minutes):
    subjects = (SubjectText(Subject.PRACTICAL, "现场", minutes),)
    assert bool(places(replace(WHOLE, subjects=subjects))) == (not 30 <= minutes <= 480)
    assert (minutes in MINUTES) == (30 <= minutes <= 480)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": "茶艺"}, "name"),
        ({"definition": "会做示范。"}, "definition"),
        ({"applicable_to": "年满18周岁的人员"}, "applicable_to"),
        ({"conditions": "具有高中学历"}, "conditions"),
        ({"equipment": ()}, "equipment"),
    ],
)
def test_unusual_wording_is_advised_against_but_no_fault(changes, place):
    unusual = replace(WHOLE, **changes)
    assert check_specification(unusual) == ()
    assert [advice.place for advice in advice_on(unusual)] == [place]


def test_even_a_draft_must_fit_its_columns():
    rows = (EquipmentText("台", "1张", "长" * 201),)
    assert [fault.place for fault in too_long(replace(WHOLE, equipment=rows))] == [
        "equipment-1-requirement"
    ]
    assert [fault.place for fault in too_long(replace(WHOLE, equipment=WHOLE.equipment * 41))] == [
        "equipment"
    ]
    assert too_long(SpecificationText("")) == ()


@given(TEXTS, TEXTS)
def test_a_comparison_holds_both_texts_completely(before, after):
    passages = passages_of(before, after)
    assert "".join(p.text for p in passages if p.mark != Mark.ADDED) == before
    assert "".join(p.text for p in passages if p.mark != Mark.REMOVED) == after


def test_only_the_parts_that_differ_are_told():
    first, second = WHOLE.tasks
    changed = replace(
        WHOLE,
        examiners_at_least=5,
        tasks=(
            first,
            TaskText("验收", 30, ("能验收",), ("标准",)),
            replace(second, weight_percent=30),
        ),
    )
    assert changed_parts(WHOLE, WHOLE) == ()
    assert changed_parts(WHOLE, changed) == (
        "工作任务“验收”",
        "工作任务“示范作业”",
        "考评员人数",
    )
    added, weight, _examiners = changes_between(WHOLE, changed)
    assert {passage.mark for passage in added.passages} == {Mark.ADDED}
    assert [p.text for p in weight.passages if p.mark == Mark.REMOVED] == ["6"]


def test_a_subject_that_falls_away_is_told_as_removed():
    practical = replace(WHOLE, subjects=WHOLE.subjects[1:])
    (change,) = changes_between(WHOLE, practical)
    assert change.part == "理论知识科目"
    assert [(p.mark, p.text) for p in change.passages] == [(Mark.REMOVED, "闭卷机考，90分钟")]
