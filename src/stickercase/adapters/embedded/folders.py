"""Where an embedded server's data, log, lock and sockets lie, and whether its user can get there."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stickercase.adapters.embedded.processes import Account, EmbeddedServerError

OUTSIDE_FOLDER = Path("/var/lib/stickercase")
"""Root only: keeps what the unprivileged server cannot reach where it was wanted, such as below /root."""

SOCKET_FOLDER = Path("/tmp")  # noqa: S108 - short, as a socket's path has at most 107 bytes (104 on macOS)

_LINK = "outside"
_held_locks: set[int] = set()


@dataclass(frozen=True)
class ServerHome:
    """One server's folders, held by our lock until `close`."""

    data: Path
    """Owned by the server's user; absent until the server has first been set up."""
    unfinished: Path
    """The place to set data up in, renamed to data when complete."""
    log: Path
    sockets: Path
    account: Account | None
    lock: int
    owner: int
    """The pid of the process that opened it."""

    def close(self) -> None:
        """Give up the lock, and the sockets' folder with what is in it."""
        shutil.rmtree(self.sockets, ignore_errors=True)
        _unlock(self.lock)


def open_home(data_dir: Path, kind: str) -> ServerHome:
    """Find or make, and lock, the folders of the server of this kind for data_dir.

    Raises EmbeddedServerError if another process has them, OSError if they cannot be made.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    folder = _home_folder(data_dir.resolve(), kind)
    lock = _lock(folder / f"{kind}.lock", data_dir)
    try:
        account = server_account(folder / f"{kind}-data")
        sockets = socket_folder(data_dir, kind)
        _make_socket_folder(sockets, account)
    except BaseException:
        _unlock(lock)
        raise
    data, unfinished, log = (folder / f"{kind}{ending}" for ending in ("-data", "-data.new", ".log"))
    return ServerHome(data, unfinished, log, sockets, account, lock, os.getpid())


def delete_outside_data(data_dir: Path) -> None:
    """Delete what was kept outside data_dir, if anything: for whoever is about to delete data_dir itself.

    Raises EmbeddedServerError if a server is using it.
    """
    link = data_dir / _LINK
    if not link.is_symlink():
        return
    folder = _linked_folder(link)
    locks = [_lock(path, data_dir) for path in folder.glob("*.lock")]
    shutil.rmtree(folder)
    link.unlink()
    for lock in locks:
        _unlock(lock)


def server_account(data: Path) -> Account | None:
    """Say under whose ids to run a server with this data: None for our own, which only root may not use.

    Raises EmbeddedServerError if the system has no user to drop to.
    """
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(FileNotFoundError):
        owner = data.stat()
        if owner.st_uid != 0:  # also lets root run a server over an ordinary user's data
            return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")  # initdb needs a named user; this one exists everywhere
    except KeyError:
        raise EmbeddedServerError("As root, the embedded servers need a user called nobody.") from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def may_enter(folder: Path, account: Account | None) -> bool:
    """Tell whether account can traverse folder and all above it.

    Goes by mode bits. An access list that allows more is not seen: that costs a copy, no safety.
    """
    folder = folder.resolve()
    return all(allows(path, account, 0o1) for path in (folder, *folder.parents))


def allows(path: Path, account: Account | None, bits: int) -> bool:
    """Tell whether path's mode gives account all of bits (4 read, 2 write, 1 execute)."""
    if account is None:
        return True
    status = path.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return (status.st_mode >> shift) & bits == bits


def open_outside_folder(name: str) -> Path:
    """Return the folder called name in OUTSIDE_FOLDER, made if needed; writable by us only, open to all.

    Raises EmbeddedServerError if somebody else owns it.
    """
    for folder in (OUTSIDE_FOLDER, OUTSIDE_FOLDER / name):
        folder.mkdir(parents=True, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise EmbeddedServerError(f"{folder} must be a folder of user {os.geteuid()}.")
        folder.chmod(0o755)
    return OUTSIDE_FOLDER / name


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file path, waiting for it as long as it takes."""
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def socket_folder(data_dir: Path, kind: str) -> Path:
    """Return the short path, the same every time, of the folder for this server's sockets."""
    digest = hashlib.sha256(f"{kind}:{data_dir.resolve()}".encode()).hexdigest()[:12]
    return SOCKET_FOLDER / f"stickercase-{os.geteuid()}-{digest}"


def _home_folder(data_dir: Path, kind: str) -> Path:
    data, link = data_dir / f"{kind}-data", data_dir / _LINK
    if not data.exists() and link.is_symlink():
        return _linked_folder(link)
    account = server_account(data)
    if may_enter(data_dir, account):
        return data_dir
    if data.exists():
        raise EmbeddedServerError(f"The server's user cannot reach {data}, as a folder above it is closed.")
    return _new_outside_home(link)


def _linked_folder(link: Path) -> Path:
    folder = link.readlink()
    # Who can write in the data folder could else send us, as root, anywhere.
    if folder.parent != OUTSIDE_FOLDER / "data" or folder.name == "..":
        raise EmbeddedServerError(f"{link} must point into {OUTSIDE_FOLDER / 'data'}.")
    if not folder.is_dir():
        raise EmbeddedServerError(f"The data that {link} points to is gone; delete the link to start afresh.")
    return folder


def _new_outside_home(link: Path) -> Path:
    # The random part makes a deleted and newly made data folder start empty, as anybody would expect. The
    # link and not the name ties the two together, so that the data folder may be moved.
    digest = hashlib.sha256(str(link.parent).encode()).hexdigest()[:12]
    folder = Path(tempfile.mkdtemp(prefix=f"{digest}-", dir=open_outside_folder("data")))
    folder.chmod(0o711)
    try:
        link.symlink_to(folder)
    except FileExistsError:  # another starter was faster
        folder.rmdir()
        return _linked_folder(link)
    (folder / "belongs-to").write_text(f"{link.parent}\n")
    return folder


def _make_socket_folder(folder: Path, account: Account | None) -> None:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid not in {os.geteuid(), account.uid if account else os.geteuid()}:
            raise EmbeddedServerError(f"{folder} belongs to another user; delete it.")
        os.fchmod(descriptor, 0o700)
        if account:  # the server makes its sockets there, and root gets in anyhow
            os.fchown(descriptor, *account)
        for stale in os.listdir(descriptor):  # of a killed run: the data folder's lock is ours
            os.unlink(stale, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _lock(path: Path, data_dir: Path) -> int:
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode().strip() or "unknown"
        os.close(descriptor)
        raise EmbeddedServerError(f"The data folder {data_dir} is in use by process {holder}.") from None
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    _held_locks.add(descriptor)
    return descriptor


def _unlock(descriptor: int) -> None:
    _held_locks.discard(descriptor)
    os.close(descriptor)


def _drop_locks() -> None:
    while _held_locks:
        os.close(_held_locks.pop())


# A forked worker shares our locks, and would keep them when we are killed.
os.register_at_fork(after_in_child=_drop_locks)
