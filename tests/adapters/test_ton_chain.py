"""Toncenter's adapter before an API that fails in every way, that is behind, and that answers oddly."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ton_core import Address as ForeignAddress
from ton_core import ExternalMessage, MessageAny, Slice

from stickercase.adapters.ton import chain as adapter
from stickercase.adapters.ton.chain import ToncenterChain
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import Paid, WalletState
from stickercase.ports.failures import MessageRefused, TokenRefused, Unintelligible, VendorUnavailable
from support.clock import NOON
from support.hot_wallets import BOB, Vault, toncenter_vault
from support.http_answers import answering as somebody
from support.sandboxes import NANO, TON_API_KEY, VENDOR_FAULTS, Outside, outside

SETTING = "STICKERCASE_TON_API_KEY"
HOT = Address(0, b"\x01" * 32)
STATE = WalletState(HOT, 0, 0, 0, NOON)
PAID = {"source": HOT.raw, "destination": BOB.raw, "value": "1"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    with outside(tmp_path) as world:
        world.control("accounts", address=HOT.raw, amount=str(NANO))
        yield world


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with toncenter_vault("v5r1")(tmp_path) as made:
        made.fund(made.wallet, 100 * NANO)
        yield made


def chain(world: Outside, key: str = TON_API_KEY, seconds: float = 5.0) -> ToncenterChain:
    return ToncenterChain(world.ton_url, key, key_setting=SETTING, seconds=seconds)


CALLS: dict[str, Callable[[ToncenterChain], Any]] = {
    "wallet": lambda chain: chain.wallet(HOT),
    "transactions": lambda chain: chain.transactions(STATE, None),
    "send": lambda chain: chain.send(b"x"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("kind", "failure"),
    VENDOR_FAULTS,
)
def test_every_fault_of_every_call_is_a_failure_with_one_name(
    world: Outside, call: str, kind: str, failure: type[Exception]
) -> None:
    world.fault("ton", kind, count=9, seconds=3)
    with pytest.raises(VendorUnavailable) as failed:
        CALLS[call](chain(world, seconds=0.3 if kind == "timeout" else 5.0))
    # Half of an answer about a message that is not taken is trouble like any other 500.
    expected = VendorUnavailable if (call, kind) == ("send", "garbage") else failure
    assert type(failed.value) is expected
    assert TON_API_KEY not in str(failed.value)


@pytest.mark.parametrize("call", CALLS)
def test_a_wrong_key_names_the_setting_and_not_the_secret(world: Outside, call: str) -> None:
    with pytest.raises(TokenRefused, match=SETTING) as refused:
        CALLS[call](chain(world, key="a-stale-secret"))
    assert "a-stale-secret" not in str(refused.value)


def test_without_a_key_none_is_shown(world: Outside) -> None:
    assert chain(world, key="").wallet(HOT).balance_nano == NANO


@pytest.mark.parametrize("kind", ["error", "lost_answer"])
def test_looks_are_repeated_and_sending_is_not(vault: Vault, kind: str) -> None:
    message = vault.sign()
    world = vault.outside
    assert world is not None
    world.fault("ton", kind, count=2)
    assert vault.balance(vault.wallet) == 100 * NANO
    assert world.state()["faults"] == []
    world.fault("ton", kind, count=2)
    with pytest.raises(VendorUnavailable):
        vault.chain.send(message.content)
    assert [fault["count"] for fault in world.state()["faults"]] == [1]


def test_a_message_that_is_not_taken_says_why(vault: Vault) -> None:
    vault.chain.send(vault.sign().content)
    vault.confirm()
    with pytest.raises(MessageRefused, match="exitcode=133"):
        vault.chain.send(vault.sign(seqno=0).content)
    with pytest.raises(VendorUnavailable):
        vault.chain.send(b"no bag of cells")


def test_what_was_put_into_another_envelope_is_recognised(vault: Vault) -> None:
    """Anybody may do that to what is on its way: the envelope is not signed."""
    vault.chain.send(vault.sign().content)
    vault.confirm()
    message = vault.sign(2 * NANO)
    body = MessageAny.deserialize(Slice.one_from_boc(message.content)).body
    wallet = ForeignAddress((0, vault.wallet.hash))
    other = ExternalMessage(dest=wallet, body=body, import_fee=7).to_boc()
    assert other != message.content
    vault.chain.send(other)
    vault.confirm()
    state = vault.chain.wallet(vault.wallet)
    newest = vault.chain.transactions(state, None)[0]
    assert (newest.message_hash, newest.payments) == (message.hash, (Paid(BOB, 2 * NANO),))
    with pytest.raises(MessageRefused):
        vault.chain.send(message.content)


def test_a_list_that_does_not_reach_the_state_is_not_believed(vault: Vault) -> None:
    for expected in (0, 1):
        state = vault.chain.wallet(vault.wallet)
        assert len(vault.chain.transactions(state, None)) == expected
        with pytest.raises(VendorUnavailable, match="last transaction"):
            vault.chain.transactions(replace(state, lt=state.lt + 1), None)
        vault.chain.send(vault.sign().content)
        vault.confirm()


def test_pages_are_put_together(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "PAGE", 2)
    for number in range(5):
        vault.chain.send(vault.sign(NANO + number).content)
        vault.confirm()
    state = vault.chain.wallet(vault.wallet)
    amounts = [one.payments[0].amount_nano - NANO for one in vault.chain.transactions(state, None)]
    assert amounts == [4, 3, 2, 1, 0]
    since = vault.chain.transactions(state, None)[2].at
    assert len(vault.chain.transactions(state, since)) == 3
    assert vault.chain.transactions(state, state.at + timedelta(hours=1)) == []


def test_a_page_that_is_too_long_is_asked_for_in_shorter_ones(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can make it long: by sending the wallet messages with much in them."""
    for _ in range(5):
        vault.chain.send(vault.sign().content)
        vault.confirm()
    assert vault.outside is not None
    state = vault.chain.wallet(vault.wallet)
    monkeypatch.setattr(adapter, "MOST_BYTES", 4000)
    bounded = chain(vault.outside)
    assert bounded.transactions(state, None) == vault.chain.transactions(state, None)
    monkeypatch.setattr(adapter, "MOST_BYTES", 1000)
    with pytest.raises(Unintelligible, match="more than 1000 bytes"):
        chain(vault.outside).transactions(state, None)


