"""A workbook of 300 invented items in the columns of our template, and 20 faults planted in it.

A fault overwrites cells of one row; where it must be reported, and in which words, stands beside
it. One more row has no key: it is no fault, but a draft that lacks something.
"""

import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl import Workbook

ROWS = 300
SEED = 20
COLUMNS = (
    "题号",
    "题型",
    "题干",
    *(f"选项{letter}" for letter in "ABCDEF"),
    "答案",
    "分值",
    "难度",
    "鉴定点编号",
    "固定选项",
    "选项得分",
    "解析",
    "来源",
)
LETTER_OF = {name: "ABCDEFGHIJKLMNOPQ"[at] for at, name in enumerate(COLUMNS)}
THINGS = (
    "绝缘垫 减速器 示教器 抱闸 线缆 气压表 夹爪 底座 伺服柜 光栅 传送带 编码器 油封 端子排 滤芯"
)
STATES = "松动 发热 渗漏 异响 积尘 断裂 偏移 磨损 受潮 卡滞 失压 褪色 变形 短路 起泡"
ACTIONS = (
    "切断电源 悬挂标牌 清洁表面 核对型号 记录读数 更换密封 紧固螺栓 释放余压 校准零点 填写工单 "
    "涂抹油脂 测量间隙 通知班长 佩戴手套 备份程序"
)


@dataclass(frozen=True)
class Fault:
    """What is written into a row, and how it is reported: in which column and with which words."""

    name: str
    row: int
    cells: Mapping[str, object]
    column: str
    words: str

    @property
    def cell(self) -> str:
        """Return the name of the cell, as in D7."""
        return f"{LETTER_OF[self.column]}{self.row}"


SINGLE, MULTIPLE, JUDGEMENT = 0, 1, 2  # a row in three is each


def row_of(number: int, kind: int) -> int:
    """Return the row of the sheet that holds the n-th item of a kind."""
    return 2 + 3 * number + kind


FAULTS = (
    Fault("unknown type", row_of(3, SINGLE), {"题型": "抢答"}, "题型", "不认识题型“抢答”"),
    Fault("empty stem", row_of(8, SINGLE), {"题干": None}, "题干", "题干为空"),
    Fault("key of no option", row_of(16, SINGLE), {"答案": "F"}, "答案", "F 不在选项之中"),
    Fault("two keys", row_of(20, SINGLE), {"答案": "AC"}, "答案", "有且只有一个正确选项"),
    Fault("one key of several", row_of(24, MULTIPLE), {"答案": "B"}, "答案", "至少有两个正确选项"),
    Fault("gap", row_of(28, SINGLE), {"选项B": None}, "选项C", "选项 B 为空"),
    Fault("equal options", row_of(32, SINGLE), {"选项D": "=选项A"}, "选项D", "内容相同的选项"),
    Fault(
        "unknown point",
        row_of(36, SINGLE),
        {"鉴定点编号": "Z-Z-Z-099"},
        "鉴定点编号",
        "没有鉴定点 Z",
    ),
    Fault(
        "form of point",
        row_of(40, SINGLE),
        {"鉴定点编号": "第一点"},
        "鉴定点编号",
        "没有鉴定点；",
    ),
    Fault("difficulty 9", row_of(44, SINGLE), {"难度": 9}, "难度", "“9”"),
    Fault("difficulty word", row_of(48, MULTIPLE), {"难度": "极难"}, "难度", "不认识难度“极难”"),
    Fault("negative mark", row_of(52, SINGLE), {"分值": -2}, "分值", "分值“-2”"),
    Fault("two blanks", row_of(56, SINGLE), {"题干": "先（ ）再（ ）。"}, "题干", "现有 2 个"),
    Fault("no blank", row_of(60, SINGLE), {"题干": "应当先做什么？"}, "题干", "现有 0 个"),
    Fault("judged blank", row_of(64, JUDGEMENT), {"题干": "水往（ ）处流。"}, "题干", "不应有空格"),
    Fault("unreadable verdict", row_of(68, JUDGEMENT), {"答案": "也许"}, "答案", "“也许”无法识别"),
    Fault("formula", row_of(72, SINGLE), {"题干": r"\(x=1，解得（ ）。"}, "题干", "不成对"),
    Fault("markup", row_of(76, SINGLE), {"题干": "<b>急停</b>的颜色是（ ）。"}, "题干", "网页标记"),
    Fault("formula error", row_of(80, SINGLE), {"选项C": "#REF!"}, "选项C", "公式错误“#REF!”"),
    Fault("other key", row_of(90, SINGLE), {"题干": "=2"}, "答案", "题干相同而答案不同"),
)

KEYLESS = Fault("no key", row_of(12, SINGLE), {"答案": None}, "答案", "没有声明标准答案")


def workbook(points: Sequence[str], *, is_faulty: bool, seed: int = SEED) -> bytes:
    """Return the file; without faults every row can be imported."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "试题"
    sheet.append(COLUMNS)
    rows = _rows(points, seed)
    if is_faulty:
        for fault in (*FAULTS, KEYLESS):
            rows[fault.row - 2].update(_written(fault, rows))
    for row in rows:
        sheet.append([row.get(name) for name in COLUMNS])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _written(fault: Fault, rows: list[dict[str, object]]) -> dict[str, object]:
    """Return the cells of a fault; those after = are copied from this row or from another one."""
    if fault.name == "equal options":
        return {"选项D": rows[fault.row - 2]["选项A"]}
    if fault.name == "other key":
        first = rows[0]
        copied = {name: first[name] for name in ("题干", "选项A", "选项B", "选项C", "选项D")}
        return {**copied, "答案": "D" if first["答案"] != "D" else "A"}
    return dict(fault.cells)


def _rows(points: Sequence[str], seed: int) -> list[dict[str, object]]:
    rng = random.Random(seed)
    pairs = [(thing, state) for thing in THINGS.split() for state in STATES.split()]
    rng.shuffle(pairs)
    pairs += [(f"备用{thing}", state) for thing, state in pairs]
    return [_row(number, pairs[number], points, rng) for number in range(ROWS)]


def _row(
    number: int, about: tuple[str, str], points: Sequence[str], rng: random.Random
) -> dict[str, object]:
    thing, state = about
    kind = number % 3
    options = rng.sample(ACTIONS.split(), 4)
    row: dict[str, object] = {
        "题型": ("单选", "多选", "判断")[kind],
        "难度": number % 5 + 1,
        "分值": 1,
        "鉴定点编号": points[number % len(points)],
        "解析": f"见{thing}保养规程第 {number + 1} 条。",
        "来源": "示例规程",
    }
    if kind == JUDGEMENT:
        return row | {"题干": f"{options[0]}之后，{thing}可以{state}。", "答案": "√×"[number % 2]}
    told = "首先要做的是" if kind == SINGLE else "需要做的有"
    key = rng.choice("ABCD") if kind == SINGLE else "".join(sorted(rng.sample("ABCD", 2)))
    row |= {f"选项{letter}": text for letter, text in zip("ABCD", options, strict=True)}
    return row | {"题干": f"{thing}{state}，{told}（ ）。", "答案": key}
