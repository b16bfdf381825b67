"""Accounts, transfers and the report on the laws."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from stickercase.domain.ledger.accounts import ADJUSTMENTS, OPENINGS, Account, AccountKind, player_account
from stickercase.domain.ledger.laws import LAWS, LawReport, all_held
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.money import Asset

AT = datetime(2025, 1, 1, tzinfo=UTC)
PLAYERS_OWN = (AccountKind.PLAYER, AccountKind.HELD)


def test_accounts_are_called_what_the_rules_call_them() -> None:
    names = [Account(kind, 7 if kind in PLAYERS_OWN else None).name for kind in AccountKind]
    assert names == [
        "player:7",
        "player:7:held",
        "house:openings",
        "house:sellback",
        "house:adjustments",
        "house:fees",
        "external:ton",
    ]


@pytest.mark.parametrize("kind", AccountKind)
def test_only_a_players_accounts_have_a_player(kind: AccountKind) -> None:
    with pytest.raises(ValueError, match="make no account"):
        Account(kind, None if kind in PLAYERS_OWN else 7)


@pytest.mark.parametrize("amount", [0, -1, -(10**18)])
def test_a_transfer_moves_something(amount: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Transfer(Reason.ADJUSTMENT, 1, ADJUSTMENTS, player_account(7), amount, AT)


def test_a_transfer_has_two_sides() -> None:
    with pytest.raises(ValueError, match="two accounts"):
        Transfer(Reason.ADJUSTMENT, 1, player_account(7), player_account(7), 5, AT)


def test_a_transfer_never_joins_two_players() -> None:
    others = [Account(kind, 8) for kind in PLAYERS_OWN]
    for mine, other in product([Account(kind, 7) for kind in PLAYERS_OWN], others):
        with pytest.raises(ValueError, match="two players"):
            Transfer(Reason.ADJUSTMENT, 1, mine, other, 5, AT)


def test_a_transfer_knows_whose_it_is() -> None:
    held = Account(AccountKind.HELD, 7)
    sides = [
        (player_account(7), OPENINGS),
        (ADJUSTMENTS, player_account(7)),
        (player_account(7), held),
        (held, OPENINGS),
    ]
    assert [Transfer(Reason.OPENING, 1, *pair, 5, AT).player_id for pair in sides] == [7, 7, 7, 7]
    assert Transfer(Reason.OPENING, 1, ADJUSTMENTS, OPENINGS, 5, AT).player_id is None


def test_a_transfer_is_in_ton_unless_said_otherwise() -> None:
    assert Transfer(Reason.OPENING, 1, player_account(7), OPENINGS, 5, AT).asset is Asset.TON


def _reports(**breaches: int) -> list[LawReport]:
    return [LawReport(law, 10, breaches.get(law, 0)) for law in LAWS]


def test_all_laws_hold_when_each_was_looked_at_and_none_is_broken() -> None:
    assert all_held(_reports())
    assert all_held([LawReport(law, 0, 0) for law in LAWS])


@pytest.mark.parametrize("law", LAWS)
def test_one_broken_law_is_enough(law: str) -> None:
    assert not all_held(_reports(**{law: 1}))


@pytest.mark.parametrize("law", LAWS)
def test_a_law_not_looked_at_does_not_hold(law: str) -> None:
    assert not all_held([report for report in _reports() if report.law != law])


def test_there_is_no_law_of_another_name() -> None:
    with pytest.raises(ValueError, match="not a law"):
        LawReport("gravity", 1, 0)
