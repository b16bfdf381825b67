"""No secret of the settings, and no player's credential, is in anything that the product says or keeps."""

from __future__ import annotations

import gc
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import httpx
import psycopg
import pytest
from psycopg import sql
from redis import Redis
from sqlalchemy.engine import make_url

from stickercase.entrypoints.cli import cli
from support.api_processes import (
    AS_SERVICE,
    BOT_TOKEN,
    SERVICE_TOKEN,
    WEBHOOK_UUID,
    ApiProcess,
    Running,
    Tell,
    api_settings,
    environment,
)
from support.command_line import Run, inside
from support.databases import copied_database
from support.leaks import SECRET_SETTINGS, Finder, cores, forms, new_secret, planted
from support.players import Operator
from support.recorders import Recorder
from support.routes import Route, Stage, routes, set_stage
from support.sandboxes import outside
from support.withdrawers import Withdrawer

HOOK = f"/webhook/tonconsole/{WEBHOOK_UUID}"
KNOCKED = f"http://127.0.0.1:1{HOOK}"
INIT_DATA = "initData_tokens"
"""The signatures of every initData that was shown are looked for like tokens."""
FAULTS = ("error", "garbage", "lost_answer", "delay", "timeout")
OUTAGE = (
    "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'a planted fault'; END$$"
)
LOGGED = (
    '"request"',
    '"/webhook/tonconsole/{uuid}"',
    '"internal_error"',
    '"vendor_unavailable"',
    '"task_failed"',
    "does not accept STICKERCASE_TONCONSOLE_TOKEN",
    "ConnectError",
)
"""What must have happened for the logs to be worth reading."""
SPOKEN = {200, 201, 400, 401, 403, 404, 405, 409, 413, 422, 500, 503}
"""What the API must have answered."""


def with_password(url: str, username: str = "") -> str:
    """The address with a password of ours, where it has none: the test's servers ask for none and take any."""
    parts = make_url(url)
    if parts.password:
        return url
    return parts.set(username=parts.username or username, password=new_secret()).render_as_string(hide_password=False)


