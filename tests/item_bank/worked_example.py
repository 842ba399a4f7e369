"""The element table of project 52 as the worked example of the domain notes gives it."""

from item_bank.rules.element_outline import OutlineRow, Rows

RANGES = (
    ("A", "基本要求", "10", "(05:02:01)"),
    ("A-A", "职业道德与法规", "10", "(05:02:01)"),
    ("A-A-A", "职业道德", "4", "(02:01:00)"),
    ("A-A-B", "法规与安全常识", "6", "(03:01:01)"),
    ("B", "相关知识要求", "90", "(36:12:04)"),
    ("B-A", "产褥期护理", "20", "(08:03:01)"),
    ("B-A-A", "生理与心理护理", "8", "(03:01:00)"),
    ("B-A-B", "膳食与营养", "6", "(02:01:01)"),
    ("B-A-C", "母乳喂养与乳房护理", "6", "(03:01:00)"),
    ("B-B", "新生儿护理", "40", "(16:05:02)"),
    ("B-B-A", "喂养", "12", "(05:01:01)"),
    ("B-B-B", "清洁与皮肤、脐部护理", "16", "(07:02:01)"),
    ("B-B-C", "睡眠、体温与环境", "12", "(04:02:00)"),
    ("B-C", "早期潜能开发", "15", "(06:02:01)"),
    ("B-C-A", "抚触与被动操", "15", "(06:02:01)"),
    ("B-D", "安全与应急", "15", "(06:02:00)"),
    ("B-D-A", "意外伤害预防与处理", "15", "(06:02:00)"),
)
SINGLE_ITEMS_OF_T_D = {
    "A-A-A": 2,
    "A-A-B": 2,
    "B-A-A": 3,
    "B-A-B": 2,
    "B-A-C": 2,
    "B-B-A": 5,
    "B-B-B": 7,
    "B-B-C": 5,
    "B-C-A": 6,
    "B-D-A": 6,
}


def example_outline(*, with_codes: bool = False) -> Rows:
    """Return the ranges with as many invented points of X, Y and Z as their ratios say."""
    rows: list[OutlineRow] = []
    for code, name, weight, ratio in RANGES:
        level = code.count("-") + 1
        own = code if with_codes else ""
        rows.append(OutlineRow(f"k{len(rows)}", level, name, weight, code=own))
        if level == 3:
            kinds = "".join(
                kind * int(count) for kind, count in zip("XYZ", ratio[1:-1].split(":"), strict=True)
            )
            for number, kind in enumerate(kinds, start=1):
                own = f"{code}-{number:03d}" if with_codes else ""
                rows.append(
                    OutlineRow(f"k{len(rows)}", 4, f"{name}要点{number}", "", kind, code=own)
                )
    return tuple(rows)
