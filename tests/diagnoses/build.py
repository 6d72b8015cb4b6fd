"""Small situations made by hand: migrations with their operations, and what the schema says of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from migwizard.core.finding import Finding
from migwizard.core.graph import Key, MigrationFile, Operation, Record
from migwizard.core.graph.build import build
from migwizard.core.schema import Column, Snapshot, Table
from migwizard.core.situation import (
    DatabaseInfo,
    Drift,
    MigrationTruth,
    ModelChange,
    OperationTruth,
    ProjectInfo,
    Situation,
)
from migwizard.core.truths.verdicts import state_of, together

NOON = datetime(2026, 3, 1, 10, 0, tzinfo=timezone.utc)
"""When every migration was applied."""

PROJECT = ProjectInfo("/srv/shop", "shop.settings", own_apps=frozenset({"shop"}), django="5.2")
DATABASE = DatabaseInfo(
    "default", "postgresql", "shop", schema="public", host="db1", port="5432", user="deploy"
)


@dataclass(frozen=True)
class Op:
    """An operation, and what the schema says of it."""

    truth: str = "yes"
    evidence: tuple[str, ...] = ()
    name: str = "AddField"
    title: str = "Add field note to order"
    kind: str = "schema"
    tables: tuple[str, ...] = ("shop_order",)
    confirmed: bool = True


@dataclass(frozen=True)
class Migration:
    """A migration file with its operations."""

    file: MigrationFile
    operations: tuple[Op, ...]
    inferred: bool = False


def key(text: str) -> Key:
    app, _, name = text.partition(".")
    return (app, name)


def keys(text: str) -> tuple[Key, ...]:
    return tuple(key(word) for word in text.split())


def op(truth: str = "yes", *evidence: str, **other: object) -> Op:
    return Op(truth, evidence, **other)


RUN_PYTHON = Op("unobservable", (), "RunPython", "Raw Python operation", "python", ())


def migration(
    name: str, after: str = "", *operations: Op, inferred: bool = False, **other: object
) -> Migration:
    """A migration `app.name` after the others that `after` names; by default it adds a column that is there."""
    app, label = key(name)
    ops = operations or (op("yes", f"column {app}_order.c{label[:4]} exists"),)
    file = MigrationFile(
        app,
        label,
        f"/srv/shop/{app}/migrations/{label}.py",
        dependencies=keys(after),
        operations=tuple(Operation(o.name, o.title, o.kind) for o in ops),
        **other,
    )
    return Migration(file, ops, inferred)


def chain(*names: str) -> list[Migration]:
    """Migrations of which each depends on the one before, every one in the schema."""
    return [migration(name, names[number - 1] if number else "") for number, name in enumerate(names)]


def records(text: str) -> tuple[Record, ...]:
    return tuple(Record(number, *key(name), NOON) for number, name in enumerate(text.split(), 1))


def truth_of(one: Migration, recorded: bool) -> MigrationTruth:
    truths = tuple(
        OperationTruth(number, o.title, o.kind, o.truth, o.evidence, o.confirmed, o.tables)
        for number, o in enumerate(one.operations)
    )
    schema = together(truths)
    state = "unreadable" if one.file.error else state_of(recorded, schema, truths)
    confirmed = all(truth.confirmed for truth in truths)
    applied = NOON if recorded else None
    return MigrationTruth(
        one.file.key, True, applied, recorded, schema, state, truths, confirmed, one.inferred
    )


def situation(
    migrations: Iterable[Migration] = (),
    recorded: str | Sequence[Record] = "",
    *,
    tables: Iterable[Table] = (),
    expected: Iterable[Table] = (),
    drifts: Iterable[Drift] = (),
    changes: Iterable[ModelChange] = (),
    project: ProjectInfo = PROJECT,
    database: DatabaseInfo = DATABASE,
    unmigrated: Iterable[str] = (),
    compared: str = "replayed",
    **other: object,
) -> Situation:
    """A situation of these migrations and records (`app.name app.name …`)."""
    by_key = {one.file.key: one for one in migrations}
    rows = records(recorded) if isinstance(recorded, str) else tuple(recorded)
    graph = build(
        {name: one.file for name, one in by_key.items()}, {row.key for row in rows}, tuple(unmigrated)
    )
    truths = [truth_of(by_key[node], node in graph.effective) for node in graph.nodes]
    replaceable = {old for one in by_key.values() for old in one.file.replaces}
    ghosts = dict.fromkeys(row.key for row in rows if row.key not in by_key and row.key not in replaceable)
    truths += [MigrationTruth(ghost, False, NOON, True, "unknown", "missing-file") for ghost in ghosts]
    return Situation(
        project,
        database,
        graph,
        rows,
        compared=compared,
        live=Snapshot("public", {table.name: table for table in tables}) if tables else None,
        expected={table.name: table for table in expected},
        migrations=tuple(truths),
        drifts=tuple(drifts),
        model_changes=tuple(changes),
        **other,
    )


def uncompared(made: Situation) -> Situation:
    """The same situation before any schema was read."""
    rows = tuple(
        replace(
            row,
            schema="unknown",
            state="missing-file" if not row.file else "applied" if row.recorded else "pending",
            operations=tuple(replace(truth, truth="unknown", evidence=()) for truth in row.operations),
        )
        for row in made.migrations
    )
    return replace(
        made, compared="no", why_not="The schema was not read (--no-schema).", live=None, migrations=rows
    )


def table(name: str, *columns: str | Column, **other: object) -> Table:
    """A table; a column named by a text is an integer that is NOT NULL."""
    made = tuple(Column(c, "integer", False) if isinstance(c, str) else c for c in columns)
    return Table(name, made, **other)


def ids(findings: Iterable[Finding]) -> list[str]:
    return [finding.id for finding in findings]
