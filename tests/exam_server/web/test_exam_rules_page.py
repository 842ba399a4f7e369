"""The limits that new sittings take over: the province sets them, everyone of the office reads."""

from sqlalchemy import select

from exam_server.delivery.limits import default_rules
from exam_server.delivery.rules.exam_rules import ExamRules
from registry.audit_log import AuditEntry
from tests.exam_server.web.office_site import Site

FORM = {"late_entry_minutes": "15", "early_leave_minutes": "45", "late_ops_minutes": "20"}


def test_the_province_sets_what_new_sittings_take_over(site: Site) -> None:
    province = site.signed_in("province_officer")
    assert "尚未设定，按系统初始值执行" in province.get("/exam-rules/").text
    wrong = province.post("/exam-rules/", **{**FORM, "late_entry_minutes": "241"})
    assert wrong.status_code == 400
    assert "0 至 240" in wrong.text
    assert 'aria-current="page">考场规则' in wrong.text
    assert province.post("/exam-rules/", **FORM).status_code == 302
    city = site.signed_in("city_officer")
    page = city.get("/exam-rules/").text
    assert 'value="45"' in page
    assert "由省中心设定" in page
    assert city.post("/exam-rules/", **FORM).status_code == 403
    with site.server.room.database.reading() as db:
        assert default_rules(db) == ExamRules(15, 45, 20)
        line = db.scalars(select(AuditEntry).where(AuditEntry.action == "set_default_rules")).one()
        assert '"late_entry_minutes": 15' in line.detail
