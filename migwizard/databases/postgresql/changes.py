"""Which tables changed between two moments, told from the versions of their catalogue rows.

A row of the catalogue is never changed in place by DDL: its new version has a new place (`ctid`) and the number of the
transaction that wrote it (`xmin`). What is changed in place is statistics (`reltuples`, `relhasindex`), and is not
seen here. What a snapshot shows of *other* tables (the names that a foreign key or a view refers to) is counted by its
text, because a renaming there leaves the rows of the referring table alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .catalogue import fetch

# Each line of `version` is a table and a number for one fact about it; the second argument of the hash tells the
# catalogues apart. NOT NULL, a constraint (`n`) since PostgreSQL 18, is told by the column. An index counts with its
# row in pg_class too, where its name and options are. Object ids from 16384 on are those of users.
FINGERPRINTS = """
WITH relation AS MATERIALIZED (
  SELECT c.oid, hashtextextended(c.ctid::text || c.xmin::text, 0) AS fact,
         CASE WHEN n.nspname = current_schema() THEN c.relname::text ELSE n.nspname || '.' || c.relname END AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND (n.oid = pg_my_temp_schema() OR n.nspname !~ '^pg_(toast_)?temp_')
), version AS (
  SELECT oid, fact FROM relation
  UNION ALL
  SELECT x.attrelid, hashtextextended(x.ctid::text || x.xmin::text, 1)
  FROM pg_attribute x JOIN relation r ON r.oid = x.attrelid WHERE x.attnum > 0
  UNION ALL
  SELECT x.adrelid, hashtextextended(x.ctid::text || x.xmin::text, 2) FROM pg_attrdef x
  UNION ALL
  SELECT x.conrelid, hashtextextended(x.ctid::text || x.xmin::text, 3) FROM pg_constraint x WHERE x.contype <> 'n'
  UNION ALL
  SELECT x.indrelid, hashtextextended(x.ctid::text || x.xmin::text || c.ctid::text || c.xmin::text, 4)
  FROM pg_index x JOIN relation r ON r.oid = x.indrelid JOIN pg_class c ON c.oid = x.indexrelid
  UNION ALL
  SELECT x.tgrelid, hashtextextended(x.ctid::text || x.xmin::text, 5) FROM pg_trigger x WHERE NOT x.tgisinternal
  UNION ALL
  SELECT x.objoid, hashtextextended(x.ctid::text || x.xmin::text, 6)
  FROM relation r JOIN pg_description x ON x.objoid = r.oid AND x.classoid = 'pg_class'::regclass
  UNION ALL
  SELECT x.ev_class, hashtextextended(x.ctid::text || x.xmin::text, 7) FROM pg_rewrite x
  UNION ALL
  SELECT x.refobjid, hashtextextended(x.ctid::text || x.xmin::text, 8)
  FROM pg_class s JOIN pg_depend x ON x.classid = 'pg_class'::regclass AND x.objid = s.oid
  WHERE s.relkind = 'S' AND x.refclassid = 'pg_class'::regclass AND x.deptype IN ('a', 'i')
  UNION ALL
  SELECT x.conrelid, hashtextextended(concat_ws(' ', c.relnamespace, c.relname, a.attnum, a.attname), 9)
  FROM pg_constraint x
  JOIN pg_class c ON c.oid = x.confrelid
  CROSS JOIN unnest(x.confkey) AS k (number)
  JOIN pg_attribute a ON a.attrelid = x.confrelid AND a.attnum = k.number
  WHERE x.contype = 'f'
  UNION ALL
  SELECT w.ev_class, hashtextextended(concat_ws(' ', c.oid, c.relnamespace, c.relname, a.attnum, a.attname), 10)
  FROM pg_rewrite w
  JOIN pg_depend x ON x.classid = 'pg_rewrite'::regclass AND x.objid = w.oid AND x.refclassid = 'pg_class'::regclass
  JOIN pg_class c ON c.oid = x.refobjid
  LEFT JOIN pg_attribute a ON a.attrelid = x.refobjid AND a.attnum = x.refobjsubid AND x.refobjsubid > 0
  WHERE w.oid >= 16384
)
SELECT r.key, concat_ws(' ', r.oid, t.facts, t.sum)
FROM relation r
JOIN (SELECT oid, count(*) AS facts, sum(fact) AS sum FROM version GROUP BY oid) t ON t.oid = r.oid
"""


def fingerprints(cursor: Any) -> dict[str, str]:
    """Return, for each table and view of the users' schemas, a text that is another one after every change of it."""
    return dict(fetch(cursor, FINGERPRINTS))


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    """Return the names that are on one side only, or differ."""
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
