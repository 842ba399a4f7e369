"""Keep when a whole room was paused: its limits for entering and handing in move by it."""

import json

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

RUN = sa.table("sitting_run", sa.column("sitting_id"), sa.column("pauses"))
EVENT = sa.table(
    "room_event",
    sa.column("id"),
    sa.column("sitting_id"),
    sa.column("admission_id"),
    sa.column("kind"),
    sa.column("at", registry.database.UtcDateTime(timezone=True)),
)


def upgrade() -> None:
    column = sa.Column("pauses", sa.Text(), nullable=False, server_default="[]")
    op.add_column("sitting_run", column)
    with op.batch_alter_table("sitting_run") as batch_op:
        batch_op.alter_column("pauses", existing_type=sa.Text(), server_default=None)
    _take_over_from_events()


def _take_over_from_events() -> None:
    """Keep the pauses of rooms so far: one that is paused now has to go on."""
    of_rooms = EVENT.c.admission_id.is_(None) & EVENT.c.kind.in_(("paused", "resumed"))
    pauses: dict[int, list[list[str | None]]] = {}
    for event in op.get_bind().execute(sa.select(EVENT).where(of_rooms).order_by(EVENT.c.id)):
        own = pauses.setdefault(event.sitting_id, [])
        if event.kind == "paused":
            own.append([event.at.isoformat(), None])
        elif own:
            own[-1][1] = event.at.isoformat()
    for sitting_id, own in pauses.items():
        of_room = RUN.c.sitting_id == sitting_id
        op.get_bind().execute(sa.update(RUN).where(of_room).values(pauses=json.dumps(own)))


def downgrade() -> None:
    with op.batch_alter_table("sitting_run") as batch_op:
        batch_op.drop_column("pauses")
