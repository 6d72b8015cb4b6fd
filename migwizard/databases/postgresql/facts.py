"""What the server must be asked before tables are altered: what a name means, and whose sequence is which."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from migwizard.core.schema import Column, Table

from ..altering import Change
from ..base import CannotAlter
from .catalogue import fetch
from .definitions import Facts, Places

SCHEMAS = "SELECT nspname::text FROM pg_namespace WHERE nspname <> current_schema()"

RELATIONS_CALLED = """
SELECT n.nspname = current_schema(), n.nspname::text, c.relname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = ANY (%s::text[])
"""

HIDDEN_COLLATIONS = """
SELECT n.nspname || '.' || c.collname, n.nspname::text, c.collname::text
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE n.nspname || '.' || c.collname = ANY (%s::text[]) AND NOT pg_collation_is_visible(c.oid)
"""

# The sequence that a column owns and takes its default from; `regclass` writes it as SQL needs it.
SEQUENCES = """
SELECT k.place, a.attname::text, s.oid::regclass::text
FROM unnest(%s::text[]) WITH ORDINALITY AS k (name, place)
JOIN pg_attrdef f ON f.adrelid = to_regclass(k.name)
JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = f.oid AND u.refclassid = 'pg_class'::regclass
JOIN pg_class s ON s.oid = u.refobjid AND s.relkind = 'S'
JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = s.oid AND o.deptype = 'a'
 AND o.refclassid = 'pg_class'::regclass AND o.refobjid = f.adrelid AND o.refobjsubid = f.adnum
"""

TAKEN = """
SELECT DISTINCT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() OR n.nspname = ANY (%s::text[])
"""


def read_facts(cursor: Any, version: int, live: Mapping[str, Table], changed: Collection[Change]) -> Facts:
    """Return what altering these tables needs to know; most often that takes no query at all.

    Raises:
        CannotAlter: when a name may mean two tables.
    """
    targets = [change.target for change in changed if change.target is not None]
    places = _read_places(cursor, sorted(_dotted_keys(live, targets)))
    collations = {name for table in targets for name in _collations(table) if "." in name}
    facts = Facts(version, places, _read_collations(cursor, collations))
    pairs = [pair for change in changed for pair in _numbered(change)]
    if not pairs:
        return facts
    keys = [change.key for change in changed if change.live is not None]
    rows = fetch(cursor, SEQUENCES, [facts.table(key) for key in keys]) if keys else []
    sequences = {(keys[place - 1], column): sequence for place, column, sequence in rows}
    taken = frozenset(name for (name,) in fetch(cursor, TAKEN, [schema for schema, _ in places.values()]))
    return Facts(version, places, facts.collations, sequences, taken)


def _dotted_keys(live: Mapping[str, Table], targets: Collection[Table]) -> Iterator[str]:
    for table in (*live.values(), *targets):
        for key in (table.name, *(one.references[0] for one in table.constraints if one.references)):
            if "." in key:
                yield key


def _read_places(cursor: Any, keys: list[str]) -> Places:
    """Return schema and name for keys that have a schema in front."""
    if not keys:
        return {}
    schemas = {name for (name,) in fetch(cursor, SCHEMAS)}
    splits = {key: [place for place in _splits(key) if place[0] in schemas] for key in dict.fromkeys(keys)}
    called = {*keys, *(name for found in splits.values() for _, name in found)}
    rows = fetch(cursor, RELATIONS_CALLED, called)
    there = {(schema, name) for _, schema, name in rows}
    at_home = {name for home, _, name in rows if home}
    places: dict[str, tuple[str, str]] = {}
    for key, found in splits.items():
        real = [place for place in found if place in there]
        if len(real) + (key in at_home) > 1:
            raise CannotAlter(f"{key} may be two tables: one of that name, and one in another schema.")
        if key not in at_home and found:
            places[key] = (real or found)[0]
    return places


def _splits(key: str) -> Iterator[tuple[str, str]]:
    parts = key.split(".")
    for place in range(1, len(parts)):
        yield ".".join(parts[:place]), ".".join(parts[place:])


def _collations(table: Table) -> Iterator[str]:
    yield from (column.collation for column in table.columns if column.collation)
    yield from (part.collation for index in table.indexes for part in index.parts if part.collation)


def _read_collations(cursor: Any, wanted: Collection[str]) -> Places:
    if not wanted:
        return {}
    return {key: (schema, name) for key, schema, name in fetch(cursor, HIDDEN_COLLATIONS, wanted)}


def _numbered(change: Change) -> Iterator[tuple[Column, Column]]:
    """Yield the columns that stay, whose sequence matters."""
    if change.live is None or change.target is None:
        return
    for column in change.live.columns:
        wanted = change.target.column(column.name)
        if wanted is not None and column != wanted and "serial" in (column.identity, wanted.identity):
            yield column, wanted