def transaction(lt: int, **other: Any) -> dict[str, Any]:
    """A transaction that a payment to the wallet caused."""
    in_msg = {"source": BOB.raw, "destination": HOT.raw, "value": "1"}
    return {"utime": 1, "transaction_id": {"lt": str(lt), "hash": "AA=="}, "in_msg": in_msg, "out_msgs": []} | other


def from_outside(**other: Any) -> dict[str, Any]:
    """A message from outside to the wallet, whose body is an empty cell."""
    data = {"body": "te6ccgEBAQEAAgAAAA=="}
    return {"source": "", "destination": HOT.raw, "value": "0", "hash": "", "msg_data": data} | other


@contextmanager
def saying(result: object, ok: bool = True) -> Iterator[ToncenterChain]:
    with somebody(200, json.dumps({"ok": ok, "result": result, "error": "x"}).encode()) as url:
        yield ToncenterChain(url)


ACCOUNT = {"balance": "5", "state": "uninitialized", "sync_utime": 1, "last_transaction_id": {"lt": "7", "hash": ""}}


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("wallet", None),
        ("wallet", ACCOUNT | {"balance": "many"}),
        ("wallet", ACCOUNT | {"sync_utime": 10**18}),
        ("wallet", ACCOUNT | {"last_transaction_id": {"lt": "", "hash": ""}}),
        ("wallet", {}),
        ("transactions", {}),
        ("transactions", [transaction(1), transaction(2)]),
        ("transactions", [transaction(2), transaction(2)]),
        ("transactions", [transaction(1, out_msgs=[PAID | {"destination": "nowhere"}])]),
        ("transactions", [transaction(1, out_msgs=[PAID | {"value": "much"}])]),
        ("transactions", [transaction(1, in_msg=from_outside(body_hash="AAAA"))]),
        ("transactions", [transaction(1, in_msg=from_outside(msg_data={"body": "%"}))]),
        ("transactions", [transaction(1, in_msg=from_outside(msg_data={"body": "te6ccgEBAQEA"}))]),
        ("send", []),
    ],
)
def test_what_makes_no_sense_is_unintelligible(call: str, result: object) -> None:
    with saying(result) as odd, pytest.raises(Unintelligible):
        CALLS[call](odd)


@pytest.mark.parametrize(
    "lacking",
    [
        {name: value for name, value in transaction(1).items() if name != "in_msg"},
        {name: value for name, value in transaction(1).items() if name != "out_msgs"},
        transaction(1, in_msg={"destination": HOT.raw, "value": "0"}),
        transaction(1, in_msg={"source": "", "value": "0"}),
        transaction(1, out_msgs=[{"source": HOT.raw, "destination": BOB.raw}]),
        transaction(1, out_msgs=[{"source": HOT.raw, "value": "1"}]),
        transaction(1, in_msg=from_outside(msg_data=None, hash="A" * 43 + "=")),
        transaction(1, in_msg=from_outside(msg_data={"text": "AAAA"}, hash="A" * 43 + "=")),
    ],
)
def test_what_lacks_a_part_by_which_a_payment_is_known_is_unintelligible(lacking: dict[str, Any]) -> None:
    """Read as nothing, it would look as if a message of ours had not landed, or had paid nothing."""
    with saying([lacking]) as odd, pytest.raises(Unintelligible):
        odd.transactions(STATE, None)
    with saying([transaction(1, in_msg=from_outside())]) as even:
        assert even.transactions(STATE, None)[0].message_hash is not None


def test_a_body_larger_than_any_of_ours_is_somebody_elses() -> None:
    """Who has the key may send a hundred payments at once, by hand; our own go on."""
    large = b64encode(bytes(5000)).decode()
    with saying([transaction(1, in_msg=from_outside(msg_data={"body": large}))]) as odd:
        assert [one.message_hash for one in odd.transactions(STATE, None)] == [None]


@pytest.mark.parametrize("call", CALLS)
def test_a_refusal_of_ours_is_unintelligible(call: str) -> None:
    with saying(None, ok=False) as refusing, pytest.raises(Unintelligible):
        CALLS[call](refusing)


def test_an_account_that_is_no_wallet_is_unintelligible(world: Outside) -> None:
    world.control("accounts", address=HOT.raw, amount="1", active=True)
    with pytest.raises(Unintelligible, match="no wallet"):
        chain(world).wallet(HOT)


def test_an_account_in_debt_has_nothing() -> None:
    with saying(ACCOUNT | {"balance": "-1"}) as odd:
        assert odd.wallet(HOT).balance_nano == 0
