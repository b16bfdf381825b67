"""Group commit at the level of the business: requests that arrive while one batch commits form the next one.

One batch is in flight, there is no timer: an idle process commits a single opening at once, a busy one commits many.
The committer is one thread, because the core is synchronous; the event loop hands it a batch and takes the outcomes.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

import structlog

from stickercase.domain.use_cases.open_cases import OpenCase, Outcome
from stickercase.ports.failures import OutcomeUnknown, StoreUnavailable

CAP = 64
DEADLINE_SECONDS = 10.0
MOST_WAITING = 20_000

OpenCases = Callable[[Sequence[OpenCase]], list[Outcome]]
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Wish:
    """A command and the future of its outcome; ``expires`` is in the loop's time."""

    command: OpenCase
    future: asyncio.Future[Outcome]
    expires: float


class Batcher:
    """Collects wishes on the event loop and has them decided in batches by the committer thread."""

    def __init__(self, open_cases: OpenCases) -> None:
        self._open_cases = open_cases
        self._waiting: deque[Wish] = deque()
        self._batches: SimpleQueue[list[Wish] | None] = SimpleQueue()
        self._in_flight = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._closed = False
        self.sizes = [0] * (CAP + 1)
        """How many batches of each size were sent; the index is the size."""

    @property
    def waiting(self) -> int:
        """How many wishes wait for the batch in flight to end."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin taking wishes, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._commit_batches, name="committer", daemon=True)
        self._thread.start()
        self._expire()

    async def stop(self) -> None:
        """Refuse new wishes, finish those that wait, end the thread."""
        self._closed = True
        while self._waiting or self._in_flight:
            self._idle.clear()
            await self._idle.wait()
        if self._sweep is not None:
            self._sweep.cancel()
        self._batches.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    async def submit(self, command: OpenCase) -> Outcome:
        """The outcome of ``command``, durable when it comes.

        Raises ``StoreUnavailable`` (nothing happened) and ``OutcomeUnknown``.
        """
        loop = self._loop
        if loop is None or self._closed or len(self._waiting) >= MOST_WAITING:
            raise StoreUnavailable("openings are not being taken right now")
        wish = Wish(command, loop.create_future(), loop.time() + DEADLINE_SECONDS)
        self._waiting.append(wish)
        if not self._in_flight:
            self._in_flight = True
            # After the callbacks that are ready now: requests that came together go together.
            loop.call_soon(self._send)
        return await wish.future

    def _send(self) -> None:
        batch: list[Wish] = []
        while self._waiting and len(batch) < CAP:
            wish = self._waiting.popleft()
            if not wish.future.done():  # the caller went away while it waited: nothing is done for it
                batch.append(wish)
        self._in_flight = bool(batch)
        if batch:
            self.sizes[len(batch)] += 1
            self._batches.put(batch)
        else:
            self._idle.set()

    def _arrived(self, batch: list[Wish], outcomes: Sequence[Outcome | Exception]) -> None:
        for wish, outcome in zip(batch, outcomes, strict=True):
            if wish.future.done():
                continue
            if isinstance(outcome, Exception):
                wish.future.set_exception(outcome)
            else:
                wish.future.set_result(outcome)
        self._send()

    def _expire(self) -> None:
        loop = self._loop
        assert loop is not None
        while self._waiting and self._waiting[0].expires < loop.time():
            wish = self._waiting.popleft()
            if not wish.future.done():
                wish.future.set_exception(StoreUnavailable("the database is too slow for the openings that wait"))
        self._sweep = loop.call_later(0.5, self._expire)

    def _commit_batches(self) -> None:
        assert self._loop is not None
        while (batch := self._batches.get()) is not None:
            outcomes = self._outcomes([wish.command for wish in batch])
            self._loop.call_soon_threadsafe(self._arrived, batch, outcomes)

    def _outcomes(self, commands: Sequence[OpenCase]) -> Sequence[Outcome | Exception]:
        """Every command's outcome or its own failure; a failed batch is tried once more in the way that is safe."""
        try:
            return self._opened(commands)
        except StoreUnavailable as error:
            # Nothing happened. A connection may just have gone stale: that is worth one more try.
            log.warning("batch_unavailable", size=len(commands), why=str(error))
            return self._again(commands)
        except OutcomeUnknown as error:
            log.warning("batch_outcome_unknown", size=len(commands), why=str(error))
            return self._asked_by_key(commands, error)
        except Exception as error:  # noqa: BLE001  # the committer outlives any failure; each wish learns its own
            return self._one_by_one(commands, error)

    def _opened(self, commands: Sequence[OpenCase]) -> Sequence[Outcome]:
        outcomes = self._open_cases(commands)
        if len(outcomes) != len(commands):
            raise RuntimeError(f"{len(commands)} openings had {len(outcomes)} outcomes")
        return outcomes

    def _again(self, commands: Sequence[OpenCase]) -> Sequence[Outcome | Exception]:
        try:
            return self._opened(commands)
        except (StoreUnavailable, OutcomeUnknown) as error:
            return [error] * len(commands)
        except Exception as error:  # noqa: BLE001  # the committer outlives any failure; each wish learns its own
            return self._one_by_one(commands, error)

    def _one_by_one(self, commands: Sequence[OpenCase], error: Exception) -> Sequence[Outcome | Exception]:
        """One of them is to blame for an unexpected error; the others must not suffer for it."""
        log.error("batch_failed", size=len(commands), exc_info=error)
        if len(commands) == 1:
            return [error]
        return [outcome for command in commands for outcome in self._again([command])]

    def _asked_by_key(self, commands: Sequence[OpenCase], unknown: OutcomeUnknown) -> Sequence[Outcome | Exception]:
        """After a lost commit only a remembered key says what happened: repeating is safe with one, else never."""
        keyed = [command for command in commands if command.key is not None]
        told = iter(self._again(keyed) if keyed else ())
        outcomes = [next(told) if command.key is not None else unknown for command in commands]
        return [unknown if isinstance(outcome, StoreUnavailable) else outcome for outcome in outcomes]
