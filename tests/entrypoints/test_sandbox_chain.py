"""The sandbox's TON API takes what the chain takes, and refuses what the chain refuses."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey
from ton_core import Cell

from stickercase.domain.wallet.addresses import parse_address
from support.chain_messages import Pay, external
from support.sandboxes import NANO, TON_API_KEY, Outside, outside
from support.wallets import Wallet, raw

CONTRACTS = ["v3r1", "v3r2", "v4r2", "v5r1"]
KEY = SigningKey(b"k" * 32)
BOB, EVE = "0:" + "b0" * 32, "0:" + "e0" * 32
GAS, FORWARD = 3_000_000, 400_000
SOON = 60


@dataclass
class Node:
    """The API, and a wallet that has money there."""

    world: Outside
    wallet: Wallet
    address: str

    @property
    def now(self) -> int:
        return int(self.world.clock.now().timestamp())

    def call(self, method: str, expected: int = 200, **query: Any) -> Any:
        answer = self.world.client.get(f"{self.world.ton_url}/{method}", params=query)
        assert answer.status_code == expected, answer.text
        return answer.json()["result"] if expected == 200 else answer.json()

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.world.client.post(f"{self.world.ton_url}/{path}", json=body)

    def message(self, *pays: Pay, seqno: int = 0, until: int | None = None, **other: Any) -> str:
        valid_until = self.now + SOON if until is None else until
        return external(self.wallet, seqno, valid_until, *pays, deploy=seqno == 0, **other)

    def send(self, boc: str) -> str:
        answer = self.post("sendBocReturnHash", boc=boc)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["result"]["hash"])

    def refusal(self, boc: str) -> str:
        answer = self.post("sendBoc", boc=boc)
        assert answer.status_code == 500, answer.text
        told = answer.json()
        assert (told["ok"], told["code"]) == (False, 500)
        return str(told["error"])

    def confirm(self) -> None:
        self.world.clock.pass_time(seconds=5)

    def balance(self, address: str | None = None) -> int:
        return int(self.call("getAddressBalance", address=address or self.address))

    def seqno(self) -> int:
        answer = self.post("runGetMethod", address=self.address, method="seqno", stack=[]).json()["result"]
        assert answer["exit_code"] == 0
        return int(answer["stack"][0][1], 16)

    def transactions(self, address: str | None = None, **query: Any) -> list[dict[str, Any]]:
        return list(self.call("getTransactions", address=address or self.address, **query))


def funded(world: Outside, name: str, nano: int = 10 * NANO) -> Node:
    wallet = Wallet(KEY, name)
    node = Node(world, wallet, raw(wallet.address))
    world.control("accounts", address=node.address, amount=str(nano))
    return node


@pytest.fixture(params=CONTRACTS)
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Node]:
    with outside(tmp_path) as world:
        yield funded(world, request.param)


@pytest.fixture
def v4(tmp_path: Path) -> Iterator[Node]:
    with outside(tmp_path) as world:
        yield funded(world, "v4r2")


def message_hash(boc: str) -> str:
    """The hash of a message's cell, as ton-core computes it."""
    return base64.b64encode(Cell.one_from_boc(base64.b64decode(boc)).hash).decode()


def test_a_wallet_is_deployed_by_its_first_payments(node: Node) -> None:
    boc = node.message(Pay(BOB, 2 * NANO, "за стикер " + "x" * 200), Pay(EVE, 1, "2"))
    assert node.call("getAddressState", address=node.address) == "uninitialized"
    assert "seqno" not in node.call("getWalletInformation", address=node.address)
    assert node.send(boc) == message_hash(boc)
    assert node.balance(BOB) == 0, "nothing lands at once"
    node.confirm()
    assert (node.balance(BOB), node.balance(EVE), node.seqno()) == (2 * NANO, 1, 1)
    assert node.balance() == 10 * NANO - 2 * NANO - 1 - GAS - 2 * FORWARD
    told = node.call("getWalletInformation", address=node.address)
    assert (told["wallet"], told["account_state"], told["seqno"]) == (True, "active", 1)
    assert told["wallet_type"].replace(" ", "") == f"wallet{node.wallet.name}"


def test_a_message_is_found_by_its_hash_with_what_it_paid(node: Node) -> None:
    boc = node.message(Pay(BOB, 2 * NANO, "first"), Pay(EVE, NANO))
    name = node.send(boc)
    node.confirm()
    [landed] = node.transactions()
    assert (landed["in_msg"]["hash"], landed["in_msg"]["source"]) == (name, "")
    paid = [(message["value"], message["message"]) for message in landed["out_msgs"]]
    assert paid == [(str(2 * NANO), "first"), (str(NANO), "")]
    assert landed["utime"] <= node.now
    assert landed["transaction_id"] == node.call("getAddressInformation", address=node.address)["last_transaction_id"]
    [received] = node.transactions(BOB)
    assert (received["in_msg"]["value"], received["in_msg"]["message"]) == (str(2 * NANO), "first")
    assert received["in_msg"]["source"] == landed["address"]["account_address"]


