"""Settings from the environment, and what the demo fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stickercase.domain.cases.rebalancing import POLICIES
from stickercase.entrypoints.settings.struct import PREFIX, SANDBOX_PORT, TON_APIS, BadSettings, Settings

# Public on purpose: they open the demo on one's own machine and nothing else.
DEMO_SECRETS = {
    "bot_token": "100000000:DEMO-bot-token-of-stickercase-not-a-secret",
    "service_token": "demo-service-token-not-a-secret",
    "webhook_uuid": "00000000-0000-4000-8000-000000000000",
}
# The demo is for trying things out, by programs as well.
DEMO_RATES = {"rate_per_player": 1000, "rate_per_address": 1000}
# What the sandbox accepts in the vendors' place. Real tokens are the vendors' and as long as they make them.
DEMO_TOKENS = {
    "tonconsole_token": "demo-tonconsole-token-not-a-secret",
    "giftly_token": "demo-giftly-token-not-a-secret",
    "ton_api_key": "demo-ton-api-key-not-a-secret",
    # Published with the tests of @ton/crypto. Whatever lies there on a real chain is everybody's.
    "hot_wallet_mnemonic": (
        "hospital stove relief fringe tongue always charge angry urge sentence again match nerve inquiry senior "
        "coconut label tumble carry category beauty bean road solution"
    ),
}
MAX_PORT = 65_535
WEB = ("http://", "https://")
SCHEMES = {
    "DATABASE_URL": ("postgresql://",),
    "REDIS_URL": ("redis://", "rediss://", "unix://"),
    "PUBLIC_URL": WEB,
    "TONCONSOLE_URL": WEB,
    "GIFTLY_URL": WEB,
    "FLOORS_URL": WEB,
    "TON_API_URL": WEB,
    "SANDBOX_WEBHOOK_URL": WEB,
    "S3_URL": WEB,
    "S3_PUBLIC_URL": WEB,
}


def read_settings(environ: Mapping[str, str], *, default_env: str = "development") -> Settings:
    """The settings in ``environ``. In the demo, secrets that are not set take well-known values.

    Raises :class:`BadSettings` for a value that cannot be read.
    """
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    values: dict[str, Any] = {"env": default_env}
    for name, text in environ.items():
        if name in known and text != "":
            values[known[name].name] = _read(name, known[name].default, text)
    if values["env"] not in ("production", "development", "demo"):
        raise BadSettings(f"STICKERCASE_ENV is production, development or demo, not {values['env']!r}.")
    if values.get("ton_network", "mainnet") not in TON_APIS:
        raise BadSettings(f"STICKERCASE_TON_NETWORK is mainnet or testnet, not {values['ton_network']!r}.")
    if values.get("rebalance_policy", "tiered") not in POLICIES:
        raise BadSettings(
            f"STICKERCASE_REBALANCE_POLICY is {' or '.join(POLICIES)}, not {values['rebalance_policy']!r}."
        )
    if values["env"] == "demo":
        sandbox = _sandbox_addresses(values.get("sandbox_port", SANDBOX_PORT))
        values = {**DEMO_SECRETS, **DEMO_TOKENS, **DEMO_RATES, **sandbox, **values}
    return Settings(**values)


def with_sandbox(settings: Settings, port: int) -> Settings:
    """The same settings once it is known that the sandbox listens on ``port``: what was to call it calls it there."""
    before, after = _sandbox_addresses(settings.sandbox_port), _sandbox_addresses(port)
    moved: dict[str, Any] = {name: there for name, there in after.items() if getattr(settings, name) == before[name]}
    return replace(settings, sandbox_port=port, **moved)


def _sandbox_addresses(port: int) -> dict[str, str]:
    """What the demo calls instead of the vendors, by the names of the settings."""
    sandbox = f"http://127.0.0.1:{port}"
    return {
        "tonconsole_url": f"{sandbox}/tonconsole/api/v1/services/invoices",
        "giftly_url": f"{sandbox}/giftly/api/v1/giftly",
        "floors_url": f"{sandbox}/stickers.tools/api/stats-new",
        "floors_sources": f"Fuse={sandbox}/tables/Fuse.csv",
        "ton_api_url": f"{sandbox}/toncenter/api/v2",
    }


def _read(name: str, default: object, text: str) -> object:
    if isinstance(default, int):
        most = MAX_PORT if name.endswith("_PORT") else 2**31 - 1
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most):
            raise BadSettings(f"{name} is a whole number from 0 to {most}, not {text!r}.")
        return int(text)
    if isinstance(default, float):
        return _part_of_one(name, text)
    schemes = SCHEMES.get(name.removeprefix(PREFIX))
    if schemes is not None and not _is_url(text, schemes):
        # The value is not shown: it may hold a password.
        raise BadSettings(f"{name} is an address that begins with {' or '.join(schemes)}.")
    return Path(text) if isinstance(default, Path) else text


def _part_of_one(name: str, text: str) -> float:
    if not re.fullmatch(r"0|0?\.[0-9]{1,9}", text, re.ASCII):
        raise BadSettings(f"{name} is a number from 0 to under 1 with at most 9 decimals, not {text!r}.")
    return float(text)


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        port = urlsplit(text).port
    except ValueError:
        return False
    return text.startswith(schemes) and (port is None or port > 0)
