"""A migrated shop with rows, a way into its database past Django, and a workbench in a process of its own."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forks import talk
from tests.projects import Outcome, Project, copy_project

Entry = Mapping[str, Any]

ROWS = (
    "INSERT INTO shop_customer (id, name) VALUES (1, 'Ada'), (2, 'Grace')",
    "INSERT INTO shop_order (id, customer_id, number, note, paid) VALUES"
    " (1, 1, 100, 'first', true), (2, 1, 101, '', false), (3, 2, 102, 'third', true)",
    "INSERT INTO shop_coupon (id, code, order_id) VALUES (1, 'SPRING', 1)",
    "INSERT INTO billing_invoice (id, order_id, total) VALUES (1, 1, 12.5), (2, 3, 99)",
)

HEAD = """\
import sys
import time
from django.db import connection, migrations, models, transaction
"""


@contextmanager
def connected(entry: Entry, **options: Any) -> Iterator[Any]:
    """A connection of our own, which commits every statement."""
    if entry["ENGINE"].endswith("sqlite3"):
        with closing(sqlite3.connect(entry["NAME"], isolation_level=None)) as connection:
            yield connection
        return
    import psycopg

    given = {
        "dbname": entry["NAME"],
        "user": entry["USER"],
        "password": entry["PASSWORD"],
        "host": entry["HOST"],
        "port": entry["PORT"],
    }
    with psycopg.connect(**given | options, autocommit=True) as connection:
        yield connection


def execute(entry: Entry, *statements: str) -> list[tuple[Any, ...]]:
    """Execute statements, and return the rows of the last one."""
    rows: list[tuple[Any, ...]] = []
    with connected(entry) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
    return rows


def contents(entry: Entry) -> dict[str, Any]:
    """Every row and every definition in a database, sequences aside."""
    with connected(entry) as connection:
        if entry["ENGINE"].endswith("sqlite3"):
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            listed = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
            found: dict[str, Any] = {"": connection.execute(listed).fetchall()}
            names = [name for kind, name, *_ in found[""] if kind == "table"]
            return found | {
                name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
                for name in names
            }
        found = {query: connection.execute(query).fetchall() for query in CATALOGUE}
        for (name,) in connection.execute(TABLES).fetchall():
            found[name] = sorted(row for (row,) in connection.execute(f"SELECT t::text FROM {name} t"))
        return found


TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
)
CATALOGUE = (
    "SELECT nspname FROM pg_namespace ORDER BY 1",
    "SELECT table_schema, table_name, ordinal_position, column_name, udt_name, character_maximum_length, is_nullable,"
    " column_default, is_identity FROM information_schema.columns"
    " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2",
    "SELECT schemaname, indexname, indexdef FROM pg_indexes ORDER BY 1, 2",
    "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
)


def bytes_of(entry: Entry) -> Any:
    """All that there is: the file's bytes, or every row with its place and version, the catalogue's own included."""
    if entry["ENGINE"].endswith("sqlite3"):
        path = Path(entry["NAME"])
        beside = sorted(other.name for other in path.parent.glob(f"{path.name}*"))
        return hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns, beside
    with connected(entry) as connection:
        found = contents(entry)
        for (name,) in connection.execute(TABLES).fetchall():
            versions = f"SELECT ctid::text, xmin::text, t::text FROM {name} t ORDER BY ctid"
            found[name] = connection.execute(versions).fetchall()
        for name in ("class", "attribute", "constraint", "index", "attrdef", "type", "proc", "trigger"):
            versions = f"SELECT ctid::text, xmin::text FROM pg_catalog.pg_{name} ORDER BY ctid"
            found[f"pg_{name}"] = connection.execute(versions).fetchall()
        sequences = "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
        found["sequences"] = connection.execute(sequences).fetchall()
        scratch = "SELECT datname FROM pg_database WHERE datname LIKE 'migwizard%'"
        found["scratch"] = connection.execute(scratch).fetchall()
    return found


def files_of(project: Project) -> dict[str, bytes]:
    """Every file of a project, its database aside."""
    return {
        str(path.relative_to(project.root)): path.read_bytes()
        for path in sorted(project.root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".sqlite3"
    }


def records(entry: Entry, app: str) -> list[str]:
    """The names of an app's records, in the order in which they were written."""
    return [
        name
        for (name,) in execute(entry, f"SELECT name FROM django_migrations WHERE app = '{app}' ORDER BY id")
    ]


