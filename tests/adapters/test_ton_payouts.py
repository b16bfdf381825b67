"""What the hot wallet signs, held against cells that are laid out by hand here and against a published key."""

from __future__ import annotations

import builtins
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from nacl.signing import SigningKey
from ton_core import Address as ForeignAddress
from ton_core import MessageAny, NFTTransferBody, Slice, normalize_hash

from stickercase.adapters.ton.chain import normal_hash
from stickercase.adapters.ton.payouts import TonCorePayouts, hot_wallet
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.cells import Cell, cell_of, read_boc
from stickercase.domain.wallet.contracts import Network, wallet_address
from stickercase.domain.wallet.payouts import NftTransfer, Payment
from stickercase.ports.failures import BadKey, ExtraMissing
from support.hot_wallets import ANN, BOB, MNEMONIC, SECRET_SEED

UNTIL = datetime(2025, 6, 1, 12, 5, tzinfo=UTC)
PAYMENT = Payment(BOB, 1_234_567_890, "StickerCase withdrawal 7")
KEY = SigningKey(bytes.fromhex(SECRET_SEED))
SETTING = "STICKERCASE_HOT_WALLET_MNEMONIC"
CONTRACTS = ["v4r2", "v5r1"]


def address_fields(address: Address) -> tuple[tuple[int, int], ...]:
    """``addr_std`` of block.tlb: tag 10, no anycast, int8, 256 bits."""
    return (0b100, 3), (address.workchain & 0xFF, 8), (int.from_bytes(address.hash, "big"), 256)


def number(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data, "big"), 8 * len(data)


