"""Settings: what is missing or weak is named, what is secret is never shown."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stickercase.domain.money import NANO
from stickercase.domain.wallet.withdrawals import Limits
from stickercase.entrypoints.settings import (
    DEMO_SECRETS,
    DEMO_TOKENS,
    PREFIX,
    BadSettings,
    Settings,
    check_complete,
    read_settings,
    shown,
    with_sandbox,
)
from stickercase.entrypoints.settings.checking import OF_ONE_WORD, STRONG, VENDOR_URLS
from stickercase.entrypoints.settings.struct import WITHDRAWAL_LIMITS
from support.api_processes import api_settings

STRONG_SECRETS = {
    "STICKERCASE_DATABASE_URL": "postgresql://casino:a-password-nobody-guesses@db/stickercase",
    "STICKERCASE_REDIS_URL": "redis://:another-password-nobody-guesses@cache/0",
    "STICKERCASE_BOT_TOKEN": "7342037359:AAFZ-a-token-of-production-1234567890",
    "STICKERCASE_SERVICE_TOKEN": "3f0e0d3c5a1f4b7c9d2e8a6b5c4d3e2f",
    "STICKERCASE_WEBHOOK_UUID": "0b8f3f0e-6a3c-4a8e-9d57-1f2e3d4c5b6a",
}
REQUIRED = tuple(STRONG_SECRETS)
VENDOR_TOKENS = {
    "STICKERCASE_TONCONSOLE_TOKEN": "a-token-of-ours",
    "STICKERCASE_GIFTLY_TOKEN": "ten-letter",
    "STICKERCASE_HOT_WALLET_MNEMONIC": "word " * 24,
}
PRODUCTION = STRONG_SECRETS | VENDOR_TOKENS | {"STICKERCASE_ENV": "production"}


def complaint(environ: dict[str, str]) -> str:
    """Why a process may not start with these."""
    with pytest.raises(BadSettings) as refused:
        check_complete(read_settings(environ))
    message = str(refused.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_production_starts_with_everything_set_and_strong() -> None:
    settings = check_complete(read_settings(PRODUCTION))
    assert (settings.env, settings.port, settings.init_data_max_age) == ("production", 8080, 86_400)


def test_everything_that_is_missing_is_named_at_once() -> None:
    message = complaint({"STICKERCASE_ENV": "production"})
    needed = [*REQUIRED, *VENDOR_TOKENS]
    assert [name for name in needed if name in message] == needed


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("env", ["production", "development"])
def test_each_missing_setting_is_named_and_no_other(name: str, env: str) -> None:
    for environ in ({k: v for k, v in PRODUCTION.items() if k != name}, PRODUCTION | {name: ""}):
        message = complaint(environ | {"STICKERCASE_ENV": env})
        assert re.findall(r"STICKERCASE_\w+", message) == [name]


@pytest.mark.parametrize("name", VENDOR_TOKENS)
def test_vendors_tokens_are_needed_in_production_only(name: str) -> None:
    without = {k: v for k, v in PRODUCTION.items() if k != name}
    assert re.findall(r"STICKERCASE_\w+", complaint(without)) == [name]
    check_complete(read_settings(without | {"STICKERCASE_ENV": "development"}))


@pytest.mark.parametrize("name", DEMO_TOKENS)
def test_production_takes_no_token_of_the_sandbox(name: str) -> None:
    variable = PREFIX + name.upper()
    message = complaint(PRODUCTION | {variable: DEMO_TOKENS[name]})
    assert re.findall(r"STICKERCASE_\w+", message) == [variable]


def test_the_demo_s_hot_wallet_is_refused_however_it_is_spelled() -> None:
    shouted = DEMO_TOKENS["hot_wallet_mnemonic"].upper().replace(" ", "  ")
    assert "HOT_WALLET_MNEMONIC" in complaint(PRODUCTION | {"STICKERCASE_HOT_WALLET_MNEMONIC": shouted})


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOT_WALLET_MNEMONIC", "hush " * 23), ("HOT_WALLET_MNEMONIC", "hush"), ("HOT_WALLET_CONTRACT", "v3r2")],
)
def test_a_hot_wallet_that_is_none_is_refused_without_quoting_it(name: str, value: str) -> None:
    message = complaint(PRODUCTION | {f"STICKERCASE_{name}": value})
    assert re.findall(r"STICKERCASE_\w+", message) == [f"STICKERCASE_{name}"]
    assert "hush" not in message


@pytest.mark.parametrize("name", VENDOR_URLS)
def test_production_calls_no_vendor_without_encryption(name: str) -> None:
    variable = PREFIX + name.upper()
    environ = PRODUCTION | {variable: "http://127.0.0.1:8081/x"}
    assert re.findall(r"STICKERCASE_\w+", complaint(environ)) == [variable]
    check_complete(read_settings(PRODUCTION | {variable: "https://vendor.example/x"}))
    check_complete(read_settings(environ | {"STICKERCASE_ENV": "development"}))


def test_the_demo_calls_the_sandbox_and_nobody_else() -> None:
    demo = read_settings({"STICKERCASE_SANDBOX_PORT": "18081"}, default_env="demo")
    base = "http://127.0.0.1:18081/"
    assert all(getattr(demo, name).startswith(base) for name in VENDOR_URLS)
    assert {place.startswith(base) for place in demo.floor_tables().values()} == {True}
    assert all(getattr(demo, name) == token for name, token in DEMO_TOKENS.items())
    assert not any(base in getattr(read_settings(PRODUCTION), name) for name in VENDOR_URLS)


def test_what_calls_the_sandbox_follows_it_to_its_port() -> None:
    mine = {"STICKERCASE_SANDBOX_PORT": "0", "STICKERCASE_GIFTLY_URL": "http://127.0.0.1/mine"}
    demo = with_sandbox(read_settings(mine, default_env="demo"), 18082)
    assert demo.sandbox_port == 18082
    assert demo.tonconsole_url.startswith("http://127.0.0.1:18082/")
    assert demo.floors_sources.startswith("Fuse=http://127.0.0.1:18082/")
    assert demo.giftly_url == "http://127.0.0.1/mine"


def test_the_ton_api_is_that_of_the_network() -> None:
    assert read_settings({}).ton_api_base() == "https://toncenter.com/api/v2"
    assert (
        read_settings({"STICKERCASE_TON_NETWORK": "testnet"}).ton_api_base() == "https://testnet.toncenter.com/api/v2"
    )
    own = {"STICKERCASE_TON_NETWORK": "testnet", "STICKERCASE_TON_API_URL": "https://own.example"}
    assert read_settings(own).ton_api_base() == "https://own.example"
    with pytest.raises(BadSettings, match="STICKERCASE_TON_NETWORK is mainnet or testnet, not 'main'"):
        read_settings({"STICKERCASE_TON_NETWORK": "main"})


def test_tables_of_floors_are_named_by_contributor() -> None:
    settings = read_settings({"STICKERCASE_FLOORS_SOURCES": "Fuse=/data/fuse.csv, Other one=https://x.example/f?a=b"})
    assert settings.floor_tables() == {"Fuse": "/data/fuse.csv", "Other one": "https://x.example/f?a=b"}
    assert read_settings({}).floor_tables() == {}


@pytest.mark.parametrize("text", ["Fuse", "Fuse=", "=/data/fuse.csv", "Fuse=/a,b"])
def test_malformed_tables_of_floors_are_refused(text: str) -> None:
    assert "STICKERCASE_FLOORS_SOURCES" in complaint(PRODUCTION | {"STICKERCASE_FLOORS_SOURCES": text})


@pytest.mark.parametrize("name", DEMO_SECRETS)
def test_production_takes_no_demo_secret_and_no_short_one(name: str) -> None:
    variable = PREFIX + name.upper()
    for value in (DEMO_SECRETS[name], "x" * (STRONG - 1), "1"):
        message = complaint(PRODUCTION | {variable: value})
        assert re.findall(r"STICKERCASE_\w+", message) == [variable]
        assert value == "1" or value not in message, "the message shows the secret"


def test_every_weak_setting_is_named_at_once() -> None:
    demo = {PREFIX + name.upper(): value for name, value in DEMO_SECRETS.items()}
    message = complaint(PRODUCTION | demo)
    assert re.findall(r"STICKERCASE_\w+", message) == list(demo)


def test_further_service_tokens_are_held_to_the_same_strength() -> None:
    strong = "feeder:" + "t" * STRONG
    settings = check_complete(
        read_settings(PRODUCTION | {"STICKERCASE_SERVICE_TOKENS": f"{strong}, bot:{'u' * STRONG}"})
    )
    names = settings.service_names()
    assert names == {
        STRONG_SECRETS["STICKERCASE_SERVICE_TOKEN"]: "service",
        "t" * STRONG: "feeder",
        "u" * STRONG: "bot",
    }
    message = complaint(PRODUCTION | {"STICKERCASE_SERVICE_TOKENS": f"{strong},bot:hush-hush"})
    assert "STICKERCASE_SERVICE_TOKENS" in message
    assert "hush-hush" not in message


@pytest.mark.parametrize("entry", ["hush-hush", "feeder:", ":hush-hush", "feeder:hush,hush-hush"])
def test_malformed_service_tokens_are_refused_in_every_environment(entry: str) -> None:
    environ = PRODUCTION | {"STICKERCASE_SERVICE_TOKENS": entry}
    assert "STICKERCASE_SERVICE_TOKENS" in complaint(environ)
    settings = read_settings(environ | {"STICKERCASE_ENV": "development"})
    with pytest.raises(BadSettings, match="STICKERCASE_SERVICE_TOKENS") as refused:
        settings.service_names()
    assert "hush" not in str(refused.value)


def test_only_the_demo_has_secrets_of_its_own() -> None:
    demo = read_settings({}, default_env="demo")
    assert (demo.bot_token, demo.service_token, demo.webhook_uuid) == tuple(DEMO_SECRETS.values())
    assert read_settings({"STICKERCASE_BOT_TOKEN": "mine"}, default_env="demo").bot_token == "mine"
    for env in ("development", "production"):
        settings = read_settings({"STICKERCASE_ENV": env})
        assert (settings.bot_token, settings.service_token, settings.webhook_uuid) == ("", "", "")


@pytest.mark.parametrize("name", ["PORT", "INIT_DATA_MAX_AGE", "DATABASE_POOL", "WORKER_THREADS"])
@pytest.mark.parametrize("value", ["x", "-1", "1.5", "1e3", "٣", " 80", "0x50", "9" * 20, "80 80"])
def test_a_bad_number_is_one_sentence(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=rf"^STICKERCASE_{name} is a whole number from 0 to [0-9]+, not .*\.$"):
        read_settings({f"STICKERCASE_{name}": value})


@pytest.mark.parametrize(("name", "value"), [("ANSWERS_KEPT_HOURS", "23"), ("WORKER_THREADS", "0")])
def test_what_makes_no_sense_is_refused(name: str, value: str) -> None:
    assert f"STICKERCASE_{name} is at least" in complaint(PRODUCTION | {f"STICKERCASE_{name}": value})


def test_limits_of_withdrawals_are_read_in_nanotons() -> None:
    amounts = {
        "LEAST_WITHDRAWAL": "2.5",
        "LARGEST_WITHDRAWAL": "40",
        "WITHDRAWAL_FEE": "0",
        "PLAYER_DAILY_WITHDRAWALS": "30",
        "HOUSE_DAILY_WITHDRAWALS": "0",
        "APPROVE_WITHDRAWALS_ABOVE": "0.000000001",
    }
    settings = check_complete(read_settings(PRODUCTION | {PREFIX + name: text for name, text in amounts.items()}))
    assert settings.withdrawal_limits == Limits(2_500_000_000, 40 * NANO, 0, 30 * NANO, 0, 1)


@pytest.mark.parametrize("name", WITHDRAWAL_LIMITS.values())
@pytest.mark.parametrize("value", ["x", "-1", "1e400", "0.0000000001", "NaN"])
def test_a_limit_that_is_no_amount_is_named(name: str, value: str) -> None:
    variable = PREFIX + name.upper()
    assert complaint(PRODUCTION | {variable: value}) == f"{variable} is an amount of TON with at most 9 decimals."


@pytest.mark.parametrize(
    ("name", "value"),
    [("LEAST_WITHDRAWAL", "0.05"), ("LEAST_WITHDRAWAL", "501"), ("WITHDRAWAL_FEE", "1"), ("LARGEST_WITHDRAWAL", "0.5")],
)
def test_limits_that_contradict_each_other_are_refused(name: str, value: str) -> None:
    assert complaint(PRODUCTION | {PREFIX + name: value}) == (
        "STICKERCASE_LEAST_WITHDRAWAL is above STICKERCASE_WITHDRAWAL_FEE and at most STICKERCASE_LARGEST_WITHDRAWAL."
    )


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(BadSettings, match="STICKERCASE_ENV is production, development or demo, not 'prod'"):
        read_settings({"STICKERCASE_ENV": "prod"})


def test_empty_variables_and_foreign_ones_do_not_count() -> None:
    assert read_settings({"STICKERCASE_PORT": "", "PORT": "1", "STICKERCASE": "x"}).port == 8080


def test_what_is_set_is_read() -> None:
    settings = read_settings({"STICKERCASE_PORT": "81", "STICKERCASE_DATA_DIR": "/data", "STICKERCASE_HOST": "::1"})
    assert (settings.port, settings.data_dir, settings.host) == (81, Path("/data"), "::1")


def test_no_secret_is_shown() -> None:
    environ = PRODUCTION | {"STICKERCASE_SERVICE_TOKENS": f"bot:{'s' * STRONG}"}
    rows = shown(read_settings(environ))
    assert [name for name, _, _ in rows] == [PREFIX + f.name.upper() for f in fields(Settings)]
    assert all(meaning for _, _, meaning in rows)
    text = "\n".join(f"{name} {value}" for name, value, _ in rows)
    hidden = (*STRONG_SECRETS.values(), *VENDOR_TOKENS.values(), "s" * STRONG)
    assert not [secret for secret in hidden if secret in text]
    values = {name: value for name, value, _ in rows}
    assert {values[name] for name in (*REQUIRED, *VENDOR_TOKENS, "STICKERCASE_SERVICE_TOKENS")} == {"(set)"}
    assert {name: value for name, value, _ in shown(read_settings({}))}["STICKERCASE_BOT_TOKEN"] == "(not set)"
    assert values["STICKERCASE_PORT"] == "8080"


@pytest.mark.parametrize("name", OF_ONE_WORD)
@pytest.mark.parametrize("bad", ["{}\n", " {}", "{}\u00a0", "\u043f{}", "{}\x00"])
def test_a_secret_that_no_header_takes_is_named_and_not_shown(name: str, bad: str) -> None:
    variable, value = PREFIX + name.upper(), "hush-hush-hush-hush-hush"
    message = complaint(PRODUCTION | {variable: bad.format(value)})
    assert re.findall(r"STICKERCASE_\w+", message) == [variable]
    assert "hush" not in message


def test_a_password_in_any_address_is_masked() -> None:
    places = {
        "STICKERCASE_FLOORS_SOURCES": "Fuse=https://me:hush-hush@x.example/f.csv,Other=https://hush-hush@y.example",
        "STICKERCASE_TON_API_URL": "https://me:hush-hush@ton.example/api",
        "STICKERCASE_SANDBOX_WEBHOOK_URL": "http://127.0.0.1/webhook/tonconsole/hush-hush",
    }
    told = {name: value for name, value, _ in shown(read_settings(places))}
    assert told["STICKERCASE_FLOORS_SOURCES"] == "Fuse=https://(set)@x.example/f.csv,Other=https://(set)@y.example"
    assert told["STICKERCASE_TON_API_URL"] == "https://(set)@ton.example/api"
    assert told["STICKERCASE_SANDBOX_WEBHOOK_URL"] == "(set)"


def test_limits_are_generous_in_the_demo_only() -> None:
    rates = [
        (s.rate_per_player, s.rate_per_address) for s in (read_settings({}), read_settings({}, default_env="demo"))
    ]
    assert rates == [(20, 200), (1000, 1000)]
    assert read_settings({"STICKERCASE_RATE_PER_PLAYER": "7"}, default_env="demo").rate_per_player == 7


def test_trusted_proxies_are_addresses_and_networks() -> None:
    settings = read_settings({"STICKERCASE_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.1,2001:db8::/32"})
    assert [str(network) for network in settings.proxies()] == ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"]
    assert read_settings({}).proxies() == []
    for value in ("nonsense", "10.0.0.1/8", "10.0.0.0/33", "proxy.example"):
        assert "STICKERCASE_TRUSTED_PROXIES" in complaint(PRODUCTION | {"STICKERCASE_TRUSTED_PROXIES": value})


def test_origins_are_what_a_browser_sends() -> None:
    settings = read_settings({"STICKERCASE_CORS_ORIGINS": "https://app.example, http://localhost:5173"})
    assert settings.origins() == ["https://app.example", "http://localhost:5173"]
    assert (read_settings({}).origins(), read_settings({"STICKERCASE_CORS_ORIGINS": "*"}).origins()) == ([], ["*"])
    for value in ("app.example", "https://app.example/", "https://app.example/x", "ftp://app.example", "https://"):
        assert "STICKERCASE_CORS_ORIGINS" in complaint(PRODUCTION | {"STICKERCASE_CORS_ORIGINS": value})


def test_processes_under_test_look_for_no_vendor_on_the_internet() -> None:
    settings = {f"STICKERCASE_{name.upper()}": text for name, text in api_settings("", "").items()}
    under_test = read_settings(settings)
    assert {urlsplit(getattr(under_test, name)).hostname for name in VENDOR_URLS} == {"127.0.0.1"}
    named = [f.name for f in fields(Settings) if str(f.default).startswith("https://")]
    assert set(named) <= set(VENDOR_URLS), "a vendor with an address that tests would call"
