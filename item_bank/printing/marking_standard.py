"""Prints the marking standard 标准答案及评分标准 of one paper: secret, with a watermark."""

from collections.abc import Sequence

from reportlab.platypus import Flowable, KeepTogether, Spacer

from item_bank.printing.answer_grid import answer_grid, shown_answer
from item_bank.printing.frame import (
    BODY,
    HEADING,
    SMALL,
    SUBTITLE,
    TEXT_WIDTH_PT,
    TITLE,
    built,
    ruled_table,
    words,
)
from item_bank.rules.paper import (
    KeyedItem,
    PaperContent,
    PaperQuestion,
    heading_of,
    plain_number,
    sections_of,
)

SECRECY = "保密　启用前不得拆封，用后按规定收回"
SIGNATURES = "评阅人：　　　　　　　　　复核人：　　　　　　　　　日期："
RULES = (
    "按本卷的题号和选项字母评分；A、B 卷或各平行卷的答案不能混用。",
    "答题卡由系统按冻结答案评分；人工评分时两人分别评阅，不一致的由组长裁定。",
    "答错、漏答不扣分；各题得分相加即为理论知识成绩，满分 100 分，60 分及以上为合格。",
    "对答案有疑问的，停止评阅该题并按试题勘误程序报省中心裁定，不得自行改动。",
)


def print_standard(
    paper: PaperContent, key: Sequence[KeyedItem], *, mark: str, watermark: str
) -> bytes:
    """Return the PDF.

    Parameters
    ----------
    paper : PaperContent
        The paper as printed, options in its order.
    key : sequence of KeyedItem
        Its frozen key.
    mark : str
        At the foot of every page.
    watermark : str
        Over every page: who prints, and when.
    """
    keys = {item.position: item.key for item in key}
    name = f"{paper.title} 理论知识试卷"
    total = plain_number(paper.total_points)
    facts = f"满分 {total} 分　　共 {len(paper.questions)} 题　　{SECRECY}"
    story: list[Flowable] = [
        words(name + (f"（{paper.label}）" if paper.label else ""), SUBTITLE),
        words("标准答案及评分标准", TITLE),
        words(facts, SUBTITLE),
        Spacer(1, 10),
        _points(paper),
    ]
    for place, questions in enumerate(sections_of(paper)):
        story += _section(paper, place, questions, keys)
    story += [Spacer(1, 10), words("评分说明", HEADING)]
    story += [words(text, BODY) for text in _numbered(RULES)]
    story += [Spacer(1, 16), words(SIGNATURES, BODY)]
    return built(story, title=f"{name} 标准答案", mark=mark, watermark=watermark)


def _points(paper: PaperContent) -> Flowable:
    rows = [["题型", "题数", "每题分值", "小计"]]
    for place, questions in enumerate(sections_of(paper)):
        points = questions[0].points
        name = heading_of(place, questions).title
        whole = plain_number(points * len(questions))
        rows.append([name, str(len(questions)), plain_number(points), whole])
    return ruled_table(rows, [TEXT_WIDTH_PT / 4] * 4)


def _section(
    paper: PaperContent,
    place: int,
    questions: Sequence[PaperQuestion],
    keys: dict[int, frozenset[str]],
) -> list[Flowable]:
    heading = heading_of(place, questions, paper.multiple_credit)
    answers = {q.position: shown_answer(q, keys[q.position]) for q in questions}
    numbers = [question.position for question in questions]
    block = [
        Spacer(1, 6),
        words(f"{heading.title}（{heading.points_text}）", HEADING),
        words(heading.rule, SMALL),
        Spacer(1, 3),
        answer_grid(numbers, answers),
    ]
    return [KeepTogether(block)]


def _numbered(rules: Sequence[str]) -> list[str]:
    return [f"{number}．{rule}" for number, rule in enumerate(rules, start=1)]
