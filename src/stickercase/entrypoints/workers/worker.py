"""A worker: performs the tasks whose ids arrive, several at a time, until it is asked to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event

import structlog

from stickercase.domain.use_cases.perform_task import Performed
from stickercase.domain.use_cases.tasks import Again, Done, Handler, TaskState
from stickercase.entrypoints.container import Container
from stickercase.entrypoints.workers.servers import check_servers
from stickercase.ports.failures import OutcomeUnknown, StoreUnavailable, TokenRefused

STOP_SECONDS = 9.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0

log = structlog.get_logger("stickercase")


def run_worker(container: Container, handlers: Mapping[str, Handler], stop: Event) -> None:
    """Perform tasks until ``stop``; then finish those that were begun, within ten seconds.

    Raises ``StoreUnavailable`` or ``QueueUnavailable`` when a server is missing at the start. One that goes away later
    is waited for.
    """
    check_servers(container)
    crew = container.crew(perform=performing(container, handlers, stop))
    crew.start()
    log.info("worker_ready", threads=container.settings().worker_threads)
    stop.wait()
    if crew.stop(STOP_SECONDS):
        log.info("worker_stopped")
    else:
        log.warning("worker_stopped_at_work")


def performing(container: Container, handlers: Mapping[str, Handler], stop: Event) -> Callable[[int], None]:
    """What is done with a message: a plain function of the task's id."""

    def perform(task_id: int) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                performed: Performed | None = container.perform_task(handlers, task_id)
                break
            except (StoreUnavailable, OutcomeUnknown) as error:
                # The message stays with us until the database is back; if we stop before, the sweep will miss it.
                log.warning("task_waits_for_the_database", task_id=task_id, why=str(error))
                if stop.wait(pause):
                    return
                pause = min(pause * 2, LONGEST_PAUSE)
        if performed is not None:
            tell(performed)

    return perform


def tell(performed: Performed) -> None:
    """Log what somebody should know of."""
    task, result = performed.task, performed.result
    about = {"task_id": task.id, "kind": task.kind, "subject": task.subject, "attempts": task.attempts}
    if performed.was_late:
        log.warning("task_overran_its_lease", **about)
    elif isinstance(result, Exception):
        is_last = task.state is TaskState.SET_ASIDE
        event = "task_set_aside" if is_last else "task_failed"
        # A token that is refused stays refused until an operator acts: a week of attempts would mend nothing.
        is_urgent = is_last or isinstance(result, TokenRefused)
        # The place and the kind of the error, without the words of strangers.
        (log.error if is_urgent else log.warning)(event, error=task.last_error, due_at=str(task.due_at), **about)
    elif isinstance(result, Done) and result.alarm:
        log.error("task_alarm", note=result.note, **about)
    elif isinstance(result, Again) and result.alarm:
        log.error("task_alarm", note=result.alarm, **about)
