"""`tasks` and `schedule`: what waits, what was set aside, and when periodic work ran last."""

from __future__ import annotations

from datetime import datetime

import click

from stickercase.domain.use_cases.tasks import Task, TaskState
from stickercase.entrypoints.cli.acting import acting, telling, working_container


@click.group()
def tasks() -> None:
    """See tasks, and try again what was set aside."""


@tasks.command("list")
@click.option("--state", type=click.Choice([state.value for state in TaskState]), help="Those in one state only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest so many.")
def list_tasks(state: str | None, limit: int) -> None:
    """Show tasks, newest first."""
    total, found = working_container().work().tasks(state, limit, None)
    for task in found:
        click.echo(_line(task))
    click.echo(f"{len(found)} of {total} tasks")


@tasks.command()
@click.argument("task_id", type=click.IntRange(1))
def retry(task_id: int) -> None:
    """Have a task that was set aside tried again; exit status 1 when it can't be."""
    with telling():
        working_container().retry_task(acting(), task_id, lambda _: b"")
    click.echo(f"task {task_id} is due now")


@click.command()
def schedule() -> None:
    """Show periodic work: the last tick, and the last run with its duration and outcome."""
    for record in working_container().work().schedules():
        lasted = ""
        if record.started_at is not None and record.finished_at is not None:
            lasted = f"{(record.finished_at - record.started_at).total_seconds():.3f} s"
        click.echo(
            f"{record.name:<16}every {record.period.total_seconds():>7.0f} s  tick {_moment(record.last_tick)}  "
            f"run {_moment(record.started_at)}  {lasted:>10}  {record.outcome or '-':<10}{record.refused:>6} refused  "
            f"{record.why}"
        )


def _line(task: Task) -> str:
    about = f"{task.kind} {task.subject}"
    return f"{task.id:>8}  {task.state.value:<10}due {_moment(task.due_at)}  {task.attempts:>3} attempts  {about}" + (
        f"  {task.last_error}" if task.last_error else ""
    )


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else f"{'-':<20}"
