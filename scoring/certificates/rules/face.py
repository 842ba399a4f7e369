"""What stands on a certificate and what the public may read of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from registry.catalog.rules.subjects import CHINESE, Subject


class Genuineness(StrEnum):
    """What checking a QR code can show; the value is how it is said."""

    GENUINE = "genuine"
    FORGED = "forged"
    VOIDED = "voided"


@dataclass(frozen=True)
class CertificateFace:
    """Everything printed on one certificate."""

    name: str
    gender: str  # 男 or 女
    id_number: str
    project_name: str
    marks: Mapping[Subject, Decimal]
    assessed_on: date
    issued_on: date
    issuer: str
    certificate_no: str
    blank_serial: str
    qr_text: str
    photo: bytes | None  # JPEG


@dataclass(frozen=True)
class PublicCertificate:
    """What the public sees of a certificate; personal data are masked."""

    masked_name: str
    masked_id_number: str
    project_name: str
    marks: Mapping[Subject, Decimal]
    certificate_no: str
    issued_on: date
    issuer: str
    is_voided: bool


@dataclass(frozen=True)
class Verification:
    """The answer to a QR code; facts only when the certificate is on record."""

    genuineness: Genuineness
    certificate: PublicCertificate | None


def marks_line(marks: Mapping[Subject, Decimal]) -> str:
    """Write the marks as on the certificate, theory first.

    >>> marks_line({Subject.PRACTICAL: Decimal("81.5"), Subject.THEORY: Decimal("78.0")})
    '理论知识 78.0 · 操作技能 81.5'
    """
    return " · ".join(f"{CHINESE[s]} {marks[s]}" for s in Subject if s in marks)


def chinese_date(day: date) -> str:
    """Write a date as on official papers.

    >>> chinese_date(date(2026, 12, 5))
    '2026年12月5日'
    """
    return f"{day.year}年{day.month}月{day.day}日"
