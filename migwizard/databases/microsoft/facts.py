"""What altering tables of SQL Server needs to know beyond their shapes: names that the server made up, and whatever
would be lost with a table that is made anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from migwizard.core.schema import Constraint, Table
from migwizard.core.schema.names import bracketed

from ..altering import Change
from ..base import CannotAlter
from .catalogue import SCHEMAS, fetch, placeholders
from .members import ACTIONS
from .types import text

Place = tuple[str, str]
"""A schema and a name, or a table's key and a column."""

OF = "JOIN sys.tables t ON t.object_id = {0} JOIN sys.schemas s ON s.schema_id = t.schema_id"

TABLES = "SELECT s.name, t.name FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id WHERE t.name IN ({})"

TAKEN = (
    "SELECT o.name FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE s.name IN ({})"
)

DEFAULTS = f"""
SELECT s.name, t.name, c.name, d.name
FROM sys.default_constraints d {OF.format("d.parent_object_id")}
JOIN sys.columns c ON c.object_id = d.parent_object_id AND c.column_id = d.parent_column_id
WHERE t.name IN ({{}})
"""

# The index of a key has its name.
KEYS = f"""
SELECT s.name, t.name, i.index_id, i.name, i.is_primary_key, i.type_desc, c.name
FROM sys.indexes i {OF.format("i.object_id")}
JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id
JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id
WHERE t.name IN ({{}}) AND (i.is_primary_key = 1 OR i.is_unique_constraint = 1) AND x.key_ordinal > 0
ORDER BY i.object_id, i.index_id, x.key_ordinal
"""

CHECKS = f"""
SELECT s.name, t.name, k.name, k.definition
FROM sys.check_constraints k {OF.format("k.parent_object_id")}
WHERE t.name IN ({{}})
"""

FOREIGN = f"""
SELECT s.name, t.name, f.object_id, f.name, rs.name, r.name, c.name, rc.name,
       f.delete_referential_action_desc, f.update_referential_action_desc
FROM sys.foreign_keys f {OF.format("f.parent_object_id")}
JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id
JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
JOIN sys.tables r ON r.object_id = f.referenced_object_id JOIN sys.schemas rs ON rs.schema_id = r.schema_id
JOIN sys.columns rc ON rc.object_id = k.referenced_object_id AND rc.column_id = k.referenced_column_id
WHERE t.name IN ({{}})
ORDER BY f.object_id, k.constraint_column_id
"""

STATISTICS = f"""
SELECT s.name, t.name, x.name, c.name, x.filter_definition
FROM sys.stats x {OF.format("x.object_id")}
JOIN sys.stats_columns k ON k.object_id = x.object_id AND k.stats_id = x.stats_id
JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE x.user_created = 1 AND t.name IN ({{}})
ORDER BY x.object_id, x.stats_id, k.stats_column_id
"""

KNOWS_STATISTICS = "SELECT OBJECT_ID(N'sys.stats_columns')"

GRANTS = f"""
SELECT s.name, t.name, COALESCE(c.name, N''), p.state_desc, p.permission_name, u.name
FROM sys.database_permissions p {OF.format("p.major_id")}
JOIN sys.database_principals u ON u.principal_id = p.grantee_principal_id
LEFT JOIN sys.columns c ON c.object_id = p.major_id AND c.column_id = p.minor_id
WHERE p.class = 1 AND t.name IN ({{}})
"""

PROPERTIES = f"""
SELECT s.name, t.name, COALESCE(c.name, N''), e.name, CAST(e.value AS nvarchar(4000))
FROM sys.extended_properties e {OF.format("e.major_id")}
LEFT JOIN sys.columns c ON c.object_id = e.major_id AND c.column_id = e.minor_id
WHERE e.class = 1 AND t.name IN ({{}})
"""

OFF = f"""
SELECT s.name, t.name, g.name
FROM sys.triggers g {OF.format("g.parent_id")}
WHERE g.is_disabled = 1 AND t.name IN ({{}})
"""

