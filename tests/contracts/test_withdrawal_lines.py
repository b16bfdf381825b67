"""Reading withdrawals: a player's own, everybody's by stage, and what is not over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from stickercase.domain.ledger.accounts import held_account, player_account
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.players.profile import Player
from stickercase.domain.wallet.withdrawals import Stage, Withdrawal
from stickercase.ports.reading import OpenWithdrawals, WithdrawalLine
from support.clock import NOON
from support.purses import HOME, withdraw
from support.worlds import World

MINUTE = timedelta(minutes=1)
OTHER_HASH = "cd" * 32


def put(world: World, player: Player, stage: Stage, amount_nano: int = 10, minutes: int = 0) -> int:
    """A withdrawal in a stage; its id."""
    at = NOON - minutes * MINUTE
    with world.transactions() as tx:
        tx.ledger.balance(player.id)
        made = Withdrawal(tx.ledger.next_cause(), player.id, HOME, amount_nano, 1, at, stage)
        spent, held = player_account(player.id), held_account(player.id)
        tx.ledger.post(Transfer(Reason.HOLD, made.id, spent, held, amount_nano, at))
        tx.withdrawals.add(made)
    return made.id


def ids(lines: Sequence[WithdrawalLine]) -> list[int]:
    return [line.id for line in lines]


def test_there_is_nothing_at_first(world: World) -> None:
    player = world.new_player()
    assert world.reading.withdrawals_of(player.id, 9, None) == (0, [])
    assert world.reading.withdrawals(None, 9, None, oldest_first=False) == (0, [])
    assert list(world.reading.open_withdrawals()) == []


def test_a_line_has_all_that_is_shown(world: World) -> None:
    player = world.new_player(100)
    withdrawal_id = put(world, player, Stage.HELD, minutes=3)
    line = WithdrawalLine(withdrawal_id, player.profile.telegram_id, HOME, 10, 1, NOON - 3 * MINUTE, "held")
    assert world.reading.withdrawals_of(player.id, 9, None) == (1, [line])
    assert world.reading.withdrawals("held", 9, None, oldest_first=True) == (1, [line])


def test_a_line_names_every_message_and_the_one_that_paid(world: World) -> None:
    player = world.new_player(100)
    withdraw(world, player, 10)
    [line] = world.reading.withdrawals_of(player.id, 9, None)[1]
    assert (line.stage, line.message_hashes) == ("confirmed", (line.paid_by,))
    with world.transactions() as tx:
        tx.ledger.balance(player.id)
        known = tx.withdrawals.find(line.id)
        assert known is not None
        second = replace(known.attempts[0], message_hash=OTHER_HASH)
        tx.withdrawals.write(replace(known, attempts=(*known.attempts, second)))
    [line] = world.reading.withdrawals_of(player.id, 9, None)[1]
    assert line.message_hashes == (line.paid_by, OTHER_HASH)


def test_pages_go_on_beyond_their_last_line(world: World) -> None:
    player, other = world.new_player(100), world.new_player(100)
    own = [put(world, player, Stage.HELD) for _ in range(5)]
    put(world, other, Stage.HELD)
    total, page = world.reading.withdrawals_of(player.id, 3, None)
    assert (total, ids(page)) == (5, own[:1:-1])
    assert ids(world.reading.withdrawals_of(player.id, 3, page[-1].id)[1]) == own[1::-1]
    assert ids(world.reading.withdrawals_of(player.id, 3, own[0])[1]) == []


@pytest.mark.parametrize("oldest_first", [False, True])
def test_everybodys_withdrawals_are_found_by_stage(world: World, oldest_first: bool) -> None:
    player, other = world.new_player(100), world.new_player(100)
    waiting = [put(world, one, Stage.AWAITING_APPROVAL) for one in (player, other, player)]
    put(world, other, Stage.HELD)
    expected = waiting if oldest_first else waiting[::-1]

    def page(limit: int, beyond: int | None) -> tuple[int, list[int]]:
        total, lines = world.reading.withdrawals("awaiting_approval", limit, beyond, oldest_first=oldest_first)
        return total, ids(lines)

    assert page(9, None) == (3, expected)
    assert page(2, None) == (3, expected[:2])
    assert page(2, expected[1]) == (3, expected[2:])
    assert world.reading.withdrawals(None, 1, None, oldest_first=oldest_first)[0] == 4


def test_what_is_not_over_is_counted(world: World) -> None:
    player = world.new_player(1000)
    for stage, amount_nano, minutes in (
        (Stage.HELD, 10, 5),
        (Stage.HELD, 20, 50),
        (Stage.SENT, 30, 1),
        (Stage.CONFIRMED, 40, 90),
        (Stage.REJECTED, 50, 90),
    ):
        put(world, player, stage, amount_nano, minutes)
    assert list(world.reading.open_withdrawals()) == [
        OpenWithdrawals("held", 2, 30, NOON - 50 * MINUTE),
        OpenWithdrawals("sent", 1, 30, NOON - MINUTE),
    ]
