"""What one candidate's page is told: own data, own paper, own answers, never a key."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from exam_server.delivery.custody.models import FormSnapshot
from exam_server.delivery.custody.queries import key_as_told, offer_of
from exam_server.delivery.journal_keys import journal_key
from exam_server.delivery.lease_tokens import Claim, return_pass
from exam_server.delivery.models import Attempt, SittingRun
from exam_server.delivery.queries import (
    answers_of,
    candidate_events,
    head_epoch,
    is_working,
    receipt_for_candidate,
)
from exam_server.delivery.rules.exam_rules import ExamRules
from exam_server.delivery.timing import milliseconds
from exam_server.delivery.transfers import seat_moved_to
from exam_server.rich_html import rich, rich_line
from item_bank.rules.ordering import CandidatePaper, CandidateQuestion
from registry.database import keys_of
from registry.enrolment.accommodations import accommodation_of

RULES = (
    "请凭准考证和有效身份证件入座，并核对屏幕上的姓名、准考证号和机位号。",
    "考试时间以服务器时间为准；到时系统自动交卷，未作答的题按空白计。",
    "单项选择题只有一个正确答案；多项选择题须全部选对才得分；判断题答错不扣分。",
    "每次作答都会自动保存。屏幕上方显示“已存服务器”的，即为安全保存。",
    "网络中断时可以继续作答，答案先存在本机，恢复后自动上传。",
    "不得离开答题窗口，不得使用手机等通信工具，不得交谈或抄袭。",
    "有设备、试题文字等问题，请点“举手”或举手示意监考员。",
    "交卷后不能再修改，请检查后再交卷，并记下回执码。",
)
BESIDE = ("room", "rules")  # of what is told of a sitting: shown in places of their own
GENDERS = {"male": "男", "female": "女"}


def own_state(
    db: Session,
    attempt: Attempt,
    form: FormSnapshot | None,
    *,
    paper: dict[str, Any] | None,
    sitting: dict[str, Any],
    brief: dict[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """Return everything the page needs to show itself afresh."""
    shown = is_working(attempt)
    has_confirmed = attempt.data_confirmed_at and attempt.rules_confirmed_at
    return {
        "ok": True,
        "attempt": f"a-{attempt.id}",
        "epoch": attempt.epoch,
        "return_pass": return_pass(keys_of(db), _claim(attempt)),
        "head_seq": attempt.head_seq,
        "head_epoch": head_epoch(db, attempt),
        "server_ms": milliseconds(now),
        "started_ms": milliseconds(attempt.started_at) if attempt.started_at else None,
        "candidate": _candidate(attempt, sitting["room"], _own_place(db, attempt)),
        "sitting": {key: value for key, value in sitting.items() if key not in BESIDE},
        "rules": sitting["rules"],
        "confirmed": {
            "data": attempt.data_confirmed_at is not None,
            "rules": attempt.rules_confirmed_at is not None,
        },
        "package": offer_of(form) if form and has_confirmed else None,
        "paper_key": key_as_told(db, attempt.sitting_id) if form and shown else None,
        "paper": paper if shown else None,
        "answers": answers_of(db, attempt.id) if shown and attempt.head_seq else {},
        "display": {"theme": attempt.theme, "zoom": attempt.zoom},
        "events": candidate_events(db, attempt.id, 0),
        "receipt": receipt_for_candidate(attempt),
        "journal_key": journal_key(keys_of(db), attempt.id),
        **brief,
    }


def _claim(attempt: Attempt) -> Claim:
    return Claim(attempt.id, attempt.admission_id, attempt.epoch)


def _own_place(db: Session, attempt: Attempt) -> dict[str, Any]:
    admission = attempt.admission
    approved = accommodation_of(db, admission.enrolment_id)
    return {
        "seat_no": seat_moved_to(db, attempt.id) or admission.seat_no,
        "approved_min": approved.minutes if approved else 0,
    }


def _candidate(attempt: Attempt, room: str, own: dict[str, Any]) -> dict[str, Any]:
    admission = attempt.admission
    candidate = admission.enrolment.candidate
    return {
        "name": candidate.name,
        "admission_no": admission.enrolment.admission_no,
        "id_number_masked": candidate.id_number_masked,
        "gender": GENDERS[candidate.gender],
        "photo": "/exam/photo" if candidate.photo_hash else None,
        "room": room,
        **own,
    }


def sitting_as_told(run: SittingRun) -> dict[str, Any]:
    """Return what every candidate of a sitting is told of it, with its room and its rules."""
    sitting = run.sitting
    plan = sitting.plan
    return {
        "room": f"第 {sitting.room.number} 考场",
        "rules": _rules(run.rules),
        "project": plan.specification.project.name,
        "subject": "理论知识考试",
        "batch": plan.number,
        "number": sitting.number,
        "minutes": sitting.minutes,
        "starts_ms": milliseconds(sitting.starts_at),
        "institution": plan.institution.name,
    }


def _rules(limits: ExamRules) -> tuple[str, ...]:
    """Return what candidates confirm; the last line is about handing in."""
    if not limits.early_leave_minutes:
        return RULES
    *others, last = RULES
    return (*others, f"开考 {limits.early_leave_minutes} 分钟后方可交卷。{last}")


def shown_paper(
    paper: CandidatePaper, source_of: Callable[[CandidateQuestion], str]
) -> dict[str, Any]:
    """Return the paper as the page shows it; ``source_of`` names where a figure comes from."""
    return {
        "title": f"{paper.title} · 理论知识考试",
        "total_points": float(paper.total_points),
        "sections": [
            {
                "kind": section.kind.value,
                "title": section.title,
                "points": section.points_text,
                "rule": section.rule,
                "questions": [_question(question, source_of) for question in section.questions],
            }
            for section in paper.sections
        ],
    }


def own_figure(question: CandidateQuestion) -> str:
    """Return where a candidate's page fetches the figure of one of its questions."""
    return f"/exam/figure/{question.id}"


def _question(
    question: CandidateQuestion, source_of: Callable[[CandidateQuestion], str]
) -> dict[str, Any]:
    figure = question.figure
    return {
        "id": question.id,
        "no": question.number,
        "stem": str(rich(question.stem)),
        "options": [{"id": o.id, "content": str(rich_line(o.content))} for o in question.options],
        "figure": figure
        and {
            "src": source_of(question),
            "description": figure.description,
            "caption": figure.caption,
        },
    }
