"""PostgreSQL killed under load, and Redis away: said clearly while it lasts, nothing lost, no restart needed."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stickercase.adapters.embedded import EmbeddedPostgres, EmbeddedRedis, delete_outside_data
from support.api_processes import AS_SERVICE, ApiProcess, Tell, eventually
from support.hammers import UNKNOWN, Count, hammering, new_hammers, settle, until_told
from support.players import Operator, Player, SoldCase, new_player

TRIALS = 50 if os.environ.get("STICKERCASE_LONG") else 2
LONGEST_SECONDS = 60 + TRIALS * 30
CLIENTS = 16


@pytest.mark.timeout(LONGEST_SECONDS)
def test_a_killed_database_loses_and_doubles_nothing(
    mortal_postgres: EmbeddedPostgres, redis_url: str, tell: Tell
) -> None:
    count = Count()
    with ApiProcess(mortal_postgres.url, redis_url) as api:
        operator = Operator(api.client)
        case = operator.simple_case(units=TRIALS * 5_000)
        pid = api.pid
        for _ in range(TRIALS):
            _trial(api, mortal_postgres, operator, case, count)
        checked = operator.assert_every_law_held()
        tell(f"{count}; audited {checked['draws_replay']} draws")
        assert (api.pid, api.is_alive) == (pid, True), "the API did not recover by itself"
        assert (count.acknowledged_but_lost, count.doubled) == (0, 0), str(count)
        assert count.acknowledged > TRIALS * 100, f"too little load to mean anything: {count}"
        assert count.unavailable > 0, f"nobody noticed that the database was away: {count}"
        assert '"internal_error"' not in api.err.text, "an answer was a 500"


def _trial(api: ApiProcess, server: EmbeddedPostgres, operator: Operator, case: SoldCase, count: Count) -> None:
    hammers = new_hammers(operator, case, [api.port] * CLIENTS)

    def kill_and_restart() -> None:
        until_told(hammers, 200)
        os.kill(server.pid, signal.SIGKILL)
        refused = sum(sum(hammer.refusals.values()) for hammer in hammers)
        eventually(lambda: sum(sum(h.refusals.values()) for h in hammers) >= refused + 2 * CLIENTS, "refusals")
        _assert_away(api.client, case)
        server.stop()
        server.start()
        until_told(hammers, 200)

    hammering(hammers, kill_and_restart)
    eventually(lambda: api.client.get("/health/ready").status_code == 200, "ready again")
    for hammer in hammers:
        assert set(hammer.refusals) <= {"unavailable", UNKNOWN}, hammer.refusals
        settle(hammer, operator, count, api.client, api.port)
    count.trials += 1


def _assert_away(client: httpx.Client, case: SoldCase) -> None:
    """Every kind of request says 503 `unavailable`, and only that, while the database is away."""
    player = new_player()
    for answer in _one_of_each(client, case, player):
        body = answer.json()
        assert (answer.status_code, body["status"], body["code"]) == (503, "error", "unavailable"), (
            f"{answer.request.method} {answer.request.url}: {answer.text}"
        )
        assert answer.headers["retry-after"] == "1"
        assert "nothing was changed" in body["message"]
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "error", "database": False, "redis": True})
    assert client.get("/health/live").status_code == 200


def _one_of_each(client: httpx.Client, case: SoldCase, player: Player) -> Iterator[httpx.Response]:
    me = player.headers()
    for path in ("/api/cases/", case.path("/items/"), case.path("/open"), "/api/packs/", f"/api/draws/{'0' * 64}-0"):
        yield client.get(path)
    for path in ("/", "/inventory/", "/transactions/", "/fairness"):
        yield client.get(player.path(path), headers=me)
    yield client.post(case.path("/open"), json={"telegram_id": player.telegram_id}, headers=me)
    yield client.post(player.path("/fairness/rotate"), headers=me)
    yield client.put(player.path("/fairness"), json={"client_seed": "x"}, headers=me)
    yield client.post(f"/api/operator/packs/{case.pack_ids[0]}/units", json={"numbers": [10**6]}, headers=AS_SERVICE)
    yield client.post("/api/users/user", json={"telegram_id": 5, "first_name": "x"}, headers=AS_SERVICE)
    yield client.get("/api/operator/audit", headers=AS_SERVICE)


def test_redis_away_stops_neither_money_nor_reads(journeys_database: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="sc-"))
    folder.chmod(0o755)
    server = EmbeddedRedis(folder)
    try:
        server.start()
        with ApiProcess(journeys_database, server.url) as api:
            operator = Operator(api.client)
            case, player = operator.simple_case(), operator.new_player("2")
            assert api.client.get("/health/ready").status_code == 200
            server.stop()
            ready = api.client.get("/health/ready")
            assert (ready.status_code, ready.json()["redis"], ready.json()["database"]) == (503, False, True)
            body = {"telegram_id": player.telegram_id}
            opened = api.client.post(case.path("/open"), json=body, headers=player.headers("k"))
            assert (opened.status_code, opened.json()["balance"]) == (200, 1.0)
            assert api.client.get(player.path("/inventory"), headers=player.headers()).json()["inventory_count"] == 1
            server.start()
            assert api.client.get("/health/ready").status_code == 200
    finally:
        server.stop()
        delete_outside_data(folder)
        shutil.rmtree(folder)
