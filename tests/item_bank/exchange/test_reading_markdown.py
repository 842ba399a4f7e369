"""Banks written in Markdown are read as running text."""

from item_bank.exchange.importing import read_file
from item_bank.exchange.records import ItemType, Status

LISTED = """# 小测

## 一、单项选择题（每题 6 分，共 12 分）

### 1. 甲是哪一个？

- A. 子
- B. 丑
- C. 寅

> 答案：B
> 解析：丑是甲。

---

**2. 乙是（  ）**

A. 卯
B. 辰

**答案：A**

## 二、判断题（每题 2 分）

### 3. 天是**蓝**的。

> 答案：正确
"""


def test_headings_bullets_and_quotes_are_read_as_running_text():
    report = read_file("t.md", LISTED.encode())
    first, second, third = report.items
    assert (report.format, report.status) == ("text", Status.ACCEPTED)
    assert (first.stem, first.key, first.points) == ("甲是哪一个？", ("b",), 6)
    assert [option.text for option in first.options] == ["子", "丑", "寅"]
    assert (first.rationale, first.place) == ("丑是甲。", "第 5 行")
    assert (second.stem, second.key) == ("乙是（ ）", ("a",))
    assert (third.type, third.stem, third.key) == (ItemType.JUDGE, "天是**蓝**的。", ("right",))
