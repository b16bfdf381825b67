"""The statements of the hot path: set-based SQL over arrays, run on psycopg itself inside a pipeline.

Rows are locked in one order everywhere: cases, accounts, seed pairs, stock, each by ascending key.
"""

LOCK_CASES = """
SELECT id FROM cases WHERE name = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE
"""

CATALOGUE_VERSION = "SELECT version FROM catalogue"

LOCK_ACCOUNTS = """
SELECT player_id, balance FROM accounts
WHERE player_id = ANY(%s::bigint[]) AND asset = 'TON' ORDER BY player_id FOR NO KEY UPDATE
"""

# Reading after the account's lock is enough: whoever moves a live pair holds that lock (see players.py).
SEATS = """
SELECT s.player_id, p.blocked, s.number, s.server_seed, s.client_seed, s.nonce
FROM seed_pairs s JOIN players p ON p.id = s.player_id
WHERE s.player_id = ANY(%s::bigint[]) AND s.revealed_at IS NULL
"""

REMEMBERED = """
SELECT a.caller, a.key, a.request_hash, a.answer
FROM unnest(%s::text[], %s::text[]) AS w(caller, key) JOIN answers a USING (caller, key)
"""

LOCK_STOCK = """
SELECT pack_id, free FROM stock WHERE pack_id = ANY(%s::bigint[]) ORDER BY pack_id FOR NO KEY UPDATE
"""

FRESH_IDS = "SELECT nextval('event_ids') FROM generate_series(1, %s::int)"

# The lowest free units of each pack; the stock's lock keeps anybody else from them.
TAKE_UNITS = """
DELETE FROM free_units f USING (
    SELECT n.pack_id, lowest.number
    FROM unnest(%s::bigint[], %s::bigint[]) AS n(pack_id, needed)
    CROSS JOIN LATERAL (
        SELECT number FROM free_units WHERE pack_id = n.pack_id ORDER BY number LIMIT n.needed
    ) lowest
) t
WHERE f.pack_id = t.pack_id AND f.number = t.number
RETURNING f.pack_id, f.number, f.unit_id
"""

# One statement, so one round trip; the counts at the end say whether every row found its place.
RECORD = """
WITH draws AS (
    SELECT * FROM unnest(
        %(d_player)s::bigint[], %(d_seed)s::bigint[], %(d_nonce)s::bigint[], %(d_item)s::bigint[],
        %(d_opening)s::bigint[], %(d_odds)s::bigint[], %(d_unit)s::bigint[], %(d_roll)s::bigint[],
        %(d_row)s::bigint[], %(d_price)s::bigint[], %(d_floor)s::bigint[]
    ) AS d(player_id, seed_number, nonce, item_id, opening_id, odds_id, unit_id, roll, "row", price_nano, floor_nano)
), drawn AS (
    INSERT INTO case_draws (player_id, seed_number, nonce, item_id, opening_id, odds_id, unit_id, roll, "row",
                            price_nano, floor_nano, at)
    SELECT draws.*, %(at)s::timestamptz FROM draws RETURNING 1
), owned AS (
    INSERT INTO items (player_id, item_id, unit_id, state, acquired_at)
    SELECT player_id, item_id, unit_id, 'owned', %(at)s::timestamptz FROM draws RETURNING 1
), moved AS (
    INSERT INTO transfers (player_id, reason, cause, debit, credit, asset, amount, at)
    SELECT t.player_id, 'opening', t.cause, 'player', 'house:openings', 'TON', t.amount, %(at)s::timestamptz
    FROM unnest(%(t_player)s::bigint[], %(t_cause)s::bigint[], %(t_amount)s::bigint[]) AS t(player_id, cause, amount)
    RETURNING 1
), paid AS (
    UPDATE accounts a SET balance = a.balance - p.amount
    FROM unnest(%(p_player)s::bigint[], %(p_amount)s::bigint[]) AS p(player_id, amount)
    WHERE a.player_id = p.player_id AND a.asset = 'TON' RETURNING 1
), counted AS (
    UPDATE seed_pairs s SET nonce = s.nonce + p.draws
    FROM unnest(%(p_player)s::bigint[], %(p_seed)s::bigint[], %(p_draws)s::bigint[]) AS p(player_id, number, draws)
    WHERE s.player_id = p.player_id AND s.number = p.number AND s.revealed_at IS NULL RETURNING 1
), stocked AS (
    UPDATE stock k SET free = k.free - n.taken
    FROM unnest(%(k_pack)s::bigint[], %(k_taken)s::bigint[]) AS n(pack_id, taken)
    WHERE k.pack_id = n.pack_id RETURNING 1
), kept AS (
    INSERT INTO answers (caller, key, request_hash, answer, at)
    SELECT a.*, %(at)s::timestamptz
    FROM unnest(%(a_caller)s::text[], %(a_key)s::text[], %(a_hash)s::bytea[], %(a_answer)s::bytea[]) AS a
    RETURNING 1
)
SELECT (SELECT count(*) FROM drawn), (SELECT count(*) FROM owned), (SELECT count(*) FROM moved),
       (SELECT count(*) FROM paid), (SELECT count(*) FROM counted), (SELECT count(*) FROM stocked),
       (SELECT count(*) FROM kept)
"""
