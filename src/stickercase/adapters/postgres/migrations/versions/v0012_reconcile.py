"""Reports of reconciliations; invoices and numbered deliveries by their time. `audit` is no schedule any more."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REPORTS = """
CREATE TABLE reports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_by text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    sections jsonb NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE ON reports FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON reports FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
INDEXES = """
CREATE INDEX invoices_created ON invoices (created_at, id);
CREATE INDEX deliveries_numbered ON deliveries (requested_at, id) WHERE queue_id IS NOT NULL;
"""
# No version performs them any more: a task that waits would be tried in vain, and a schedule without ticks would look
# as if it had stopped.
AUDIT = """
DELETE FROM tasks WHERE kind = 'audit' AND state <> 'done';
DELETE FROM schedules WHERE name = 'audit';
"""


def upgrade() -> None:
    """Make the table and the indexes, and forget the schedule that this one replaces."""
    op.execute(REPORTS)
    op.execute(INDEXES)
    op.execute(AUDIT)
