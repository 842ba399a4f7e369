"""Specifications in the browser: writing, the way to publication, frozen versions, the public."""

import re
from datetime import timedelta
from html import unescape

import pytest

from registry.access import Role
from registry.catalog.queries import project_by_number, specifications_of
from registry.local_time import local_date
from tests.exam_server.web.office_site import Site, Visitor

LISTED = {
    "task": ("title", "weight", "practices", "knowledge"),
    "equipment": ("name", "quantity", "requirement"),
}
LINES = (
    "name",
    "definition",
    "applicable_to",
    "occupation_domain",
    "conditions",
    "examiner_expertise",
    "examiners_at_least",
    "venue",
)


@pytest.fixture
def province(site: Site) -> Visitor:
    return site.signed_in(Role.PROVINCE_OFFICER)


def value_of(page: str, name: str) -> list[str]:
    """Return what the fields of a name hold on the page."""
    inputs = re.findall(rf'<input class="input"[^>]* name="{name}"[^>]* value="([^"]*)"', page)
    areas = re.findall(rf'<textarea [^>]*name="{name}"[^>]*>(.*?)</textarea>', page, re.S)
    return [unescape(text) for text in inputs or areas]


def typed(page: str) -> dict[str, object]:
    """Return what the form on the page would send."""
    form: dict[str, object] = {name: value_of(page, name)[0] for name in LINES}
    for kind, names in LISTED.items():
        for name in names:
            form[f"{kind}-{name}"] = value_of(page, f"{kind}-{name}")
    for subject in ("theory", "practical"):
        if re.search(rf'name="{subject}-on" value="1" checked', page):
            form[f"{subject}-on"] = "1"
        form[f"{subject}-method"] = value_of(page, f"{subject}-method")[0]
        form[f"{subject}-minutes"] = value_of(page, f"{subject}-minutes")[0]
    return form


def drafted(site: Site, province: Visitor, number: int = 1) -> str:
    """Begin a new version of a project's specification; returns its address."""
    with site.database.reading() as db:
        project_id = project_by_number(db, number).id
    province.get("/specifications/")
    response = province.post(f"/specifications/projects/{project_id}/draft")
    province.follow(response)
    return str(response.location).removesuffix("/edit")


def test_a_new_version_is_written_reviewed_filed_and_published(
    site: Site, province: Visitor
) -> None:
    address = drafted(site, province)
    form = typed(province.page)
    assert form["task-title"] == ["作业准备", "示范作业"]
    form["venue"] = "改过的场地要求"
    province.follow(province.post(f"{address}/edit", **form, do="submit"))
    assert "审定中" in province.page
    province.follow(province.post(f"{address}/file", ministry_filing_no="部备-1-2"))
    assert "已报部备案" in province.page
    day = local_date(site.clock()) + timedelta(days=1)  # type: ignore[operator]
    province.follow(province.post(f"{address}/publish", effective_from_on=day.isoformat()))
    assert "改过的场地要求" in province.page
    assert "起草新版本" in province.page
    refused = province.post(f"{address}/edit", **form, do="save")
    assert refused.status_code == 400
    assert "不能修改" in province.page


def test_a_step_in_the_form_stores_nothing_and_loses_nothing(site: Site, province: Visitor) -> None:
    address = drafted(site, province)
    form = {**typed(province.page), "definition": "还没有保存的定义"}
    province.post(f"{address}/edit", **form, do="task-add")
    assert value_of(province.page, "task-title") == ["作业准备", "示范作业", ""]
    assert value_of(province.page, "definition") == ["还没有保存的定义"]
    province.post(f"{address}/edit", **typed(province.page), do="task-up:2")
    assert value_of(province.page, "task-title") == ["示范作业", "作业准备", ""]
    province.post(f"{address}/edit", **typed(province.page), do="equipment-remove:1")
    assert "还没有列出设备" in province.page
    for step in ("task-up:9", "task-remove:0", "equipment-dance:1", "nonsense"):
        assert province.post(f"{address}/edit", **form, do=step).status_code == 400, step
    province.get(f"{address}/edit")
    assert value_of(province.page, "task-title") == ["作业准备", "示范作业"]


