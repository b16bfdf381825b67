"""Rate limits over real HTTP and a real Redis: shared by processes, gone with the second, open while Redis is away."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from stickercase.adapters.embedded import EmbeddedRedis
from support.api_processes import AS_SERVICE, ApiProcess, Pair, eventually
from support.fingerprints import fingerprint
from support.http_lines import Answer, Ask, at_the_same_moment, one_by_one, through
from support.players import Operator, Player, SoldCase, standing
from support.routes import Stage

PER_PLAYER, PER_ADDRESS = 5, 40
PROMPTLY = 0.2
"""Seconds for an answer while Redis is hung: less than Redis is given to answer, so nobody has waited for that."""
CHEAP = Ask("GET", "/media/x.svg")
"""Limited like everything, and answered without the database: many of them fit into a second."""


@pytest.fixture
def limited(journeys_database: str, redis_url: str) -> Iterator[tuple[ApiProcess, ApiProcess]]:
    """Two processes with small limits on one Redis, behind a proxy on this machine."""
    limits = {"rate_per_player": str(PER_PLAYER), "rate_per_address": str(PER_ADDRESS), "trusted_proxies": "127.0.0.1"}
    with (
        ApiProcess(journeys_database, redis_url, **limits) as first,
        ApiProcess(journeys_database, redis_url, **limits) as second,
    ):
        yield first, second


def in_one_second(apis: Sequence[ApiProcess], ask: Callable[[], list[Answer]]) -> list[Answer]:
    """Ask in a new second; again in another one where a machine that is too busy let requests pass uncounted."""
    for _ in range(5):
        before = [metric(api, LATE) for api in apis]
        began = int(time.time()) + 1
        while time.time() < began:
            time.sleep(0.005)
        answers = ask()
        if int(time.time()) == began and [metric(api, LATE) for api in apis] == before:
            return answers
    raise AssertionError("five times this was not done within a second: the machine is too busy to tell")


LATE = 'stickercase_limiter_uncounted_total{why="late"}'


def behind(address: str, ask: Ask) -> Ask:
    """The request as the proxy passes it on."""
    return replace(ask, headers={**ask.headers, "X-Forwarded-For": address})


def statuses(answers: Sequence[Answer]) -> Counter[int]:
    """How many answers had which status."""
    return Counter(answer.status for answer in answers)


def metric(api: ApiProcess, name: str) -> float:
    """A figure of the metrics page."""
    lines = api.client.get("/metrics").text.splitlines()
    [value] = [line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")]
    return float(value)


def assert_limited(answer: Answer, per: str, limit: int) -> None:
    """A whole and right 429."""
    body = answer.json()
    assert (answer.status, body["status"], body["code"]) == (429, "error", "rate_limited")
    assert (body["per"], body["limit"], body["retry_after"], answer.headers["retry-after"]) == (per, limit, 1, "1")
    assert f"more than {limit} in a second" in body["message"]
    assert f'"{per}";q={limit};w=1' in answer.headers["ratelimit-policy"]
    assert f'"{per}";r=0;t=1' in answer.headers["ratelimit"]


Limited = tuple[ApiProcess, ApiProcess]


def test_a_players_openings_are_limited_over_all_processes(limited: Limited, operator: Operator, pair: Pair) -> None:
    case = operator.simple_case()
    ports = [api.port for api in limited]
    players: list[Player] = []

    def open_at_once() -> list[Answer]:
        # Somebody new each time, so that nothing is left of an attempt that did not count.
        players.append(operator.new_player("100"))
        asks = [behind("192.0.2.1", players[-1].opens(case.name)) for _ in range(4 * PER_PLAYER)]
        return at_the_same_moment(ports, asks)

    for _ in range(2):
        answers = in_one_second(limited, open_at_once)
        assert statuses(answers) == {200: PER_PLAYER, 429: 3 * PER_PLAYER}
        for answer in answers:
            if answer.status == 429:
                assert_limited(answer, "player", PER_PLAYER)
        told = sorted(answer.headers["ratelimit"].partition(",")[0] for answer in answers if answer.status == 200)
        assert told == [f'"player";r={left};t=1' for left in range(PER_PLAYER)]
        now = standing(pair[0].client, players[-1])
        assert (now.balance, now.nonce, now.openings) == (100.0 - PER_PLAYER, PER_PLAYER, PER_PLAYER)
    operator.assert_every_law_held()


def test_knocks_at_the_webhook_are_limited_and_counted_like_all_requests(limited: Limited) -> None:
    knock = behind("192.0.2.77", Ask("POST", "/webhook/tonconsole/a-uuid-nobody-may-read", {}, b"{}"))
    answers = in_one_second(limited, lambda: at_the_same_moment([limited[0].port], [knock] * (PER_ADDRESS + 3)))
    assert statuses(answers) == {404: PER_ADDRESS, 429: 3}
    for answer in answers:
        if answer.status == 429:
            assert_limited(answer, "address", PER_ADDRESS)
    seen = 'stickercase_http_requests_total{method="POST",route="/webhook/tonconsole/{uuid}",status="404"}'
    assert metric(limited[0], seen) >= PER_ADDRESS
    assert "nobody-may-read" not in limited[0].client.get("/metrics").text + limited[0].err.text


def test_the_window_passes(limited: Limited, stage: Stage) -> None:
    asks = [behind("192.0.2.7", Ask("GET", CHEAP.target, stage.player.headers()))] * (PER_PLAYER + 1)
    for _ in range(2):
        answers = in_one_second(limited, lambda: at_the_same_moment([limited[0].port], asks))
        assert statuses(answers) == {200: PER_PLAYER, 429: 1}


def test_a_refused_opening_leaves_no_trace(limited: Limited, operator: Operator, journeys_database: str) -> None:
    case, player = operator.simple_case(), operator.new_player("100")
    reads = [Ask("GET", CHEAP.target, player.headers())] * PER_PLAYER
    opening = player.opens(case.name, "a-key")
    asks = [behind("192.0.2.2", ask) for ask in [*reads, *[opening] * 5]]
    before = fingerprint(journeys_database)

    answers = in_one_second(limited, lambda: [answer for answer in one_by_one(limited[0].port, asks) if answer])

    assert [answer.status for answer in answers] == [200] * PER_PLAYER + [429] * 5
    assert fingerprint(journeys_database) == before


def test_addresses_are_limited_each_for_itself(limited: Limited) -> None:
    ports = [api.port for api in limited]
    asks = [behind("192.0.2.3", CHEAP)] * (PER_ADDRESS + 20)

    answers = in_one_second(limited, lambda: through(ports, [*asks, behind("192.0.2.4", CHEAP)], lines=8))

    assert statuses(answers[:-1]) == {200: PER_ADDRESS, 429: 20}
    assert_limited(next(answer for answer in answers if answer.status == 429), "address", PER_ADDRESS)
    assert answers[-1].status == 200, "from another address"


def test_a_wrong_credential_is_counted_as_well(limited: Limited) -> None:
    ask = Ask("GET", "/api/users/1/", {"Authorization": "tma user=%7B%22id%22%3A1%7D&hash=00"})
    asks = [behind("192.0.2.5", ask)] * (PER_ADDRESS + 5)
    answers = in_one_second(limited, lambda: through([limited[0].port], asks, lines=4))
    assert statuses(answers) == {401: PER_ADDRESS, 429: 5}


def test_services_and_watchers_are_not_limited(limited: Limited) -> None:
    asks = [Ask("GET", path) for path in ("/health/live", "/health/ready", "/metrics", "/metrics/")]
    asks += [Ask("POST", "/api/users/user/", AS_SERVICE, b'{"telegram_id": 5, "first_name": "Ann"}')]
    answers = through([limited[0].port], [behind("192.0.2.6", ask) for ask in asks * PER_ADDRESS], lines=4)
    assert set(statuses(answers)) <= {200, 201}
    assert not any("ratelimit" in answer.headers for answer in answers)


def test_others_are_not_believed_about_addresses(journeys_database: str, redis_url: str) -> None:
    with ApiProcess(journeys_database, redis_url, rate_per_address="7") as api:
        asks = [behind(f"198.51.100.{number}", CHEAP) for number in range(10)]
        answers = in_one_second([api], lambda: [answer for answer in one_by_one(api.port, asks) if answer])
    assert statuses(answers) == {200: 7, 429: 3}


@pytest.mark.parametrize("mishap", ["killed", "hung"])
def test_limits_fail_open(mishap: str, mortal_redis: EmbeddedRedis, journeys_database: str, operator: Operator) -> None:
    case, player = operator.simple_case(), operator.new_player("1000")
    limits = {"rate_per_player": "3", "rate_per_address": "1000"}
    with ApiProcess(journeys_database, mortal_redis.url, **limits) as api:
        assert_in_force(api, case, player)
        lose = signal.SIGKILL if mishap == "killed" else signal.SIGSTOP
        os.kill(mortal_redis.pid, lose)

        opened = one_by_one(api.port, [player.opens(case.name, f"{mishap}-{number}") for number in range(20)])
        assert [answer.status for answer in opened if answer] == [200] * 20, "money goes on, uncounted"
        began = time.monotonic()
        read = [answer for answer in one_by_one(api.port, [CHEAP] * 20) if answer]
        assert (statuses(read), time.monotonic() - began < PROMPTLY) == ({200: 20}, True)
        assert not any("ratelimit" in answer.headers for answer in read)
        eventually(lambda: metric(api, "stickercase_limiter_failing_open") == 1.0, "failing open is told")
        assert sum(metric(api, f'stickercase_limiter_uncounted_total{{why="{why}"}}') for why in ("late", "away")) >= 39
        assert api.err.count('"limits_suspended"') == 1

        if mishap == "killed":
            mortal_redis.stop()
            mortal_redis.start()
        else:
            os.kill(mortal_redis.pid, signal.SIGCONT)
        eventually(lambda: metric(api, "stickercase_limiter_failing_open") == 0.0, "limits are back in force")
        assert_in_force(api, case, player)
        assert (api.err.count('"limits_suspended"'), api.err.count('"limits_in_force"')) == (1, 1)
    operator.assert_every_law_held()


def assert_in_force(api: ApiProcess, case: SoldCase, player: Player) -> None:
    """Three of ten openings in one second pass."""
    asks = [player.opens(case.name) for _ in range(10)]
    assert statuses(in_one_second([api], lambda: at_the_same_moment([api.port], asks))) == {200: 3, 429: 7}
