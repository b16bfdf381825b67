"""`stickercase up` as somebody runs it who has just cloned the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from stickercase.adapters.embedded import delete_outside_data
from stickercase.entrypoints.cli.outside import running_sandbox
from stickercase.entrypoints.settings import read_settings
from support.api_processes import Running, environment, eventually
from support.command_line import command, inside
from support.process_trees import descendants, living

START_SECONDS = 120.0
DEMO_PLAYERS = {1380639458: 2312221.5, 100000001: 1000.0, 100000002: 1000.0}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


class Up(Running):
    """A running `up`; ``url`` is where it says that it is."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(["up"], environment(port="0", sandbox_port="0", data_dir=str(data_dir)), cwd=data_dir.parent)
        try:
            told = self.out.line_with("StickerCase is up at", START_SECONDS)
        except BaseException:
            self.reap()
            raise
        self.url = re.findall(r"http://\S+", told)[0]
        self.client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self.started = descendants(self.pid)

    def reap(self) -> None:
        """End it, and wait for what it has started: the data is about to be taken over or deleted."""
        super().reap()
        eventually(lambda: not living(getattr(self, "started", [])), "the end of the embedded servers")

    @property
    def banner(self) -> str:
        """What it prints at the start, whole."""
        eventually(lambda: self.out.text.count("token 1380639458)") == 2, "the end of the banner")
        return self.out.text


def new_data_dir() -> Iterator[Path]:
    """A folder for data in a new folder that looks like the repository after `make run`: with a .venv."""
    folder = Path(tempfile.mkdtemp(prefix="sc-up-"))
    folder.chmod(0o755)
    (folder / ".venv").symlink_to(sys.prefix)
    data_dir = folder / "data"
    yield data_dir
    for part in ("postgres", "redis"):
        delete_outside_data(data_dir / part)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """The data of a first start that the tests share."""
    yield from new_data_dir()


@pytest.fixture(scope="module")
def first(data_dir: Path) -> Iterator[Up]:
    """The first start."""
    with Up(data_dir) as up:
        yield up


@cache
def header(player: int | None = None) -> dict[str, str]:
    """What `stickercase token` prints for the demo."""
    run = inside("token", *(["--service"] if player is None else [str(player)]), cwd=Path("/"))
    name, _, value = run.stdout.strip().partition(": ")
    return {name: value}


def balance(up: Up, player: int) -> float:
    """A demo player's balance."""
    return float(up.client.get(f"/api/users/{player}/", headers=header(player)).json()["user"]["balance"])


def test_the_banner_tells_what_is_where(first: Up, data_dir: Path) -> None:
    banner = first.banner
    assert f"{first.url}/schema" in banner
    assert str(data_dir) in banner
    [line] = re.findall(r"Authorization: tma \S+", banner)
    name, _, value = line.partition(": ")
    answer = first.client.get("/api/users/1380639458/", headers={name: value})
    assert answer.json()["user"]["username"] == "vvalera808"
    page = first.client.get("/schema")
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
    assert "/api/cases/{name}/open" in page.text
    assert f"{first.url}/fairness" in banner
    assert "Is a draw fair?" in first.client.get("/fairness").text


@pytest.mark.skipif(shutil.which("curl") is None, reason="the banner's lines call curl, which is not here")
def test_the_lines_of_the_banner_work(first: Up, data_dir: Path) -> None:
    lines = re.findall(r"curl -s (?:.|\\\n)*?(?=\n\s+curl|\s*\Z)", first.banner)
    assert len(lines) == 3, first.banner
    before = balance(first, 1380639458)
    told = [
        subprocess.run(
            ["bash", "-c", line], cwd=data_dir.parent, env=environment(), capture_output=True, text=True, check=True
        ).stdout
        for line in lines
    ]
    assert ['"status":"success"' in text for text in told] == [True] * 3, told
    assert '"case":"Sigma Case"' in told[0]
    assert '"telegram_id":1380639458' in told[1]
    assert '"drop_number":' in told[2]
    assert balance(first, 1380639458) == before - 90.5


def test_the_demo_catalogue(first: Up) -> None:
    cases = first.client.get("/api/cases/").json()["items"]
    assert [case["name"] for case in cases] == [
        "Sigma Case",
        "DOGS OG Case",
        "Blum Case",
        "DOGS Rewards Case",
        "Not Pixel Case",
        "Pengu Case",
        "Dog Walk Case",
    ]
    sigma = first.client.get("/api/cases/", params={"name": "Sigma Case"}).json()["case"]
    picture = sigma.pop("image_url")
    assert sigma == {
        "name": "Sigma Case",
        "price": 90.5,
        "base_fee": 20.0,
        "status": "active",
        "current_fee": 19.58228694282642,
    }
    tile = first.client.get(picture)
    assert (tile.status_code, tile.headers["content-type"].split(";")[0]) == (200, "image/svg+xml")
    items = first.client.get("/api/cases/Sigma%20Case/items/").json()["items"]
    rows = {item["pack_name"]: (item["collection_name"], item["chance"], item["pack_floor_price"]) for item in items}
    assert rows == {
        "Gold bone": ("DOGS Rewards", 0.0025, "18900.000"),
        "Not Cap": ("DOGS OG", 0.051798642533936665, "430.520"),
        "Extra Eyes": ("DOGS OG", 0.9457013574660634, "3.413"),
    }
    packs = first.client.get("/api/packs/").json()["items"]
    assert (len(packs), {pack["status"] for pack in packs}) == (32, {"active"})
    assert all(pack["in_stock_count"] > 10 for pack in packs)
    assert {case["status"] for case in cases} == {"active"}


