"""Invoices and deposits."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DEPOSITS = """
CREATE TABLE invoices (
    id text PRIMARY KEY,
    player_id bigint NOT NULL REFERENCES players,
    amount_nano bigint NOT NULL CHECK (amount_nano > 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'paid', 'cancelled', 'expired')),
    credited_nano bigint NOT NULL CHECK (credited_nano >= 0),
    payment_link text NOT NULL,
    pay_to_address text NOT NULL
);
CREATE INDEX invoices_of_player ON invoices (player_id, created_at);
CREATE TABLE deposits (
    player_id bigint NOT NULL,
    deposit_id bigint NOT NULL,
    invoice_id text NOT NULL REFERENCES invoices,
    amount_nano bigint NOT NULL CHECK (amount_nano > 0),
    at timestamptz NOT NULL,
    PRIMARY KEY (player_id, deposit_id)
);
CREATE INDEX deposits_of_invoice ON deposits (invoice_id);
"""

APPEND_ONLY = ("deposits",)


def upgrade() -> None:
    """Make everything."""
    op.execute(DEPOSITS)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
