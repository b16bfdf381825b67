"""Every setting of the house, in one frozen struct."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from stickercase.domain.cases.policies import Policy as CasePolicy
from stickercase.domain.cases.rebalancing import POLICIES
from stickercase.domain.money import BadAmount, parse_amount
from stickercase.domain.pictures.keys import PLUG
from stickercase.domain.wallet.contracts import Network
from stickercase.domain.wallet.ownership import Policy
from stickercase.domain.wallet.withdrawals import Limits

PREFIX = "STICKERCASE_"
SANDBOX_PORT = 8081
ORIGIN = re.compile(r"https?://[\w.:\[\]-]+")
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
    data_dir: Path = _setting(
        Path(".stickercase"), "where the embedded servers of `up` keep their data, and pictures without S3"
    )
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
    worker_threads: int = _setting(4, "tasks that one worker performs at a time for each vendor")
    answers_kept_hours: int = _setting(48, "hours for which answers are remembered under their keys, at least 24")
    tasks_kept_days: int = _setting(7, "days for which tasks are kept after they were done")
    public_url: str = _setting("", "base of absolute URLs in answers; empty: as the request came in")
    rate_per_player: int = _setting(20, "requests a second of one player; 0: no limit; in the demo 1000")
    rate_per_address: int = _setting(200, "requests a second from one address; 0: no limit; in the demo 1000")
    trusted_proxies: str = _setting("", "addresses and networks whose `X-Forwarded-For` is believed, `10.0.0.0/8,…`")
    cors_origins: str = _setting("", "origins whose pages may call the API, `https://app.example,…`, or `*`")
    ton_api_url: str = _setting("", "the TON API, toncenter's v2; empty: toncenter's own of the network")
    ton_api_key: str = _setting("", "key of the TON API; without one it answers once a second", secret=True)
    hot_wallet_mnemonic: str = _setting(
        "", "24 words: the key of the wallet that withdrawals are paid from", secret=True, in_production=True
    )
    hot_wallet_contract: str = _setting("v5r1", "`v4r2` or `v5r1`: what that wallet is")
    tonconsole_url: str = _setting("https://tonconsole.com/api/v1/services/invoices", "TonConsole's invoices")
    tonconsole_token: str = _setting("", "token of our app at TonConsole", secret=True, in_production=True)
    tonconsole_app_id: str = _setting("", "number of our app at TonConsole, for cancelling invoices")
    giftly_url: str = _setting("https://stars-rocket.com/api/v1/giftly", "Giftly's gifts and stars")
    giftly_token: str = _setting("", "token at Giftly", secret=True, in_production=True)
    floors_url: str = _setting("https://stickers.tools/api/stats-new", "floors of `Sticker Pack`, in either shape")
    floors_sources: str = _setting("", "floors of other contributors, `Fuse=/path/to.csv,Other=https://…`")
    cron_minutes: int = _setting(5, "minutes from one price sync to the next, 1 to 720")
    rebalance_policy: str = _setting("tiered", "shapes of odds that a rebalance may find: `tiered` or `least_change`")
    syncs_kept_days: int = _setting(30, "days for which price syncs are remembered, at least 1")
    s3_bucket: str = _setting("", "bucket of pictures; empty: they are kept in the folder `pictures` of the data")
    s3_url: str = _setting("", "S3 that is not Amazon's, `https://…`; empty: Amazon's of the region")
    s3_region: str = _setting("us-east-1", "region of the bucket")
    s3_access_key: str = _setting("", "id of the key to the bucket", secret=True)
    s3_secret_key: str = _setting("", "the key to the bucket", secret=True)
    s3_public_url: str = _setting("", "where people see the bucket, `https://…`; empty: they see it through the API")
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

    def network(self) -> Network:
        """Where wallets are."""
        return Network[self.ton_network.upper()]

    def wallet_policy(self) -> Policy:
        """What a proof of ownership must be for."""
        domains = frozenset(filter(None, (domain.strip() for domain in self.allowed_domains.split(","))))
        return Policy(self.network(), domains)

    @property
    def media_url(self) -> str:
        """Where this API shows pictures: absolute when it is known under which address the API is seen."""
        return f"{self.public_url.rstrip('/')}/media"

    @property
    def pictures_url(self) -> str:
        """Where people see pictures: the bucket itself where it is public, else this API."""
        return (self.s3_bucket and self.s3_public_url) or self.media_url

    @property
    def pictures_in(self) -> str:
        """Where pictures are kept: ``bucket`` or ``folder``."""
        return "bucket" if self.s3_bucket else "folder"

    def stub_of(self, folder: str) -> str:
        """The address of the stub for ``users``, ``cases`` or ``packs``: always this API's, so that it is there."""
        return f"{self.media_url}/{folder}/{PLUG}"

    @property
    def pictures_dir(self) -> Path:
        """The folder of pictures, where no bucket is named."""
        return self.data_dir / "pictures"

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

    @property
    def sync_period(self) -> timedelta:
        """From one price sync to the next."""
        return timedelta(minutes=self.cron_minutes)

    @property
    def syncs_kept(self) -> timedelta:
        """For how long price syncs are remembered."""
        return timedelta(days=self.syncs_kept_days)

    def case_policy(self) -> CasePolicy:
        """The policy that cases are rebalanced with."""
        return POLICIES[self.rebalance_policy]

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


def _amount_nano(name: str, text: str) -> int:
    try:
        return parse_amount(text)
    except BadAmount:
        raise BadSettings(f"{PREFIX}{name.upper()} is an amount of TON with at most 9 decimals.") from None


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]
