"""The living demonstration: a finished batch, a running exam with robots, work for every role."""

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from exam_server.card_reconciliation import record_absentees, release
from exam_server.config import Settings
from exam_server.delivery.models import Attempt
from exam_server.delivery.rules.exam_rules import ExamRules
from exam_server.marking import mark_card_sitting
from exam_server.rehearsal import cards, screen
from exam_server.rehearsal.batch import (
    Batch,
    BatchOrder,
    build_batch,
    wait_for_approval,
    wait_for_audit,
    wait_for_release,
)
from exam_server.rehearsal.items_under_review import order_more_items, put_items_under_review
from exam_server.rehearsal.new_projects import begin_new_projects
from exam_server.rehearsal.office import (
    CITY_STAFF,
    INSTITUTION_STAFF,
    PROVINCE_STAFF,
    Office,
    build_office,
)
from exam_server.rehearsal.practical import leave_disputes, score_practical
from exam_server.rehearsal.robot import Habits, Robot
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.seeding import load_seeds
from registry.accounts.passwords import hash_password
from registry.database import Database
from registry.scheduling.models import Sitting
from scoring.actions import confirm_results, publish_results
from scoring.certificates.actions import approve_issue, issue_certificates, receive_blanks

PASSWORD = "Kaohe-demo-2026"  # noqa: S105  (of the demonstration only, shown on its start page)
SEED = 2026
ROOM_SEATS, FREE_SEATS = 60, 6
VISITORS = ExamRules(late_entry_minutes=240, early_leave_minutes=0)  # they come when they like
ON_CARDS = 12
FINISHED_ON_SCREEN, FINISHED_ON_CARDS = 24, 12
BLANKS = ("YS01000001", "YS01000500")
PRACTICAL_BEFORE = timedelta(hours=-3)  # the practical part of the running batch is over
OFFICE_LEAD = timedelta(days=60)
FAST = Habits()
LIFELIKE = Habits(
    pause_s=24,
    cut=0.004,
    hand=0.003,
    away=0.004,
    outage_s=60,
    repeat=0.01,
    patience_s=math.inf,  # visitors pause the room and go for lunch
)

NOTES = {
    "jiankao01": "监考进行中的考场：发消息、延时、强制交卷（复核人填 jiankao02）",
    "jiankao02": "第二名监考员，可作复核人",
    "jigou01": "编制计划、录入报名、编排座位、打印准考证和答题卡",
    "shi01": "提出开发需求、审批计划、审核报名、派遣考评员、确认成绩",
    "shi02": "公布成绩（与确认人不能是同一人）",
    "saomiao01": "扫描答题卡；有一批待人工复核",
    "saomiao02": "第二名扫描员：独立录入准考证号",
    "kaoping01": "考评组长：评分、裁决争议",
    "kaoping02": "考评员：操作技能评分",
    "kaoping03": "考评员：操作技能评分",
    "shenpi01": "审批发证",
    "zhizheng01": "核发、打印证书",
    "kucun01": "空白证书出入库",
    "sheng01": "省中心：考核规范、新项目立项、目录、统计",
    "tiku01": "题库、细目表、题量分析与组卷",
    "mingti01": "命题：编写试题、送审",
    "shenti01": "审题：一审、二审（两次不能是同一人）",
    "shenti02": "审题：一审、二审",
    "qianfa01": "签发试卷（与组卷人不能是同一人）",
    "xitong01": "账号与角色",
    "shenji01": "审计日志与校验",
}
ROLE_NAMES = {
    "province_officer": "省中心",
    "bank_manager": "题库管理员",
    "paper_releaser": "试卷签发人",
    "item_author": "命题人",
    "item_reviewer": "审题人",
    "system_administrator": "系统管理员",
    "audit_administrator": "审计管理员",
    "city_officer": "市中心",
    "scanner": "答题卡扫描员",
    "certificate_approver": "发证审批人",
    "certificate_maker": "制证人",
    "stock_keeper": "空白证书保管员",
    "examiner": "考评员",
    "institution_officer": "考核机构",
    "proctor": "监考员",
}
Step = Callable[[str, int], Callable[[], None]]


@dataclass(frozen=True)
class World:
    """The demonstration as built: its office and the running batch."""

    office: Office
    running: Batch


