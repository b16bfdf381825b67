"""Players, ledger, packs, cases, draws: all that opening a case needs."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PEOPLE = """
CREATE TABLE players (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    telegram_id bigint UNIQUE CHECK (telegram_id BETWEEN 1 AND 4503599627370495),
    first_name text NOT NULL,
    last_name text,
    username text,
    language text,
    image_url text,
    blocked boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);
CREATE TABLE seed_pairs (
    player_id bigint NOT NULL REFERENCES players,
    number integer NOT NULL CHECK (number >= 0),
    server_seed bytea NOT NULL CHECK (length(server_seed) = 32),
    server_seed_hash bytea NOT NULL UNIQUE CHECK (server_seed_hash = sha256(server_seed)),
    client_seed text NOT NULL CHECK (client_seed ~ '^[ -{}~]{1,64}$'),
    nonce integer NOT NULL CHECK (nonce >= 0),
    next_server_seed bytea NOT NULL CHECK (length(next_server_seed) = 32),
    revealed_at timestamptz,
    PRIMARY KEY (player_id, number)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX seed_pairs_live ON seed_pairs (player_id) WHERE revealed_at IS NULL;
"""

MONEY = """
-- One order for everything that happens to players: draws and what else causes a transfer.
CREATE SEQUENCE event_ids;
-- A player's side of the ledger as rows, so that the database itself refuses an overdraft. The house's side is
-- append-only and summed from the transfers: it is never a hot row.
CREATE TABLE accounts (
    player_id bigint NOT NULL REFERENCES players,
    asset text NOT NULL CHECK (asset IN ('TON', 'RUB', 'XTR')),
    balance bigint NOT NULL CHECK (balance >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    PRIMARY KEY (player_id, asset)
) WITH (fillfactor = 50);
CREATE TABLE transfers (
    player_id bigint NOT NULL,
    reason text NOT NULL,
    cause bigint NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL,
    asset text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    at timestamptz NOT NULL,
    note text,
    PRIMARY KEY (reason, cause),
    CHECK (debit <> credit)
);
-- A player's history shows openings from their draws; only the other transfers are looked up by player.
CREATE INDEX transfers_of_player ON transfers (player_id, cause) WHERE reason <> 'opening';
CREATE TABLE answers (
    caller text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    answer bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX answers_at ON answers USING brin (at);
"""

GOODS = """
-- Moves with every change of a pack or a case: what a process has cached is good while this has not moved.
CREATE TABLE catalogue (single boolean PRIMARY KEY CHECK (single), version bigint NOT NULL);
INSERT INTO catalogue VALUES (true, 0);
CREATE TABLE packs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pack_name text NOT NULL,
    collection_name text NOT NULL,
    matched_pack text NOT NULL,
    matched_collection text NOT NULL,
    contributor text NOT NULL,
    floor_nano bigint NOT NULL CHECK (floor_nano >= 0),
    floor_at timestamptz NOT NULL,
    image_url text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'inactive')),
    gift_id text,
    UNIQUE (matched_collection, matched_pack)
);
-- A cache of the number of free units, and the lock that keeps them free; the audit recounts it.
CREATE TABLE stock (
    pack_id bigint PRIMARY KEY REFERENCES packs,
    free integer NOT NULL CHECK (free >= 0)
) WITH (fillfactor = 50);
-- What a unit is. Where it is, is told by the table that has it: free_units or items, never both.
CREATE TABLE units (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pack_id bigint NOT NULL REFERENCES packs,
    number bigint NOT NULL CHECK (number >= 0),
    nft_address text,
    stocked_at timestamptz NOT NULL,
    UNIQUE (pack_id, number)
);
CREATE TABLE free_units (
    pack_id bigint NOT NULL,
    number bigint NOT NULL,
    unit_id bigint NOT NULL,
    PRIMARY KEY (pack_id, number)
);
CREATE TABLE items (
    player_id bigint NOT NULL,
    item_id bigint NOT NULL,
    unit_id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('owned', 'leaving')),
    acquired_at timestamptz NOT NULL,
    PRIMARY KEY (player_id, item_id)
) WITH (fillfactor = 90);
CREATE TABLE cases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    price_nano bigint NOT NULL CHECK (price_nano > 0),
    base_fee double precision NOT NULL CHECK (base_fee >= 0 AND base_fee < 100),
    image_url text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'inactive'))
);
CREATE TABLE odds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES cases,
    version integer NOT NULL CHECK (version >= 1),
    table_id text NOT NULL CHECK (table_id ~ '^[0-9a-f]{64}$'),
    reason text NOT NULL,
    at timestamptz NOT NULL,
    UNIQUE (case_id, version)
);
CREATE TABLE odds_rows (
    odds_id bigint NOT NULL REFERENCES odds,
    pack_id bigint NOT NULL REFERENCES packs,
    chance double precision NOT NULL CHECK (chance >= 0),
    tickets bigint NOT NULL CHECK (tickets BETWEEN 0 AND 9007199254740992),
    PRIMARY KEY (odds_id, pack_id)
);
"""

DRAWS = """
-- No foreign keys here (nor in free_units and items): each would lock and read a row per draw on the hot path;
-- the audit checks what they would.
CREATE TABLE case_draws (
    player_id bigint NOT NULL,
    seed_number integer NOT NULL,
    nonce integer NOT NULL CHECK (nonce >= 0),
    item_id bigint NOT NULL,
    opening_id bigint NOT NULL,
    odds_id bigint NOT NULL,
    unit_id bigint NOT NULL,
    roll bigint NOT NULL CHECK (roll BETWEEN 0 AND 9007199254740991),
    "row" smallint NOT NULL CHECK ("row" >= 1),
    price_nano bigint NOT NULL,
    floor_nano bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (player_id, seed_number, nonce)
);
CREATE UNIQUE INDEX case_draws_item ON case_draws (player_id, item_id);
CREATE TABLE operator_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    who text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    before jsonb,
    after jsonb NOT NULL,
    at timestamptz NOT NULL
);
"""

IMMUTABLE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a correction is a new row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

APPEND_ONLY = ("transfers", "case_draws", "odds", "odds_rows", "operator_log")


def upgrade() -> None:
    """Make everything."""
    for statements in (PEOPLE, MONEY, GOODS, DRAWS, IMMUTABLE):
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
