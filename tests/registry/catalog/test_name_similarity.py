"""Names of projects that resemble each other are found, unlike ones are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalog.rules.catalog_file import read_catalog
from registry.catalog.rules.name_similarity import Likeness, name_similarity, similar_names
from tests.support.factories import seed_text

CATALOG = [row.name for row in read_catalog(seed_text("catalog/projects.csv"))]
NAMES = st.text("充电桩运维管理智能母婴护理技术（）A ", max_size=10)


@pytest.mark.parametrize(
    ("name", "known", "likeness"),
    [
        ("充电桩运维管理", "充电桩运维管理", Likeness.SAME),
        ("ＫＴＶ 服务", "KTV服务", Likeness.SAME),
        ("面包烘焙", "面包烘焙技术", Likeness.SAME),
        ("智能充电桩运维管理", "充电桩运维管理", Likeness.CONTAINED),
        ("母婴护理与早教", "母婴护理", Likeness.CONTAINED),
        ("电动自行车修理", "电动自行车维修", Likeness.SIMILAR),
        ("工业机器人调试", "工业机器人操作", Likeness.SIMILAR),
    ],
)
def test_a_name_like_one_of_the_catalog_is_found_first(name, known, likeness):
    hit = similar_names(name, CATALOG)[0]
    assert (hit.name, hit.likeness) == (known, likeness)


@pytest.mark.parametrize("name", ["手冲咖啡制作", "直播销售", "茶艺", "", "（）"])
def test_a_new_name_has_no_hits(name):
    assert similar_names(name, CATALOG) == ()


def test_few_projects_of_the_catalog_resemble_each_other():
    alike = [name for name in CATALOG if len(similar_names(name, CATALOG)) > 1]
    assert len(alike) <= 16


@given(NAMES, NAMES)
def test_similarity_is_symmetric_and_between_nothing_and_one(first, second):
    score = name_similarity(first, second)
    assert score == name_similarity(second, first)
    assert 0 <= score <= 1


@given(NAMES)
def test_a_name_is_the_same_as_itself_unless_it_says_nothing(name):
    assert name_similarity(name, name) in (0, 1)
