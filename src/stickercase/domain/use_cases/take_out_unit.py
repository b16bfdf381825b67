"""Take a unit out: it leaves the inventory at once, as a gift to Telegram or as an NFT to the connected wallet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.gifts.deliveries import Delivery, UnitGift
from stickercase.domain.gifts.refusals import NotDeliverable
from stickercase.domain.refusal import ItemNotOwned, Refusal, Refused
from stickercase.domain.stock.packs import Exit, Parcel, Way
from stickercase.domain.use_cases.deliver_gift import begin_gift
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.payout_task import call_payout
from stickercase.domain.use_cases.seat_player import seat_player
from stickercase.domain.wallet.addresses import Address, BadAddress, parse_address
from stickercase.domain.wallet.withdrawals import Limits, NftUnit, Stage, UnitWish, Withdrawal, decide_unit

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


@dataclass(frozen=True, slots=True)
class TakeOutUnit:
    """A player's wish to have an item.

    ``recipient`` is a Telegram username without ``@``, or why there is none: that matters to gifts alone.
    """

    telegram_id: int
    item_id: int
    recipient: str | Refusal


def way_out(parcel: Parcel) -> tuple[Way, str | Address] | None:
    """How a unit can be handed over: as which gift, or as the NFT at which address. None when it can't be.

    A unit that lives on the chain is transferred there: as a gift its owner would get another one.
    """
    if parcel.nft_address is None:
        return None if parcel.gift_id is None else (Way.GIFT, parcel.gift_id)
    try:
        return Way.NFT, parse_address(parcel.nft_address)
    except BadAddress:
        return None


def take_out_unit(
    transactions: Transactions,
    clock: Clock,
    limits: Limits,
    caller: Caller,
    wish: TakeOutUnit,
    render: Callable[[Delivery | Withdrawal], bytes],
) -> Answered:
    """Set the item on its way; ``render`` gets what takes it. A blocked player may have it, too.

    Raises :class:`Refused`: ``idempotency_key_reused``, ``not_found`` (the player), ``item_not_owned``,
    ``not_deliverable``, in this order; then for a gift why there is no recipient, and for an NFT
    ``wallet_not_connected``.
    """
    at = clock.now()

    def act(tx: Transaction, player_id: int) -> bytes:
        unit = tx.inventory.items(player_id, [wish.item_id]).get(wish.item_id)
        if unit is None:
            raise Refused(ItemNotOwned(wish.item_id))
        parcel = tx.departures.parcel(unit.id)
        match way_out(parcel):
            case Way.GIFT, str(gift_id):
                return render(_gift(tx, UnitGift(player_id, wish.item_id, unit.id, gift_id), wish.recipient, at))
            case Way.NFT, Address() as address:
                asked = UnitWish(player_id, NftUnit(wish.item_id, unit.id, address), parcel.floor_nano)
                return render(_transfer(tx, limits, asked, at))
            case _:
                raise Refused(NotDeliverable(wish.item_id))

    with transactions() as tx:
        player, _ = seat_player(tx, wish.telegram_id)
        return once(tx, caller, at, lambda: act(tx, player.id))


def _gift(tx: Transaction, goods: UnitGift, recipient: str | Refusal, at: datetime) -> Delivery:
    if isinstance(recipient, Refusal):
        raise Refused(recipient)
    return begin_gift(tx, goods, recipient, at)


def _transfer(tx: Transaction, limits: Limits, asked: UnitWish, at: datetime) -> Withdrawal:
    wallet = tx.wallets.wallet(asked.player_id)
    address = None if wallet is None else wallet.address
    begun = decide_unit(asked, address, limits, tx.ledger.next_cause(), at)
    if isinstance(begun, Refusal):
        raise Refused(begun)
    tx.departures.leave(asked.player_id, asked.unit.item_id, Exit(Way.NFT, begun.id))
    tx.withdrawals.add(begun)
    if begun.stage is Stage.HELD:
        call_payout(tx, at, at)
    return begun
