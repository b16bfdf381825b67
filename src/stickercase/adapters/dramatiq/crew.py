"""The threads of a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Thread
from time import monotonic

import dramatiq

from stickercase.adapters.dramatiq.broker import broker_at, queue_of

POLL_MS = 250
"""Threads and consumers look whether they are to end this often; an idle queue is asked as often."""


class DramatiqCrew:
    """Threads that call ``perform`` with the id in each message from the Redis at ``url``: so many for each lane.

    ``perform`` is a plain function: coroutine actors of Dramatiq 2 leak memory.
    """

    def __init__(self, url: str, perform: Callable[[int], None], threads: Mapping[str, int]) -> None:
        self._workers = [self._worker(url, queue_of(lane), perform, size) for lane, size in threads.items()]

    @staticmethod
    def _worker(url: str, queue: str, perform: Callable[[int], None], threads: int) -> dramatiq.Worker:
        broker = broker_at(url)
        dramatiq.Actor(perform, broker=broker, actor_name=queue, queue_name=queue, priority=0, options={})
        worker = dramatiq.Worker(broker, queues={queue}, worker_timeout=POLL_MS, worker_threads=threads)
        # No more than it can act upon: what one worker has fetched, an idle one beside it cannot have.
        worker.queue_prefetch = threads
        return worker

    def start(self) -> None:
        """Begin; while Redis is away, try again every three seconds."""
        for worker in self._workers:
            worker.start()

    def stop(self, seconds: float) -> bool:
        """Begin nothing new, and give back what was fetched; whether all that was in flight ended within ``seconds``.

        What did not is abandoned when the process ends. Its lease ends too, and then it is done again.
        """
        timeout = {"timeout": int(seconds * 1000)}
        stopping = [Thread(target=worker.stop, kwargs=timeout, daemon=True) for worker in self._workers]
        for thread in stopping:
            thread.start()
        deadline = monotonic() + seconds
        for thread in stopping:
            thread.join(max(0.0, deadline - monotonic()))
        return not any(thread.is_alive() for thread in stopping)
