"""Programs of our own beside us: started again when they end, and never there without us."""

import signal
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from stickercase.adapters.embedded.processes import ServerProcess

_STOP_STEPS = ((signal.SIGTERM, 12.0), (signal.SIGKILL, 10.0))
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0


class Companion:
    """A context manager around a program that is kept running; it writes to our standard error."""

    def __init__(
        self, command: Sequence[str | Path], environment: Mapping[str, str], ended: Callable[[int], object]
    ) -> None:
        """``ended`` is told the exit status, negative for a signal, whenever it ends without being asked to."""
        self._command = command
        self._environment = environment
        self._ended = ended
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Self:
        self._process = self._started()
        self._watch.start()
        return self

    def _started(self) -> ServerProcess:
        # Killed when we die: a task that it had begun is begun anew by another, so nothing needs a good end.
        return ServerProcess(self._command, None, death_signal=signal.SIGKILL, log=None, environment=self._environment)

    def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            status = self._process.wait()
            if self._stopping.is_set():
                return
            self._ended(status)
            self._stopping.wait(pause)
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process.stop(())
                self._process = self._started()
            pause = min(pause * 2, _LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        """Begin to stop it, so that several stop at the same time."""
        with self._lock:
            self._stopping.set()
            self._process.send(signal.SIGTERM)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        with self._lock:
            self._stopping.set()
            self._process.stop(_STOP_STEPS)
        self._watch.join()
