"""What an assessment specification 考核规范 says, and what is wrong or unusual in it.

The parts follow the ministry's writing rules: name, definition, whom it is for, tasks with their
weights, and the demands on examiners, time, site and equipment.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from registry.catalog.rules.subjects import CHINESE, Subject

FULL_WEIGHT: Final = 100
MINUTES: Final = range(30, 481)
FEWEST_EXAMINERS: Final = 3  # of a group, in one place: notice, part 3 (2) 5
MOST_EXAMINERS: Final = 15
NAME_LENGTH: Final = 80
LINE_LENGTH: Final = 200
TEXT_LENGTH: Final = 4_000
MOST_ROWS: Final = 40

STANDARD_APPLICABLE: Final = "运用或准备运用本项能力求职、就业的人员"
STANDARD_CONDITIONS: Final = "达到法定劳动年龄，具有相应技能的劳动者均可申报"
STANDARD_EXPERTISE: Final = "具有与本项能力相应的专业知识和实际操作经验，取得考评人员资格"
STANDARD_VENUE: Final = (
    "理论知识考核在标准机房或教室进行；操作技能考核场地可同时容纳10名以上考生，"
    "通风、照明良好，安全设施齐全，符合环保、劳动保护和消防要求。"
)

OCCUPATION_ENDINGS: Final = ("工", "员", "师")
VERBS_IN_GONG: Final = ("施工", "加工", "竣工", "手工")  # these name work, not a worker
VERBS: Final = (  # two characters each
    "制作加工制造生产建造织造编织钩织安装组装装配施工铺贴刷涂喷涂砂磨切割钻孔回填注塑维修检修维护修治调试检测检验"
    "诊断测绘操作操控挡车管理护理照护保健敲拍保洁服务导购栽培绿化烘焙雕刻设计建模改装装订包装纺织织样配管开发应用"
    "值班运维"
)
USUAL_VERBS: Final = frozenset(VERBS[at : at + 2] for at in range(0, len(VERBS), 2))


@dataclass(frozen=True)
class TaskText:
    """A work task 工作任务 with its share, what must be done and what must be known."""

    title: str
    weight_percent: int
    practices: tuple[str, ...]  # 操作规范
    knowledge: tuple[str, ...]  # 相关知识


@dataclass(frozen=True)
class SubjectText:
    """A subject 科目 with the way and the time of its assessment."""

    subject: Subject
    method: str
    minutes: int


@dataclass(frozen=True)
class EquipmentText:
    """A row of the equipment list."""

    name: str
    quantity: str  # with its unit: 10台, 灭火器4具，沙箱2个
    requirement: str


@dataclass(frozen=True)
class SpecificationText:
    """The whole document."""

    name: str
    definition: str = ""
    applicable_to: str = STANDARD_APPLICABLE
    occupation_domain: str = ""
    conditions: str = STANDARD_CONDITIONS
    examiner_expertise: str = STANDARD_EXPERTISE
    examiners_at_least: int = FEWEST_EXAMINERS
    venue: str = STANDARD_VENUE
    subjects: tuple[SubjectText, ...] = ()
    tasks: tuple[TaskText, ...] = ()
    equipment: tuple[EquipmentText, ...] = field(default=())


@dataclass(frozen=True)
class Remark:
    """Something to mend or to think over, and the field of the form where it stands."""

    place: str  # name, tasks, task-2-title, theory-minutes, equipment-1-name
    text: str


LINES: Final = (
    ("definition", "定义", TEXT_LENGTH),
    ("applicable_to", "适用对象", TEXT_LENGTH),
    ("occupation_domain", "职业领域", NAME_LENGTH),
    ("conditions", "申报条件", TEXT_LENGTH),
    ("examiner_expertise", "考评员的专业要求", TEXT_LENGTH),
    ("venue", "场地要求", TEXT_LENGTH),
)


def check_specification(text: SpecificationText) -> tuple[Remark, ...]:
    """Return what keeps a specification from going to review, in the order of the document."""
    return (
        *too_long(text),
        *_name_faults(text.name, text.occupation_domain),
        *_empty_lines(text),
        *_task_faults(text.tasks),
        *_requirement_faults(text),
        *_equipment_faults(text.equipment),
    )


def check_name(name: str) -> tuple[Remark, ...]:
    """Return what is wrong with the name of a project; it names an ability, not an occupation."""
    return tuple(_name_faults(name, ""))


def too_long(text: SpecificationText) -> tuple[Remark, ...]:
    """Return what does not even fit a draft."""
    found = []
    rows = {"tasks": ("工作任务", text.tasks), "equipment": ("设备", text.equipment)}
    for place, (label, entries) in rows.items():
        if len(entries) > MOST_ROWS:
            found.append(Remark(place, f"{label}最多 {MOST_ROWS} 行，现为 {len(entries)} 行。"))
    for place, label, length, value in _measured(text):
        if len(value) > length:
            found.append(Remark(place, f"{label}最多 {length} 字，现为 {len(value)} 字。"))
    return tuple(found)


def advice_on(text: SpecificationText) -> tuple[Remark, ...]:
    """Return what departs from the usual wording; it hinders nothing."""
    found = []
    if text.name and not is_usual_name(text.name):
        found.append(Remark("name", "名称一般由“产品或服务＋动词”组成，如“拉面制作”“社区绿化”。"))
    if text.definition and not ("运用" in text.definition and "能力" in text.definition[-4:]):
        pattern = "运用……（工具、设备或材料），在……（场所、环境）进行……（制作或服务）的能力"
        found.append(Remark("definition", f"定义的通常写法为“{pattern}”。"))
    for place, label, standard in (
        ("applicable_to", "适用对象", STANDARD_APPLICABLE),
        ("conditions", "申报条件", STANDARD_CONDITIONS),
    ):
        written = getattr(text, place).strip()
        if written and written.rstrip("。") != standard:
            found.append(Remark(place, f"{label}的标准表述为“{standard}”。"))
    kinds = {entry.subject for entry in text.subjects}
    if Subject.PRACTICAL in kinds and not text.equipment:
        found.append(Remark("equipment", "设有操作技能科目，一般应列出设备、工具和材料。"))
    return tuple(found)


def is_usual_name(name: str) -> bool:
    """Tell whether a name ends with a verb of making or serving, 技术 behind it or not.

    >>> is_usual_name("拉面制作"), is_usual_name("面包烘焙技术"), is_usual_name("茶艺")
    (True, True, False)
    """
    bare = name.strip().removesuffix("技术")
    bare = bare[: bare.index("（")] if bare.endswith("）") and "（" in bare else bare
    return bare[-2:] in USUAL_VERBS


def _measured(text: SpecificationText) -> Iterator[tuple[str, str, int, str]]:
    yield "name", "名称", NAME_LENGTH, text.name
    for place, label, length in LINES:
        yield place, label, length, getattr(text, place)
    for number, task in enumerate(text.tasks, start=1):
        label = f"第 {number} 项工作任务的"
        yield f"task-{number}-title", f"{label}名称", NAME_LENGTH, task.title
        yield f"task-{number}-practices", f"{label}操作规范", TEXT_LENGTH, "\n".join(task.practices)
        yield f"task-{number}-knowledge", f"{label}相关知识", TEXT_LENGTH, "\n".join(task.knowledge)
    for entry in text.subjects:
        label = f"{CHINESE[entry.subject]}的考核方式"
        yield f"{entry.subject}-method", label, NAME_LENGTH, entry.method
    for number, row in enumerate(text.equipment, start=1):
        label = f"设备第 {number} 行的"
        yield f"equipment-{number}-name", f"{label}名称", LINE_LENGTH, row.name
        yield f"equipment-{number}-quantity", f"{label}数量", NAME_LENGTH, row.quantity
        yield f"equipment-{number}-requirement", f"{label}要求", LINE_LENGTH, row.requirement


def _name_faults(name: str, occupation: str) -> Iterator[Remark]:
    name = name.strip()
    if not name:
        yield Remark("name", "名称：不能为空，请填写。")
    elif name.endswith(OCCUPATION_ENDINGS) and not name.endswith(VERBS_IN_GONG):
        yield Remark("name", f"名称：不能以“{name[-1]}”结尾，专项能力不是职业。")
    elif name == occupation.strip():
        yield Remark("name", "名称：不能与职业名称相同。")


def _empty_lines(text: SpecificationText) -> Iterator[Remark]:
    for place, label, _length in LINES:
        if not getattr(text, place).strip():
            yield Remark(place, f"{label}：不能为空，请填写。")


def _task_faults(tasks: tuple[TaskText, ...]) -> Iterator[Remark]:
    if not tasks:
        yield Remark("tasks", "工作任务：至少一项，请填写。")
        return
    titles = Counter(task.title.strip() for task in tasks)
    for number, task in enumerate(tasks, start=1):
        yield from _faults_of_task(f"task-{number}", number, task)
        title = task.title.strip()
        if title and titles[title] > 1:
            yield Remark(f"task-{number}-title", f"第 {number} 项工作任务：名称“{title}”重复。")
    total = sum(task.weight_percent for task in tasks)
    if total != FULL_WEIGHT:
        yield Remark("tasks", f"考核比重之和应为 {FULL_WEIGHT}%，现为 {total}%。")


def _faults_of_task(place: str, number: int, task: TaskText) -> Iterator[Remark]:
    label = f"第 {number} 项工作任务"
    if not task.title.strip():
        yield Remark(f"{place}-title", f"{label}：缺少名称。")
    if not 0 < task.weight_percent <= FULL_WEIGHT:
        yield Remark(f"{place}-weight", f"{label}：考核比重应为 1 至 100 的整数。")
    if not any(line.strip() for line in task.practices):
        yield Remark(f"{place}-practices", f"{label}：至少写一条操作规范。")
    if not any(line.strip() for line in task.knowledge):
        yield Remark(f"{place}-knowledge", f"{label}：至少写一条相关知识。")


def _requirement_faults(text: SpecificationText) -> Iterator[Remark]:
    if not FEWEST_EXAMINERS <= text.examiners_at_least <= MOST_EXAMINERS:
        words = f"每个考评组应为 {FEWEST_EXAMINERS} 至 {MOST_EXAMINERS} 名考评员"
        yield Remark("examiners_at_least", f"考评员人数：{words}。")
    if not text.subjects:
        yield Remark("subjects", "考核科目：至少一个科目，请选择理论知识或操作技能。")
    kinds = Counter(entry.subject for entry in text.subjects)
    for entry in text.subjects:
        label = CHINESE[entry.subject]
        if kinds[entry.subject] > 1:
            yield Remark("subjects", f"考核科目：{label}重复。")
        if not entry.method.strip():
            yield Remark(f"{entry.subject}-method", f"{label}：请写明考核方式。")
        if entry.minutes not in MINUTES:
            span = f"{MINUTES[0]} 至 {MINUTES[-1]}"
            yield Remark(f"{entry.subject}-minutes", f"{label}：时长应为 {span} 分钟。")


def _equipment_faults(rows: tuple[EquipmentText, ...]) -> Iterator[Remark]:
    for number, row in enumerate(rows, start=1):
        if not row.name.strip():
            yield Remark(f"equipment-{number}-name", f"设备第 {number} 行：缺少名称。")
        if not row.quantity.strip():
            yield Remark(f"equipment-{number}-quantity", f"设备第 {number} 行：缺少数量。")
