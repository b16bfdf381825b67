"""The product at work on deliveries: an API, workers and a scheduler in a hurry, and the sandbox in Giftly's place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from stickercase.entrypoints.cli.deliveries import deliveries
from support.api_processes import ApiProcess, Running, api_settings, environment, eventually
from support.delivery_program import PROGRAM
from support.parcels import GIFT
from support.players import Operator, Player
from support.sandboxes import GIFTLY_TOKEN, Outside, outside
from support.workshops import TESTS

_names = count(1)


@dataclass
class PostOffice:
    """The product, and what is outside."""

    api: ApiProcess
    world: Outside
    environ: dict[str, str]
    processes: ExitStack
    scheduler: Running
    workers: list[Running] = field(default_factory=list)

    @property
    def client(self) -> httpx.Client:
        return self.api.client

    @property
    def operator(self) -> Operator:
        return Operator(self.api.client)

    def hire(self) -> Running:
        """Another worker, who will be ready soon."""
        worker = self.processes.enter_context(Running(["worker"], self.environ, program=PROGRAM))
        self.workers.append(worker)
        return worker

    def schedule(self) -> Running:
        """Another scheduler in the place of the one there was."""
        self.scheduler = self.processes.enter_context(Running(["scheduler"], self.environ, program=PROGRAM))
        return self.scheduler

    def owner(self, items: int = 1, **fields: str) -> Owner:
        """A player with so many units that can be delivered."""
        pack_id = self.operator.new_pack(items, **({"gift_id": GIFT} | fields))
        case = self.operator.new_case([(pack_id, 1.0)])
        player = self.operator.new_player(str(items))
        for start in range(0, items, 10):
            body = {"telegram_id": player.telegram_id, "count": min(10, items - start)}
            answer = self.client.post(case.path("/open"), json=body, headers=player.headers())
            assert answer.status_code == 200, answer.text
        return Owner(self, player)

    def deliveries(self, **query: Any) -> dict[str, Any]:
        """What operators see."""
        return self.ask("GET", f"/deliveries?{httpx.QueryParams(query)}").json()

    def operator_view(self) -> dict[str, int]:
        """How many deliveries are at each stage."""
        stages = ("requested", "ordering", "ordered", "unknown", "delivered", "returned")
        return {stage: self.deliveries(status=stage, limit=1)["delivery_count"] for stage in stages}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> httpx.Response:
        """An operator's request."""
        return self.operator.send(method, f"/api/operator{path}", body, key)

    def gifts_for(self, username: str) -> list[dict[str, Any]]:
        """The gifts that Giftly has in its books for somebody."""
        gifts = self.world.state()["giftly"]["gifts"]
        return [gift | {"number": number} for number, gift in gifts.items() if gift["recipient"] == username]

    def be_idle(self) -> None:
        """Have all gifts sent that are on their way: then no look is between the test and what it asks for."""
        self.world.control("giftly", delivery_seconds=0)
        eventually(lambda: self.deliveries(status="ordered")["delivery_count"] == 0, "every gift has arrived")
        self.world.control("giftly", delivery_seconds=None)

    def figure(self, name: str) -> float:
        """A figure of the metrics page."""
        lines = self.client.get("/metrics").text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"stickercase_{name} "))

    def command(self, *words: str) -> tuple[int, str]:
        """What `stickercase deliveries …` exits with, and says."""
        servers = {name: self.environ[name] for name in ("STICKERCASE_DATABASE_URL", "STICKERCASE_REDIS_URL")}
        run = CliRunner().invoke(deliveries, words, env=servers)
        return run.exit_code, run.output

    def alarms(self) -> int:
        """How often a person was called."""
        return sum(worker.err.count('"task_alarm"') for worker in self.workers)


@dataclass
class Owner:
    """A player with units, and a username to have them delivered to."""

    office: PostOffice
    player: Player

    def new_name(self) -> str:
        """A username that nobody else has."""
        return f"somebody_{os.getpid()}_{next(_names)}"

    @property
    def items(self) -> list[tuple[int, str]]:
        """Ids and states of what is in the inventory, newest first."""
        path = self.player.path("/inventory?limit=200")
        told = self.office.client.get(path, headers=self.player.headers()).json()
        assert told["inventory_count"] == len(told["inventory"])
        return [(item["id"], item["state"]) for item in told["inventory"]]

    def path(self, item_id: int) -> str:
        """Where a unit is taken out."""
        return self.player.path(f"/inventory/{item_id}/withdraw")

    def ask(self, item_id: int, username: str | None = None, key: str | None = None) -> httpx.Response:
        """Ask for a unit."""
        body = None if username is None else {"username": username}
        return self.office.client.post(self.path(item_id), json=body, headers=self.player.headers(key))

    def take_out(self, item_id: int, username: str) -> dict[str, Any]:
        """Have a unit delivered; the delivery."""
        answer = self.ask(item_id, username)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["delivery"])

    def look(self, item_id: int) -> dict[str, Any]:
        """How far a unit is."""
        answer = self.office.client.get(self.path(item_id), headers=self.player.headers())
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["delivery"])

    def until(self, item_id: int, state: str, seconds: float = 20) -> dict[str, Any]:
        """Wait until a unit is so far; the delivery."""
        eventually(lambda: self.look(item_id)["state"] == state, f"the delivery is {state}", seconds)
        return self.look(item_id)


@contextmanager
def post_office(database_url: str, redis_url: str, folder: Path, workers: int = 1) -> Iterator[PostOffice]:
    """A post office; gifts are sent only when the test says so."""
    with ExitStack() as stack:
        world = stack.enter_context(outside(folder))
        world.control("giftly", delivery_seconds=None)
        feeds = {"floors_url": f"{world.url}/stickers.tools/api/stats-new"}
        vendor = {"giftly_url": world.giftly_url, "giftly_token": GIFTLY_TOKEN, **feeds}
        api = stack.enter_context(ApiProcess(database_url, redis_url, **vendor))
        environ = environment(**(api_settings(database_url, redis_url) | vendor)) | {"PYTHONPATH": str(TESTS)}
        scheduler = stack.enter_context(Running(["scheduler"], environ, program=PROGRAM))
        office = PostOffice(api, world, environ, stack, scheduler)
        for worker in [office.hire() for _ in range(workers)]:
            worker.err.line_with('"worker_ready"')
        scheduler.err.line_with('"scheduler_ready"')
        yield office
        office.operator.assert_every_law_held()
