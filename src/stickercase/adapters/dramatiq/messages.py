"""Messages through Redis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dramatiq import Message
from redis import RedisError

from stickercase.adapters.dramatiq.broker import broker_at, queue_of
from stickercase.domain.use_cases.lanes import LANES
from stickercase.ports.failures import QueueUnavailable


class DramatiqMessages:
    """Sends to the Redis at ``url``, and counts what is there."""

    def __init__(self, url: str) -> None:
        self._broker = broker_at(url)

    def send(self, lane: str, task_ids: Sequence[int]) -> None:
        """Send one message for each."""
        queue = queue_of(lane)
        with _told():
            for task_id in task_ids:
                self._broker.enqueue(Message(queue, queue, (task_id,), {}, {}))

    def count(self) -> int:
        """How many are in line or with a worker."""
        with _told():
            return sum(self._broker.do_qsize(queue_of(lane)) for lane in LANES)


@contextmanager
def _told() -> Iterator[None]:
    """Redis's failures in the port's words."""
    try:
        yield
    except RedisError as error:
        raise QueueUnavailable(f"Redis did not answer as it should: {type(error).__name__}") from error
