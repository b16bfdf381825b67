"""Whether a process may start with its settings, and how they are shown to people."""

from __future__ import annotations

import re
from dataclasses import fields

from stickercase.domain.money import BadAmount, parse_amount
from stickercase.entrypoints.settings.reading import DEMO_SECRETS, DEMO_TOKENS
from stickercase.entrypoints.settings.struct import PREFIX, BadSettings, Settings

CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")
"""A name and a password within an address."""
OF_ONE_WORD = ("bot_token", "service_token", "webhook_uuid", "tonconsole_token", "giftly_token", "ton_api_key")
"""Secrets that stand in a header or an address, which hold visible ASCII only."""
VISIBLE = re.compile(r"[!-~]*")
LEAST_HOURS = 24
MOST_CRON_MINUTES = 720
VENDOR_URLS = ("tonconsole_url", "giftly_url", "floors_url", "ton_api_url")
HOT_WALLETS = ("v4r2", "v5r1")
MNEMONIC_WORDS = 24
STRONG = 20
"""A secret shorter than this many characters is refused in production."""


def check_complete(settings: Settings) -> Settings:
    """The same settings when a process may start with them.

    Raises :class:`BadSettings` naming every missing setting, in production every weak one, and what makes no sense.
    """
    _check_sense(settings)
    is_production = settings.env == "production"
    needed = [f for f in fields(Settings) if f.metadata["required"] or (f.metadata["in_production"] and is_production)]
    missing = [f.name for f in needed if not getattr(settings, f.name)]
    if missing:
        raise BadSettings(f"Set {_names(missing)}: nothing can start without.")
    unseen = [name for name in OF_ONE_WORD if not VISIBLE.fullmatch(getattr(settings, name))]
    if unseen:
        raise BadSettings(f"{_names(unseen)} has a space, a line break or a sign that is not ASCII: headers take none.")
    if is_production:
        _check_production(settings)
    return settings


def _check_sense(settings: Settings) -> None:
    """Refuse what no process can mean, whatever it is for."""
    settings.proxies()
    settings.origins()
    settings.floor_tables()
    _check_amounts(settings)
    if settings.answers_kept_hours < LEAST_HOURS:
        raise BadSettings(f"STICKERCASE_ANSWERS_KEPT_HOURS is at least {LEAST_HOURS}: so long a key is good.")
    if settings.worker_threads < 1:
        raise BadSettings("STICKERCASE_WORKER_THREADS is at least 1.")
    if not 1 <= settings.cron_minutes <= MOST_CRON_MINUTES:
        raise BadSettings(f"STICKERCASE_CRON_MINUTES is 1 to {MOST_CRON_MINUTES}: after a day floors are stale.")
    if settings.syncs_kept_days < 1:
        raise BadSettings("STICKERCASE_SYNCS_KEPT_DAYS is at least 1.")
    if settings.s3_bucket and not (settings.s3_access_key and settings.s3_secret_key):
        raise BadSettings("Set STICKERCASE_S3_ACCESS_KEY and STICKERCASE_S3_SECRET_KEY: the bucket needs both.")


def _check_amounts(settings: Settings) -> None:
    """Refuse amounts and a hot wallet that make no sense."""
    if not _is_amount(settings.least_deposit):
        raise BadSettings("STICKERCASE_LEAST_DEPOSIT is an amount of TON above 0 with at most 9 decimals.")
    _ = settings.withdrawal_limits
    if settings.hot_wallet_contract not in HOT_WALLETS:
        raise BadSettings(f"STICKERCASE_HOT_WALLET_CONTRACT is {' or '.join(HOT_WALLETS)}.")
    if settings.hot_wallet_mnemonic and len(settings.hot_wallet_mnemonic.split()) != MNEMONIC_WORDS:
        raise BadSettings(f"STICKERCASE_HOT_WALLET_MNEMONIC is {MNEMONIC_WORDS} words with spaces between them.")


def _check_production(settings: Settings) -> None:
    weak = [name for name, demo in DEMO_SECRETS.items() if _is_weak(settings, name, demo)]
    weak += [name for name, demo in DEMO_TOKENS.items() if getattr(settings, name).lower().split() == demo.split()]
    if weak:
        raise BadSettings(
            f"Set strong values for {_names(weak)}: production takes no demo value and none under {STRONG} characters."
        )
    bare = [name for name in VENDOR_URLS if getattr(settings, name).startswith("http://")]
    if bare:
        raise BadSettings(f"Set {_names(bare)} to addresses that begin with https://: production sends tokens there.")
    if any(len(token) < STRONG for token in settings.service_names()):
        raise BadSettings(
            f"Every token in STICKERCASE_SERVICE_TOKENS needs at least {STRONG} characters in production."
        )


def shown(settings: Settings) -> list[tuple[str, str, str]]:
    """``(variable, value, meaning)`` of every setting, secrets masked."""
    rows = []
    for f in fields(Settings):
        value = CREDENTIALS.sub("(set)@", str(getattr(settings, f.name)))
        masked = "(set)" if value else "(not set)"
        rows.append((PREFIX + f.name.upper(), masked if f.metadata["secret"] else value, str(f.metadata["meaning"])))
    return rows


def _is_amount(text: str) -> bool:
    try:
        return parse_amount(text) > 0
    except BadAmount:
        return False


def _is_weak(settings: Settings, name: str, demo: str) -> bool:
    value = getattr(settings, name)
    return value == demo or len(value) < STRONG


def _names(settings: list[str]) -> str:
    return ", ".join(PREFIX + name.upper() for name in settings)
