"""Taking out units that live on the chain: a real API, a worker and a scheduler, and the sandbox's chain."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from stickercase.adapters.ton.payouts import TonCorePayouts
from stickercase.domain.wallet.addresses import Address, parse_address
from stickercase.domain.wallet.contracts import Network
from support.api_processes import ApiProcess, Running, api_settings, environment, eventually
from support.command_line import inside
from support.databases import copied_database
from support.hot_wallets import MNEMONIC
from support.races import at_once
from support.sandboxes import NANO, TON_API_KEY, Outside, outside
from support.withdrawers import Withdrawer
from support.workshops import TESTS

PROGRAM = (sys.executable, "-m", "support.payer_program")
STRANGER = Address(0, b"\x77" * 32)
_numbers = count(1)


@dataclass
class Desk:
    """The product, and the chain outside."""

    api: ApiProcess
    outside: Outside
    environ: dict[str, str]
    stack: ExitStack
    folder: Path
    worker: Running
    hot: Address

    def hire(self) -> Running:
        self.worker = self.stack.enter_context(Running(["worker"], self.environ, program=PROGRAM))
        return self.worker

    def holder(self, owner: Address | None = None, floor: str = "1", *, connect: bool = True) -> Holder:
        """A player with a unit whose NFT is somebody's, the hot wallet's if nothing is said."""
        one = Withdrawer.rich(self.api.client, "100", connect=connect)
        operator = one.operator
        nft = Address(0, hashlib.sha256(f"journey {next(_numbers)}".encode()).digest())
        self.outside.control("nfts", address=nft.raw, owner=(owner or self.hot).raw)
        pack_id = operator.new_pack(0, floor)
        units = {"units": [{"number": 1, "nft_address": nft.friendly(bounceable=True)}]}
        answer = operator.send("POST", f"/api/operator/packs/{pack_id}/units", units)
        assert answer.status_code == 200, answer.text
        case = operator.new_case([(pack_id, 1.0)])
        body = {"telegram_id": one.player.telegram_id, "count": 1}
        answer = self.api.client.post(case.path("/open"), json=body, headers=one.player.headers())
        assert answer.status_code == 200, answer.text
        return Holder(self, one, nft)

    def owner(self, nft: Address) -> str:
        """Whose an NFT is in the sandbox's own books."""
        return str(self.outside.state()["ton"]["nfts"][nft.raw]["owner"])

    def audited(self) -> dict[str, Any]:
        """What `stickercase audit` says of the hot wallet."""
        names = ("database_url", "ton_api_url", "ton_api_key", "hot_wallet_mnemonic")
        settings = {name: self.environ[f"STICKERCASE_{name.upper()}"] for name in names}
        return dict(json.loads(inside("audit", "--json", cwd=self.folder, **settings).stdout)["wallet"])


@dataclass
class Holder:
    """A player with one unit that lives on the chain."""

    desk: Desk
    one: Withdrawer
    nft: Address

    @property
    def items(self) -> list[tuple[int, str]]:
        player = self.one.player
        told = self.one.client.get(player.path("/inventory"), headers=player.headers()).json()
        return [(item["id"], item["state"]) for item in told["inventory"]]

    def path(self, item_id: int) -> str:
        return self.one.player.path(f"/inventory/{item_id}/withdraw")

    def ask(self, item_id: int, key: str | None = None) -> Any:
        return self.one.client.post(self.path(item_id), headers=self.one.player.headers(key))

    def look(self, item_id: int) -> dict[str, Any]:
        answer = self.one.client.get(self.path(item_id), headers=self.one.player.headers())
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["delivery"])

    def until(self, item_id: int, state: str) -> dict[str, Any]:
        eventually(lambda: self.look(item_id)["state"] == state, f"the delivery is {state}", 30)
        return self.look(item_id)


@pytest.fixture(scope="module")
def desk(database_url: str, template_database: str, redis_url: str) -> Iterator[Desk]:
    with (
        copied_database(database_url, template_database) as url,
        tempfile.TemporaryDirectory() as name,
        ExitStack() as stack,
    ):
        beyond = stack.enter_context(outside(Path(name)))
        beyond.control("ton", confirm_seconds=0.15)
        hot = TonCorePayouts(MNEMONIC, "v5r1", Network.MAINNET).address()
        beyond.control("accounts", address=hot.raw, amount=str(1000 * NANO))
        vendor = {"ton_api_url": beyond.ton_url, "ton_api_key": TON_API_KEY, "hot_wallet_mnemonic": MNEMONIC}
        vendor["approve_withdrawals_above"] = "20"
        api = stack.enter_context(ApiProcess(url, redis_url, **vendor))
        environ = environment(**(api_settings(url, redis_url) | vendor)) | {"PYTHONPATH": str(TESTS)}
        stack.enter_context(Running(["scheduler"], environ, program=PROGRAM))
        worker = stack.enter_context(Running(["worker"], environ, program=PROGRAM))
        desk = Desk(api, beyond, environ, stack, Path(name), worker, hot)
        yield desk
        told = desk.audited()
        assert (told["ok"], told["mismatches"]) == (True, [])
        assert told["confirmed"] == told["paid"]
        assert told["gas"]["count"] >= 4
        Withdrawer.rich(api.client).operator.assert_every_law_held()


