"""All schemas of a project with django-tenants, read in a few queries and put in groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import Error

from ...core.tenants import Holding, Overview, Stray, Tenant, TenantSettings
from ...core.tenants.groups import NOTHING, BuildGraph, overview
from ...databases.postgresql import many
from .rows import Row, rows
from .settings import tenant_settings

if TYPE_CHECKING:
    from ...core.graph import Key
    from ...databases import Database

__all__ = ["find_tenant", "list_tenants", "read_overview", "tenant_settings"]

CHUNK = 100
"""Histories in one statement, and in one transaction: each locks its table, and locks are few on a server."""
PRINTED = 1000
"""Schemas whose tables are digested in one statement."""
LOCK_SECONDS, STATEMENT_SECONDS = 2.0, 60.0

DENIED = Holding(None, unreadable="Our role may not read django_migrations there.")

CREATES = re.compile(
    r"""\s*(?:CREATE\s+SCHEMA(?:\s+IF\s+NOT\s+EXISTS)?\s+|SELECT\s+clone_schema\s*\(.*?,\s*)
        (?:"(?P<quoted>(?:[^"]|"")+)"|'(?P<text>(?:[^']|'')+)'|(?P<plain>\w+))""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

Progress = Callable[[str, int, int], None]


def read_overview(
    database: Database,
    settings: TenantSettings,
    graph_for: BuildGraph,
    tables: Sequence[str] | None = None,
    progress: Progress = lambda stage, done, total: None,
    *,
    compare: bool = True,
) -> Overview:
    """Return all schemas in groups of those that hold the same.

    Each part is read in a transaction of its own, so that no lock is held for long, and never more than some hundred:
    what changes meanwhile may be seen in one part and not in another.

    Args:
        database: the one that the tenants are in.
        settings: what django-tenants is told.
        graph_for: see `core.tenants.groups`.
        tables: the names of tables that count; None for all.
        progress: called as reading goes on.
        compare: whether the tables are read at all; else the records alone.
    """
    with short(database) as cursor:
        tenants, why = list_tenants(cursor, settings)
        states = many.schemas(cursor, ())
    readable = [one for one in tenants if states.get(one.schema) == "readable"]
    holdings = dict(_histories(database, readable, progress))
    for tenant in tenants:
        holdings.setdefault(tenant.schema, DENIED if states.get(tenant.schema) == "denied" else NOTHING)
    if compare:
        try:
            _add_tables(database, [one.schema for one in tenants if one.exists], holdings, tables, progress)
        except Error as error:
            if database.connection.connection is None or not database.connection.is_usable():
                raise
            # Too slow, say: what is recorded is worth knowing all the same.
            why = why or f"The tables of tenants could not be compared: {database.explain_error(error)}"
    strays = _strays(database, [one for one in readable if one.role == "ownerless"][:CHUNK])
    return replace(overview(settings, tenants, holdings, graph_for, why), strays=strays)


def _strays(database: Database, tenants: Sequence[Tenant]) -> dict[str, Stray]:
    """Return what is in schemas without a tenant; nothing where it cannot be read in time."""
    if not tenants:
        return {}
    try:
        with short(database) as cursor:
            found = many.contents(cursor, [one.schema for one in tenants])
            days = many.spans(cursor, [name for name, (_, _, dated) in found.items() if dated])
    except Error:
        if database.connection.connection is None or not database.connection.is_usable():
            raise
        return {}
    return {name: Stray(tables, rows, *days.get(name, ())) for name, (tables, rows, _) in found.items()}


@contextmanager
def short(database: Database) -> Iterator[Any]:
    """Hold a short read-only transaction, and yield a cursor in it."""
    with (
        database.read_only(LOCK_SECONDS, STATEMENT_SECONDS),
        database.connection.cursor() as cursor,
    ):
        yield cursor


def list_tenants(cursor: Any, settings: TenantSettings) -> tuple[tuple[Tenant, ...], str]:
    """Return every schema that counts, and why the rows of tenants could not be read, if they could not."""
    found, why = rows(cursor, settings)
    named = {row.schema: row for row in found}
    wanted = [settings.public_schema, *settings.templates, *named]
    places = many.schemas(cursor, wanted)
    work = _at_work(cursor)
    names = dict.fromkeys(
        (settings.public_schema, *sorted({*settings.templates, *named, *places} - {settings.public_schema}))
    )
    return tuple(
        _tenant(name, settings, named.get(name), places.get(name), work.get(name, "")) for name in names
    ), why


