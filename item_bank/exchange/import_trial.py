"""What a person sees of a planned import before deciding: every item with its findings, no content.

A trial is kept, as JSON, with the files it was made of; it says where an item stands and how its
stem begins, never its key.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from item_bank.exchange.import_plan import (
    ImportPlan,
    PlannedDuplicate,
    PlannedItem,
    PlannedStatus,
)
from item_bank.exchange.importing import FileReport
from item_bank.exchange.records import Message, Severity
from item_bank.rules.rich_text import without_marks

EXCERPT = 80  # characters of a stem


class TrialState(StrEnum):
    """What a row tells the person, what needs a look first."""

    FAULTY = "faulty"  # 有错
    CHECK = "check"  # 请核对
    READY = "ready"  # 可导入
    REPEATED = "repeated"  # 重复: said before in the same files
    KNOWN = "known"  # 已在库


BROUGHT_IN = frozenset({TrialState.CHECK, TrialState.READY})


@dataclass(frozen=True)
class Finding:
    """A message at its place."""

    place: str
    text: str
    severity: Severity


@dataclass(frozen=True)
class Likeness:
    """An item of the bank or of the files that a row resembles."""

    duplicate_class: str
    where: str
    is_in_bank: bool


@dataclass(frozen=True)
class TrialRow:
    """One item of the files."""

    file: str
    place: str
    identifier: str
    type: str
    stem: str
    state: TrialState
    findings: tuple[Finding, ...] = ()
    likenesses: tuple[Likeness, ...] = ()


@dataclass(frozen=True)
class TrialFile:
    """One file: its format, how many items it has, what is said of it as a whole."""

    name: str
    format: str  # empty when it could not be told
    items: int
    faulty: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Trial:
    """Everything an import would do, file by file and item by item."""

    files: tuple[TrialFile, ...]
    rows: tuple[TrialRow, ...]

    @property
    def counts(self) -> dict[TrialState, int]:
        """Count the rows by what they tell."""
        found = Counter(row.state for row in self.rows)
        return {state: found[state] for state in TrialState}

    @property
    def new_count(self) -> int:
        """Return how many items would become drafts."""
        return sum(row.state in BROUGHT_IN for row in self.rows)

    @property
    def refusals(self) -> tuple[tuple[str, Finding], ...]:
        """Return the errors about whole files, with the names of the files."""
        return tuple(
            (file.name, finding)
            for file in self.files
            for finding in file.findings
            if finding.severity is Severity.ERROR
        )

    @property
    def fault_count(self) -> int:
        """Return how many items and files stop the import."""
        return self.counts[TrialState.FAULTY] + len({name for name, _ in self.refusals})

    @property
    def faults(self) -> frozenset[tuple[str, str]]:
        """Return files and places of everything that must be left out for the rest to come in."""
        rows = {(row.file, row.place) for row in self.rows if row.state is TrialState.FAULTY}
        return frozenset(rows | {(name, finding.place) for name, finding in self.refusals})


def trial_of(plan: ImportPlan, reports: Sequence[FileReport]) -> Trial:
    """Return what the person sees of a plan."""
    rows = tuple(_row(item) for item in plan.items)
    faulty = Counter(row.file for row in rows if row.state is TrialState.FAULTY)
    files = tuple(
        TrialFile(
            name=report.file,
            format=report.format.value if report.format else "",
            items=len(report.items),
            faulty=faulty[report.file],
            findings=_findings(report.messages),
        )
        for report in reports
    )
    return Trial(files, rows)


def trial_json(trial: Trial, upload_id: int) -> bytes:
    """Write a trial to be kept, apart from that of any other upload."""
    return msgspec.json.encode((upload_id, trial))


def trial_of_json(content: bytes) -> Trial:
    """Return the trial that was kept."""
    return msgspec.json.decode(content, type=tuple[int, Trial])[1]


def _row(planned: PlannedItem) -> TrialRow:
    item = planned.item
    stem = without_marks(item.stem).replace("\n", " ")
    return TrialRow(
        file=planned.file,
        place=item.place,
        identifier=item.identifier,
        type=item.type.value,
        stem=stem if len(stem) <= EXCERPT else f"{stem[:EXCERPT]}…",
        state=_state(planned),
        findings=_findings(planned.messages),
        likenesses=tuple(_likeness(found) for found in planned.duplicates),
    )


def _state(planned: PlannedItem) -> TrialState:
    if planned.status is PlannedStatus.FAULTY:
        return TrialState.FAULTY
    if planned.status is PlannedStatus.KNOWN:
        is_repeated = planned.duplicates and not any(d.is_in_bank for d in planned.duplicates)
        return TrialState.REPEATED if is_repeated else TrialState.KNOWN
    needs_a_look = any(message.severity is not Severity.NOTE for message in planned.messages)
    return TrialState.CHECK if needs_a_look else TrialState.READY


def _findings(messages: Sequence[Message]) -> tuple[Finding, ...]:
    """Return the messages, gravest first; of equal words at one place the gravest remains."""
    kept: dict[tuple[str, str], Finding] = {}
    for message in sorted(messages, key=lambda message: -message.severity):
        finding = Finding(message.place, message.text, message.severity)
        kept.setdefault((message.place, message.text), finding)
    return tuple(kept.values())


def _likeness(found: PlannedDuplicate) -> Likeness:
    return Likeness(found.duplicate_class.value, found.where, found.is_in_bank)
