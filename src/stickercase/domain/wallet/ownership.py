"""Whether a wallet is a player's: two kinds of signed proof, and a decision over either.

A key alone proves nothing about a wallet. Both kinds bind the key to the address: the message by computing where the
known contracts lie for that key, TON Connect's ``ton_proof`` by the StateInit that the address is the hash of.
Sources: docs.ton.org (TON Connect, "Signing and verification") and, for the message, the API's own reference.
In words, with the order of the checks: docs/wallet.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import unquote

from stickercase.domain.refusal import Forbidden, Refusal
from stickercase.domain.wallet.addresses import Address, SpelledAddress, spelled_address
from stickercase.domain.wallet.cells import MAX_BOC_BYTES
from stickercase.domain.wallet.challenges import Challenge, taken
from stickercase.domain.wallet.contracts import (
    KEY_BYTES,
    Network,
    StateInit,
    WalletCode,
    read_state_init,
    wallet_of_key,
)
from stickercase.domain.wallet.encodings import base64_bytes, base64_exactly, hex_exactly
from stickercase.domain.wallet.refusals import (
    BadSignature,
    MalformedProof,
    ProofInFuture,
    ProofTooOld,
    UnknownWalletCode,
    WalletKeyMayChange,
    WrongDomain,
    WrongDomainLength,
    WrongNetwork,
    WrongStateInit,
    WrongWalletKey,
)

SIGNATURE_BYTES = 64
MAX_TEXT = 1024
"""Characters in a message, a domain or a payload."""

MESSAGE_FIELDS = {"wallet", "telegram_id", "timestamp", "nonce"}
DIGITS = re.compile(r"[0-9]{1,19}")
NETWORK_ID = re.compile(r"-?[0-9]{1,10}")

ITEM = b"ton-proof-item-v2/"
PREFIX = b"\xff\xffton-connect"

Verify = Callable[[bytes, bytes, bytes], bool]
"""``(public key, message, signature)``: whether it is that key's signature. ``Signatures.verify`` of the ports."""


@dataclass(frozen=True, slots=True)
class Window:
    """How many seconds a proof may be old, and how many it may be ahead. Both ends belong to it."""

    past: int
    ahead: int


MESSAGE_WINDOW = Window(past=300, ahead=300)
PROOF_WINDOW = Window(past=900, ahead=60)


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """The message ``wallet=…&telegram_id=…&timestamp=…&nonce=…`` as it came; key and signature in base64."""

    message: str
    signature: str
    public_key: str


@dataclass(frozen=True, slots=True)
class TonProof:
    """TON Connect's proof as it came: the key in hexadecimal, signature and StateInit in base64.

    ``network`` is the chain's global id as text, ``timestamp`` seconds as a number or as text.
    """

    address: str
    network: str
    public_key: str
    timestamp: int | str
    domain: str
    domain_length: int
    payload: str
    signature: str
    state_init: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A proof that was read and not yet believed.

    ``signed`` are the bytes that the signature may be over. What a kind of proof does not say is None; without a
    StateInit the address must be where a known contract lies for the key.
    """

    address: SpelledAddress
    public_key: bytes
    signature: bytes
    signed: tuple[bytes, ...]
    nonce: str
    signed_at: int
    window: Window
    telegram_id: int | None = None
    network_id: int | None = None
    domain: str | None = None
    domain_length: int | None = None
    state_init: StateInit | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What the house accepts: one network, and the domains that its Mini App is served from, as wallets see them."""

    network: Network
    domains: frozenset[str]


@dataclass(frozen=True, slots=True)
class OwnershipSituation:
    """All that a claim needs to be decided. ``challenge`` is the one of the claim's nonce, locked, if there is one."""

    player_id: int
    telegram_id: int
    challenge: Challenge | None
    policy: Policy


@dataclass(frozen=True, slots=True)
class Connected:
    """The wallet at ``address`` is the player's: a contract ``wallet`` (``v4r2``) with this key."""

    address: Address
    wallet: str
    public_key: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnershipDecision:
    """``challenge`` is to be written whatever the outcome is: the nonce is used up. None: it is not."""

    challenge: Challenge | None
    outcome: Connected | Refusal


