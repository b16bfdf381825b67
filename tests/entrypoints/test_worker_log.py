"""What a worker tells of a task that failed: a line that somebody must act on is an error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from stickercase.domain.use_cases.perform_task import Performed
from stickercase.domain.use_cases.tasks import Task, TaskState
from stickercase.entrypoints.workers import worker
from stickercase.ports.failures import TokenRefused, VendorUnavailable
from support.clock import NOON

TASK = Task(1, "watch_invoice", "a1", {}, NOON, NOON, attempts=1, last_error="what went wrong")


@pytest.mark.parametrize(
    ("error", "state", "event", "level"),
    [
        (VendorUnavailable(), TaskState.WAITING, "task_failed", "warning"),
        (TokenRefused(), TaskState.WAITING, "task_failed", "error"),
        (VendorUnavailable(), TaskState.SET_ASIDE, "task_set_aside", "error"),
    ],
)
def test_what_only_a_person_can_mend_is_an_error(error: Exception, state: TaskState, event: str, level: str) -> None:
    with capture_logs() as logged:
        worker.tell(Performed(replace(TASK, state=state), error))
    [line] = logged
    assert (line["event"], line["log_level"], line["error"]) == (event, level, "what went wrong")
