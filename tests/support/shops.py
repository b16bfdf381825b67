"""A small shop for selling and upgrading: a cheap pack that a case yields, dearer ones to bet for."""

from __future__ import annotations

from dataclasses import dataclass, field

from stickercase.domain.cases.catalogue import Case
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.once import Answered
from support.worlds import World

MOST_AT_ONCE = 10


@dataclass
class Shop:
    """``cheap`` has a floor of 2 TON and comes out of ``case`` (1 TON), ``dear`` one of 3 TON."""

    world: World
    cheap: Pack
    dear: Pack
    case: Case = field(init=False)

    def __post_init__(self) -> None:
        self.case = self.world.new_case([(self.cheap.id, 1.0)])

    def player(self, items: int = 1, balance_nano: int = 0) -> Player:
        """A player with so many units of the cheap pack, and then so much money."""
        player = self.world.new_player(items * NANO + balance_nano)
        for start in range(0, items, MOST_AT_ONCE):
            opened = self.world.open(player, self.case, min(MOST_AT_ONCE, items - start))
            assert isinstance(opened, Answered)
        return player

    def items(self, player: Player) -> list[int]:
        """The ids of the player's items, newest first."""
        return [item.id for item in self.world.items(player)]

    def targets(self) -> list[int]:
        """The ids of all units of the dear pack, by number."""
        return [unit_id for _, unit_id in sorted(self.world.back_door.unit_ids(self.dear.id).items())]


def open_shop(world: World, cheap: int = 20, dear: int = 3) -> Shop:
    """A shop with so many units of each pack, numbered from 1."""
    packs = (world.new_pack(range(1, cheap + 1), 2 * NANO), world.new_pack(range(1, dear + 1), 3 * NANO))
    return Shop(world, *packs)
