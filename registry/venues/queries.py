"""Reads of rooms within the actor's reach."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import Actor
from registry.errors import NotFoundError
from registry.organisations.queries import institution_of, within_reach
from registry.venues.models import Room


def rooms_of(db: Session, institution_id: int, *, actor: Actor) -> list[Room]:
    """Return the rooms of an institution by number."""
    institution = institution_of(db, institution_id, actor=actor)
    chosen = select(Room).where(Room.institution_id == institution.id).order_by(Room.number)
    return list(db.scalars(chosen))


def room_of(db: Session, room_id: int, *, actor: Actor) -> Room:
    """Return a room within reach."""
    chosen = select(Room).join(Room.institution).where(Room.id == room_id, within_reach(actor))
    room = db.scalar(chosen)
    if room is None:
        raise NotFoundError(what="考场")
    return room
