"""The nightly look at everything: by hand with its exit statuses, by what workers run, and on the operators' pages."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stickercase.adapters.postgres.connections import connect
from stickercase.domain.money import NANO
from stickercase.domain.use_cases.reports import RECONCILE
from stickercase.domain.use_cases.schedules import TICK
from stickercase.domain.use_cases.tasks import Done, Task
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import read_settings
from stickercase.entrypoints.workers.kinds import handlers
from support.api_processes import AS_SERVICE, ApiProcess, api_settings, environment
from support.clock import FixedClock
from support.command_line import Run, command, inside
from support.databases import copied_database
from support.reconciling import Reconciling
from support.sandboxes import GIFTLY_TOKEN, TONCONSOLE_TOKEN, outside
from support.worlds import postgres_world

AWAY = "http://127.0.0.1:9"


@dataclass
class Office:
    """A played house on its database, vendors in the sandbox, and the settings of its processes."""

    house: Reconciling
    settings: dict[str, str]
    folder: Path

    def reconcile(self, *words: str, **settings: str) -> Run:
        return inside("reconcile", *words, cwd=self.folder, **self.settings | settings)


@pytest.fixture
def office(database_url: str, template_database: str, tmp_path: Path) -> Iterator[Office]:
    with copied_database(database_url, template_database) as url, outside(tmp_path) as vendors:
        world = postgres_world(connect(url), connect(url, by_key=False))
        world.clock = FixedClock(datetime.now(UTC))
        settings = {
            "database_url": url,
            "tonconsole_url": vendors.tonconsole_url,
            "tonconsole_token": TONCONSOLE_TOKEN,
            "giftly_url": vendors.giftly_url,
            "giftly_token": GIFTLY_TOKEN,
        }
        yield Office(Reconciling(world, vendors), settings, tmp_path)
        world.close()


def sections(run: Run) -> dict[str, dict[str, Any]]:
    """The sections of a report in JSON by their names."""
    return {section["name"]: section for section in json.loads(run.stdout)["sections"]}


def test_the_report_by_hand_by_night_and_on_the_pages(office: Office, redis_url: str) -> None:
    house = office.house
    paid = house.invoice(days=20)
    house.pay(paid, 5 * NANO)
    house.look(paid)
    house.ended("SENT")
    doubled = house.ended("FAILED")

    clean = command("reconcile", cwd=office.folder, **office.settings)
    assert (clean.returncode, clean.stderr) == (0, ""), clean
    assert clean.stdout.splitlines()[-1] == "report 1: all is well"
    assert [line.split()[::3] for line in clean.stdout.splitlines()[1:-1]] == [
        [name, "well"] for name in ("ledger", "stock", "draws", "invoices", "deliveries")
    ]

    away = office.reconcile(tonconsole_url=AWAY)
    assert away.returncode == 2, away
    assert "UNCHECKED  invoices: 0 of 1 were checked: TonConsole cannot be reached" in away.stdout
    assert away.stdout.splitlines()[-1] == "report 2: nothing was found, and NOT everything could be checked"

    house.shop_says(doubled, "SENT")
    late, stranger = house.invoice(days=10), house.keep(str(uuid.uuid4()))
    house.pay(late, 7 * NANO)
    unwell = office.reconcile("--json")
    assert unwell.returncode == 1, unwell
    found = sections(unwell)
    assert found["deliveries"]["findings"] == [
        f"delivery {doubled} is returned here, and the shop says SENT: its player has the unit and the gift"
    ]
    assert [told.split()[1] for told in found["invoices"]["findings"]] == [stranger.id, late.id]
    assert found["draws"]["checked"] >= 2
    assert house.credited(late) == 7 * NANO

    by_night = at_night(office)
    assert by_night.alarm
    assert by_night.note.startswith(f"report 4: invoices: 1 finding: invoice {stranger.id} is unknown at the provider")
    assert house.credited(late) == 7 * NANO
    recent = office.reconcile("--days", "1", "--json")
    assert (recent.returncode, sections(recent)["invoices"]["checked"]) == (1, 1)
    with ApiProcess(office.settings["database_url"], redis_url) as api:
        shown = api.client.get("/api/operator/reconciliations", params={"limit": 2}, headers=AS_SERVICE).json()
        assert (shown["report_count"], [one["id"] for one in shown["reports"]]) == (5, [5, 4])
        assert shown["reports"][0] == json.loads(recent.stdout)
        assert shown["reports"][1]["started_by"] == "schedule"
        rest = api.client.get(
            "/api/operator/reconciliations", params={"cursor": shown["next_cursor"]}, headers=AS_SERVICE
        ).json()
        assert [one["verdict"] for one in rest["reports"]] == ["findings", "unchecked", "well"]
        metrics = api.client.get("/metrics").text
    assert 'stickercase_reconciliation_findings{section="invoices"} 1.0' in metrics
    assert 'stickercase_reconciliation_findings{section="ledger"} 0.0' in metrics
    assert 'stickercase_reconciliation_checked{section="deliveries"} 2.0' in metrics


def at_night(office: Office) -> Done:
    """What a worker does with the schedule's task."""
    settings = api_settings(office.settings["database_url"], "redis://nowhere") | office.settings
    container = make_container(read_settings(environment(**settings)))
    now = datetime.now(UTC)
    done = handlers(container)[RECONCILE].run(Task(1, RECONCILE, TICK, {}, now, now))
    for engine in (container.engine(), container.reading_engine(), container.scanning_engine()):
        engine.dispose()
    assert isinstance(done, Done)
    return done
