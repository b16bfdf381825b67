"""What every hot wallet and every chain promise: those in memory, and the real adapters before the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import TRANSFER_NANO, NftAnswer, Paid, Payment
from stickercase.ports.failures import MessageRefused
from support.hot_wallets import ANN, BOB, VAULTS, Vault
from support.sandboxes import NANO

ITEM = Address(0, b"\x0f" * 32)
FEES_NANO = NANO // 50
"""What the fees of one message are under, in any chain of these."""


@pytest.fixture(params=VAULTS)
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Vault]:
    with VAULTS[request.param](tmp_path) as made:
        made.fund(made.wallet, 10 * NANO)
        yield made


def seen(vault: Vault, address: Address | None = None) -> list[tuple[str | None, tuple[Paid, ...]]]:
    state = vault.chain.wallet(address or vault.wallet)
    return [(one.message_hash, one.payments) for one in vault.chain.transactions(state, None)]


def test_the_same_arguments_make_the_same_message(vault: Vault) -> None:
    until = vault.chain.wallet(vault.wallet).at.replace(microsecond=0) + timedelta(minutes=1)
    payment = Payment(BOB, NANO, "one")
    message = vault.payouts.sign(payment, 3, until)
    assert vault.payouts.sign(payment, 3, until) == message
    others = [
        vault.payouts.sign(Payment(ANN, NANO, "one"), 3, until),
        vault.payouts.sign(Payment(BOB, NANO + 1, "one"), 3, until),
        vault.payouts.sign(Payment(BOB, NANO, "two"), 3, until),
        vault.payouts.sign(payment, 4, until),
        vault.payouts.sign(payment, 3, until + timedelta(seconds=1)),
    ]
    assert len({message.hash, *(other.hash for other in others)}) == 6
    assert len({message.content, *(other.content for other in others)}) == 6
    assert len(bytes.fromhex(message.hash)) == 32


def test_an_account_that_nobody_used(vault: Vault) -> None:
    state = vault.chain.wallet(ANN)
    assert (state.address, state.balance_nano, state.seqno, state.lt) == (ANN, 0, 0, 0)
    assert abs(state.at - vault.clock.now()) < timedelta(seconds=5)
    assert vault.chain.transactions(state, None) == []


def test_a_payment_arrives_whole_and_once(vault: Vault) -> None:
    before = vault.chain.wallet(vault.wallet)
    assert (before.balance_nano, before.seqno) == (10 * NANO, 0)
    message = vault.sign(NANO)
    for _ in range(3):
        vault.chain.send(message.content)
    assert vault.chain.wallet(vault.wallet).seqno == 0
    vault.confirm()
    after = vault.chain.wallet(vault.wallet)
    assert (after.seqno, vault.balance(BOB)) == (1, NANO)
    assert 9 * NANO - FEES_NANO < after.balance_nano < 9 * NANO
    assert seen(vault) == [(message.hash, (Paid(BOB, NANO),))]
    assert after.lt == vault.chain.transactions(after, None)[0].lt > 0
    with pytest.raises(MessageRefused):
        vault.chain.send(message.content)


def test_payments_follow_one_another(vault: Vault) -> None:
    messages = []
    for number in range(3):
        messages.append(vault.sign(NANO + number))
        vault.chain.send(messages[-1].content)
        vault.confirm()
    expected = [(message.hash, (Paid(BOB, NANO + number),)) for number, message in enumerate(messages)]
    assert seen(vault) == expected[::-1]
    assert vault.chain.wallet(vault.wallet).seqno == 3


def test_of_two_messages_for_one_turn_one_lands(vault: Vault) -> None:
    for amount_nano in (NANO, 2 * NANO):
        vault.chain.send(vault.sign(amount_nano, seqno=0).content)
    vault.confirm()
    assert vault.chain.wallet(vault.wallet).seqno == 1
    assert vault.balance(BOB) in (NANO, 2 * NANO)
    assert len(seen(vault)) == 1


@pytest.mark.parametrize("seqno", [2, 2**32 - 1])
def test_whose_turn_has_not_come_is_refused(vault: Vault, seqno: int) -> None:
    vault.chain.send(vault.sign().content)
    vault.confirm()
    with pytest.raises(MessageRefused):
        vault.chain.send(vault.sign(seqno=seqno).content)
    assert len(seen(vault)) == 1


def test_what_is_void_lands_no_more(vault: Vault) -> None:
    void, late = vault.sign(seconds=2), vault.sign(seconds=3)
    vault.chain.send(late.content)
    vault.clock.pass_time(seconds=4)
    with pytest.raises(MessageRefused):
        vault.chain.send(void.content)
    vault.confirm()
    state = vault.chain.wallet(vault.wallet)
    assert (state.seqno, seen(vault), vault.balance(BOB)) == (0, [], 0)


def test_a_payment_beyond_the_balance_uses_its_turn_up_and_pays_nothing(vault: Vault) -> None:
    message = vault.sign(11 * NANO)
    vault.chain.send(message.content)
    vault.confirm()
    state = vault.chain.wallet(vault.wallet)
    assert (state.seqno, vault.balance(BOB)) == (1, 0)
    assert 10 * NANO - FEES_NANO < state.balance_nano < 10 * NANO
    assert seen(vault) == [(message.hash, ())]


def test_a_wallet_whose_money_is_gone_pays_nothing(vault: Vault) -> None:
    vault.chain.send(vault.sign(10 * NANO - FEES_NANO).content)
    vault.confirm()
    left = vault.balance(vault.wallet)
    message = vault.sign(left)
    vault.chain.send(message.content)
    vault.confirm()
    assert seen(vault)[0] == (message.hash, ())


def test_only_what_came_since_is_shown(vault: Vault) -> None:
    vault.chain.send(vault.sign(NANO).content)
    vault.confirm()
    vault.clock.pass_time(minutes=10)
    half_way = vault.clock.now() - timedelta(minutes=5)
    vault.chain.send(vault.sign(2 * NANO).content)
    vault.confirm()
    state = vault.chain.wallet(vault.wallet)
    assert [one.payments for one in vault.chain.transactions(state, half_way)] == [(Paid(BOB, 2 * NANO),)]
    assert vault.chain.transactions(state, vault.clock.now()) == []
    first, second = vault.chain.transactions(state, None)
    assert first.lt > second.lt
    assert first.at - second.at >= timedelta(minutes=10)


def answers(vault: Vault) -> list[NftAnswer]:
    found = vault.chain.transactions(vault.chain.wallet(vault.wallet), None)
    return [one.answer for one in found if one.answer is not None]


def test_an_nft_of_the_wallet_becomes_somebody_elses_and_says_so(vault: Vault) -> None:
    assert vault.chain.nft_owner(ITEM) is None
    vault.mint(ITEM, vault.wallet)
    assert vault.chain.nft_owner(ITEM) == vault.wallet
    message = vault.transfer(ITEM, query_id=2**53)
    assert vault.chain.nft_owner(ITEM) == BOB
    assert answers(vault) == [NftAnswer(ITEM, 2**53, bounced=False)]
    assert seen(vault) == [(None, ()), (message.hash, (Paid(ITEM, TRANSFER_NANO),))]
    assert 10 * NANO - TRANSFER_NANO < vault.balance(vault.wallet) < 10 * NANO


def test_an_nft_of_somebody_else_refuses_and_says_so(vault: Vault) -> None:
    vault.mint(ITEM, ANN)
    message = vault.transfer(ITEM, query_id=7)
    assert vault.chain.nft_owner(ITEM) == ANN
    assert answers(vault) == [NftAnswer(ITEM, 7, bounced=True)]
    assert seen(vault)[1:] == [(message.hash, (Paid(ITEM, TRANSFER_NANO),))]
    vault.mint(ITEM, vault.wallet)
    vault.transfer(ITEM, query_id=8)
    assert vault.chain.nft_owner(ITEM) == BOB
    assert answers(vault)[0] == NftAnswer(ITEM, 8, bounced=False)


def test_where_no_nft_is_a_transfer_comes_back(vault: Vault) -> None:
    vault.transfer(ITEM, query_id=9)
    assert (answers(vault), vault.chain.nft_owner(ITEM)) == ([NftAnswer(ITEM, 9, bounced=True)], None)


def test_an_account_that_is_no_nft_is_nobodys(vault: Vault) -> None:
    vault.chain.send(vault.sign(NANO).content)
    vault.confirm()
    assert vault.chain.nft_owner(vault.wallet) is None
