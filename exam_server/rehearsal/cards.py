"""Answer cards from printing to release: filled as by pencil, damaged as by an office scanner.

The person at the review desk is played by the truth: what the candidate meant to mark.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.marking import letters_for
from exam_server.rehearsal.ability import Target, answer, draw_ability
from item_bank.queries import frozen_key, paper_content, paper_of
from item_bank.rules.paper import PaperContent
from omr.batch_actions import finish_reading, open_batch, take_page
from omr.layouts import layout_named
from omr.models import ScanBatch, ScanPage
from omr.printing import print_cards
from omr.queries import (
    cards_of,
    final_answers,
    holders_of,
    known_serials,
    open_groups,
    pages_to_review,
    paper_type_of,
    wants_owner,
)
from omr.reader.blank import render_page
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.scanner import scan_card
from omr.rehearsal.severity import LADDER, Level
from omr.reviewing import assign_page, confirm_page, correct_group
from omr.rules.states import ACCEPTED
from omr.scans import read_file
from registry.access import Actor
from registry.database import Database
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR
from registry.scheduling.models import Sitting

DPI = 200
LEVELS = (Level.L1, Level.L1, Level.L2)  # a good office scanner with some careless hands
PAPER_TYPE = "type"  # the group of the card for 试卷类型
Answers = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class PaperCandidate:
    """One candidate with a card: what was meant, what should be scored."""

    admission_id: int
    admission_no: str
    serial: str
    paper_id: int
    groups: Answers  # letters to fill, by group of the card
    meant: dict[int, frozenset[str]]  # canonical ids by position


def paper_candidates(db: Session, sitting_id: int, *, seed: int) -> list[PaperCandidate]:
    """Let every candidate of a card sitting think about the own paper; nothing is marked yet."""
    papers: dict[int, _KnownPaper] = {}
    thinking = []
    for card in cards_of(db, sitting_id):
        if card.paper_id not in papers:
            papers[card.paper_id] = _known_paper(db, card.paper_id)
        paper = papers[card.paper_id]
        draw = random.Random(f"{seed}:{card.admission_id}")
        ability = draw_ability(draw)
        meant = {
            position: frozenset(answer(target, ability, draw))
            for position, target in paper.targets.items()
        }
        groups = {
            f"q{position}": letters_for(paper.content, position, chosen)
            for position, chosen in meant.items()
        }
        groups[PAPER_TYPE] = (paper_type_of(card),)
        number = card.admission.enrolment.admission_no or ""
        thinking.append(
            PaperCandidate(card.admission_id, number, card.serial, card.paper_id, groups, meant)
        )
    return thinking


@dataclass(frozen=True)
class _KnownPaper:
    """A paper with what is right at every position."""

    content: PaperContent
    targets: Mapping[int, Target]


def _known_paper(db: Session, paper_id: int) -> _KnownPaper:
    content = paper_content(db, paper_id)
    difficulty = {row.position: row.version.difficulty for row in paper_of(db, paper_id).items}
    options = {q.position: tuple(o.canonical_id for o in q.options) for q in content.questions}
    targets = {
        item.position: Target(
            item.kind,
            difficulty[item.position],
            tuple(sorted(item.key)),
            options[item.position],
        )
        for item in frozen_key(db, paper_id)
    }
    return _KnownPaper(content, targets)


def print_sitting(db: Session, sitting_id: int, *, actor: Actor) -> bytes:
    """Return the PDF of all cards of a sitting."""
    holders = holders_of(db, sitting_id, actor=actor)
    return print_cards(layout_named(), holders, font_regular=FONT_REGULAR, font_bold=FONT_BOLD)


def scan_all(
    pdf: bytes, people: Sequence[PaperCandidate], folder: Path, *, seed: int
) -> Iterator[Path]:
    """Mark every printed card and put it through the scanner; yields the image files."""
    folder.mkdir(parents=True, exist_ok=True)
    layout = layout_named()
    for index, person in enumerate(people):
        rng = np.random.default_rng([seed, index])
        severity = LADDER[LEVELS[index % len(LEVELS)]]
        page = render_page(pdf, dpi=DPI, index=index)
        filled = fill_card(page, layout, person.groups, dpi=DPI, severity=severity, rng=rng)
        path = folder / f"scan-{index + 1:04d}.jpg"
        path.write_bytes(scan_card(filled, severity=severity, rng=rng).jpeg)
        yield path


def read_all(
    database: Database,
    sitting_id: int,
    files: Sequence[Path],
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    done: Callable[[], None],
) -> int:
    """Read every image file into one batch; return its id."""
    with database.transaction() as db:
        number = db.get_one(Sitting, sitting_id).number
        name = f"第 {number} 场答题卡"
        batch_id = open_batch(db, [sitting_id], name, actor=actor, now=clock()).id
        known = known_serials(db, sitting_id)
    for path in files:
        for page in read_file(path.read_bytes(), path.name, known):
            with database.transaction() as db:
                take_page(db, batch_id, page, actor=actor, now=clock())
        done()
    with database.transaction() as db:
        finish_reading(db, db.get_one(ScanBatch, batch_id), actor=actor, now=clock())
    return batch_id


def misread(db: Session, sitting_id: int, people: Sequence[PaperCandidate]) -> list[str]:
    """Return every mark that was read otherwise than meant and not sent to a person."""
    by_serial = {person.serial: person for person in people}
    faults = []
    for card in cards_of(db, sitting_id):
        for page in _pages_of(db, card.id):
            person = by_serial[card.serial]
            doubts = set(open_groups(page))
            read = final_answers(page)
            faults += [
                f"{person.admission_no} {group}: {read[group]} for {meant}"
                for group, meant in person.groups.items()
                if group not in doubts and set(read[group]) != set(meant)
            ]
    return faults


def _pages_of(db: Session, card_id: int) -> list[ScanPage]:
    chosen = select(ScanPage).where(ScanPage.card_id == card_id, ScanPage.state.in_(ACCEPTED))
    return list(db.scalars(chosen))


def review_all(
    db: Session,
    batch_id: int,
    files: Mapping[str, PaperCandidate],
    *,
    pair: tuple[Actor, Actor],
    now: datetime,
) -> int:
    """Decide every doubt as careful persons would who see the card; return how many."""
    actor = pair[0]
    decided = 0
    for page in pages_to_review(db, batch_id):
        person = files[page.file_name]
        if wants_owner(page):
            for one in pair:
                assign_page(db, page.id, person.admission_no, actor=one, now=now)
        for group in open_groups(page):
            values = person.groups.get(group, ())
            correct_group(db, page.id, group, tuple(values), actor=actor, now=now)
            decided += 1
        confirm_page(db, page.id, actor=actor, now=now)
    return decided
