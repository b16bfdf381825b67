"""What is shown to people."""

from __future__ import annotations

from contextlib import suppress
from threading import Event as Flag

from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.fairness import DrawRecord, commitment, replay
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.stock_packs import PackChange
from stickercase.ports.reading import Event, Item
from support.clock import NOON
from support.races import at_once
from support.transactions import Interrupted
from support.worlds import World

# --- the shelf


def test_an_empty_shelf(world: World) -> None:
    shelf, free = world.reading.shelf()
    assert (dict(shelf.cases), dict(shelf.packs), dict(free)) == ({}, {}, {})


def test_glances_are_equal_while_nothing_changes_and_only_then(world: World) -> None:
    glances = [world.reading.glance()]
    assert (glances[0].free, glances[0].sold_out) == ({}, frozenset())

    def look() -> None:
        glances.append(world.reading.glance())
        assert world.reading.glance() == glances[-1]
        shelf, free = world.reading.shelf()
        assert (glances[-1].version, glances[-1].free) == (shelf.version, free)
        assert world.reading.shelf_since(glances[-1].version) == shelf

    pack, player = world.new_pack(1), world.new_player(9 * NANO)
    look()
    assert (glances[-1].free, glances[-1].sold_out) == ({pack.id: 1}, frozenset())
    case = world.new_case([(pack.id, 1.0)])
    look()
    world.open(player, case)
    look()
    assert (glances[-1].free, glances[-1].sold_out) == ({pack.id: 0}, {pack.id})
    world.add_units(pack.id, 3)
    look()
    world.edit_case(case, CaseChange(price_nano=5))
    look()
    world.edit_pack(pack, PackChange(floor_nano=7))
    look()
    world.sell(player, world.items(player)[0].id)
    look()
    assert len({(glance.version, glance.stock) for glance in glances}) == len(glances)
    world.adjust(player, NANO)
    assert world.reading.glance() == glances[-1], "what is not shown does not count"


def test_a_shelf_that_was_read_does_not_change(world: World) -> None:
    pack = world.new_pack(3)
    case = world.new_case([(pack.id, 1.0)])
    shelf, free = world.reading.shelf()
    world.edit_pack(pack, PackChange(floor_nano=1))
    world.edit_case(case, CaseChange(price_nano=1))
    world.open(world.new_player(NANO), case)
    assert (shelf.packs[pack.id], shelf.cases[case.name], free[pack.id]) == (pack, case, 3)


def test_the_shelf_tells_fees_statuses_and_what_can_be_drawn_where(world: World) -> None:
    prices = {18900: 0.0025, 430.52: 0.051798642533936665, 3.413: 0.9457013574660634}
    packs = [world.new_pack(1, floor_nano=round(ton * NANO)) for ton in prices]
    items = [(pack.id, chance) for pack, chance in zip(packs, prices.values(), strict=True)]
    case, closed = world.new_case(items, 90_500_000_000), world.new_case(items, status=CaseStatus.INACTIVE)
    shelf, free = world.reading.shelf()
    assert shelf.current_fee(case) == 19.58228694282642
    assert (shelf.status(case, free), shelf.status(closed, free)) == (CaseStatus.ACTIVE, CaseStatus.INACTIVE)
    assert [shelf.cases_of_pack[pack_id] for pack_id, _ in items] == [((case.name, chance),) for _, chance in items]
    world.open(world.new_player(91 * NANO), case)
    shelf, free = world.reading.shelf()
    assert shelf.status(case, free) is CaseStatus.OUT_OF_STICKERS


def test_a_specimen_is_a_free_unit_else_any_else_the_first(world: World) -> None:
    pack, empty = world.new_pack([8, 3]), world.new_pack()
    case, player = world.new_case([(pack.id, 1.0)]), world.new_player(3 * NANO)
    found = []
    for _ in range(3):
        found.append(world.reading.specimen(pack.id))
        world.open(player, case)
    assert found == [3, 8, 3]
    world.add_units(pack.id, [9])
    assert world.reading.specimen(pack.id) == 9
    assert world.reading.specimen(empty.id) == world.reading.specimen(10**9) == 1


# --- people


