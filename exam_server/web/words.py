"""The words and colours of states and kinds, in one place for every page."""

from dataclasses import dataclass

from flask import Flask
from markupsafe import Markup

from exam_server.languages import translated
from item_bank.rules.review import POINT_NAMES
from omr.rules.states import PAGE_STATE_NAMES, PageState
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

PAGE_TONES = {  # what is not named counts for nothing until somebody acts
    **dict.fromkeys((PageState.READ, PageState.REVIEWED, PageState.RELEASED), OK),
    **dict.fromkeys((PageState.REVIEW, PageState.CONFLICT), WARN),
    **dict.fromkeys((PageState.BACK, PageState.BLANK), PLAIN),
}

PAGE_REASONS = {
    "no_such_file": Word("文件不存在"),
    "empty_file": Word("文件是空的"),
    "timed_out": Word("识读超时"),
    "worker_lost": Word("识读进程中断"),
    "two_sheets": Word("一张图像里有两张答题卡"),
    "unreadable_file": Word("文件无法打开"),
    "truncated_file": Word("文件不完整"),
    "too_large": Word("图像过大"),
    "too_small": Word("图像过小，请用 200 dpi 以上扫描"),
    "unknown_type": Word("不支持的文件类型"),
    "no_pages": Word("文件中没有页面"),
    "blank_page": Word("空白页"),
    "foreign_page": Word("不是本系统的答题卡"),
    "mirrored": Word("图像左右颠倒"),
    "too_few_markers": Word("定位点缺失"),
    "distorted": Word("页面变形"),
    "wrong_layout": Word("答题卡版式不符"),
    "poor_match": Word("与版式不吻合"),
    "code_unreadable": Word("条码无法识读"),
    "code_conflict": Word("两个条码不一致"),
    "spoiled_card": Word("这张答题卡已作废"),
    "unknown_serial": Word("不是本批次发出的卡号或准考证号"),
    "number_conflict": Word("填涂的准考证号与条码不一致，或另有一页填涂相同"),
    "number_alone": Word("仅凭填涂的准考证号不能认定"),
    "number_doubtful": Word("填涂的准考证号存疑"),
    "poor_registration": Word("定位精度不足"),
    "low_contrast": Word("对比度过低"),
    "dirty": Word("页面有污渍"),
    "many_doubts": Word("存疑处过多"),
    "nothing_filled": Word("没有填涂任何答案"),
    "absent_with_answers": Word("填涂缺考却有答案"),
    "misconduct_marked": Word("监考员填涂了违纪"),
    "type_doubtful": Word("试卷类型存疑"),
    "type_conflict": Word("填涂的试卷类型与卡上印的不符"),
    "proctor_mark_doubtful": Word("监考员填涂存疑"),
    "groups_in_doubt": Word("个别题存疑"),
    "other_exam": Word("是其他场次的答题卡"),
    "nested_archive": Word("压缩包里又有压缩包，请解开后上传"),
    "repeated_name": Word("压缩包里有同名文件，请改名后上传"),
    "misread": Word("抽样核验发现误读"),
    "answers_of_absent": Word("考场登记缺考，卡上却有答案"),
    "present_marked_absent": Word("考场登记到考，卡上却填涂缺考"),
    "card_seen_before": Word("这张卡已经扫描过"),
    "same_image": Word("与已有图像完全相同"),
}
GROUP_REASONS = {
    "doubtful": Word("填涂不清"),
    "faint": Word("填涂过浅"),
    "misread": Word("抽样核验发现误读"),
    "misconduct": Word("违纪须由人确认"),
    "whole_page": Word("整页存疑"),
    "against_record": Word("缺考标记与作答或考场记录不符"),
    "differs_from_saved": Word("与服务器保存的答案不同"),
    "multiple": Word("单选题填涂了多项"),
    "incomplete_number": Word("准考证号未填全"),
    "out_of_sight": Word("超出扫描范围"),
    "type_conflict": Word("与卡上印的类型不符"),
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
        "deferred": Word("缓考", WARN),
    },
    "origin": {
        "original": Word("部、省原有备案"),
        "new": Word("新增备案"),
        "developed": Word("立项开发"),
    },
    "specification": {
        "draft": Word("起草中"),
        "in_review": Word("审定中", WARN),
        "filed": Word("已报部备案", WARN),
        "published": Word("已公布", OK),
        "withdrawn": Word("已撤回", DANGER),
    },
    "development": {
        "proposed": Word("待立项", WARN),
        "accepted": Word("已立项"),
        "refused": Word("不予立项", DANGER),
        "in_development": Word("开发中"),
        "in_review": Word("审定中", WARN),
        "filed": Word("已报部备案", WARN),
        "published": Word("已公布", OK),
        "withdrawn": Word("已撤回", DANGER),
    },
    "likeness": {
        "same": Word("同名", DANGER),
        "contained": Word("名称包含", WARN),
        "similar": Word("名称相近", WARN),
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
        "pilot": Word("试测", WARN),
        "banked": Word("入库", OK),
        "suspended": Word("暂停", WARN),
        "compromised": Word("泄露", DANGER),
        "retired": Word("停用", DANGER),
    },
    "bank": {
        "awaiting": Word("待命题"),
        "in_work": Word("命题中", WARN),
        "stocked": Word("已建库", OK),
    },
    "remedy": {
        "give_all": Word("送分"),
        "accept": Word("多个答案"),
        "remove": Word("剔除折算"),
    },
    "erratum": {
        "proposed": Word("待裁定", WARN),
        "decided": Word("已裁定", OK),
        "refused": Word("不予采纳"),
    },
    "bank_duty": {"author": Word("命题"), "reviewer": Word("审题")},
    "review_round": {"1": Word("一审", WARN), "2": Word("二审", WARN)},
    "review_point": {point.value: Word(name) for point, name in POINT_NAMES.items()},
    "item_field": {
        "whole": Word("整题"),
        "stem": Word("题干"),
        "key": Word("答案"),
        "rationale": Word("解析"),
        "source": Word("出处"),
        "figure": Word("插图"),
        "point": Word("鉴定点"),
        "difficulty": Word("难度"),
    },
    "difficulty": {
        "1": Word("易"),
        "2": Word("较易"),
        "3": Word("中等"),
        "4": Word("较难"),
        "5": Word("难"),
    },
    "verdict": {"True": Word("通过", OK), "False": Word("退回", DANGER)},
    "duplicate": {
        "other_key": Word("同题异答", DANGER),
        "negated": Word("题意相反", DANGER),
        "identical": Word("相同试题", WARN),
        "near": Word("近似试题"),
    },
    "trial": {
        "faulty": Word("有错", DANGER),
        "check": Word("请核对", WARN),
        "ready": Word("可导入", OK),
        "repeated": Word("重复", WARN),
        "known": Word("已在库"),
    },
    "item_type": {
        "single": Word("单选"),
        "multiple": Word("多选"),
        "judge": Word("判断"),
    },
    "item_format": {
        "excel": Word("Excel"),
        "csv": Word("CSV"),
        "word": Word("Word"),
        "text": Word("纯文本"),
        "qti": Word("QTI"),
        "moodle": Word("Moodle XML"),
        "gift": Word("GIFT"),
        "aiken": Word("Aiken"),
        "jsonl": Word("JSON Lines"),
    },
    "export_format": {
        "excel": Word("Excel 工作簿"),
        "qti3": Word("QTI 3.0 试题包"),
        "qti21": Word("QTI 2.1 试题包"),
        "moodle": Word("Moodle XML"),
        "gift": Word("GIFT 文本"),
        "jsonl": Word("JSON Lines"),
    },
    "export_carries": {
        "excel": Word("不带插图；其余内容齐全，可改后再导入。"),
        "qti3": Word("内容齐全，带插图。"),
        "qti21": Word("内容齐全，带插图。"),
        "moodle": Word("带插图；没有选项得分的多选题按“等分，错选扣满分”写出。"),
        "gift": Word("不带插图；没有选项得分的多选题按“等分，错选扣满分”写出。"),
        "jsonl": Word("内容齐全；有插图时连同插图打成 zip。"),
    },
    "key_relation": {
        "same": Word("答案相同"),
        "conflict": Word("答案相互矛盾"),
        "different": Word("答案不同"),
    },
    "importance": {
        "X": Word("X 核心要素"),
        "Y": Word("Y 一般要素"),
        "Z": Word("Z 辅助要素"),
    },
    "set_purpose": {
        "one": Word("单卷"),
        "ab": Word("A、B 卷"),
        "parallel": Word("平行卷"),
        "individual": Word("一人一卷"),
    },
    "paper_tool": {
        "calculator": Word("计算器"),
        "highlighter": Word("高亮题干"),
        "eliminator": Word("排除选项"),
    },
    "strictness": {"soft": Word("尽量满足，偏差列出"), "strict": Word("必须满足，否则不组卷")},
    "cool_down": {"penalise": Word("尽量避用"), "exclude": Word("一律不用")},
    "multiple_credit": {
        "exact_set": Word("全对得分，少选不得分"),
        "half_for_subset": Word("少选且全部正确得一半"),
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
        state.value: Word(name, PAGE_TONES.get(state, DANGER))
        for state, name in PAGE_STATE_NAMES.items()
    },
    "scan_batch": {
        "receiving": Word("接收中", WARN),
        "queued": Word("等候识读", WARN),
        "reading": Word("识读中", WARN),
        "read": Word("识读完毕"),
        "cancelled": Word("已停止识读", WARN),
        "stuck": Word("识读受阻", DANGER),
        "released": Word("已移交评分", OK),
    },
    "page_reason": PAGE_REASONS,
    "group_reason": GROUP_REASONS,
    "presence": {
        "none": Word("未登记", WARN),
        "present": Word("到场"),
        "absent": Word("缺考", WARN),
    },
    "room_of_pile": {
        "released": Word("已移交评分", OK),
        "agreeing": Word("全部相符", OK),
        "differing": Word("不符", DANGER),
    },
    "reconciliation": {
        "tied": Word("相符", OK),
        "card_kept": Word("缺考，卡未扫", OK),
        "not_recorded": Word("到场情况未登记", WARN),
        "in_review": Word("待复核", WARN),
        "no_card": Word("到场无卡", DANGER),
        "sheet_missing": Word("答题卡缺页", DANGER),
        "card_of_absent": Word("缺考有卡", DANGER),
        "marked_absent": Word("到场，卡上填缺考", DANGER),
    },
    "card_design": {
        "draft": Word("草稿", WARN),
        "released": Word("已发布", OK),
        "withdrawn": Word("已停用"),
    },
    "card_section": {
        "single": Word("单选"),
        "multiple": Word("多选"),
        "judgement": Word("判断"),
    },
    "card_paper": {"a4": Word("A4（210×297）"), "16k": Word("16 开（185×260）")},
    "card_field": {
        "project": Word("考核项目"),
        "batch": Word("考核批次"),
        "name": Word("姓名"),
        "place": Word("考场座位"),
        "signature": Word("考生签名"),
        "proctor_signature": Word("监考签名"),
    },
    "proctor_mark": {"absent": Word("缺考"), "misconduct": Word("违纪")},
    "card_group": {
        "single": Word("单选题"),
        "multiple": Word("多选题"),
        "judgement": Word("判断题"),
        "number": Word("准考证号"),
        "type": Word("试卷类型"),
        "proctor": Word("监考员填涂"),
    },
    "account": {"active": Word("启用", OK), "closed": Word("停用", DANGER)},
    "role": {
        "province_officer": Word("省中心业务人员"),
        "city_officer": Word("市中心业务人员"),
        "county_officer": Word("县（市、区）中心业务人员"),
        "institution_officer": Word("考核机构考务人员"),
        "bank_manager": Word("题库管理员"),
        "paper_releaser": Word("试卷签发人"),
        "item_author": Word("命题人"),
        "item_reviewer": Word("审题人"),
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
    return translated(found.text) if found else str(value)  # a reason typed by a person


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
