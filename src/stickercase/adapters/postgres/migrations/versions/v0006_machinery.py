"""Work that is done after the commit: tasks, the ticks of schedules, letters."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WORK = """
CREATE TABLE tasks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    payload jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'set_aside')),
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL CHECK (attempts >= 0),
    last_error text NOT NULL,
    again_at timestamptz,
    sent_at timestamptz,
    started_at timestamptz,
    claimed_until timestamptz,
    finished_at timestamptz,
    CHECK ((state = 'waiting') = (finished_at IS NULL)),
    CHECK (state = 'waiting' OR num_nonnulls(again_at, sent_at, claimed_until) = 0)
);
CREATE UNIQUE INDEX tasks_waiting ON tasks (kind, subject) WHERE state = 'waiting';
CREATE INDEX tasks_to_send ON tasks (due_at) WHERE state = 'waiting' AND sent_at IS NULL;
CREATE INDEX tasks_under_way ON tasks (sent_at) WHERE state = 'waiting' AND sent_at IS NOT NULL;
CREATE INDEX tasks_done ON tasks (finished_at) WHERE state = 'done';
CREATE INDEX tasks_set_aside ON tasks (id) WHERE state = 'set_aside';
CREATE TABLE schedules (
    name text PRIMARY KEY,
    period_seconds double precision NOT NULL CHECK (period_seconds >= 0),
    last_tick timestamptz,
    refused bigint NOT NULL CHECK (refused >= 0),
    started_at timestamptz,
    finished_at timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('', 'done', 'alarm', 'failed', 'set_aside')),
    why text NOT NULL
);
CREATE TABLE inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) <= 65536),
    received_at timestamptz NOT NULL,
    handled_at timestamptz
);
CREATE INDEX inbox_handled ON inbox (handled_at) WHERE handled_at IS NOT NULL;
"""


def upgrade() -> None:
    """Make everything."""
    op.execute(WORK)
