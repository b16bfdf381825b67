"""Settings, read once from the environment into a frozen struct."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stickercase.domain.money import BadAmount, parse_amount
from stickercase.domain.wallet.contracts import Network
from stickercase.domain.wallet.ownership import Policy
from stickercase.domain.wallet.withdrawals import Limits

PREFIX = "STICKERCASE_"

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
}
MAX_PORT = 65_535
SANDBOX_PORT = 8081
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
}
ORIGIN = re.compile(r"https?://[\w.:\[\]-]+")
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")
"""A name and a password within an address."""
OF_ONE_WORD = ("bot_token", "service_token", "webhook_uuid", "tonconsole_token", "giftly_token", "ton_api_key")
"""Secrets that stand in a header or an address, which hold visible ASCII only."""
VISIBLE = re.compile(r"[!-~]*")
LEAST_HOURS = 24
VENDOR_URLS = ("tonconsole_url", "giftly_url", "floors_url", "ton_api_url")
TON_APIS = {"mainnet": "https://toncenter.com/api/v2", "testnet": "https://testnet.toncenter.com/api/v2"}
WITHDRAWAL_LIMITS = {
    "least_nano": "least_withdrawal",
    "most_nano": "largest_withdrawal",
    "fee_nano": "withdrawal_fee",
    "player_daily_nano": "player_daily_withdrawals",
    "house_daily_nano": "house_daily_withdrawals",
    "approval_above_nano": "approve_withdrawals_above",
}
"""Which setting each limit of withdrawals comes from."""
STRONG = 20
"""A secret shorter than this many characters is refused in production."""

Subnet = IPv4Network | IPv6Network


class BadSettings(Exception):
    """The settings cannot be used; the message is for whoever starts the process."""


def _setting(
    default: object, meaning: str, *, secret: bool = False, required: bool = False, in_production: bool = False
) -> Any:
    told = {"meaning": meaning, "secret": secret, "required": required, "in_production": in_production}
    return field(default=default, metadata=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting. Its variable is ``STICKERCASE_`` and the name in capitals; docs/operations.md has the table."""

    env: str = _setting("development", "`production`, `development` or `demo` (what `up` is)")
    host: str = _setting("127.0.0.1", "address the HTTP API listens on")
    port: int = _setting(8080, "port the HTTP API listens on")
    data_dir: Path = _setting(Path(".stickercase"), "where the embedded servers of `up` keep their data")
    database_url: str = _setting("", "PostgreSQL, `postgresql://…`", secret=True, required=True)
    database_pool: int = _setting(8, "most connections of one process for short transactions and reads each")
    redis_url: str = _setting("", "Redis, `redis://…` or `unix://…`", secret=True, required=True)
    bot_token: str = _setting("", "the Telegram bot's token: what initData is checked with", secret=True, required=True)
    service_token: str = _setting("", "token of the caller `service`", secret=True, required=True)
    service_tokens: str = _setting("", "more callers, `name:token,…`", secret=True)
    webhook_uuid: str = _setting("", "the secret part of the webhook's path", secret=True, required=True)
    init_data_max_age: int = _setting(86_400, "seconds for which initData is accepted")
    sell_fee: float = _setting(0.0, "part of a floor that the house keeps when it buys a sticker back, 0 to under 1")
    upgrade_fee: float = _setting(0.2, "part of an upgrade's fair chance that the house keeps, 0 to under 1")
    ton_network: str = _setting("mainnet", "`mainnet` or `testnet`: where wallets are")
    allowed_domains: str = _setting("", "domains of the Mini App, joined by commas: what a wallet may sign for")
    least_deposit: str = _setting("1", "the least deposit, in TON")
    least_withdrawal: str = _setting("1", "the least withdrawal, in TON; more than the fee")
    largest_withdrawal: str = _setting("500", "the largest withdrawal, in TON")
    withdrawal_fee: str = _setting("0.05", "what the house keeps of each withdrawal, in TON")
    player_daily_withdrawals: str = _setting("1000", "what one player may withdraw in any 24 hours, in TON")
    house_daily_withdrawals: str = _setting("5000", "what all players may withdraw in any 24 hours, in TON; 0: nothing")
    approve_withdrawals_above: str = _setting("100", "a larger withdrawal waits for an operator, in TON; 0: each does")
    worker_threads: int = _setting(4, "tasks that one worker performs at a time")
    answers_kept_hours: int = _setting(48, "hours for which answers are remembered under their keys, at least 24")
    tasks_kept_days: int = _setting(7, "days for which tasks are kept after they were done")
    public_url: str = _setting("", "base of absolute URLs in answers; empty: as the request came in")
    rate_per_player: int = _setting(20, "requests a second of one player; 0: no limit; in the demo 1000")
    rate_per_address: int = _setting(200, "requests a second from one address; 0: no limit; in the demo 1000")
    trusted_proxies: str = _setting("", "addresses and networks whose `X-Forwarded-For` is believed, `10.0.0.0/8,…`")
    cors_origins: str = _setting("", "origins whose pages may call the API, `https://app.example,…`, or `*`")
    ton_api_url: str = _setting("", "the TON API, toncenter's v2; empty: toncenter's own of the network")
    ton_api_key: str = _setting("", "key of the TON API; without one it answers once a second", secret=True)
    tonconsole_url: str = _setting("https://tonconsole.com/api/v1/services/invoices", "TonConsole's invoices")
    tonconsole_token: str = _setting("", "token of our app at TonConsole", secret=True, in_production=True)
    tonconsole_app_id: str = _setting("", "number of our app at TonConsole, for cancelling invoices")
    giftly_url: str = _setting("https://stars-rocket.com/api/v1/giftly", "Giftly's gifts and stars")
    giftly_token: str = _setting("", "token at Giftly", secret=True, in_production=True)
    floors_url: str = _setting("https://stickers.tools/api/stats-new", "floors of `Sticker Pack`, in either shape")
    floors_sources: str = _setting("", "floors of other contributors, `Fuse=/path/to.csv,Other=https://…`")
    sandbox_port: int = _setting(SANDBOX_PORT, "port of the sandbox of outside services, on this machine only")
    sandbox_webhook_url: str = _setting("", "where the sandbox sends webhooks; `up` fills in its own", secret=True)

    def proxies(self) -> list[Subnet]:
        """The networks of trusted proxies."""
        try:
            return [ip_network(entry) for entry in _entries(self.trusted_proxies)]
        except ValueError as error:
            raise BadSettings(f"STICKERCASE_TRUSTED_PROXIES lists addresses and networks: {error}.") from None

    def origins(self) -> list[str]:
        """The origins that browsers let call the API; ``*`` is any."""
        origins = _entries(self.cors_origins)
        for origin in origins:
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise BadSettings(f"STICKERCASE_CORS_ORIGINS lists origins as https://app.example, not {origin!r}.")
        return origins

    def wallet_policy(self) -> Policy:
        """What a proof of ownership must be for."""
        domains = frozenset(filter(None, (domain.strip() for domain in self.allowed_domains.split(","))))
        return Policy(Network[self.ton_network.upper()], domains)

    @property
    def least_deposit_nano(self) -> int:
        """The least deposit in nanotons."""
        return parse_amount(self.least_deposit)

    @property
    def withdrawal_limits(self) -> Limits:
        """What the house pays out. Raises :class:`BadSettings` for what is no amount, and for what makes no sense."""
        amounts = {name: _amount_nano(setting, getattr(self, setting)) for name, setting in WITHDRAWAL_LIMITS.items()}
        if not amounts["fee_nano"] < amounts["least_nano"] <= amounts["most_nano"]:
            raise BadSettings(
                "STICKERCASE_LEAST_WITHDRAWAL is above STICKERCASE_WITHDRAWAL_FEE and at most "
                "STICKERCASE_LARGEST_WITHDRAWAL."
            )
        return Limits(**amounts)

    @property
    def answers_kept(self) -> timedelta:
        """For how long answers are remembered."""
        return timedelta(hours=self.answers_kept_hours)

    @property
    def tasks_kept(self) -> timedelta:
        """For how long tasks that were done are kept."""
        return timedelta(days=self.tasks_kept_days)

    def ton_api_base(self) -> str:
        """The address of the TON API in force."""
        return self.ton_api_url or TON_APIS[self.ton_network]

    def floor_tables(self) -> dict[str, str]:
        """Contributor → path or URL of its table of floors."""
        tables = {}
        for entry in filter(None, self.floors_sources.split(",")):
            contributor, equals, place = entry.strip().partition("=")
            if not (contributor and equals and place):
                raise BadSettings("STICKERCASE_FLOORS_SOURCES is a list of contributor=place pairs joined by commas.")
            tables[contributor] = place
        return tables

    def service_names(self) -> dict[str, str]:
        """Token → name of every service caller."""
        names = {self.service_token: "service"} if self.service_token else {}
        for entry in filter(None, self.service_tokens.split(",")):
            name, colon, token = entry.strip().partition(":")
            if not (name and colon and token):
                raise BadSettings("STICKERCASE_SERVICE_TOKENS is a list of name:token pairs joined by commas.")
            names[token] = name
        return names


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


