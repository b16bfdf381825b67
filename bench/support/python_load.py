"""A closed-loop HTTP load generator, for machines without wrk: ``python -m bench.support.python_load``.

Arguments: URL, connections, seconds, then those of http_load.lua, and the same output.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop


def requests(credentials: Path, prefix: str, cases: int, first: int, players: int) -> Iterator[bytes]:
    """Requests without end: the next player, the next case, a key of its own."""
    paths = [f"POST /api/cases/Bench%20{n}/open HTTP/1.1\r\nHost: bench\r\n".encode() for n in range(1, cases + 1)]
    parts = []
    for line in credentials.read_text().splitlines()[:players]:
        telegram_id, init_data = line.split("\t")
        body = f'{{"telegram_id": {telegram_id}}}'
        before = f"Authorization: tma {init_data}\r\nIdempotency-Key: {prefix}"
        after = f"\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        parts.append((before.encode(), after.encode()))
    for sent in count(first + 1):
        head, tail = parts[sent % len(parts)]
        yield b"%b%b%d%b" % (paths[sent % len(paths)], head, sent, tail)


class Tally:
    """What all connections have seen, until ``ends``."""

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.latencies: list[float] = []
        self.refused = 0
        self.broken = 0

    def result(self, seconds: float) -> dict[str, float]:
        """What http_load.lua prints too."""
        ordered = sorted(self.latencies) or [0.0]
        p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1e3 for part in (0.5, 0.99))
        mean = sum(ordered) / len(ordered) * 1e3
        counts = {"requests": len(self.latencies), "seconds": seconds, "refused": self.refused, "broken": self.broken}
        return {**counts, "p50_ms": p50, "p99_ms": p99, "mean_ms": mean}


class Connection(asyncio.Protocol):
    """Sends the next request when the last one is answered; httptools calls the ``on_…`` methods."""

    def __init__(self, tally: Tally, wanted: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self._tally = tally
        self._wanted = wanted
        self._done = done
        self._sent_at = 0.0
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so
        self._send()

    def data_received(self, data: bytes) -> None:
        """Some of an answer."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """An answer is complete: count it, go on."""
        now = time.perf_counter()
        self._tally.latencies.append(now - self._sent_at)
        self._tally.refused += not 200 <= self._parser.get_status_code() < 400
        if now < self._tally.ends:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The end, expected or not."""
        self._tally.broken += error is not None or time.perf_counter() < self._tally.ends
        self._done.set_result(None)

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._wanted))


async def load(url: str, connections: int, seconds: float, wanted: Iterator[bytes]) -> dict[str, float]:
    """Load ``url`` for a while."""
    loop = asyncio.get_running_loop()
    place = urlsplit(url)
    began_at = time.perf_counter()
    tally = Tally(began_at + seconds)
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(partial(Connection, tally, wanted, end), str(place.hostname), place.port or 80)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 20)
    return tally.result(time.perf_counter() - began_at)


def main() -> None:
    """Run, and print the result."""
    url, connections, seconds, credentials, prefix, cases, first, players = sys.argv[1:]
    wanted = requests(Path(credentials), prefix, int(cases), int(first), int(players))
    result = uvloop.run(load(url, int(connections), float(seconds), wanted))
    print("RESULT", json.dumps(result))


if __name__ == "__main__":
    main()