def read_message(signed: SignedMessage) -> Claim | MalformedProof:
    """Read the reference's message: four fields in any order, white space around the text and around values allowed.

    Values may be percent-encoded. The signature may be over the text as it came, or without the space around it.
    """
    try:
        return _message_claim(signed)
    except _Unreadable as error:
        return MalformedProof(error.field, error.problem)


def read_proof(proof: TonProof) -> Claim | MalformedProof:
    """Read TON Connect's proof. The StateInit must parse; whose it is, is looked at later."""
    try:
        return _proof_claim(proof)
    except _Unreadable as error:
        return MalformedProof(error.field, error.problem)


def decide(situation: OwnershipSituation, claim: Claim, now: datetime, verify: Verify) -> OwnershipDecision:
    """Whose the wallet is. The nonce is used up before the signature is looked at, whether that is good or not."""
    if claim.telegram_id not in (None, situation.telegram_id):
        return OwnershipDecision(None, Forbidden("the message names another player"))
    challenge = taken(situation.challenge, situation.player_id, now)
    if isinstance(challenge, Refusal):
        return OwnershipDecision(None, challenge)
    assert challenge.nonce == claim.nonce, "the challenge of another nonce"
    return OwnershipDecision(challenge, judge(claim, situation.policy, now, verify))


def judge(claim: Claim, policy: Policy, now: datetime, verify: Verify) -> Connected | Refusal:
    """Whether a claim holds whose nonce was just used up. The order of refusals is part of the contract.

    Network, domain, its length, time, contract, StateInit, key, and the signature last.
    """
    refusal = _wrong_network(claim, policy) or _wrong_domain(claim, policy) or _wrong_time(claim, now)
    if refusal is not None:
        return refusal
    wallet = _wallet(claim, policy)
    if isinstance(wallet, Refusal):
        return wallet
    if not any(verify(claim.public_key, signed, claim.signature) for signed in claim.signed):
        return BadSignature()
    return Connected(claim.address.address, wallet.name, claim.public_key, now)


def proof_digest(address: Address, domain: bytes, timestamp: int, payload: bytes) -> bytes:
    """The 32 bytes that a wallet signs for ``ton_proof``.

    ``sha256(ffff ‖ "ton-connect" ‖ sha256("ton-proof-item-v2/" ‖ workchain int32 BE ‖ hash ‖ domain length uint32 LE
    ‖ domain ‖ timestamp uint64 LE ‖ payload))``.
    """
    where = address.workchain.to_bytes(4, "big", signed=True) + address.hash
    item = ITEM + where + len(domain).to_bytes(4, "little") + domain + timestamp.to_bytes(8, "little") + payload
    return sha256(PREFIX + sha256(item).digest()).digest()


