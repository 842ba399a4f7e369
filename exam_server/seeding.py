"""Loads the data of ``seeds/`` through the same actions that people use; may be run again."""

import tomllib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from item_bank.actions import load_bank, load_element_tree
from item_bank.exchange.bank_folder import read_bank
from item_bank.exchange.element_trees import read_element_trees
from registry.access import SYSTEM
from registry.catalog.actions import NewSpecification, file_specification, load_catalog
from registry.catalog.models import Subject
from registry.catalog.queries import project_by_number, specifications_of
from registry.catalog.rules.catalog_file import read_catalog
from registry.catalog.rules.specification import (
    EquipmentText,
    SpecificationText,
    SubjectText,
    TaskText,
)
from registry.database import Database
from registry.organisations.actions import (
    establish_centres,
    load_divisions,
    load_former_divisions,
)
from registry.organisations.rules.division_files import read_divisions, read_former_divisions
from registry.plans.actions import load_calendar
from registry.plans.rules.calendar_file import read_calendar
from scoring.panel_actions import load_practical_paper

SEEDS = Path(__file__).parents[1] / "seeds"
Tell = Callable[[str, int], None]
"""Told what has been loaded and how many rows it had."""


def load_seeds(database: Database, *, now: datetime, tell: Tell, seeds: Path = SEEDS) -> None:
    """Load everything; each part in one transaction."""
    parts: list[tuple[str, Callable[[Session], int]]] = [
        ("考核目录", lambda db: _catalog(db, seeds, now)),
        ("行政区划", lambda db: _divisions(db, seeds, now)),
        ("鉴定中心", lambda db: len(establish_centres(db, actor=SYSTEM, now=now))),
        ("工作日历", lambda db: _calendar(db, seeds, now)),
    ]
    for folder in sorted((seeds / "item_banks").iterdir()):
        if folder.name.isdecimal():
            parts.append((f"{folder.name} 考核规范与题库", _bank(folder, now)))
    parts.append(("鉴定要素细目表", lambda db: _element_trees(db, seeds, now)))
    for name, load in parts:
        with database.transaction() as db:
            tell(name, load(db))


def _catalog(db: Session, seeds: Path, now: datetime) -> int:
    rows = read_catalog((seeds / "catalog" / "projects.csv").read_text("utf-8"))
    load_catalog(db, rows, actor=SYSTEM, now=now)
    return len(rows)


def _divisions(db: Session, seeds: Path, now: datetime) -> int:
    folder = seeds / "organisations"
    rows = read_divisions((folder / "divisions.csv").read_text("utf-8"))
    former = read_former_divisions((folder / "former_divisions.csv").read_text("utf-8"))
    load_divisions(db, rows, actor=SYSTEM, now=now)
    load_former_divisions(db, former, actor=SYSTEM, now=now)
    return len(rows) + len(former)


def _calendar(db: Session, seeds: Path, now: datetime) -> int:
    days: dict[date, bool] = {}
    for file in sorted((seeds / "calendar").glob("*.csv")):
        days |= read_calendar(file.read_text("utf-8"))
    load_calendar(db, days, actor=SYSTEM, now=now)
    return len(days)


def _bank(folder: Path, now: datetime) -> Callable[[Session], int]:
    def load(db: Session) -> int:
        number = int(folder.name)
        _specification(db, number, _toml(folder / "specification.toml"), now)
        practical = _toml(folder / "practical.toml")
        load_practical_paper(db, number, practical, actor=SYSTEM, now=now)
        source = read_bank(folder)
        load_bank(db, number, source, actor=SYSTEM, reviewer=SYSTEM, now=now)
        return len(source.items)

    return load


def _element_trees(db: Session, seeds: Path, now: datetime) -> int:
    trees = read_element_trees((seeds / "element_trees" / "trees.csv").read_text("utf-8"))
    for number, rows in trees.items():
        load_element_tree(db, number, rows, actor=SYSTEM, now=now)
    return sum(len(rows) for rows in trees.values())


def _specification(db: Session, number: int, text: dict[str, Any], now: datetime) -> None:
    if specifications_of(db, project_by_number(db, number).id):
        return  # filed versions are never changed
    new = NewSpecification(
        project_number=number,
        ministry_filing_no=text["ministry_filing_no"],
        effective_from_on=text["effective_from_on"],
        text=specification_text(text),
    )
    file_specification(db, new, actor=SYSTEM, now=now)


def specification_text(text: dict[str, Any]) -> SpecificationText:
    """Return the document of a bank's ``specification.toml``."""
    demands = text["requirements"]
    return SpecificationText(
        name=text["name"],
        definition=text["definition"],
        applicable_to=text["applicable_to"],
        occupation_domain=text["occupation_domain"],
        conditions=demands["application_conditions"],
        examiner_expertise=demands["examiner_expertise"],
        examiners_at_least=demands["examiners_at_least"],
        venue=demands["venue"],
        subjects=tuple(
            SubjectText(Subject(row["kind"]), row["method"], row["minutes"])
            for row in text["subjects"]
        ),
        tasks=tuple(
            TaskText(
                row["title"],
                row["weight_percent"],
                tuple(row["practices"]),
                tuple(row["knowledge"]),
            )
            for row in text["tasks"]
        ),
        equipment=tuple(
            EquipmentText(row["name"], row["quantity"], row["specification"])
            for row in text["equipment"]
        ),
    )


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))
