"""The figures of what goes on behind the doors: how long the line is, what was set aside, how periodic work fares, and
how deliveries stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from stickercase.domain.gifts.deliveries import Stage
from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.ports.reading import Backlog, Dispatch, Work


def of_work(work: Work, now: datetime) -> Iterator[Metric]:
    """The families as they are now. Raises ``StoreUnavailable`` before the first."""
    backlog, records, dispatch = work.backlog(now), work.schedules(), work.dispatch()

    def of_kinds(name: str, meaning: str, value: Callable[[Backlog], float]) -> Metric:
        family = GaugeMetricFamily(f"stickercase_tasks_{name}", meaning, labels=["kind"])
        for line in backlog:
            family.add_metric([line.kind], value(line))
        return family

    yield of_kinds("waiting", "Tasks that are not done, also those whose time has not come.", lambda line: line.waiting)
    yield of_kinds("due", "Tasks that are due: the depth of the queue.", lambda line: line.due)
    yield of_kinds(
        "oldest_due_seconds",
        "For how long the longest due task has been due: the age of the queue.",
        lambda line: 0.0 if line.due_since is None else (now - line.due_since).total_seconds(),
    )
    yield of_kinds("set_aside", "Tasks that wait for a person.", lambda line: line.set_aside)

    yield from _of_schedules(records, now)
    yield from _of_deliveries(dispatch, now)


def _of_deliveries(dispatch: Dispatch, now: datetime) -> Iterator[Metric]:
    count = GaugeMetricFamily(
        "stickercase_deliveries", "Deliveries that have not ended; unknown ones wait for a person.", labels=["stage"]
    )
    oldest = GaugeMetricFamily(
        "stickercase_deliveries_oldest_seconds", "Since the oldest of them was requested.", labels=["stage"]
    )
    for stage in Stage:
        if not stage.is_final:
            number, since = dispatch.stages.get(stage, (0, now))
            count.add_metric([stage.value], number)
            oldest.add_metric([stage.value], (now - since).total_seconds())
    yield from (count, oldest)
    is_paused = float(dispatch.pause is not None)
    yield GaugeMetricFamily("stickercase_deliveries_paused", "1 while no gift is ordered, but for trials.", is_paused)


def _of_schedules(records: Sequence[ScheduleRecord], now: datetime) -> Iterator[Metric]:
    def gauge(name: str, meaning: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"stickercase_schedule_{name}", meaning, labels=["schedule"])

    lasted = gauge("run_seconds", "How long the last run took.")
    since = gauge("since_run_seconds", "How long ago the last run ended.")
    unwell = gauge("unwell", "1 if the last run failed or raised an alarm.")
    refused = CounterMetricFamily(
        "stickercase_schedule_refused", "Ticks that found the run before still going on.", labels=["schedule"]
    )
    for record in records:
        if record.started_at is not None and record.finished_at is not None:
            lasted.add_metric([record.name], (record.finished_at - record.started_at).total_seconds())
            since.add_metric([record.name], (now - record.finished_at).total_seconds())
        unwell.add_metric([record.name], float(record.outcome not in ("", "done")))
        refused.add_metric([record.name], record.refused)
    yield from (lasted, since, unwell, refused)
