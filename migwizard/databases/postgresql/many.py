"""Many schemas at once: which are there, what their histories record, and what their tables are like.

A thousand schemas are read in a handful of queries that the server digests: what comes back is a few numbers for each
schema, and more only for one of those that are equal. Nothing is rendered by `pg_get_*def`; expressions are, where
there are any, and they are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from migwizard.core.schema.names import quoted

from .catalogue import fetch

HISTORY = "django_migrations"

History = Literal["none", "readable", "denied"]
"""Whether a schema has a history, and our role may read it."""

# A schema counts when it has a history, or is one of those that are asked for by name.
SCHEMAS = """
SELECT n.nspname::text, CASE
    WHEN c.oid IS NULL THEN 'none'
    WHEN has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') THEN 'readable'
    ELSE 'denied' END
FROM pg_catalog.pg_namespace n
LEFT JOIN pg_catalog.pg_class c
  ON c.relnamespace = n.oid AND c.relname = 'django_migrations' AND c.relkind IN ('r', 'p', 'f')
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (c.oid IS NOT NULL OR n.nspname = ANY (%s::text[]))
"""

# Whoever creates something in a schema locks that too, until the end of the transaction; whoever changes a table locks
# it in one of these modes; and whoever records a migration writes to the history.
AT_WORK = """
WITH lock AS MATERIALIZED (
  SELECT * FROM pg_catalog.pg_locks
  WHERE granted AND pid IS DISTINCT FROM pg_backend_pid()
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
), place AS (
  SELECT objid AS namespace, pid FROM lock
  WHERE locktype = 'object' AND classid = 'pg_catalog.pg_namespace'::regclass
  UNION
  SELECT c.relnamespace, l.pid FROM lock l JOIN pg_catalog.pg_class c ON c.oid = l.relation
  WHERE l.locktype = 'relation'
    AND (l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
         OR l.mode = 'RowExclusiveLock' AND c.relname = 'django_migrations')
)
SELECT n.nspname::text, p.pid, ''::text FROM place p JOIN pg_catalog.pg_namespace n ON n.oid = p.namespace
UNION
SELECT NULL, a.pid, a.query FROM pg_catalog.pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
  AND a.state IN ('active', 'idle in transaction') AND a.query ~* '^\\s*(CREATE\\s+SCHEMA|SELECT\\s+clone_schema)\\M'
