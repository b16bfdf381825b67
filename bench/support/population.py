"""Players, cases and units to measure with: put in place as sets, consistent with every law from the start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.support.figures import say
from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Profile
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.publish_cases import NewCase
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.settings import Settings

PLAYERS = 10_000
CASES = 20
"""All load goes to the first, except where load is spread out on purpose."""

CHANCES = (0.30, 0.20, 0.15, 0.10, 0.08, 0.06, 0.05, 0.03, 0.02, 0.01)
ROWS = len(CHANCES)
FLOORS_NANO = tuple(NANO * floor // 10 for floor in (3, 4, 5, 6, 8, 10, 15, 20, 40, 90))
PRICE_NANO = NANO
FIRST_TELEGRAM_ID = 1_000_000_000
SPARE_UNITS = 2_000

# A player of these has won or bought a lot: whoever plays alone opens some ten thousand cases a second.
PEOPLE = """
INSERT INTO players (telegram_id, first_name, language, created_at)
SELECT %(first)s + n, 'Player ' || n, 'en', now() FROM generate_series(0, %(players)s - 1) AS n ORDER BY n;
INSERT INTO accounts (player_id, asset, balance) SELECT id, 'TON', %(balance)s FROM players;
INSERT INTO transfers (player_id, reason, cause, debit, credit, asset, amount, at, note)
SELECT id, 'adjustment', nextval('event_ids'), 'house:adjustments', 'player', 'TON', %(balance)s, now(), 'bench'
FROM players;
INSERT INTO seed_pairs (player_id, number, server_seed, server_seed_hash, client_seed, nonce, next_server_seed)
SELECT id, 0, sha256(seed), sha256(sha256(seed)), 'bench', 0, sha256('next' || seed)
FROM (SELECT id, convert_to('seed of player ' || id, 'UTF8') AS seed FROM players) seeds;
"""
BALANCE_NANO = 10_000_000 * NANO

UNITS = """
WITH stocked AS (
    INSERT INTO units (pack_id, number, stocked_at)
    SELECT p.id, n, now() FROM unnest(%(packs)s::bigint[], %(units)s::int[]) AS p(id, units),
           generate_series(1, p.units) AS n
    RETURNING pack_id, number, id
)
INSERT INTO free_units (pack_id, number, unit_id) SELECT * FROM stocked;
UPDATE stock k SET free = p.units FROM unnest(%(packs)s::bigint[], %(units)s::int[]) AS p(id, units)
WHERE k.pack_id = p.id;
"""


def case_name(number: int) -> str:
    """The name of a case; numbers count from 1, and case n sells the packs 10n − 9 … 10n."""
    return f"Bench {number}"


def profile(index: int) -> Profile:
    """Who the player ``index`` (from 0) is to Telegram."""
    return Profile(FIRST_TELEGRAM_ID + index, f"Player {index}", language="en")


def populate(settings: Settings, *, units: int, units_elsewhere: int) -> None:
    """Migrate, then fill: about ``units`` for the first case, ``units_elsewhere`` for each of the others."""
    say(f"stocking {units + (CASES - 1) * units_elsewhere:,} units, {PLAYERS:,} players, {CASES} cases")
    with _container(settings) as container:
        container.migrate()
        for number in range(1, CASES + 1):
            _add_case(container, number)
    packs = range(1, CASES * ROWS + 1)
    counts = [_share(units if pack <= ROWS else units_elsewhere, (pack - 1) % ROWS) for pack in packs]
    with psycopg.connect(settings.database_url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(PEOPLE, {"first": FIRST_TELEGRAM_ID, "players": PLAYERS, "balance": BALANCE_NANO})
        # The units' packs are known to be there: a check per unit would double the time.
        connection.execute("SET session_replication_role = replica")
        connection.execute(UNITS, {"packs": list(packs), "units": counts})
        connection.execute("VACUUM ANALYZE")


def write_credentials(settings: Settings, path: Path) -> None:
    """A line per player for the load generators: Telegram id, tab, signed initData."""
    with _container(settings) as container, path.open("w") as file:
        for index in range(PLAYERS):
            player = profile(index)
            file.write(f"{player.telegram_id}\t{container.sign_init_data(player)}\n")


@contextmanager
def _container(settings: Settings) -> Iterator[Container]:
    container = make_container(settings)
    try:
        yield container
    finally:
        container.engine().dispose()
        container.reading_engine().dispose()


def _add_case(container: Container, number: int) -> None:
    items = []
    for row, (chance, floor_nano) in enumerate(zip(CHANCES, FLOORS_NANO, strict=True), 1):
        pack = Pack(0, f"Pack {row}", f"Collection {number}", "Bench", floor_nano, "/media/b.svg", PackStatus.ACTIVE)
        step = Caller("service:bench", f"pack-{number}-{row}", b"pack")
        pack_id = int(container.add_pack(step, pack, lambda made: str(made.id).encode()).answer)
        assert pack_id == (number - 1) * ROWS + row, "a fresh database counts from 1"
        items.append((pack_id, chance))
    new = NewCase(case_name(number), PRICE_NANO, 20.0, "/media/b.svg", CaseStatus.ACTIVE, items)
    added = container.add_case(Caller("service:bench", f"case-{number}", b"case"), new, _odds_id)
    assert int(added.answer) == number, "case, and odds too, are counted from 1"


def _odds_id(case: object) -> bytes:
    return str(case.odds_id).encode()  # type: ignore[attr-defined]  # a Case


def _share(units: int, row: int) -> int:
    return SPARE_UNITS + int(units * CHANCES[row])