def check_complete(settings: Settings) -> Settings:
    """The same settings when a process may start with them.

    Raises :class:`BadSettings` naming every missing setting, in production every weak one, and what makes no sense.
    """
    settings.proxies()
    settings.origins()
    if settings.answers_kept_hours < LEAST_HOURS:
        raise BadSettings(f"STICKERCASE_ANSWERS_KEPT_HOURS is at least {LEAST_HOURS}: so long a key is good.")
    if not _is_amount(settings.least_deposit):
        raise BadSettings("STICKERCASE_LEAST_DEPOSIT is an amount of TON above 0 with at most 9 decimals.")
    _ = settings.withdrawal_limits
    if settings.worker_threads < 1:
        raise BadSettings("STICKERCASE_WORKER_THREADS is at least 1.")
    settings.floor_tables()
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


def _check_production(settings: Settings) -> None:
    weak = [name for name, demo in DEMO_SECRETS.items() if _is_weak(settings, name, demo)]
    weak += [name for name, demo in DEMO_TOKENS.items() if getattr(settings, name) == demo]
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


def _is_amount(text: str) -> bool:
    try:
        return parse_amount(text) > 0
    except BadAmount:
        return False


def _amount_nano(name: str, text: str) -> int:
    try:
        return parse_amount(text)
    except BadAmount:
        raise BadSettings(f"{PREFIX}{name.upper()} is an amount of TON with at most 9 decimals.") from None


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


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def _is_weak(settings: Settings, name: str, demo: str) -> bool:
    value = getattr(settings, name)
    return value == demo or len(value) < STRONG


def _names(settings: list[str]) -> str:
    return ", ".join(PREFIX + name.upper() for name in settings)
