"""The catalogue queries of PostgreSQL: a handful for a whole schema, whatever its size.

Every text that the server renders (types, expressions, definitions) names an object without its schema when the
search path finds it there. So whoever runs these queries has the schema that is read first in the search path:
then a text is the same in whatever schema the table lives.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

Row = tuple[Any, ...]

PLACE = """
SELECT current_schema()::text, current_setting('search_path'),
       (SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema())::text
"""

# What an extension made belongs to nobody's migrations.
RELATIONS = """
SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, c.reltuples::float8, c.relpages
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT EXISTS (
    SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
  )
"""
ONLY_NAMED = " AND c.relname = ANY (%s::text[])"

COLUMNS = """
SELECT a.attrelid::bigint, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.attidentity::text, a.attgenerated::text, a.attcollation::bigint, t.typcollation::bigint
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = ANY (%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

DEFAULTS = """
SELECT adrelid::bigint, adnum, pg_get_expr(adbin, adrelid, true) FROM pg_attrdef WHERE adrelid = ANY (%s::oid[])
"""

COMMENTS = """
SELECT objoid::bigint, objsubid, description FROM pg_description
WHERE classoid = 'pg_class'::regclass AND objoid = ANY (%s::oid[])
"""

# Columns whose default takes its number from a sequence that the column owns.
OWNED_SEQUENCES = """
SELECT f.adrelid::bigint, f.adnum
FROM pg_attrdef f
JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = f.oid AND u.refclassid = 'pg_class'::regclass
JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = u.refobjid AND o.deptype = 'a'
WHERE f.adrelid = ANY (%s::oid[])
  AND o.refclassid = 'pg_class'::regclass AND o.refobjid = f.adrelid AND o.refobjsubid = f.adnum
"""

# PostgreSQL 18 keeps NOT NULL as a constraint (`n`) too; the column says it already. A foreign key to a partitioned
# table has one more row for each partition.
CONSTRAINTS = """
SELECT k.conrelid::bigint, k.contype::text, k.conname::text, k.conkey, k.confrelid::bigint, k.confkey,
       k.confdeltype::text, k.confupdtype::text, k.condeferrable, k.condeferred, k.convalidated, k.conindid::bigint,
       CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid, true)
                      WHEN 'x' THEN pg_get_constraintdef(k.oid, true) END
FROM pg_constraint k
WHERE k.conrelid = ANY (%s::oid[]) AND k.contype IN ('c', 'f', 'p', 'u', 'x')
  AND (k.conparentid = 0 OR NOT EXISTS (
    SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid
  ))
"""

INDEXES = """
SELECT i.indrelid::bigint, i.indexrelid::bigint, c.relname::text, m.amname::text, i.indisunique,
       i.indisvalid AND i.indisready, i.indkey::text, i.indnkeyatts, i.indoption::text, i.indclass::text,
       i.indcollation::text, pg_get_expr(i.indpred, i.indrelid, true),
       CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(
         SELECT CASE WHEN i.indkey[n - 1] = 0 THEN pg_get_indexdef(i.indexrelid, n, true) END
         FROM generate_series(1, i.indnkeyatts) AS n ORDER BY n
       ) END,
       c.reloptions, {nulls_not_distinct}
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = ANY (%s::oid[])
"""

TRIGGERS = """
SELECT tgrelid::bigint, tgname::text, pg_get_triggerdef(oid, true)
FROM pg_trigger WHERE tgrelid = ANY (%s::oid[]) AND NOT tgisinternal
"""

VIEW_DEFINITIONS = "SELECT v::bigint, pg_get_viewdef(v, true) FROM unnest(%s::oid[]) AS v"

VIEW_DEPENDENCIES = """
SELECT DISTINCT w.ev_class::bigint, n.nspname::text, r.relname::text, coalesce(a.attname::text, '')
FROM pg_rewrite w
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
 AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
JOIN pg_class r ON r.oid = d.refobjid AND r.relkind IN ('r', 'p', 'v', 'm', 'f')
JOIN pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
WHERE w.ev_class = ANY (%s::oid[])
"""

COLUMN_NAMES = """
SELECT c.oid::bigint, n.nspname::text, c.relname::text, a.attnum, a.attname::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.oid = ANY (%s::oid[])
"""

OPERATOR_CLASSES = "SELECT oid::bigint, opcname::text, opcdefault FROM pg_opclass WHERE oid = ANY (%s::oid[])"

COLLATIONS = """
SELECT c.oid::bigint, CASE WHEN pg_collation_is_visible(c.oid) THEN c.collname ELSE n.nspname || '.' || c.collname END
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = ANY (%s::oid[])
"""


def indexes_query(version: int) -> str:
    """Return the query for indexes that a server of this version (`server_version_num`) understands."""
    return INDEXES.format(nulls_not_distinct="i.indnullsnotdistinct" if version >= 150000 else "false")


def fetch(cursor: Any, query: str, *parameters: str | int | Collection[str] | Collection[int]) -> list[Row]:
    """Run one query and return its rows; a collection is an array, of names or of object ids."""
    cursor.execute(query, [_parameter(one) for one in parameters] or None)
    return list(cursor.fetchall())


def _parameter(value: str | int | Collection[str] | Collection[int]) -> Any:
    if isinstance(value, (str, int)):
        return value
    if isinstance(next(iter(value), ""), int):
        # As text, because the drivers take their time over a long list.
        return "{" + ",".join(map(str, value)) + "}"
    return list(value)
