"""The practical paper of the seeds, and papers that do not add up."""

import copy
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from registry.errors import InvalidInputError
from scoring.rules.practical_paper import criteria_lines, read_practical_paper

SEED = Path(__file__).parents[2] / "seeds/item_banks/60/practical.toml"


@pytest.fixture
def content():
    return tomllib.loads(SEED.read_text("utf-8"))


def test_the_paper_of_the_seeds_adds_up_to_100(content):
    paper = read_practical_paper(content)
    assert sum(task.weight for task in paper.tasks) == 100
    assert sum(item.allotted for item in paper.items) == 100
    assert paper.time_rule.limit_minutes == 60


def test_criteria_are_written_as_on_the_national_sheet(content):
    item = read_practical_paper(content).items[0]
    assert criteria_lines(item.criteria) == (
        "1）防护用具漏检或穿戴不正确，每项扣1分，最多扣3分",
        "2）仪表使用前未检查外观、量程或表笔，每项扣1分，最多扣3分",
        "3）未设置遮栏或未悬挂标示牌，扣2分",
    )


def wrong_weight(content):
    content["tasks"][0]["weight"] = "61"


def wrong_allotment(content):
    content["tasks"][0]["items"][0]["allotted"] = "9"


def same_number(content):
    content["tasks"][0]["items"][0]["no"] = "1.2"


def no_time(content):
    del content["time"]


def strange_rule(content):
    content["merge_rule"] = "loudest"


@pytest.mark.parametrize(
    "spoil", [wrong_weight, wrong_allotment, same_number, no_time, strange_rule]
)
def test_a_paper_that_does_not_add_up_is_refused(content, spoil):
    spoiled = copy.deepcopy(content)
    spoil(spoiled)
    with pytest.raises(InvalidInputError, match="操作技能试卷"):
        read_practical_paper(spoiled)


def test_marks_go_in_steps_of_the_paper(content):
    assert read_practical_paper(content).mark_step == Decimal("0.5")