@dataclass
class House:
    """The product with its outside, all of it listened to."""

    folder: Path
    database_url: str
    redis_url: str
    settings: dict[str, str]
    secrets: dict[str, str]
    stack: ExitStack
    processes: dict[str, Running] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def start(self, word: str, needle: str) -> None:
        """Start a process, and wait for what it says when it is ready."""
        started = self.stack.enter_context(Running([word], environment(**self.settings)))
        self.processes[word] = started
        (started.out if word == "sandbox" else started.err).line_with(needle)

    @property
    def api(self) -> ApiProcess:
        api = self.processes["api"]
        assert isinstance(api, ApiProcess)
        return api

    @property
    def sandbox_port(self) -> int:
        line = self.processes["sandbox"].out.line_with("is up at")
        return int(line.partition("127.0.0.1:")[2].split()[0])

    def run(self, words: str, **settings: str) -> Run:
        """A command to its end, with all settings but these."""
        run = inside(*words.split(), cwd=self.folder, **(self.settings | settings))
        self.runs.append(run)
        return run

    def control(self, path: str, **body: Any) -> None:
        """Tell the outside world what to do."""
        url = f"http://127.0.0.1:{self.sandbox_port}/control/{path}"
        assert httpx.post(url, json=body, trust_env=False).status_code == 200

    def execute(self, *statements: str) -> None:
        """Behind the product's back."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest.fixture(scope="module")
def house(database_url: str, template_database: str, redis_url: str) -> Iterator[House]:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="sc-"))
        stack.callback(shutil.rmtree, folder)
        url = stack.enter_context(copied_database(database_url, template_database))
        secrets = planted(
            database_url=with_password(url),
            redis_url=with_password(redis_url, "default"),
            bot_token=BOT_TOKEN,
            service_token=SERVICE_TOKEN,
            webhook_uuid=WEBHOOK_UUID,
            sandbox_webhook_url=KNOCKED,
        )
        own = {"sandbox_port": "0", "sandbox_webhook_url": KNOCKED, "data_dir": str(folder)}
        settings = api_settings(url, redis_url) | secrets | own
        house = House(folder, url, redis_url, settings, secrets, stack)
        house.start("sandbox", "is up at")
        vendor = f"http://127.0.0.1:{house.sandbox_port}"
        house.settings |= {
            "tonconsole_url": f"{vendor}/tonconsole/api/v1/services/invoices",
            "giftly_url": f"{vendor}/giftly/api/v1/giftly",
            "ton_api_url": f"{vendor}/toncenter/api/v2",
            "floors_url": f"{vendor}/stickers.tools/api/stats-new",
        }
        given = {name: value for name, value in house.settings.items() if name not in ("database_url", "redis_url")}
        house.processes["api"] = stack.enter_context(
            ApiProcess(house.settings["database_url"], house.settings["redis_url"], **given)
        )
        for word in ("worker", "scheduler"):
            house.start(word, f'"{word}_ready"')
        yield house


# --- what is done with it


def ask_everything(client: httpx.Client, stage: Stage) -> None:
    """Every address as it should be asked, and wrongly in each way."""
    other = stage.other.headers()
    for route in routes(stage):
        right = route.headers(stage)
        key = {"Idempotency-Key": route.name} if route.takes_key else {}
        for headers, content in (
            (right | key, route.content),
            (right | key, b'{"another": "request"}'),
            ({}, route.content),
            (other, route.content),
            ({"Authorization": f"Bearer {new_secret()}"}, route.content),
            ({"Authorization": right.get("Authorization", "tma x=y") + "0"}, route.content),
            (right | {"Idempotency-Key": "once"}, route.content),
            (right | {"Idempotency-Key": "once"}, b'{"telegram_id": 1, "amount": 2}'),
            (right, b'{"cut off'),
            (right, b"[" * 5000),
            (stage.player.headers(), b" " * 70_000),
        ):
            client.request(route.method, route.path, headers=headers, content=content)
        _ask_oddly(client, route, right)


def _ask_oddly(client: httpx.Client, route: Route, headers: Mapping[str, str]) -> None:
    client.request("DELETE", route.path, headers=headers)
    client.request(route.method, f"{route.path}/there/is/no/such/page", headers=headers)
    client.request(route.method, route.path, headers={**headers, "Idempotency-Key": "x" * 300})
    init_data = headers.get("Authorization", "").removeprefix("tma ")
    client.request(route.method, route.path, headers={"X-Telegram-Init-Data": init_data}, params={"limit": "x"})


def knock(client: httpx.Client) -> None:
    """At the webhook, with the right secret and with wrong ones."""
    for path in (HOOK, f"{HOOK}/", HOOK.upper(), f"{HOOK}0", f"{HOOK}/x", HOOK.replace("console", "consol")):
        for body in (b'{"id": "no-such-invoice"}', b"{", b'{"id": "' + b"x" * 70_000 + b'"}'):
            client.post(path, content=body)
        client.get(path)


def deposit_and_withdraw(house: House, client: httpx.Client) -> None:
    """With every fault of the provider, and every word of an operator."""
    people = [Withdrawer.rich(client) for _ in FAULTS]
    for one, kind in zip(people, FAULTS, strict=True):
        house.control("faults", service="tonconsole", kind=kind, count=1, seconds=0.2)
        one.post(f"{one.player.telegram_id}/create-invoice", {"amount": "2"})
        made = one.post(f"{one.player.telegram_id}/create-invoice", {"amount": "2"})
        assert made.status_code == 200, made.text
        house.control("faults", service="tonconsole", kind=kind, count=1, seconds=0.2)
        one.post(f"{one.player.telegram_id}/check-deposit")
        house.control(f"invoices/{made.json()['invoice_id']}/pay", amount="2000000000")
        client.post(HOOK, json={"id": made.json()["invoice_id"], "status": "paid"})
        assert one.withdraws(5).status_code == 200
        one.withdraws(5000)
    for verb in ("approve", "reject"):
        large = Withdrawer.rich(client, "200").begun(150)["id"]
        for _ in range(2):
            Operator(client).send("POST", f"/api/operator/withdrawals/{large}/{verb}")
    for one in people:
        one.post(f"{one.player.telegram_id}/check-deposit")
        assert one.balance == 97.0


def break_the_product(house: House, client: httpx.Client, stage: Stage) -> None:
    """Faults of ours in the API and in the worker, and a provider that is away or does not know our token."""
    broken = ("operator_log", "deposits")
    house.execute(OUTAGE, *(f"CREATE TRIGGER planted BEFORE INSERT ON {t} EXECUTE FUNCTION planted()" for t in broken))
    assert Operator(client).send("POST", f"/api/operator/players/{stage.other.telegram_id}/block").status_code == 500
    one = stage.other
    path = f"/api/wallet/{one.telegram_id}"
    invoice = client.post(f"{path}/create-invoice", headers=one.headers()).json()["invoice_id"]
    house.control(f"invoices/{invoice}/pay")
    client.post(HOOK, json={"id": invoice})
    house.processes["worker"].err.line_with('"task_failed"')
    house.execute(*(f"DROP TRIGGER planted ON {table}" for table in broken))
    port = house.sandbox_port
    house.processes["sandbox"].stop()
    assert client.post(f"{path}/check-deposit", headers=one.headers()).status_code == 503
    with outside(house.folder / "another", port=port):
        assert client.post(f"{path}/check-deposit", headers=one.headers()).status_code == 503


def use_the_command_line(house: House) -> None:
    """What shows things, and starts that are refused."""
    for words in (
        "--help",
        "settings",
        "tasks list",
        "schedule",
        "audit",
        "reconcile --json",
        "withdrawals list",
        "tasks retry 1",
        "migrate",
    ):
        house.run(words)
    for name, value in house.secrets.items():
        # It could not listen there, so that none of these starts whatever it thinks of the settings.
        for wrong in _wrong(value):
            house.run("api", **{name: wrong}, host="192.0.2.1")
    for name in ("database_url", "redis_url"):
        for wrong in _wrong(house.secrets[name]):
            house.run("worker", **{name: wrong})
    for env in ("production", "nonsense"):
        for words in ("api", "settings", "token 5", "sandbox", "up"):
            house.run(words, env=env)


def _wrong(value: str) -> list[str]:
    """The value with what people do to values; addresses that lead nowhere and that are none."""
    if "://" not in value:
        return [f" {value}\n"]
    scheme, _, rest = value.partition("://")
    return [
        f"https://{rest}",
        f"{scheme}://{rest}{'&' if '?' in rest else '?'}nonsense=1",
        f"{scheme}://{rest.partition('@')[0]}@192.0.2.1:x/0",
        f"{scheme}://{rest.partition('@')[0]}@127.0.0.1:1/0",
        f"{scheme}://[{rest}",
    ]


# --- what it says and keeps


def all_that_is_kept(house: House) -> str:
    """Every row of every table as text: tasks with their last errors, answers, letters, the operators' log …"""
    with psycopg.connect(house.database_url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [
            row[0]
            for (name,) in names
            for row in connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name)))
        ]
    return "\n".join(rows)


