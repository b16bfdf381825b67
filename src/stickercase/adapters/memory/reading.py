"""Reading the memory store. Every method waits for the transaction in flight, so it sees committed things only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from stickercase.adapters.memory.deliveries import deliveries_of
from stickercase.adapters.memory.inventory import units_behind
from stickercase.adapters.memory.store import Drawing, MemoryStore, PairRow, UnitRow
from stickercase.adapters.memory.withdrawal_lines import open_withdrawals, page_of_withdrawals, withdrawal_of_item
from stickercase.domain.fairness import DrawRecord, SeedPair
from stickercase.domain.gifts.deliveries import Delivery
from stickercase.domain.ledger.accounts import AccountKind
from stickercase.domain.ledger.transfers import Transfer
from stickercase.domain.money import Asset
from stickercase.domain.players.profile import Player
from stickercase.domain.stock.floors import Floor
from stickercase.domain.stock.packs import UnitState
from stickercase.domain.use_cases.open_cases import GAME
from stickercase.domain.use_cases.sell_unit import UnitSold
from stickercase.domain.use_cases.settle_invoice import InvoiceCredited
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded
from stickercase.domain.wallet.ownership import Connected
from stickercase.domain.wallet.withdrawals import Withdrawal
from stickercase.ports.reading import (
    PACKED_COUNT,
    Event,
    Glance,
    Item,
    OfferGround,
    OpenWithdrawals,
    PublicDraw,
    WithdrawalLine,
)

R = TypeVar("R")


class MemoryReading:
    """Shelves, People, Offers, Prices, Draws and WithdrawalLines."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def shelf(self) -> tuple[Shelf, Mapping[int, int]]:
        """The shelf, and the free units of every pack."""
        with self._store.alone():
            return self._store.shelf(), {pack_id: len(row.free) for pack_id, row in self._store.packs.items()}

    def glance(self) -> Glance:
        """A look at the version and the counts."""
        with self._store.alone():
            counts = sorted((pack_id, len(row.free)) for pack_id, row in self._store.packs.items())
            return Glance(self._store.version, b"".join(PACKED_COUNT.pack(*count) for count in counts))

    def shelf_since(self, version: int) -> Shelf:
        """The shelf as it is now."""
        with self._store.alone():
            assert version <= self._store.version, "that version was never glanced at"
            return self._store.shelf()

    def specimen(self, pack_id: int) -> int:
        """The lowest free number, else the lowest of any unit, else 1."""
        with self._store.alone():
            row = self._store.packs.get(pack_id)
            if row is None or row.lowest is None:
                return 1
            return row.free[0] if row.free else row.lowest

    def player(self, telegram_id: int) -> tuple[Player, int] | None:
        """A player and the TON balance in nanotons."""
        with self._store.alone():
            player_id = self._store.player_ids.get(telegram_id)
            if player_id is None:
                return None
            row = self._store.players[player_id]
            return row.player, row.balances[Asset.TON]

    def wallet(self, player_id: int) -> Connected | None:
        """The wallet that the player has connected."""
        with self._store.alone():
            row = self._store.players.get(player_id)
            return None if row is None else row.wallet

    def seed_pair(self, player_id: int) -> SeedPair | None:
        """The live seed pair."""
        with self._store.alone():
            row = self._store.players.get(player_id)
            return None if row is None else row.pairs[-1].pair

    def inventory(self, player_id: int, limit: int, before: int | None) -> tuple[int, Sequence[Item]]:
        """How many items there are, and up to ``limit`` of them, newest first."""
        with self._store.alone():
            row = self._store.players.get(player_id)
            if row is None:
                return 0, []
            ids = sorted(row.items)
            shown = _page(ids, int, limit, before)
            return len(ids), [_item(item_id, row.items[item_id]) for item_id in shown]

    def delivery(self, player_id: int, item_id: int) -> Delivery | None:
        """The newest delivery of an item."""
        with self._store.alone():
            return next(reversed(deliveries_of(self._store, player_id, item_id)), None)

    def history(self, player_id: int, kind: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Event]]:
        """How many events there are, and up to ``limit`` of them, newest first."""
        with self._store.alone():
            row = self._store.players.get(player_id)
            if row is None:
                return 0, []
            events: dict[str, tuple[Sequence[Any], Callable[[Any], int], Callable[[Any], Event]]] = {
                "Case open": (row.draws, lambda drawing: drawing[1].item_id, self._opened),
                "Sticker sell": (row.sales, lambda sold: sold.sale_id, self._sold),
                "Upgrade": (row.upgrades, lambda upgraded: upgraded.upgrade_id, self._upgraded),
                "Deposit": (row.deposits, lambda credited: credited.deposit_id, _deposited),
                "Withdrawal": (self._withdrawals_of(player_id), lambda one: one.id, _withdrawn),
                "Adjustment": (sorted(row.adjustments, key=_cause), _cause, _adjusted),
            }
            total, shown = 0, list[Event]()
            for name, (rows, id_of, event_of) in events.items():
                if kind in (None, name):
                    total += len(rows)
                    shown += [event_of(one) for one in _page(rows, id_of, limit, before)]
            shown.sort(key=lambda event: event.id, reverse=True)
            return total, shown[:limit]

    def withdrawals_of(self, player_id: int, limit: int, before: int | None) -> tuple[int, Sequence[WithdrawalLine]]:
        """A page of a player's withdrawals."""
        with self._store.alone():
            return page_of_withdrawals(self._store, lambda one: one.player_id == player_id, limit, before)

    def withdrawals(
        self, stage: str | None, limit: int, beyond: int | None, *, oldest_first: bool
    ) -> tuple[int, Sequence[WithdrawalLine]]:
        """A page of everybody's withdrawals."""
        with self._store.alone():
            return page_of_withdrawals(
                self._store, lambda one: stage in (None, one.stage.value), limit, beyond, oldest_first=oldest_first
            )

    def withdrawal_of_item(self, player_id: int, item_id: int) -> WithdrawalLine | None:
        """The newest withdrawal of an item."""
        with self._store.alone():
            return withdrawal_of_item(self._store, player_id, item_id)

    def open_withdrawals(self) -> Sequence[OpenWithdrawals]:
        """What waits or is on its way."""
        with self._store.alone():
            return open_withdrawals(self._store)

    def offer_ground(self, player_id: int, item_ids: Sequence[int]) -> OfferGround:
        """The ground for offers of upgrades to this player."""
        with self._store.alone():
            packs = self._store.packs
            free = [pack.units[pack.free[0]].unit for pack in packs.values() if pack.free]
            floors = {pack_id: pack.floor for pack_id, pack in packs.items()}
            return OfferGround(units_behind(self._store, player_id, item_ids), free, floors)

    def floors(self) -> Mapping[int, Floor]:
        """The floors of all packs."""
        with self._store.alone():
            return {pack_id: row.floor for pack_id, row in self._store.packs.items()}

    def draw(self, server_seed_hash: str, nonce: int) -> PublicDraw | None:
        """The draw made with the committed seed and the nonce."""
        with self._store.alone():
            pair = self._store.pairs.get(server_seed_hash)
            if pair is None or not 0 <= nonce < len(pair.draws):
                return None
            return _public(pair, pair.draws[nonce])

    def _opened(self, drawing: Drawing) -> Event:
        opened, drop = drawing
        return Event(drop.item_id, "Case open", drop.floor_nano, opened.at, self._image_of(drop.unit.pack_id))

    def _sold(self, sold: UnitSold) -> Event:
        image_url = self._image_of(sold.unit.pack_id)
        return Event(sold.sale_id, "Sticker sell", sold.transfer.amount, sold.at, image_url)

    def _upgraded(self, upgraded: UnitUpgraded) -> Event:
        drawn = upgraded.drawn
        bet_url, target_url = self._image_of(drawn.units[0].pack_id), self._image_of(drawn.target.pack_id)
        value = drawn.value_nano
        return Event(upgraded.upgrade_id, "Upgrade", value, upgraded.at, target_url, "", drawn.win, bet_url)

    def _withdrawals_of(self, player_id: int) -> list[Withdrawal]:
        """Those of TON: a unit on its way is no line of the history."""
        everyone = self._store.withdrawals.values()
        own = [one for one in everyone if one.player_id == player_id and one.unit is None]
        return sorted(own, key=lambda one: one.id)

    def _image_of(self, pack_id: int) -> str:
        return self._store.packs[pack_id].pack.image_url


