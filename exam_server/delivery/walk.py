"""Walks a chain of one attempt and says which rows do not fit, and what was done to them. Pure.

A row whose hash does not follow from the row before it was changed, moved, or put in, or lost its
predecessor. Its stored hash still tells its old place: it fits there and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from exam_server.delivery.chain import GENESIS, EventLink, Head, Link, link
from exam_server.delivery.wire import Op

LOOKED_INTO = 40  # misfits of one attempt whose old place is looked for


class Fault(StrEnum):
    """What is wrong; the value is said to a person."""

    CHANGED = "内容被改动"
    INSERTED = "是插入的"
    MISSING = "被删除"
    REORDERED = "顺序被调换"
    HEAD = "与作答记录的末步不符"
    FOLD = "答案与操作记录不符"
    STATE = "状态或时间与事件记录不符"
    RECEIPT = "回执不符"
    ROOT = "签名根不符"


class Row(NamedTuple):
    """One stored operation or event."""

    id: int
    op: Link | EventLink
    chain_hash: str


@dataclass(frozen=True)
class Flaw:
    """One thing that does not fit, at a step of the attempt where there is one."""

    fault: Fault
    seq: int | None = None
    words: str = ""
    of_event: bool = False


def walk(rows: Sequence[Row], head: Head) -> list[Flaw]:
    """Return what does not fit in an attempt's rows, which come in the order of seq and id."""
    flaws: list[Flaw] = []
    misfits: list[tuple[Row, str]] = []
    previous, expected = GENESIS, 1
    for row in rows:
        if row.op.seq < expected:
            flaws.append(Flaw(Fault.INSERTED, row.op.seq, "同一步有两行"))
            continue
        if row.op.seq > expected:  # what came before this row is not there to compare it with
            flaws += _missing(expected, row.op.seq - 1)
        elif link(previous, row.op) != row.chain_hash:
            misfits.append((row, previous))
        previous, expected = row.chain_hash, row.op.seq + 1
    flaws += _explain(misfits, rows) if misfits else _out_of_turn(rows)
    return _once(_against_head(rows, head) + flaws)


def _missing(first: int, last: int) -> list[Flaw]:
    return [Flaw(Fault.MISSING, seq) for seq in range(first, last + 1)]


def _out_of_turn(rows: Sequence[Row]) -> list[Flaw]:
    """Rows are stored in the order of their steps, so their ids rise with them."""
    rising = sorted(row.id for row in rows)
    exchanged = [row for row, own in zip(rows, rising, strict=True) if row.id != own]
    return [Flaw(Fault.REORDERED, row.op.seq, "行号") for row in exchanged]


def _against_head(rows: Sequence[Row], head: Head) -> list[Flaw]:
    last = rows[-1].op.seq if rows else 0
    beyond = [Flaw(Fault.INSERTED, row.op.seq) for row in rows if row.op.seq > head.seq]
    if beyond or last < head.seq:
        return beyond + _missing(last + 1, head.seq)
    own = rows[-1].chain_hash if rows else GENESIS
    return [] if own == head.hash else [Flaw(Fault.HEAD, head.seq)]


def _explain(misfits: Sequence[tuple[Row, str]], rows: Sequence[Row]) -> list[Flaw]:
    stored = {row.op.seq: row.chain_hash for row in rows} | {0: GENESIS}
    looked = [(row, _old_place(row, before, stored)) for row, before in misfits[:LOOKED_INTO]]
    renumbered = _renumbered([(row.op.seq, old) for row, old in looked])
    if renumbered:
        return [renumbered]
    flaws = []
    for row, old in looked:
        seq = row.op.seq
        if old is None:
            words = "" if _is_given_away(row.op) else "本步或前一步"
            flaws.append(Flaw(Fault.CHANGED, seq, words))
        elif old == seq:
            flaws.append(Flaw(Fault.CHANGED, seq - 1, "后一步与它不相接"))
        else:
            flaws.append(Flaw(Fault.REORDERED, seq, f"原为第 {old} 步"))
    return flaws + [Flaw(Fault.CHANGED, row.op.seq) for row, _before in misfits[LOOKED_INTO:]]


def _old_place(row: Row, previous: str, stored: Mapping[int, str]) -> int | None:
    """Return the step at which the row fits its own hash, None when it fits nowhere."""
    seq = row.op.seq
    likely = [(seq - 1, previous), (seq + 1, previous)]
    likely += [(place, stored.get(place - 1, "")) for place in range(1, max(stored) + 2)]
    likely += [(near, each) for near in (seq - 1, seq, seq + 1) for each in stored.values()]
    for place, before in likely:
        if link(before, row.op._replace(seq=place)) == row.chain_hash:
            return place
    return None


def _renumbered(places: Sequence[tuple[int, int | None]]) -> Flaw | None:
    """Say one thing of a row put in or taken out with all later rows renumbered."""
    first, later = places[0], places[1:]
    words = "其后各步的序号被改动"
    if all(old == seq - 1 for seq, old in places):  # the row put in was given a hash that fits
        return Flaw(Fault.INSERTED, first[0] - 1, words)
    if first[1] is None and later and all(old == seq - 1 for seq, old in later):
        return Flaw(Fault.INSERTED, first[0], words)
    if first[1] is None and later and all(old == seq + 1 for seq, old in later):
        return Flaw(Fault.MISSING, first[0], words)
    return None


def _is_given_away(op: Link | EventLink) -> bool:
    """Say whether the operation no longer has the fingerprint that the page gave it."""
    if isinstance(op, EventLink):
        return False
    value = tuple(op.value.split(",")) if op.value else ()
    as_sent = Op(op.seq, op.kind, op.question_id, value, op.flagged)
    return as_sent.fingerprint() != op.op_hash


def _once(flaws: Sequence[Flaw]) -> list[Flaw]:
    """Name every step once, by what was found first, in the order of the steps."""
    named: dict[int | None, Flaw] = {}
    for flaw in flaws:
        named.setdefault(flaw.seq, flaw)
    return sorted(named.values(), key=lambda flaw: flaw.seq or 0)
