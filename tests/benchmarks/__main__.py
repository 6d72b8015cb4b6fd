"""`python -m tests.benchmarks [name …]`: run all benchmarks, or those named, and print what was measured.

Exits with 1 when a limit is broken or something could not be measured.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

from tests.servers import ServerMissing

from . import commands, replay, screen, tenants
from .measure import CannotMeasure, Measurement
from .places import Places
from .terminal import TooLate

Benchmark = Callable[[Places], Iterator[Measurement]]

BENCHMARKS: dict[str, Benchmark] = {
    "status": commands.status,
    "check": commands.check,
    "live-schema": commands.live_schema,
    "growth": commands.growth,
    "memory": commands.memory,
    "replay": replay.replay,
    "first-frame": screen.first_frame,
    "keys": screen.keys,
    "tenants": tenants.tenants,
}

WIDTH = 78


def line(measurement: Measurement) -> str:
    """One measurement as a line of the table."""
    unit, digits = measurement.unit, 0 if measurement.unit in ("ms", "MB") else 2
    sign = "≥" if measurement.at_least else "≤"
    return (
        f"{measurement.name:{WIDTH}} {measurement.measured:8.{digits}f} {unit:2}"
        f"  {sign} {measurement.limit:6.{digits}f} {unit:2}  {'ok' if measurement.good else 'too slow':8}"
        f"  {measurement.detail}".rstrip()
    )


def measure(names: Sequence[str]) -> bool:
    """Run some benchmarks, print the table as it grows, and tell whether every limit is kept."""
    good = True
    print(f"{'name':{WIDTH}} {'measured':>11}  {'limit':>11}")
    with Places() as places:
        for name in names:
            try:
                for measurement in BENCHMARKS[name](places):
                    print(line(measurement), flush=True)
                    good = good and measurement.good
            except (CannotMeasure, ServerMissing, TooLate) as error:
                print(f"{name:{WIDTH}} not measured: {error}", flush=True)
                good = False
    return good


def main(arguments: Sequence[str]) -> int:
    """Run the command, and return its exit status."""
    unknown = [name for name in arguments if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r} (there are: {', '.join(BENCHMARKS)}).", file=sys.stderr)
        return 2
    return 0 if measure(arguments or tuple(BENCHMARKS)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
