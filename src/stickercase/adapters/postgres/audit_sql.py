"""The laws as queries: each answers how many things it looked at and how many of them break the law."""

ZERO_SUM = """
WITH lines AS (
    SELECT asset, balance::numeric + held AS amount FROM accounts
    UNION ALL SELECT asset, amount FROM transfers WHERE credit NOT IN ('player', 'held')
    UNION ALL SELECT asset, -amount FROM transfers WHERE debit NOT IN ('player', 'held')
), sums AS (SELECT asset, sum(amount) AS total FROM lines GROUP BY asset)
SELECT count(*), count(*) FILTER (WHERE total <> 0) FROM sums
"""

BALANCE_IS_SUM = """
WITH sums AS (
    SELECT player_id, asset,
        sum(CASE WHEN credit = 'player' THEN amount ELSE 0 END - CASE WHEN debit = 'player' THEN amount ELSE 0 END)
            AS balance,
        sum(CASE WHEN credit = 'held' THEN amount ELSE 0 END - CASE WHEN debit = 'held' THEN amount ELSE 0 END) AS held
    FROM transfers WHERE player_id <> 0 GROUP BY player_id, asset
)
SELECT count(*), count(*) FILTER (WHERE a.player_id IS NULL OR a.balance <> coalesce(s.balance, 0)
                                        OR a.held <> coalesce(s.held, 0))
FROM accounts a FULL JOIN sums s ON s.player_id = a.player_id AND s.asset = a.asset
"""

NO_NEGATIVE_BALANCE = "SELECT count(*), count(*) FILTER (WHERE balance < 0 OR held < 0) FROM accounts"

ONE_TRANSFER_PER_CAUSE = """
SELECT coalesce(sum(times), 0), count(*) FILTER (WHERE times > 1)
FROM (SELECT count(*) AS times FROM transfers GROUP BY reason, cause) causes
"""

# What each reason may move, from where to where. Money in tons alone, but for adjustments.
TRANSFERS_KNOWN = """
WITH known (reason, debit, credit) AS (VALUES
    ('opening', 'player', 'house:openings'), ('sale', 'house:sellback', 'player'),
    ('deposit', 'external:ton', 'player'), ('hold', 'player', 'held'), ('release', 'held', 'player'),
    ('withdrawal', 'held', 'external:ton'), ('withdrawal_fee', 'held', 'house:fees'),
    ('adjustment', 'house:adjustments', 'player'), ('adjustment', 'player', 'house:adjustments')
)
SELECT count(*), count(*) FILTER (WHERE k.reason IS NULL OR (t.asset <> 'TON' AND t.reason <> 'adjustment'))
FROM transfers t LEFT JOIN known k ON k.reason = t.reason AND k.debit = t.debit AND k.credit = t.credit
"""

OPENINGS_PAID = """
WITH openings AS (
    SELECT opening_id, min(player_id) AS player_id, sum(price_nano) AS due, count(DISTINCT player_id) AS players
    FROM case_draws GROUP BY opening_id
), paid AS (
    SELECT cause, player_id, amount FROM transfers
    WHERE reason = 'opening' AND debit = 'player' AND credit = 'house:openings' AND asset = 'TON'
)
SELECT count(*), count(*) FILTER (WHERE o.due IS DISTINCT FROM p.amount OR o.player_id IS DISTINCT FROM p.player_id
                                        OR o.players <> 1)
FROM openings o FULL JOIN paid p ON p.cause = o.opening_id
"""

STOCK_COUNTED = """
WITH free AS (SELECT pack_id, count(*) AS units FROM free_units GROUP BY pack_id)
SELECT count(*), count(*) FILTER (WHERE k.free IS DISTINCT FROM coalesce(f.units, 0))
FROM packs p LEFT JOIN stock k ON k.pack_id = p.id LEFT JOIN free f ON f.pack_id = p.id
"""

# A unit is free, somebody's item or delivered, in one place; an item was won by some draw, of that unit, for that
# player.
UNITS_PLACED = """
WITH places AS (
    SELECT unit_id, pack_id, number, NULL::bigint AS player_id, NULL::bigint AS item_id FROM free_units
    UNION ALL SELECT unit_id, NULL, NULL, player_id, item_id FROM items
    UNION ALL SELECT unit_id, NULL, NULL, player_id, item_id FROM departures
), placed AS (
    SELECT u.id IS NULL OR p.unit_id IS NULL OR count(*) OVER (PARTITION BY coalesce(u.id, p.unit_id)) > 1
        OR (p.item_id IS NULL AND (p.pack_id, p.number) IS DISTINCT FROM (u.pack_id, u.number))
        OR (p.item_id IS NOT NULL AND w.unit_id IS NULL) AS breach
    FROM units u
    FULL JOIN places p ON p.unit_id = u.id
    LEFT JOIN won_items w ON w.player_id = p.player_id AND w.item_id = p.item_id AND w.unit_id = p.unit_id
    UNION ALL SELECT u.id IS NULL FROM won_items w LEFT JOIN units u ON u.id = w.unit_id
)
SELECT count(*), count(*) FILTER (WHERE breach) FROM placed
"""

