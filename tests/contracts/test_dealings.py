"""What was dealt with vendors about is read newest first, page by page, each thing once."""

from __future__ import annotations

from datetime import timedelta

from stickercase.domain.money import NANO
from support.parcels import Post
from support.purses import new_invoice
from support.worlds import World


def test_invoices_come_newest_first_in_pages(world: World) -> None:
    player, made = world.new_player(), []
    for _ in range(3):
        # Two of one moment: their ids decide.
        made += sorted((new_invoice(world, player, NANO) for _ in range(2)), key=lambda one: one.id)
        world.clock.pass_time(days=1)
    since = made[2].created_at
    assert world.dealings.invoice_count(since) == 4
    found, last = [], None
    while page := world.dealings.invoices(since, 3, last):
        found += page
        last = page[-1]
    assert found == made[:1:-1]
    assert world.dealings.invoices(world.clock.now(), 9, None) == []


def test_deliveries_with_a_number_come_newest_first_in_pages(world: World) -> None:
    post = Post(world)
    player, numbered = post.player(items=6), []
    for day in range(5):
        numbered.append(post.requested(player))
        post.work()
        if day % 2:
            post.arrive(numbered[-1])
            post.work(seconds=30)
        world.clock.pass_time(days=1)
    post.requested(player)  # not ordered yet
    post.starred()
    since = post.delivery(numbered[1]).requested_at
    assert world.dealings.delivery_count(since) == 4
    first = world.dealings.deliveries(since, 3, None)
    rest = world.dealings.deliveries(since, 3, first[-1])
    assert [*first, *rest] == [post.delivery(one) for one in numbered[:0:-1]]
    assert world.dealings.deliveries(since - timedelta(days=9), 9, rest[-1]) == [post.delivery(numbered[0])]
