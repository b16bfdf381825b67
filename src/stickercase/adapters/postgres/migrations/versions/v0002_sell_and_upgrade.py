"""Selling, upgrading, and what is believed of floors."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FLOORS = """
ALTER TABLE packs
    ADD COLUMN quarantined_nano bigint,
    ADD COLUMN quarantined_at timestamptz,
    ADD COLUMN quarantined_source text,
    ADD COLUMN rejected_nano bigint,
    ADD CONSTRAINT packs_quarantined CHECK (num_nulls(quarantined_nano, quarantined_at, quarantined_source) IN (0, 3));
-- What the price feeder measured; ours is always recomputed.
ALTER TABLE cases ADD COLUMN reported_fee double precision;
"""

TRADES = """
CREATE TABLE sales (
    player_id bigint NOT NULL,
    sale_id bigint NOT NULL,
    item_id bigint NOT NULL,
    unit_id bigint NOT NULL,
    floor_nano bigint NOT NULL CHECK (floor_nano > 0),
    paid_nano bigint NOT NULL CHECK (paid_nano > 0),
    at timestamptz NOT NULL,
    PRIMARY KEY (player_id, sale_id)
);
CREATE UNIQUE INDEX sales_item ON sales (player_id, item_id);
CREATE TABLE upgrades (
    player_id bigint NOT NULL,
    seed_number integer NOT NULL,
    nonce integer NOT NULL CHECK (nonce >= 0),
    upgrade_id bigint NOT NULL,
    target_unit_id bigint NOT NULL,
    bet_nano bigint NOT NULL CHECK (bet_nano > 0),
    target_nano bigint NOT NULL CHECK (target_nano > bet_nano),
    fee double precision NOT NULL CHECK (fee >= 0 AND fee < 1),
    win_tickets bigint NOT NULL CHECK (win_tickets BETWEEN 1 AND 9007199254740991),
    roll bigint NOT NULL CHECK (roll BETWEEN 0 AND 9007199254740991),
    won boolean NOT NULL CHECK (won = (roll < win_tickets)),
    at timestamptz NOT NULL,
    PRIMARY KEY (player_id, seed_number, nonce)
);
CREATE UNIQUE INDEX upgrades_id ON upgrades (player_id, upgrade_id);
CREATE TABLE upgrade_stakes (
    player_id bigint NOT NULL,
    item_id bigint NOT NULL,
    upgrade_id bigint NOT NULL,
    place smallint NOT NULL CHECK (place >= 1),
    unit_id bigint NOT NULL,
    floor_nano bigint NOT NULL CHECK (floor_nano > 0),
    PRIMARY KEY (player_id, item_id)
);
CREATE UNIQUE INDEX upgrade_stakes_place ON upgrade_stakes (player_id, upgrade_id, place);
-- What every player was ever given: a drop of a case, or the target of an upgrade that was won.
CREATE VIEW won_items AS
    SELECT player_id, item_id, unit_id FROM case_draws
    UNION ALL SELECT player_id, upgrade_id, target_unit_id FROM upgrades WHERE won;
"""

APPEND_ONLY = ("sales", "upgrades", "upgrade_stakes")


def upgrade() -> None:
    """Make everything."""
    for statements in (FLOORS, TRADES):
        op.execute(statements.replace(":", "\\:"))
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
