"""The shelf in memory: what has moved is read anew and nothing else, and it is what the database has."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import Engine, text

from stickercase.adapters.postgres.connections import connect
from stickercase.adapters.postgres.shelves import PostgresShelves
from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.money import NANO
from stickercase.domain.stock.floors import Floor
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.stock_packs import PackChange
from support.worlds import World, postgres_world


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    yield engine
    engine.dispose()


@pytest.fixture
def world(fresh_database: str) -> Iterator[World]:
    made = postgres_world(connect(fresh_database), connect(fresh_database, by_key=False))
    yield made
    made.close()


def test_a_case_that_moves_is_all_that_is_read_anew(world: World, engine: Engine) -> None:
    packs = [world.new_pack() for _ in range(2)]
    case, other = (world.new_case([(pack.id, 0.5) for pack in packs]) for _ in range(2))
    shelves = PostgresShelves(engine)
    before = shelves.load()
    world.edit_case(case, CaseChange(items=[(packs[0].id, 1.0)]))
    after = shelves.load()
    assert after.cases[case.name] != before.cases[case.name]
    assert after.cases[other.name] is before.cases[other.name]
    assert after.packs is before.packs
    world.set_floor(packs[0], Floor(7 * NANO, world.clock.now()))
    newest = shelves.load()
    assert newest.packs[packs[0].id].floor_nano == 7 * NANO
    assert newest.cases is after.cases


def test_whatever_changes_the_shelf_in_memory_is_the_shelf_there_is(world: World, engine: Engine) -> None:
    dice, shelves = Random(5), PostgresShelves(engine)
    shelves.load()
    packs = [world.new_pack() for _ in range(3)]
    cases = [world.new_case([(pack.id, 1 / 3) for pack in packs])]
    changes = [
        lambda: packs.append(world.new_pack()),
        lambda: cases.append(world.new_case([(dice.choice(packs).id, 1.0)])),
        lambda: world.edit_case(dice.choice(cases), CaseChange(price_nano=dice.randrange(1, 9) * NANO)),
        lambda: world.edit_case(dice.choice(cases), CaseChange(status=dice.choice(list(CaseStatus)[:2]))),
        lambda: world.edit_case(dice.choice(cases), CaseChange(items=[(dice.choice(packs).id, 1.0)])),
        lambda: world.set_floor(dice.choice(packs), Floor(dice.randrange(9) * NANO, world.clock.now())),
        lambda: world.edit_pack(dice.choice(packs), PackChange(image_url=f"/{dice.random()}.svg")),
    ]
    for _ in range(60):
        for change in dice.sample(changes, 2):
            change()
        assert shelves.load() == PostgresShelves(engine).load()


def test_a_database_that_was_put_back_is_read_whole(world: World, engine: Engine) -> None:
    """From a copy of an hour ago, say: its version is behind, and then goes on to other cases."""
    pack = world.new_pack()
    case = world.new_case([(pack.id, 1.0)])
    shelves = PostgresShelves(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE catalogue SET version = version + 100"))
    shelves.load()
    with engine.begin() as connection:
        connection.execute(text("UPDATE catalogue SET version = version - 90"))
        connection.execute(text("UPDATE cases SET price_nano = 77"))
    assert shelves.load().cases[case.name].price_nano == 77
