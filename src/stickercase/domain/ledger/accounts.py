"""Ledger accounts. *Account* alone always means one of these, never a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class AccountKind(Enum):
    """The value is the account's name; a player's accounts carry the player's id as well."""

    PLAYER = "player"
    HELD = "held"
    OPENINGS = "house:openings"
    SELLBACK = "house:sellback"
    ADJUSTMENTS = "house:adjustments"
    FEES = "house:fees"
    EXTERNAL_TON = "external:ton"


@dataclass(frozen=True, slots=True)
class Account:
    """One account; ``player_id`` is set for a player's two accounts and for no other."""

    kind: AccountKind
    player_id: int | None = None

    def __post_init__(self) -> None:
        if (self.player_id is not None) != (self.kind in (AccountKind.PLAYER, AccountKind.HELD)):
            raise ValueError(f"{self.kind.value} and player {self.player_id} make no account")

    @property
    def name(self) -> str:
        """``player:<id>``, ``player:<id>:held`` or the house account's own name."""
        if self.kind is AccountKind.PLAYER:
            return f"player:{self.player_id}"
        return f"player:{self.player_id}:held" if self.kind is AccountKind.HELD else self.kind.value


def player_account(player_id: int) -> Account:
    """What a player can spend; never negative."""
    return Account(AccountKind.PLAYER, player_id)


OPENINGS = Account(AccountKind.OPENINGS)


def held_account(player_id: int) -> Account:
    """What is put aside for a player's withdrawals; never negative."""
    return Account(AccountKind.HELD, player_id)


SELLBACK = Account(AccountKind.SELLBACK)
ADJUSTMENTS = Account(AccountKind.ADJUSTMENTS)
FEES = Account(AccountKind.FEES)
EXTERNAL_TON = Account(AccountKind.EXTERNAL_TON)