def transfer_by_hand() -> Cell:
    """``int_msg_info$0`` of block.tlb: ihr off, no bounce, from nobody, to Bob, so many nanotons; then the comment."""
    amount = number(PAYMENT.amount_nano.to_bytes((PAYMENT.amount_nano.bit_length() + 7) // 8, "big"))
    flags, from_nobody = (0b0100, 4), (0b00, 2)
    rest = (0, 1), (0, 4), (0, 4), (0, 64), (0, 32)
    header = (flags, from_nobody, *address_fields(BOB), (amount[1] // 8, 4), amount, *rest)
    body = (0, 32), number(PAYMENT.comment.encode())
    no_init, body_here = (0, 1), (0, 1)
    if sum(width for _, width in (*header, no_init, body_here, *body)) <= 1023:
        return cell_of(*header, no_init, body_here, *body)
    return cell_of(*header, no_init, (1, 1), refs=(cell_of(*body),))


def body_by_hand(contract: str, seqno: int, network: Network = Network.MAINNET) -> Cell:
    until, count = (int(UNTIL.timestamp()), 32), (seqno, 32)
    if contract == "v5r1":
        wallet_id = (2147483409 if network is Network.MAINNET else 2147483645, 32)
        action = cell_of((0x0EC3C86D, 32), (3, 8), refs=(cell_of(), transfer_by_hand()))
        fields = (number(b"sign"), wallet_id, until, count, (1, 1), (0, 1))
        signature = KEY.sign(cell_of(*fields, refs=(action,)).hash).signature
        return cell_of(*fields, number(signature), refs=(action,))
    fields = ((698_983_191, 32), until, count, (0, 8), (3, 8))
    signature = KEY.sign(cell_of(*fields, refs=(transfer_by_hand(),)).hash).signature
    return cell_of(number(signature), *fields, refs=(transfer_by_hand(),))


def test_the_mnemonic_makes_the_published_key() -> None:
    """The seed is the one in the tests of @ton/crypto."""
    for contract in CONTRACTS:
        for network in Network:
            wallet = TonCorePayouts(MNEMONIC, contract, network)
            assert wallet.address() == wallet_address(contract, bytes(KEY.verify_key), network)
    shouted = "\n ".join(MNEMONIC.upper().split())
    assert TonCorePayouts(shouted, "v4r2", Network.MAINNET).address().raw.startswith("0:")


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("seqno", [1, 7, 2**32 - 1])
def test_a_message_is_what_a_hand_lays_out(contract: str, seqno: int) -> None:
    wallet = TonCorePayouts(MNEMONIC, contract, Network.MAINNET)
    message = wallet.sign(PAYMENT, seqno, UNTIL)
    body = body_by_hand(contract, seqno)
    assert message.hash == normal_hash(wallet.address(), body)
    whole = read_boc(message.content)
    inside = whole.refs[-1] if whole.refs and whole.refs[-1].hash == body.hash else None
    # Whether the body lies in a cell of its own or not, the same is said.
    header = ((0b10, 2), (0b00, 2), *address_fields(wallet.address()), (0, 4), (0, 1))
    by_hand = (
        cell_of(*header, (1, 1), refs=(body,))
        if inside
        else cell_of(*header, (0, 1), (body.uint(0, body.bits), body.bits), refs=body.refs)
    )
    assert whole.hash == by_hand.hash


@pytest.mark.parametrize("network", list(Network))
def test_the_first_message_brings_the_wallet_along(network: Network) -> None:
    for contract in CONTRACTS:
        wallet = TonCorePayouts(MNEMONIC, contract, network)
        first, second = wallet.sign(PAYMENT, 0, UNTIL), wallet.sign(PAYMENT, 1, UNTIL)
        assert first.hash == normal_hash(wallet.address(), body_by_hand(contract, 0, network))
        assert len(first.content) > len(second.content) + 200


@pytest.mark.parametrize("seqno", [0, 5])
def test_the_library_finds_the_same_normal_form(seqno: int) -> None:
    message = TonCorePayouts(MNEMONIC, "v5r1", Network.MAINNET).sign(PAYMENT, seqno, UNTIL)
    assert message.hash == normalize_hash(MessageAny.deserialize(Slice.one_from_boc(message.content)))


@pytest.mark.parametrize(
    "words",
    [
        "hush",
        " ".join(["hush"] * 24),
        MNEMONIC.replace("hospital", "hospitals"),
        MNEMONIC.replace("hospital stove", "stove hospital"),
        f"{MNEMONIC} extra",
    ],
)
def test_words_that_are_no_mnemonic_are_refused_and_not_quoted(words: str) -> None:
    with pytest.raises(BadKey) as refused:
        TonCorePayouts(words, "v5r1", Network.MAINNET, SETTING)
    assert SETTING in str(refused.value)
    assert not [word for word in words.split() if word in str(refused.value).split()]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_transfer_is_what_other_peoples_code_reads(contract: str) -> None:
    """Read by ton-core, and the same cell as its own of TEP-62. The wallet's part is that of a payment."""
    wallet = TonCorePayouts(MNEMONIC, contract, Network.MAINNET)
    order = NftTransfer(ANN, BOB, query_id=2**53 + 7, amount_nano=50_000_000)
    message = wallet.sign(order, 7, UNTIL)
    assert (message, len(message.hash)) == (wallet.sign(order, 7, UNTIL), 64)
    body = MessageAny.deserialize(Slice.one_from_boc(message.content)).body
    inner = MessageAny.deserialize((body.refs[0].refs[1] if contract == "v5r1" else body.refs[0]).begin_parse())
    assert (inner.info.dest, inner.info.value.grams, inner.info.bounce) == (_foreign(ANN), 50_000_000, True)
    laid_out = NFTTransferBody(_foreign(BOB), _foreign(wallet.address()), forward_amount=0, query_id=order.query_id)
    assert inner.body.hash == laid_out.serialize().hash


def _foreign(address: Address) -> ForeignAddress:
    return ForeignAddress((address.workchain, address.hash))


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ton_core", None)
    assert hot_wallet("", "v5r1", Network.MAINNET, SETTING) is None
    with pytest.raises(ExtraMissing, match=r"pip install 'stickercase\[ton\]'"):
        hot_wallet(MNEMONIC, "v5r1", Network.MAINNET, SETTING)


def test_the_extra_is_loaded_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    real, wanted = builtins.__import__, []

    def watched(name: str, *rest: Any, **named: Any) -> Any:
        wanted.append(name.partition(".")[0])
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", watched)
    hot_wallet("", "v5r1", Network.MAINNET, SETTING)
    assert "ton_core" not in wanted
    hot_wallet(MNEMONIC, "v5r1", Network.MAINNET, SETTING)
    assert "ton_core" in wanted


def test_other_contracts_are_none_of_ours() -> None:
    with pytest.raises(ValueError, match="v4r2, v5r1"):
        TonCorePayouts(MNEMONIC, "v3r2", Network.MAINNET)
