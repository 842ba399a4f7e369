"""The words and colours of states and kinds, in one place for every page."""

from dataclasses import dataclass

from flask import Flask
from markupsafe import Markup

from exam_server.languages import translated
from registry.plans.rules import states as plan_states

WARN, OK, DANGER, HELP, PLAIN = "warn", "ok", "danger", "help", ""


@dataclass(frozen=True)
class Word:
    """How a state is called on pages, and the tone of its badge."""

    text: str
    tone: str = PLAIN


PLAN_TONES = {
    plan_states.PlanState.SUBMITTED: WARN,
    plan_states.PlanState.RETURNED: DANGER,
    plan_states.PlanState.APPROVED: PLAIN,
    plan_states.PlanState.ROSTER_SUBMITTED: WARN,
    plan_states.PlanState.SCORING: WARN,
    plan_states.PlanState.PUBLISHED: OK,
    plan_states.PlanState.CERTIFIED: OK,
    plan_states.PlanState.CANCELLED: DANGER,
}

WORDS: dict[str, dict[str, Word]] = {
    "plan": {
        state.value: Word(text, PLAN_TONES.get(state, PLAIN))
        for state, text in plan_states.CHINESE.items()
    },
    "enrolment": {
        "draft": Word("草稿"),
        "submitted": Word("待审核", WARN),
        "passed": Word("审核通过", OK),
        "refused": Word("未通过", DANGER),
        "withdrawn": Word("已撤回"),
        "arranged": Word("已编排", OK),
    },
    "subject": {"theory": Word("理论知识"), "practical": Word("操作技能")},
    "mode": {
        "on_screen": Word("上机考试"),
        "answer_card": Word("答题卡"),
        "on_site": Word("现场操作"),
    },
    "room": {
        "computer": Word("机房"),
        "paper": Word("纸笔考场"),
        "practical": Word("实操考场"),
    },
    "gender": {"male": Word("男"), "female": Word("女")},
    "item_kind": {
        "single_choice": Word("单选"),
        "multiple_choice": Word("多选"),
        "true_false": Word("判断"),
    },
    "item": {
        "draft": Word("草稿"),
        "first_review": Word("一审", WARN),
        "second_review": Word("二审", WARN),
        "banked": Word("入库", OK),
        "retired": Word("停用", DANGER),
    },
    "importance": {
        "X": Word("X 核心要素"),
        "Y": Word("Y 一般要素"),
        "Z": Word("Z 辅助要素"),
    },
    "paper": {"composed": Word("待签发", WARN), "released": Word("已签发", OK)},
    "sheet": {"opened": Word("评分中", WARN), "submitted": Word("已提交", OK)},
    "result": {
        "scored": Word("待确认", WARN),
        "confirmed": Word("已确认"),
        "published": Word("已公布", OK),
    },
    "flag": {"": Word(""), "absent": Word("缺考", WARN), "veto": Word("否定项", DANGER)},
    "blank": {
        "in_stock": Word("在库"),
        "used": Word("已使用", OK),
        "spoiled": Word("作废", DANGER),
    },
    "certificate": {"issued": Word("有效", OK), "voided": Word("已作废", DANGER)},
    "page": {
        "read": Word("已识读", OK),
        "review": Word("待复核", WARN),
        "reviewed": Word("已复核", OK),
        "rejected": Word("拒识", DANGER),
        "duplicate": Word("重复", DANGER),
        "released": Word("已移交评分", OK),
    },
    "account": {"active": Word("启用", OK), "closed": Word("停用", DANGER)},
    "role": {
        "province_officer": Word("省中心业务人员"),
        "city_officer": Word("市中心业务人员"),
        "county_officer": Word("县（市、区）中心业务人员"),
        "institution_officer": Word("考核机构考务人员"),
        "bank_manager": Word("题库管理员"),
        "paper_releaser": Word("试卷签发人"),
        "proctor": Word("监考员"),
        "examiner": Word("考评员"),
        "scanner": Word("扫描员"),
        "certificate_approver": Word("发证审批人"),
        "certificate_maker": Word("证书制作人"),
        "stock_keeper": Word("证书保管员"),
        "system_administrator": Word("系统管理员"),
        "audit_administrator": Word("审计管理员"),
    },
}


def word(kind: str, value: object) -> str:
    """Return what a state or kind is called, in the visitor's language."""
    found = WORDS[kind].get(str(value))
    return translated(found.text) if found else str(value)


def state_badge(kind: str, value: object) -> Markup:
    """Draw the badge of a state."""
    tone = WORDS[kind][str(value)].tone
    style = f"badge badge--{tone}" if tone else "badge"
    return Markup('<span class="{}">{}</span>').format(style, word(kind, value))


def choices(kind: str, every: str = "") -> list[tuple[str, str]]:
    """Return the choices of a list field; ``every`` is the first, empty choice."""
    found = [(value, translated(entry.text)) for value, entry in WORDS[kind].items()]
    return [("", translated(every)), *found] if every else found


def register(app: Flask) -> None:
    """Give the words to the templates."""
    app.jinja_env.globals.update(word=word, state_badge=state_badge, choices=choices)