def test_the_public_key_can_be_asked_for(node: Node) -> None:
    def key() -> dict[str, Any]:
        return dict(node.post("runGetMethod", address=node.address, method="get_public_key", stack=[]).json()["result"])

    assert (key()["exit_code"], key()["stack"]) == (-13, [])
    node.send(node.message(Pay(BOB, 1)))
    node.confirm()
    assert int(key()["stack"][0][1], 16).to_bytes(32, "big") == node.wallet.public_key


def test_the_same_message_lands_once(node: Node) -> None:
    boc = node.message(Pay(BOB, NANO))
    assert node.send(boc) == node.send(boc), "while it waits it may be sent again"
    node.confirm()
    codes = {"v3r1": 33, "v3r2": 33, "v4r2": 33, "v5r1": 133}
    assert f"exitcode={codes[node.wallet.name]}," in node.refusal(boc)
    node.confirm()
    assert (node.balance(BOB), len(node.transactions())) == (NANO, 1)


def test_of_two_messages_with_one_seqno_one_lands(node: Node) -> None:
    first, second = node.message(Pay(BOB, NANO)), node.message(Pay(EVE, NANO))
    node.send(first)
    node.send(second)
    node.confirm()
    assert (node.balance(BOB), node.balance(EVE), node.seqno()) == (NANO, 0, 1)
    assert len(node.transactions()) == 1


def test_messages_one_after_the_other(node: Node) -> None:
    for number in range(3):
        node.send(node.message(Pay(BOB, NANO), seqno=number))
        node.confirm()
    assert (node.balance(BOB), node.seqno()) == (3 * NANO, 3)
    newest = node.transactions(limit=2)
    assert len(newest) == 2
    last = newest[-1]["transaction_id"]
    older = node.transactions(lt=last["lt"], hash=last["hash"])
    assert [one["transaction_id"] for one in older] == [last, node.transactions()[2]["transaction_id"]]
    assert node.transactions(to_lt=last["lt"]) == newest[:1]


@pytest.mark.parametrize(
    ("other", "codes"),
    [
        ({"until": 1}, (35, 35, 36, 136)),
        ({"wallet_id": 1}, (34, 34, 34, 134)),
        ({"signer": SigningKey(b"e" * 32)}, (35, 35, 35, 135)),
    ],
    ids=["expired", "another wallet id", "another signer"],
)
def test_a_message_that_is_not_good_is_refused_with_the_contract_s_code(
    node: Node, other: dict[str, Any], codes: tuple[int, ...]
) -> None:
    expected = codes[CONTRACTS.index(node.wallet.name)]
    error = node.refusal(node.message(Pay(BOB, NANO), **other))
    assert error.startswith("LITE_SERVER_UNKNOWN: cannot apply external message to current state")
    assert f"exitcode={expected}," in error
    node.confirm()
    assert (node.balance(BOB), node.balance()) == (0, 10 * NANO)


def test_a_message_that_expires_while_it_waits_is_forgotten(node: Node) -> None:
    node.world.control("ton", confirm_seconds=SOON + 1)
    node.send(node.message(Pay(BOB, NANO)))
    assert len(node.world.state()["ton"]["waiting"]) == 1
    node.world.clock.pass_time(seconds=SOON + 2)
    assert node.world.state()["ton"]["waiting"] == []
    assert (node.balance(BOB), node.balance(), node.transactions()) == (0, 10 * NANO, [])


def test_too_little_money_skips_the_payment_and_uses_the_seqno_up(node: Node) -> None:
    node.send(node.message(Pay(BOB, 11 * NANO), Pay(EVE, NANO)))
    node.confirm()
    assert (node.balance(BOB), node.balance(EVE), node.seqno()) == (0, NANO, 1)
    [landed] = node.transactions()
    assert [message["value"] for message in landed["out_msgs"]] == [str(NANO)]


def test_an_error_that_is_not_ignored_undoes_everything_but_the_gas(v4: Node) -> None:
    v4.send(v4.message(Pay(EVE, NANO, mode=1), Pay(BOB, 11 * NANO, mode=1)))
    v4.confirm()
    assert (v4.balance(BOB), v4.balance(EVE), v4.balance()) == (0, 0, 10 * NANO - GAS)
    [landed] = v4.transactions()
    assert landed["out_msgs"] == []


def test_a_wallet_v5_must_ignore_errors(tmp_path: Path) -> None:
    with outside(tmp_path) as world:
        node = funded(world, "v5r1")
        assert "exitcode=137," in node.refusal(node.message(Pay(BOB, NANO, mode=1)))


