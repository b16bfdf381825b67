"""Processor time of processes, from /proc."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
BUSY = (1, 2, 3, 6, 7)
"""Fields of the first line of /proc/stat: user, nice, system, and the handling of both kinds of interrupt."""


def family_cpu_seconds(pid: int) -> float:
    """User and system time of a process and of all that come from it, also of those that have ended."""
    children = defaultdict(list)
    times: dict[int, int] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and (fields := _fields(process)):
            children[int(fields[1])].append(int(process.name))
            # utime, stime, and the same of children that ended and were waited for
            times[int(process.name)] = sum(map(int, fields[11:15]))
    family = [pid]
    for member in family:
        family.extend(children[member])
    return sum(times.get(member, 0) for member in family) / TICKS


def machine_cpu_seconds() -> float:
    """The time all processors were busy since the machine has started."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(int(fields[index]) for index in BUSY) / TICKS


def _fields(process: Path) -> list[str]:
    """The fields of proc_pid_stat(5) from the third on: the second, the name, may hold spaces and parentheses."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
