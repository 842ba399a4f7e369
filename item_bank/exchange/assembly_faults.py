"""Says in Chinese where and how the files of an assembly differ from their schemas."""

import re
from collections.abc import Sequence

from registry.errors import AssessmentError

SHOWN = 20  # faults named in the message; all of them are in ``faults``
TYPES = {
    "int": "整数",
    "float": "数",
    "str": "文字",
    "bool": "true 或 false",
    "array": "列表",
    "object": "表",
    "null": "空",
    "decimal": "数",
    "date": "日期",
}
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"Expected `array` of (?:at (?:least|most) )?length [^`]*", "列表的长度不对"),
    (r"Expected `(?:int|float)` (>=|>|<=|<) (\S+)", "应为{0} {1} 的数"),
    (r"Expected `str` of length >= (\d+)", "应至少有 {0} 个字"),
    (r"Expected `([^`]+)`, got `([^`]+)`", "应为{0}，现为{1}"),
    (r"Object contains unknown field `([^`]+)`", "没有“{0}”这一项"),
    (r"Object missing required field `([^`]+)`", "缺少“{0}”"),
    (r"Invalid enum value (.+?)(?= - at|$)", "不能是 {0}"),
    (r"Invalid decimal string", "应为数"),
    (r"Invalid RFC3339 encoded date|Invalid .*date", "应为 2026-08-01 这样的日期"),
    (r"JSON is malformed: .*byte (\d+)", "不是 JSON（第 {0} 字节）"),
    (r"Input data was truncated", "不是完整的 JSON"),
)
SIGNS = {">=": "不小于", ">": "大于", "<=": "不大于", "<": "小于"}


class FaultyAssemblyFileError(AssessmentError):
    """A file of an assembly cannot be used; every fault is located."""

    code = "faulty_assembly_file"
    text = "文件有 {count} 处错误，没有组卷。\n{shown}"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(count=len(faults), shown="\n".join(faults[:SHOWN]))
        self.faults = tuple(faults)


def described(fault: Exception) -> str:
    """Return a fault of reading with its place.

    Examples
    --------
    >>> described(ValueError("Expected `int`, got `str` - at `$.sections[0].item_count`"))
    'sections 第 1 项 item_count：应为整数，现为文字'
    """
    message, _, path = str(fault).partition(" - at ")
    place = re.sub(r"\[(\d+)\]", lambda m: f" 第 {int(m[1]) + 1} 项 ", path.strip("`$"))
    place = " ".join(place.replace(".", " ").split())
    words = _words(message)
    return f"{place}：{words}" if place else words


def _words(message: str) -> str:
    for pattern, words in PATTERNS:
        found = re.search(pattern, message)
        if found:
            return words.format(*(_translated(group) for group in found.groups()))
    return message


def _translated(group: str) -> str:
    if group in SIGNS:
        return SIGNS[group]
    parts = [part.strip() for part in group.split("|")]
    return "或".join(TYPES.get(part, part) for part in parts)
