"""What every gift shop promises: the one in memory, and Giftly's adapter before the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stickercase.adapters.giftly.gifts import GiftlyGifts
from stickercase.adapters.memory.gifts import MemoryGifts
from stickercase.domain.gifts.orders import GiftStatus, NotOrdered, Ordered, OrderTrouble, StarsBought
from stickercase.ports.gifts import Gifts
from support.sandboxes import GIFTLY_TOKEN, outside

PERSONAL = [OrderTrouble.UNKNOWN_USERNAME, OrderTrouble.PAID_MESSAGES, OrderTrouble.MUST_WRITE_FIRST]


@dataclass
class Shop:
    """A shop, and the hands behind its counter. ``taken`` lists (recipient, gift id, text) of what was ordered."""

    gifts: Gifts
    trouble: Callable[[str, OrderTrouble], object]
    settle: Callable[[int, GiftStatus], object]
    taken: Callable[[], list[tuple[str, str, str]]]
    stars: Callable[[], list[tuple[str, int]]]


def _memory() -> Shop:
    gifts = MemoryGifts()
    return Shop(
        gifts,
        gifts.trouble,
        gifts.settle,
        lambda: [(gift.recipient, gift.gift_id, gift.text) for gift in gifts.gifts.values()],
        lambda: gifts.stars,
    )


@pytest.fixture(params=["memory", "giftly"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    if request.param == "memory":
        yield _memory()
        return
    with outside(tmp_path) as world:
        world.control("giftly", delivery_seconds=None)
        yield Shop(
            GiftlyGifts(world.giftly_url, GIFTLY_TOKEN),
            lambda username, why: world.control("people", username=username, trouble=why.value),
            lambda queue_id, status: world.control(f"gifts/{queue_id}", status=status.value),
            lambda: [(g["recipient"], g["gift_id"], g["text"]) for g in world.state()["giftly"]["gifts"].values()],
            lambda: [(s["username"], s["stars"]) for s in world.state()["stars"]],
        )


def ordered(shop: Shop) -> int:
    order = shop.gifts.buy_gift("bob", "gift_123", "Поздравляю!")
    assert isinstance(order, Ordered)
    return order.queue_id


def test_an_order_is_taken_once_and_has_a_number(shop: Shop) -> None:
    first, second = ordered(shop), ordered(shop)
    assert first != second
    assert shop.taken() == [("bob", "gift_123", "Поздравляю!")] * 2
    assert shop.gifts.status(first).status is GiftStatus.PENDING


def test_a_gift_may_go_without_words(shop: Shop) -> None:
    assert isinstance(shop.gifts.buy_gift("bob", "gift_123"), Ordered)
    assert shop.taken() == [("bob", "gift_123", "")]


@pytest.mark.parametrize("status", GiftStatus)
def test_the_status_is_told(shop: Shop, status: GiftStatus) -> None:
    number = ordered(shop)
    shop.settle(number, status)
    assert shop.gifts.status(number).status is status


def test_a_number_that_there_is_not_is_not_found(shop: Shop) -> None:
    assert shop.gifts.status(999_999).status is GiftStatus.NOT_FOUND


@pytest.mark.parametrize("why", PERSONAL)
def test_a_person_to_whom_nothing_can_be_given(shop: Shop, why: OrderTrouble) -> None:
    shop.trouble("bob", why)
    gift, stars = shop.gifts.buy_gift("Bob", "gift_123"), shop.gifts.buy_stars("bob", 100)
    assert isinstance(gift, NotOrdered)
    assert isinstance(stars, NotOrdered)
    assert gift.why is stars.why is why
    assert gift.text
    assert gift.alarm is None, "no operator can help it"
    assert (shop.taken(), shop.stars()) == ([], [])


def test_stars_are_bought_at_once(shop: Shop) -> None:
    bought = shop.gifts.buy_stars("bob", 50)
    assert isinstance(bought, StarsBought)
    assert bought.stars == 50
    assert shop.stars() == [("bob", 50)]


@pytest.mark.parametrize("stars", [49, 0, -1])
def test_fewer_than_fifty_stars_are_not_asked_for(shop: Shop, stars: int) -> None:
    with pytest.raises(ValueError, match="50"):
        shop.gifts.buy_stars("bob", stars)
    assert shop.stars() == []
