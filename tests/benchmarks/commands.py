"""`status` and `check`: against `showmigrations`, as projects grow, and in memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from .measure import Measurement, Run, manage, medians, migwizard, run
from .places import LARGE, MIDDLE, SMALL, TABLES, Places

STATUS = ("status", "--no-schema")
CHECK = ("check", "--no-replay", "--fail-on", "warning")
# The projects are healthy: a finding would make the exit status 1, and then nothing has been measured.


def status(places: Places) -> Iterator[Measurement]:
    """`status --no-schema` takes at most 1.5 times as long as `showmigrations`."""
    for shape in (SMALL, MIDDLE, LARGE):
        project = places.project(shape)
        django, ours = medians(manage(project, "showmigrations"), migwizard(project, *STATUS))
        yield Measurement(
            f"status --no-schema / showmigrations, {shape.total:,} migrations",
            ours.seconds / django.seconds,
            1.5,
            "×",
            detail=f"{ours} / {django}",
        )


def check(places: Places) -> Iterator[Measurement]:
    """`check` on 250 tables on PostgreSQL: at most 3 s more than `showmigrations` cold, 0.5 s with cached effects."""
    project = places.project(TABLES[250], "postgresql")
    django, cold = medians(manage(project, "showmigrations"), migwizard(project, *CHECK, fresh_cache=True))
    yield _more("check --no-replay, cold, 250 tables on PostgreSQL", cold, django, 3.0)
    migwizard(project, "replay")()
    django, cached = medians(
        manage(project, "showmigrations"), migwizard(project, "check", "--fail-on", "warning")
    )
    yield _more("check, cached effects, 250 tables on PostgreSQL", cached, django, 0.5)


def _more(name: str, ours: Run, django: Run, limit: float) -> Measurement:
    return Measurement(
        f"{name}: beyond showmigrations",
        ours.seconds - django.seconds,
        limit,
        "s",
        detail=f"{ours} - {django}",
    )


def live_schema(places: Places) -> Iterator[Measurement]:
    """The live schema is read at least 20 times faster than Django's introspection reads it."""
    project = places.project(SMALL)
    entry = places.postgresql().create_database()
    code = LIVE_SCHEMA.format(entry={"default": entry})
    found = json.loads(run(project, sys.executable, "-c", code).stdout)
    yield Measurement(
        f"live schema: Django's introspection / migwizard, {found['tables']} tables on PostgreSQL",
        found["django"] / found["ours"],
        20,
        "×",
        at_least=True,
        detail=f"{found['django'] * 1000:.0f} ms / {found['ours'] * 1000:.0f} ms",
    )


LIVE_SCHEMA = """
import json
from dataclasses import asdict
import django
from django.conf import settings
from django.db.utils import ConnectionHandler
from tests.benchmarks.live_schema import measure
settings.configure()
django.setup()
connection = ConnectionHandler({entry!r})["default"]
print(json.dumps(asdict(measure(connection))))
connection.close()
"""


def growth(places: Places) -> Iterator[Measurement]:
    """The time for one more table, and for one more migration, is the same in a large project as in a small one."""
    for kind in ("sqlite", "postgresql"):
        runs = medians(
            *(migwizard(places.project(shape, kind), *CHECK, fresh_cache=True) for shape in TABLES.values())
        )
        yield _slope(f"check --no-replay, {kind}: time for a table, 250-500 / 125-250", tuple(TABLES), runs)
    sizes = (SMALL, MIDDLE, LARGE)
    for command in (STATUS, CHECK):
        runs = medians(*(migwizard(places.project(size), *command, fresh_cache=True) for size in sizes))
        name = f"{' '.join(command[:2])}: time for a migration, 1,000-5,000 / 100-1,000"
        yield _slope(name, tuple(size.total for size in sizes), runs)


def _slope(name: str, sizes: tuple[int, ...], runs: tuple[Run, ...]) -> Measurement:
    """How much more time one more of something takes in the upper half than in the lower."""
    first, second, third = (run.seconds for run in runs)
    lower = (second - first) / (sizes[1] - sizes[0])
    upper = (third - second) / (sizes[2] - sizes[1])
    times = ", ".join(f"{run} at {size:,}" for size, run in zip(sizes, runs, strict=True))
    return Measurement(name, upper / lower, 1.5, "×", detail=times)


def memory(places: Places) -> Iterator[Measurement]:
    """At 5,000 migrations no command takes 300 MB."""
    project = places.project(LARGE)
    for command in (STATUS, CHECK):
        taken = migwizard(project, *command, fresh_cache=True)().megabytes
        yield Measurement(f"{' '.join(command[:2])}, memory at 5,000 migrations", taken, 300, "MB")
