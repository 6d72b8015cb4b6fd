"""The catalogue queries of SQLite: pragmas as table-valued functions, each for a whole schema at once.

They are functions since SQLite 3.16, and `table_xinfo`, which knows generated columns, is there since 3.26.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

Row = tuple[Any, ...]

# In a condition on names, so many variables at most: older versions allow 999 in all.
MOST_NAMES = 500

OBJECTS = """
SELECT type, name, tbl_name, coalesce(sql, '') FROM {schema}.sqlite_master
WHERE name NOT LIKE 'sqlite\\_%%' ESCAPE '\\' {named}
"""

RELATION_NAMES = "SELECT name FROM {schema}.sqlite_master WHERE type IN ('table', 'view') {named}"

COLUMNS = """
SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
FROM {schema}.sqlite_master m JOIN pragma_table_xinfo(m.name, %s) x
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL %%' {named}
ORDER BY m.name, x.cid
"""

FOREIGN_KEYS = """
SELECT m.name, f.id, f."table", f."from", f."to", lower(f.on_update), lower(f.on_delete)
FROM {schema}.sqlite_master m JOIN pragma_foreign_key_list(m.name, %s) f
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL %%' {named}
ORDER BY m.name, f.id DESC, f.seq
"""

INDEXES = """
SELECT m.name, l.name, l."unique", l.origin, x.cid, x.name, x."desc", x.coll, l.partial
FROM {schema}.sqlite_master m
JOIN pragma_index_list(m.name, %s) l
JOIN pragma_index_xinfo(l.name, %s) x
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL %%' AND x.key {named}
ORDER BY m.name, l.seq DESC, x.seqno
"""

# A virtual table fails when its module is not loaded, so it is asked for alone.
ONE_TABLE = (
    'SELECT %s, name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(%s, %s) ORDER BY cid'
)

VIRTUAL_TABLES = "SELECT name, sql FROM {schema}.sqlite_master WHERE sql LIKE 'CREATE VIRTUAL %%' {named}"

PRIMARY_KEY = "SELECT name FROM pragma_table_xinfo(%s, %s) WHERE pk > 0 ORDER BY pk"

# Since SQLite 3.37.
SHADOWS = "SELECT name FROM pragma_table_list WHERE schema = %s AND type = 'shadow'"

ROOT_PAGES = "SELECT name, rootpage FROM {schema}.sqlite_master WHERE type = 'table' AND rootpage > 0"

DATABASES = "SELECT name FROM pragma_database_list WHERE name <> 'temp' ORDER BY seq"


def fetch(cursor: Any, query: str, *parameters: str) -> list[Row]:
    """Run one query and return its rows."""
    cursor.execute(query, parameters)
    return list(cursor.fetchall())


def fetch_for(
    cursor: Any,
    query: str,
    schema: str,
    names: Collection[str] | None,
    *parameters: str,
    column: str = "m.name",
) -> list[Row]:
    """Run one query of this module in `schema`, about the tables `names` or about all, and return its rows.

    Names are compared as SQLite compares them. With too many of them, the answer is about all.
    """
    wanted = list(names) if names is not None and len(names) <= MOST_NAMES else []
    named = f"AND {column} COLLATE NOCASE IN ({', '.join(['%s'] * len(wanted))})" if wanted else ""
    quoted = '"' + schema.replace('"', '""').replace("%", "%%") + '"'
    return fetch(cursor, query.format(schema=quoted, named=named), *parameters, *wanted)
