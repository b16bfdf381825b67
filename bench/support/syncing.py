"""Price syncs on command, as a worker makes them: ``python -m bench.support.syncing URL`` makes one for each line read.

A line is a factor: every floor is said to be so many times what is believed. Prints a line of JSON for each run.
"""

from __future__ import annotations

import json
import sys
import time

from dependency_injector import providers

from stickercase.adapters.memory.feeds import MemoryFeeds
from stickercase.domain.stock.floors import Reading
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.price_syncs import SYNC
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.settings import Settings
from stickercase.entrypoints.workers.kinds import sync_handler
from stickercase.ports.feeds import FeedRead


def feed(container: Container, factor: float) -> MemoryFeeds:
    """What the sources say."""
    said: dict[str, list[Reading]] = {}
    for pack in container.reading().shelf()[0].packs.values():
        price_nano = round(pack.floor_nano * factor)
        reading = Reading(pack.collection_name, pack.pack_name, price_nano, "bench")
        said.setdefault(pack.contributor, []).append(reading)
    return MemoryFeeds({contributor: FeedRead(readings) for contributor, readings in said.items()})


def run(container: Container, factor: float) -> dict[str, object]:
    """One run, through its task; how long it took, and the cases by outcome."""
    feeds = providers.Object(feed(container, factor))
    started = container.start_sync(Caller("service:bench"), lambda started: b"%d" % started.id)
    with container.transactions()() as tx:
        tx.queue.to_send(container.clock().now(), 9)
    with container.feeds.override(feeds):
        began = time.perf_counter()
        container.perform_task({SYNC: sync_handler(container.sync_prices)}, int(started.answer))
        seconds = time.perf_counter() - began
    summary = container.price_history().syncs(1, None)[1][0]
    return {"seconds": seconds, "cases": {outcome.value: count for outcome, count in summary.counts.items()}}


def main() -> None:
    """Run one sync for each line of standard input."""
    container = make_container(Settings(database_url=sys.argv[1]))
    for line in sys.stdin:
        print(json.dumps(run(container, float(line))), flush=True)


if __name__ == "__main__":
    main()
