"""Why the house says no to a wallet, a deposit or a withdrawal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stickercase.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class NonceExists(Refusal):
    """The player has a live wallet nonce already, for ``seconds_left`` more seconds."""

    code: ClassVar[str] = "nonce_exists"
    seconds_left: int


@dataclass(frozen=True, slots=True)
class NonceUnknown(Refusal):
    """The wallet nonce is none that was given out."""

    code: ClassVar[str] = "nonce_unknown"


@dataclass(frozen=True, slots=True)
class NonceForeign(Refusal):
    """The wallet nonce was given to another player."""

    code: ClassVar[str] = "nonce_foreign"


@dataclass(frozen=True, slots=True)
class NonceUsed(Refusal):
    """The wallet nonce has been used before, with success or without."""

    code: ClassVar[str] = "nonce_used"


@dataclass(frozen=True, slots=True)
class NonceExpired(Refusal):
    """The wallet nonce was given out too long ago."""

    code: ClassVar[str] = "nonce_expired"


@dataclass(frozen=True, slots=True)
class MalformedProof(Refusal):
    """A proof of ownership that can't be read: ``field`` is the part of it, ``problem`` one sentence for people."""

    code: ClassVar[str] = "malformed_proof"
    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class WrongNetwork(Refusal):
    """The proof is for a wallet of another network than ``network``, the house's."""

    code: ClassVar[str] = "wrong_network"
    network: str


@dataclass(frozen=True, slots=True)
class WrongDomain(Refusal):
    """The proof was made for ``domain``, which is none of the house's."""

    code: ClassVar[str] = "wrong_domain"
    domain: str


@dataclass(frozen=True, slots=True)
class WrongDomainLength(Refusal):
    """``lengthBytes`` is not the length of the domain, so that one signature could be read in two ways."""

    code: ClassVar[str] = "wrong_domain_length"


@dataclass(frozen=True, slots=True)
class ProofTooOld(Refusal):
    """The proof was signed too long ago."""

    code: ClassVar[str] = "proof_too_old"


@dataclass(frozen=True, slots=True)
class ProofInFuture(Refusal):
    """The proof is dated in the future."""

    code: ClassVar[str] = "proof_in_future"


@dataclass(frozen=True, slots=True)
class UnknownWalletCode(Refusal):
    """The contract is no wallet that is known here. ``code_hash`` is that of its code, in hexadecimal."""

    code: ClassVar[str] = "unknown_wallet_code"
    code_hash: str


@dataclass(frozen=True, slots=True)
class WalletKeyMayChange(Refusal):
    """The contract can change its key, so what it began with proves nothing."""

    code: ClassVar[str] = "wallet_key_may_change"
    wallet: str


@dataclass(frozen=True, slots=True)
class WrongStateInit(Refusal):
    """The StateInit is not the one that the address is the hash of."""

    code: ClassVar[str] = "wrong_state_init"


@dataclass(frozen=True, slots=True)
class WrongWalletKey(Refusal):
    """The key is the key of another wallet than the address names."""

    code: ClassVar[str] = "wrong_wallet_key"


@dataclass(frozen=True, slots=True)
class BadSignature(Refusal):
    """The signature is not that of the key over what was to be signed."""

    code: ClassVar[str] = "bad_signature"


@dataclass(frozen=True, slots=True)
class WalletNotConnected(Refusal):
    """The player has connected no wallet that could be paid to."""

    code: ClassVar[str] = "wallet_not_connected"


@dataclass(frozen=True, slots=True)
class DepositTooSmall(Refusal):
    """Less than the least deposit, in nanotons."""

    code: ClassVar[str] = "deposit_too_small"
    least_nano: int


@dataclass(frozen=True, slots=True)
class InvoiceNotPaid(Refusal):
    """The invoice is not paid. ``invoice_status`` is ``pending``, ``cancelled`` or ``expired``."""

    code: ClassVar[str] = "invoice_not_paid"
    invoice_status: str


@dataclass(frozen=True, slots=True)
class WithdrawalTooSmall(Refusal):
    """Less than the least withdrawal, in nanotons."""

    code: ClassVar[str] = "withdrawal_too_small"
    least_nano: int


@dataclass(frozen=True, slots=True)
class WithdrawalTooLarge(Refusal):
    """More than the largest withdrawal, in nanotons."""

    code: ClassVar[str] = "withdrawal_too_large"
    most_nano: int


@dataclass(frozen=True, slots=True)
class PlayerDailyLimit(Refusal):
    """The player would withdraw more within 24 hours than is allowed. What is left of it, in nanotons."""

    code: ClassVar[str] = "player_daily_limit"
    left_nano: int


@dataclass(frozen=True, slots=True)
class HouseDailyLimit(Refusal):
    """All players together would withdraw more within 24 hours than the house pays out by itself."""

    code: ClassVar[str] = "house_daily_limit"


@dataclass(frozen=True, slots=True)
class WithdrawalMoved(Refusal):
    """The withdrawal is no longer, or not yet, where this could happen to it. ``stage`` is where it is."""

    code: ClassVar[str] = "withdrawal_moved"
    stage: str
