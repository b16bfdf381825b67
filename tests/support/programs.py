"""Programs of the tests that are a worker or a scheduler, with kinds and schedules of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tasks import Handler
from stickercase.entrypoints.cli.working import prepared
from stickercase.entrypoints.container import Container
from stickercase.entrypoints.workers.scheduler import run_scheduler
from stickercase.entrypoints.workers.worker import run_worker


def serve(
    what: str,
    container: Container,
    handlers: Callable[[Container], Mapping[str, Handler]],
    schedules: Sequence[Schedule],
) -> None:
    """Be a ``worker`` or a ``scheduler`` until told to stop."""
    stop = prepared()
    if what == "worker":
        run_worker(container, handlers(container), stop)
    else:
        run_scheduler(container, schedules, stop)