class _Unreadable(Exception):
    """The part ``field`` can't be read; ``problem`` says why, and quotes nothing."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field, self.problem = field, problem


@contextmanager
def _reading(field: str) -> Iterator[None]:
    """What goes wrong within is told of this part. Encodings, addresses and cells all raise a ValueError."""
    try:
        yield
    except ValueError as error:
        raise _Unreadable(field, str(error)) from error


def _message_claim(signed: SignedMessage) -> Claim:
    with _reading("message"):
        texts = tuple(dict.fromkeys(_utf8(text) for text in (signed.message, signed.message.strip())))
        values = _message_values(signed.message)
    with _reading("public"):
        key = base64_exactly(signed.public_key, KEY_BYTES)
    with _reading("signature"):
        signature = base64_exactly(signed.signature, SIGNATURE_BYTES)
    with _reading("message.wallet"):
        address = spelled_address(values["wallet"])
    with _reading("message.telegram_id"):
        telegram_id = _whole(values["telegram_id"])
    with _reading("message.timestamp"):
        signed_at = _whole(values["timestamp"])
    return Claim(address, key, signature, texts, values["nonce"], signed_at, MESSAGE_WINDOW, telegram_id=telegram_id)


def _message_values(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.strip().split("&")]
    values = {name.strip(): unquote(value.strip(), errors="strict") for name, _, value in pairs}
    if len(values) != len(pairs) or values.keys() != MESSAGE_FIELDS:
        raise ValueError("the message has wallet, telegram_id, timestamp and nonce, each once")
    return values


def _proof_claim(proof: TonProof) -> Claim:
    with _reading("address"):
        address = spelled_address(proof.address)
    with _reading("network"):
        if not NETWORK_ID.fullmatch(proof.network):
            raise ValueError("a network is a whole number such as -239")
    with _reading("public_key"):
        key = hex_exactly(proof.public_key, KEY_BYTES)
    with _reading("proof.timestamp"):
        signed_at = _whole(proof.timestamp)
    with _reading("proof.domain.value"):
        domain = _utf8(proof.domain)
    with _reading("proof.payload"):
        payload = _utf8(proof.payload)
    with _reading("proof.signature"):
        signature = base64_exactly(proof.signature, SIGNATURE_BYTES)
    with _reading("proof.state_init"):
        state_init = _state_init(proof.state_init)
    return Claim(
        address,
        key,
        signature,
        (proof_digest(address.address, domain, signed_at, payload),),
        proof.payload,
        signed_at,
        PROOF_WINDOW,
        network_id=int(proof.network),
        domain=proof.domain,
        domain_length=proof.domain_length,
        state_init=state_init,
    )


def _state_init(text: str) -> StateInit:
    state_init = read_state_init(base64_bytes(text, MAX_BOC_BYTES))
    state_init.public_key()  # a known contract's data is long enough to hold its key, or this raises
    return state_init


def _utf8(text: str) -> bytes:
    if len(text) > MAX_TEXT:
        raise ValueError(f"at most {MAX_TEXT} characters")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("half a surrogate pair is no character") from None


def _whole(value: int | str) -> int:
    """A whole number from 0 to 2^63 − 1, as a number or in digits."""
    if isinstance(value, str):
        value = int(value) if DIGITS.fullmatch(value) else -1
    if isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise ValueError("a whole number from 0 to 2^63 - 1 in digits")
    return value


def _wrong_network(claim: Claim, policy: Policy) -> WrongNetwork | None:
    elsewhere = claim.network_id not in (None, policy.network.value)
    test_money = claim.address.testnet_only and policy.network is Network.MAINNET
    return WrongNetwork(policy.network.word) if elsewhere or test_money else None


def _wrong_domain(claim: Claim, policy: Policy) -> WrongDomain | WrongDomainLength | None:
    if claim.domain is None:
        return None
    if claim.domain not in policy.domains:
        return WrongDomain(claim.domain)
    return None if claim.domain_length == len(claim.domain.encode()) else WrongDomainLength()


def _wrong_time(claim: Claim, now: datetime) -> ProofTooOld | ProofInFuture | None:
    age = now.timestamp() - claim.signed_at
    if age > claim.window.past:
        return ProofTooOld()
    return ProofInFuture() if -age > claim.window.ahead else None


def _wallet(claim: Claim, policy: Policy) -> WalletCode | Refusal:
    """The contract at the claim's address, whose key is the claim's."""
    if claim.state_init is None:
        return _derived(claim.address.address, claim.public_key, policy.network)
    return _stated(claim.address.address, claim.public_key, claim.state_init)


def _derived(address: Address, key: bytes, network: Network) -> WalletCode | WrongNetwork | WrongWalletKey:
    if (wallet := wallet_of_key(address, key, network)) is not None:
        return wallet
    # The wallet id of v5r1 names its network, so that such a wallet has another address on each.
    elsewhere = any(wallet_of_key(address, key, other) for other in Network if other is not network)
    return WrongNetwork(network.word) if elsewhere else WrongWalletKey()


def _stated(address: Address, key: bytes, state_init: StateInit) -> WalletCode | Refusal:
    code = state_init.code
    if code is None:
        return UnknownWalletCode(state_init.code_hash.hex())
    if code.key_bit is None:
        return WalletKeyMayChange(code.name)
    if state_init.hash != address.hash:
        return WrongStateInit()
    return code if state_init.public_key() == key else WrongWalletKey()