def accounts() -> list[dict[str, str]]:
    """Return every sign-in of the demonstration with what to try."""
    staff = {**INSTITUTION_STAFF, **CITY_STAFF, **PROVINCE_STAFF}
    return [
        {
            "role": ROLE_NAMES[staff[login_name][1].value],
            "login_name": login_name,
            "password": PASSWORD,
            "note": note,
        }
        for login_name, note in NOTES.items()
    ]


def build_world(database: Database, step: Step) -> World:
    """Load the seeds, build the office and both batches up to the morning of the exam."""
    now = datetime.now(UTC)
    done = step("载入目录、区划、日历和题库", 5)
    load_seeds(database, now=now - OFFICE_LEAD, tell=lambda _name, _count: done())
    done = step("办理备案、计划、报名、审核和编排", 1)
    with database.transaction() as db:
        office = build_office(db, hash_password(PASSWORD), now=now - OFFICE_LEAD)
        actor = office.actors["kucun01"]
        receive_blanks(db, office.centre_id, *BLANKS, actor=actor, now=now - OFFICE_LEAD)
        put_items_under_review(db, office, now=now)
        order_more_items(db, office, now=now - timedelta(days=2))
        begin_new_projects(db, office, now=now)
    with database.transaction() as db:
        order = BatchOrder(
            ROOM_SEATS,
            ON_CARDS,
            now,
            SEED,
            first_person=100,
            practical_after=PRACTICAL_BEFORE,
            rules=VISITORS,
        )
        running = build_batch(db, office, order)
        coming = BatchOrder(30, 0, now + timedelta(days=40), SEED, first_person=300)
        wait_for_approval(db, office, coming, now=now - timedelta(days=1))
        coming = BatchOrder(16, 0, now + timedelta(days=30), SEED, first_person=340)
        plan_id = wait_for_audit(db, office, coming, now=now - timedelta(days=9))
        wait_for_release(db, office, plan_id, seed=SEED, now=now - timedelta(days=2))
    done()
    return World(office, running)


async def finish_a_batch(
    database: Database, office: Office, server: ServerProcess, folder: Path, step: Step
) -> None:
    """Bring one batch all the way: both ways of sitting, practical part, certificates."""
    began = datetime.now(UTC) - timedelta(hours=7)
    with database.transaction() as db:
        order = BatchOrder(
            FINISHED_ON_SCREEN,
            FINISHED_ON_CARDS,
            began,
            SEED + 1,
            practical_after=timedelta(hours=2),
        )
        batch = build_batch(db, office, order)
    done = step("已结束的一批：上机考试", FINISHED_ON_SCREEN)
    proctor, seated = await _open(database, server.address, batch.screen_sitting_id, FAST)
    await asyncio.to_thread(proctor.command, "start")
    await screen.sit_all(seated, done)
    await asyncio.to_thread(proctor.command, "close")
    batch_id = await asyncio.to_thread(_scan, database, office, batch, folder / "finished", step)
    await asyncio.to_thread(_complete, database, office, batch, batch_id, step)


def _complete(database: Database, office: Office, batch: Batch, batch_id: int, step: Step) -> None:
    """Release the cards, score the practical part, publish, certify."""
    now, actors = datetime.now(UTC), office.actors
    people = FINISHED_ON_SCREEN + FINISHED_ON_CARDS
    with database.transaction() as db:
        scanner, sitting_id = actors["saomiao01"], batch.card_sitting_id
        record_absentees(db, sitting_id, (), counted=0, actor=scanner, now=now)
        release(db, batch_id, actor=scanner, now=now)
        mark_card_sitting(db, sitting_id, actor=scanner, now=now)
    score_practical(
        database,
        office,
        batch.practical_sitting_id,
        seed=SEED,
        clock=lambda: datetime.now(UTC),
        done=step("已结束的一批：操作技能", people),
    )
    with database.transaction() as db:
        confirm_results(db, batch.plan_id, actor=actors["shi01"], now=now)
        publish_results(db, batch.plan_id, actor=actors["shi02"], now=now)
        approve_issue(db, batch.plan_id, actor=actors["shenpi01"], now=now)
        issue_certificates(db, batch.plan_id, actor=actors["zhizheng01"], now=now)


