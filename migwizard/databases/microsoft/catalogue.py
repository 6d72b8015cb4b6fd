"""The catalogue queries of SQL Server: a dozen for a whole schema, whatever its size.

They name only what every version from 2017 (14) on has, and Azure SQL Database. None has a GROUP BY: mssql-django
rewrites the parameters of statements in which these words stand.

The queries whose name ends with IN are restricted to schemas and, at will, to names by `where`; those whose name ends
with OF to objects by their numbers, which is much faster than to join the objects again; the others are complete.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

Row = tuple[Any, ...]

MOST_NAMES = 1000
"""How many names a query may list; the server takes 2,100 parameters."""

MOST_NUMBERS = 500
"""How many objects one query asks for; a much longer list takes the server long to plan."""

# A literal has the collation of the database.
PLACE = """
SELECT SCHEMA_NAME(), CAST(SQL_VARIANT_PROPERTY(CAST(N'' AS nvarchar(1)), 'Collation') AS nvarchar(128))
"""

# What the role may not see is not in the catalogue, and what it may see only in part has NULL for its definition.
MAY_SEE = """
SELECT SCHEMA_ID(%s), HAS_PERMS_BY_NAME(QUOTENAME(%s), 'SCHEMA', 'VIEW DEFINITION'), IS_SRVROLEMEMBER('sysadmin'),
       IS_MEMBER('db_owner'), USER_NAME()
"""

DESCRIPTION = """
SELECT DB_NAME(), SCHEMA_NAME(), SUSER_SNAME(), USER_NAME(),
       CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), CAST(SERVERPROPERTY('EngineEdition') AS int),
       CAST(SERVERPROPERTY('Edition') AS nvarchar(128)), @@SERVERNAME
"""

SCHEMAS = "SELECT name FROM sys.schemas WHERE name NOT IN (N'sys', N'INFORMATION_SCHEMA', N'guest')"

ALL_TABLES = """
SELECT o.object_id, s.name, o.name FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
"""

TABLES_IN = """
SELECT t.object_id, s.name, t.name, t.temporal_type, t.is_external, t.is_memory_optimized
FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND
"""

# One row a partition of the heap or clustered index.
ROWS_OF = """
SELECT p.object_id, p.partition_number, p.rows
FROM sys.partitions p
WHERE p.index_id IN (0, 1) AND p.object_id
"""

COLUMNS_OF = """
SELECT c.object_id, c.column_id, c.name, y.name, ys.name, c.max_length, c.precision, c.scale,
       c.is_nullable, c.collation_name, c.is_identity, c.generated_always_type
FROM sys.columns c
JOIN sys.types y ON y.user_type_id = c.user_type_id
LEFT JOIN sys.schemas ys ON ys.schema_id = y.schema_id AND y.is_user_defined = 1
WHERE c.object_id
"""

COMPUTED_OF = """
SELECT c.object_id, c.column_id, c.definition, c.is_persisted
FROM sys.computed_columns c
WHERE c.object_id
"""

DEFAULTS_OF = """
SELECT d.parent_object_id, d.parent_column_id, d.definition, d.name
FROM sys.default_constraints d
WHERE d.parent_object_id
"""

KEYS_OF = """
SELECT k.parent_object_id, k.name, k.is_system_named
FROM sys.key_constraints k
WHERE k.parent_object_id
"""

CHECKS_OF = """
SELECT k.parent_object_id, k.name, k.is_system_named, k.definition, k.is_not_trusted,
       k.is_disabled
FROM sys.check_constraints k
WHERE k.parent_object_id
"""

# One row a pair of columns.
FOREIGN_OF = """
SELECT f.object_id, k.constraint_column_id, f.parent_object_id, f.name, f.is_system_named,
       f.delete_referential_action_desc, f.update_referential_action_desc, f.is_not_trusted,
       k.parent_column_id, rs.name, r.name, rc.name, f.is_disabled
