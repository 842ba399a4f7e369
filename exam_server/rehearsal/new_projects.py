"""Work on the catalog in the demonstration: needs of the city, a new project, a new version.

Names, reasons and figures are invented.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from exam_server.rehearsal.office import Office
from registry.access import Actor
from registry.catalog.development_actions import (
    NewNeed,
    accept_project,
    propose_project,
    refuse_project,
    start_development,
)
from registry.catalog.queries import project_by_number, text_of, unfinished_version
from registry.catalog.rules.specification import SubjectText, TaskText
from registry.catalog.rules.subjects import Subject
from registry.catalog.specification_actions import draft_specification, write_specification

CITY, PROVINCE = "shi01", "sheng01"
CARE = 52  # the project whose specification gets a second version
LIKE_ANOTHER = NewNeed(
    name="智能充电桩运维管理",
    reason="换电站和充换电一体设备增多，现有项目未涉及换电机器人的巡检。",
    demand="本市有充换电场站 420 座，运维人员约 1100 人，由行业协会提供。",
    expected_per_year=180,
)
COFFEE = NewNeed(
    name="手冲咖啡制作",
    reason="目录中没有饮品制作类项目，门店用工以短期培训为主，需要统一的考核。",
    demand="本市咖啡门店约 2600 家，三家培训机构每年结业约 800 人。",
    expected_per_year=500,
)
TOO_NARROW = NewNeed(
    name="奶茶封口操作",
    reason="门店设备操作统一培训。",
    demand="个别企业提出。",
    expected_per_year=30,
)


def begin_new_projects(db: Session, office: Office, *, now: datetime) -> None:
    """Leave a need to be decided, one refused, a project in development, a version in writing."""
    city, province = office.actors[CITY], office.actors[PROVINCE]
    days = [now - timedelta(days=number) for number in (20, 14, 6)]
    refused = propose_project(db, TOO_NARROW, actor=city, now=days[0])
    reason = "属于单一设备的简单操作，技能含量不足，不予立项。"
    refuse_project(db, refused.id, reason, actor=province, now=days[1])
    coffee = propose_project(db, COFFEE, actor=city, now=days[0])
    accept_project(db, coffee.id, "需求明确，列入本年度开发计划。", actor=province, now=days[1])
    group = project_by_number(db, CARE).industry_group
    start_development(db, coffee.id, group, actor=province, now=days[1])
    assert coffee.project_id is not None
    _write_coffee(db, coffee.project_id, actor=province, now=days[2])
    _write_second_version(db, actor=province, now=days[2])
    propose_project(db, LIKE_ANOTHER, actor=city, now=days[2])


def _write_coffee(db: Session, project_id: int, *, actor: Actor, now: datetime) -> None:
    """Write the new specification half-way: what is missing shows on its page."""
    draft = unfinished_version(db, project_id)
    assert draft is not None
    text = replace(
        text_of(draft),
        definition="运用咖啡研磨、冲煮器具，在门店吧台进行手冲咖啡制作与出品的能力。",
        occupation_domain="咖啡师",
        subjects=(SubjectText(Subject.PRACTICAL, "现场实际操作", 45),),
        tasks=(
            TaskText(
                "器具与物料准备",
                20,
                ("能检查并预热器具", "能称量、研磨咖啡豆"),
                ("器具的种类与用途",),
            ),
            TaskText(
                "冲煮", 50, ("能控制水温、粉水比和时间", "能分段注水"), ("萃取的原理", "风味的描述")
            ),
        ),
    )
    write_specification(db, draft.id, text, actor=actor, now=now)


def _write_second_version(db: Session, *, actor: Actor, now: datetime) -> None:
    """Begin the second version of a published specification with a few changes."""
    draft = draft_specification(db, project_by_number(db, CARE).id, actor=actor, now=now)
    text = text_of(draft)
    last = replace(text.tasks[-1], practices=(*text.tasks[-1].practices, "能妥善保管雇主财物"))
    changed = replace(text, tasks=(*text.tasks[:-1], last), venue=text.venue + "设有监控录像。")
    write_specification(db, draft.id, changed, actor=actor, now=now)
