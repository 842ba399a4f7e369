"""Let a candidate who has signed in be deferred to a later batch, and be taken back."""

from alembic import op

from exam_server.migrations.append_only import protect, unprotect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATES = "claimed waiting in_progress paused transfer_pending submitted forced expired voided"
KINDS = (
    "claimed ready started extended paused resumed compensated transfer_asked transfer_approved"
    " transfer_denied released readmitted submitted forced expired reopened voided ops_accepted"
    " ops_refused sealed"
)


def upgrade() -> None:
    _restate(f"{STATES} deferred", f"{KINDS} deferred recalled")


def _restate(states: str, kinds: str) -> None:
    unprotect(op.get_bind(), "attempt_event")
    for table, column, names in (
        ("attempt", "state", states),
        ("attempt_event", "kind", kinds),
    ):
        name = op.f(f"ck_{table}_{column}")
        values = ", ".join(repr(one) for one in names.split())
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(name, type_="check")
            batch_op.create_check_constraint(name, f"{column} IN ({values})")
    protect(op.get_bind(), "attempt_event")


def downgrade() -> None:
    _restate(STATES, KINDS)