def _item(item_id: int, row: UnitRow) -> Item:
    return Item(item_id, row.unit.pack_id, row.unit.number, row.state is UnitState.LEAVING)


def _page(rows: Sequence[R], id_of: Callable[[R], int], limit: int, before: int | None) -> list[R]:
    end = len(rows) if before is None else bisect_left(rows, before, key=id_of)
    return list(reversed(rows[max(0, end - limit) : end]))


def _cause(transfer: Transfer) -> int:
    return transfer.cause


def _deposited(credited: InvoiceCredited) -> Event:
    return Event(credited.deposit_id, "Deposit", credited.transfer.amount, credited.at, status="paid")


def _withdrawn(one: Withdrawal) -> Event:
    return Event(one.id, "Withdrawal", -one.amount_nano, one.requested_at, status=one.stage.value)


def _adjusted(transfer: Transfer) -> Event:
    sign = 1 if transfer.credit.kind is AccountKind.PLAYER else -1
    return Event(transfer.cause, "Adjustment", sign * transfer.amount, transfer.at, note=transfer.note or "")


def _public(pair: PairRow, drawing: Drawing | UnitUpgraded) -> PublicDraw:
    seed = None if pair.revealed_at is None else pair.server_seed
    if isinstance(drawing, UnitUpgraded):
        drawn = drawing.drawn
        won = drawn.target.pack_id if drawn.win else None
        return PublicDraw(replace(drawn.draw, server_seed=seed), None, won, drawing.at)
    opened, drop = drawing
    draw, odds = drop.draw, opened.case.odds
    record = DrawRecord(
        game=GAME,
        server_seed_hash=draw.server_seed_hash,
        server_seed=seed,
        client_seed=draw.client_seed,
        nonce=draw.nonce,
        table_id=odds.table_id,
        table=tuple((str(row.pack_id), row.tickets) for row in odds.rows),
        roll=draw.roll,
        row=draw.row + 1,
    )
    return PublicDraw(record, opened.case.name, drop.unit.pack_id, opened.at)
