"""Players with a wallet who withdraw over HTTP."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx
from nacl.signing import SigningKey

from support.ownership import message
from support.players import Operator, Player
from support.wallets import Wallet, raw


@dataclass
class Withdrawer:
    """A player at the API of ``client``."""

    client: httpx.Client
    player: Player

    @classmethod
    def rich(cls, client: httpx.Client, balance: str = "100", *, connect: bool = True) -> Withdrawer:
        """A new player with so many TON, and a wallet unless it is not wanted."""
        one = cls(client, Operator(client).new_player(balance))
        if connect:
            one.connect()
        return one

    @property
    def operator(self) -> Operator:
        """Whoever serves the players at this API."""
        return Operator(self.client)

    @property
    def balance(self) -> float:
        """What is left to spend."""
        answer = self.client.get(self.player.path(), headers=self.player.headers())
        return float(answer.json()["user"]["balance"])

    def post(self, rest: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """Ask with the player's own credential."""
        return self.client.post(f"/api/wallet/{rest}", json=body, headers=self.player.headers(key))

    def connect(self) -> str:
        """Connect a new wallet; its address as people read it."""
        wallet, me = Wallet(SigningKey.generate()), self.player.telegram_id
        nonce = self.post(f"{me}/get-nonce").json()["nonce"]
        signed = wallet.message(message(raw(wallet.address), telegram_id=me, at=int(time.time()), nonce=nonce))
        proof = {"signature": signed.signature, "message": signed.message, "public": signed.public_key}
        answer = self.post("connect-wallet", proof)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["address"])

    def withdraws(self, amount: Any, key: str | None = None) -> httpx.Response:
        """Ask for so many TON."""
        return self.post("withdrawal", {"telegram_id": self.player.telegram_id, "amount": amount}, key)

    def begun(self, amount: Any) -> dict[str, Any]:
        """The withdrawal that begins."""
        answer = self.withdraws(amount)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["withdrawal"])

    def listed(self, **query: str) -> Any:
        """The player's withdrawals."""
        path = f"/api/wallet/{self.player.telegram_id}/withdrawals"
        return self.client.get(path, params=query, headers=self.player.headers()).json()

    def told(self, withdrawal_id: int) -> dict[str, Any]:
        """One of the player's withdrawals as it is now."""
        [found] = [one for one in self.listed()["withdrawals"] if one["id"] == withdrawal_id]
        return dict(found)
