"""The evidence of one scanned page 识读记录: its picture, its reading and every decision, on A4."""

import io
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, PageBreak, Spacer
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.languages import translated as _
from exam_server.web.words import word
from omr import queries
from omr.layout_queries import layout_of
from omr.models import ScanPage
from omr.rules.card_layout import CardLayout, Group, GroupKind
from omr.rules.reasons import GroupReason
from registry.access import Actor
from registry.accounts.models import Account
from registry.audit_log import note
from registry.local_time import JIANGSU
from registry.typeface import register_fonts
from scoring.page_layout import (
    CONTENT_MM,
    STRONG,
    SUBTITLE,
    TEXT,
    TITLE,
    PartStart,
    build_pages,
    cell,
    grid,
    print_line,
)
from scoring.rules.printed import PrintMark

NAME: Final = "答题卡识读记录"
FACT_WIDTHS_MM: Final = (26.0, 65.0, 26.0, 65.0)
DECISION_WIDTHS_MM: Final = (24.0, 36.0, 30.0, 30.0, 26.0, 36.0)
PICTURE_MM: Final = (148.0, 209.0)  # an A4 page made smaller


@dataclass(frozen=True)
class PageEvidence:
    """What is printed of a page beside its picture."""

    facts: tuple[tuple[str, str], ...]
    owners: tuple[tuple[str, str, str], ...]  # number, person, time
    decisions: tuple[tuple[str, ...], ...]  # group, reason, read, decided, person, time
    answers: tuple[tuple[str, str], ...]  # what counts, items only


def page_evidence(db: Session, page_id: int, *, actor: Actor, now: datetime) -> PageEvidence:
    """Gather the evidence of a page; printing it stands in the audit log."""
    page = queries.page_of(db, page_id, actor=actor)
    reading = queries.latest_reading(page)
    measures = json.loads(reading.measures)
    people = {row.id: row.name for row in db.execute(select(Account.id, Account.name))}
    card, batch = page.card, queries.batch_of(db, page.batch_id, actor=actor)
    enrolment = card.admission.enrolment if card else None
    facts = (
        ("准考证号", enrolment.admission_no or "—" if enrolment else "未对应考生"),
        ("姓名", enrolment.candidate.name if enrolment else "—"),
        ("卡号", _card_words(page)),
        ("座位号", f"{card.admission.seat_no:02d}" if card else "—"),
        ("扫描批次", f"{batch.name}（第 {page.position} 页）"),
        ("扫描文件", f"{page.file_name} #{page.page_no}"),
        ("状态", word("page", page.state)),
        ("识读时间", _at(reading.read_at)),
        ("识读程序", f"{reading.engine_version}，版式 {reading.layout_hash}"),
        ("图像摘要", (page.image_hash or "—")[:24]),
    )
    note(db, "print_page_evidence", ("scan_page", page.id), actor=actor, now=now)
    return PageEvidence(
        facts,
        tuple(
            (
                owner.card.admission.enrolment.admission_no or "—",
                people.get(owner.decided_by_id or 0, "—"),
                _at(owner.decided_at),
            )
            for owner in page.owners
        ),
        _decisions(page, measures["confidence"], people),
        _answers(page),
    )


def _card_words(page: ScanPage) -> str:
    if page.card is None:
        return "—"
    count = queries.sheet_count(page)
    return page.card.serial if count == 1 else f"{page.card.serial}，卡页 {page.sheet}/{count}"


def _decisions(
    page: ScanPage, confidence: dict[str, float], people: dict[int, str]
) -> tuple[tuple[str, ...], ...]:
    latest = queries.latest_reading(page)
    read, layout = json.loads(latest.answers), layout_of(latest)
    doubts = queries.doubts_of(page)
    rows: list[tuple[str, ...]] = []
    compared: Counter[tuple[str, str]] = Counter()  # of a page in doubt as a whole: as it was read
    for correction in page.corrections:
        group, decided = correction.group, correction.value.split(",") if correction.value else []
        signed = people.get(correction.decided_by_id or 0, "—"), _at(correction.decided_at)
        if doubts.get(group) == GroupReason.WHOLE_PAGE and decided == read[group]:
            compared[signed] += 1
            continue
        was_read = _labels(layout, group, read.get(group, ()))
        rows.append(
            (
                group_name(layout.group(group)),
                word("group_reason", doubts[group]) if group in doubts else "人工更正",
                f"{was_read}（{confidence.get(group, 0.0):.3f}）",
                _labels(layout, group, decided),
                *signed,
            )
        )
    whole = word("group_reason", GroupReason.WHOLE_PAGE)
    rows += [(f"{n} 处", whole, "逐题对照", "与识读一致", *who) for who, n in compared.items()]
    return tuple(rows)