TRACKED = """
SELECT s.name, t.name FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id
WHERE t.name IN ({}) AND (t.is_tracked_by_cdc = 1 OR t.is_replicated = 1 OR t.is_filetable = 1
  OR EXISTS (SELECT 1 FROM sys.change_tracking_tables k WHERE k.object_id = t.object_id)
  OR EXISTS (SELECT 1 FROM sys.fulltext_indexes k WHERE k.object_id = t.object_id))
"""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics that a user has made, which a column cannot be altered under."""

    name: str
    columns: tuple[str, ...]
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the statements need to know of the server beyond the tables."""

    home: str = ""
    """The schema of tables whose key is their bare name."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Schema and name of those tables whose key has a full stop in it, and that are in another schema."""
    defaults: Mapping[Place, str] = field(default_factory=dict)
    """Name of the default constraint, by table and column."""
    given: Mapping[tuple[str, Constraint], tuple[str, ...]] = field(default_factory=dict)
    """Names of constraints, by table and what they do."""
    clustered: Mapping[tuple[str, Constraint], bool] = field(default_factory=dict)
    """Whether the rows are in the order of a key, by table and key."""
    statistics: Mapping[str, tuple[Statistics, ...]] = field(default_factory=dict)
    belongings: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    """Statements that give a table, or with a name a column of it, its permissions and properties again."""
    tracked: frozenset[str] = frozenset()
    """Tables whose changes something follows, which would be lost with the table."""
    taken: frozenset[str] = frozenset()
    """Names of everything that is in the schemas in question."""

    def place(self, key: str) -> Place:
        """Return schema and name of a table."""
        return self.places.get(key, (self.home, key))

    def table(self, key: str) -> str:
        """Return a table as it is written in SQL."""
        return written(*self.place(key))

    def beside(self, key: str, name: str) -> str:
        """Return something in the schema of a table as it is written in SQL."""
        return written(self.place(key)[0], name)

    def name(self, key: str, constraint: Constraint) -> str:
        """Return the name of a constraint as it is; a snapshot leaves out one that the server has made up.

        Raises:
            CannotAlter: when there is no such constraint, or more than one.
        """
        if constraint.name:
            return constraint.name
        found = self.given.get((key, essence(constraint)), ())
        if len(found) != 1:
            raise CannotAlter(
                f"The {constraint.kind} constraint of {key} on {', '.join(constraint.columns)} has no name of its own,"
                f" and {len(found)} fit."
            )
        return found[0]


def written(*parts: str) -> str:
    """Return a name of several parts as it is written in SQL."""
    return ".".join(bracketed(part) for part in parts if part)


def essence(one: Constraint) -> Constraint:
    """Return what a constraint does, whatever it is called and whoever trusts it."""
    columns = () if one.kind == "check" else one.columns
    return replace(
        one, name="", columns=columns, validated=True, enforced=True, deferrable="", nulls_distinct=True
    )


def read_facts(cursor: Any, live: Mapping[str, Table], changed: Collection[Change]) -> Facts:
    """Return what altering these tables needs to know.

    Raises:
        CannotAlter: when a name may mean two tables.
    """
    ((home,),) = fetch(cursor, "SELECT SCHEMA_NAME()")
    home = home or "dbo"
    if not changed:
        return Facts(home)
    targets = [change.target for change in changed if change.target is not None]
    places = _places(cursor, home, sorted(set(_dotted_keys(live, targets))))
    facts = Facts(home, places)
    keys = {facts.place(key): key for key in (*live, *(change.key for change in changed))}
    names = sorted({name for (_, name), key in keys.items() if _concerned(key, live, changed)})
    reading = _Facts(cursor, keys, names)
    return replace(
        facts,
        defaults={(key, column): name for key, column, name in reading.rows(DEFAULTS)},
        given={one: tuple(found) for one, found in reading.given().items()},
        clustered=reading.clustered,
        statistics=reading.statistics(),
        belongings=reading.belongings(facts),
        tracked=frozenset(key for (key,) in reading.rows(TRACKED)),
        taken=_taken(cursor, {home, *(schema for schema, _ in places.values())}),
    )


def _concerned(key: str, live: Mapping[str, Table], changed: Collection[Change]) -> bool:
    """Tell whether a table changes, or one of its foreign keys may have to give way."""
    altered = {change.key for change in changed}
    table = live.get(key)
    return key in altered or any(
        one.references is not None and one.references[0] in altered
        for one in (table.constraints if table is not None else ())
    )


