"""Price syncs and their record; who took a case off sale; packs have a version of their own."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CATALOGUE = """
-- Who took an inactive case off sale, and why. Nobody knows it of those that are off sale already: they count as taken
-- off by a person.
ALTER TABLE cases
    ADD COLUMN off_sale_by text,
    ADD COLUMN off_sale_why text,
    ADD CONSTRAINT cases_off_sale CHECK (
        num_nulls(off_sale_by, off_sale_why) IN (0, 2) AND (status = 'inactive' OR off_sale_by IS NULL)
    );
-- The catalogue's versions at which a case, or any pack, was changed last: a process that keeps the shelf in memory
-- reads anew what has moved since, and no more.
ALTER TABLE cases ADD COLUMN moved bigint;
UPDATE cases SET moved = version FROM catalogue;
ALTER TABLE cases ALTER COLUMN moved SET NOT NULL;
CREATE INDEX cases_moved ON cases (moved);
ALTER TABLE catalogue ADD COLUMN packs_version bigint;
UPDATE catalogue SET packs_version = version;
ALTER TABLE catalogue ALTER COLUMN packs_version SET NOT NULL;
"""

SYNCS = """
CREATE TABLE price_syncs (
    id bigint PRIMARY KEY,
    started_by text NOT NULL,
    started_at timestamptz NOT NULL
);
CREATE INDEX price_syncs_started ON price_syncs (started_at, id);
CREATE TABLE price_sync_sources (
    sync_id bigint NOT NULL REFERENCES price_syncs ON DELETE CASCADE,
    contributor text NOT NULL,
    read integer NOT NULL CHECK (read >= 0),
    changed integer NOT NULL CHECK (changed >= 0),
    quarantined integer NOT NULL CHECK (quarantined >= 0),
    skipped integer NOT NULL CHECK (skipped >= 0),
    unknown integer NOT NULL CHECK (unknown >= 0),
    alarm text NOT NULL,
    failed text NOT NULL,
    texts jsonb NOT NULL,
    PRIMARY KEY (sync_id, contributor)
);
CREATE TABLE price_sync_cases (
    sync_id bigint NOT NULL REFERENCES price_syncs ON DELETE CASCADE,
    case_id bigint NOT NULL REFERENCES cases,
    case_name text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('republished', 'repriced', 'deactivated', 'reactivated')),
    why text NOT NULL,
    price_before_nano bigint NOT NULL,
    price_after_nano bigint NOT NULL,
    fee_before double precision,
    fee_after double precision,
    odds_before bigint NOT NULL,
    odds_after bigint NOT NULL,
    PRIMARY KEY (sync_id, case_id)
);
-- A version is published by one run at most.
CREATE UNIQUE INDEX price_sync_cases_published ON price_sync_cases (odds_after) WHERE odds_after <> odds_before;
CREATE TABLE price_sync_ends (
    sync_id bigint PRIMARY KEY REFERENCES price_syncs ON DELETE CASCADE,
    finished_at timestamptz NOT NULL,
    kept integer NOT NULL CHECK (kept >= 0),
    skipped integer NOT NULL CHECK (skipped >= 0),
    quiet jsonb NOT NULL
);
"""

TABLES = ("price_syncs", "price_sync_sources", "price_sync_cases", "price_sync_ends")
"""Nothing in them is changed. A run is forgotten as a whole, when it is old."""


def upgrade() -> None:
    """Make everything."""
    op.execute(CATALOGUE)
    op.execute(SYNCS)
    for table in TABLES:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
