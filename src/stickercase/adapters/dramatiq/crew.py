"""The threads of a worker."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import dramatiq

from stickercase.adapters.dramatiq.broker import ACTOR, QUEUE, broker_at

POLL_MS = 250
"""Threads and consumers look whether they are to end this often; an idle queue is asked as often."""


class DramatiqCrew:
    """``threads`` threads that call ``perform`` with the id in each message from the Redis at ``url``.

    ``perform`` is a plain function: coroutine actors of Dramatiq 2 leak memory.
    """

    def __init__(self, url: str, perform: Callable[[int], None], threads: int) -> None:
        broker = broker_at(url)
        dramatiq.Actor(perform, broker=broker, actor_name=ACTOR, queue_name=QUEUE, priority=0, options={})
        self._worker = dramatiq.Worker(broker, worker_timeout=POLL_MS, worker_threads=threads)
        # No more than it can act upon: what one worker has fetched, an idle one beside it cannot have.
        self._worker.queue_prefetch = threads

    def start(self) -> None:
        """Begin; while Redis is away, try again every three seconds."""
        self._worker.start()

    def stop(self, seconds: float) -> bool:
        """Begin nothing new, and give back what was fetched; whether all that was in flight ended within ``seconds``.

        What did not is abandoned when the process ends. Its lease ends too, and then it is done again.
        """
        stopping = Thread(target=self._worker.stop, kwargs={"timeout": int(seconds * 1000)}, daemon=True)
        stopping.start()
        stopping.join(seconds)
        return not stopping.is_alive()
