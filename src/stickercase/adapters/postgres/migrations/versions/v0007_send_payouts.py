"""Payouts: what was signed is kept whole, and one message is in flight at a time."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Nothing was signed before this revision, so no row lacks what is asked for now.
ATTEMPTS = """
ALTER TABLE withdrawal_attempts
    ADD COLUMN wallet text NOT NULL CHECK (wallet ~ '^(0|-1)\\:[0-9a-f]{64}$'),
    ADD COLUMN seqno bigint NOT NULL CHECK (seqno >= 0),
    ADD COLUMN message bytea NOT NULL CHECK (octet_length(message) <= 8192);
CREATE INDEX withdrawal_attempts_by_seqno ON withdrawal_attempts (wallet, seqno);
-- A constant is the key: of all rows that the index holds there is one.
CREATE UNIQUE INDEX withdrawals_in_flight ON withdrawals ((true)) WHERE stage IN ('signed', 'sent');
CREATE INDEX withdrawals_held ON withdrawals (id) WHERE stage = 'held';
"""


def upgrade() -> None:
    """Add what is kept, and the rule."""
    op.execute(ATTEMPTS)
