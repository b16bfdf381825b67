"""Connecting a wallet over HTTP, with keys and contracts of other people's making."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from support.api_processes import ApiProcess
from support.databases import copied_database
from support.ownership import message
from support.players import Operator, Player
from support.races import at_once
from support.wallets import TESTNET, Wallet, raw

DOMAIN = "case.example"


@pytest.fixture(scope="module")
def api(database_url: str, template_database: str, redis_url: str) -> Iterator[ApiProcess]:
    with (
        copied_database(database_url, template_database) as url,
        ApiProcess(url, redis_url, allowed_domains=f"elsewhere.example, {DOMAIN}") as running,
    ):
        yield running


class Owner:
    """A player with a wallet of their own."""

    def __init__(self, api: ApiProcess, network: int = -239) -> None:
        self.client: httpx.Client = api.client
        self.player: Player = Operator(api.client).new_player()
        self.wallet = Wallet(SigningKey.generate(), network=network)

    def post(self, rest: str, body: Any = None) -> httpx.Response:
        return self.client.post(f"/api/wallet{rest}", json=body, headers=self.player.headers())

    def nonce(self) -> str:
        answer = self.post(f"/{self.player.telegram_id}/get-nonce/", {"telegram_id": self.player.telegram_id})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["nonce"]) == 32
        return str(answer.json()["nonce"])

    def message(self, nonce: str, wallet: str = "", **other: Any) -> dict[str, Any]:
        fields = {"telegram_id": self.player.telegram_id, "at": int(time.time()), "nonce": nonce} | other
        signed = self.wallet.message(message(wallet or raw(self.wallet.address), **fields))
        return {"signature": signed.signature, "message": signed.message, "public": signed.public_key}

    def proof(self, nonce: str, age: int = 0, domain: str = DOMAIN, **other: Any) -> dict[str, Any]:
        made = self.wallet.proof(nonce, int(time.time()) - age, domain, **other)
        return {
            "telegram_id": self.player.telegram_id,
            "address": made.address,
            "network": made.network,
            "public_key": made.public_key,
            "proof": {
                "timestamp": made.timestamp,
                "domain": {"lengthBytes": made.domain_length, "value": made.domain},
                "payload": made.payload,
                "signature": made.signature,
                "state_init": made.state_init,
            },
        }

    def shown(self) -> Any:
        return self.client.get(f"/api/wallet/{self.player.telegram_id}", headers=self.player.headers()).json()


@pytest.fixture
def owner(api: ApiProcess) -> Owner:
    return Owner(api)


@pytest.mark.parametrize("kind", ["message", "proof"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_wallet_is_connected_and_forgotten(owner: Owner, kind: str, slash: str) -> None:
    assert owner.shown() == {"status": "success", "address": None, "wallet": None}
    nonce = owner.nonce()
    answer = owner.post(f"/connect-wallet{slash}", owner.message(nonce) if kind == "message" else owner.proof(nonce))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["message"] == "Wallet connected successfully"
    assert told["address"] == owner.wallet.address.to_str(is_bounceable=False)
    assert told["address"].startswith("UQ")
    assert owner.shown() == {"status": "success", "address": told["address"], "wallet": "v4r2"}
    assert owner.post(f"/{owner.player.telegram_id}/disconnect{slash}").json()["address"] is None
    assert owner.shown()["address"] is None


def test_each_wrong_proof_has_a_code_of_its_own(api: ApiProcess) -> None:
    stranger = Wallet(SigningKey.generate())
    made: dict[str, Any] = {
        "bad_signature": lambda o, n: o.proof(n, signature=stranger.sign(b"x")),
        "wrong_wallet_key": lambda o, n: o.message(n, raw(stranger.address)),
        "wrong_state_init": lambda o, n: o.proof(n, address=raw(stranger.address)),
        "wrong_domain": lambda o, n: o.proof(n, domain="evil.example"),
        "wrong_domain_length": lambda o, n: o.proof(n, domain_length=4),
        "proof_too_old": lambda o, n: o.proof(n, age=901),
        "proof_in_future": lambda o, n: o.proof(n, age=-90),
        "wrong_network": lambda o, n: o.proof(n, network=str(TESTNET)),
        "malformed_proof": lambda o, n: o.proof(n, signature="AA=="),
        "nonce_unknown": lambda o, _: o.proof("x" * 32),
        "nonce_unknown ": lambda o, _: o.message("x%00y"),
        " nonce_unknown": lambda o, _: o.proof("y" * 900),
        "forbidden": lambda o, n: o.message(n, telegram_id=1),
    }
    for code, make in made.items():
        owner = Owner(api)
        answer = owner.post("/connect-wallet", make(owner, owner.nonce()))
        assert answer.json()["code"] == code.strip(), answer.text
        assert answer.status_code in (400, 403)
        assert owner.shown()["address"] is None


def test_a_nonce_is_given_once_and_used_once(owner: Owner) -> None:
    nonce = owner.nonce()
    again = owner.post(f"/{owner.player.telegram_id}/get-nonce")
    assert (again.status_code, again.json()["code"]) == (400, "nonce_exists")
    body = owner.proof(nonce)
    answers = at_once([lambda: owner.post("/connect-wallet", body)] * 8)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 400} == {"nonce_used"}
    assert owner.nonce() != nonce


def test_another_players_nonce_is_refused(api: ApiProcess, owner: Owner) -> None:
    nonce = Owner(api).nonce()
    answer = owner.post("/connect-wallet", owner.proof(nonce))
    assert (answer.status_code, answer.json()["code"]) == (403, "nonce_foreign")


@pytest.mark.parametrize("missing", ["signature", "public", "proof", "network", "address", "public_key", "telegram_id"])
def test_half_a_proof_is_refused_by_name(owner: Owner, missing: str) -> None:
    body = owner.message("n" * 32) if missing in ("signature", "public") else owner.proof("n" * 32)
    del body[missing]
    answer = owner.post("/connect-wallet", body)
    assert (answer.status_code, answer.json()["field"]) == (400, missing)


def test_two_proofs_in_one_are_refused(owner: Owner) -> None:
    nonce = owner.nonce()
    answer = owner.post("/connect-wallet", owner.proof(nonce) | owner.message(nonce))
    assert (answer.status_code, answer.json()["field"]) == (400, "proof")
    assert owner.shown()["address"] is None
    assert owner.post("/connect-wallet", owner.proof(nonce)).status_code == 200, "it costs no nonce"


def test_the_manifest_names_the_app(api: ApiProcess) -> None:
    told = api.client.get("/tonconnect-manifest.json").json()
    assert told.keys() == {"url", "name", "iconUrl"}
    icon = httpx.get(told["iconUrl"])
    assert icon.headers["content-type"] == "image/png"
    assert icon.content.startswith(b"\x89PNG\r\n\x1a\n")
