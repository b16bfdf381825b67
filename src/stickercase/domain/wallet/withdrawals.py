"""Withdrawals: whether one may begin, and the stages it goes through until it is posted or released, exactly once.

What goes out is an amount of TON, or a unit that lives on the chain as an NFT. The amount is held when the withdrawal
begins, and the unit is on its way out. A message to the chain is signed, and its hash and last moment are
written *before* it is sent; it can then be sent again and again, since the wallet takes it once. A second message is
signed only when the first can no longer land. In words: docs/wallet.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from stickercase.domain.money import MAX_UNITS
from stickercase.domain.refusal import InsufficientBalance, Refusal
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.refusals import (
    HouseDailyLimit,
    PlayerDailyLimit,
    WalletNotConnected,
    WithdrawalMoved,
    WithdrawalTooLarge,
    WithdrawalTooSmall,
)

DAY = timedelta(hours=24)
"""Daily limits look back this far: at midnight nothing begins anew."""

LANDING_MARGIN = timedelta(seconds=60)
"""How far the chain must be past a message's last moment before the message is given up.

A block of a shard may be a few seconds older than the masterchain's block that includes it.
"""

MAX_ATTEMPTS = 3
"""Messages that are signed for one withdrawal before it is given up and released."""

MAX_VALIDITY = timedelta(minutes=10)
"""The longest that a message may be able to land."""

LANDED_IN_VAIN = "its message landed and paid nothing, so the amount went back"
NEVER_LANDED = "none of its messages landed, so the amount went back"
"""What an operator hears when the house could not pay: the next one may fare no better."""


class Stage(Enum):
    """Where a withdrawal is. The last four are final."""

    AWAITING_APPROVAL = "awaiting_approval"
    HELD = "held"
    SIGNED = "signed"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    EXPIRED = "expired"
    REJECTED = "rejected"


IN_FLIGHT = frozenset({Stage.SIGNED, Stage.SENT})
WAITING = frozenset({Stage.AWAITING_APPROVAL, Stage.HELD})
RELEASED = frozenset({Stage.FAILED, Stage.EXPIRED, Stage.REJECTED})


class Resolution(Enum):
    """What becomes of the held amount: it leaves the house, or goes back to the player."""

    POST = "post"
    RELEASE = "release"


class Landing(Enum):
    """What the chain says of a message.

    ``PAID``: it landed, and what it was to do is done. ``UNPAID``: it landed and did not do it; it can't land again.
    ``LEFT``: it landed, and what it set going is not over. ``ABSENT``: it has not landed by the block that was looked
    at.
    """

    PAID = "paid"
    UNPAID = "unpaid"
    LEFT = "left"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A signed message, named by its hash in hexadecimal. From ``valid_until`` on, in the chain's time, it is void.

    ``wallet`` is the house's wallet that it is for, ``seqno`` the wallet's counter under which it can land, and
    ``message`` is what is sent, byte for byte.
    """

    message_hash: str
    valid_until: datetime
    wallet: Address
    seqno: int
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NftUnit:
    """A unit that goes out as an NFT: the player's item, its unit, and where that lives on the chain."""

    item_id: int
    unit_id: int
    nft_address: Address


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An amount on its way out. ``amount_nano`` is held; the wallet gets that less ``fee_nano``.

    With a ``unit`` that goes out instead, and both amounts are 0.

    ``attempts`` are all messages that were ever signed for it, the newest last; ``paid_by`` is the hash of the one
    that paid.
    """

    id: int
    player_id: int
    address: Address
    amount_nano: int
    fee_nano: int
    requested_at: datetime
    stage: Stage
    attempts: tuple[Attempt, ...] = ()
    paid_by: str | None = None
    unit: NftUnit | None = None

    @property
    def paid_nano(self) -> int:
        """What the wallet gets."""
        return self.amount_nano - self.fee_nano

    def has_landed(self, attempt: Attempt) -> bool:
        """Whether this attempt of it is known to have landed, paying or not."""
        is_newest = attempt == self.attempts[-1]
        return attempt.message_hash == self.paid_by or (self.stage is Stage.FAILED and is_newest)


@dataclass(frozen=True, slots=True)
class InLine:
    """Whose turn it is: the withdrawal whose message is in flight, else the oldest that is held, else nobody's.

    ``seqno`` is where a wallet's counter must be by what is written: behind the newest message that landed, or at that
    of the newest that did not. None: nothing was ever signed for that wallet.
    """

    withdrawal: Withdrawal | None
    seqno: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """What an event does: ``after`` is written, and with it the resolution of the hold, if there is one.

    ``alarm`` is one sentence for an operator: the house could not pay, or what must not be able to happen did.
    """

    after: Withdrawal
    resolution: Resolution | None = None
    alarm: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one message in the chain, up to the block of time ``chain_at`` and not further.

    ``alarm`` is one sentence for an operator, heard when the look ends the withdrawal.
    """

    message_hash: str
    landing: Landing
    chain_at: datetime
    alarm: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the house pays out. Both daily limits are for any 24 hours; above ``approval_above_nano`` a person decides.

    The fee is the player's: it is taken out of the amount.
    """

    least_nano: int
    most_nano: int
    fee_nano: int
    player_daily_nano: int
    house_daily_nano: int
    approval_above_nano: int

    def __post_init__(self) -> None:
        if not 0 <= self.fee_nano < self.least_nano <= self.most_nano <= MAX_UNITS:
            raise ValueError("the fee is less than the least withdrawal, and that is at most the largest")


@dataclass(frozen=True, slots=True)
class WithdrawalSituation:
    """All that a wish needs to be decided, locked. The two sums are those of :func:`withdrawn_lately`."""

    wallet: Address | None
    balance_nano: int
    player_lately_nano: int
    house_lately_nano: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class WithdrawalWish:
    """A player wants ``amount_nano`` paid out."""

    player_id: int
    amount_nano: int


@dataclass(frozen=True, slots=True)
class UnitWish:
    """A player wants a unit that lives on the chain; ``floor_nano`` is the floor of its pack."""

    player_id: int
    unit: NftUnit
    floor_nano: int


def decide(
    situation: WithdrawalSituation, wish: WithdrawalWish, withdrawal_id: int, now: datetime
) -> Withdrawal | Refusal:
    """The withdrawal that begins, its amount to be held at once; or why there is none.

    The order of refusals is part of the contract: amount, wallet, the player's limit, the house's, balance.
    """
    refusal = _outside(situation, wish.amount_nano)
    if refusal is not None:
        return refusal
    assert situation.wallet is not None
    limits = situation.limits
    stage = Stage.AWAITING_APPROVAL if wish.amount_nano > limits.approval_above_nano else Stage.HELD
    return Withdrawal(withdrawal_id, wish.player_id, situation.wallet, wish.amount_nano, limits.fee_nano, now, stage)


def decide_unit(
    wish: UnitWish, wallet: Address | None, limits: Limits, withdrawal_id: int, now: datetime
) -> Withdrawal | WalletNotConnected:
    """The withdrawal of a unit that begins, the unit to leave the inventory at once; or why there is none.

    Nothing is held, and the gas is the house's. A unit whose floor is above the threshold awaits approval: somebody who
    has broken the game takes its dearest units first.
    """
    if wallet is None:
        return WalletNotConnected()
    stage = Stage.AWAITING_APPROVAL if wish.floor_nano > limits.approval_above_nano else Stage.HELD
    return Withdrawal(withdrawal_id, wish.player_id, wallet, 0, 0, now, stage, unit=wish.unit)


def _outside(situation: WithdrawalSituation, amount_nano: int) -> Refusal | None:
    limits = situation.limits
    if amount_nano < limits.least_nano:
        return WithdrawalTooSmall(limits.least_nano)
    if amount_nano > limits.most_nano:
        return WithdrawalTooLarge(limits.most_nano)
    if situation.wallet is None:
        return WalletNotConnected()
    left = limits.player_daily_nano - situation.player_lately_nano
    if amount_nano > left:
        return PlayerDailyLimit(max(left, 0))
    if amount_nano > limits.house_daily_nano - situation.house_lately_nano:
        return HouseDailyLimit()
    if amount_nano > situation.balance_nano:
        return InsufficientBalance(amount_nano, situation.balance_nano, amount_nano)
    return None


def withdrawn_lately(withdrawals: Iterable[Withdrawal], now: datetime) -> int:
    """Nanotons of the withdrawals of the last 24 hours; what was released does not count, what waits does."""
    since = now - DAY
    return sum(one.amount_nano for one in withdrawals if one.requested_at > since and one.stage not in RELEASED)


def approved(known: Withdrawal) -> Step | WithdrawalMoved:
    """An operator lets it go out."""
    if known.stage is not Stage.AWAITING_APPROVAL:
        return WithdrawalMoved(known.stage.value)
    return Step(replace(known, stage=Stage.HELD))


def rejected(known: Withdrawal) -> Step | WithdrawalMoved:
    """An operator does not let it go out. Possible as long as no message can be on its way."""
    if known.stage not in WAITING:
        return WithdrawalMoved(known.stage.value)
    return Step(replace(known, stage=Stage.REJECTED), Resolution.RELEASE)


def signed(known: Withdrawal, attempt: Attempt, now: datetime) -> Step | WithdrawalMoved:
    """A message was signed. The step is to be written before the message is sent: what is sent is always known.

    Refused unless nothing of this withdrawal can land any more; of two workers at once the second is refused. ``now``
    is the chain's time.
    """
    if known.stage is not Stage.HELD:
        return WithdrawalMoved(known.stage.value)
    if not now < attempt.valid_until <= now + MAX_VALIDITY:
        raise ValueError("a message can land from now on, and for ten minutes at most")
    if attempt.message_hash in {earlier.message_hash for earlier in known.attempts}:
        raise ValueError("this message was signed before")
    return Step(replace(known, stage=Stage.SIGNED, attempts=(*known.attempts, attempt)))


def sent(known: Withdrawal) -> Step | WithdrawalMoved:
    """The newest message went out. Sending the same message again changes nothing: the wallet takes it once."""
    if known.stage not in IN_FLIGHT:
        return WithdrawalMoved(known.stage.value)
    return Step(replace(known, stage=Stage.SENT))


def looked(known: Withdrawal, look: Look) -> Step:
    """Take in what the chain says of one of the withdrawal's messages. Late and repeated looks change nothing.

    A message that was signed may have been sent although nobody wrote that down, so a look counts from then on.
    """
    if all(look.message_hash != attempt.message_hash for attempt in known.attempts):
        raise ValueError("a look at a message of another withdrawal")
    newest = known.attempts[-1].message_hash == look.message_hash
    if look.landing is Landing.PAID:
        return _paid(known, look, newest=newest)
    if look.landing is Landing.LEFT or not newest or known.stage not in IN_FLIGHT:
        return Step(known)
    if look.landing is Landing.UNPAID:
        return Step(replace(known, stage=Stage.FAILED), Resolution.RELEASE, look.alarm or LANDED_IN_VAIN)
    return _absent(known, look.chain_at)


def _paid(known: Withdrawal, look: Look, *, newest: bool) -> Step:
    message_hash = look.message_hash
    if known.stage is Stage.CONFIRMED:
        return Step(known, alarm=None if message_hash == known.paid_by else "a withdrawal was paid twice")
    if known.stage in RELEASED:
        return Step(known, alarm="a message landed after its withdrawal was released")
    given_up = known.stage not in IN_FLIGHT or not newest
    alarm = "a message landed after it was given up" if given_up else look.alarm
    return Step(replace(known, stage=Stage.CONFIRMED, paid_by=message_hash), Resolution.POST, alarm)


def _absent(known: Withdrawal, chain_at: datetime) -> Step:
    """Nothing before the message is void for certain; then another attempt, or the amount goes back."""
    if chain_at < known.attempts[-1].valid_until + LANDING_MARGIN:
        return Step(known)
    if len(known.attempts) < MAX_ATTEMPTS:
        return Step(replace(known, stage=Stage.HELD))
    return Step(replace(known, stage=Stage.EXPIRED), Resolution.RELEASE, NEVER_LANDED)
