"""Workers and schedulers as processes, killed and cut off: everything is done, and its effect is there once."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from stickercase.adapters.embedded import EmbeddedPostgres, EmbeddedRedis
from stickercase.domain.use_cases.price_syncs import SYNC
from stickercase.entrypoints.workers.kinds import SCHEDULES, handlers, schedules
from support.api_processes import Running, Tell, eventually
from support.command_line import command
from support.workshops import Workshop

TRIALS = 20 if os.environ.get("STICKERCASE_LONG") else 1
GRACE_SECONDS = 10
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.timeout(120 + 60 * TRIALS)


@pytest.fixture
def shop(fresh_database: str, mortal_redis: EmbeddedRedis) -> Iterator[Workshop]:
    """A workshop without workers."""
    with Workshop(fresh_database, mortal_redis.url) as made:
        yield made


def test_a_killed_worker_loses_and_doubles_nothing(shop: Workshop, tell: Tell) -> None:
    survivor, _ = shop.start("worker", "scheduler")
    again = 0
    for trial in range(TRIALS):
        name = f"t{trial}"
        [victim] = shop.start("worker")
        shop.add(60, seconds=0.4, name=name)
        # More than the three threads of one worker can be at, so that the victim is at something.
        eventually(lambda name=name: shop.in_flight(name) > 3, "both work")
        victim.kill()
        seconds = shop.until_noted(60, name=name)
        begun, effects = shop.counts("begun", name), shop.counts("effects", name)
        assert (len(effects), set(effects.values())) == (60, {1})
        assert 1 <= begun.total() - 60 <= 3, f"begun again: {begun.most_common(4)}"
        again += begun.total() - 60
        tell(f"60 tasks, all done {seconds:.0f} s after the kill")
    eventually(lambda: shop.states("note") == {"done": 60 * TRIALS}, "all are settled")
    assert survivor.is_alive
    tell(f"{TRIALS} kills: lost 0, effects doubled 0, begun again {again}")


def test_two_schedulers_and_three_workers_do_each_tick_once(shop: Workshop, tell: Tell) -> None:
    first, second, *_ = shop.start("scheduler", "scheduler", "worker", "worker", "worker")
    eventually(lambda: len(shop.ticks()) >= 4, "four ticks", 60)
    first.kill()
    eventually(lambda: len(shop.ticks()) >= 8, "eight ticks", 60)
    second.stop()
    time.sleep(3)
    [third] = shop.start("scheduler")
    eventually(lambda: len(shop.ticks()) >= 12, "twelve ticks", 60)
    third.stop()
    ticks = shop.ticks()
    assert len(ticks) == len(set(ticks)), "a tick ran twice"
    assert all(tick.microsecond == 0 for tick in ticks)
    refused = next(record.refused for record in shop.container.work().schedules() if record.name == "minute_hand")
    span = (ticks[-1] - ticks[0]) // SECOND + 1
    # While no scheduler ran, at least two ticks were missed; one tick made up for them.
    assert span - len(ticks) - refused >= 2
    tell(f"{len(ticks)} ticks ran in {span} s, each once; {refused} refused, {span - len(ticks) - refused} missed")


def test_an_emptied_redis_loses_nothing(shop: Workshop, mortal_redis: EmbeddedRedis, tell: Tell) -> None:
    shop.start("worker", "scheduler")
    redis = Redis.from_url(mortal_redis.url)
    shop.add(200, seconds=0.03)
    shop.until_noted(40)
    held = redis.hlen("stickercase:tasks-house.msgs")
    redis.flushall()
    assert not shop.has_noted(199)
    seconds = shop.until_noted(200)
    assert set(shop.counts("effects").values()) == {1}
    assert shop.counts("noted").total() == 200, "something was done twice"
    eventually(lambda: shop.states("note") == {"done": 200}, "all are settled")
    assert held > 20, "there was hardly anything to lose"
    tell(f"{held} messages lost with 200 tasks; all done {seconds:.0f} s later, each once")
    redis.close()


def test_redis_away_for_a_while_loses_nothing(shop: Workshop, mortal_redis: EmbeddedRedis, tell: Tell) -> None:
    worker, scheduler = shop.start("worker", "scheduler")
    shop.add(100, seconds=0.03)
    shop.until_noted(20)
    os.kill(mortal_redis.pid, signal.SIGKILL)
    shop.add(50, name="b")
    scheduler.err.line_with('"server_away"')
    mortal_redis.stop()
    mortal_redis.start()
    shop.until_noted(100)
    shop.until_noted(50, name="b")
    effects = shop.counts("effects") + shop.counts("effects", "b")
    assert (len(effects), set(effects.values())) == (150, {1})
    assert worker.is_alive
    assert scheduler.is_alive
    assert "Traceback" not in worker.err.text + scheduler.err.text
    tell(f"150 tasks, noted {shop.counts('noted').total() + shop.counts('noted', 'b').total()} times")


def test_a_restarted_database_loses_nothing(
    mortal_postgres: EmbeddedPostgres, mortal_redis: EmbeddedRedis, tell: Tell
) -> None:
    with Workshop(mortal_postgres.url, mortal_redis.url) as shop:
        worker, scheduler = shop.start("worker", "scheduler")
        shop.add(150, seconds=0.03)
        shop.until_noted(30)
        os.kill(mortal_postgres.pid, signal.SIGKILL)
        worker.err.line_with('"task_waits_for_the_database"')
        scheduler.err.line_with('"server_away"')
        mortal_postgres.stop()
        mortal_postgres.start()
        shop.container.engine().dispose()
        seconds = shop.until_noted(150)
        assert set(shop.counts("effects").values()) == {1}
        eventually(lambda: shop.states("note") == {"done": 150}, "all are settled")
        assert worker.is_alive
        assert scheduler.is_alive
        tell(f"150 tasks done {seconds:.0f} s after the restart, noted {shop.counts('noted').total()} times")


def test_poison_is_set_aside_and_the_rest_goes_on(shop: Workshop, tell: Tell) -> None:
    worker, _ = shop.start("worker", "scheduler")
    shop.add(10, kind="poison", name="p")
    shop.add(100)
    shop.until_noted(100)
    eventually(lambda: shop.states("poison") == {"set_aside": 10}, "all poison is set aside", 40)
    assert worker.err.count('"task_set_aside"') == 10
    assert "hush-hush" not in worker.err.text
    [backlog] = [line for line in shop.container.work().backlog(datetime.now(UTC)) if line.kind == "poison"]
    assert (backlog.waiting, backlog.set_aside) == (0, 10)

    tell("10 poisoned of 110: 10 set aside, 100 done")


def test_a_person_sees_what_was_set_aside_and_tries_it_again(shop: Workshop) -> None:
    worker, _ = shop.start("worker", "scheduler")
    shop.add(1)
    shop.add(2, kind="poison", name="p")
    eventually(lambda: shop.states("poison") == {"set_aside": 2}, "all poison is set aside", 40)
    shop.until_noted(1)
    servers = {name: shop.environ[f"STICKERCASE_{name.upper()}"] for name in ("database_url", "redis_url")}
    listed = command("tasks", "list", "--state", "set_aside", **servers)
    assert (listed.returncode, listed.stdout.count("ValueError (")) == (0, 2), listed
    assert listed.stdout.splitlines()[-1] == "2 of 2 tasks"
    assert command("tasks", "retry", listed.stdout.split()[0], **servers).returncode == 0
    eventually(lambda: worker.err.count('"task_set_aside"') == 3, "it fails again", 40)
    done = command("tasks", "list", "--state", "done", "--limit", "1", **servers).stdout.split()[0]
    refused = command("tasks", "retry", done, **servers)
    assert (refused.returncode, refused.stdout, "set aside" in refused.stderr) == (1, "", True), refused
    shown = command("schedule", **servers)
    assert {line.split()[0] for line in shown.stdout.splitlines()} == {"sweep", "minute_hand"}


def test_a_stopped_worker_finishes_what_it_began(shop: Workshop, tell: Tell) -> None:
    worker, scheduler = shop.start("worker", "scheduler")
    shop.add(12, seconds=1.5)
    eventually(lambda: shop.counts("begun").total() >= 3, "work has begun")
    before = time.monotonic()
    assert worker.stop() == 0
    seconds = time.monotonic() - before
    assert seconds < GRACE_SECONDS
    assert shop.counts("begun") == shop.counts("noted"), "something that was begun was not finished"
    done = shop.states("note")
    assert done["done"] == shop.counts("noted").total() < 12
    assert '"worker_stopped"' in worker.err.finish()
    before = time.monotonic()
    assert scheduler.stop() == 0
    assert time.monotonic() - before < GRACE_SECONDS
    shop.start("worker", "scheduler")
    shop.until_noted(12)
    assert set(shop.counts("begun").values()) == {1}, "what was given back was begun twice"
    tell(f"stopped within {seconds:.1f} s with {done['done']} done; the rest was done by another, each once")


@pytest.mark.parametrize("what", ["worker", "scheduler"])
def test_a_missing_server_is_one_sentence(what: str, fresh_database: str, mortal_redis: EmbeddedRedis) -> None:
    nowhere = {
        "database_url": "postgresql://nobody:hush-hush@127.0.0.1:1/nothing",
        "redis_url": "redis://127.0.0.1:1/0",
    }
    there = {"database_url": fresh_database, "redis_url": mortal_redis.url}
    secrets = {"bot_token": "b", "service_token": "s", "webhook_uuid": "w"}
    for missing, word in (("database_url", "database"), ("redis_url", "Redis")):
        run = command(what, **secrets, **there | {missing: nowhere[missing]})
        assert (run.returncode, run.stdout) == (2, ""), run
        [line] = run.stderr.strip().splitlines()
        assert word in line
        assert "hush-hush" not in line


def test_what_up_would_run_is_what_runs_here(shop: Workshop) -> None:
    """The product's own worker and scheduler, with the product's own kinds: every schedule runs once at the start."""
    assert {schedule.name for schedule in schedules(shop.container)} <= set(handlers(shop.container))
    with Running(["worker"], shop.environ) as worker, Running(["scheduler"], shop.environ) as scheduler:
        worker.err.line_with('"worker_ready"')
        scheduler.err.line_with('"scheduler_ready"')

        def outcomes() -> dict[str, str]:
            return {record.name: record.outcome for record in shop.container.work().schedules()}

        # There are no feeds here, which is an alarm.
        expected = dict.fromkeys((s.name for s in SCHEDULES), "done") | {SYNC: "alarm"}
        eventually(lambda: outcomes() == expected, "every schedule ran", 30)
        assert json.loads(worker.err.text.splitlines()[0])["event"] == "worker_ready"
