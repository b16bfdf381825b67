"""Wallets and the nonces that are signed for them."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WALLETS = """
CREATE TABLE wallet_nonces (
    nonce text PRIMARY KEY CHECK (nonce ~ '^[A-Za-z0-9_-]{32}$'),
    player_id bigint NOT NULL REFERENCES players,
    issued_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX wallet_nonces_of_player ON wallet_nonces (player_id, issued_at);
-- Every connection there ever was; the live one is the one that has not ended.
CREATE TABLE wallets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    player_id bigint NOT NULL REFERENCES players,
    address text NOT NULL CHECK (address ~ '^(0|-1)\\:[0-9a-f]{64}$'),
    wallet text NOT NULL,
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    connected_at timestamptz NOT NULL,
    disconnected_at timestamptz
);
CREATE UNIQUE INDEX wallets_live ON wallets (player_id) WHERE disconnected_at IS NULL;
"""


def upgrade() -> None:
    """Make everything."""
    op.execute(WALLETS)