# Every item is where it can be: still its player's, or gone by one sale, bet or delivery, as the unit that was won.
ITEMS_ACCOUNTED = """
WITH ends AS (
    SELECT player_id, item_id, unit_id FROM items
    UNION ALL SELECT player_id, item_id, unit_id FROM sales
    UNION ALL SELECT player_id, item_id, unit_id FROM upgrade_stakes
    UNION ALL SELECT player_id, item_id, unit_id FROM departures
), ended AS (
    SELECT player_id, item_id, min(unit_id) AS unit_id, count(*) AS times FROM ends GROUP BY player_id, item_id
)
SELECT count(*), count(*) FILTER (WHERE e.times IS DISTINCT FROM 1 OR w.unit_id IS DISTINCT FROM e.unit_id)
FROM won_items w FULL JOIN ended e ON e.player_id = w.player_id AND e.item_id = w.item_id
"""

# What is under way and what has arrived, by deliveries and withdrawals; and what leaves and is gone, by the units.
DELIVERIES_KEPT = """
WITH due AS (
    SELECT id, 'gift' AS way, player_id, item_id, unit_id, stage = 'delivered' AS is_gone FROM deliveries
    WHERE player_id IS NOT NULL AND stage <> 'returned'
    UNION ALL SELECT id, 'nft', player_id, item_id, unit_id, stage = 'confirmed' FROM withdrawals
    WHERE item_id IS NOT NULL AND stage NOT IN ('failed', 'expired', 'rejected')
), out AS (
    SELECT delivery_id, way, player_id, item_id, unit_id, false AS is_gone FROM items WHERE state = 'leaving'
    UNION ALL SELECT delivery_id, way, player_id, item_id, unit_id, true FROM departures
)
SELECT count(*), count(*) FILTER (WHERE
    (d.way, d.player_id, d.item_id, d.unit_id, d.is_gone)
    IS DISTINCT FROM (o.way, o.player_id, o.item_id, o.unit_id, o.is_gone))
FROM due d FULL JOIN out o ON o.delivery_id = d.id
"""

SALES_PAID = """
WITH paid AS (
    SELECT cause, player_id, amount FROM transfers
    WHERE reason = 'sale' AND debit = 'house:sellback' AND credit = 'player' AND asset = 'TON'
), everything AS (SELECT cause FROM transfers WHERE reason = 'sale')
SELECT count(*), count(*) FILTER (WHERE s.paid_nano IS DISTINCT FROM p.amount OR s.paid_nano > s.floor_nano
                                        OR s.player_id IS DISTINCT FROM p.player_id)
FROM sales s FULL JOIN everything e ON e.cause = s.sale_id LEFT JOIN paid p ON p.cause = e.cause
"""

DEPOSITS_CREDITED = """
WITH paid AS (
    SELECT cause, player_id, amount, debit = 'external:ton' AND credit = 'player' AND asset = 'TON' AS is_right
    FROM transfers WHERE reason = 'deposit'
), deposited AS (
    SELECT d.amount_nano IS DISTINCT FROM p.amount OR d.player_id IS DISTINCT FROM p.player_id
        OR i.player_id IS DISTINCT FROM d.player_id OR NOT coalesce(p.is_right, false) AS breach
    FROM deposits d FULL JOIN paid p ON p.cause = d.deposit_id LEFT JOIN invoices i ON i.id = d.invoice_id
    UNION ALL
    SELECT i.credited_nano <> coalesce(sum(d.amount_nano), 0)
    FROM invoices i LEFT JOIN deposits d ON d.invoice_id = i.id GROUP BY i.id, i.credited_nano
)
SELECT count(*), count(*) FILTER (WHERE breach) FROM deposited
"""

