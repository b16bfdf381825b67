"""`wallet`: a wallet for a player of the demo, who has no phone at hand to sign with."""

from __future__ import annotations

import os
from base64 import b64encode
from hashlib import sha256

import click

from stickercase.domain.players.profile import MAX_TELEGRAM_ID
from stickercase.domain.wallet.contracts import wallet_address
from stickercase.entrypoints.cli.shared import echo_json
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import BadSettings, read_settings

CONTRACT = "v4r2"


# A nonce may begin with a hyphen.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("telegram_id", type=click.IntRange(1, MAX_TELEGRAM_ID))
@click.argument("nonce")
def wallet(telegram_id: int, nonce: str) -> None:
    """Print what connect-wallet takes, signed by the wallet that a player of the demo has on the sandbox's chain.

    NONCE is what POST /api/wallet/{TELEGRAM_ID}/get-nonce has answered. Everybody can know this wallet's key.
    """
    settings = read_settings(os.environ, default_env="demo")
    if settings.env != "demo":
        raise BadSettings(
            "`wallet` signs with keys that everybody knows: outside the demo, wallets sign for themselves."
        )
    container = make_container(settings)
    seed = sha256(f"the wallet of player {telegram_id} in the demo".encode()).digest()
    public_key, _ = container.sign_with(seed, b"")
    address = wallet_address(CONTRACT, public_key, settings.network())
    at = int(container.clock().now().timestamp())
    message = f"wallet={address.raw}&telegram_id={telegram_id}&timestamp={at}&nonce={nonce}"
    _, signature = container.sign_with(seed, message.encode())
    echo_json(
        {
            "message": message,
            "signature": b64encode(signature).decode(),
            "public": b64encode(public_key).decode(),
        }
    )