ORDER BY 2, 1
"""

# A hash of every row of the catalogue that says what a table is like, summed up for each schema. Columns count by their
# numbers and expressions by their trees, which costs next to nothing; so schemas that differ here may still be equal,
# but those that do not differ are. A tree holds the sequence that a column takes its numbers from by its number; the
# name stands for it.
DIGESTS = """
WITH rel AS NOT MATERIALIZED (
  SELECT c.oid, c.relnamespace AS space, c.relname AS name, c.relkind AS kind
  FROM pg_class c
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND c.relnamespace = ANY (%(spaces)s::oid[])
    AND (%(tables)s::text[] IS NULL OR c.relname = ANY (%(tables)s::text[]))
), fact AS (
  SELECT r.space, 1 AS kind, count(*) AS number, sum(hashtextextended(
    ROW(r.name, r.kind, a.attnum, a.attname, a.atttypmod, a.attnotnull, a.attidentity, a.attgenerated, a.attcollation,
        CASE WHEN a.atttypid < 16384 THEN a.atttypid::text ELSE (
          SELECT ROW(t.typname, CASE WHEN t.typnamespace <> r.space THEN t.typnamespace END)::text
          FROM pg_type t WHERE t.oid = a.atttypid) END)::text, 1)) AS hash
  FROM pg_attribute a JOIN rel r ON r.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped GROUP BY 1
  UNION ALL
  SELECT r.space, 2, count(*), sum(hashtextextended(
    ROW(r.name, k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated, k.confupdtype, k.confdeltype,
        k.conkey, k.confkey, k.conexclop, k.conbin::text, t.relname,
        CASE WHEN t.relnamespace <> r.space THEN t.relnamespace END)::text, 2))
  FROM pg_constraint k JOIN rel r ON r.oid = k.conrelid LEFT JOIN pg_class t ON t.oid = k.confrelid
  WHERE k.contype IN ('p', 'u', 'c', 'f', 'x') GROUP BY 1
  UNION ALL
  SELECT r.space, 3, count(*), sum(hashtextextended(
    ROW(r.name, i.relname, i.relam, i.reloptions, x.indisunique, x.indisvalid, x.indnkeyatts, x.indkey, x.indoption,
        x.indclass, x.indcollation, x.indpred::text, x.indexprs::text, {nulls})::text, 3))
  FROM pg_index x JOIN rel r ON r.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid GROUP BY 1
  UNION ALL
  SELECT r.space, 4, count(*), sum(hashtextextended(
    ROW(r.name, d.adnum, regexp_replace(d.adbin::text, ':consttype 2205 [^}]*', '', 'g'), array(
      SELECT ROW(s.relname, CASE WHEN s.relnamespace <> r.space THEN s.relnamespace END)::text
      FROM pg_depend u JOIN pg_class s ON s.oid = u.refobjid
      WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid AND u.refclassid = 'pg_class'::regclass
        AND u.refobjid <> d.adrelid
      ORDER BY 1))::text, 4))
  FROM pg_attrdef d JOIN rel r ON r.oid = d.adrelid GROUP BY 1
  UNION ALL
  SELECT r.space, 5, count(*), sum(hashtextextended(
    ROW(r.name, t.tgname, t.tgtype, t.tgenabled, t.tgdeferrable, t.tginitdeferred, t.tgargs, p.proname,
        CASE WHEN p.pronamespace <> r.space THEN p.pronamespace END)::text, 5))
  FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE NOT t.tgisinternal GROUP BY 1
  UNION ALL
  SELECT r.space, 6, count(*), sum(hashtextextended(ROW(r.name, d.objsubid, d.description)::text, 6))
  FROM pg_description d JOIN rel r ON r.oid = d.objoid WHERE d.classoid = 'pg_class'::regclass GROUP BY 1
)
SELECT space::bigint, string_agg(kind || ':' || number || ':' || hash, ' ' ORDER BY kind) FROM fact GROUP BY space
"""

NUMBERS = "SELECT oid::bigint, nspname::text FROM pg_catalog.pg_namespace WHERE nspname = ANY (%s::text[])"

# The same for a few schemas, table by table, and exactly: a hash of every fact, summed. What is in the schema goes
# without its name, what is elsewhere with it: a foreign key to public is told from one inside. Columns are known by
# their names, because numbers have gaps where a column was dropped. `n` are NOT NULLs, which the columns tell. In what
# the server renders, a literal stays as it is, but for the name of a sequence.
PRINTS = """
WITH space AS MATERIALIZED (
  SELECT oid, nspname::text AS name, regexp_replace(quote_ident(nspname), '([^\\w])', '\\\\\\1', 'g') AS pattern,
         regexp_replace(replace(quote_ident(nspname), '''', ''''''), '([^\\w])', '\\\\\\1', 'g') AS inside
  FROM pg_namespace WHERE nspname = ANY (%(schemas)s::text[])
), rel AS MATERIALIZED (
  SELECT c.oid, c.relnamespace AS space, c.relname::text AS name, c.relkind::text AS kind, c.relhastriggers AS triggers
  FROM pg_class c JOIN space s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND (%(tables)s::text[] IS NULL OR c.relname = ANY (%(tables)s::text[]))
), col AS MATERIALIZED (
  SELECT a.attrelid AS rel, a.attnum AS number, a.attname::text AS name, a.atttypid AS type, a.atttypmod AS modifier,
         a.attnotnull AS required, a.attidentity::text AS identity, a.attgenerated::text AS generated,
         a.attcollation AS collation
  FROM pg_attribute a JOIN rel r ON r.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
), con AS MATERIALIZED (
  SELECT k.oid, k.conrelid AS rel, k.conname::text AS name, k.contype::text AS kind, k.confrelid AS target,
         ROW(k.condeferrable, k.condeferred, k.convalidated, k.confupdtype, k.confdeltype, k.conexclop)::text
           AS flags, k.conkey AS key, k.confkey AS target_key, k.conbin AS expression
  FROM pg_constraint k JOIN rel r ON r.oid = k.conrelid WHERE k.contype IN ('p', 'u', 'c', 'f', 'x')
), ind AS MATERIALIZED (
  SELECT x.indrelid AS rel, x.indexrelid AS oid, i.relname::text AS name, x.indkey::int2[] AS key,
         x.indpred, x.indexprs,
         ROW(i.relam, x.indisunique, x.indisvalid, x.indnkeyatts, x.indoption, x.indclass, x.indcollation,
                   i.reloptions, {nulls})::text AS flags
  FROM pg_index x JOIN rel r ON r.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
), text AS (
  SELECT d.adrelid AS rel, 'default ' || c.name AS what, pg_get_expr(d.adbin, d.adrelid) AS said
  FROM pg_attrdef d JOIN col c ON c.rel = d.adrelid AND c.number = d.adnum
  UNION ALL
  SELECT rel, 'check ' || name, pg_get_expr(expression, rel) FROM con WHERE expression IS NOT NULL
  UNION ALL
  SELECT rel, 'where ' || name, pg_get_expr(indpred, rel) FROM ind WHERE indpred IS NOT NULL
  UNION ALL
  SELECT rel, 'on ' || name, pg_get_expr(indexprs, rel) FROM ind WHERE indexprs IS NOT NULL
), fact AS (
  SELECT oid AS rel, hashtextextended(kind, 0) AS print FROM rel
  UNION ALL
  SELECT c.rel, hashtextextended(
    ROW(c.name, c.modifier, c.required, c.identity, c.generated,
              CASE WHEN c.type < 16384 THEN c.type::text
                   ELSE CASE WHEN t.typnamespace = r.space THEN '' ELSE n.nspname || '.' END || t.typname END,
              CASE WHEN c.collation < 16384 THEN c.collation::text
                   ELSE (SELECT collname::text FROM pg_collation WHERE oid = c.collation) END)::text, 1)
  FROM col c JOIN rel r ON r.oid = c.rel
  LEFT JOIN (pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace) ON c.type >= 16384 AND t.oid = c.type
  UNION ALL
  SELECT k.rel, hashtextextended(
    ROW(k.name, k.kind, k.flags,
              CASE WHEN t.relnamespace = r.space THEN '' ELSE n.nspname || '.' END || t.relname)::text, 2)
  FROM con k JOIN rel r ON r.oid = k.rel
  LEFT JOIN (pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace) ON k.kind = 'f' AND t.oid = k.target
  UNION ALL
  SELECT k.rel, hashtextextended(ROW(k.name, u.place, c.name)::text, 3)
  FROM con k CROSS JOIN unnest(k.key) WITH ORDINALITY AS u (number, place)
  JOIN col c ON c.rel = k.rel AND c.number = u.number
  UNION ALL
  SELECT k.rel, hashtextextended(ROW(k.name, u.place, a.attname)::text, 4)
  FROM con k CROSS JOIN unnest(k.target_key) WITH ORDINALITY AS u (number, place)
  JOIN pg_attribute a ON a.attrelid = k.target AND a.attnum = u.number
  WHERE k.kind = 'f'
  UNION ALL
  SELECT rel, hashtextextended(ROW(name, flags)::text, 5) FROM ind
  UNION ALL
  SELECT i.rel, hashtextextended(ROW(i.name, u.place, c.name)::text, 6)
  FROM ind i CROSS JOIN unnest(i.key) WITH ORDINALITY AS u (number, place)
  JOIN col c ON c.rel = i.rel AND c.number = u.number
  UNION ALL
  SELECT t.rel, hashtextextended(t.what || ' ' || regexp_replace(regexp_replace(regexp_replace(
    t.said, '(nextval\\('')' || s.inside || '\\.', '\\1', 'g'),
    '(''(?:[^'']|'''')*'')|(^|[^\\w"''$.])' || s.pattern || '\\.', '\\1\\2', 'g'), '\\s+', ' ', 'g'), 7)
  FROM text t JOIN rel r ON r.oid = t.rel JOIN space s ON s.oid = r.space
  UNION ALL
  SELECT t.tgrelid, hashtextextended(
    ROW(t.tgname, t.tgtype, t.tgenabled, t.tgdeferrable, t.tginitdeferred, p.proname,
              CASE WHEN p.pronamespace <> r.space THEN p.pronamespace END, encode(t.tgargs, 'hex'))::text, 8)
  FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid AND r.triggers JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE NOT t.tgisinternal
  UNION ALL
  SELECT d.objoid, hashtextextended(ROW(coalesce(c.name, ''), d.description)::text, 9)
  FROM pg_description d JOIN rel r ON r.oid = d.objoid
  LEFT JOIN col c ON c.rel = d.objoid AND c.number = d.objsubid
  WHERE d.classoid = 'pg_class'::regclass
)
SELECT s.name, r.name, sum(f.print)::text || ' ' || count(*)
FROM fact f JOIN rel r ON r.oid = f.rel JOIN space s ON s.oid = r.space GROUP BY s.name, r.name
"""


# A table that was never analysed has -1 rows; what statistics count may be newer, and an empty file has none.
STRAYS = """
SELECT n.nspname::text, count(*),
  CASE WHEN bool_and(c.reltuples >= 0 OR s.n_live_tup > 0 OR pg_relation_size(c.oid) = 0)
    THEN sum(greatest(c.reltuples, s.n_live_tup, 0))::bigint END,
  bool_or(c.relname = 'django_migrations' AND EXISTS (
    SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'applied'
      AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)))
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
WHERE n.nspname = ANY (%s::text[]) AND c.relkind = 'r'
GROUP BY 1
"""


def schemas(cursor: Any, also: Sequence[str]) -> dict[str, History]:
    """Return the schemas with a history, and those named in `also` that are there: what our role has of each one's."""
    return dict(fetch(cursor, SCHEMAS, list(also)))