def find_tenant(cursor: Any, settings: TenantSettings, name: str) -> Tenant | None:
    """Return what the schema of one name is; None where there is neither a schema nor a tenant of it."""
    found, _ = rows(cursor, settings)
    row = next((row for row in found if row.schema == name), None)
    places = many.schemas(cursor, [name])
    if name not in places and row is None and name != settings.public_schema:
        return None
    return _tenant(name, settings, row, places.get(name), _at_work(cursor).get(name, ""))


def _tenant(
    name: str, settings: TenantSettings, row: Row | None, history: many.History | None, work: str
) -> Tenant:
    """Return what one schema is."""
    kind = settings.kind_of(name, row.type if row is not None else settings.templates.get(name, ""))
    made = Tenant(
        name,
        "tenant",
        kind,
        row.key if row else None,
        history is not None,
        history in ("readable", "denied"),
        work,
    )
    if name == settings.public_schema:
        return replace(made, role="public")
    if row is None:
        return replace(made, role="template" if name in settings.templates else "ownerless")
    return made


def _at_work(cursor: Any) -> dict[str, str]:
    """Return what other sessions are doing in which schemas, in words."""
    found: dict[str, str] = {}
    for schema, process, query in many.at_work(cursor):
        name = schema
        does = "makes or changes something there"
        if name is None:
            match = CREATES.match(query)
            if match is None:
                continue
            name = match["plain"] or (match["quoted"] or "").replace('""', '"')
            name = name or (match["text"] or "").replace("''", "'")
            does = "makes the schema"
        found.setdefault(name, f"process {process} {does}")
    return found


def _histories(
    database: Database, tenants: Sequence[Tenant], progress: Progress
) -> Iterator[tuple[str, Holding]]:
    """Yield what each history records; equal ones are one object."""
    known: dict[str, Holding] = {}
    for start in range(0, len(tenants), CHUNK):
        progress("reading the histories of tenants", start, len(tenants))
        yield from _some_histories(database, [one.schema for one in tenants[start : start + CHUNK]], known)


def _some_histories(
    database: Database, names: Sequence[str], known: dict[str, Holding]
) -> Iterator[tuple[str, Holding]]:
    """Yield what some histories record; where one cannot be read, the others are read by halves."""
    try:
        with short(database) as cursor:
            found = _digested(cursor, names, known)
    except Error as error:
        if database.connection.connection is None or not database.connection.is_usable():
            raise
        if len(names) == 1:
            yield names[0], Holding(None, unreadable=database.explain_error(error))
            return
        middle = len(names) // 2
        yield from _some_histories(database, names[:middle], known)
        yield from _some_histories(database, names[middle:], known)
        return
    yield from found


def _digested(cursor: Any, names: Sequence[str], known: dict[str, Holding]) -> list[tuple[str, Holding]]:
    """Return what some histories record; of equal ones, only one is fetched."""
    digests = dict(zip(names, many.digests(cursor, names), strict=True))
    new = {digest: name for name, digest in digests.items() if digest not in known}
    for digest, keys in zip(new, many.histories(cursor, list(new.values())) if new else (), strict=True):
        known[digest] = _holding(keys)
    return [(name, known[digest]) for name, digest in digests.items()]


def _holding(keys: Sequence[Key]) -> Holding:
    applied = frozenset(keys)
    seen: set[Key] = set()
    twice = frozenset(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return Holding(applied, {}, twice)


def _add_tables(
    database: Database,
    names: Sequence[str],
    holdings: dict[str, Holding],
    tables: Sequence[str] | None,
    progress: Progress,
) -> None:
    """Add to what each schema holds its tables, with their fingerprints; equal holdings stay one object."""
    made: dict[tuple[int, int], Holding] = {}
    unique: dict[frozenset[tuple[str, str]], Mapping[str, str]] = {}
    version = int(getattr(database.connection, "pg_version", 0))
    for start in range(0, len(names), PRINTED):
        progress("reading the tables of tenants", start, len(names))
        with short(database) as cursor:
            found = many.fingerprints(cursor, version, names[start : start + PRINTED], tables)
        same = {id(prints): unique.setdefault(frozenset(prints.items()), prints) for prints in found.values()}
        for name, prints in found.items():
            records, shape = holdings[name], same[id(prints)]
            place = (id(records), id(shape))
            if place not in made:
                made[place] = replace(records, tables=shape)
            holdings[name] = made[place]
