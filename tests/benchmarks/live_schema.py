"""Reading the live schema of 250 tables on PostgreSQL, against Django's own introspection, table by table.

    python -m tests.benchmarks.live_schema

Django's part is what it takes to learn the same: for each table its columns, its constraints and indexes, its foreign
keys and its sequences. (`inspectdb` asks for the constraints twice.) Both parts use one connection, warm, in turns. In
each round, ours is repeated for as long as Django's part took, so that a busy machine slows both alike; the median of
the rounds counts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from tests.servers import PostgreSQL, ServerMissing, Servers, postgresql_ids

TABLES = 250
ROUNDS = 5
AT_LEAST = 20


@dataclass(frozen=True)
class Measured:
    """Seconds for the same schema, and how much faster we are."""

    tables: int
    django: float
    ours: float
    one_table: float
    """Reading a single table, as a replay does after each operation."""
    changes: float
    """Finding out that nothing has changed."""

    @property
    def ratio(self) -> float:
        """How many times as long Django takes."""
        return self.django / self.ours

    def __str__(self) -> str:
        return (
            f"{self.tables} tables: Django {self.django * 1000:.0f} ms, migwizard {self.ours * 1000:.1f} ms,"
            f" {self.ratio:.1f} times faster (at least {AT_LEAST}); one table {self.one_table * 1000:.1f} ms;"
            f" what has changed {self.changes * 1000:.1f} ms"
        )


def build(connection: Any, tables: int) -> None:
    """Make tables as the schema editor does: ten columns, two foreign keys, two uniques, a check and indexes each."""
    from django.apps.registry import Apps
    from django.db import models

    registry = Apps()
    made: list[type[models.Model]] = []
    for number in range(tables):
        options = {
            "app_label": "shop",
            "apps": registry,
            "indexes": [models.Index(fields=[f"price_{number}", "-at"], name=f"index_{number}")],
            "unique_together": {("name", f"count_{number}")},
        }
        fields: dict[str, Any] = {
            "id": models.BigAutoField(primary_key=True),
            "name": models.CharField(max_length=100),
            f"slug_{number}": models.SlugField(unique=True),
            f"count_{number}": models.PositiveIntegerField(),
            f"price_{number}": models.DecimalField(max_digits=10, decimal_places=2),
            "at": models.DateTimeField(),
            f"active_{number}": models.BooleanField(),
            f"text_{number}": models.TextField(null=True),
            f"previous_{number}": models.ForeignKey(
                made[-1] if made else "self", models.CASCADE, null=True, related_name="+"
            ),
            "first": models.ForeignKey(
                made[0] if made else "self", models.CASCADE, null=True, related_name="+"
            ),
        }
        body = {"__module__": __name__, "Meta": type("Meta", (), options)} | fields
        made.append(type(f"Model{number}", (models.Model,), body))
    with connection.schema_editor(atomic=False) as editor:
        for model in made:
            editor.create_model(model)


def read_as_django(connection: Any) -> int:
    """Read every table through Django's introspection, and return how many there are."""
    introspection = connection.introspection
    with connection.cursor() as cursor:
        tables = introspection.get_table_list(cursor)
        for table in tables:
            introspection.get_table_description(cursor, table.name)
            introspection.get_constraints(cursor, table.name)
            introspection.get_relations(cursor, table.name)
            introspection.get_sequences(cursor, table.name)
    return len(tables)


def seconds(run: Callable[[], Any], at_least: float = 0) -> float:
    """Run something again and again for so many seconds, once at least, and return how long it took on average."""
    start, times = perf_counter(), 0
    while times == 0 or perf_counter() - start < at_least:
        run()
        times += 1
    return (perf_counter() - start) / times


def measure(connection: Any, tables: int = TABLES, rounds: int = ROUNDS) -> Measured:
    """Build so many tables in an empty PostgreSQL database, and read them both ways."""
    from migwizard.databases import of

    build(connection, tables)
    database = of(connection)
    name = next(iter(database.snapshot().tables))
    prints, _ = database.changed_tables(None)
    assert read_as_django(connection) == len(database.snapshot().tables) == tables
    runs: dict[str, Callable[[], Any]] = {
        "django": lambda: read_as_django(connection),
        "ours": database.snapshot,
        "one_table": lambda: database.snapshot(tables=[name]),
        "changes": lambda: database.changed_tables(prints),
    }
    times: dict[str, list[float]] = {key: [] for key in runs}
    for _ in range(rounds):
        for key, run in runs.items():
            times[key].append(seconds(run, times["django"][-1] if times["django"] and key != "django" else 0))
    return Measured(tables, **{key: median(found) for key, found in times.items()})


def measured_on(server: PostgreSQL, tables: int = TABLES) -> Measured:
    """Measure in a new database of this server."""
    import django
    from django.apps import apps
    from django.conf import settings
    from django.db.utils import ConnectionHandler

    if not settings.configured:
        settings.configure()
    if not apps.ready:
        django.setup()
    entry = server.create_database()
    connection = ConnectionHandler({"default": entry})["default"]
    try:
        return measure(connection, tables)
    finally:
        connection.close()
        server.drop_database(entry["NAME"])


def main() -> int:
    """Measure on every private server, print the results, and return 1 if one is too slow."""
    servers, slow = Servers(), False
    try:
        for id in postgresql_ids():
            try:
                found = measured_on(servers.get(id))
            except ServerMissing as missing:
                print(f"{id}: {missing}")
                continue
            slow = slow or found.ratio < AT_LEAST
            print(f"{id}: {found}")
    finally:
        servers.stop()
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