def test_a_unit_becomes_the_players_nft(desk: Desk) -> None:
    holder = desk.holder(connect=False)
    [(item_id, _)] = holder.items
    refused = holder.ask(item_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "wallet_not_connected")
    home = holder.one.connect()
    answers = at_once([lambda: holder.ask(item_id)] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    [first] = [answer.json()["delivery"] for answer in answers if answer.status_code == 200]
    assert (first["way"], first["recipient"], first["state"], first["ended_at"]) == ("nft", home, "requested", None)
    done = holder.until(item_id, "delivered")
    assert (done["id"], done["reason"], done["message"]) == (first["id"], None, None)
    assert (holder.items, desk.owner(holder.nft)) == ([], parse_address(home).raw)
    told = holder.one.told(first["id"])
    assert (told["amount"], told["fee"], told["paid_amount"], told["status"]) == (0.0, 0.0, 0.0, "confirmed")
    assert (told["item_id"], told["nft_address"]) == (item_id, holder.nft.friendly(bounceable=True))
    assert (told["address"], told["message_hashes"]) == (home, [told["paid_by"]])
    assert holder.one.balance == 99.0


def test_an_nft_that_is_not_the_houses_leaves_the_unit_where_it_was(desk: Desk) -> None:
    holder = desk.holder(STRANGER)
    [(item_id, _)] = holder.items
    before = desk.worker.err.count('"task_alarm"')
    holder.ask(item_id)
    done = holder.until(item_id, "returned")
    assert (done["reason"], done["message"]) == ("transfer_failed", "The transfer did not go through on the chain.")
    assert (holder.items, desk.owner(holder.nft)) == ([(item_id, "owned")], STRANGER.raw)
    eventually(lambda: desk.worker.err.count('"task_alarm"') > before, "a person is called")
    assert "refused its transfer" in desk.worker.err.text


def test_tons_and_nfts_go_out_one_after_the_other_though_the_worker_dies(desk: Desk) -> None:
    holders = [desk.holder() for _ in range(3)]
    items = [holder.items[0][0] for holder in holders]
    desk.worker.kill()
    asked = []
    for holder, item_id in zip(holders, items, strict=True):
        assert holder.ask(item_id).status_code == 200
        asked.append(holder.one.begun("7")["id"])
    dying = desk.hire()
    eventually(lambda: holders[0].look(items[0])["state"] != "requested", "it was begun")
    dying.kill()
    desk.hire()
    for holder, item_id, withdrawal_id in zip(holders, items, asked, strict=True):
        done = holder.until(item_id, "delivered")
        assert desk.owner(holder.nft) == parse_address(done["recipient"]).raw
        eventually(lambda one=holder.one, which=withdrawal_id: one.told(which)["status"] == "confirmed", "it is paid")
    messages = [one for one in desk.outside.state()["ton"]["transactions"] if one["account"] == desk.hot.raw]
    landed = [one for one in messages if one["external_hash"]]
    assert all(len(one["payments"]) == 1 for one in landed)
    assert len({one["external_hash"] for one in landed}) == len(landed)


def test_a_dear_unit_waits_for_an_operator_who_sees_what_it_is(desk: Desk) -> None:
    holder = desk.holder(floor="20.5")
    [(item_id, _)] = holder.items
    withdrawal_id = holder.ask(item_id).json()["delivery"]["id"]
    operator = holder.one.operator
    path = "/api/operator/withdrawals"
    [listed] = operator.send("GET", f"{path}?status=awaiting_approval").json()["withdrawals"]
    assert listed["telegram_id"] == holder.one.player.telegram_id
    shown = listed["withdrawal"]
    assert (shown["id"], shown["item_id"]) == (withdrawal_id, item_id)
    assert shown["nft_address"] == holder.nft.friendly(bounceable=True)
    assert operator.send("POST", f"{path}/{withdrawal_id}/reject").status_code == 200
    assert (holder.look(item_id)["state"], holder.look(item_id)["reason"]) == ("returned", "operator")
    assert holder.items == [(item_id, "owned")]


def test_an_address_that_is_none_is_not_stocked(desk: Desk) -> None:
    operator = Withdrawer.rich(desk.api.client).operator
    pack_id = operator.new_pack(1)
    for address in ("nowhere", "0:ab", STRANGER.friendly()[:-1] + "!"):
        body = {"units": [{"number": 9, "nft_address": address}]}
        refused = operator.send("POST", f"/api/operator/packs/{pack_id}/units", body)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
        assert refused.json()["field"] == "units.nft_address"
