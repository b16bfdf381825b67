"""Messages through Redis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dramatiq import Message
from redis import RedisError

from stickercase.adapters.dramatiq.broker import ACTOR, QUEUE, broker_at
from stickercase.ports.failures import QueueUnavailable


class DramatiqMessages:
    """Sends to the Redis at ``url``, and counts what is there."""

    def __init__(self, url: str) -> None:
        self._broker = broker_at(url)

    def send(self, task_ids: Sequence[int]) -> None:
        """Send one message for each."""
        with _told():
            for task_id in task_ids:
                self._broker.enqueue(Message(QUEUE, ACTOR, (task_id,), {}, {}))

    def count(self) -> int:
        """How many are in line or with a worker."""
        with _told():
            size: int = self._broker.do_qsize(QUEUE)
        return size


@contextmanager
def _told() -> Iterator[None]:
    """Redis's failures in the port's words."""
    try:
        yield
    except RedisError as error:
        raise QueueUnavailable(f"Redis did not answer as it should: {type(error).__name__}") from error
