"""`stickercase` commands run to their end: as a process of their own, or through the same entry point in this one."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch
from warnings import catch_warnings, simplefilter

from stickercase.entrypoints.cli import main
from support.api_processes import STICKERCASE, environment

Run = subprocess.CompletedProcess[str]


def command(*arguments: str, stdin: str = "", cwd: Path | None = None, **settings: str) -> Run:
    """Run a `stickercase` command to its end."""
    return subprocess.run(
        [STICKERCASE, *arguments],
        env=environment(**settings),
        input=stdin,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def at_once(arguments: Sequence[str], variants: Sequence[Mapping[str, str]], cwd: Path) -> list[Run]:
    """The same command with different settings, a few at a time: starting an interpreter is what takes long."""
    with ThreadPoolExecutor(3) as threads:
        return list(threads.map(lambda settings: command(*arguments, cwd=cwd, **settings), variants))


def inside(*arguments: str, cwd: Path, **settings: str) -> Run:
    """Run a command in this process, for what would only repeat the start. Not for one that serves."""
    out, err = io.StringIO(), io.StringIO()
    gc.freeze()
    with (
        patch.dict(os.environ, environment(**settings), clear=True),
        patch.object(sys, "argv", ["stickercase", *arguments]),
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        status = _status()
    _tidied()
    return Run(arguments, status, out.getvalue(), err.getvalue())


def _tidied() -> None:
    """Drop the connections that a command leaves to the end of its process, here and not in some later test.

    Whatever was there before it is frozen meanwhile: looking through all of it takes ten times as long as a command.
    """
    with catch_warnings():
        simplefilter("ignore", ResourceWarning)
        gc.collect()
    gc.unfreeze()


def _status() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()
        return 1
    return 0
