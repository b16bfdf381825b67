"""Withdrawals of units that live on the chain."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# The check that every amount is above its fee has a name that PostgreSQL gave it: it names both columns.
UNITS = """
ALTER TABLE withdrawals
    ADD COLUMN item_id bigint,
    ADD COLUMN unit_id bigint,
    ADD COLUMN nft_address text CHECK (nft_address ~ '^(0|-1)\\:[0-9a-f]{64}$'),
    DROP CONSTRAINT withdrawals_check,
    -- An amount of TON, or a unit, for which nothing is held.
    ADD CONSTRAINT withdrawals_of_one_kind CHECK (CASE num_nonnulls(item_id, unit_id, nft_address)
        WHEN 0 THEN amount_nano > fee_nano WHEN 3 THEN amount_nano = 0 AND fee_nano = 0 ELSE false END);
CREATE INDEX withdrawals_of_item ON withdrawals (player_id, item_id, id) WHERE item_id IS NOT NULL;
-- Of one item one withdrawal is under way, or has arrived.
CREATE UNIQUE INDEX withdrawals_once ON withdrawals (player_id, item_id)
    WHERE item_id IS NOT NULL AND stage NOT IN ('failed', 'expired', 'rejected');
"""


def upgrade() -> None:
    """Add what a unit needs, and the rules."""
    op.execute(UNITS)