def migration(dependencies: list[tuple[str, str]], operations: str, code: str = "", body: str = "") -> str:
    """The source of a migration file: `code` stands before the class, `body` in it."""
    return (
        f"{HEAD}\n\n{code}\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = {dependencies!r}\n    {body}\n    operations = [\n{operations}\n    ]\n"
    )


ANSWERS = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from django.core.management import ManagementUtility
from migwizard.cli import run

def manage(arguments):
    try:
        ManagementUtility(["manage.py", *arguments]).execute()
    except SystemExit as error:
        return error.code or 0
    return 0

def python(arguments):
    exec(arguments[0], {})
    return 0

answers = sys.stdout
for line in sys.stdin:
    program, arguments = json.loads(line)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = {"migwizard": run, "manage": manage, "python": python}[program](arguments)
    print(json.dumps([code, out.getvalue(), err.getvalue()]), file=answers, flush=True)
"""


@contextmanager
def conversation(project: Project) -> Iterator[Callable[..., Outcome]]:
    """Yield a function that runs commands in one process, one after the other, which saves most of their time.

    Its arguments are `migwizard`, `manage` or `python` and what these are given.
    """
    with talk(["-c", ANSWERS], project.root, project.process_environment()) as (questions, answers):

        def ask(program: str, *arguments: str) -> Outcome:
            print(json.dumps([program, arguments]), file=questions, flush=True)
            answer = answers.readline()
            assert answer, f"{program} {' '.join(arguments)} ended the process"
            return Outcome(*json.loads(answer))

        yield ask


def commands(project: Project, *lists: list[str]) -> list[Outcome]:
    """Run several commands of `migwizard` in one process."""
    with conversation(project) as ask:
        return [ask("migwizard", *arguments) for arguments in lists]


LAST = [("shop", "0004_coupon")]
"""The dependencies of a migration that comes after all others of the shop."""


@dataclass
class Shop:
    """A copy of the project `library` on a database of its own."""

    project: Project
    entry: Entry

    @property
    def sqlite(self) -> bool:
        """Whether its database is one of SQLite."""
        return bool(self.entry["ENGINE"].endswith("sqlite3"))

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Execute statements on the database, past Django, and return the rows of the last one."""
        return execute(self.entry, *statements)

    def forget(self, *names: str) -> None:
        """Delete records, named as `shop.0002_note`."""
        for name in names:
            app, migration = name.split(".")
            self.run(f"DELETE FROM django_migrations WHERE app = '{app}' AND name = '{migration}'")

    def contents(self) -> dict[str, Any]:
        """Every row and every definition in the database."""
        return contents(self.entry)

    def everything(self) -> tuple[Any, Any]:
        """The database and the files: what a repair that failed must not have changed."""
        return contents(self.entry), files_of(self.project)

    def bench(self, *commands: Any, **environment: str) -> list[Any]:
        """Give commands to a workbench in a process of its own, and return their answers; see `driver`."""
        outcome = self.project.fork("-m", "tests.running.driver", input=json.dumps(commands), **environment)
        assert outcome.code == 0, outcome.stderr
        answers: list[Any] = outcome.json
        return answers

    def check(self, *arguments: str) -> tuple[list[str], Outcome]:
        """Return the ids of the errors and warnings that `check` finds, and how it ended."""
        outcome = self.project.migwizard("check", "--format", "json", *arguments)
        found = outcome.json["findings"] if outcome.code < 2 else []
        return [finding["id"] for finding in found if finding["severity"] != "info"], outcome


class Library:
    """Makes shops: each is migrated once a kind of database, and copied from then on."""

    def __init__(self, create: Callable[[str], Entry]) -> None:
        self.create = create
        self.migrated: dict[str, Entry] = {}

    def project(self, folder: Path, entry: Entry) -> Project:
        """A copy of the project on a database."""
        return copy_project("library", folder, entry)

    def template(self, kind: str, folder: Path) -> Entry:
        """The migrated database of a kind, with rows in its tables."""
        if kind not in self.migrated:
            entry = self.create(kind)
            outcome = self.project(folder, entry).manage("migrate", "--verbosity", "0")
            assert outcome.code == 0, outcome.stderr
            execute(entry, *ROWS)
            if kind == "postgresql":
                for table in ("shop_customer", "shop_order", "shop_coupon", "billing_invoice"):
                    highest = f"(SELECT max(id) FROM {table})"
                    execute(entry, f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})")
            self.migrated[kind] = entry
        return self.migrated[kind]
