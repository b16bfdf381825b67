"""Figures and how they are reported: value, unit, and the ratio to a limit of the same run."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Plan:
    """How thoroughly to measure: ``rounds`` of ``seconds`` per measurement; ``load`` names the load generator.

    ``patience`` is how many seconds may go into repeating what other processes have disturbed.
    """

    rounds: int
    seconds: float
    load: str
    patience: float = 0.0


@dataclass(frozen=True)
class Bench:
    """A bench by its name; ``run`` adds figures to the report it is given."""

    name: str
    title: str
    run: Callable[[Plan, Report], None]


@dataclass(frozen=True)
class Ratio:
    """A figure over the limit called ``limit``; ``target`` is the least it should be, or (``at_most``) the most."""

    limit: str
    value: float
    target: float | None = None
    at_most: bool = False

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def __str__(self) -> str:
        verdict = {None: "", True: " ok", False: " MISSED"}[self.is_met]
        sign = "≤" if self.at_most else "≥"
        return f"{self.value:.2f} × {self.limit}" + (f" (target {sign} {self.target:g}:{verdict})" if verdict else "")


@dataclass(frozen=True)
class Figure:
    """One line of a report; ``samples`` are the rounds that ``value`` is the median of."""

    name: str
    value: float
    unit: str
    ratios: tuple[Ratio, ...] = ()
    samples: tuple[float, ...] = ()

    def __str__(self) -> str:
        rounds = f"  [{number(min(self.samples))} … {number(max(self.samples))}]" if len(self.samples) > 1 else ""
        ratios = "".join(f"  {ratio}" for ratio in self.ratios)
        return f"{self.name:<44}{number(self.value):>10} {self.unit:<16}{ratios}{rounds}"


@dataclass
class Report:
    """All figures of one bench, notes on how they were got, and problems: a run with any has failed."""

    bench: str
    title: str
    plan: Plan
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    began_at: float = field(default_factory=time.time)

    def add(self, name: str, samples: Sequence[float], unit: str, *ratios: Ratio) -> None:
        """Add the median of ``samples`` as a figure."""
        self.figures.append(Figure(name, median(samples), unit, ratios, tuple(samples)))

    def lines(self) -> list[str]:
        """What is printed."""
        notes = [f"{self.bench}: ({note})" for note in self.notes]
        return [*notes, *(f"{self.bench}: {figure}" for figure in self.figures)]

    def write(self, folder: Path) -> None:
        """Write everything as JSON into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        machine = {"processors": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
        document = {**asdict(self), "seconds_taken": time.time() - self.began_at, "machine": machine}
        for figure, shown in zip(self.figures, document["figures"], strict=True):
            for ratio, pair in zip(figure.ratios, shown["ratios"], strict=True):
                pair["is_met"] = ratio.is_met
        (folder / f"{self.bench}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def number(value: float) -> str:
    """A value with about three significant digits, thousands separated."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def say(message: str) -> None:
    """Progress, for whoever waits."""
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)
