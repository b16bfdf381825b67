"""Withdrawals."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WITHDRAWALS = """
CREATE TABLE withdrawals (
    id bigint PRIMARY KEY,
    player_id bigint NOT NULL REFERENCES players,
    address text NOT NULL CHECK (address ~ '^(0|-1)\\:[0-9a-f]{64}$'),
    amount_nano bigint NOT NULL CHECK (amount_nano > fee_nano),
    fee_nano bigint NOT NULL CHECK (fee_nano >= 0),
    requested_at timestamptz NOT NULL,
    stage text NOT NULL CHECK (stage IN ('awaiting_approval', 'held', 'signed', 'sent', 'confirmed', 'failed',
                                         'expired', 'rejected')),
    paid_by text
);
CREATE INDEX withdrawals_of_player ON withdrawals (player_id, id);
CREATE INDEX withdrawals_lately ON withdrawals (requested_at);
CREATE INDEX withdrawals_open ON withdrawals (id) WHERE stage IN ('awaiting_approval', 'held', 'signed', 'sent');
-- Every message that was ever signed for a withdrawal, written before it was sent.
CREATE TABLE withdrawal_attempts (
    withdrawal_id bigint NOT NULL REFERENCES withdrawals,
    place smallint NOT NULL CHECK (place >= 1),
    message_hash text NOT NULL UNIQUE CHECK (message_hash ~ '^[0-9a-f]{64}$'),
    valid_until timestamptz NOT NULL,
    PRIMARY KEY (withdrawal_id, place)
);
"""


def upgrade() -> None:
    """Make everything."""
    op.execute(WITHDRAWALS)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON withdrawal_attempts "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON withdrawal_attempts "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