def _answers(page: ScanPage) -> tuple[tuple[str, str], ...]:
    final, layout = queries.final_answers(page), layout_of(queries.latest_reading(page))
    return tuple(
        (str(group.number), _labels(layout, group.group_id, final.get(group.group_id, ())))
        for group in layout.groups
        if group.kind.is_item
    )


def _labels(layout: CardLayout, group_id: str, values: Collection[str]) -> str:
    """Write values as they are printed on the card."""
    cells = layout.group(group_id).cells
    return "".join(cell.label for cell in cells if cell.value in values) or "空"


def group_name(group: Group) -> str:
    """Name what a group of cells asks for, as a person finds it on the card."""
    if group.kind.is_item:
        return _("第 {number} 题", number=group.number)
    if group.kind is GroupKind.NUMBER:
        return _("准考证号第 {number} 位", number=group.number)
    if group.kind is GroupKind.PROCTOR:
        return word("proctor_mark", group.group_id)
    return word("card_group", group.kind)


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(JIANGSU):%Y-%m-%d %H:%M:%S}"


def print_page_evidence(found: PageEvidence, picture: bytes, *, printed: PrintMark) -> bytes:
    """Draw the evidence and return the PDF; ``picture`` is the annotated page as JPEG."""
    register_fonts()
    width, height = PICTURE_MM
    story: list[Flowable] = [
        PartStart(),
        cell(NAME, TITLE),
        grid(_pairs(found.facts), FACT_WIDTHS_MM, head_rows=0),
        Spacer(1, 4),
        Image(io.BytesIO(picture), width=width * mm, height=height * mm, kind="proportional"),
        cell("绿框：识读计入的填涂；橙框：人工确认或更正；红框：尚待人工确认。", TEXT),
        PageBreak(),
        *_owners(found),
        *_table(
            "人工确认与更正",
            ("题号", "原因", "识读（置信度）", "确认为", "确认人", "时间"),
            found.decisions,
            DECISION_WIDTHS_MM,
        ),
        *_answer_grid(found.answers),
    ]
    return build_pages(story, NAME, f"{NAME}　{print_line(printed)}")


def _pairs(facts: Sequence[tuple[str, str]]) -> list[list[Flowable]]:
    rows = []
    for left, right in zip(facts[::2], facts[1::2], strict=True):
        row: list[Flowable] = []
        for name, value in (left, right):
            row += [cell(name, STRONG), cell(value, TEXT, width_mm=FACT_WIDTHS_MM[1])]
        rows.append(row)
    return rows


def _owners(found: PageEvidence) -> list[Flowable]:
    if not found.owners:
        return []
    widths = (60.0, 61.0, 61.0)
    return _table("两人录入准考证号", ("准考证号", "录入人", "时间"), found.owners, widths)


def _table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]
) -> list[Flowable]:
    if not rows:
        return [cell(f"{title}：无", TEXT), Spacer(1, 6)]
    body = [[cell(text, STRONG) for text in heads]]
    body += [
        [cell(text, width_mm=width) for text, width in zip(row, widths, strict=True)]
        for row in rows
    ]
    return [cell(title, SUBTITLE), grid(body, widths), Spacer(1, 6)]


def _answer_grid(answers: Sequence[tuple[str, str]], across: int = 10) -> list[Flowable]:
    width = CONTENT_MM / across
    rows = []
    for start in range(0, len(answers), across):
        part = answers[start : start + across]
        texts = [f"{number}　{value}" for number, value in part]
        texts += [""] * (across - len(texts))
        rows.append([cell(text, width_mm=width) for text in texts])
    return [cell("计入的答案", SUBTITLE), grid(rows, [width] * across, head_rows=0)]
