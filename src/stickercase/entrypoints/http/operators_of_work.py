"""What operators see of the work behind the doors: tasks, those that were set aside, and the schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.domain.use_cases.tasks import Task, TaskState
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromWork
from stickercase.entrypoints.http.requests import MAX_ID, whole_number


class TaskWire(msgspec.Struct):
    """A task; its payload is not shown. ``attempts`` counts those since it last went well."""

    id: int
    kind: str
    subject: str
    state: str
    due_at: datetime
    created_at: datetime
    attempts: int
    last_error: str
    started_at: datetime | None
    claimed_until: datetime | None
    finished_at: datetime | None


class TasksWire(msgspec.Struct):
    """A page of tasks, newest first; ``task_count`` counts all of them."""

    status: str
    task_count: int
    tasks: list[TaskWire]
    next_cursor: str | None


class OneTaskWire(msgspec.Struct):
    """One task."""

    status: str
    task: TaskWire


class ScheduleWire(msgspec.Struct):
    """A periodic piece of work and its last run; ``refused`` counts ticks that found the run before still going on."""

    name: str
    period_seconds: float
    last_tick: datetime | None
    refused: int
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    outcome: str
    why: str


class ScheduleListWire(msgspec.Struct):
    """Everything periodic."""

    status: str
    schedule: list[ScheduleWire]


@get("/tasks", sync_to_thread=True, summary="Tasks")
def get_tasks(
    work: FromWork,
    limit: PageSize = None,
    cursor: str | None = None,
    wanted: Annotated[str | None, Parameter(query="state")] = None,
) -> TasksWire:
    """Tasks, newest first; with `state` those in one state only."""
    size = page_size(limit)
    if wanted is not None and wanted not in set(TaskState):
        raise Refused(InvalidRequest("state", f"one of {', '.join(TaskState)}"))
    total, tasks = work.tasks(wanted, size, before(cursor))
    following = after([one.id for one in tasks], size)
    return TasksWire("success", total, [task_wire(task) for task in tasks], following)


@post("/tasks/{task_id:str}/retry", status_code=200, sync_to_thread=True, summary="Try a task again")
def post_retry(task_id: str, caller: FromCaller, retry_task: Act) -> Response[OneTaskWire]:
    """Have a task that was set aside tried again, now and with all its attempts before it."""
    wanted = whole_number(task_id, "id", 1, MAX_ID)
    return answer(retry_task(caller, wanted, lambda task: msgspec.json.encode(OneTaskWire("success", task_wire(task)))))


@get("/schedule", sync_to_thread=True, summary="Everything periodic")
def get_schedule(work: FromWork) -> ScheduleListWire:
    """Each periodic piece of work: its period, its last tick and its last run."""
    return ScheduleListWire("success", [schedule_wire(record) for record in work.schedules()])


def task_wire(task: Task) -> TaskWire:
    """A task as it is shown."""
    return msgspec.convert(task, TaskWire, from_attributes=True)


def schedule_wire(record: ScheduleRecord) -> ScheduleWire:
    """A schedule as it is shown."""
    duration = None
    if record.started_at is not None and record.finished_at is not None:
        duration = (record.finished_at - record.started_at).total_seconds()
    return ScheduleWire(
        name=record.name,
        period_seconds=record.period.total_seconds(),
        last_tick=record.last_tick,
        refused=record.refused,
        started_at=record.started_at,
        finished_at=record.finished_at,
        duration_seconds=duration,
        outcome=record.outcome,
        why=record.why,
    )


HANDLERS = (get_tasks, post_retry, get_schedule)
