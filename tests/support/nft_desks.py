"""Players with units that live on the chain as NFTs, and what becomes of those that are taken out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count

from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import InvalidRequest, Refusal, Refused
from stickercase.domain.stock.packs import Exit, NewUnit, Way
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.stock_packs import add_units
from stickercase.domain.use_cases.take_out_unit import TakeOutUnit, take_out_unit
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.ownership import Connected
from stickercase.domain.wallet.withdrawals import NftUnit, UnitWish, Withdrawal, decide_unit
from support.pay_desks import HOT, LIMITS, PayDesk
from support.worlds import OPERATOR, World

NAMELESS = InvalidRequest("username", "nobody has one here")
_numbers = count(1)


def new_nft() -> Address:
    """Where an NFT lives that nobody else has."""
    return Address(0, hashlib.sha256(f"nft {next(_numbers)}".encode()).digest())


@dataclass
class Holder:
    """A player with one unit, its NFT, and a wallet."""

    world: World
    player: Player
    item_id: int
    nft: Address
    home: Address
    owner_before: Address = HOT

    @property
    def states(self) -> list[bool]:
        """Of each item in the inventory: whether it is leaving."""
        return [item.is_leaving for item in self.world.items(self.player)]

    def take_out(self, key: str | None = None) -> Answered | Refusal:
        wish = TakeOutUnit(self.player.profile.telegram_id, self.item_id, NAMELESS)
        caller = Caller(f"player:{self.player.id}", key)
        try:
            return take_out_unit(
                self.world.transactions, self.world.clock, LIMITS, caller, wish, lambda made: b"%d" % made.id
            )
        except Refused as refused:
            return refused.refusal

    def taken_out(self) -> int:
        """The withdrawal that began; its id."""
        answered = self.take_out()
        assert isinstance(answered, Answered), answered
        return int(answered.answer)


def holder(
    world: World,
    floor_nano: int = NANO,
    *,
    connect: bool = True,
    address: str | None = None,
    nft: Address | None = None,
) -> Holder:
    """A player who has drawn a unit that lives on the chain."""
    nft = nft or new_nft()
    pack = world.new_pack(0, floor_nano=floor_nano)
    add_units(world.transactions, world.clock, OPERATOR, pack.id, [NewUnit(1, address or nft.raw)], lambda _: b"")
    case = world.new_case([(pack.id, 1.0)])
    player = world.new_player(case.price_nano)
    assert isinstance(world.open(player, case), Answered)
    home = Address(0, (10**6 + player.id).to_bytes(32, "big"))
    if connect:
        with world.transactions() as tx:
            tx.ledger.balance(player.id)
            tx.wallets.connect(player.id, Connected(home, "v4r2", bytes(32), world.clock.now()))
    return Holder(world, player, world.items(player)[0].id, nft, home)


def send_nft(world: World, player: Player, item_id: int) -> None:
    """Set an item on its way as an NFT, whatever its unit is."""
    with world.transactions() as tx:
        tx.ledger.balance(player.id)
        unit = NftUnit(item_id, tx.inventory.items(player.id, [item_id])[item_id].id, new_nft())
        made = decide_unit(UnitWish(player.id, unit, NANO), HOT, LIMITS, tx.ledger.next_cause(), world.clock.now())
        assert isinstance(made, Withdrawal)
        tx.departures.leave(player.id, item_id, Exit(Way.NFT, made.id))
        tx.withdrawals.add(made)


def owner_of(desk: PayDesk, owner: Address = HOT, floor_nano: int = NANO) -> Holder:
    """A holder whose NFT is somebody's on the desk's chain, the hot wallet's if nothing is said."""
    made = holder(desk.world, floor_nano)
    made.owner_before = desk.chain.owners[made.nft] = owner
    return made


def stage_of(desk: PayDesk, withdrawal_id: int) -> str:
    """Where a withdrawal is."""
    found: Withdrawal = desk.find(withdrawal_id)
    return found.stage.value