@pytest.mark.parametrize("player", [100000001, 100000002])
def test_demo_players_have_money_and_can_play(first: Up, player: int) -> None:
    assert balance(first, player) == DEMO_PLAYERS[player]
    body = {"telegram_id": player, "count": 2}
    opened = first.client.post("/api/cases/Pengu%20Case/open", json=body, headers=header(player))
    assert (opened.status_code, opened.json()["balance"]) == (200, DEMO_PLAYERS[player] - 15.0)


def test_everything_is_ready_and_every_law_holds(first: Up, data_dir: Path) -> None:
    ready = first.client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "success", "database": True, "redis": True})
    assert first.client.get("/api/operator/audit", headers=header()).json()["ok"] is True
    beside = command("audit", data_dir=str(data_dir))  # finds the servers of the running `up`
    assert (beside.returncode, "every law held" in beside.stdout) == (0, True), beside.stderr
    # The demo's hot wallet is on the sandbox's chain, wherever that listens.
    assert "has 10,000 TON\n" in beside.stdout
    assert "ledger and chain agree" in beside.stdout


def outcomes(up: Up) -> dict[str, str]:
    """How the last run of each schedule ended."""
    schedule = up.client.get("/api/operator/schedule", headers=header()).json()["schedule"]
    return {line["name"]: line["outcome"] for line in schedule}


def test_a_worker_and_a_scheduler_run_beside_it(first: Up, data_dir: Path) -> None:
    names = ("forget_answers", "forget_syncs", "forget_tasks", "reconcile", "resume_payouts", "sweep", "sync_prices")
    eventually(lambda: outcomes(first) == dict.fromkeys(names, "done"), "every schedule ran", 60)
    shown = command("schedule", data_dir=str(data_dir))
    assert (shown.returncode, ": all is well" in shown.stdout) == (0, True), shown
    tasks = first.client.get("/api/operator/tasks?state=done&limit=2", headers=header()).json()
    assert (tasks["task_count"] >= 4, len(tasks["tasks"]), tasks["tasks"][0]["subject"]) == (True, 2, "tick")
    bad = first.client.get("/api/operator/tasks?state=lost", headers=header())
    assert (bad.status_code, bad.json()["field"]) == (400, "state")


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_one_that_dies_is_started_again_and_seen(first: Up, name: str) -> None:
    first.err.line_with(f'"{name}_ready"')
    ready, [pid] = first.err.count(f'"{name}_ready"'), companions(first, name)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: first.err.count(f'"{name}_ready"') > ready, "another one", 60)
    ended = json.loads(first.err.line_with('"companion_ended"'))
    assert ended["status"] == -signal.SIGKILL
    [again] = companions(first, name)
    assert again != pid
    first.started.append(again)


def companions(up: Up, name: str) -> list[int]:
    """The processes beside it that were started as this command."""
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in living(descendants(up.pid))}
    return [pid for pid, line in lines.items() if name in line]


def test_a_second_up_on_the_same_data_is_one_sentence(first: Up, data_dir: Path) -> None:
    run = command("up", cwd=data_dir.parent, port="0", sandbox_port="0", data_dir=str(data_dir))
    assert (run.returncode, "Traceback" in run.stderr) == (2, False), run.stderr
    last = run.stderr.strip().splitlines()[-1]
    assert "in use" in last
    assert first.client.get("/health/ready").status_code == 200, "the running one has suffered"


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = command("up", cwd=tmp_path, port=port)
    assert (run.returncode, run.stdout) == (2, "")
    [line] = run.stderr.strip().splitlines()
    assert port in line
    assert "STICKERCASE_PORT" in line
    assert "Traceback" not in run.stderr


def test_a_taken_port_of_the_sandbox_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = command("up", cwd=tmp_path, port="0", sandbox_port=port)
    assert (run.returncode, run.stdout) == (2, "")
    [line] = run.stderr.strip().splitlines()
    assert port in line
    assert "STICKERCASE_SANDBOX_PORT" in line


