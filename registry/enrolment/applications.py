"""Turns what was typed for a candidate into a checked person and the stored record."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.database import files_of, keys_of
from registry.enrolment import queries
from registry.enrolment.errors import NameDiffersError, TypedDataDiffersError
from registry.enrolment.models import ID_NUMBER, PHONE, Candidate, Gender
from registry.enrolment.rules.age import require_working_age, retirement_warning
from registry.enrolment.rules.id_number import IdNumber, parse_id_number
from registry.enrolment.rules.masking import mask_id_number
from registry.enrolment.rules.person import (
    CandidateSource,
    Education,
    read_candidate_source,
    read_education,
    read_name,
    read_phone,
)
from registry.errors import InvalidInputError
from registry.local_time import local_date
from registry.organisations.queries import known_regions
from registry.plans.models import AssessmentPlan


@dataclass(frozen=True)
class NewCandidate:
    """What the institution types for one candidate; gender and birth date may be left out."""

    name: str
    id_number: str
    education: str
    candidate_source: str
    confirmed_at: datetime  # when the candidate confirmed the own wish to take part
    phone: str | None = None
    photo: bytes | None = None
    gender: Gender | None = None
    born_on: date | None = None


@dataclass(frozen=True)
class CheckedPerson:
    """A person whose data passed every check that needs no other record."""

    name: str
    id_number: IdNumber
    education: Education
    candidate_source: CandidateSource
    phone: str | None
    photo: bytes | None
    warnings: tuple[str, ...]


def check_person(db: Session, new: NewCandidate, *, now: datetime) -> CheckedPerson:
    """Check what was typed; raise the first error that the institution has to mend."""
    today = local_date(now)
    id_number = parse_id_number(new.id_number, today=today, known_regions=known_regions(db))
    if new.gender is not None and new.gender != id_number.gender:
        raise TypedDataDiffersError(field="性别")
    if new.born_on is not None and new.born_on != id_number.born_on:
        raise TypedDataDiffersError(field="出生日期")
    require_working_age(id_number.born_on, today)
    if new.confirmed_at > now:
        raise InvalidInputError(field="本人确认", reason="确认时间晚于现在，请核对。")
    retirement = retirement_warning(id_number.born_on, id_number.gender, today)
    return CheckedPerson(
        name=read_name(new.name),
        id_number=id_number,
        education=read_education(new.education),
        candidate_source=read_candidate_source(new.candidate_source),
        phone=read_phone(new.phone) if new.phone else None,
        photo=new.photo,
        warnings=id_number.warnings + ((retirement,) if retirement else ()),
    )


def find_person(
    db: Session, person: CheckedPerson, *, may_rename: bool = False
) -> Candidate | None:
    """Return the record of the person, None for a newcomer; raise when the names differ."""
    candidate = queries.candidate_by_id_number(db, person.id_number.text)
    if candidate is None or candidate.name == person.name or may_rename:
        return candidate
    raise NameDiffersError


def warnings_for(
    db: Session, person: CheckedPerson, candidate: Candidate | None, plan: AssessmentPlan
) -> str:
    """Return everything the auditor should look at, joined by ；."""
    found = list(person.warnings)
    if candidate is not None:
        found += [
            f"曾参加同一项目考核（计划{number}），请核对是否已取得证书"
            for number in queries.earlier_plan_numbers(db, candidate.id, plan)
        ]
    return "；".join(found)[:500]


def record_person(db: Session, person: CheckedPerson, candidate: Candidate | None) -> Candidate:
    """Enter a newcomer with sealed numbers, or bring the record up to date."""
    keys = keys_of(db)
    number = person.id_number
    if candidate is None:
        candidate = Candidate(
            id_number_sealed=keys.seal(number.text, purpose=ID_NUMBER),
            id_number_index=keys.index(number.text, purpose=ID_NUMBER),
            id_number_masked=mask_id_number(number.text),
            gender=number.gender,
            born_on=number.born_on,
        )
        db.add(candidate)
    candidate.name = person.name
    candidate.education = person.education
    candidate.candidate_source = person.candidate_source
    if person.phone is not None:
        candidate.phone_sealed = keys.seal(person.phone, purpose=PHONE)
        candidate.phone_index = keys.index(person.phone, purpose=PHONE)
    if person.photo is not None:
        candidate.photo_hash = files_of(db).put(person.photo)
    db.flush()
    return candidate
