"""GET /metrics: what this process has counted, and how the house stands, in Prometheus's text format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from litestar import Response, Router, get
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.stock.floors import Doubt, Floor, doubt
from stickercase.domain.stock.packs import PackStatus
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.http.batcher import Batcher
from stickercase.entrypoints.http.limiter import Limiter
from stickercase.entrypoints.http.provided import FromMetrics
from stickercase.entrypoints.http.reconciliation_metrics import of_reconciliations
from stickercase.entrypoints.http.tally import BUCKETS, Tally
from stickercase.entrypoints.http.withdrawal_metrics import of_withdrawals
from stickercase.entrypoints.http.work_metrics import of_work
from stickercase.ports.failures import StoreUnavailable
from stickercase.ports.reading import Office, Prices, Shelves, WithdrawalLines, Work

BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64)
LOW_STOCK = 10
"""A pack with fewer free units than this is low."""


@dataclass(frozen=True, slots=True)
class Figures(Collector):
    """Everything on the page. Labels are routes, codes, cases and pools: what people name, never what callers send."""

    tally: Tally
    limiter: Limiter
    batcher: Batcher
    shelves: Shelves
    prices: Prices
    work: Work
    withdrawals: WithdrawalLines
    office: Office
    now: Callable[[], datetime]
    connections_in_use: Callable[[], Mapping[str, int]]

    def collect(self) -> Iterator[Metric]:
        """The families as they are now. Asks the database for the shelf and the tasks."""
        yield from self._of_requests()
        yield from self._of_openings()
        yield from self._of_limits()
        yield from self._of_database()

    def _of_requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "stickercase_http_requests",
            "Requests answered; status 0 is no answer at all.",
            labels=["method", "route", "status"],
        )
        # Copies: the event loop goes on counting while this thread reads.
        for (method, route, status), count in list(self.tally.requests.items()):
            requests.add_metric([method, route, str(status)], count)
        yield requests
        durations = HistogramMetricFamily(
            "stickercase_http_request_seconds", "From arrival until the answer was sent.", labels=["method", "route"]
        )
        for labels, taken in list(self.tally.durations.items()):
            durations.add_metric(list(labels), _cumulated(BUCKETS, list(taken.counts)), taken.seconds)
        yield durations
        refusals = CounterMetricFamily("stickercase_refusals", "Requests refused, by code.", labels=["code"])
        for code, count in list(self.tally.refusals.items()):
            refusals.add_metric([code], count)
        yield refusals

    def _of_openings(self) -> Iterator[Metric]:
        yield CounterMetricFamily("stickercase_openings", "Openings paid and committed.", self.tally.openings)
        yield CounterMetricFamily("stickercase_draws", "Draws of those openings.", self.tally.draws)
        sizes = list(self.batcher.sizes)
        bounds = (0, *BATCH_BUCKETS)
        counts = [sum(sizes[low + 1 : high + 1]) for low, high in zip(bounds, BATCH_BUCKETS, strict=False)]
        total = sum(size * count for size, count in enumerate(sizes))
        batches = HistogramMetricFamily("stickercase_batch_openings", "Openings that shared one transaction.")
        batches.add_metric([], _cumulated(BATCH_BUCKETS, [*counts, 0]), total)
        yield batches
        yield GaugeMetricFamily(
            "stickercase_openings_waiting", "Openings in line for the next batch.", self.batcher.waiting
        )

    def _of_limits(self) -> Iterator[Metric]:
        uncounted = CounterMetricFamily(
            "stickercase_limiter_uncounted", "Requests that passed because Redis could not count them.", labels=["why"]
        )
        for why in ("late", "away"):
            uncounted.add_metric([why], self.limiter.uncounted[why])
        yield uncounted
        is_open = float(self.limiter.is_failing_open)
        yield GaugeMetricFamily("stickercase_limiter_failing_open", "1 while rate limits are suspended.", is_open)

    def _of_database(self) -> Iterator[Metric]:
        in_use = GaugeMetricFamily(
            "stickercase_database_connections_in_use", "Connections somebody works with now.", labels=["pool"]
        )
        for pool, count in self.connections_in_use().items():
            in_use.add_metric([pool], count)
        yield in_use
        try:
            shelf, free = self.shelves.shelf()
            now = self.now()
            doubtful = _of_floors(self.prices.floors(), now)
            work = list(of_work(self.work, now))
            withdrawals = list(of_withdrawals(self.withdrawals, now))
            reconciliations = list(of_reconciliations(self.office, now))
        except StoreUnavailable:
            yield GaugeMetricFamily("stickercase_database_up", "1 if the database answered this scrape.", 0)
            return
        yield GaugeMetricFamily("stickercase_database_up", "1 if the database answered this scrape.", 1)
        yield from _of_shelf(shelf, free)
        yield doubtful
        yield from work
        yield from withdrawals
        yield from reconciliations


def _of_shelf(shelf: Shelf, free: Mapping[int, int]) -> Iterator[Metric]:
    """How the cases on sale stand: the fee that was promised beside the one in force, and the scarcest pack."""
    on_sale = [case for case in shelf.cases.values() if case.status is CaseStatus.ACTIVE]
    fees = {case.name: shelf.current_fee(case) for case in on_sale}

    def of_cases(name: str, meaning: str, value: Callable[[Case], float]) -> Metric:
        family = GaugeMetricFamily(f"stickercase_case_{name}", meaning, labels=["case"])
        for case in on_sale:
            family.add_metric([case.name], value(case))
        return family

    yield of_cases("fee_promised_percent", "The fee that the case was made for.", lambda case: case.base_fee)
    yield of_cases("fee_current_percent", "The fee at today's floors.", lambda case: fees[case.name])
    yield of_cases(
        "fee_drift_points", "The current fee less the promised one.", lambda case: fees[case.name] - case.base_fee
    )
    yield of_cases(
        "least_free_units",
        "Free units of the scarcest pack that the case can draw; at 0 it is out of stickers.",
        lambda case: min(free.get(pack_id, 0) for pack_id in case.odds.pack_ids_with_tickets),
    )
    active = [pack.id for pack in shelf.packs.values() if pack.status is PackStatus.ACTIVE]
    low = sum(free.get(pack_id, 0) < LOW_STOCK for pack_id in active)
    yield GaugeMetricFamily("stickercase_packs_low", f"Active packs with fewer than {LOW_STOCK} free units.", low)


def _of_floors(floors: Mapping[int, Floor], now: datetime) -> Metric:
    family = GaugeMetricFamily(
        "stickercase_packs_doubtful", "Packs whose floor cannot be relied on, by the reason.", labels=["why"]
    )
    counts = Counter(doubt(floor, now) for floor in floors.values())
    for why in Doubt:
        family.add_metric([why.value], counts[why])
    return family


def _cumulated(bounds: Sequence[float], counts: Iterable[int]) -> list[tuple[str, float]]:
    """Prometheus's buckets from plain counts, the last of which is for what is beyond all bounds."""
    buckets, total = [], 0
    for bound, count in zip([*map(str, bounds), "+Inf"], counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets


def registry_of(figures: Figures) -> CollectorRegistry:
    """The registry behind the page: our figures, and the process's memory, processor time and open files."""
    registry = CollectorRegistry()
    registry.register(figures)
    ProcessCollector(registry=registry)
    return registry


@get("/metrics", sync_to_thread=True, include_in_schema=False)
def show_metrics(metrics: FromMetrics) -> Response[bytes]:
    """The page."""
    return Response(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)


router = Router("/", route_handlers=[show_metrics])