def _player_with(world: World, units: int) -> Player:
    """A player with units numbered from 1 and, between the openings, one adjustment."""
    case = world.new_case([(world.new_pack(list(range(1, units + 1))).id, 1.0)])
    player = world.new_player(100 * NANO)
    world.open(player, case, units // 2)
    world.clock.pass_time(hours=1)
    world.adjust(player, -NANO, "between")
    world.open(player, case, units - units // 2)
    return player


def test_strangers_have_nothing(world: World) -> None:
    reading = world.reading
    assert (reading.player(5), reading.seed_pair(5)) == (None, None)
    assert reading.inventory(5, 10, None) == reading.history(5, None, 10, None) == (0, [])


def test_the_inventory_is_newest_first_page_by_page(world: World) -> None:
    player = _player_with(world, 7)
    total, items = world.reading.inventory(player.id, 100, None)
    assert (total, [item.number for item in items]) == (7, [7, 6, 5, 4, 3, 2, 1])
    assert [item.id for item in items] == sorted({item.id for item in items}, reverse=True)
    pages: list[Item] = []
    while (page := world.reading.inventory(player.id, 3, pages[-1].id if pages else None))[1]:
        assert page[0] == 7
        assert len(page[1]) == min(3, 7 - len(pages))
        pages += page[1]
    assert pages == items
    assert world.reading.inventory(player.id, 0, None) == (7, [])
    assert world.reading.inventory(player.id, 9, items[-1].id + 1) == (7, [items[-1]])


def test_the_history_is_newest_first_page_by_page(world: World) -> None:
    player = _player_with(world, 4)
    total, events = world.reading.history(player.id, None, 100, None)
    assert (total, len(events)) == (6, 6)
    assert [event.id for event in events] == sorted({event.id for event in events}, reverse=True)
    pages: list[Event] = []
    while (page := world.reading.history(player.id, None, 2, pages[-1].id if pages else None))[1]:
        assert page[0] == 6
        pages += page[1]
    assert pages == events


def test_the_history_tells_what_happened_when(world: World) -> None:
    pack = world.new_pack([1], floor_nano=123)
    case, player = world.new_case([(pack.id, 1.0)]), world.new_player(2 * NANO)
    opened_at = world.clock.pass_time(seconds=1)
    world.open(player, case)
    taken_at = world.clock.pass_time(seconds=1)
    world.adjust(player, -5, "too much")
    world.edit_pack(pack, PackChange(floor_nano=999))
    taken, opened, given = world.events(player)
    assert taken == Event(taken.id, "Adjustment", -5, taken_at, "", "too much")
    assert opened == Event(world.items(player)[0].id, "Case open", 123, opened_at, pack.image_url, "")
    assert given == Event(given.id, "Adjustment", 2 * NANO, NOON, "", "a present")


def test_the_history_can_be_asked_for_one_kind(world: World) -> None:
    player = _player_with(world, 4)
    opened, adjusted = (world.reading.history(player.id, kind, 3, None) for kind in ("Case open", "Adjustment"))
    assert (opened[0], [event.kind for event in opened[1]]) == (4, ["Case open"] * 3)
    assert (adjusted[0], [event.amount_nano for event in adjusted[1]]) == (2, [-NANO, 100 * NANO])
    assert world.reading.history(player.id, "Deposit", 3, None) == (0, [])
    older = world.reading.history(player.id, "Case open", 9, adjusted[1][0].id)
    assert (older[0], [event.id for event in older[1]]) == (4, [e.id for e in world.events(player)[3:5]])


def test_people_see_what_is_theirs(world: World) -> None:
    ann, bob = _player_with(world, 3), _player_with(world, 2)
    assert (len(world.items(ann)), len(world.items(bob))) == (3, 2)
    assert (len(world.events(ann)), len(world.events(bob))) == (5, 4)
    assert not {event.id for event in world.events(ann)} & {event.id for event in world.events(bob)}


# --- draws


def test_a_draw_is_public_with_its_table(world: World) -> None:
    packs = [world.new_pack(9) for _ in range(3)]
    case = world.new_case([(pack.id, chance) for pack, chance in zip(packs, (0.5, 0.0, 0.5), strict=True)])
    player = world.new_player(9 * NANO)
    world.open(player, case, 9)
    pair = world.pair(player)
    world.rotate(player)
    table = tuple((str(row.pack_id), row.tickets) for row in case.odds.rows)
    for nonce, item in enumerate(reversed(world.items(player))):
        draw = world.reading.draw(pair.server_seed_hash, nonce)
        assert draw is not None
        record = draw.record
        assert (draw.case_name, draw.pack_id, draw.at) == (case.name, item.pack_id, NOON)
        assert record == DrawRecord(
            "case",
            pair.server_seed_hash,
            pair.server_seed,
            pair.client_seed,
            nonce,
            case.odds.table_id,
            table,
            record.roll,
            record.row,
        )
        assert case.odds.rows[record.row - 1].pack_id == item.pack_id
        assert all(check.held for check in replay(record))


def test_draws_that_were_not_made_are_none(world: World) -> None:
    player = _player_with(world, 2)
    pair = world.pair(player)
    for seed_hash, nonce in (
        (pair.server_seed_hash, 2),
        (pair.server_seed_hash, 2**31 - 1),
        (pair.next_server_seed_hash, 0),
        (commitment(b"never"), 0),
    ):
        assert world.reading.draw(seed_hash, nonce) is None, (seed_hash, nonce)


# --- what is seen while others write


def test_what_is_not_committed_is_not_seen(world: World) -> None:
    """A reader who comes while a transaction is at work sees the time before it, or waits for its end."""
    player, written, seen = world.new_player(5), Flag(), []

    def write() -> None:
        with suppress(Interrupted), world.transactions() as tx:
            tx.players.update(player.id, Profile(player.profile.telegram_id, "Uncommitted"))
            written.set()
            raise Interrupted

    def read() -> None:
        assert written.wait(10)
        seen.extend(world.reading.player(player.profile.telegram_id) for _ in range(20))

    at_once([write, read])
    assert seen == [(player, 5)] * 20


def test_readers_never_see_half_an_opening(world: World) -> None:
    case, player = world.new_case([(world.new_pack(60).id, 1.0)]), world.new_player(60 * NANO)

    def look() -> list[bool]:
        return [all_held(world.audits.audit()) for _ in range(5)]

    def page() -> list[bool]:
        pages = [world.reading.inventory(player.id, 100, None) for _ in range(50)]
        return [total % 3 == 0 and total == len(items) for total, items in pages]

    playing = [lambda: [bool(world.open(player, case, 3)) for _ in range(5)]] * 3
    assert all(all(results) for results in at_once([*playing, look, look, page]))
    assert len(world.items(player)) == 45
