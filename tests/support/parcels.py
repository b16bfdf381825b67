"""Units on their way to their players: a shop of gifts that does as it is told, and workers of a world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from stickercase.adapters.memory.gifts import MemoryGifts
from stickercase.adapters.memory.messages import MemoryMessages
from stickercase.domain.gifts.deliveries import Delivery, Pace, Stage, Stars
from stickercase.domain.gifts.orders import GiftState, GiftStatus, NotOrdered, Ordered, StarsBought, Unknown
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.deliver_gift import DELIVER, order_stars
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.perform_task import Performed, perform_task
from stickercase.domain.use_cases.pursue_delivery import pursue_delivery
from stickercase.domain.use_cases.relay_tasks import relay_tasks
from stickercase.domain.use_cases.settle_delivery import settle_delivery
from stickercase.domain.use_cases.stock_packs import PackChange
from stickercase.domain.use_cases.take_out_unit import TakeOutUnit, take_out_unit
from stickercase.domain.use_cases.tasks import Handler
from support.pay_desks import LIMITS
from support.shops import MOST_AT_ONCE
from support.worlds import OPERATOR, World

GIFT = "gift_123"
PACE = Pace()


class Killed(BaseException):
    """The worker is gone: nothing of it goes on, and nothing is caught."""


@dataclass
class TellingGifts:
    """The shop in memory; of an order that it is told of beforehand it says or does something else."""

    shop: MemoryGifts = field(default_factory=MemoryGifts)
    mishaps: list[Callable[[], NotOrdered | Unknown | None]] = field(default_factory=list)
    """What comes of the next orders: an answer without an order, None for the shop's own, or something raised."""
    lost: int = 0
    """So many of the next orders are taken, and their answers lost."""

    def buy_gift(self, recipient: str, gift_id: str, text: str = "") -> Ordered | NotOrdered | Unknown:
        answer = self._mishap()
        return answer or self._heard(self.shop.buy_gift(recipient, gift_id, text))

    def buy_stars(self, username: str, stars: int) -> StarsBought | NotOrdered | Unknown:
        answer = self._mishap()
        return answer or self._heard(self.shop.buy_stars(username, stars))

    def status(self, queue_id: int) -> GiftState:
        return self.shop.status(queue_id)

    def _mishap(self) -> NotOrdered | Unknown | None:
        return self.mishaps.pop(0)() if self.mishaps else None

    def _heard(self, answer: Ordered | NotOrdered | StarsBought | Unknown) -> object:
        if self.lost:
            self.lost -= 1
            return Unknown("the answer was lost")
        return answer


@dataclass
class Post:
    """A world whose packs can be delivered, with its shop of gifts."""

    world: World
    gifts: TellingGifts = field(default_factory=TellingGifts)
    messages: MemoryMessages = field(default_factory=MemoryMessages)

    def pack(self, units: int = 20) -> Pack:
        """A pack that names its gift."""
        return self.world.edit_pack(self.world.new_pack(units), PackChange(gift_id=GIFT))

    def player(self, items: int = 1) -> Player:
        """A player with so many units that can be delivered."""
        case = self.world.new_case([(self.pack(items).id, 1.0)])
        player = self.world.new_player(items * case.price_nano)
        for start in range(0, items, MOST_AT_ONCE):
            assert isinstance(self.world.open(player, case, min(MOST_AT_ONCE, items - start)), Answered)
        return player

    def item(self, player: Player) -> int:
        """The newest item that is the player's to give."""
        return next(item.id for item in self.world.items(player) if not item.is_leaving)

    def ask(self, player: Player, item_id: int, key: str | None = None, asked: bytes = b"") -> Answered | Refusal:
        """Ask for an item."""
        wish, caller = (
            TakeOutUnit(player.profile.telegram_id, item_id, "ann_1"),
            Caller(f"player:{player.id}", key, asked),
        )
        try:
            return take_out_unit(
                self.world.transactions, self.world.clock, LIMITS, caller, wish, lambda one: b"%d" % one.id
            )
        except Refused as refused:
            return refused.refusal

    def requested(self, player: Player | None = None) -> int:
        """A delivery of a unit that was asked for; its id."""
        player = player or self.player()
        answered = self.ask(player, self.item(player))
        assert isinstance(answered, Answered), answered
        return int(answered.answer)

    def starred(self, stars: int = 50) -> int:
        """Stars that an operator gives; the delivery's id."""
        made = order_stars(
            self.world.transactions,
            self.world.clock,
            OPERATOR,
            "bob_1",
            Stars(stars, "a prize"),
            lambda one: b"%d" % one.id,
        )
        return int(made.answer)

    def settle(self, delivery_id: int, delivered: bool, key: str | None = None) -> str:
        """An operator's word about it; the stage, or the code of a refusal."""
        caller = Caller(OPERATOR.name, key)
        try:
            told = settle_delivery(
                self.world.transactions,
                self.world.clock,
                caller,
                delivery_id,
                delivered,
                lambda one: one.stage.value.encode(),
            )
        except Refused as refused:
            return refused.refusal.code
        return told.answer.decode()

    def work(self, pace: Pace = PACE, **later: float) -> list[Performed]:
        """Perform what is due, after so much time."""
        if later:
            self.world.clock.pass_time(**later)
        run = partial(pursue_delivery, self.world.transactions, self.world.clock, self.gifts, pace)
        handlers, done = {DELIVER: Handler(run)}, list[Performed]()

        def perform(task_id: int) -> None:
            performed = perform_task(self.world.transactions, self.world.clock, lambda: 0.0, handlers, task_id)
            if performed is not None:
                done.append(performed)

        relay_tasks(self.world.transactions, self.world.clock, self.messages)
        self.messages.deliver(perform)
        return done

    def delivery(self, delivery_id: int) -> Delivery:
        """A delivery as it is kept."""
        with self.world.transactions() as tx:
            found = tx.deliveries.find(delivery_id)
        assert found is not None
        return found

    def stage(self, delivery_id: int) -> Stage:
        """Where a delivery is."""
        return self.delivery(delivery_id).stage

    def arrive(self, delivery_id: int, status: GiftStatus = GiftStatus.SENT) -> None:
        """Let the shop say so of a gift."""
        queue_id = self.delivery(delivery_id).queue_id
        assert queue_id is not None
        self.gifts.shop.settle(queue_id, status)
