"""The worker and the scheduler that `up` runs beside itself, as processes of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import structlog

from stickercase.entrypoints.container import Container

BESIDE = ("worker", "scheduler")


@contextmanager
def companions(container: Container) -> Iterator[None]:
    """Keep a worker and a scheduler running on the container's servers until the block ends."""
    settings = container.settings()
    environment = {
        **os.environ,
        "STICKERCASE_ENV": settings.env,
        "STICKERCASE_DATABASE_URL": settings.database_url,
        "STICKERCASE_REDIS_URL": settings.redis_url,
        "STICKERCASE_DATA_DIR": str(settings.data_dir.absolute()),
        "STICKERCASE_SANDBOX_PORT": str(settings.sandbox_port),
    }
    with ExitStack() as stack:
        running = [
            stack.enter_context(container.companion(_command(name), environment, partial(_ended, name)))
            for name in BESIDE
        ]
        try:
            yield
        finally:
            for companion in running:
                companion.ask_to_stop()


def _command(name: str) -> list[str]:
    # Not by the name of the installed script, which may lie anywhere; and nothing of the folder they start in.
    return [sys.executable, "-P", "-m", "stickercase.entrypoints.cli", name]


def _ended(name: str, status: int) -> None:
    structlog.get_logger("stickercase").error("companion_ended", process=name, status=status)
