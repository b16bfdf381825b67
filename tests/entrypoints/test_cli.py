"""The command line as a person or a script runs it: real processes, exit statuses, one sentence for what is wrong."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from stickercase.adapters.postgres.connections import connect
from stickercase.adapters.postgres.migrations import newest
from stickercase.domain.fairness import GRID, commitment, roll, table_id
from stickercase.domain.ledger.laws import LAWS
from stickercase.entrypoints.app import make_app
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import DEMO_SECRETS, Settings
from stickercase.ports.failures import QueueUnavailable
from support.api_processes import BOT_TOKEN, SECRETS, SERVICE_TOKEN, ApiProcess, api_settings
from support.back_doors import PostgresBackDoor
from support.breaches import BREACHES
from support.command_line import Run, at_once, command, inside
from support.databases import copied_database, name_of
from support.players import Operator, Player

NO_REDIS = "redis://127.0.0.1:1/0"
NOBODY_THERE = "postgresql://nobody:hush-hush@127.0.0.1:1/nothing"


def sentence(run: Run, *words: str) -> str:
    """What a command says when it refuses: one sentence on standard error, exit status 2, nothing else."""
    assert (run.returncode, run.stdout) == (2, ""), (run.returncode, run.stdout, run.stderr)
    told = run.stderr.strip()
    assert "Traceback" not in told, told
    assert "\n" not in told, told
    assert [word for word in words if word not in told] == [], told
    return told


# --- settings


def test_settings_are_shown_with_secrets_masked(tmp_path: Path) -> None:
    settings = api_settings("postgresql://u:hush-hush@h/d", "redis://:hush-hush@h/0")
    run = command("settings", cwd=tmp_path, **settings, service_tokens="feeder:hush-hush-hush-hush")
    assert (run.returncode, run.stderr) == (0, "")
    assert not [secret for secret in (*SECRETS, "hush-hush") if secret in run.stdout]
    for name in ("DATABASE_URL", "REDIS_URL", "BOT_TOKEN", "SERVICE_TOKEN", "SERVICE_TOKENS", "WEBHOOK_UUID"):
        line = next(line for line in run.stdout.splitlines() if line.startswith(f"STICKERCASE_{name} "))
        assert line.endswith("(set)"), line
    assert "STICKERCASE_PORT" in run.stdout


def test_a_setting_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    runs = [
        inside(*words.split(), port="eighty", cwd=tmp_path)
        for words in (
            "settings",
            "api",
            "worker",
            "scheduler",
            "up",
            "token 5",
            "migrate",
            "audit",
            "tasks list",
            "schedule",
        )
    ]
    for run in [*runs, command("settings", cwd=tmp_path, port="eighty")]:
        assert sentence(run, "STICKERCASE_PORT", "whole number", "eighty").startswith("stickercase: ")


# --- starting


def test_production_names_everything_that_is_missing(tmp_path: Path) -> None:
    told = sentence(inside("api", env="production", cwd=tmp_path), "STICKERCASE_DATABASE_URL", "STICKERCASE_REDIS_URL")
    assert [name for name in DEMO_SECRETS if f"STICKERCASE_{name.upper()}" not in told] == []


def test_production_takes_no_demo_secret(tmp_path: Path) -> None:
    vendors = {"tonconsole_token": "a-token-of-ours", "giftly_token": "a-token-of-ours"}
    vendors["hot_wallet_mnemonic"] = "word " * 24
    settings = {**DEMO_SECRETS, **vendors, "env": "production", "database_url": NOBODY_THERE, "redis_url": NO_REDIS}
    told = sentence(command("api", cwd=tmp_path, **settings), *(f"STICKERCASE_{name.upper()}" for name in DEMO_SECRETS))
    assert not [secret for secret in (*DEMO_SECRETS.values(), "hush-hush") if secret in told]


def test_up_and_token_are_not_for_production(tmp_path: Path) -> None:
    strong = api_settings(NOBODY_THERE, NO_REDIS) | {"env": "production"}
    sentence(inside("token", "5", cwd=tmp_path, **strong), "production")
    sentence(inside("token", "--service", cwd=tmp_path, **strong), "production")
    sentence(command("up", cwd=tmp_path, **strong), "production")
    assert list(tmp_path.iterdir()) == [], "a refused `up` made folders"


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        settings = api_settings(NOBODY_THERE, NO_REDIS) | {"port": port}
        sentence(command("api", cwd=tmp_path, **settings), port, "STICKERCASE_PORT")


def test_a_setting_that_makes_no_sense_is_one_sentence(tmp_path: Path) -> None:
    senseless = [
        ("port", "99999"),
        ("host", "no such host"),
        ("database_url", "hush-hush"),
        ("database_url", "postgresql://u:hush-hush@h:port/d"),
        ("redis_url", "hush-hush"),
        ("service_tokens", "hush-hush"),
    ]
    right = api_settings(NOBODY_THERE, NO_REDIS)
    problems = []
    for (name, value), run in zip(
        senseless, at_once(["api"], [right | dict([s]) for s in senseless], tmp_path), strict=True
    ):
        last = run.stderr.strip().rpartition("\n")[2]
        told = f"STICKERCASE_{name.upper()}={value}: exit status {run.returncode}, last line {last!r}"
        if run.returncode != 2 or "Traceback" in run.stderr or "hush-hush" in run.stderr:
            problems.append(f"{told}: no clear refusal")
        elif f"STICKERCASE_{name.upper()}" not in run.stderr:
            problems.append(f"{told}: the setting is not named")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("database_url", "postgresql://u:hush-hush@127.0.0.1:1/d?nonsense=hush-hush"),
        ("database_url", "postgresql://u@127.0.0.1:1/d?password=hush-hush&port=hush-hush"),
        ("redis_url", "redis://:hush-hush@127.0.0.1:1/0?socket_timeout=hush-hush"),
        ("redis_url", "redis://:hush-hush@127.0.0.1:1/0?nonsense=hush-hush"),
        ("redis_url", "unix://u:hush-hush@/nowhere?db=hush-hush"),
    ],
)
def test_an_address_with_a_bad_option_is_one_sentence(name: str, url: str, played: str, tmp_path: Path) -> None:
    right = api_settings(played, NO_REDIS)
    told = sentence(inside("worker", cwd=tmp_path, **(right | {name: url})), f"STICKERCASE_{name.upper()}")
    assert "hush-hush" not in told
    if name == "redis_url":
        with pytest.raises(QueueUnavailable):
            make_app(make_container(Settings(**{"database_url": right["database_url"], name: url})))


# --- migrate


@pytest.fixture
def empty_database(database_url: str) -> Iterator[str]:
    """A database without any table."""
    with copied_database(database_url) as url:
        yield url


def test_migrate_may_be_repeated_and_an_empty_audit_holds(empty_database: str, tmp_path: Path) -> None:
    runs = [run("migrate", cwd=tmp_path, database_url=empty_database) for run in (command, inside)]
    assert [(run.returncode, run.stderr) for run in runs] == [(0, ""), (0, "")]
    assert runs[0].stdout == runs[1].stdout
    assert newest() in runs[0].stdout
    audit = inside("audit", "--json", cwd=tmp_path, database_url=empty_database)
    assert (audit.returncode, json.loads(audit.stdout)["ok"]) == (0, True)


@pytest.mark.parametrize("name", ["migrate", "audit", "reconcile", "schedule"])
@pytest.mark.parametrize("url", [NOBODY_THERE, "hush-hush", "postgresql://u:hush-hush@h:port/d", ""])
def test_no_database_is_one_sentence(name: str, url: str, tmp_path: Path) -> None:
    told = sentence(inside(name, database_url=url, cwd=tmp_path))
    assert "hush-hush" not in told
    assert url != "" or "STICKERCASE_DATABASE_URL" in told


def test_a_database_that_was_never_migrated_is_one_sentence(empty_database: str, tmp_path: Path) -> None:
    sentence(inside("audit", database_url=empty_database, cwd=tmp_path), "migrate")


# --- audit


@pytest.fixture(scope="module")
def played(database_url: str, template_database: str) -> Iterator[str]:
    """A database in which two players have opened cases over HTTP; nobody is connected to it."""
    with copied_database(database_url, template_database) as url:
        with ApiProcess(url, NO_REDIS) as api:
            operator = Operator(api.client)
            case = operator.simple_case()
            operator.new_pack(9, "9")
            for _ in range(2):
                player = operator.new_player("20")
                for count in (1, 3, 1):
                    body = {"telegram_id": player.telegram_id, "count": count}
                    opened = api.client.post(case.path("/open"), json=body, headers=player.headers())
                    assert opened.status_code == 200, opened.text
                _trade(api.client, player)
        yield url


def _trade(client: httpx.Client, player: Player) -> None:
    """Sell the newest item and bet the one before."""
    me, headers = player.telegram_id, player.headers()
    sold, bet, *_ = [i["id"] for i in client.get(player.path("/inventory"), headers=headers).json()["inventory"]]
    asked = {"telegram_id": me, "id": bet}
    offer = client.get("/api/upgrade/check", params=asked, headers=headers).json()["items"][-1]
    wish = {"telegram_id": me, "user_liq_id": bet, "upgrade_liq_id": offer["id"]}
    for path, body in (("/api/packs/sell", {"telegram_id": me, "id": sold}), ("/api/upgrade/upgrade", wish)):
        answer = client.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def played_copy(played: str, database_url: str) -> Iterator[str]:
    """A copy of it, to be broken."""
    with copied_database(database_url, name_of(played)) as url:
        yield url


def test_an_honest_database_passes_the_audit(played_copy: str, tmp_path: Path) -> None:
    run = command("audit", cwd=tmp_path, database_url=played_copy)
    assert (run.returncode, run.stderr) == (0, "")
    assert "every law held" in run.stdout
    assert "BROKEN" not in run.stdout
    told = json.loads(inside("audit", "--json", cwd=tmp_path, database_url=played_copy).stdout)
    assert {law["law"]: law["breaches"] for law in told["laws"]} == dict.fromkeys(LAWS, 0)
    checked = {law["law"]: law["checked"] for law in told["laws"]}
    assert (checked["draws_replay"], checked["openings_paid"]) == (12, 6)
    assert {law for law, times in checked.items() if not times} == {
        "deposits_credited",
        "withdrawals_held",
        "deliveries_kept",
    }


@pytest.mark.parametrize("breach", ["an opening paid too little", "another roll", "a unit miscounted"])
def test_a_planted_breach_fails_the_audit(breach: str, played_copy: str, tmp_path: Path) -> None:
    engine = connect(played_copy, pool_size=1)
    PostgresBackDoor(engine).tamper(breach)
    engine.dispose()
    run = inside("audit", cwd=tmp_path, database_url=played_copy)
    assert run.returncode == 1, f"exit status {run.returncode} for a broken law:\n{run.stdout}{run.stderr}"
    broken = [line.split()[1] for line in run.stdout.splitlines() if line.startswith("BROKEN")]
    assert BREACHES[breach] in broken
    assert "NOT every law held" in run.stdout


def test_a_broken_audit_in_json_fails_as_well(played_copy: str, tmp_path: Path) -> None:
    engine = connect(played_copy, pool_size=1)
    PostgresBackDoor(engine).tamper("an opening not paid")
    engine.dispose()
    run = command("audit", "--json", cwd=tmp_path, database_url=played_copy)
    told = json.loads(run.stdout)
    assert (run.returncode, told["ok"]) == (1, False)
    assert [law["law"] for law in told["laws"] if law["breaches"]] != []


# --- token


@pytest.fixture(scope="module")
def api(database_url: str, template_database: str) -> Iterator[ApiProcess]:
    """An API on a database of its own."""
    with copied_database(database_url, template_database) as url, ApiProcess(url, NO_REDIS) as process:
        yield process


def header(run: Run) -> dict[str, str]:
    """The one line that `token` prints."""
    assert (run.returncode, run.stderr) == (0, "")
    name, _, value = run.stdout.removesuffix("\n").partition(": ")
    assert "\n" not in value
    return {name: value}


def test_a_printed_token_opens_the_api(api: ApiProcess, tmp_path: Path) -> None:
    player = header(command("token", "123456", cwd=tmp_path, bot_token=BOT_TOKEN))
    answer = api.client.get("/api/users/123456", headers=player)
    assert (answer.status_code, answer.json()["user"]["telegram_id"]) == (200, 123456)
    assert api.client.get("/api/users/123457", headers=player).status_code == 403
    service = header(inside("token", "--service", cwd=tmp_path, service_token=SERVICE_TOKEN))
    assert api.client.get("/api/operator/audit", headers=service).status_code == 200
    demo = header(inside("token", "123456", cwd=tmp_path))
    assert api.client.get("/api/users/123456", headers=demo).status_code == 401


@pytest.mark.parametrize(
    "arguments", [[], ["5", "--service"], ["0"], ["-1"], ["x"], [str(2**52)], ["5", "6"], ["--nope"]]
)
def test_a_token_for_nobody_is_refused(arguments: list[str], tmp_path: Path) -> None:
    run = inside("token", *arguments, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr
    assert run.stderr.strip()


def test_a_token_needs_a_secret(tmp_path: Path) -> None:
    sentence(inside("token", "5", env="development", cwd=tmp_path), "STICKERCASE_BOT_TOKEN")
    sentence(inside("token", "--service", env="development", cwd=tmp_path), "STICKERCASE_SERVICE_TOKEN")


# --- verify


SEED = bytes(range(32))
WIDTHS = {2: 22517998136852, 3: 466560694428270, 4: 8518120562175870}
TABLE_ID = "e03cefa1c035ba0011d177075476751649856cf2cf58991c3da6969edd5c3dd4"
ROLLS = (8757902010024608, 3281704587701214, 4016122733136007, 7314924438669403)


def vector(nonce: int) -> dict[str, Any]:
    """A draw of the rules' own vectors as a public record."""
    assert sum(WIDTHS.values()) == GRID
    assert table_id(WIDTHS.items()) == TABLE_ID
    assert roll(SEED, "case", TABLE_ID, "stickercase", nonce) == ROLLS[nonce]
    return {
        "draw_id": f"{commitment(SEED)}-{nonce}",
        "game": "case",
        "server_seed_hash": commitment(SEED),
        "server_seed": SEED.hex(),
        "client_seed": "stickercase",
        "nonce": nonce,
        "table_id": TABLE_ID,
        "table": [{"pack_id": pack_id, "tickets": tickets} for pack_id, tickets in WIDTHS.items()],
        "roll": ROLLS[nonce],
        "row": 3,
        "pack_id": 4,
        "case_name": "Sigma Case",
        "at": "2025-10-12T10:41:16.473864Z",
    }


