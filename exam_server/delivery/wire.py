"""Messages of the exam room as they come over the socket or by HTTP; see docs/socket-events.md.

Reading is strict: an unknown kind, a wrong type or an oversized list is refused whole, so that
nothing half-understood is ever stored.
"""

import hashlib
from typing import Annotated, TypeVar

import msgspec

from registry.errors import AssessmentError

MAX_OPS = 64
MAX_VALUES = 8

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=12, pattern=r"^[A-Za-z0-9]+$")]
Positive = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Stopwatch = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]  # milliseconds, stored as they are
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**52)]
ShortText = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


class MalformedMessageError(AssessmentError):
    """The message cannot be read."""

    code = "malformed"
    text = "收到的数据格式不对，未作任何改动。请刷新页面；如仍出现，请举手联系监考人员。"


class Op(msgspec.Struct, frozen=True):
    """One operation of the candidate: choose, clear, flag or hand in."""

    seq: Positive
    kind: str
    item: Annotated[str, msgspec.Meta(max_length=12)] = ""
    value: Annotated[tuple[Identifier, ...], msgspec.Meta(max_length=MAX_VALUES)] = ()
    flagged: bool = False
    mono_ms: Stopwatch = 0

    def fingerprint(self) -> str:
        """Return the hash by which a repetition is told from a contradiction."""
        return hashlib.sha256(
            msgspec.json.encode([self.seq, self.kind, self.item, self.value, self.flagged])
        ).hexdigest()


class Beat(msgspec.Struct, frozen=True):
    """What the page says of itself with every message."""

    visible: bool = True
    pending: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class OpsMessage(msgspec.Struct, frozen=True):
    """Operations in the order of their sequence numbers; none for a mere heartbeat."""

    epoch: Positive
    store: Annotated[str, msgspec.Meta(max_length=20)] = ""
    after_event: Annotated[int, msgspec.Meta(ge=0)] = 0
    ops: Annotated[tuple[Op, ...], msgspec.Meta(max_length=MAX_OPS)] = ()
    beat: Beat = Beat()


class ConfirmMessage(msgspec.Struct, frozen=True):
    """The candidate confirms own data or the rules."""

    step: str


class EventSeenMessage(msgspec.Struct, frozen=True):
    """The candidate has read an event."""

    id: Positive


class HandMessage(msgspec.Struct, frozen=True):
    """A raised hand."""

    kind: str
    text: ShortText = ""
    item: str | None = None


class DisplayMessage(msgspec.Struct, frozen=True):
    """Theme and size of text, kept with the attempt."""

    theme: str
    zoom: Annotated[int, msgspec.Meta(ge=0, le=3)]


class ReturnMessage(msgspec.Struct, frozen=True):
    """A browser that crashed shows the pass back to its seat."""

    shown: Annotated[str, msgspec.Meta(max_length=120)] = msgspec.field(name="pass")


class AwayMessage(msgspec.Struct, frozen=True):
    """The page was hidden for a while."""

    hidden_ms: Milliseconds


class SelfTestMessage(msgspec.Struct, frozen=True):
    """What the computer found about itself before the start."""

    journal: str
    secure: bool
    fonts: bool
    socket: bool
    clock_ms: Annotated[int, msgspec.Meta(ge=-(2**52), le=2**52)]


class BlockedMessage(msgspec.Struct, frozen=True):
    """What the page has stopped since it last said so."""

    kind: str
    times: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class LoadJoin(msgspec.Struct, frozen=True):
    """A computer takes part in a load test; with the pass it was given, it asks for its robots."""

    shown: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(name="pass", default="")


class LoadSave(msgspec.Struct, frozen=True):
    """One answer of a robot."""

    shown: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(name="pass")
    robot: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    seq: Positive
    value: Annotated[tuple[Identifier, ...], msgspec.Meta(max_length=MAX_VALUES)] = ()


class LoadReport(msgspec.Struct, frozen=True):
    """What a computer measured since its last report."""

    shown: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(name="pass")
    ack_ms: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=0, le=600_000)], ...], msgspec.Meta(max_length=5_000)
    ] = ()
    errors: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class RoomCommand(msgspec.Struct, frozen=True):
    """A command of the proctor; which fields count depends on the event."""

    sitting: Positive
    admission: Positive | None = None
    admissions: Annotated[tuple[Positive, ...], msgspec.Meta(max_length=500)] = ()
    text: ShortText = ""
    minutes: Annotated[int, msgspec.Meta(ge=1, le=120)] = 1
    reason: ShortText = ""
    reviewer: ShortText = ""
    event: Positive | None = None
    head_code: ShortText = ""
    proctor_code: ShortText = ""
    accept: bool = False
    proposal: Annotated[str, msgspec.Meta(max_length=40)] = ""
    seconds: Annotated[int, msgspec.Meta(ge=0, le=21_600)] | None = None
    transfer: Positive | None = None
    seat: Positive | None = None
    matches: bool = False


Message = TypeVar("Message", bound=msgspec.Struct)


def read(payload: object, kind: type[Message]) -> Message:
    """Turn a decoded payload into a message; raises ``MalformedMessageError``."""
    try:
        return msgspec.convert(payload, kind, strict=True)
    except msgspec.ValidationError:
        raise MalformedMessageError from None