FROM sys.foreign_keys f
JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id
JOIN sys.tables r ON r.object_id = f.referenced_object_id JOIN sys.schemas rs ON rs.schema_id = r.schema_id
JOIN sys.columns rc ON rc.object_id = k.referenced_object_id AND rc.column_id = k.referenced_column_id
WHERE f.parent_object_id
"""

INDEXES_OF = """
SELECT i.object_id, i.index_id, i.name, i.type_desc, i.is_unique, i.is_primary_key, i.is_unique_constraint,
       i.is_disabled, i.filter_definition, i.ignore_dup_key
FROM sys.indexes i
WHERE i.index_id > 0 AND i.is_hypothetical = 0 AND i.object_id
"""

INDEX_COLUMNS_OF = """
SELECT x.object_id, x.index_id, x.key_ordinal, x.index_column_id, x.column_id, x.is_descending_key,
       x.is_included_column
FROM sys.index_columns x
WHERE x.object_id
"""

# Tables whose rows lie in a partition scheme.
PARTITIONED_OF = """
SELECT i.object_id
FROM sys.indexes i
JOIN sys.data_spaces d ON d.data_space_id = i.data_space_id
WHERE i.index_id IN (0, 1) AND d.type = 'PS' AND i.object_id
"""

TRIGGERS_OF = """
SELECT g.parent_id, g.name, m.definition
FROM sys.triggers g
LEFT JOIN sys.sql_modules m ON m.object_id = g.object_id
WHERE g.is_ms_shipped = 0 AND g.parent_id
"""

VIEWS_IN = """
SELECT t.object_id, s.name, t.name
FROM sys.views t JOIN sys.schemas s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND
"""

DEFINITIONS_OF = "SELECT m.object_id, m.definition FROM sys.sql_modules m WHERE m.object_id"

INDEXED_VIEWS_OF = "SELECT i.object_id FROM sys.indexes i WHERE i.index_id = 1 AND i.object_id"

# The column is told for views WITH SCHEMABINDING alone.
DEPENDENCIES_OF = """
SELECT d.referencing_id, os.name, o.name, c.name
FROM sys.sql_expression_dependencies d
JOIN sys.objects o ON o.object_id = d.referenced_id AND o.type IN ('U', 'V')
JOIN sys.schemas os ON os.schema_id = o.schema_id
LEFT JOIN sys.columns c ON c.object_id = d.referenced_id AND c.column_id = d.referenced_minor_id
WHERE d.referencing_id
"""


def fetch(cursor: Any, query: str, *parameters: Any) -> list[Row]:
    """Run a query and return all rows."""
    # Without parameters, percent signs are taken as they are.
    cursor.execute(query, list(parameters) or None)
    return list(cursor.fetchall())


def where(schemas: Collection[str], names: Collection[str] | None) -> tuple[str, tuple[str, ...]]:
    """Return the condition that restricts a query to schemas and, where given, to names, with its parameters.

    More names than a query may list are no restriction: whoever asks leaves out what is too much.
    """
    condition = f"s.name IN ({placeholders(schemas)})"
    if names is None or len(names) > MOST_NAMES:
        return condition, tuple(schemas)
    return f"{condition} AND t.name IN ({placeholders(names)})", (*schemas, *names)


def fetch_of(cursor: Any, query: str, numbers: Sequence[int], order: Callable[[Row], Any]) -> list[Row]:
    """Run a query for objects, and return all rows in an order."""
    found: list[Row] = []
    for start in range(0, len(numbers), MOST_NUMBERS):
        some = ", ".join(str(int(number)) for number in numbers[start : start + MOST_NUMBERS])
        found += fetch(cursor, f"{query.rstrip()} IN ({some})")
    return sorted(found, key=order)


def placeholders(values: Collection[Any]) -> str:
    """Return as many placeholders as there are values."""
    return ", ".join(["%s"] * len(values))


def by_table(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """Return rows by their first value, in the order in which they came."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found