def test_two_demos_may_run_side_by_side(first: Up) -> None:
    [taken] = re.findall(r"http://127\.0\.0\.1:(\d+)/control/state", first.banner)
    settings = replace(read_settings({}, default_env="demo"), sandbox_port=int(taken))
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings, data_dir=Path(folder))
        with running_sandbox(settings, "", elsewhere=True) as port:
            assert port != int(taken)
            assert httpx.get(f"http://127.0.0.1:{port}/control/state", trust_env=False).status_code == 200


def test_the_sandbox_stands_in_for_the_vendors(first: Up) -> None:
    [state] = re.findall(r"http://127\.0\.0\.1:\d+/control/state", first.banner)
    floors = httpx.get(state, trust_env=False).json()["floors"]
    served = {(one["collection"], one["pack"]): float(one["ton"]) for one in floors}
    packs = first.client.get("/api/packs/").json()["items"]
    assert served == {(pack["collection_name"], pack["pack_name"]): pack["floor_price"] for pack in packs}


# --- stopping and killing


@dataclass
class Life:
    """One run of `up`: what there was to find again, what the next start found, and how it ended."""

    before: dict[str, Any]
    after: dict[str, Any]
    status: int
    said: str


@pytest.fixture(scope="module")
def lives() -> Iterator[dict[str, Life]]:
    """Four starts on the same data; the first three end by Ctrl-C, SIGTERM and kill -9. Everything started is gone."""
    endings: dict[str, Callable[[Up], int]] = {
        "Ctrl-C": Up.press_ctrl_c,
        "SIGTERM": lambda up: up.stop(signal.SIGTERM),
        "kill -9": lambda up: up.stop(signal.SIGKILL),
    }
    told: dict[str, Life] = {}
    for data_dir in new_data_dir():
        up = Up(data_dir)
        for how, end in endings.items():
            with up:
                play(up)
                before = facts(up)
                status = end(up)
                gone(up.started)
            said = up.err.finish() + up.out.finish()
            up = Up(data_dir)
            told[how] = Life(before, facts(up), status, said)
        with up:
            assert up.client.get("/api/operator/audit", headers=header()).json()["ok"] is True
            play(up)
        [log] = (data_dir / "postgres").rglob("postgres.log")
        told["SIGTERM"].said += log.read_text().split("starting PostgreSQL")[3]
        yield told


def play(up: Up) -> float:
    """Open a case; the balance."""
    body = {"telegram_id": 1380639458}
    opened = up.client.post("/api/cases/Sigma%20Case/open", json=body, headers=header(1380639458))
    assert opened.status_code == 200, opened.text
    return float(opened.json()["balance"])


def facts(up: Up) -> dict[str, Any]:
    """What a next start has to find again."""
    me = header(1380639458)
    return {
        "balance": balance(up, 1380639458),
        "inventory": up.client.get("/api/users/1380639458/inventory/", headers=me).json(),
        "history": up.client.get("/api/users/1380639458/transactions/", headers=me).json(),
        "fairness": up.client.get("/api/users/1380639458/fairness", headers=me).json(),
        "packs": up.client.get("/api/packs/").json(),
        "cases": up.client.get("/api/cases/").json(),
    }


def gone(pids: list[int]) -> None:
    """Nothing of them is left, within seconds."""
    assert len(pids) > 5, "PostgreSQL, Redis, a worker and a scheduler are more than five processes"
    eventually(lambda: not living(pids), f"the end of {pids}", 15)


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "kill -9"])
def test_the_next_start_finds_the_same(lives: dict[str, Life], how: str) -> None:
    life = lives[how]
    assert life.after == life.before
    assert "Traceback" not in life.said


def test_each_life_has_spent_what_it_played_for(lives: dict[str, Life]) -> None:
    balances = [life.before["balance"] for life in lives.values()]
    assert balances == [DEMO_PLAYERS[1380639458] - 90.5 * (number + 1) for number in range(3)]


def test_ctrl_c_is_no_failure(lives: dict[str, Life]) -> None:
    assert lives["Ctrl-C"].status in (0, 130, -signal.SIGINT)


def test_sigterm_shuts_the_database_down_in_good_order(lives: dict[str, Life]) -> None:
    """A service manager stops with SIGTERM: that is no crash."""
    assert "not properly shut down" not in lives["SIGTERM"].said, "the next start had to repair the database"


def test_kill_9_while_it_starts_for_the_first_time_is_made_up_for() -> None:
    for data_dir in new_data_dir():
        with Running(
            ["up"], environment(port="0", sandbox_port="0", data_dir=str(data_dir)), cwd=data_dir.parent
        ) as starting:
            starting.err.line_with("stocking the demo")
            started = descendants(starting.pid)
            starting.kill()
            gone(started)
        with Up(data_dir) as up:
            assert [len(up.client.get(f"/api/{name}/").json()["items"]) for name in ("cases", "packs")] == [7, 32]
            assert {player: balance(up, player) for player in DEMO_PLAYERS} == DEMO_PLAYERS
            assert up.client.get("/api/operator/audit", headers=header()).json()["ok"] is True
