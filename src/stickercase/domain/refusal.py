"""Why the house says no. A refusal is a value with a stable ``code``; on the hot path it is never raised.

A refused command leaves no trace: no money, no unit and no nonce has moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

TOLD = 20
"""How many of the unknown names a sentence for people has; the lists beside it have all."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What every refusal is; ``code`` is documented and never changes its meaning."""

    code: ClassVar[str] = "refused"


@dataclass(frozen=True, slots=True)
class InvalidRequest(Refusal):
    """The input breaks a rule of form: ``field`` is its path, ``problem`` one sentence for people."""

    code: ClassVar[str] = "invalid_request"
    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class Unauthenticated(Refusal):
    """There is no credential, or one that proves nothing: ``problem`` says why, never what it contained."""

    code: ClassVar[str] = "unauthenticated"
    problem: str


@dataclass(frozen=True, slots=True)
class Forbidden(Refusal):
    """The caller is known and may not do this."""

    code: ClassVar[str] = "forbidden"
    problem: str


@dataclass(frozen=True, slots=True)
class NotFound(Refusal):
    """There is no ``what`` called ``name``."""

    code: ClassVar[str] = "not_found"
    what: str
    name: str


@dataclass(frozen=True, slots=True)
class UnknownNames(Refusal):
    """Some of the names of one command are nobody's: of cases, and of packs as (collection, pack).

    The lists have all of them, ``names`` says up to 20 for people.
    """

    code: ClassVar[str] = "unknown_names"
    names: str
    cases: tuple[str, ...]
    packs: tuple[tuple[str, str], ...]


def unknown_names(cases: Iterable[str], packs: Iterable[tuple[str, str]]) -> UnknownNames | None:
    """The refusal for these unknown names, each once and sorted; None when there is none."""
    case_names, pack_names = tuple(sorted(set(cases))), tuple(sorted(set(packs)))
    if not case_names and not pack_names:
        return None
    told = [*case_names, *(" / ".join(names) for names in pack_names)]
    rest = f" and {len(told) - TOLD} more" if len(told) > TOLD else ""
    return UnknownNames(", ".join(told[:TOLD]) + rest, case_names, pack_names)


@dataclass(frozen=True, slots=True)
class AlreadyExists(Refusal):
    """There already is a ``what`` called ``name``."""

    code: ClassVar[str] = "already_exists"
    what: str
    name: str


@dataclass(frozen=True, slots=True)
class MethodNotAllowed(Refusal):
    """The address exists and does not answer to this method."""

    code: ClassVar[str] = "method_not_allowed"


@dataclass(frozen=True, slots=True)
class PlayerBlocked(Refusal):
    """An operator blocked this player: reading and withdrawing go on, playing does not."""

    code: ClassVar[str] = "player_blocked"


@dataclass(frozen=True, slots=True)
class CaseInactive(Refusal):
    """The case is not on sale."""

    code: ClassVar[str] = "case_inactive"
    case_name: str


@dataclass(frozen=True, slots=True)
class OutOfStickers(Refusal):
    """Some pack of the case has fewer free units than draws were asked for, so not every roll could be honoured."""

    code: ClassVar[str] = "out_of_stickers"
    case_name: str


@dataclass(frozen=True, slots=True)
class OddsChanged(Refusal):
    """The player was shown another odds table than the case has now."""

    code: ClassVar[str] = "odds_changed"
    table_id: str


@dataclass(frozen=True, slots=True)
class PriceChanged(Refusal):
    """The player was shown another price than the one in force."""

    code: ClassVar[str] = "price_changed"
    price_nano: int


@dataclass(frozen=True, slots=True)
class InsufficientBalance(Refusal):
    """The player has less than the command costs (``count`` times the case's price). Amounts in nanotons.

    For a withdrawal both prices are its amount.
    """

    code: ClassVar[str] = "insufficient_balance"
    case_price_nano: int
    user_balance_nano: int
    total_price_nano: int


@dataclass(frozen=True, slots=True)
class BalanceTooLow(Refusal):
    """A correction would take the player's balance below zero. The balance in nanotons."""

    code: ClassVar[str] = "balance_too_low"
    user_balance_nano: int


@dataclass(frozen=True, slots=True)
class IdempotencyKeyReused(Refusal):
    """The key was used before for another request."""

    code: ClassVar[str] = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class PriceUnreliable(Refusal):
    """The floor of a pack is not to be relied on: it can't be sold back or used in an upgrade.

    ``why`` is ``quarantined`` (it jumped), ``stale`` (nobody has confirmed it lately) or ``missing``.
    """

    code: ClassVar[str] = "price_unreliable"
    pack_id: int
    why: str


@dataclass(frozen=True, slots=True)
class ItemNotOwned(Refusal):
    """The item is not the player's to give: it never was, is gone, or is on its way out."""

    code: ClassVar[str] = "item_not_owned"
    item_id: int


@dataclass(frozen=True, slots=True)
class QuoteExpired(Refusal):
    """The offer of an upgrade no longer holds. ``table_id`` is that of the quote in force now, if there is one.

    ``why`` is ``target_taken`` (the unit is no longer free) or ``price_moved`` (the floors are others now).
    """

    code: ClassVar[str] = "quote_expired"
    why: str
    table_id: str | None


@dataclass(frozen=True, slots=True)
class TaskNotSetAside(Refusal):
    """Only a task that was set aside is retried; this one is ``state``."""

    code: ClassVar[str] = "task_not_set_aside"
    task_id: int
    state: str


class Refused(Exception):
    """Carries a refusal out of a use case that is not on the hot path; the transaction rolls back."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
