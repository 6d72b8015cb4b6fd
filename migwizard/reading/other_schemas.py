"""The schemas that operations of migrations name: `db_table = 'audit"."entry'` is the table entry in schema audit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..core.schema import place_of


def schemas_of(operations: Iterable[Any]) -> frozenset[str]:
    """Return the schemas in which some operations make tables, or to which they move them."""
    places = (place_of(name) for one in operations for name in _tables(one) if isinstance(name, str))
    return frozenset(place[0] for place in places if place is not None)


def _tables(operation: Any) -> Iterator[object]:
    """Yield every `db_table` that an operation names, the operations in it included."""
    options = getattr(operation, "options", None)
    if isinstance(options, dict):
        yield options.get("db_table")
    yield getattr(operation, "table", None)
    fields = getattr(operation, "fields", None)
    given = [value for _, value in fields] if isinstance(fields, list) else []
    for field in (*given, getattr(operation, "field", None)):
        # Of the fields, many-to-many ones alone have a table.
        yield getattr(field, "db_table", None)
    for name in ("database_operations", "state_operations"):
        for inner in getattr(operation, name, None) or ():
            yield from _tables(inner)