def test_a_draft_with_gaps_is_saved_but_not_submitted(site: Site, province: Visitor) -> None:
    address = drafted(site, province)
    form = typed(province.page)
    form["task-weight"] = ["40", "50"]
    response = province.post(f"{address}/edit", **form, do="submit")
    assert response.status_code == 400
    assert "考核比重之和应为 100%，现为 90%。" in province.page
    assert 'href="#f-tasks"' in province.page
    province.follow(province.post(f"{address}/edit", **form, do="save"))
    assert "送审前还需更正 1 处" in province.page
    assert "提交" not in province.page.split("page__head")[1].split("</div>")[0]


def test_what_is_no_number_is_told_and_stays_as_typed(site: Site, province: Visitor) -> None:
    address = drafted(site, province)
    form = typed(province.page)
    form["task-weight"] = ["四十", "60"]
    form["theory-minutes"] = "一个半小时"
    assert province.post(f"{address}/edit", **form, do="save").status_code == 400
    assert "第 1 项工作任务的考核比重：“四十”不是整数" in province.page
    assert value_of(province.page, "task-weight") == ["四十", "60"]
    assert value_of(province.page, "theory-minutes") == ["一个半小时"]


def test_two_versions_are_compared(site: Site, province: Visitor) -> None:
    address = drafted(site, province)
    form = typed(province.page)
    form["task-weight"] = ["30", "70"]
    province.follow(province.post(f"{address}/edit", **form, do="save"))
    province.get(f"{address}/compare")
    assert "2 处不同" in province.page
    assert re.search(r"<del>4</del><ins>3</ins>", province.page)


def test_a_document_is_printed_by_who_may_read_it(site: Site, province: Visitor) -> None:
    address = drafted(site, province)
    assert province.get(f"{address}/document.pdf").mimetype == "application/pdf"
    institution = site.signed_in(Role.INSTITUTION_OFFICER)
    assert institution.get(f"{address}/document.pdf").status_code == 404
    city = site.signed_in(Role.CITY_OFFICER)
    assert city.get(address).status_code == 200
    assert "起草中" in city.page
    assert "编辑</a>" not in city.page
    assert city.get(f"{address}/edit").status_code == 403


def test_others_read_what_is_published(site: Site, province: Visitor) -> None:
    with site.database.reading() as db:
        published = specifications_of(db, project_by_number(db, 1).id)[-1].id
    address = drafted(site, province)
    institution = site.signed_in(Role.INSTITUTION_OFFICER)
    institution.get("/specifications/")
    assert f"/specifications/{published}" in institution.page
    assert address not in institution.page
    assert institution.get(address).status_code == 404
    assert institution.get(f"/specifications/{published}").status_code == 200
    assert "办理记录" not in institution.page
    assert site.signed_in(Role.EXAMINER).get("/specifications/").status_code == 403


def test_the_public_reads_the_specification_in_force(site: Site) -> None:
    visitor = site.visitor()
    visitor.get("/catalog")
    assert 'href="/catalog/1"' in visitor.page
    visitor.get("/catalog/1")
    assert "示范作业" in visitor.page
    assert visitor.get("/catalog/1/specification.pdf").mimetype == "application/pdf"
    visitor.get("/catalog/9")
    assert "还没有生效的考核规范" in visitor.page
    assert visitor.get("/catalog/9/specification.pdf").status_code == 404
    assert visitor.get("/catalog/999").status_code == 404


def test_a_returned_version_goes_back_with_its_reason_in_the_history(
    site: Site, province: Visitor
) -> None:
    address = drafted(site, province)
    province.follow(province.post(f"{address}/submit", confirmed="1"))
    province.get("/work")
    assert "审定中的考核规范" in province.page
    province.get(address)
    province.follow(province.post(f"{address}/return", reason="设备清单不全"))
    assert "设备清单不全" in province.page
    assert province.post(f"{address}/withdraw", reason=" ").status_code == 400
    province.get(address)
    province.follow(province.post(f"{address}/withdraw", reason="改由部里统一制定"))
    assert "已撤回" in province.page
