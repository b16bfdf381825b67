"""The migrations make the tables that the code speaks to, and a database that defends the ledger by itself."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, inspect
from sqlalchemy.dialects import postgresql

from stickercase.adapters.postgres.connections import connect
from stickercase.adapters.postgres.migrations import migrate, newest
from stickercase.adapters.postgres.tables import metadata
from stickercase.domain.money import NANO
from stickercase.domain.use_cases.reconcile import reconcile
from stickercase.ports.failures import StoreUnavailable
from support.databases import copied_database
from support.fingerprints import fingerprint
from support.parcels import Post
from support.price_syncs import Syncing
from support.purses import deposit, withdraw
from support.races import at_once
from support.worlds import World, postgres_world

DIALECT = postgresql.dialect()
IMMUTABLE = (
    "transfers",
    "case_draws",
    "odds",
    "odds_rows",
    "operator_log",
    "sales",
    "upgrades",
    "upgrade_stakes",
    "deposits",
    "withdrawal_attempts",
    "departures",
)
"""What rules.md calls immutable: the ledger, the draws, the odds, and the log of what operators did."""


@pytest.fixture(scope="module")
def played(database_url: str, template_database: str) -> Iterator[str]:
    """The URL of a database with a player, a case and openings: no table that matters is empty. Nobody changes it."""
    with copied_database(database_url, template_database) as url:
        world: World = postgres_world(connect(url), connect(url, by_key=False))
        player = world.new_player(9 * NANO)
        post = Post(world)
        first, second = post.pack(5), post.pack(5)
        case = world.new_case([(first.id, 0.5), (second.id, 0.5)])
        world.open(player, case, count=3, key="a")
        deposit(world, player, NANO)
        withdraw(world, player, NANO)
        dear = world.new_pack(1, floor_nano=9 * NANO)
        gift = post.requested(player)
        post.work()
        post.arrive(gift)
        post.work(seconds=30)
        sold, bet = [item.id for item in world.items(player)]
        world.sell(player, sold)
        [offer] = world.offers(player, [bet])
        assert offer.unit.pack_id == dear.id
        world.upgrade(player, [bet], offer.unit.unit_id)
        Syncing(world).sync_prices({pack: pack.floor_nano for pack in (first, second, dear)})
        reconcile(world.transactions, world.clock, [], [], "service:tests")
        world.close()
        yield url


@pytest.fixture
def engine(played: str) -> Iterator[Engine]:
    """An engine on it."""
    engine = connect(played, by_key=False)
    yield engine
    engine.dispose()


def test_the_tables_are_those_of_the_code(engine: Engine) -> None:
    found = inspect(engine)
    assert set(found.get_table_names()) - {"alembic_version"} == set(metadata.tables)
    for name, table in metadata.tables.items():
        columns = {
            column["name"]: (column["type"].compile(DIALECT), column["nullable"], column.get("identity") is not None)
            for column in found.get_columns(name)
        }
        assert columns == {
            column.name: (column.type.compile(DIALECT), column.nullable, column.identity is not None)
            for column in table.columns
        }, name
        keys = found.get_pk_constraint(name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key.columns], name
        unique = {tuple(constraint["column_names"]) for constraint in found.get_unique_constraints(name)}
        unique |= {tuple(index["column_names"]) for index in found.get_indexes(name) if index["unique"]}
        assert {(column.name,) for column in table.columns if column.unique} <= unique, name


def test_columns_without_a_default_are_given_by_the_code(engine: Engine) -> None:
    """Whatever the database fills in by itself is known: an identity, or a default that a hot insert leaves out."""
    filled = {
        f"{name}.{column['name']}"
        for name in metadata.tables
        for column in inspect(engine).get_columns(name)
        if column["default"] is not None
    }
    assert filled == {"players.blocked", "players.avatar", "accounts.held"}


def test_migrating_twice_changes_nothing(played: str) -> None:
    before = fingerprint(played)
    assert migrate(played) == newest()
    assert fingerprint(played) == before


def test_two_migrations_at_once_make_one_schema(database_url: str) -> None:
    with copied_database(database_url) as unmigrated:
        assert at_once([lambda: migrate(unmigrated)] * 4) == [newest()] * 4
        with psycopg.connect(unmigrated) as connection:
            revisions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            versions = connection.execute("SELECT count(*) FROM catalogue").fetchone()
        assert (revisions, versions) == ([(newest(),)], (1,))


def test_no_database_is_said_so() -> None:
    with pytest.raises(StoreUnavailable) as failure:
        migrate("postgresql://nobody:hush-hush@127.0.0.1:1/nothing")
    assert "hush-hush" not in str(failure.value)


@pytest.mark.parametrize("table", IMMUTABLE)
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_what_is_written_stays(played: str, table: str, change: str) -> None:
    before = fingerprint(played)
    assert before[table][0] > 0, "an empty table defends nothing"
    column = next(iter(metadata.tables[table].primary_key.columns)).name
    if table in ("odds", "operator_log"):
        column = {"odds": "reason", "operator_log": "who"}[table]  # an identity cannot be set in any case
    statement = sql.SQL(change).format(sql.Identifier(table), sql.Identifier(column))  # type: ignore[arg-type]  # literal
    with psycopg.connect(played) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            connection.execute(statement)
        connection.rollback()
    assert fingerprint(played) == before


@pytest.mark.parametrize("change", ["UPDATE reports SET started_by = 'x'", "TRUNCATE reports"])
def test_a_report_is_forgotten_as_a_whole_or_stays(played: str, change: str) -> None:
    before = fingerprint(played)
    assert before["reports"][0] > 0, "an empty table defends nothing"
    with psycopg.connect(played) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            connection.execute(change)
        connection.rollback()
    assert fingerprint(played) == before


@pytest.mark.parametrize("table", ["price_syncs", "price_sync_sources", "price_sync_cases", "price_sync_ends"])
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "TRUNCATE {0} CASCADE"])
def test_the_record_of_a_price_sync_is_forgotten_as_a_whole_or_stays(played: str, table: str, change: str) -> None:
    before = fingerprint(played)
    assert before[table][0] > 0, "an empty table defends nothing"
    column = next(iter(metadata.tables[table].primary_key.columns)).name
    statement = sql.SQL(change).format(sql.Identifier(table), sql.Identifier(column))  # type: ignore[arg-type]  # literal
    with psycopg.connect(played) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            connection.execute(statement)
        connection.rollback()
        connection.execute("DELETE FROM price_syncs")
        left = connection.execute(
            "SELECT count(*) FROM price_sync_sources, price_sync_cases, price_sync_ends"
        ).fetchone()
        assert left == (0,)
        connection.rollback()
    assert fingerprint(played) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts SET balance = -1",
        "UPDATE accounts SET held = -1",
        "UPDATE accounts SET balance = balance - 10000000000000",
        "UPDATE accounts SET asset = 'BTC'",
        "UPDATE stock SET free = -1",
        "UPDATE seed_pairs SET nonce = -1",
        "UPDATE seed_pairs SET server_seed = '\\x00'",
        "UPDATE seed_pairs SET server_seed = sha256('another')",
        "UPDATE seed_pairs SET client_seed = 'a|b'",
        "UPDATE seed_pairs SET client_seed = ''",
        "UPDATE cases SET price_nano = 0",
        "UPDATE cases SET status = 'out_of_stickers'",
        "UPDATE cases SET status = 'active', off_sale_by = 'x', off_sale_why = 'y'",
        "UPDATE cases SET off_sale_why = NULL",
        "INSERT INTO price_sync_cases SELECT * FROM price_sync_cases",
        "INSERT INTO price_sync_cases SELECT 404, case_id, case_name, outcome, why, price_before_nano, "
        "price_after_nano, fee_before, fee_after, odds_before, odds_after FROM price_sync_cases",
        "UPDATE packs SET floor_nano = -1",
        "UPDATE players SET telegram_id = 0",
        "UPDATE players SET telegram_id = 4503599627370496",
        "INSERT INTO catalogue VALUES (false, 1)",
        "INSERT INTO transfers SELECT player_id, reason, cause + 1000, debit, credit, asset, 0, at FROM transfers",
        "INSERT INTO transfers SELECT player_id, reason, cause + 1000, debit, debit, asset, 1, at FROM transfers",
        "INSERT INTO transfers SELECT * FROM transfers",
        "INSERT INTO case_draws SELECT * FROM case_draws",
        "INSERT INTO answers SELECT * FROM answers",
        "INSERT INTO free_units SELECT * FROM free_units",
        "INSERT INTO units (pack_id, number, stocked_at) SELECT pack_id, number, stocked_at FROM units",
        "INSERT INTO accounts SELECT player_id + 1000, asset, balance, held FROM accounts",
        "INSERT INTO inbox (source, body, received_at) SELECT 'x', convert_to(repeat('x', 65537), 'UTF8'), now()",
        *(
            "INSERT INTO tasks (kind, subject, payload, due_at, created_at, attempts, last_error, state, "
            f"finished_at, claimed_until) SELECT 'k', 's', '{{}}', now(), now(), 0, '', {rest} FROM generate_series(1, 2)"
            for rest in (
                "'waiting', NULL, NULL::timestamptz",  # a second like it
                "'lost', now(), NULL::timestamptz",
                "'done', NULL, NULL::timestamptz",
                "'waiting', now(), NULL::timestamptz",
                "'done', now(), now()",
            )
        ),
        "INSERT INTO withdrawals SELECT id + generate_series(1, 2), player_id, address, amount_nano, fee_nano, "
        "requested_at, 'signed' FROM withdrawals",  # two in flight
        "INSERT INTO withdrawal_attempts SELECT withdrawal_id, 9, repeat('f', 64), now(), '0:ab', 0, '' "
        "FROM withdrawal_attempts",
        "INSERT INTO withdrawal_attempts SELECT withdrawal_id, 9, repeat('f', 64), now(), wallet, -1, '' "
        "FROM withdrawal_attempts",
        "INSERT INTO schedules (name, period_seconds, refused, outcome, why) VALUES ('x', 1, 0, 'well', '')",
    ],
)
def test_the_database_itself_refuses(played: str, statement: str) -> None:
    before = fingerprint(played)
    with psycopg.connect(played) as connection:
        with pytest.raises(psycopg.errors.IntegrityError):
            connection.execute(statement)  # type: ignore[arg-type]  # a literal of the list above
        connection.rollback()
    assert fingerprint(played) == before


def test_a_player_has_one_live_pair(played: str) -> None:
    second = """
        INSERT INTO seed_pairs SELECT player_id, number + 1, next_server_seed, sha256(next_server_seed), client_seed,
                                      0, next_server_seed, NULL FROM seed_pairs
    """
    with psycopg.connect(played) as connection, pytest.raises(psycopg.errors.UniqueViolation, match="seed_pairs_live"):
        connection.execute(second)
