"""A player's picture among ours; what operators did, found by subject, by who and by time."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# A default that is no expression rewrites no row, so no table is locked for longer than a moment.
AVATAR = "ALTER TABLE players ADD COLUMN avatar text NOT NULL DEFAULT ''"
LOG = """
CREATE INDEX operator_log_subject ON operator_log (subject, id);
CREATE INDEX operator_log_who ON operator_log (who, id);
CREATE INDEX operator_log_at ON operator_log (at);
"""


def upgrade() -> None:
    """Add the column and the indexes."""
    op.execute(AVATAR)
    op.execute(LOG)