def at_work(cursor: Any) -> tuple[tuple[str | None, int, str], ...]:
    """Return where other sessions make or change something: schema, process, and its statement.

    The schema is None where it may not be there yet, and only the statement tells which one it is.
    """
    return tuple((schema, process, query) for schema, process, query in fetch(cursor, AT_WORK))


def fingerprints(
    cursor: Any, version: int, names: Sequence[str], tables: Sequence[str] | None
) -> dict[str, dict[str, str]]:
    """Return the tables of each schema, each with a fingerprint; schemas with the same tables share one answer.

    `tables` restricts it to these names. The search path is changed until the transaction ends, unless every new
    cursor sets it anew: without a schema in it, the server names each one in what it renders.
    """
    nulls = "x.indnullsnotdistinct" if version >= 150000 else "false"
    only = list(tables) if tables is not None else None
    cursor.execute("SELECT set_config('search_path', 'pg_catalog', true)")
    spaces: dict[int, str] = dict(fetch(cursor, NUMBERS, list(names)))
    # By their numbers: of a list that it sees, the planner knows how many tables it means.
    cursor.execute(DIGESTS.replace("{nulls}", nulls), {"spaces": list(spaces), "tables": only})
    digest = dict.fromkeys(spaces.values(), "") | {spaces[number]: said for number, said in cursor.fetchall()}
    first: dict[str, str] = {}
    for name in sorted(digest):
        first.setdefault(digest[name], name)
    cursor.execute(PRINTS.replace("{nulls}", nulls), {"schemas": list(first.values()), "tables": only})
    found: dict[str, dict[str, str]] = {name: {} for name in first.values()}
    for name, table, fingerprint in cursor.fetchall():
        found[name][table] = fingerprint
    return {name: found[first[digest[name]]] for name in digest}