def all_that_is_hinted(house: House) -> str:
    """Every key and value in Redis."""
    with Redis.from_url(house.redis_url) as redis:
        readers = {b"list": lambda key: redis.lrange(key, 0, -1), b"hash": redis.hgetall, b"string": redis.get}
        return "\n".join(f"{key!r} {readers.get(redis.type(key), str)(key)!r}" for key in redis.scan_iter())


@pytest.fixture(scope="module")
def sources(house: House) -> dict[str, str]:
    """All of it, once everything has been tried."""
    client = house.api.client
    recorder = Recorder(client)
    stage = set_stage(Operator(client), client)
    ask_everything(client, stage)
    deposit_and_withdraw(house, client)
    with httpx.Client(base_url=client.base_url, trust_env=False) as unheard:
        # A wrong address is told back to whoever asked for it, so only the logs are looked at.
        knock(unheard)
        unheard.get(f"/api/users/{stage.player.headers()['Authorization']}")
    break_the_product(house, client, stage)
    for path in ("/metrics", "/schema", "/schema/openapi.json", "/health/ready"):
        assert client.get(path).status_code == 200
    client.get("/api/operator/tasks", headers=AS_SERVICE)
    gc.freeze()  # each command tidies up after itself, and the test's own memory need not be looked through
    use_the_command_line(house)
    gc.unfreeze()
    for process in house.processes.values():
        process.reap()
    written = {
        f"{name}'s {stream}": getattr(process, stream).finish()
        for name, process in house.processes.items()
        for stream in ("out", "err")
    }
    context = click.Context(cli)
    found = [cli.get_command(context, name) for name in cli.list_commands(context)]
    helps = "\n".join(command.get_help(context) for command in found if command is not None)
    commands = helps + "\n".join(f"{' '.join(run.args)}\n{run.stdout}\n{run.stderr}" for run in house.runs)
    told = {"the API's answers": recorder.text, "commands": commands}
    kept = {"the database": all_that_is_kept(house), "Redis": all_that_is_hinted(house)}
    house.secrets[INIT_DATA] = ",".join(f"x:{found}" for found in sorted(recorder.hashes))
    assert recorder.statuses.keys() >= SPOKEN, recorder.statuses
    assert len(recorder.hashes) > 5
    return written | told | kept


