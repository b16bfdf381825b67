"""Openings over HTTP: durable, authenticated, idempotent, against what the machine allows.

Ours is one `stickercase api` process under 64 keep-alive connections of 10,000 players who open one case of ten rows.
Its limits are measured in the same run, in turns with it:

- *A*: pgbench, our own statements, one opening per transaction, prepared; the best of 4, 8 and 16 clients.
- *A1*: the same statements inside one function on the server, one call per transaction.
- *A spread*, *A1 spread*: both over 20 cases. On one case its lock lets one transaction through at a time, which
  makes A and A1 a low bar; spread out there is no hot row, and they can use every processor.
- *B*: the same HTTP stack without the database (bench/without_database.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from statistics import median

from bench.support.arena import NOISE, Arena, Sample, arena
from bench.support.figures import Bench, Plan, Ratio, Report, number, say
from bench.support.ground import Spent
from bench.support.population import CASES

OF_A, OF_A1 = 2.0, 1.3
OF_B = 0.5
"""For a route of plain ASGI, which openings have; for a handler of Litestar it would be 0.7, of a lower B."""
OF_SPREAD = 0.75
P99_OF_B = 2.0
LATENCY_OF_A = 1.3

# Beside the four that the targets name, a shorter look is enough.
SHORTER = 0.6

Samples = dict[str, list[Sample]]


def run(plan: Plan, report: Report) -> None:
    """Measure in turns, then have every law audited."""
    with arena(plan) as place:
        report.notes.append(f"HTTP load by {place.load.name}; each figure is the median of {plan.rounds} rounds")
        cold = place.warm_up(place.ours)
        place.warm_up(place.without_database)
        place.calibrate()
        samples = _rounds(place, plan)
        say("auditing")
        batches = [sample.opens / place.batches(sample) for sample in samples["ours"]]
        checked = {law.law: law.checked for law in place.audit()}
        report.problems += place.problems
    _throughput(report, samples, place.clients)
    _spread(report, samples)
    _latency(report, samples)
    _costs(report, samples)
    report.add("openings per batch", batches, "openings")
    report.add("openings of players first met by the process", [cold.per_second], "opens/s", _over(samples, cold))
    _noise(report, samples)
    report.add("draws replayed by the audit", [checked["draws_replay"]], "draws")


def _contenders(place: Arena, seconds: float) -> dict[str, Callable[[], Sample]]:
    """What is measured in one round, in this order."""
    ours, shorter = place.ours, seconds * SHORTER
    return {
        "A": lambda: place.by_pgbench("A", seconds),
        "ours": lambda: place.over_http(ours, seconds),
        "A1": lambda: place.by_pgbench("A1", seconds),
        "B": lambda: place.over_http(place.without_database, seconds),
        "A spread": lambda: place.by_pgbench("A spread", shorter),
        "ours spread": lambda: place.over_http(ours, shorter, cases=CASES),
        "A1 spread": lambda: place.by_pgbench("A1 spread", shorter),
        "ours one player": lambda: place.over_http(ours, shorter, players=1),
        "A alone": lambda: place.by_pgbench("A", shorter, clients=1),
        "ours alone": lambda: place.over_http(ours, shorter, connections=1),
        "A1 alone": lambda: place.by_pgbench("A1", shorter, clients=1),
    }


def _rounds(place: Arena, plan: Plan) -> Samples:
    samples: Samples = defaultdict(list)
    for turn in range(1, plan.rounds + 1):
        for name, measure in _contenders(place, plan.seconds).items():
            samples[name].append(measure())
            last = samples[name][-1]
            say(f"round {turn}: {name} {number(last.per_second)} opens/s, others {last.spent.others:.2f} processors")
    return samples


def _throughput(report: Report, samples: Samples, clients: dict[str, int]) -> None:
    """Openings per second of ours beside A, A1 and B."""
    rates = {name: [sample.per_second for sample in found] for name, found in samples.items()}
    middle = {name: median(found) for name, found in rates.items()}
    for name, count in clients.items():
        report.add(f"limit {name} (pgbench, {count} clients)", rates[name], "opens/s")
    report.add("limit B (no database)", rates["B"], "opens/s")
    report.add(
        "ours",
        rates["ours"],
        "opens/s",
        Ratio("A", middle["ours"] / middle["A"], OF_A),
        Ratio("A1", middle["ours"] / middle["A1"], OF_A1),
        Ratio("B", middle["ours"] / middle["B"], OF_B),
    )


def _spread(report: Report, samples: Samples) -> None:
    """What it costs that everybody wants the same case, or that one player wants everything."""
    rates = {name: [sample.per_second for sample in found] for name, found in samples.items()}
    middle = {name: median(found) for name, found in rates.items()}
    report.add(
        f"ours, spread over {CASES} cases",
        rates["ours spread"],
        "opens/s",
        Ratio("A spread", middle["ours spread"] / middle["A spread"], OF_A),
        Ratio("A1 spread", middle["ours spread"] / middle["A1 spread"], OF_A1),
    )
    for name, title in (("ours", "one case only"), ("ours one player", "one player hammering")):
        ratio = Ratio("spread", middle[name] / middle["ours spread"], OF_SPREAD)
        report.add(f"ours, {title}", rates[name], "opens/s", ratio)


def _latency(report: Report, samples: Samples) -> None:
    """How long an opening takes, in a crowd and alone."""
    p99_of_b = median(sample.p99_ms for sample in samples["B"])
    p99s = [sample.p99_ms for sample in samples["ours"]]
    report.add("ours, p50", [sample.p50_ms for sample in samples["ours"]], "ms")
    report.add("ours, p99", p99s, "ms", Ratio("B's p99", median(p99s) / p99_of_b, P99_OF_B, at_most=True))
    alone = {name: [sample.mean_ms for sample in samples[name]] for name in ("A alone", "A1 alone", "ours alone")}
    middle = {name: median(found) for name, found in alone.items()}
    report.add(
        "ours, a single caller's mean",
        alone["ours alone"],
        "ms",
        Ratio("A with 1 client", middle["ours alone"] / middle["A alone"], LATENCY_OF_A, at_most=True),
        Ratio("A1 with 1 client", middle["ours alone"] / middle["A1 alone"]),
    )


def _costs(report: Report, samples: Samples) -> None:
    """What one opening takes of processors and disk."""

    def each(name: str, spent: Callable[[Spent], float]) -> list[float]:
        return [spent(sample.spent) / sample.opens for sample in samples[name]]

    def add(title: str, unit: str, spent: Callable[[Spent], float], *limits: str) -> None:
        mine = each("ours", spent)
        ratios = [Ratio(name, median(mine) / median(each(name, spent))) for name in limits]
        report.add(f"{title} per opening", mine, unit, *ratios)

    add("processor time of the API", "µs", lambda spent: spent.api_cpu * 1e6, "B")
    add("processor time of PostgreSQL", "µs", lambda spent: spent.postgres_cpu * 1e6, "A spread", "A1 spread")
    # With the images of pages first touched after a checkpoint: the faster, the fewer an opening. So no ratio.
    add("write-ahead log", "bytes", lambda spent: spent.wal_bytes)


def _noise(report: Report, samples: Samples) -> None:
    """How much of the machine others took meanwhile; the contenders do not suffer alike from it."""
    others = [sample.spent.others for found in samples.values() for sample in found]
    report.add("processors taken by others", others, "processors")
    if max(others) > NOISE:
        report.notes.append(f"NOISY: other processes took up to {max(others):.1f} processors; run it again when quiet")


def _over(samples: Samples, cold: Sample) -> Ratio:
    return Ratio("ours", cold.per_second / median(sample.per_second for sample in samples["ours"]))


BENCH = Bench("openings", "openings over HTTP, against pgbench and the same stack without a database", run)
