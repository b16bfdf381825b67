"""The figures of withdrawals that are not over: what waits for a person, for a worker, for the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from stickercase.domain.money import ton
from stickercase.domain.wallet.withdrawals import IN_FLIGHT, WAITING
from stickercase.ports.reading import OpenWithdrawals, WithdrawalLines

STAGES = sorted(stage.value for stage in WAITING | IN_FLIGHT)


def of_withdrawals(withdrawals: WithdrawalLines, now: datetime) -> Iterator[Metric]:
    """The families as they are now, every stage with a figure. Raises ``StoreUnavailable`` before the first."""
    found = {one.stage: one for one in withdrawals.open_withdrawals()}

    def of_stages(name: str, meaning: str, value: Callable[[OpenWithdrawals], float]) -> Metric:
        family = GaugeMetricFamily(f"stickercase_withdrawals_{name}", meaning, labels=["stage"])
        for stage in STAGES:
            family.add_metric([stage], value(found[stage]) if stage in found else 0.0)
        return family

    yield of_stages("open", "Withdrawals that are not over, by what they wait for.", lambda one: one.count)
    yield of_stages("open_ton", "What is held for them, in TON.", lambda one: ton(one.amount_nano))
    yield of_stages(
        "oldest_open_seconds",
        "How long ago the oldest of them was requested.",
        lambda one: (now - one.since).total_seconds(),
    )