# held → paid with its fee, or released; the stage says which. A unit moves no money.
WITHDRAWALS_HELD = """
WITH moved AS (
    SELECT cause, player_id,
        sum(amount) FILTER (WHERE reason = 'hold' AND debit = 'player' AND credit = 'held') AS held,
        sum(amount) FILTER (WHERE reason = 'release' AND debit = 'held' AND credit = 'player') AS released,
        sum(amount) FILTER (WHERE reason = 'withdrawal' AND debit = 'held' AND credit = 'external:ton') AS paid,
        sum(amount) FILTER (WHERE reason = 'withdrawal_fee' AND debit = 'held' AND credit = 'house:fees') AS fee
    FROM transfers WHERE reason IN ('hold', 'release', 'withdrawal', 'withdrawal_fee') GROUP BY cause, player_id
)
SELECT count(*), count(*) FILTER (WHERE CASE WHEN w.item_id IS NOT NULL THEN m.cause IS NOT NULL ELSE
    w.player_id IS DISTINCT FROM m.player_id OR w.amount_nano IS DISTINCT FROM m.held
    OR m.released IS DISTINCT FROM CASE WHEN w.stage IN ('failed', 'expired', 'rejected') THEN w.amount_nano END
    OR m.paid IS DISTINCT FROM CASE WHEN w.stage = 'confirmed' THEN w.amount_nano - w.fee_nano END
    OR m.fee IS DISTINCT FROM CASE WHEN w.stage = 'confirmed' THEN nullif(w.fee_nano, 0) END END)
FROM withdrawals w FULL JOIN moved m ON m.cause = w.id
"""

NONCES_GAPLESS = """
WITH draws AS (
    SELECT player_id, seed_number, nonce FROM case_draws
    UNION ALL SELECT player_id, seed_number, nonce FROM upgrades
), counted AS (
    SELECT player_id, seed_number, count(*) AS draws, count(DISTINCT nonce) AS nonces, min(nonce) AS first,
        max(nonce) AS last
    FROM draws GROUP BY player_id, seed_number
)
SELECT count(*), count(*) FILTER (WHERE s.nonce IS DISTINCT FROM coalesce(c.draws, 0)
                                        OR (c.draws > 0 AND (c.first <> 0 OR c.last <> c.draws - 1
                                                             OR c.nonces <> c.draws)))
FROM seed_pairs s FULL JOIN counted c ON c.player_id = s.player_id AND c.seed_number = s.number
"""

LAWS = {
    "zero_sum": ZERO_SUM,
    "balance_is_sum": BALANCE_IS_SUM,
    "no_negative_balance": NO_NEGATIVE_BALANCE,
    "one_transfer_per_cause": ONE_TRANSFER_PER_CAUSE,
    "transfers_known": TRANSFERS_KNOWN,
    "openings_paid": OPENINGS_PAID,
    "sales_paid": SALES_PAID,
    "deposits_credited": DEPOSITS_CREDITED,
    "withdrawals_held": WITHDRAWALS_HELD,
    "stock_counted": STOCK_COUNTED,
    "units_placed": UNITS_PLACED,
    "items_accounted": ITEMS_ACCOUNTED,
    "deliveries_kept": DELIVERIES_KEPT,
    "nonces_gapless": NONCES_GAPLESS,
}

TABLES = """
SELECT o.id, o.table_id, r.pack_id, r.chance, r.tickets
FROM odds o JOIN odds_rows r ON r.odds_id = o.id ORDER BY o.id, r.pack_id
"""

DRAWS = """
SELECT s.server_seed, s.server_seed_hash, s.client_seed, d.nonce, d.odds_id, d.roll, d."row", u.pack_id
FROM case_draws d
JOIN seed_pairs s ON s.player_id = d.player_id AND s.number = d.seed_number
JOIN units u ON u.id = d.unit_id
"""

UPGRADES = """
SELECT s.server_seed, s.server_seed_hash, s.client_seed, u.nonce, u.bet_nano, u.target_nano, u.fee, u.win_tickets,
       u.roll, u.won, k.staked
FROM upgrades u
JOIN seed_pairs s ON s.player_id = u.player_id AND s.number = u.seed_number
LEFT JOIN (
    SELECT player_id, upgrade_id, sum(floor_nano) AS staked FROM upgrade_stakes GROUP BY player_id, upgrade_id
) k ON k.player_id = u.player_id AND k.upgrade_id = u.upgrade_id
"""

# Stakes of no upgrade, which the list above cannot show.
LOST_STAKES = """
SELECT count(*) FROM upgrade_stakes k
WHERE NOT EXISTS (SELECT FROM upgrades u WHERE u.player_id = k.player_id AND u.upgrade_id = k.upgrade_id)
"""
