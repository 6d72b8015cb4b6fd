"""Replays of small projects, and live databases that are watched meanwhile."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from migwizard.core.schema import Table
from migwizard.core.schema.codec import decode_effects
from migwizard.core.truths.effects import Effects, TableChange
from tests.projects import Project

DRIVER = (sys.executable, "-m", "tests.reading.replay.driver")


@dataclass(frozen=True)
class Replayed:
    """What came of a replay."""

    effects: Effects | None
    error: str
    file: Path
    progress: list[tuple[int, int, Any]] = field(default_factory=list)

    @property
    def ran(self) -> list[str]:
        """The migrations that were really run, in order."""
        return [".".join(key) for _, _, key in self.progress if key is not None]

    def changes(self, migration: str) -> list[tuple[TableChange, ...]]:
        """The changes of each operation of one migration, given as `app.name`."""
        assert self.effects is not None
        (found,) = (each for each in self.effects.migrations if ".".join(each.key) == migration)
        return [operation.changes for operation in found.operations]

    def tables(self) -> dict[str, Table]:
        """The tables after the last migration, without those that signals made."""
        assert self.effects is not None
        tables: dict[str, Table] = {}
        for migration in self.effects.migrations:
            for operation in migration.operations:
                for change in operation.changes:
                    tables.pop(change.before or "", None)
                for change in operation.changes:
                    if change.after is not None and change.table is not None:
                        tables[change.after] = change.table
        return tables


def run(project: Project, *arguments: str, **environment: str) -> Replayed:
    """Run the driver in a project."""
    outcome = project.run(*DRIVER, *arguments, **environment)
    assert outcome.code == 0, outcome.stderr
    answer = outcome.json
    effects = answer.get("effects")
    return Replayed(
        None if effects is None else decode_effects(effects),
        answer.get("error", ""),
        Path(answer["file"]),
        [(done, total, key) for done, total, key in answer["progress"]],
    )


@pytest.fixture
def replay() -> Callable[..., Replayed]:
    """A function that replays a project; keywords are environment variables."""
    return lambda project, **environment: run(project, "replay", **environment)


def server_of(entry: Mapping[str, Any], name: str | None = None) -> Any:
    """A connection of our own to the database of an entry of DATABASES, or to another one on its server."""
    import psycopg

    return psycopg.connect(
        dbname=name or entry["NAME"],
        user=entry["USER"],
        host=entry["HOST"],
        port=entry["PORT"],
        password=entry["PASSWORD"],
        autocommit=True,
    )


def everything(entry: Mapping[str, Any]) -> Any:
    """All that there is in a live database: the file's bytes, or every row with its version, also in the catalogue."""
    if entry["ENGINE"].endswith("sqlite3"):
        path = Path(entry["NAME"])
        beside = sorted(other.name for other in path.parent.glob(f"{path.name}*"))
        return hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns, beside
    with server_of(entry) as connection:
        found: dict[str, Any] = {}
        names = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        catalogue = [
            "class",
            "attribute",
            "constraint",
            "index",
            "attrdef",
            "type",
            "namespace",
            "proc",
            "trigger",
        ]
        for (name,) in [*names, *((f"pg_catalog.pg_{each}",) for each in catalogue)]:
            columns = (
                "ctid::text, xmin::text"
                if name.startswith("pg_catalog.")
                else "t::text, ctid::text, xmin::text"
            )
            # Statistics of pg_class change in place; its row's version does not.
            found[name] = connection.execute(f"SELECT {columns} FROM {name} t ORDER BY ctid").fetchall()
        found["sequences"] = connection.execute(
            "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
        ).fetchall()
    return found


def scratch_databases(entry: Mapping[str, Any]) -> list[str]:
    """The scratch databases on the server of an entry of DATABASES."""
    with server_of(entry, "postgres") as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'migwizard%'"
        ).fetchall()
    return [name for (name,) in rows]
