"""How a database stands: its definitions, and every row by the names of its columns."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from .kit import CATALOGUE, TABLES, Entry, connected

Standing = dict[str, Any]
HISTORY = "django_migrations"
COUNTERS = "sqlite_sequence"


def standing(entry: Entry) -> Standing:
    """Everything that is committed in a database: definitions under `schema`, rows by table under `rows`."""
    with connected(entry) as connection:
        if entry["ENGINE"].endswith("sqlite3"):
            listed = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
            schema = connection.execute(listed).fetchall()
            names = [name for kind, name, *_ in schema if kind == "table"]
            rows = {name: _rows(connection.execute(f'SELECT * FROM "{name}"')) for name in names}
        else:
            schema = [connection.execute(query).fetchall() for query in CATALOGUE]
            names = [name for (name,) in connection.execute(TABLES).fetchall()]
            rows = {
                name.removeprefix("public."): _rows(connection.execute(f"SELECT * FROM {name}"))
                for name in names
            }
    found: Standing = json.loads(json.dumps({"schema": schema, "rows": rows}, default=str))
    return found


def _rows(cursor: Any) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    found = ({name: str(value) for name, value in sorted(zip(names, row, strict=True))} for row in cursor)
    return sorted(found, key=lambda row: json.dumps(row))


def rows_of(found: Standing, former: Standing | None = None) -> dict[str, Any]:
    """The rows by table. Of history rows that are not in `former`, neither ids nor dates: those are of this run."""
    rows = {name: of_table for name, of_table in found["rows"].items() if name != COUNTERS}
    if former is not None and HISTORY in rows:
        known = former["rows"].get(HISTORY, [])
        rows[HISTORY] = sorted(
            (row if row in known else {"app": row["app"], "name": row["name"]} for row in rows[HISTORY]),
            key=json.dumps,
        )
    return rows


def twice(found: Standing) -> list[tuple[str, str]]:
    """The migrations that are recorded more than once."""
    counted = Counter((row["app"], row["name"]) for row in found["rows"].get(HISTORY, ()))
    return sorted(key for key, count in counted.items() if count > 1)
