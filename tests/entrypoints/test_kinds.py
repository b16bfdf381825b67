"""The kinds of tasks: wired as they should be, and tried for long enough."""

from __future__ import annotations

from datetime import timedelta

from dependency_injector import providers

from stickercase.domain.money import NANO
from stickercase.domain.use_cases.create_invoice import LIFETIME, WATCH
from stickercase.domain.use_cases.read_notice import NOTICE
from stickercase.domain.use_cases.tasks import Done, Task, pause
from stickercase.domain.wallet.invoices import WATCHED_AFTER_EXPIRY
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import read_settings
from stickercase.entrypoints.workers.kinds import WATCH_ATTEMPTS, handlers
from support.api_processes import api_settings, environment
from support.purses import new_invoice
from support.worlds import memory_world


def test_no_outage_ends_the_watch_over_an_invoice() -> None:
    shortest = sum((pause(attempts, 1.0) for attempts in range(1, WATCH_ATTEMPTS)), timedelta())
    assert shortest > LIFETIME + WATCHED_AFTER_EXPIRY


def test_a_webhook_has_its_invoice_looked_at_by_what_workers_run() -> None:
    world = memory_world()
    container = make_container(read_settings(environment(**api_settings("postgresql:///nowhere", "redis://nowhere"))))
    container.transactions.override(providers.Object(world.transactions))
    container.clock.override(providers.Object(world.clock))
    made = new_invoice(world, world.new_player(), NANO)
    letter_id = container.receive_letter("tonconsole", NOTICE, b'{"id": "%b"}' % made.id.encode())
    now = world.clock.now()
    task = Task(1, NOTICE, f"letter:{letter_id}", {"letter_id": letter_id}, now, now)
    assert handlers(container)[NOTICE].run(task) == Done()
    with world.transactions() as tx:
        assert tx.tasks.open(WATCH, made.id) is not None