def test_every_secret_setting_is_planted(house: House) -> None:
    assert set(SECRET_SETTINGS) <= house.secrets.keys()
    assert (
        len({core for name, value in house.secrets.items() for core in cores(name, value)}) > len(SECRET_SETTINGS) - 2
    )


def test_there_was_something_to_be_heard(sources: dict[str, str]) -> None:
    logs = "".join(text for name, text in sources.items() if name.endswith("err"))
    assert [line for line in LOGGED if line not in logs] == []
    assert [name for name, text in sources.items() if not text and not name.endswith("'s out")] == []
    assert "last_error" in sources["the API's answers"]
    assert "STICKERCASE_DATABASE_URL" in sources["commands"]


def test_no_command_ends_in_a_traceback(house: House, sources: dict[str, str]) -> None:
    assert "stickercase: " in sources["commands"]
    assert [run.args for run in house.runs if "Traceback" in run.stderr] == []


def test_no_secret_is_shown_or_kept(house: House, sources: dict[str, str], tell: Tell) -> None:
    found = Finder(house.secrets).leaks(sources)
    assert not found, "\n".join(sorted(set(found)))
    size = sum(map(len, sources.values()))
    tell(
        f"{len(house.secrets)} secrets in {len(Finder(house.secrets).needles)} forms, in none of {size:,} characters said or kept"
    )


def test_the_finder_sees_a_planted_leak(house: House, sources: dict[str, str]) -> None:
    """Otherwise the test above would say nothing: each secret, in each form, in the midst of what was said."""
    looking = Finder(house.secrets)
    log = sources["api's err"]
    for name, value in house.secrets.items():
        for core in cores(name, value)[:2]:
            # A mnemonic is known by its words: twenty letters of one may be two words and a half.
            cut = " ".join(core.split()[1:5]) if " " in core else core[2:22]
            for form, text in {**forms(core), "cut short": cut}.items():
                copy = {"a copy": log[:5000] + json.dumps({"event": text})[11:-2] + log[5000:9000]}
                assert any(name in leak for leak in looking.leaks(copy)), f"{form} of {name} goes unseen"


def test_the_finder_knows_a_mnemonic_by_three_words() -> None:
    words = "abandon ability able about above absent absorb abstract absurd abuse access accident"
    looking = Finder({"some_mnemonic": words})
    three = [
        "ability able about",
        "ABOVE, ABSENT, ABSORB",
        '["absurd","abuse","access"]',
        *forms("able about above").values(),
    ]
    assert [text for text in three if not looking.leaks({"x": text})] == []
    fine = ["ability", "able about", "able ability about", "about absent absorb", "an able accident above"]
    assert [text for text in fine if looking.leaks({"x": text})] == []
