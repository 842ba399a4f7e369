"""What the pages under test are fed with: a paper of ninety plain items, a person, a room of seats."""

# ruff: noqa: E501 - a script for the browser or a row of data is one line

from typing import Any

START_MS = 1_796_432_400_000  # 2026-12-05 09:00:00 in UTC+8
MINUTE_MS = 60_000

SINGLE = [
    (
        "如图所示电路，电源电压 E＝24 V，R₁＝20 Ω，R₂＝40 Ω，电压表内阻视为无穷大，"
        "则电压表的读数为（　　）。",
        ["8 V", "12 V", "16 V", "24 V"],
    ),
    (
        "直流充电桩绝缘检测不合格时，首先应当（　　）。",
        ["提高充电电流", "停止充电并断开输出", "更换车辆接口", "重新启动后台服务器"],
    ),
    (
        "检修充电桩功率模块前，切断电源后还应当（　　）。",
        ["立即拆下模块", "等待电容放电并验电", "短接输出端子", "用水清洁机柜"],
    ),
]
MULTIPLE = [
    "检查枪线绝缘外皮有无破损",
    "检查急停按钮是否有效",
    "清除散热风道灰尘",
    "核对计量与显示数据",
    "带电插拔功率模块以确认接触良好",
]
FORMULA = r"电阻 \(R_1\) 与 \(R_2\) 并联，总电阻为 \(\dfrac{R_1 R_2}{R_1+R_2}\)，则（　　）。"


def question(no: int, stem: str, options: list[str]) -> dict[str, Any]:
    choices = [{"id": f"o{no}-{place}", "content": text} for place, text in enumerate(options, 1)]
    return {"id": f"q{no}", "no": no, "stem": stem, "options": choices, "figure": None}


def paper(*, with_formula: bool = False) -> dict[str, Any]:
    singles = [question(no, *SINGLE[(no - 1) % 3]) for no in range(1, 61)]
    singles[36]["figure"] = {
        "src": "/static/assets/portrait.svg",
        "description": "24 伏电源、20 欧电阻与 40 欧电阻串联",
        "caption": "题图",
    }
    if with_formula:
        singles[0]["stem"] = FORMULA
    multiples = [
        question(n, "下列属于充电桩日常巡检内容的有（　　）。", MULTIPLE) for n in range(61, 71)
    ]
    judged = [
        question(n, "急停按钮按下后应当切断输出并告警。", ["正确", "错误"]) for n in range(71, 91)
    ]
    section = ("kind", "title", "points", "rule", "questions")
    rows = [
        (
            "single_choice",
            "一、单项选择题",
            "每题 1 分",
            "共 60 题，每题只有一个正确答案；再次点击可取消选择。",
            singles,
        ),
        (
            "multiple_choice",
            "二、多项选择题",
            "每题 2 分",
            "共 10 题，多选、少选、错选均不得分。",
            multiples,
        ),
        ("true_false", "三、判断题", "每题 1 分", "共 20 题，判断正误，答错不扣分。", judged),
    ]
    sections = [dict(zip(section, row, strict=True)) for row in rows]
    return {"title": "充电桩运维管理 · 理论知识考试", "total_points": 100, "sections": sections}


CANDIDATE = {
    "name": "张晓䶮",
    "admission_no": "2605003700126",
    "id_number_masked": "320505********1234",
    "gender": "女",
    "photo": None,
    "room": "第 01 考场",
    "seat_no": 12,
}
SITTING = {
    "project": "充电桩运维管理",
    "subject": "理论知识",
    "batch": "2605-0037",
    "number": 2,
    "minutes": 90,
    "starts_ms": START_MS,
    "institution": "演示职业培训学校",
}
RULES = [
    "考生凭准考证和有效身份证件进入考场，对号入座。",
    "考试期间不得离开答题页面，不得使用手机、手表等电子设备。",
    "答案自动保存；机器故障、网络中断时请举手，由监考人员处理，损失的时间由监考人员确认后补足。",
    "开考 30 分钟后方可交卷；交卷后不得再次进入考场。",
    "考试时间到，系统自动收卷。",
    "违反考场纪律的，按有关规定处理。",
]


def half_answered() -> dict[str, Any]:
    """Answers of thirty-eight questions, five flags."""
    answers = {}
    for seq, no in enumerate([*range(1, 37), 37, 61, 62, 63], 1):
        value = [] if no in (9, 22) else [f"o{no}-{no * 7 % 4 + 1}"]
        if no > 60:
            value = [f"o{no}-1", f"o{no}-2", f"o{no}-4"]
        answers[f"q{no}"] = {"value": value, "flagged": no in (5, 9, 18, 30, 62), "seq": seq}
    return answers


SURNAMES = "陈林黄张李王吴刘蔡杨许郑谢郭洪曾邱周叶廖徐苏庄江吕何罗高潘简"
GIVEN = ["晓岚", "志强", "雅婷", "俊杰", "文静", "家豪", "淑芬", "建国", "欣怡", "伟", "丽华"]
SPECIAL = {
    4: "absent", 9: "submitted", 17: "offline", 23: "alert", 28: "absent", 31: "help",
    36: "submitted", 41: "offline", 44: "ready", 52: "idle", 58: "submitted",
}  # fmt: skip


def seats(count: int, now_ms: int, *, before_start: bool = False) -> list[dict[str, Any]]:
    made = []
    for no in range(1, count + 1):
        state = SPECIAL.get(no, "active")
        if before_start:
            state = "idle" if no % 7 == 0 else "ready"
        working = state in {"active", "offline", "alert", "help", "submitted"}
        made.append(
            {
                "no": no,
                "admission": 1000 + no,
                "name": SURNAMES[no * 7 % 30] + GIVEN[no * 5 % 11],
                "admission_no": f"26050037{no:04d}0",
                "photo": None,
                "state": state,
                "answered": 90 if state == "submitted" else (20 + no * 13 % 40) * working,
                "total": 90,
                "since_ms": now_ms - no * 1000,
                "extra_min": 5 if no == 23 else 0,
                "deadline_ms": None if before_start else START_MS + 90 * MINUTE_MS,
                "last_save_ms": now_ms - 3000 if working else None,
                "pending": 3 if state == "offline" else 0,
                "away_count": 2 if state == "alert" else 0,
            }
        )
    return made


def wall_events(now_ms: int) -> list[dict[str, Any]]:
    rows = [
        (8, 31, "help", "举手：鼠标无反应", True),
        (42, 17, "offline", "连接中断，本机已存 3 题", True),
        (77, 23, "alert", "第 2 次离开答题窗口，持续 6 秒", True),
        (131, 41, "offline", "连接中断，本机已存 1 题", True),
        (208, 58, "submitted", "已交卷，作答 90 / 90", False),
        (402, 44, "info", "换机：机位 45 → 机位 44，答案已恢复", False),
        (610, None, "info", "全场消息：请检查姓名", False),
    ]
    return [
        {
            "id": 100 - i,
            "at_ms": now_ms - ago * 1000,
            "seat": seat,
            "kind": kind,
            "text": text,
            "open": is_open,
        }
        for i, (ago, seat, kind, text, is_open) in enumerate(rows)
    ]
