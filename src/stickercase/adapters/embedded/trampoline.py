"""A stand-alone script that turns itself into a server: drops privileges, ties its life to ours, execs.

Run by path, never imported: ``python -I -S trampoline.py PARENT SIGNAL UID GID PROGRAM ARGUMENT...``
(UID -1 keeps the user). It replaces Popen's preexec_fn, which may deadlock in a process with threads. As it
execs, the server keeps its pid and stays the direct child of whoever started the script.
"""

import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def _parent_death_setter() -> Callable[[int], None]:
    """Give the function that asks the kernel for a signal at the parent's death, where there is such a thing."""
    if sys.platform != "linux":
        return lambda _number: None
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def ask(number: int) -> None:
        if libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")

    return ask


def _reset_signals() -> None:
    # Ignored and blocked signals survive exec. A shell's background job ignores SIGINT and SIGQUIT, and the
    # interpreter itself ignores SIGPIPE: the server must start with none of that.
    for name in ("SIGINT", "SIGQUIT", "SIGTERM", "SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def main(arguments: list[str]) -> None:
    """Become the given program; see the module's docstring for the arguments."""
    parent, death_signal, uid, gid = map(int, arguments[:4])
    # Loaded before the drop: the interpreter's own folder may be closed to the server's user.
    ask_for_death_signal = _parent_death_setter()
    _reset_signals()
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    ask_for_death_signal(death_signal)  # after the drop: setuid clears it
    if os.getppid() != parent:  # it died before we asked, so no signal will come
        sys.exit("the starting process is gone")
    os.umask(0o077)
    os.execv(arguments[4], arguments[4:])  # noqa: S606 - as intended


if __name__ == "__main__":
    main(sys.argv[1:])
