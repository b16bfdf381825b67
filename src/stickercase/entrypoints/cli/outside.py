"""The sandbox of outside services, kept running in threads of this process: it ends whenever that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from stickercase.domain.money import NANO
from stickercase.entrypoints.cli.demo import demo_catalogue, demo_nfts
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import BadSettings, Settings

HOT_WALLET_NANO = 10_000 * NANO
"""What the hot wallet has on the sandbox's chain to begin with."""


@contextmanager
def running_sandbox(settings: Settings, webhook_url: str, *, elsewhere: bool = False) -> Iterator[int]:
    """Run the sandbox on the settings' port, with the demo catalogue's floors to begin with; yields its port.

    With ``elsewhere`` any free port will do when that one is taken. Raises :class:`BadSettings` in production, without
    the tokens that it is to accept, and when the port is taken.
    """
    if settings.env == "production":
        raise BadSettings("The sandbox of outside services has no place in production.")
    if not (settings.tonconsole_token and settings.giftly_token):
        raise BadSettings("Set STICKERCASE_TONCONSOLE_TOKEN, STICKERCASE_GIFTLY_TOKEN: the sandbox accepts these.")
    # Imported here alone, so that no other process ever has it in memory.
    from stickercase.entrypoints.sandbox.floors import FirstFloor
    from stickercase.entrypoints.sandbox.server import Sandbox, Scene

    container = make_container(settings)
    payouts = container.payouts()
    scene = Scene(
        folder=settings.data_dir / "sandbox",
        port=settings.sandbox_port,
        tonconsole_token=settings.tonconsole_token,
        giftly_token=settings.giftly_token,
        ton_api_key=settings.ton_api_key,
        webhook_url=webhook_url,
        floors=[FirstFloor(p.contributor, p.collection, p.name, p.floor) for p in demo_catalogue().packs],
        now=container.clock().now,
        verify=container.signatures().verify,
        funds={payouts.address(): HOT_WALLET_NANO} if payouts else {},
        nfts=dict.fromkeys(demo_nfts(), payouts.address()) if payouts else {},
    )
    scene.folder.mkdir(parents=True, exist_ok=True)
    try:
        sandbox = Sandbox(scene)
    except OSError as error:
        if not elsewhere:
            place = f"127.0.0.1:{settings.sandbox_port}"
            remedy = "set STICKERCASE_SANDBOX_PORT to a free port"
            raise BadSettings(f"The sandbox cannot listen on {place} ({error.strerror}): {remedy}.") from None
        sandbox = Sandbox(replace(scene, port=0))
    with sandbox:
        yield sandbox.port
