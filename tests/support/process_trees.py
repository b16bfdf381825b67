"""Who was started by whom, from /proc: to see that nothing is left behind."""

from __future__ import annotations

from pathlib import Path

PROCESSES = Path("/proc")


def descendants(pid: int) -> list[int]:
    """Everything that ``pid`` has started and what that has started in turn, while it lives."""
    children: dict[int, list[int]] = {}
    for process in PROCESSES.iterdir():
        if process.name.isdigit() and (parent := _parent(process)) is not None:
            children.setdefault(parent, []).append(int(process.name))
    found, waiting = [], [pid]
    while waiting:
        started = children.get(waiting.pop(), [])
        found += started
        waiting += started
    return found


def living(pids: list[int]) -> list[int]:
    """Those that still run; the dead whom nobody has waited for do not count."""
    return [pid for pid in pids if _state(PROCESSES / str(pid)) not in (None, "Z", "X")]


def _fields(process: Path) -> list[str] | None:
    try:
        # The name in parentheses may hold anything; what comes behind is numbers.
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _parent(process: Path) -> int | None:
    fields = _fields(process)
    return None if fields is None else int(fields[1])


def _state(process: Path) -> str | None:
    fields = _fields(process)
    return None if fields is None else fields[0]
