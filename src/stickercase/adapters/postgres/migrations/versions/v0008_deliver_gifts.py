"""Deliveries, their pause, and units that have left the house."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DELIVERIES = """
CREATE TABLE deliveries (
    id bigint PRIMARY KEY,
    player_id bigint REFERENCES players,
    item_id bigint,
    unit_id bigint,
    gift_id text,
    stars integer CHECK (stars >= 50),
    reason text,
    recipient text NOT NULL,
    requested_at timestamptz NOT NULL,
    stage text NOT NULL CHECK (stage IN ('requested', 'ordering', 'ordered', 'unknown', 'delivered', 'returned')),
    orders integer NOT NULL CHECK (orders >= 0),
    began_at timestamptz,
    queue_id bigint,
    ended_at timestamptz,
    why text NOT NULL,
    text text NOT NULL,
    -- A unit of a player's, or stars that an operator gives.
    CHECK (num_nonnulls(player_id, item_id, unit_id, gift_id) = CASE WHEN stars IS NULL THEN 4 ELSE 0 END),
    CHECK (num_nonnulls(stars, reason) IN (0, 2)),
    CHECK ((orders > 0) = (began_at IS NOT NULL)),
    CHECK (stage <> 'ordered' OR queue_id IS NOT NULL),
    CHECK (stage <> 'ordering' OR orders > 0),
    CHECK ((stage IN ('delivered', 'returned')) = (ended_at IS NOT NULL))
);
CREATE INDEX deliveries_of_item ON deliveries (player_id, item_id, id) WHERE player_id IS NOT NULL;
-- Of one item one delivery is under way, or has arrived.
CREATE UNIQUE INDEX deliveries_once ON deliveries (player_id, item_id)
    WHERE stage <> 'returned' AND player_id IS NOT NULL;
CREATE INDEX deliveries_requested ON deliveries (id) WHERE stage = 'requested';
CREATE INDEX deliveries_under_way ON deliveries (stage, requested_at) WHERE stage NOT IN ('delivered', 'returned');
CREATE TABLE delivery_pause (
    single boolean PRIMARY KEY CHECK (single),
    since timestamptz,
    why text,
    text text,
    retry_at timestamptz,
    failures integer,
    trial_id bigint,
    trial_at timestamptz,
    CHECK (num_nonnulls(since, why, text, failures) IN (0, 4)),
    CHECK (num_nonnulls(trial_id, trial_at) IN (0, 2))
);
INSERT INTO delivery_pause (single) VALUES (true);
"""

# Through what an item leaves, which is nobody's to give meanwhile; and what has left.
DEPARTURES = """
ALTER TABLE items
    ADD COLUMN way text CHECK (way IN ('gift', 'nft')),
    ADD COLUMN delivery_id bigint,
    ADD CONSTRAINT items_leaving CHECK (num_nonnulls(way, delivery_id) = CASE state WHEN 'leaving' THEN 2 ELSE 0 END);
CREATE TABLE departures (
    player_id bigint NOT NULL,
    item_id bigint NOT NULL,
    unit_id bigint NOT NULL UNIQUE,
    way text NOT NULL CHECK (way IN ('gift', 'nft')),
    delivery_id bigint NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    PRIMARY KEY (player_id, item_id)
);
"""


def upgrade() -> None:
    """Make everything."""
    op.execute(DELIVERIES)
    op.execute(DEPARTURES)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON departures FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON departures "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
