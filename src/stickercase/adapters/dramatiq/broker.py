"""The broker, as both ends use it."""

from __future__ import annotations

from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from stickercase.domain.use_cases.lanes import LANES

NAMESPACE = "stickercase"
SECONDS = 5.0
HEARTBEAT_MS = 15_000
"""A worker that was silent for so long is taken for dead: what it had fetched is given to others. Twice is harmless."""
MAINTENANCE_PER_MILLION = 20_000
"""One command in fifty looks for dead workers. With Dramatiq's own, one in a thousand, a quiet queue takes minutes."""


def broker_at(url: str) -> RedisBroker:
    """A broker on the Redis at ``url``; nothing is contacted yet.

    Without middleware: retries, delays and limits are kept with the tasks, where they survive.
    """
    client = Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
    broker = RedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq's brokers have no types
        client=client,
        middleware=[],
        namespace=NAMESPACE,
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=MAINTENANCE_PER_MILLION,
    )
    for lane in LANES:
        broker.declare_queue(queue_of(lane))
    return broker


def queue_of(lane: str) -> str:
    """The queue of a lane, and the actor at its end."""
    return f"tasks-{lane}"
