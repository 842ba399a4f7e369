"""The places of all pages by their lease tokens: what a lease says never changes."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from exam_server.delivery import readmission
from exam_server.delivery.errors import NotInRoomError
from exam_server.delivery.lease_tokens import read_token
from exam_server.delivery.queries import Seat, hash_of_token, seat_of, seats_in
from exam_server.delivery.writer import Writer
from registry.database import Database

KEPT = 20_000  # more than any room has; forged tokens are never kept


class Seats:
    """Seats by the hash of their token, read with the whole room the first time one asks.

    ``readmitted`` is told the attempt of a page that a copy of the store had forgotten.
    """

    def __init__(
        self,
        database: Database,
        writer: Writer,
        clock: Callable[[], datetime],
        *,
        readmitted: Callable[[int], None],
    ) -> None:
        self._database, self._writer, self._clock = database, writer, clock
        self._readmitted = readmitted
        self._seats: dict[str, Seat] = {}
        self._rooms_read: set[int] = set()

    def of(self, token: str | None) -> Seat:
        """Return the place of a lease token; raises ``NotInRoomError``."""
        if not token:
            raise NotInRoomError
        name = hash_of_token(token)
        return self._seats.get(name) or self._looked_up(token, name)

    def read_room(self, db: Session, sitting_id: int) -> None:
        """Read all leases of a sitting: after a start the whole room asks at once."""
        self._rooms_read.add(sitting_id)
        self._seats |= seats_in(db, sitting_id)

    def forget(self) -> None:
        """Read everything anew the next time."""
        self._seats.clear()
        self._rooms_read.clear()

    def _looked_up(self, token: str, name: str) -> Seat:
        with self._database.reading() as db:
            seat = seat_of(db, token)
            if seat is not None and seat.sitting_id not in self._rooms_read:
                self.read_room(db, seat.sitting_id)
        if seat is None and read_token(self._database.keys, token):
            seat = self._taken_back(token)
        if seat is None:
            raise NotInRoomError
        if len(self._seats) > KEPT:
            self.forget()
        self._seats[name] = seat
        return seat

    def _taken_back(self, token: str) -> Seat | None:
        now = self._clock()

        def take_back(db: Session) -> Seat | None:
            readmission.readmit(db, token, address="", now=now)
            db.flush()
            return seat_of(db, token)

        seat = self._writer.perform(take_back)
        if seat is not None:
            self._readmitted(seat.attempt_id)
        return seat
