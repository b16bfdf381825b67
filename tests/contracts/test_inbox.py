"""Letters are kept byte for byte until they have been dealt with."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stickercase.domain.use_cases.receive_letter import receive_letter
from stickercase.ports.failures import BrokenLaw
from stickercase.ports.inbox import MAX_LETTER
from support.clock import NOON
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import World

SECOND = timedelta(seconds=1)


def keep(world: World, body: bytes = b"x") -> int:
    """Keep a letter."""
    with world.transactions() as tx:
        return tx.inbox.keep("tonconsole", body, NOON)


def body(world: World, letter_id: int) -> bytes | None:
    """What is kept of it."""
    with world.transactions() as tx:
        return tx.inbox.letter(letter_id)


@pytest.mark.parametrize("letter", [b"", bytes(range(256)), b"\0" * MAX_LETTER])
def test_a_letter_is_kept_byte_for_byte(world: World, letter: bytes) -> None:
    letter_id = keep(world, letter)
    assert body(world, letter_id) == letter
    assert body(world, letter_id + 1) is None


def test_a_letter_that_is_too_long_is_not_kept(world: World) -> None:
    with pytest.raises(BrokenLaw):
        keep(world, b"x" * (MAX_LETTER + 1))
    with pytest.raises(BrokenLaw):
        receive_letter(world.transactions, world.clock, "tonconsole", "look", b"x" * (MAX_LETTER + 1))
    assert world.work.tasks(None, 9, None)[0] == 0


def test_only_letters_dealt_with_long_ago_are_forgotten(world: World) -> None:
    old, fresh, unread = keep(world), keep(world), keep(world)
    with world.transactions() as tx:
        tx.inbox.handled(old, NOON)
        tx.inbox.handled(old, NOON + 9 * SECOND)
        tx.inbox.handled(fresh, NOON + SECOND)
    with world.transactions() as tx:
        assert tx.inbox.forget(NOON + SECOND, 9) == 1
    assert [body(world, letter_id) for letter_id in (old, fresh, unread)] == [None, b"x", b"x"]


def test_forgetting_goes_in_bites(world: World) -> None:
    for _ in range(3):
        letter_id = keep(world)
        with world.transactions() as tx:
            tx.inbox.handled(letter_id, NOON)
    bites = []
    for _ in range(3):
        with world.transactions() as tx:
            bites.append(tx.inbox.forget(NOON + SECOND, 2))
    assert bites == [2, 1, 0]


def test_a_letter_comes_with_its_task(world: World) -> None:
    letter_id = receive_letter(world.transactions, world.clock, "tonconsole", "look", b"{}")
    [task] = world.work.tasks("waiting", 9, None)[1]
    assert (task.kind, task.payload, task.due_at) == ("look", {"letter_id": letter_id}, NOON)
    assert body(world, letter_id) == b"{}"


def test_neither_is_kept_without_the_other(world: World) -> None:
    with pytest.raises(Interrupted):
        receive_letter(interrupted(world.transactions), world.clock, "tonconsole", "look", b"{}")
    assert world.work.tasks(None, 9, None)[0] == 0
    next_id = keep(world)
    assert [body(world, letter_id) for letter_id in range(next_id)] == [None] * next_id


def test_letters_that_arrive_at_once_are_all_kept(world: World) -> None:
    bodies = [b"%d" % number for number in range(10)]
    ids = at_once(
        [
            lambda body=body: receive_letter(world.transactions, world.clock, "tonconsole", "look", body)
            for body in bodies
        ]
    )
    assert [body(world, letter_id) for letter_id in ids] == bodies
    assert world.work.tasks("waiting", 99, None)[0] == 10
