"""An API process killed or stopped under load: what was acknowledged is there, and nothing is there twice."""

from __future__ import annotations

import os
import random
import time

import pytest

from support.api_processes import ApiProcess, Tell
from support.hammers import Count, hammering, new_hammers, settle, until_told
from support.markets import Market
from support.players import Operator, SoldCase
from support.trading_hammers import new_traders
from support.trading_hammers import settle as settle_deals

TRIALS = 100 if os.environ.get("STICKERCASE_LONG") else 5
TRADING_TRIALS = max(3, TRIALS // 2)
LONGEST_SECONDS = 60 + TRIALS * 30
CLIENTS_OF_THE_VICTIM, CLIENTS_OF_THE_OTHER = 16, 8
GRACE_SECONDS = 10


@pytest.mark.timeout(LONGEST_SECONDS)
def test_a_killed_api_process_loses_and_doubles_nothing(fresh_database: str, redis_url: str, tell: Tell) -> None:
    count = Count()
    with ApiProcess(fresh_database, redis_url) as survivor:
        operator = Operator(survivor.client)
        case = operator.simple_case(units=TRIALS * 3_000)
        for _ in range(TRIALS):
            with ApiProcess(fresh_database, redis_url) as victim:
                _trial(victim, survivor, operator, case, count)
        checked = operator.assert_every_law_held()
        tell(f"{count}; audited {checked['draws_replay']} draws")
        assert (count.acknowledged_but_lost, count.doubled) == (0, 0), str(count)
        assert (count.trials, survivor.is_alive) == (TRIALS, True)
        assert count.acknowledged > TRIALS * 100, f"too little load to mean anything: {count}"
        assert count.unanswered > 0, f"no kill hit a request in flight: {count}"
        assert checked["draws_replay"] >= count.acknowledged + count.unanswered_but_done
    with ApiProcess(fresh_database, redis_url) as restarted:  # needs no repair
        assert restarted.client.get("/health/ready").status_code == 200
        operator = Operator(restarted.client)
        player = operator.new_player("1")
        body = {"telegram_id": player.telegram_id}
        assert restarted.client.post(case.path("/open"), json=body, headers=player.headers()).status_code == 200
        operator.assert_every_law_held()


def _trial(victim: ApiProcess, survivor: ApiProcess, operator: Operator, case: SoldCase, count: Count) -> None:
    ports = [victim.port] * CLIENTS_OF_THE_VICTIM + [survivor.port] * CLIENTS_OF_THE_OTHER
    hammers = new_hammers(operator, case, ports)

    def kill() -> None:
        until_told(hammers, 200)
        time.sleep(random.uniform(0, 0.05))  # anywhere in a batch
        victim.kill()
        until_told([hammer for hammer in hammers if hammer.port == survivor.port], 20)

    hammering(hammers, kill)
    for hammer in hammers:
        assert not hammer.refusals, f"a healthy database, yet {hammer.refusals}"
        if hammer.port == survivor.port:
            assert not hammer.lost, "the surviving process dropped a connection"
        settle(hammer, operator, count, survivor.client, survivor.port)
    count.trials += 1


@pytest.mark.timeout(LONGEST_SECONDS)
def test_a_killed_api_process_loses_and_doubles_no_deal(fresh_database: str, redis_url: str, tell: Tell) -> None:
    """The same while its clients open, sell and upgrade."""
    count = Count()
    with ApiProcess(fresh_database, redis_url) as survivor:
        operator = Operator(survivor.client)
        for _ in range(TRADING_TRIALS):
            market = Market(operator, survivor.client, fresh_database, cheap=3_000, dear=2_000)
            with ApiProcess(fresh_database, redis_url) as victim:
                _trading_trial(victim, survivor, market, count)
        checked = operator.assert_every_law_held()
    kinds = {law: checked[law] for law in ("openings_paid", "sales_paid", "upgrades_staked")}
    tell(f"{count}; audited {kinds}")
    assert (count.acknowledged_but_lost, count.doubled) == (0, 0), str(count)
    assert count.acknowledged > TRADING_TRIALS * 50, f"too little load to mean anything: {count}"
    assert count.unanswered > 0, f"no kill hit a request in flight: {count}"
    assert min(kinds.values()) > TRADING_TRIALS * 5, f"a kind of deal was hardly made: {kinds}"


def _trading_trial(victim: ApiProcess, survivor: ApiProcess, market: Market, count: Count) -> None:
    traders = new_traders(market, [victim.port] * CLIENTS_OF_THE_VICTIM + [survivor.port] * CLIENTS_OF_THE_OTHER)

    def kill() -> None:
        until_told(traders, 120)
        time.sleep(random.uniform(0, 0.05))  # anywhere in a transaction
        victim.kill()
        until_told([trader for trader in traders if trader.port == survivor.port], 20)

    hammering(traders, kill)
    for trader in traders:
        assert not trader.refusals, f"a healthy database, yet {trader.refusals}"
        if trader.port == survivor.port:
            assert not trader.lost, "the surviving process dropped a connection"
        settle_deals(trader, count, survivor.port)
    count.trials += 1


def test_a_stopped_api_process_answers_all_that_it_does(fresh_database: str, redis_url: str, tell: Tell) -> None:
    """SIGTERM under load: what is in flight is finished and answered, the rest is not begun, the end comes soon."""
    count = Count()
    with ApiProcess(fresh_database, redis_url) as stopped, ApiProcess(fresh_database, redis_url) as other:
        operator = Operator(other.client)
        case = operator.simple_case(units=5_000)
        hammers = new_hammers(operator, case, [stopped.port] * CLIENTS_OF_THE_VICTIM)
        seconds = []

        def stop() -> None:
            until_told(hammers, 300)
            start = time.monotonic()
            stopped.stop()
            seconds.append(time.monotonic() - start)

        hammering(hammers, stop)
        for hammer in hammers:
            settle(hammer, operator, count, other.client, other.port)
        count.trials = 1
        tell(f"{count}; stopped within {seconds[0]:.2f} s")
        assert seconds[0] < GRACE_SECONDS
        assert count.unanswered_but_done == 0, f"openings were made and not answered: {count}"
        assert (count.acknowledged_but_lost, count.doubled) == (0, 0), str(count)
        assert "Traceback" not in stopped.err.finish()
        operator.assert_every_law_held()
