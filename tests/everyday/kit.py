"""What the everyday cases share: repairs through the command line, what is healthy afterwards, and everything there is.

The schema is read here by our own means, so that nothing is taken for healed because migwizard says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.projects import Outcome
from tests.running.kit import CATALOGUE, TABLES, Shop, commands, connected, files_of

Row = tuple[tuple[str, Any], ...]

CHECKS = """
import io
from django.core.management import call_command

for command, option in (("migrate", "check_unapplied"), ("makemigrations", "check_changes")):
    said = io.StringIO()
    try:
        call_command(command, verbosity=1, stdout=said, stderr=said, **{option: True})
    except (Exception, SystemExit) as error:
        print(command, type(error).__name__, error, said.getvalue())
"""


@dataclass(frozen=True)
class State:
    """Everything in a database and its project's files, the order of columns aside."""

    history: tuple[tuple[Any, ...], ...]
    schema: dict[str, Any]
    rows: dict[str, tuple[Row, ...]]
    files: dict[str, bytes]

    def without(self, *lost: str) -> State:
        """The same without the rows of some tables, named `table`, and the values of some columns, `table.column`."""
        rows = dict(self.rows)
        for name in lost:
            table, _, column = name.partition(".")
            if table in rows:
                kept = (tuple(cell for cell in row if cell[0] != column) for row in rows[table])
                rows[table] = tuple(sorted(kept, key=repr)) if column else ()
        return replace(self, rows=rows)

    def unlike(self, other: State) -> list[str]:
        """What differs, a line each; nothing where both are the same."""
        found = [f"history: {row}" for row in {*self.history} ^ {*other.history}]
        for kind in ("schema", "rows", "files"):
            mine, theirs = getattr(self, kind), getattr(other, kind)
            for name in sorted({*mine, *theirs}):
                if mine.get(name) != theirs.get(name):
                    one, two = mine.get(name), theirs.get(name)
                    if isinstance(one, (list, tuple)) and isinstance(two, (list, tuple)):
                        one, two = (
                            [row for row in one if row not in two],
                            [row for row in two if row not in one],
                        )
                    found.append(f"{kind} of {name}: {one} and {two}")
        return found


def state(shop: Shop) -> State:
    """Read everything."""
    with connected(shop.entry) as connection:
        history = connection.execute(
            "SELECT id, app, name, applied FROM django_migrations ORDER BY id"
        ).fetchall()
        if shop.sqlite:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            listed = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1"
            )
        else:
            listed = TABLES
        names = [name for (name,) in connection.execute(listed).fetchall()]
        schema = of_sqlite(connection, names) if shop.sqlite else of_postgresql(connection)
        rows = {name.removeprefix("public."): rows_of(connection, name) for name in names}
    del rows["django_migrations"]
    return State(tuple(history), schema, rows, files_of(shop.project))


def rows_of(connection: Any, table: str) -> tuple[Row, ...]:
    """The rows of a table, each with the names of its columns."""
    cursor = connection.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description]
    return tuple(sorted((tuple(sorted(zip(names, row, strict=True))) for row in cursor.fetchall()), key=repr))


def of_postgresql(connection: Any) -> dict[str, Any]:
    """The catalogue, without the places of columns."""
    found = {query: connection.execute(query).fetchall() for query in CATALOGUE}
    columns = next(query for query in CATALOGUE if "ordinal_position" in query)
    found[columns] = sorted((*row[:2], *row[3:]) for row in found[columns])
    # What PostgreSQL 18 calls a NOT NULL is nobody's business; that it is there, the columns say.
    return {
        query: sorted((row for row in rows if not str(row[-1]).startswith("NOT NULL ")), key=repr)
        for query, rows in found.items()
    }


def of_sqlite(connection: Any, names: Iterable[str]) -> dict[str, Any]:
    """What the pragmas tell of each table, and how often its definition says what no pragma tells."""
    found: dict[str, Any] = {}
    for name in names:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        indexes = connection.execute(
            f"SELECT name, \"unique\", origin, partial FROM pragma_index_list('{name}')"
        )
        found[name] = {
            "columns": sorted(row[1:] for row in connection.execute(f"PRAGMA table_xinfo({name})")),
            "keys": sorted(row[2:] for row in connection.execute(f"PRAGMA foreign_key_list({name})")),
            "indexes": sorted(index_of(connection, row) for row in indexes.fetchall()),
            "words": {
                word: sql.upper().count(word) for word in ("CHECK", "AUTOINCREMENT", "COLLATE", "DEFERRED")
            },
        }
    others = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY 1, 2"
    return found | {"": connection.execute(others).fetchall()}


def index_of(connection: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """An index by its columns, and by its name where it was given one."""
    name, *others = row
    columns = [column[2:5] for column in connection.execute(f"PRAGMA index_xinfo({name})") if column[5]]
    return ("" if name.startswith("sqlite_autoindex") else name, *others, columns)


def told(outcome: Outcome) -> list[str]:
    """What a plan says is lost, as `table` and `table.column`, from its sentences with counts."""
    whole, column = (
        re.compile(r"^(\S+) \([\d,]+ rows?\) goes\.$"),
        re.compile(r"^(\S+) is filled in [\d,]+ row"),
    )
    found = (whole.match(risk) or column.match(risk) for risk in outcome.json["risks"])
    return [match[1] for match in found if match]


def run(shop: Shop, *lists: list[str]) -> list[Outcome]:
    """Run commands of migwizard in one process."""
    return commands(shop.project, *([*arguments, "--no-replay"] for arguments in lists))


def repair(shop: Shop, *what: str) -> Outcome:
    """Repair through the command line, and assert that it was done."""
    (outcome,) = run(shop, ["repair", *what, "--yes", "--format", "json"])
    assert outcome.code == 0, outcome.json["message"] + outcome.stderr
    assert outcome.json["outcome"] == "done"
    return outcome


def undo(shop: Shop, *numbers: int, answers: Collection[str] = ()) -> None:
    """Take executions back, in this order, and assert that it was done."""
    settings = [part for answer in answers for part in ("--set", answer)]
    outcomes = run(
        shop, *(["undo", str(number), *settings, "--yes", "--format", "json"] for number in numbers)
    )
    for outcome in outcomes:
        assert outcome.code == 0, outcome.json["message"] + outcome.stderr


def found(shop: Shop) -> dict[str, list[str]]:
    """The errors and warnings that `check` finds, each with the repairs that it offers, the recommended one first."""
    (outcome,) = run(shop, ["check", "--format", "json"])
    return {
        finding["id"]: [offer["name"] for offer in finding["repairs"]]
        for finding in outcome.json["findings"]
        if finding["severity"] != "info"
    }


def complaints(shop: Shop) -> list[str]:
    """What `check`, `migrate --check` and `makemigrations --check` have against a project."""
    django = shop.project.python(CHECKS)
    assert django.code == 0, django.stderr
    return [*found(shop), *django.stdout.splitlines()]
