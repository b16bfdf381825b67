"""Upgrade: bet items for one free unit that is worth more. The bet returns to the stock either way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.fairness import SeedPair
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.stock.floors import Floor, doubt
from stickercase.domain.stock.packs import Unit
from stickercase.domain.upgrades.decision import Bet, OwnedUnit, UpgradeDrawn, UpgradeSituation, decide
from stickercase.domain.upgrades.ladder import PricedUnit
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.seat_player import seat_player

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


@dataclass(frozen=True, slots=True)
class UpgradeUnit:
    """A player's wish to bet items for a unit. ``table_id`` is that of the quote the player was shown, where given."""

    telegram_id: int
    item_ids: tuple[int, ...]
    target_unit_id: int
    table_id: str | None = None


@dataclass(frozen=True, slots=True)
class UnitUpgraded:
    """An upgrade as it is recorded. ``upgrade_id`` names the item, too, that a winner has now."""

    upgrade_id: int
    drawn: UpgradeDrawn
    at: datetime

    @property
    def stakes(self) -> Sequence[tuple[int, PricedUnit]]:
        """The items that were bet, with their units and floors."""
        return list(zip(self.drawn.bet.item_ids, self.drawn.units, strict=True))


def upgrade_unit(
    transactions: Transactions,
    clock: Clock,
    fee: float,
    caller: Caller,
    wish: UpgradeUnit,
    render: Callable[[UnitUpgraded], bytes],
) -> Answered:
    """Draw one upgrade; ``render`` gets it, won or lost.

    Raises :class:`Refused` with ``idempotency_key_reused``, ``not_found`` for the player, and what
    :func:`~stickercase.domain.upgrades.decision.decide` refuses.
    """
    at = clock.now()
    with transactions() as tx:
        player, _ = seat_player(tx, wish.telegram_id)
        pair = tx.players.live_pair(player.id)
        assert pair is not None, "every player has a live pair"
        return once(tx, caller, at, lambda: render(_upgrade(tx, player, pair, wish, fee, at)))


def _upgrade(
    tx: Transaction, player: Player, pair: SeedPair, wish: UpgradeUnit, fee: float, at: datetime
) -> UnitUpgraded:
    situation = _situation(tx, player, pair, wish, fee, at)
    drawn = decide(situation, Bet(player.id, wish.item_ids, wish.target_unit_id, wish.table_id))
    if isinstance(drawn, Refusal):
        raise Refused(drawn)
    upgraded = UnitUpgraded(tx.ledger.next_cause(), drawn, at)
    tx.inventory.end(player.id, wish.item_ids)
    tx.stock.put_back([_unit(unit) for unit in drawn.units])
    if drawn.win:
        tx.stock.take(_unit(drawn.target))
        tx.inventory.give(player.id, upgraded.upgrade_id, _unit(drawn.target), at)
    tx.upgrades.record(upgraded)
    return upgraded


def _situation(
    tx: Transaction, player: Player, pair: SeedPair, wish: UpgradeUnit, fee: float, at: datetime
) -> UpgradeSituation:
    units = tx.inventory.items(player.id, wish.item_ids)
    known = tx.stock.unit(wish.target_unit_id)
    pack_ids = sorted({unit.pack_id for unit in units.values()} | ({known[0].pack_id} if known else set()))
    tx.stock.lock(pack_ids)
    # Looked at again behind the lock: from here on nobody takes it.
    target = tx.stock.unit(wish.target_unit_id)
    floors = tx.floors.floors(pack_ids)
    return UpgradeSituation(
        blocked=player.blocked,
        pair=pair,
        items={item_id: OwnedUnit(player.id, priced(unit, floors, at)) for item_id, unit in units.items()},
        target=None if target is None else priced(target[0], floors, at),
        target_free=target is not None and target[1],
        fee=fee,
    )


def priced(unit: Unit, floors: Mapping[int, Floor], now: datetime) -> PricedUnit:
    """A unit with the floor of its pack, and why that is not to be relied on, if it is not."""
    floor = floors.get(unit.pack_id)
    why = doubt(floor, now)
    return PricedUnit(
        unit.id, unit.pack_id, unit.number, 0 if floor is None else floor.price_nano, None if why is None else why.value
    )


def _unit(priced_unit: PricedUnit) -> Unit:
    return Unit(priced_unit.unit_id, priced_unit.pack_id, priced_unit.number)
