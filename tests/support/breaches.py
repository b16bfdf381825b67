"""Each way to break a law on purpose, past every port, trigger and constraint; and the law that it breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from stickercase.adapters.memory import MemoryStore
from stickercase.adapters.memory.store import Drawing, PackRow, PairRow, PlayerRow, UnitRow
from stickercase.domain.cases.odds import OddsTable
from stickercase.domain.gifts.deliveries import Stage as DeliveryStage
from stickercase.domain.ledger.accounts import EXTERNAL_TON
from stickercase.domain.ledger.transfers import Reason
from stickercase.domain.money import NANO, Asset
from stickercase.domain.stock.packs import Exit, UnitState, Way
from stickercase.domain.upgrades.decision import UpgradeDrawn
from stickercase.domain.wallet.withdrawals import Stage

BREACHES = {
    "money from nowhere": "zero_sum",
    "money moved without a transfer": "balance_is_sum",
    "a balance below zero": "no_negative_balance",
    "a cause paid twice": "one_transfer_per_cause",
    "a sale that pays from outside": "transfers_known",
    "an opening paid too little": "openings_paid",
    "an opening not paid": "openings_paid",
    "a payment without an opening": "openings_paid",
    "a sale not paid": "sales_paid",
    "a sale paid too much": "sales_paid",
    "a payment without a sale": "sales_paid",
    "a deposit from nowhere": "deposits_credited",
    "a deposit forgotten": "deposits_credited",
    "an invoice credited too much": "deposits_credited",
    "a withdrawal not held": "withdrawals_held",
    "a withdrawal paid but not confirmed": "withdrawals_held",
    "a withdrawal smaller than its hold": "withdrawals_held",
    "a unit miscounted": "stock_counted",
    "an item that nobody drew": "units_placed",
    "an owned unit in the stock": "units_placed",
    "a unit with two owners": "units_placed",
    "a unit nowhere": "units_placed",
    "a unit gone": "units_placed",
    "an item sold twice": "items_accounted",
    "an item gone": "items_accounted",
    "a delivered unit in the stock": "units_placed",
    "a delivered item sold": "items_accounted",
    "a departure forgotten": "items_accounted",
    "a delivery that nobody ordered": "deliveries_kept",
    "an item that leaves for nothing": "deliveries_kept",
    "an item back while its delivery goes on": "deliveries_kept",
    "a delivery returned and gone": "deliveries_kept",
    "an NFT on its way for no withdrawal": "deliveries_kept",
    "money moved for an NFT": "withdrawals_held",
    "a stake gone": "upgrades_staked",
    "another fee": "upgrades_staked",
    "another outcome": "draws_replay",
    "a counter too high": "nonces_gapless",
    "a draw gone": "nonces_gapless",
    "another roll": "draws_replay",
    "another row": "draws_replay",
    "another server seed": "draws_replay",
    "another client seed": "draws_replay",
    "another table id": "tables_sound",
    "a ticket moved": "tables_sound",
}
"""Every way to break a law, and the law. Needs two players who have drawn, traded, deposited and withdrawn, an item on
its way as a gift, another as an NFT, and one delivered."""


# --- in memory


def _drawn(store: MemoryStore) -> tuple[PlayerRow, PlayerRow]:
    first, second = [player for player in store.players.values() if player.draws][:2]
    return first, second


def _last_pair(store: MemoryStore) -> PairRow:
    return _drawn(store)[0].pairs[-1]


def _owned(store: MemoryStore) -> UnitRow:
    return next(iter(_drawn(store)[0].items.values()))


def _pack_with_free_units(store: MemoryStore) -> PackRow:
    return next(pack for pack in store.packs.values() if pack.free)


def _give(player: PlayerRow, amount: int) -> None:
    player.balances[Asset.TON] += amount


def _move_without_transfer(store: MemoryStore) -> None:
    first, second = _drawn(store)
    _give(first, -1)
    _give(second, 1)


def _payment(store: MemoryStore) -> int:
    return next(i for i, transfer in enumerate(store.transfers) if transfer.reason is Reason.OPENING)


def _repay(store: MemoryStore, **changes: int) -> None:
    index = _payment(store)
    store.transfers[index] = replace(store.transfers[index], **changes)


def _resell(store: MemoryStore, **changes: int) -> None:
    index = next(i for i, transfer in enumerate(store.transfers) if transfer.reason is Reason.SALE)
    store.transfers[index] = replace(store.transfers[index], **changes)


def _resell_from_outside(store: MemoryStore) -> None:
    sale = next(t for t in store.transfers if t.reason is Reason.SALE)
    store.transfers.append(replace(sale, cause=10**9, debit=EXTERNAL_TON))


def _unsell(store: MemoryStore) -> None:
    store.transfers.remove(next(t for t in store.transfers if t.reason is Reason.SALE))


def _sell_again(store: MemoryStore) -> None:
    sales = _drawn(store)[0].sales
    sales.append(sales[0])


def _lose_item(store: MemoryStore) -> None:
    items = _drawn(store)[0].items
    del items[next(iter(items))]


def _reupgrade(store: MemoryStore, change: Callable[[UpgradeDrawn], UpgradeDrawn]) -> None:
    upgrades = _drawn(store)[0].upgrades
    upgrades[0] = replace(upgrades[0], drawn=change(upgrades[0].drawn))


def _unstaked(drawn: UpgradeDrawn) -> UpgradeDrawn:
    return replace(drawn, units=drawn.units[1:], bet=replace(drawn.bet, item_ids=drawn.bet.item_ids[1:]))


def _recredit(store: MemoryStore) -> None:
    invoice_id, payable = next(iter(store.invoices.items()))
    more = replace(payable.invoice, credited_nano=payable.invoice.credited_nano + 1)
    store.invoices[invoice_id] = replace(payable, invoice=more)


def _rewithdraw(store: MemoryStore, **changes: object) -> None:
    withdrawal_id = min(store.withdrawals)
    store.withdrawals[withdrawal_id] = replace(store.withdrawals[withdrawal_id], **changes)  # type: ignore[arg-type]  # any field


def _without(store: MemoryStore, reason: Reason) -> None:
    store.transfers.remove(next(t for t in store.transfers if t.reason is reason))


def _leaving(store: MemoryStore) -> UnitRow:
    return next(row for row in store.units.values() if row.state is UnitState.LEAVING)


def _redeliver(store: MemoryStore, before: DeliveryStage, after: DeliveryStage) -> None:
    known = next(one for one in store.deliveries.values() if one.stage is before)
    store.deliveries[known.id] = replace(known, stage=after)


def _sell_departed(store: MemoryStore) -> None:
    gone = store.departures[0]
    sales = store.players[gone.player_id].sales
    sales.append(replace(sales[0], item_id=gone.item_id, unit=gone.unit))


def _restock_departed(store: MemoryStore) -> None:
    unit = store.departures[0].unit
    store.packs[unit.pack_id].free.append(unit.number)


def _lose_unit(store: MemoryStore) -> None:
    unit = _owned(store).unit
    del store.packs[unit.pack_id].units[unit.number]


def _redraw(store: MemoryStore, change: Callable[[Drawing], Drawing]) -> None:
    """Put another last drawing into the last opening, wherever it is kept."""
    opened = store.openings[-1]
    drawing = change((opened, opened.drops[-1]))
    store.openings[-1] = replace(opened, drops=(*opened.drops[:-1], drawing[1]))


def _other_roll(drawing: Drawing) -> Drawing:
    opened, drop = drawing
    return opened, replace(drop, draw=replace(drop.draw, roll=drop.draw.roll ^ 1))


def _other_row(drawing: Drawing) -> Drawing:
    opened, drop = drawing
    return opened, replace(drop, draw=replace(drop.draw, row=drop.draw.row + 1))


def _republish(store: MemoryStore, change: Callable[[OddsTable], OddsTable]) -> None:
    odds_id = store.openings[-1].case.odds_id
    store.odds[odds_id] = replace(store.odds[odds_id], table=change(store.odds[odds_id].table))


def _ticket_moved(table: OddsTable) -> OddsTable:
    first, second, *rest = table.rows
    moved = (replace(first, tickets=first.tickets - 1), replace(second, tickets=second.tickets + 1))
    return replace(table, rows=(*moved, *rest))


IN_MEMORY: dict[str, Callable[[MemoryStore], object]] = {
    "money from nowhere": lambda store: _give(_drawn(store)[0], 1),
    "money moved without a transfer": _move_without_transfer,
    "a balance below zero": lambda store: _give(_drawn(store)[0], -(10**18)),
    "a cause paid twice": lambda store: store.transfers.append(store.transfers[-1]),
    "a sale that pays from outside": _resell_from_outside,
    "an opening paid too little": lambda store: _repay(store, amount=1),
    "an opening not paid": lambda store: store.transfers.pop(_payment(store)),
    "a payment without an opening": lambda store: _repay(store, cause=10**9),
    "a sale not paid": _unsell,
    "a sale paid too much": lambda store: _resell(store, amount=10**12),
    "a payment without a sale": lambda store: _resell(store, cause=10**9),
    "an item sold twice": _sell_again,
    "an item gone": _lose_item,
    "a delivered unit in the stock": _restock_departed,
    "a delivered item sold": _sell_departed,
    "a departure forgotten": lambda store: store.departures.pop(),
    "a delivery that nobody ordered": lambda store: store.deliveries.pop(min(store.deliveries)),
    "an item that leaves for nothing": lambda store: setattr(_leaving(store), "way_out", Exit(Way.GIFT, 10**9)),
    "an item back while its delivery goes on": lambda store: setattr(_leaving(store), "state", UnitState.OWNED),
    "a delivery returned and gone": lambda store: _redeliver(store, DeliveryStage.DELIVERED, DeliveryStage.RETURNED),
    "an NFT on its way for no withdrawal": lambda store: store.withdrawals.pop(max(store.withdrawals)),
    "money moved for an NFT": lambda store: store.transfers.append(
        replace(next(t for t in store.transfers if t.reason is Reason.HOLD), cause=max(store.withdrawals))
    ),
    "a stake gone": lambda store: _reupgrade(store, _unstaked),
    "another fee": lambda store: _reupgrade(store, lambda drawn: replace(drawn, quote=replace(drawn.quote, fee=0.1))),
    "another outcome": lambda store: _reupgrade(
        store, lambda drawn: replace(drawn, draw=replace(drawn.draw, row=3 - drawn.draw.row))
    ),
    "a deposit from nowhere": lambda store: _drawn(store)[0].deposits.pop(),
    "a deposit forgotten": lambda store: _without(store, Reason.DEPOSIT),
    "an invoice credited too much": _recredit,
    "a withdrawal not held": lambda store: _without(store, Reason.HOLD),
    "a withdrawal paid but not confirmed": lambda store: _rewithdraw(store, stage=Stage.SENT),
    "a withdrawal smaller than its hold": lambda store: _rewithdraw(store, amount_nano=NANO // 2),
    "a unit miscounted": lambda store: _pack_with_free_units(store).free.append(0),
    "an item that nobody drew": lambda store: setattr(_owned(store), "item_id", 10**9),
    "an owned unit in the stock": lambda store: setattr(_owned(store), "state", UnitState.FREE),
    "a unit with two owners": lambda store: _drawn(store)[1].items.update({10**9: _owned(store)}),
    "a unit nowhere": lambda store: _pack_with_free_units(store).free.pop(),
    "a unit gone": _lose_unit,
    "a counter too high": lambda store: setattr(_last_pair(store), "nonce", _last_pair(store).nonce + 1),
    "a draw gone": lambda store: _last_pair(store).draws.pop(0),
    "another roll": lambda store: _redraw(store, _other_roll),
    "another row": lambda store: _redraw(store, _other_row),
    "another server seed": lambda store: setattr(_last_pair(store), "server_seed", bytes(32)),
    "another client seed": lambda store: setattr(_last_pair(store), "client_seed", "forged"),
    "another table id": lambda store: _republish(store, lambda table: replace(table, table_id="0" * 64)),
    "a ticket moved": lambda store: _republish(store, _ticket_moved),
}


# --- in PostgreSQL


def _freely(table: str, *statements: str) -> tuple[str, ...]:
    return (f"ALTER TABLE {table} DISABLE TRIGGER USER", *statements)


_DRAWN = "(SELECT min(player_id) FROM case_draws)"
_SECOND = f"(SELECT min(player_id) FROM case_draws WHERE player_id > {_DRAWN})"
_PAID = "(SELECT min(cause) FROM transfers WHERE reason = 'opening')"
_LIVE = f"player_id = {_DRAWN} AND revealed_at IS NULL"
_ITEM = "unit_id = (SELECT min(unit_id) FROM items)"
_LAST = "item_id = (SELECT max(item_id) FROM case_draws)"
_TABLE = "(SELECT max(odds_id) FROM case_draws)"

IN_POSTGRES: dict[str, Sequence[str]] = {
    "money from nowhere": [f"UPDATE accounts SET balance = balance + 1 WHERE player_id = {_DRAWN}"],
    "money moved without a transfer": [
        f"UPDATE accounts SET balance = balance - 1 WHERE player_id = {_DRAWN}",
        f"UPDATE accounts SET balance = balance + 1 WHERE player_id = {_SECOND}",
    ],
    "a balance below zero": [
        "ALTER TABLE accounts DROP CONSTRAINT accounts_balance_check",
        f"UPDATE accounts SET balance = -1 WHERE player_id = {_DRAWN}",
    ],
    "a cause paid twice": [
        "ALTER TABLE transfers DROP CONSTRAINT transfers_pkey",
        f"INSERT INTO transfers SELECT * FROM transfers WHERE cause = {_PAID} AND reason = 'opening'",
    ],
    "a sale that pays from outside": [
        """INSERT INTO transfers (player_id, reason, cause, debit, credit, asset, amount, at)
           SELECT player_id, reason, 1000000, 'external:ton', credit, asset, amount, at FROM transfers
           WHERE reason = 'sale' LIMIT 1"""
    ],
    "an opening paid too little": _freely("transfers", f"UPDATE transfers SET amount = 1 WHERE cause = {_PAID}"),
    "an opening not paid": _freely("transfers", f"DELETE FROM transfers WHERE cause = {_PAID}"),
    "a payment without an opening": _freely("transfers", f"UPDATE transfers SET cause = 1000000 WHERE cause = {_PAID}"),
    "a sale not paid": _freely("transfers", "DELETE FROM transfers WHERE reason = 'sale'"),
    "a sale paid too much": _freely("transfers", "UPDATE transfers SET amount = amount + 1 WHERE reason = 'sale'"),
    "a payment without a sale": _freely("sales", "DELETE FROM sales WHERE sale_id = (SELECT min(sale_id) FROM sales)"),
    "an item sold twice": [
        """INSERT INTO upgrade_stakes SELECT player_id, item_id, 1000000, 1, unit_id, floor_nano FROM sales
           WHERE sale_id = (SELECT min(sale_id) FROM sales)"""
    ],
    "an item gone": [f"DELETE FROM items WHERE {_ITEM}"],
    "a delivered unit in the stock": [
        """INSERT INTO free_units SELECT u.pack_id, u.number, u.id FROM units u JOIN departures d ON d.unit_id = u.id
           LIMIT 1"""
    ],
    "a delivered item sold": [
        """INSERT INTO sales SELECT d.player_id, 1000000, d.item_id, d.unit_id, 1, 1, d.at FROM departures d LIMIT 1"""
    ],
    "a departure forgotten": _freely("departures", "DELETE FROM departures"),
    "a delivery that nobody ordered": ["DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)"],
    "an item that leaves for nothing": ["UPDATE items SET delivery_id = 1000000 WHERE state = 'leaving'"],
    "an item back while its delivery goes on": ["UPDATE items SET state = 'owned', way = NULL, delivery_id = NULL"],
    "a delivery returned and gone": ["UPDATE deliveries SET stage = 'returned' WHERE stage = 'delivered'"],
    "an NFT on its way for no withdrawal": ["DELETE FROM withdrawals WHERE item_id IS NOT NULL"],
    "money moved for an NFT": [
        """INSERT INTO transfers (player_id, reason, cause, debit, credit, asset, amount, at)
           SELECT player_id, reason, (SELECT max(id) FROM withdrawals), debit, credit, asset, amount, at FROM transfers
           WHERE reason = 'hold' LIMIT 1"""
    ],
    "a stake gone": _freely("upgrade_stakes", "DELETE FROM upgrade_stakes WHERE place = 2"),
    "another fee": _freely("upgrades", "UPDATE upgrades SET fee = 0.1"),
    "another outcome": [
        "ALTER TABLE upgrades DROP CONSTRAINT upgrades_check1",
        *_freely("upgrades", "UPDATE upgrades SET won = NOT won"),
    ],
    "a deposit from nowhere": _freely("deposits", "DELETE FROM deposits"),
    "a deposit forgotten": _freely("transfers", "DELETE FROM transfers WHERE reason = 'deposit'"),
    "an invoice credited too much": ["UPDATE invoices SET credited_nano = credited_nano + 1"],
    "a withdrawal not held": _freely("transfers", "DELETE FROM transfers WHERE reason = 'hold'"),
    "a withdrawal paid but not confirmed": [
        "UPDATE withdrawals SET stage = 'sent' WHERE id = (SELECT min(id) FROM withdrawals)"
    ],
    "a withdrawal smaller than its hold": [
        "UPDATE withdrawals SET amount_nano = amount_nano - 1 WHERE item_id IS NULL"
    ],
    "a unit miscounted": ["UPDATE stock SET free = free + 1 WHERE pack_id = (SELECT min(pack_id) FROM stock)"],
    "an item that nobody drew": [f"UPDATE items SET item_id = 1000000 WHERE {_ITEM}"],
    "an owned unit in the stock": [
        "INSERT INTO free_units SELECT pack_id, number, id FROM units WHERE id = (SELECT min(unit_id) FROM items)"
    ],
    "a unit with two owners": [
        f"""INSERT INTO items SELECT {_SECOND}, 1000000, unit_id, state, acquired_at FROM items
            WHERE player_id = {_DRAWN} LIMIT 1"""
    ],
    "a unit nowhere": ["DELETE FROM free_units WHERE unit_id = (SELECT min(unit_id) FROM free_units)"],
    "a unit gone": ["DELETE FROM units WHERE id = (SELECT min(unit_id) FROM items)"],
    "a counter too high": [f"UPDATE seed_pairs SET nonce = nonce + 1 WHERE {_LIVE}"],
    "a draw gone": _freely("case_draws", f"DELETE FROM case_draws WHERE player_id = {_DRAWN} AND nonce = 0"),
    "another roll": _freely("case_draws", f"UPDATE case_draws SET roll = roll # 1 WHERE {_LAST}"),
    "another row": _freely("case_draws", f'UPDATE case_draws SET "row" = "row" + 1 WHERE {_LAST}'),
    "another server seed": [
        "ALTER TABLE seed_pairs DROP CONSTRAINT seed_pairs_check",
        f"UPDATE seed_pairs SET server_seed = decode(repeat('00', 32), 'hex') WHERE {_LIVE}",
    ],
    "another client seed": [f"UPDATE seed_pairs SET client_seed = 'forged' WHERE {_LIVE}"],
    "another table id": _freely("odds", f"UPDATE odds SET table_id = repeat('0', 64) WHERE id = {_TABLE}"),
    "a ticket moved": _freely(
        "odds_rows",
        f"""UPDATE odds_rows SET tickets = tickets + CASE WHEN pack_id = (SELECT min(pack_id) FROM odds_rows
            WHERE odds_id = {_TABLE}) THEN -1 ELSE 1 END WHERE odds_id = {_TABLE}""",
    ),
}
