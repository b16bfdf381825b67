"""The statements of the reads that are asked for most: each is one trip, run on psycopg itself."""

# One trip for the count and the page, at one instant. What is leaving is shown, too.
INVENTORY = """
SELECT total, page.* FROM (
    SELECT count(*) AS total FROM items WHERE player_id = %(player)s::bigint
) counted LEFT JOIN LATERAL (
    SELECT i.item_id, u.pack_id, u.number, i.state = 'leaving' FROM items i JOIN units u ON u.id = i.unit_id
    WHERE i.player_id = %(player)s::bigint AND i.item_id < %(below)s::bigint
    ORDER BY i.item_id DESC LIMIT %(limit)s::bigint
) page ON true ORDER BY page.item_id DESC
"""

# As PACKED_COUNT has it. One row whatever the number of packs: what is compared most often is not taken apart.
GLANCE = """
SELECT version, coalesce(counts, '') FROM catalogue,
    (SELECT string_agg(int8send(pack_id) || int4send(free), ''::bytea ORDER BY pack_id) AS counts FROM stock) counted
"""