def _scan(
    database: Database,
    office: Office,
    batch: Batch,
    folder: Path,
    step: Step,
    *,
    review: bool = True,
) -> int:
    """Print, fill and scan the cards of a batch; a person decides the doubts, or not yet."""
    actor, sitting_id = office.actors["saomiao01"], batch.card_sitting_id
    with database.reading() as db:
        people = cards.paper_candidates(db, sitting_id, seed=SEED)
        pdf = cards.print_sitting(db, sitting_id, actor=office.actors["jigou01"])
    done = step("答题卡：填涂、扫描、识读", 2 * len(people))
    files = []
    for path in cards.scan_all(pdf, people, folder, seed=SEED + batch.plan_id):
        files.append(path)
        done()
    batch_id = cards.read_all(
        database, sitting_id, files, actor=actor, clock=lambda: datetime.now(UTC), done=done
    )
    if review:
        by_file = {path.name: person for path, person in zip(files, people, strict=True)}
        with database.transaction() as db:
            pair = (actor, office.actors["saomiao02"])
            cards.review_all(db, batch_id, by_file, pair=pair, now=datetime.now(UTC))
    return batch_id


async def _open(
    database: Database, address: str, sitting_id: int, habits: Habits, leave_free: int = 0
) -> tuple[screen.Proctor, list[screen.Seated]]:
    """Open the room and let robots sign in; the last seats stay free."""
    proctor = screen.Proctor(address, sitting_id)
    await asyncio.to_thread(proctor.sign_in, "jiankao01", PASSWORD)
    await asyncio.to_thread(proctor.command, "open_check_in")
    seated = screen.seat_robots(
        database, address, sitting_id, seed=SEED, habits=habits, leave_free=leave_free
    )
    code = await asyncio.to_thread(proctor.room_code)
    await screen.sign_in_all(seated, code, lambda: None)
    screen.give_abilities(database, seated, seed=SEED)
    return proctor, seated


async def open_the_running_exam(
    database: Database,
    world: World,
    server: ServerProcess,
    settings: Settings,
    step: Step,
) -> list[Robot]:
    """Scan the cards of the running batch, score half, start its exam, note the free seats.

    The exam begins last: its robots answer from then on, no seat waits for the rest of the work.
    """
    await asyncio.to_thread(
        _scan,
        database,
        world.office,
        world.running,
        settings.files_folder.parent / "review",
        step,
        review=False,
    )
    await asyncio.to_thread(
        score_practical,
        database,
        world.office,
        world.running.practical_sitting_id,
        seed=SEED,
        clock=lambda: datetime.now(UTC),
        done=step("进行中的一批：操作技能（评一半）", (ROOM_SEATS + ON_CARDS) // 2),
        share=0.5,
    )
    await asyncio.to_thread(
        leave_disputes,
        database,
        world.office,
        world.running.practical_sitting_id,
        first=(ROOM_SEATS + ON_CARDS) // 2,
        count=3,
        now=datetime.now(UTC),
    )
    done = step("进行中的考场：机器人入座", 1)
    sitting_id = world.running.screen_sitting_id
    proctor, seated = await _open(
        database, server.address, sitting_id, LIFELIKE, leave_free=FREE_SEATS
    )
    await asyncio.to_thread(proctor.command, "start")
    code = await asyncio.to_thread(proctor.room_code)
    done()
    told = {"accounts": accounts(), "candidates": free_seats(database, sitting_id, code)}
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (settings.files_folder.parent / "demo.json").write_text(text, "utf-8")
    return [one.robot for one in seated]


def free_seats(database: Database, sitting_id: int, code: str) -> list[dict[str, Any]]:
    """Return the candidates whose seats a visitor may take."""
    with database.reading() as db:
        taken = set(
            db.scalars(select(Attempt.admission_id).where(Attempt.sitting_id == sitting_id))
        )
        return [
            {
                "name": admission.enrolment.candidate.name,
                "admission_no": admission.enrolment.admission_no,
                "room_code": code,
                "note": f"机位 {admission.seat_no:02d} 空着，可以坐下考试",
            }
            for admission in db.get_one(Sitting, sitting_id).admissions
            if admission.id not in taken
        ]


async def live(robots: list[Robot]) -> None:
    """Let the robots answer at a person's pace until the exam ends."""
    await asyncio.gather(*(robot.sit() for robot in robots), return_exceptions=True)
