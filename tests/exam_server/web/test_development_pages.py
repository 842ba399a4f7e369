"""New projects in the browser: a city proposes, the province decides, the catalog grows."""

import pytest

from registry.access import SYSTEM, Role
from registry.catalog.development_queries import developments_in_reach
from tests.exam_server.web.office_site import Site, Visitor

NEED = {
    "name": "手冲咖啡制作",
    "reason": "目录中没有饮品制作类项目",
    "demand": "门店约 2600 家",
    "expected_per_year": "500",
}


@pytest.fixture
def city(site: Site) -> Visitor:
    return site.signed_in(Role.CITY_OFFICER)


@pytest.fixture
def province(site: Site) -> Visitor:
    return site.signed_in(Role.PROVINCE_OFFICER)


def proposed(city: Visitor, **need: str) -> str:
    city.get("/development/new")
    response = city.post("/development/", **{**NEED, **need})
    assert "待立项" in city.follow(response)
    return str(response.location)


def test_a_need_without_similar_projects_is_proposed_at_once(city: Visitor) -> None:
    address = proposed(city)
    city.get("/development/?state=proposed")
    assert address in city.page
    city.get("/development/?words=没有这样的项目")
    assert "没有符合条件的开发需求" in city.page


def test_similar_projects_are_shown_while_typing_and_must_be_looked_at(city: Visitor) -> None:
    city.get("/development/new?name=针织大圆机调试技术")
    assert "同名" in city.page
    assert "针织大圆机调试" in city.page
    similar = {**NEED, "name": "针织大圆机调试技术"}
    assert city.post("/development/", **similar).status_code == 400
    assert "请先查看列出的相近项目" in city.page
    assert "目录中没有饮品制作类项目" in city.page
    assert "待立项" in city.follow(city.post("/development/", **similar, looked="1"))
    assert "提出时的相近项目" in city.page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "咖啡师"}, "不能以“师”结尾"),
        ({"reason": ""}, "开发理由：不能为空"),
        ({"expected_per_year": "许多"}, "预计年考核人数"),
    ],
)
def test_a_faulty_need_is_refused_and_kept_on_the_page(
    city: Visitor, changes: dict[str, str], told: str
) -> None:
    city.get("/development/new")
    assert city.post("/development/", **{**NEED, **changes}).status_code == 400
    assert told in city.page
    assert "门店约 2600 家" in city.page


def test_the_province_accepts_a_similar_project_only_with_a_reason(
    city: Visitor, province: Visitor
) -> None:
    address = proposed(city, name="针织大圆机调试技术", looked="1")
    province.get("/work")
    assert "待立项的开发需求" in province.page
    province.get(address)
    assert province.post(f"{address}/accept", reason="同意").status_code == 400
    assert "原则上不再开发" in province.page
    province.get(address)
    reason = "新型设备的调试方法不同"
    assert "已立项" in province.follow(
        province.post(f"{address}/accept", reason="同意", duplicate_reason=reason)
    )
    assert reason in province.page
    city.get(address)
    assert reason in city.page


def test_a_refusal_tells_the_city_why(city: Visitor, province: Visitor) -> None:
    address = proposed(city)
    province.get(address)
    assert province.post(f"{address}/refuse", reason="").status_code == 400
    province.get(address)
    province.follow(province.post(f"{address}/refuse", reason="技能含量不足"))
    city.get(address)
    assert "技能含量不足" in city.page


def test_a_development_leads_to_its_specification_and_its_bank(
    site: Site, city: Visitor, province: Visitor
) -> None:
    address = proposed(city)
    province.get(address)
    province.follow(province.post(f"{address}/accept", reason=""))
    province.get(address)
    group = (
        province.page.split('name="industry_group"')[1].split('<option value="')[1].split('"')[0]
    )
    province.follow(province.post(f"{address}/start", industry_group=group))
    assert "开发中" in province.page
    specification = province.page.split('href="/specifications/')[-1].split('"')[0]
    province.get(f"/specifications/{specification}")
    assert "手冲咖啡制作" in province.page
    assert "手冲咖啡制作" not in province.get("/catalog").get_data(as_text=True)
    manager = site.signed_in(Role.BANK_MANAGER)
    manager.get("/bank/")
    assert "手冲咖啡制作" in manager.page  # its element table can be begun


def test_a_city_takes_back_its_own_need_and_sees_no_other(site: Site, city: Visitor) -> None:
    address = proposed(city)
    other = site.signed_in("foreign_officer")
    assert other.get(address).status_code == 404
    assert city.post(f"{address}/accept", reason="").status_code == 403
    city.get(address)
    assert "已撤回" in city.follow(city.post(f"{address}/withdraw", reason="改提其他项目"))
    with site.database.reading() as db:
        assert [one.state for one in developments_in_reach(db, actor=SYSTEM)] == ["withdrawn"]


def test_institutions_have_no_business_here(site: Site) -> None:
    institution = site.signed_in(Role.INSTITUTION_OFFICER)
    for address in ("/development/", "/development/new"):
        assert institution.get(address).status_code == 403