def digests(cursor: Any, names: Sequence[str]) -> tuple[str, ...]:
    """Return a digest of each history, in the order of the names: the same for the same migrations, whenever applied.

    All of them in one statement, so that none is locked, planned or waited for on its own.
    """
    parts = [
        f"SELECT {number}, coalesce(sum(hashtextextended(coalesce(app, ''),"
        f" hashtextextended(coalesce(name, ''), 0))), 0)::text || ' ' || count(*)"
        f" FROM {quoted(name)}.{HISTORY}"
        for number, name in enumerate(names)
    ]
    return tuple(digest for _, digest in sorted(fetch(cursor, " UNION ALL ".join(parts))))


def histories(cursor: Any, names: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the migrations that each history records, as often as it does."""
    parts = [
        f"SELECT {number}, coalesce(app, ''), coalesce(name, '') FROM {quoted(name)}.{HISTORY}"
        for number, name in enumerate(names)
    ]
    found: list[list[tuple[str, str]]] = [[] for _ in names]
    for number, app, name in fetch(cursor, " UNION ALL ".join(parts)):
        found[number].append((app, name))
    return tuple(map(tuple, found))


def contents(cursor: Any, names: Sequence[str]) -> dict[str, tuple[int, int | None, bool]]:
    """Return of each schema how many tables it has, how many rows about, and whether its history tells dates."""
    return {name: (tables, rows, dated) for name, tables, rows, dated in fetch(cursor, STRAYS, list(names))}


def spans(cursor: Any, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the days of the first and of the last migration that each history records; empty where there is none."""
    parts = [
        f"SELECT {number}, coalesce(to_char(min(applied), 'YYYY-MM-DD'), ''),"
        f" coalesce(to_char(max(applied), 'YYYY-MM-DD'), '') FROM {quoted(name)}.{HISTORY}"
        for number, name in enumerate(names)
    ]
    found = fetch(cursor, " UNION ALL ".join(parts)) if parts else ()
    return {names[number]: (first, last) for number, first, last in found}
