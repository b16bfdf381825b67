"""What all embedded servers have in common: one start, one stop, one data folder."""

import abc
import os
import types
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from stickercase.adapters.embedded.folders import ServerHome, open_home, socket_folder
from stickercase.adapters.embedded.processes import EmbeddedServerError, ServerProcess, StopStep

_START_SECONDS = 120.0  # repairing the data of a killed Postgres takes long on a slow disk


class EmbeddedServer(abc.ABC):
    """A context manager around one server process; its data in data_dir is kept between starts."""

    _kind: ClassVar[str]
    _stop_steps: ClassVar[Sequence[StopStep]]

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.absolute()
        self._home: ServerHome | None = None
        self._process: ServerProcess | None = None

    def start(self) -> None:
        """Start the server and return when it answers; raises EmbeddedServerError."""
        if self._home is not None:
            raise EmbeddedServerError(f"{type(self).__name__} on {self._data_dir} is already started.")
        try:
            self._home = open_home(self._data_dir, self._kind)
            self._process = self._launch(self._home)
            self._process.wait_ready(self._is_ready, _START_SECONDS)
        except OSError as error:
            self.stop()
            name = type(self).__name__
            raise EmbeddedServerError(f"{name} cannot work in {self._data_dir}: {error}.") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server in good order, by force if it takes too long; nothing if it is not started."""
        if self._home is None or self._home.owner != os.getpid():  # a forked worker must leave it alone
            return
        if self._process is not None:
            self._process.stop(self._stop_steps)
            self._process = None
        self._home.close()
        self._home = None

    @property
    def pid(self) -> int:
        """The server's pid; raises EmbeddedServerError unless started."""
        if self._process is None:
            raise EmbeddedServerError(f"{type(self).__name__} on {self._data_dir} is not started.")
        return self._process.pid

    @property
    def _sockets(self) -> Path:
        return socket_folder(self._data_dir, self._kind)

    @abc.abstractmethod
    def _launch(self, home: ServerHome) -> ServerProcess:
        """Set up the data if there is none, and start the server."""

    @abc.abstractmethod
    def _is_ready(self) -> bool:
        """Tell whether the server answers."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self.stop()