def verified(record: Mapping[str, Any], tmp_path: Path) -> Run:
    """`verify` of a file."""
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(record))
    return inside("verify", str(path), cwd=tmp_path)


def test_verify_tells_fair_unfair_and_secret_by_its_exit_status(tmp_path: Path) -> None:
    fair = verified({"status": "success", "draw": vector(2)}, tmp_path)
    assert (fair.returncode, fair.stdout.splitlines()[-1].startswith("FAIR")) == (0, True), fair
    unfair = verified(vector(1) | {"roll": ROLLS[2]}, tmp_path)
    assert (unfair.returncode, unfair.stdout.splitlines()[-1].startswith("NOT FAIR")) == (1, True), unfair
    secret = verified(vector(0) | {"server_seed": None}, tmp_path)
    assert (secret.returncode, secret.stdout) == (2, ""), secret
    missing = inside("verify", str(tmp_path / "none.json"), cwd=tmp_path)
    assert (missing.returncode, missing.stdout, "Traceback" in missing.stderr) == (2, "", False)


def test_verify_of_a_file_that_is_no_text_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "draw.json").write_bytes(b"\xff\xfe\x00")
    run = inside("verify", str(tmp_path / "draw.json"), cwd=tmp_path)
    assert (run.returncode, "Traceback" in run.stderr) == (1, False), run


def test_the_installed_command_knows_its_version_and_its_commands(tmp_path: Path) -> None:
    run = command("--version", cwd=tmp_path)
    assert (run.returncode, "0.1.0" in run.stdout) == (0, True)
    listed = inside("--help", cwd=tmp_path)
    assert listed.returncode == 0
    for name in (
        *(
            "up",
            "api",
            "worker",
            "scheduler",
            "sandbox",
            "migrate",
            "audit",
            "reconcile",
            "tasks",
            "schedule",
            "verify",
            "token",
            "settings",
        ),
    ):
        assert f"\n  {name} " in listed.stdout, name
    unknown = inside("nope", cwd=tmp_path)
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (2, False)