def test_fees_come_out_of_the_payment_unless_they_are_paid_apart(v4: Node) -> None:
    v4.send(v4.message(Pay(BOB, NANO, mode=2)))
    v4.confirm()
    assert (v4.balance(BOB), v4.balance()) == (NANO - FORWARD, 9 * NANO - GAS)
    v4.send(v4.message(Pay(EVE, 0, mode=128 + 2), seqno=1))
    v4.confirm()
    assert (v4.balance(EVE), v4.balance()) == (9 * NANO - 2 * GAS - FORWARD, 0)


@pytest.mark.parametrize("active", [True, False])
def test_a_payment_that_bounces_comes_back_from_where_nobody_lives(v4: Node, active: bool) -> None:
    v4.world.control("accounts", address=BOB, active=active)
    v4.send(v4.message(Pay(BOB, NANO, bounce=True)))
    v4.confirm()
    left = 9 * NANO - GAS - FORWARD
    assert (v4.balance(BOB), v4.balance()) == ((NANO, left) if active else (0, left + NANO - FORWARD))
    assert [one["in_msg"].get("bounced", False) for one in v4.transactions()] == ([False] if active else [True, False])


def test_who_has_no_money_or_brings_no_contract_is_refused(node: Node) -> None:
    poor = Wallet(SigningKey(b"p" * 32), node.wallet.name)
    error = node.refusal(external(poor, 0, node.now + SOON, Pay(BOB, 1), deploy=True))
    assert "before smart-contract execution" in error
    assert "no money" in error
    error = node.refusal(external(node.wallet, 0, node.now + SOON, Pay(BOB, 1), deploy=False))
    assert "not deployed" in error
    another = "v3r1" if node.wallet.name != "v3r1" else "v3r2"
    error = node.refusal(external(node.wallet, 0, node.now + SOON, Pay(BOB, 1), deploy=True, code=another))
    assert "not deployed" in error


@pytest.mark.parametrize("boc", ["", "AAAA", "not base64!", base64.b64encode(b"\xb5\xee\x9c\x72" + b"x" * 50).decode()])
def test_what_is_no_message_is_an_error(v4: Node, boc: str) -> None:
    assert "LITE_SERVER_UNKNOWN" in v4.refusal(boc)


def test_money_is_neither_made_nor_lost(v4: Node) -> None:
    for number in range(4):
        v4.send(v4.message(Pay(BOB, NANO, bounce=number == 2), Pay(EVE, (number + 1) * NANO), seqno=number))
        v4.confirm()
    accounts = v4.world.state()["ton"]["accounts"].values()
    fees = sum(one["fee"] for one in v4.world.state()["ton"]["transactions"])
    assert sum(account["balance"] for account in accounts) + fees + FORWARD == 10 * NANO


def test_a_message_that_waits_survives_a_restart(tmp_path: Path) -> None:
    with outside(tmp_path) as world:
        node = funded(world, "v4r2")
        node.send(node.message(Pay(BOB, NANO)))
        clock = world.clock
    with outside(tmp_path, clock=clock) as world:
        node = Node(world, node.wallet, node.address)
        node.confirm()
        assert (node.balance(BOB), node.seqno()) == (NANO, 1)


@pytest.mark.parametrize("kind", ["lost_answer", "garbage"])
def test_what_was_sent_lands_although_the_answer_is_lost(v4: Node, kind: str) -> None:
    v4.world.fault("ton", kind)
    boc = v4.message(Pay(BOB, NANO))
    try:
        v4.post("sendBoc", boc=boc).json()
    except (httpx.TransportError, ValueError):
        v4.confirm()
    assert v4.balance(BOB) == NANO


def test_a_key_is_checked_when_there_is_one(v4: Node) -> None:
    url = f"{v4.world.ton_url}/getMasterchainInfo"
    for headers, status in (({}, 200), ({"X-API-Key": TON_API_KEY}, 200), ({"X-API-Key": "another"}, 401)):
        assert v4.world.client.get(url, headers=headers).status_code == status
    assert v4.world.client.get(url, params={"api_key": "another"}).json()["ok"] is False


@pytest.mark.parametrize("address", ["", "0:ab", "EQ" + "x" * 46])
def test_an_address_that_is_none_is_refused(v4: Node, address: str) -> None:
    assert v4.call("getAddressInformation", 416, address=address)["error"] == "Incorrect address"


def test_friendly_and_raw_spellings_name_one_account(v4: Node) -> None:
    friendly = v4.wallet.address.to_str()
    assert v4.balance(friendly) == v4.balance() == 10 * NANO
    told = v4.call("getAddressInformation", address=friendly)
    assert abs(told["sync_utime"] - v4.now) <= 1


def test_what_is_there_to_begin_with_is_given_once(tmp_path: Path) -> None:
    hot = parse_address(BOB)
    balances = []
    for _ in range(2):
        with outside(tmp_path, funds={hot: 5 * NANO}) as world:
            balances.append(Node(world, Wallet(KEY), BOB).balance())
            world.control("accounts", address=BOB, amount=str(NANO))
    assert balances == [5 * NANO, 6 * NANO]
