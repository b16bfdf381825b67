"""``python -m bench [NAME …]``: run the benches (all, or those named), print their figures, write bench/results/."""

from __future__ import annotations

import argparse
import pkgutil
import signal
import sys
from importlib import import_module
from pathlib import Path

import bench
from bench.support.figures import Bench, Plan, Report, say

RESULTS = Path(__file__).parent / "results"
LOADS = ("auto", "wrk", "python")


def benches(names: list[str]) -> list[Bench]:
    """The benches among these modules: a module of this package is one when it has a ``BENCH``, and needs no list."""
    found = []
    for name in names:
        try:
            found.append(getattr(import_module(f"bench.{name}"), "BENCH", None))
        except ModuleNotFoundError as error:
            say(f"SKIPPED: {name} needs {error.name}, which is not installed")
    return [one for one in found if isinstance(one, Bench)]


def main() -> int:
    """Run and report; exit status 1 when a bench failed (a missed target is no failure: machines are noisy)."""
    known = [
        module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in ("__main__", "support")
    ]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="the benches to run (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each measurement is repeated (3)")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long one measurement under load takes (5)")
    parser.add_argument("--load", choices=LOADS, default="auto", help="what makes HTTP load (wrk where installed)")
    parser.add_argument("--patience", type=float, default=0.0, help="seconds for repeating what others disturbed (0)")
    arguments = parser.parse_args()
    chosen = benches([name for name in arguments.names or known if name in known])
    if not chosen or set(arguments.names) - {one.name for one in chosen}:
        parser.error(f"name some of: {', '.join(one.name for one in benches(known))}")
    # A bench stopped by a signal stops what it has started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = Plan(arguments.rounds, arguments.seconds, arguments.load, arguments.patience)
    return max(_run(one, plan) for one in chosen)


def _run(one: Bench, plan: Plan) -> int:
    say(f"{one.name}: {one.title}")
    report = Report(one.name, one.title, plan)
    try:
        one.run(plan, report)
    finally:
        report.write(RESULTS)
    for line in report.lines():
        print(line, flush=True)
    for problem in report.problems:
        print(f"{one.name}: FAILED: {problem}", file=sys.stderr)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
