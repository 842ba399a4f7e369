"""Batches of scans for tests: cards of a prepared sitting, drawn and filled, and files of them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from exam_server.config import Settings
from exam_server.rehearsal.cards import PaperCandidate, paper_candidates
from exam_server.rehearsal.office import Office
from exam_server.scan_reading import BatchReader
from omr.batch_actions import add_file, open_batch, start_batch
from omr.models import ScanBatch
from omr.printing import print_cards
from omr.reader.blank import render_page
from omr.reader.reading import GrayImage
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.severity import LADDER, Level
from omr.rules.card_layout import CardLayout
from omr.scan_files import store_file
from registry.database import Database
from tests.support.drawn_cards import DRAWN_DPI, FONTS, card_holder, card_layout
from tests.support.room import START, Prepared, home_settings

Groups = Mapping[str, tuple[str, ...]]


def card_image(
    serial: str, number: str, groups: Groups, *, layout: CardLayout | None = None
) -> GrayImage:
    """Draw the card of one candidate and fill it cleanly."""
    holder, printed = card_holder(serial=serial, admission_no=number), layout or card_layout()
    page = render_page(print_cards(printed, [holder], **FONTS), dpi=DRAWN_DPI)
    rng, severity = np.random.default_rng(1), LADDER[Level.L0]
    return fill_card(page, printed, groups, dpi=DRAWN_DPI, severity=severity, rng=rng).image


def another_print() -> CardLayout:
    """Return the card as it would be after a small change: same marks, another hash."""
    return replace(card_layout(), title="another print of the card")


def png(image: GrayImage) -> bytes:
    done, encoded = cv2.imencode(".png", image)
    assert done
    return encoded.tobytes()


def zipped(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


@dataclass(frozen=True)
class ScanRoom:
    """A prepared sitting on cards, a person at the scanner, and the readers of its home."""

    database: Database
    office: Office
    prepared: Prepared
    people: tuple[PaperCandidate, ...]

    @property
    def sitting_id(self) -> int:
        return self.prepared.batch.card_sitting_id

    def card(self, place: int, **groups: tuple[str, ...]) -> GrayImage:
        person = self.people[place]
        return card_image(person.serial, person.admission_no, {**person.groups, **groups})

    def send(
        self, files: Mapping[str, bytes], *, start: bool = True, sittings: Sequence[int] = ()
    ) -> int:
        """Send files as one batch, of this sitting or of others; they wait for the readers."""
        actor, sittings = self.office.actors["saomiao01"], sittings or [self.sitting_id]
        with self.database.transaction() as db:
            batch_id = open_batch(db, sittings, "一批", actor=actor, now=START).id
            for name, data in files.items():
                stored = store_file(self.database.files, io.BytesIO(data), name)
                add_file(db, batch_id, stored, actor=actor, now=START)
            if start:
                start_batch(db, batch_id, actor=actor, now=START)
        return batch_id

    def reader(self, **options: float) -> BatchReader:
        folder = self.database.files.root
        folder.mkdir(parents=True, exist_ok=True)
        return BatchReader(self.database, folder, lambda: START, **options)

    def states(self, batch_id: int) -> list[tuple[str, str, str | None]]:
        with self.database.reading() as db:
            pages = db.get_one(ScanBatch, batch_id).pages
            return [(page.file_name, str(page.state), page.reason) for page in pages]

    def state(self, batch_id: int) -> str:
        with self.database.reading() as db:
            return db.get_one(ScanBatch, batch_id).state


def scan_room(database: Database, office: Office, prepared: Prepared) -> ScanRoom:
    with database.reading() as db:
        people = paper_candidates(db, prepared.batch.card_sitting_id, seed=1)
    return ScanRoom(database, office, prepared, tuple(people))


def settings_of(room: ScanRoom) -> Settings:
    """Return the settings with which another process finds the same home."""
    url = room.database.engine.url.render_as_string(hide_password=False)
    return replace(home_settings(room.database.files.root.parent, url), readers=1)
