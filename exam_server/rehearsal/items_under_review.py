"""Items of the demonstration on their way into the bank: both rounds, and one returned.

The texts are invented for the demonstration; some have the flaws that reviewers look for.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from exam_server.rehearsal.office import PROJECT, Office
from exam_server.seeding import SEEDS
from item_bank.authoring.actions import NewTask, order_items
from item_bank.authoring.item_actions import (
    add_figure,
    create_item,
    save_version,
    settle_remark,
    submit_item,
)
from item_bank.models import Item
from item_bank.reviewing.actions import add_remark, review_item
from item_bank.rules.item import (
    CANONICAL_IDS,
    Figure,
    ItemContent,
    OptionContent,
    judgement_options,
)
from item_bank.rules.item_fields import fields_of
from item_bank.rules.kinds import RIGHT, WRONG, ItemKind, ItemState
from item_bank.rules.review import ROUNDS, Remark, ReviewPoint, Verdict
from registry.access import Actor
from registry.catalog.queries import project_by_number
from registry.local_time import local_date

AUTHOR, FIRST, SECOND = "mingti01", "shenti01", "shenti02"
MANAGER = "tiku01"
STANDARD = "GB/T 20234、GB/T 18487 系列标准"
SVG_TYPE = "image/svg+xml"
WRITING_TIME = timedelta(minutes=20)


def chosen(
    point: str, difficulty: int, stem: str, options: tuple[str, ...], key: str, rationale: str
) -> ItemContent:
    """Return an item with options; several letters in the key make several right."""
    return ItemContent(
        kind=ItemKind.SINGLE_CHOICE if len(key) == 1 else ItemKind.MULTIPLE_CHOICE,
        point=point,
        difficulty=difficulty,
        stem=stem,
        options=tuple(map(OptionContent, CANONICAL_IDS, options)),
        key=frozenset(key),
        rationale=rationale,
        source=STANDARD,
    )


def judged(point: str, difficulty: int, stem: str, key: str, rationale: str) -> ItemContent:
    """Return a statement that is right or wrong."""
    return ItemContent(
        kind=ItemKind.TRUE_FALSE,
        point=point,
        difficulty=difficulty,
        stem=stem,
        options=judgement_options(),
        key=frozenset({key}),
        rationale=rationale,
        source="《充电设施运行维护规程》（演示）",
    )


FOR_FIRST_REVIEW = (
    chosen(
        "B-C-A-002",
        2,
        "巡检直流充电枪时发现枪头端子发黑，正确的处置是（　　）。",
        (
            "用砂纸打磨后继续使用",
            "停用该枪并更换端子",
            "涂抹导电膏后继续使用",
            "降低功率后继续使用",
        ),
        "b",
        "端子发黑说明接触电阻增大、曾经过热，应停用并更换，不得带病运行。",
    ),
    chosen(
        "A-C-A-003",
        1,
        "保护接地导体的绝缘颜色标志应为（　　）",
        ("棕色", "蓝色", "黄绿双色组合，并在导体全长上清晰可见", "黑色"),
        "c",
        "黄绿双色只用于保护导体。",
    ),
    judged(
        "A-B-B-002",
        2,
        "测量直流充电机主回路的绝缘电阻后，应当先对地放电再拆除测试线。",
        RIGHT,
        "主回路有较大的对地电容，测量后残留电荷，须先放电。",
    ),
    chosen(
        "B-D-B-004",
        3,
        "直流充电机报过温故障，下列检查项目中应当进行的有（　　）。",
        (
            "风扇能否正常运转",
            "进出风口滤网是否堵塞",
            "温度传感器读数是否合理",
            "计费模型是否为最新",
        ),
        "abc",
        "过温与散热通道和测温有关，与计费模型无关。",
    ),
    judged(
        "B-C-A-003",
        1,
        "清洁充电机滤网前应当停机，并断开该机的输入电源。",
        RIGHT,
        "带电清洁可能触及带电部件或吸入异物。",
    ),
)
FIGURE_FILE = SEEDS / "item_banks" / str(PROJECT) / "figures" / "two_meters.svg"
DESCRIPTION = ("交流电源经仪表①向负载供电，仪表②并联在负载两端", "题图")
WITH_FIGURE = chosen(
    "A-B-B-001",
    2,
    "题图中仪表②测量的是（　　）。",
    ("电源频率", "回路电流", "负载两端的电压", "负载消耗的电能"),
    "c",
    "仪表②并联在负载两端，测的是负载两端的电压。",
)
FOR_SECOND_REVIEW = (
    chosen(
        "B-B-A-004",
        3,
        r"某直流回路标称电压为 750 V，每伏不小于 \(100~\Omega\) ，其绝缘电阻应不小于（　　）。",
        ("7.5 kΩ", "75 kΩ", "750 kΩ", "7.5 MΩ"),
        "b",
        r"\(750~\mathrm{V} \times 100~\Omega/\mathrm{V} = 75~\mathrm{k}\Omega\)。",
    ),
    judged(
        "B-A-A-004",
        3,
        "交流充电桩的控制导引电路只用来判断车辆是否已经连接，与充电电流大小无关。",
        WRONG,
        "占空比还告诉车辆可用的最大充电电流。",
    ),
)
RETURNED = chosen(
    "B-D-A-003",
    4,
    "剩余电流动作保护器频繁动作，最可能的原因是（　　）。",
    ("线路绝缘下降", "负载过大", "电压偏低", "环境潮湿导致绝缘下降"),
    "a",
    "绝缘下降使剩余电流增大。",
)
REASON = "A、D 两项意思重叠，答案不唯一。请改写 D 项，并说明是哪一段线路。"
REMARKS = (
    Remark("option.d", "环境潮湿导致绝缘下降", "与 A 项重叠，建议改为与绝缘无关的干扰项。"),
    Remark("stem", "最可能的原因", "题干缺少条件，请补充“雨后”“仅一台桩”等现象。"),
)
UNCLEAR = Remark("stem", "无任何显示", "请写清是屏幕还是指示灯。")
REVISED_BEFORE = replace(
    RETURNED,
    point="B-D-A-001",
    difficulty=2,
    stem="交流充电桩上电后无任何显示，首先应检查（　　）。",
    options=tuple(
        map(
            OptionContent,
            CANONICAL_IDS,
            ("进线断路器是否合闸", "显示屏亮度", "车辆电量", "网络信号"),
        )
    ),
    rationale="无显示先查供电。",
)
REVISED_AFTER = replace(
    REVISED_BEFORE,
    stem="交流充电桩合闸后屏幕和指示灯均不亮，首先应检查（　　）。",
    options=tuple(
        map(
            OptionContent,
            CANONICAL_IDS,
            ("进线电源与断路器状态", "显示屏的亮度设置", "车辆动力电池电量", "通信网络信号强度"),
        )
    ),
    rationale="屏幕和指示灯都不亮，说明整机没有工作电源，应先查进线电源和断路器。",
)


@dataclass(frozen=True)
class Desk:
    """Who writes and who reviews, and where."""

    db: Session
    project_id: int
    author: Actor
    first: Actor
    second: Actor


def put_items_under_review(db: Session, office: Office, *, now: datetime) -> None:
    """Write the items over the last days; leave some to each reviewer and one to its author."""
    actors = office.actors
    desk = Desk(
        db, project_by_number(db, PROJECT).id, actors[AUTHOR], actors[FIRST], actors[SECOND]
    )
    at = now - timedelta(days=4)
    _rewritten(desk, now=at)
    for number, content in enumerate(FOR_SECOND_REVIEW):
        item = _written(desk, content, now=at + timedelta(hours=2 + number))
        _decide(desk, item, desk.first, now=at + timedelta(hours=24 + number))
    returned = _written(desk, RETURNED, now=at + timedelta(hours=30))
    for remark in REMARKS:
        add_remark(db, returned.id, remark, actor=desk.first, now=at + timedelta(hours=50))
    _decide(desk, returned, desk.first, REASON, now=at + timedelta(hours=51))
    for number, content in enumerate(FOR_FIRST_REVIEW):
        _written(desk, content, now=at + timedelta(hours=65 + number))
    _written(desk, WITH_FIGURE, now=at + timedelta(hours=72), drawing=FIGURE_FILE.read_bytes())


def order_more_items(db: Session, office: Office, *, now: datetime) -> None:
    """Order items from the author: judgements of a hard range, choices about one point."""
    author_id = office.actors[AUTHOR].account_id
    assert author_id is not None
    project_id = project_by_number(db, PROJECT).id
    today = local_date(now)
    for code, kind, level, count, days in (
        ("A-B-A", ItemKind.TRUE_FALSE, 4, 6, 14),
        ("B-C-A-002", ItemKind.MULTIPLE_CHOICE, None, 2, 30),
    ):
        due_on = today + timedelta(days=days)
        task = NewTask(author_id, code, kind, level, count, due_on, "以现行标准和规程为依据。")
        order_items(db, project_id, task, actor=office.actors[MANAGER], now=now)


def _rewritten(desk: Desk, *, now: datetime) -> None:
    """Leave an item for its second review that was returned before and written anew."""
    item = _written(desk, REVISED_BEFORE, now=now)
    remark = add_remark(desk.db, item.id, UNCLEAR, actor=desk.second, now=now)
    _decide(desk, item, desk.second, "题干现象不明确，选项长短不齐。", now=now)
    settle_remark(desk.db, item.id, remark.id, actor=desk.author, now=now + timedelta(hours=19))
    _add(desk, item, REVISED_AFTER, now=now + timedelta(hours=20))
    _decide(desk, item, desk.second, now=now + timedelta(hours=22))


def _written(
    desk: Desk, content: ItemContent, *, now: datetime, drawing: bytes | None = None
) -> Item:
    item = create_item(
        desk.db, desk.project_id, kind=content.kind, actor=desk.author, now=now - WRITING_TIME
    )
    if drawing is not None:
        file_hash = add_figure(
            desk.db, item.id, drawing, SVG_TYPE, actor=desk.author, now=now - WRITING_TIME
        )
        content = replace(content, figure=Figure(file_hash, SVG_TYPE, *DESCRIPTION))
    _add(desk, item, content, now=now)
    return item


def _add(desk: Desk, item: Item, content: ItemContent, *, now: datetime) -> None:
    """Save a version and submit it."""
    base, author = len(item.versions), desk.author
    save_version(desk.db, item.id, fields_of(content), base, actor=author, now=now)
    submit_item(desk.db, item.id, actor=author, now=now)


def _decide(desk: Desk, item: Item, reviewer: Actor, reason: str = "", *, now: datetime) -> None:
    """Pass an item, or return it when there is a reason."""
    round_no = ROUNDS[ItemState(item.state)]
    in_order = frozenset(ReviewPoint)
    if reason:
        in_order -= {ReviewPoint.STEM, ReviewPoint.OPTIONS, ReviewPoint.KEY}
    verdict = Verdict(item.versions[-1].id, round_no, not reason, in_order, reason)
    review_item(desk.db, item.id, verdict, actor=reviewer, now=now)
