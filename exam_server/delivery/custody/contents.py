"""What is frozen and packed for every candidate of a sitting; reads items, never a key."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.candidate_view import shown_paper
from exam_server.delivery.custody.packages import pack
from exam_server.delivery.lease_tokens import order_seed
from exam_server.delivery.models import SittingRun
from item_bank.composing.queries import paper_for
from item_bank.models import ItemVersion, PaperItem
from item_bank.queries import paper_content
from item_bank.rules.ordering import CandidatePaper, CandidateQuestion, candidate_paper, shown_ids
from item_bank.rules.paper import PaperContent
from registry.database import files_of, keys_of
from registry.scheduling.models import Admission


@dataclass(frozen=True)
class SealedForm:
    """The form of one candidate and where its package lies."""

    admission_id: int
    admission_no: str
    paper_id: int
    order_seed: int
    form: str
    form_hash: str
    package_hash: str
    package_bytes: int


@dataclass(frozen=True)
class _Place:
    admission: Admission
    paper_id: int


def sealed_forms(db: Session, run: SittingRun, key: bytes) -> tuple[SealedForm, ...]:
    """Freeze and pack the form of every candidate; packages are in the store when this returns.

    One paper is opened at a time, so that a set with a paper for each of hundreds needs no more
    memory than one.
    """
    places = [
        _Place(admission, _paper_of(db, run, admission)) for admission in run.sitting.admissions
    ]
    places.sort(key=lambda place: place.paper_id)
    forms: list[SealedForm] = []
    for paper_id, group in groupby(places, key=lambda place: place.paper_id):
        forms += _forms_of_paper(db, paper_id, list(group), key)
    return tuple(forms)


def hash_of_forms(forms: Sequence[SealedForm]) -> str:
    """Return one hash over every form and package, in the order of the admission numbers."""
    lines = sorted(f"{f.admission_no} {f.form_hash} {f.package_hash}\n" for f in forms)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _paper_of(db: Session, run: SittingRun, admission: Admission) -> int:
    return paper_for(db, run.set_id, admission) if run.set_id else run.paper_id


def _forms_of_paper(
    db: Session, paper_id: int, places: Sequence[_Place], key: bytes
) -> Iterator[SealedForm]:
    content = paper_content(db, paper_id)
    items = _item_hashes(db, paper_id)
    source_of = _inlined(db)
    for place in places:
        number = place.admission.enrolment.admission_no or ""
        seed = order_seed(keys_of(db), place.admission.id)
        paper = candidate_paper(content, seed)
        form = _form(content, paper, seed, items)
        package = pack(_json(shown_paper(paper, source_of)).encode(), key, number)
        yield SealedForm(
            place.admission.id,
            number,
            paper_id,
            seed,
            form,
            hashlib.sha256(form.encode()).hexdigest(),
            files_of(db).put(package),
            len(package),
        )


def _item_hashes(db: Session, paper_id: int) -> dict[int, str]:
    """Return what identifies the item version at each position, on whatever server."""
    rows = (
        select(PaperItem.position, ItemVersion.content_hash)
        .join(ItemVersion, ItemVersion.id == PaperItem.item_version_id)
        .where(PaperItem.paper_id == paper_id)
    )
    return {row.position: row.content_hash for row in db.execute(rows)}


def _form(content: PaperContent, paper: CandidatePaper, seed: int, items: dict[int, str]) -> str:
    """Write down which item stands where, its points, and which option is shown under which id."""
    points = {question.position: question.points for question in content.questions}
    places = {
        name: (position, {shown: canonical_id for canonical_id, shown in options.items()})
        for position, (name, options) in shown_ids(content, seed).items()
    }
    lines = []
    for section in paper.sections:
        for question in section.questions:
            position, canonical = places[question.id]
            lines.append(
                {
                    "id": question.id,
                    "no": question.number,
                    "item": items[position],
                    "position": position,
                    "points": str(points[position]),
                    "options": [[o.id, canonical[o.id]] for o in question.options],
                }
            )
    return _json(lines)


def _inlined(db: Session) -> Callable[[CandidateQuestion], str]:
    """Return a way to write figures into the package itself: nothing is left to fetch."""
    known: dict[str, str] = {}

    def source_of(question: CandidateQuestion) -> str:
        figure = question.figure
        assert figure is not None
        if figure.file_hash not in known:
            content = base64.b64encode(files_of(db).get(figure.file_hash)).decode()
            known[figure.file_hash] = f"data:{figure.media_type};base64,{content}"
        return known[figure.file_hash]

    return source_of


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