@dataclass
class _Facts:
    """Facts while they are read."""

    cursor: Any
    keys: Mapping[Place, str]
    names: Collection[str]
    clustered: dict[tuple[str, Constraint], bool] = field(default_factory=dict)

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query for the tables in question, with their key in front."""
        for schema, name, *rest in fetch(self.cursor, query.format(placeholders(self.names)), *self.names):
            key = self.keys.get((schema, name))
            if key is not None:
                yield (key, *rest)

    def given(self) -> dict[tuple[str, Constraint], list[str]]:
        """Return the names of constraints by table and what they do."""
        found: dict[tuple[str, Constraint], list[str]] = defaultdict(list)
        by_key: dict[tuple[str, int], list[tuple[Any, ...]]] = defaultdict(list)
        for row in self.rows(KEYS):
            by_key[row[0], row[1]].append(row)
        for rows in by_key.values():
            table, _, name, primary, order, _ = rows[0]
            columns = tuple(row[5] for row in rows)
            one = Constraint("primary" if primary else "unique", "", columns)
            found[table, one].append(name)
            self.clustered[table, one] = order == "CLUSTERED"
        for table, name, definition in self.rows(CHECKS):
            # Its columns are told from its text, so that this tells all.
            found[table, Constraint("check", "", (), definition or "")].append(name)
        for one_of in self._foreign_keys():
            found[one_of[0]].append(one_of[1])
        return found

    def _foreign_keys(self) -> Iterator[tuple[tuple[str, Constraint], str]]:
        by_key: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in self.rows(FOREIGN):
            by_key[row[1]].append(row)
        for rows in by_key.values():
            table, _, name, schema, other, _, _, on_delete, on_update = rows[0]
            target = self.keys.get((schema, other), f"{schema}.{other}")
            one = Constraint(
                "foreign",
                "",
                tuple(row[5] for row in rows),
                references=(target, tuple(row[6] for row in rows)),
                on_delete=ACTIONS[on_delete],
                on_update=ACTIONS[on_update],
            )
            yield (table, one), name

    def statistics(self) -> dict[str, tuple[Statistics, ...]]:
        """Return the statistics of users by table."""
        columns: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        if fetch(self.cursor, KNOWS_STATISTICS) == [(None,)]:
            return {}
        for table, name, column, condition in self.rows(STATISTICS):
            columns[table, name, condition or ""].append(column)
        found: dict[str, list[Statistics]] = defaultdict(list)
        for (table, name, condition), names in columns.items():
            found[table].append(Statistics(name, tuple(names), condition))
        return {table: tuple(one) for table, one in found.items()}

    def belongings(self, facts: Facts) -> dict[Place, tuple[str, ...]]:
        """Return the statements that give tables and columns their permissions and properties again."""
        found: dict[Place, list[str]] = defaultdict(list)
        for table, column, state, permission, user in self.rows(GRANTS):
            found[table, column].append(grant(facts.table(table), column, state, permission, user))
        for table, column, name, value in self.rows(PROPERTIES):
            found[table, column].append(add_property(facts.place(table), column, name, value))
        for table, trigger in self.rows(OFF):
            found[table, ""].append(f"DISABLE TRIGGER {bracketed(trigger)} ON {facts.table(table)}")
        return {place: tuple(statements) for place, statements in found.items()}


def grant(table: str, column: str, state: str, permission: str, user: str) -> str:
    """Return the statement that gives a permission as `sys.database_permissions` has it."""
    verb, ending = ("GRANT", " WITH GRANT OPTION") if state.startswith("GRANT_WITH") else (state, "")
    of = f"({bracketed(column)})" if column else ""
    return f"{verb} {permission} ON {table}{of} TO {bracketed(user)}{ending}"


def add_property(place: Place, column: str, name: str, value: str | None) -> str:
    """Return the statement that gives a table or column an extended property."""
    parts = [f"@name = {text(name)}", f"@value = {text(value) if value is not None else 'NULL'}"]
    levels = (("SCHEMA", place[0]), ("TABLE", place[1]), ("COLUMN", column))
    for number, (level, of) in enumerate(levels):
        if of:
            parts += [f"@level{number}type = N'{level}'", f"@level{number}name = {text(of)}"]
    return f"EXEC sys.sp_addextendedproperty {', '.join(parts)}"


def _taken(cursor: Any, schemas: Collection[str]) -> frozenset[str]:
    return frozenset(name for (name,) in fetch(cursor, TAKEN.format(placeholders(schemas)), *schemas))


def _dotted_keys(live: Mapping[str, Table], targets: Collection[Table]) -> Iterator[str]:
    for table in (*live.values(), *targets):
        for key in (table.name, *(one.references[0] for one in table.constraints if one.references)):
            if "." in key:
                yield key


def _places(cursor: Any, home: str, keys: Collection[str]) -> Mapping[str, Place]:
    """Return schema and name for keys that have a schema in front."""
    if not keys:
        return {}
    schemas = {name for (name,) in fetch(cursor, SCHEMAS)} - {home}
    splits = {key: [place for place in _splits(key) if place[0] in schemas] for key in keys}
    called = sorted({*keys, *(name for found in splits.values() for _, name in found)})
    there = {(schema, name) for schema, name in fetch(cursor, TABLES.format(placeholders(called)), *called)}
    places: dict[str, Place] = {}
    for key, found in splits.items():
        real = [place for place in found if place in there]
        at_home = (home, key) in there
        if len(real) + at_home > 1:
            raise CannotAlter(f"{key} may be two tables: one of that name, and one in another schema.")
        if not at_home and found:
            places[key] = (real or found)[0]
    return places


def _splits(key: str) -> Iterator[Place]:
    parts = key.split(".")
    for place in range(1, len(parts)):
        yield ".".join(parts[:place]), ".".join(parts[place:])
