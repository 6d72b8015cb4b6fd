"""Projects with tenants on PostgreSQL, and schemas made by copying one in SQL, which is much quicker than migrating."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.projects import Outcome, Project, copy_project
from tests.running.kit import connected, execute

Entry = Mapping[str, Any]

BACKEND = "django_tenants.postgresql_backend"

QUOTES = importlib.util.find_spec("django_tenants") is not None and version("django-tenants") >= "4"
"""Whether the installed release quotes the names of schemas; 4.0 is the first."""

SHARED = "    'core',\n    'tenants',\n]"
"""The end of SHARED_APPS in the project `accreditation`."""

FOREIGN_KEYS = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = quote_ident(%(of)s)::regnamespace AND k.contype = 'f'
"""
INDEXES = """
SELECT c.relname, i.relname, pg_get_indexdef(x.indexrelid), k.conname
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE c.relnamespace = quote_ident(%(of)s)::regnamespace
"""


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def tenants_entry(entry: Entry) -> dict[str, Any]:
    """An entry of DATABASES, with the backend of django-tenants."""
    return {**entry, "ENGINE": BACKEND}


def article(root: Path, entry: Entry, *, repaired: bool = False) -> Project:
    """The project whose admin is shared and whose users are not; or, repaired, with the users in both lists."""
    project = copy_project("accreditation", root, tenants_entry(entry))
    if repaired:
        settings = root / "config" / "settings.py"
        settings.write_text(settings.read_text().replace(SHARED, SHARED.replace("]", "    'users',\n]"), 1))
    return project


def done(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.stderr
    return outcome


def statements_of(entry: Entry, schema: str) -> list[str]:
    """The statements that make a schema like another; `{schema}` stands for its quoted name.

    Definitions are rendered with the schema alone in the search path, so that only what is elsewhere is qualified.
    """
    with connected(entry) as connection:
        of = {"of": schema}
        connection.execute("SELECT set_config('search_path', %s, false)", [quoted(schema)])
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = quote_ident(%(of)s)::regnamespace",
                of,
            )
        ]
        made = [
            f"CREATE TABLE {quoted(name)} (LIKE {quoted(schema)}.{quoted(name)} INCLUDING ALL EXCLUDING INDEXES)"
            for name in tables
        ]
        for table, name, definition, constraint in connection.execute(INDEXES, of):
            plain = definition.replace(f" ON {quoted(schema)}.", " ON ").replace(f" ON {schema}.", " ON ")
            made.append(plain)
            if constraint is not None:
                kind = "PRIMARY KEY" if constraint.endswith("_pkey") else "UNIQUE"
                made.append(
                    f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {kind} USING INDEX {quoted(name)}"
                )
        made += [
            f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {definition}"
            for table, name, definition in connection.execute(FOREIGN_KEYS, of)
        ]
        for name in ("django_migrations", "django_content_type", "auth_permission"):
            if name in tables:
                made.append(f"INSERT INTO {quoted(name)} SELECT * FROM {quoted(schema)}.{quoted(name)}")
                made.append(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")
    return made


def copies(entry: Entry, schema: str, names: Iterable[str], row: str = "") -> None:
    """Make schemas like another one; `row` is the statement that makes the tenant of the name `%s`."""
    made = "; ".join(statements_of(entry, schema))
    with connected(entry) as connection:
        for name in names:
            place = quoted(name)
            connection.execute(
                f"BEGIN; CREATE SCHEMA {place}; SET LOCAL search_path = {place}; {made}; COMMIT"
            )
            if row:
                connection.execute(row, [name])


ROW = "INSERT INTO public.tenants_tenant (schema_name, name) VALUES (%s, 'x')"
"""Makes the row of a tenant of the project `accreditation`."""

__all__ = ["ROW", "article", "copies", "done", "execute", "quoted", "tenants_entry"]
