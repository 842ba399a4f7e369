"""What a server puts down when it starts: how long it was away, and what ended with it."""

from datetime import datetime

from sqlalchemy.orm import Session

from exam_server.delivery import outages
from exam_server.delivery.errors import BusyError
from exam_server.delivery.generations import STORE_ID, name_of_store
from exam_server.delivery.load_test.running import abandon_test
from exam_server.delivery.models import StoreIdentity
from exam_server.delivery.writer import Writer


def own_store(writer: Writer) -> str:
    """Return the name of the store; only the first opening has to write it."""
    with writer.database.reading() as db:
        known = db.get(StoreIdentity, STORE_ID)
        if known is not None:
            return known.store
    return writer.perform(name_of_store)


def take_up(writer: Writer, *, now: datetime) -> None:
    """Put down what the last process left.

    A store that cannot be written does not keep the server from showing what it can read: then
    this comes later, but before anything else, since the ends of attempts follow from it.
    """

    def put_down(db: Session) -> None:
        outages.wake(db, now=now)
        abandon_test(db, now=now)

    writer.first = put_down
    try:
        writer.perform(lambda _db: None)
    except BusyError:
        if not writer.failures:  # it was not the store
            raise
