"""A specification on paper: every part of the document, on A4, with numbered pages."""

from datetime import UTC, datetime

import pypdfium2

from exam_server.web.specification_print import print_specification
from registry.catalog.rules.specification import EquipmentText, TaskText
from scoring.rules.printed import PrintMark
from tests.support.factories import specification_text

PRINTED = PrintMark("示范人员", datetime(2026, 12, 5, 1, 0, tzinfo=UTC))
PARTS = (
    "示范制作专项职业能力考核规范",
    "一、名称",
    "二、定义",
    "三、适用对象",
    "四、能力标准与考核内容",
    "（二）示范作业",
    "60%",
    "五、考核要求",
    "每个考评组中不少于3名考评员",
    "闭卷机考，考核时间90分钟",
    "示范工作台",
    "操作人 示范人员",
)


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert {tuple(round(side) for side in page.get_size()) for page in document} == {(595, 842)}
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def printed(**changes: object) -> bytes:
    return print_specification(
        specification_text(**changes),  # type: ignore[arg-type]
        version_line="第 1 版",
        printed=PRINTED,
    )


def test_every_part_stands_on_the_paper_in_its_order() -> None:
    text = "".join(pages_of(printed())).replace("\r\n", "")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places, dict(zip(PARTS, places, strict=True))
    assert places[:-1] == sorted(places[:-1])


def test_a_long_document_goes_on_over_numbered_pages() -> None:
    practices = tuple(f"能完成第{number}步操作并检查结果是否符合要求" for number in range(12))
    tasks = tuple(TaskText(f"任务{n}", 10, practices, practices) for n in range(10))
    equipment = tuple(EquipmentText(f"设备{n}", "1台", "完好") for n in range(40))
    pages = pages_of(printed(tasks=tasks, equipment=equipment))
    assert len(pages) > 3
    assert "第 1 页" in pages[0]
    assert f"共 {len(pages)} 页" in pages[-1]
    assert "操作规范" in pages[1]  # the head of the table is repeated


def test_the_same_document_gives_the_same_bytes() -> None:
    assert printed() == printed()
