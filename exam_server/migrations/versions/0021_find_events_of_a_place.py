"""Find the events of one candidate without reading those of the whole room."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_room_event_place", "room_event", ["sitting_id", "admission_id"])
    op.drop_index("ix_room_event_sitting_id", "room_event")


def downgrade() -> None:
    op.create_index("ix_room_event_sitting_id", "room_event", ["sitting_id"])
    op.drop_index("ix_room_event_place", "room_event")
