"""Plainly invented people: surnames with the names of the 24 solar terms, numbers nobody carries.

The ID numbers are well-formed but use the sequence codes 998 and 999, which are not issued.
"""

import random
from datetime import date, datetime, timedelta

from registry.enrolment.applications import NewCandidate
from registry.enrolment.rules.id_number import check_character
from registry.enrolment.rules.person import CandidateSource, Education

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
TERM_NAMES = """
立春 雨水 惊蛰 春分 清明 谷雨 立夏 小满 芒种 夏至 小暑 大暑
立秋 处暑 白露 秋分 寒露 霜降 立冬 小雪 大雪 冬至 小寒 大寒
"""
TERMS = TERM_NAMES.split()
REGIONS = ("320102", "320505", "320602", "321088", "320302", "320902", "321302", "329004")
MALE, FEMALE = "999", "998"
FIRST_BIRTH = date(1972, 1, 5)
BIRTH_STEP_DAYS = 37  # so that a few hundred people have different birthdays


def candidates(
    count: int, *, seed: int, confirmed_at: datetime, first: int = 0
) -> list[NewCandidate]:
    """Invent candidates; the same seed and first number give the same people."""
    draw = random.Random(f"{seed}:{first}")
    offset = draw.randrange(len(SURNAMES))
    return [
        _candidate(first + index, offset, draw, confirmed_at=confirmed_at) for index in range(count)
    ]


def _candidate(
    running: int, offset: int, draw: random.Random, *, confirmed_at: datetime
) -> NewCandidate:
    surname = SURNAMES[(running * 7 + offset) % len(SURNAMES)]
    given = TERMS[(running + running // len(TERMS) * 5) % len(TERMS)]
    born_on = FIRST_BIRTH + timedelta(days=BIRTH_STEP_DAYS * running % 12_000)
    body = f"{draw.choice(REGIONS)}{born_on:%Y%m%d}{draw.choice((MALE, FEMALE))}"
    return NewCandidate(
        name=surname + given,
        id_number=body + check_character(body),
        education=draw.choice(list(Education)),
        candidate_source=draw.choice(list(CandidateSource)),
        confirmed_at=confirmed_at,
        phone=f"1380000{running:04d}",
    )
