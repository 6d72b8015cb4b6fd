"""The statements that bring tables of SQLite from one shape to another: a pure function of both.

A column or an index is added as it is. For everything else SQLite's own way is taken (https://www.sqlite.org/
lang_altertable.html, "Making Other Kinds Of Table Schema Changes"): a new table, a copy of the rows, and the new table
in place of the old one. Foreign keys must be off meanwhile, as they are wherever a plan is executed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from migwizard.core.schema import Column, Constraint, Index, Table, Trigger, View
from migwizard.core.schema.members import pair
from migwizard.core.schema.names import quoted

from ..altering import Change, Targets, changes, check_views, fills_of, listed
from ..base import CannotAlter
from .definitions import (
    column_definition,
    create_index,
    create_table,
    literal,
    numbered,
    place,
)
from .tokens import Token, by_commas, closing, folded, normal, tokenize
from .wording import behind_name

ROW_NUMBERS = ("rowid", "_rowid_", "oid")

CONSTANTS = ("string", "number", "blob")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the statements need to know of the database beyond the tables."""

    attached: Mapping[str, str] = field(default_factory=dict)
    """Attached databases by the keys of the tables in them, which begin with their name and a full stop."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The CREATE TABLE statements, by the keys of the tables."""
    triggers: Mapping[str, str] = field(default_factory=dict)
    """The CREATE TRIGGER statements, by their names."""
    taken: frozenset[str] = frozenset()
    """Folded names of all tables, indexes and views."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What stands behind the name in the CREATE TABLE statements of targets that are known, by the keys."""

    def split(self, key: str) -> tuple[str, str]:
        """Return the schema of a table, empty for `main`, and its name."""
        schema = self.attached.get(key, "")
        return schema, key[len(schema) + 1 :] if schema else key


@dataclass(slots=True)
class Phases:
    """The statements, by when they can run."""

    drop: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)


def statements(
    live: Mapping[str, Table],
    targets: Targets,
    fills: Sequence[tuple[str, str, str]] = (),
    views: Sequence[View] = (),
    facts: Facts | None = None,
) -> tuple[str, ...]:
    """Return the statements in order. Arguments and errors are those of `Database.alter`."""
    facts, phases = facts or Facts(), Phases()
    for change in changes(live, targets):
        schema, name = facts.split(change.key)
        if change.target is None:
            check_views(views, change.key, None)
            phases.drop.append(f"DROP TABLE {place(schema, name)}")
            continue
        check_views(views, change.key, change.dropped_columns)
        target = _at_home(change.target, schema)
        if change.live is None:
            phases.tables.append(_create(facts, change.key, target, place(schema, name), ""))
            _members(phases, schema, target, target.indexes, target.triggers, facts)
        else:
            _alter(phases, facts, change, target, fills_of(fills, change.key))
    return (*phases.drop, *phases.tables, *phases.indexes, *phases.triggers)


def _at_home(table: Table, schema: str) -> Table:
    """Return a table of an attached database with the names that it has there; they are never qualified."""
    if not schema:
        return table
    prefix = f"{schema}."
    constraints = tuple(
        replace(one, references=(one.references[0].removeprefix(prefix), one.references[1]))
        if one.references is not None
        else one
        for one in table.constraints
    )
    return replace(table, name=table.name.removeprefix(prefix), constraints=constraints)


def _members(
    phases: Phases,
    schema: str,
    table: Table,
    indexes: Sequence[Index],
    triggers: Sequence[Trigger],
    facts: Facts,
) -> None:
    phases.indexes += [create_index(schema, table.name, one) for one in indexes]
    phases.triggers += [_create_trigger(one, schema, facts) for one in triggers]


def _create_trigger(trigger: Trigger, schema: str, facts: Facts) -> str:
    tokens = tokenize(trigger.definition)
    if [token.word for token in tokens[:2]] != ["CREATE", "TRIGGER"]:
        raise CannotAlter(f"This is no trigger: {trigger.definition[:200]!r}.")
    if schema:
        # The text in the catalogue does not name the schema, and would make the trigger in `main`.
        return trigger.definition.replace("CREATE TRIGGER ", f"CREATE TRIGGER {quoted(schema)}.", 1)
    text = facts.triggers.get(trigger.name, "")
    return text if text and normal(tokenize(text)) == normal(tokens) else trigger.definition


def _alter(phases: Phases, facts: Facts, change: Change, target: Table, fills: Mapping[str, str]) -> None:
    assert change.live is not None
    schema, _ = facts.split(change.key)
    live = _at_home(change.live, schema)
    indexes = pair(live.indexes, target.indexes, lambda one: one)
    triggers = pair(live.triggers, target.triggers, lambda one: one)
    added = _addable(live, target, fills)
    words, text = facts.words.get(change.key), facts.texts.get(change.key)
    # One that another step renames before has no text under this name.
    same = words is None or (text is not None and words == behind_name(text))
    if added is None or not same:
        # The table goes with its indexes and triggers.
        phases.tables += _rebuilt(facts, change.key, live, target, fills)
        _members(phases, schema, target, target.indexes, target.triggers, facts)
        return
    phases.drop += [f"DROP TRIGGER {place(schema, one.name)}" for one in triggers.dropped]
    phases.drop += [f"DROP INDEX {place(schema, one.name)}" for one in indexes.dropped]
    start = f"ALTER TABLE {place(schema, target.name)} ADD COLUMN"
    phases.tables += [f"{start} {column_definition(column, inline)}" for column, inline in added]
    _members(phases, schema, target, indexes.added, triggers.added, facts)


Addition = tuple[Column, tuple[Constraint, ...]]


def _addable(live: Table, target: Table, fills: Mapping[str, str]) -> list[Addition] | None:
    """Return the columns to add with their constraints when that is all that the table itself needs; else None."""
    count = len(live.columns)
    if target.columns[:count] != live.columns:
        return None
    constraints = pair(live.constraints, target.constraints, lambda one: one)
    if constraints.dropped:
        return None
    left = list(constraints.added)
    added: list[Addition] = []
    for column in target.columns[count:]:
        inline = tuple(one for one in left if _part_of(one, column))
        left = [one for one in left if one not in inline]
        if column.name in fills or not _may_be_added(column, inline):
            return None
        added.append((column, inline))
    return None if left else added


def _part_of(one: Constraint, column: Column) -> bool:
    return one.kind in ("foreign", "check") and one.columns == (column.name,)


def _may_be_added(column: Column, inline: Sequence[Constraint]) -> bool:
    """Tell whether ALTER TABLE takes the column, whatever rows there are."""
    if column.identity or (column.generated or "").startswith("stored"):
        return False
    if column.default is None:
        return column.nullable
    tokens = tokenize(column.default)
    constant = tokens[-1].kind in CONSTANTS and len(tokens) <= 2
    # A column that refers to something must begin as NULL.
    return constant and not any(one.kind == "foreign" for one in inline)


def _create(facts: Facts, key: str, table: Table, as_name: str, options: str) -> str:
    """Return the statement that makes a table under a name: in the words of its definition, if they are known."""
    words = facts.words.get(key)
    return create_table(table, as_name, options) if words is None else f"CREATE TABLE {as_name} {words}"


def _rebuilt(facts: Facts, key: str, live: Table, target: Table, fills: Mapping[str, str]) -> Iterator[str]:
    """Yield the statements that put a new table in place of the old one, its rows and their numbers kept."""
    schema, _ = facts.split(key)
    words = facts.words.get(key)
    options = options_of(facts.texts.get(key, ""), live) if words is None else _options(tokenize(words))
    new = _free_name(facts, f"new__{target.name}")
    old_place, new_place = place(schema, live.name), place(schema, new)
    yield _create(facts, key, target, new_place, options)
    yield _copy(live, target, fills, old_place, new_place, "WITHOUT ROWID" in options)
    if "autoincrement" in {one.identity for one in live.columns} & {one.identity for one in target.columns}:
        sequence = place(schema, "sqlite_sequence")
        yield f"DELETE FROM {sequence} WHERE name = {_text(new)}"
        yield (
            f"INSERT INTO {sequence} (name, seq) "
            f"SELECT {_text(new)}, seq FROM {sequence} WHERE name = {_text(live.name)}"
        )
    yield f"DROP TABLE {old_place}"
    # Otherwise renaming fails while a view or a trigger of another table refers to the one that is gone.
    yield "PRAGMA legacy_alter_table = ON"
    yield f"ALTER TABLE {new_place} RENAME TO {quoted(target.name)}"
    yield "PRAGMA legacy_alter_table = OFF"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _free_name(facts: Facts, wanted: str) -> str:
    name, number = wanted, 2
    while folded(name) in facts.taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def _copy(
    live: Table, target: Table, fills: Mapping[str, str], old: str, new: str, without_rowid: bool
) -> str:
    """Return the statement that copies the rows."""
    sources = {folded(column.name): column for column in live.columns}
    into: list[str] = []
    values: list[str] = []
    number = None if without_rowid else row_number(live)
    for column in target.columns:
        source, fill = sources.get(folded(column.name)), fills.get(column.name)
        if column.generated:
            continue
        if source is not None:
            value = quoted(source.name)
            if fill is not None and not column.nullable:
                value = f"coalesce({value}, {literal(column, fill)})"
        elif fill is not None:
            value = literal(column, fill)
        elif column == numbered(target) and number is not None:
            value = number
        else:
            continue
        into.append(column.name)
        values.append(value)
    own = row_number(target)
    if numbered(target) is None and number is not None and own is not None:
        into.insert(0, own)
        values.insert(0, number)
    if not into:
        raise CannotAlter(f"No column of table {target.name} would be as before, so its rows cannot be kept.")
    return f"INSERT INTO {new} ({listed(into)}) SELECT {', '.join(values)} FROM {old}"


def row_number(table: Table) -> str | None:
    """Return a name for the number of a row that no column has."""
    names = {folded(column.name) for column in table.columns}
    return next((name for name in ROW_NUMBERS if name not in names), None)


def options_of(text: str, table: Table) -> str:
    """Return what stands behind the parentheses of a CREATE TABLE: `STRICT`, `WITHOUT ROWID`, or nothing.

    Raises:
        CannotAlter: when the text has something that a table made anew would not have.
    """
    tokens = tokenize(text)
    words = [token.word for token in tokens]
    if ("ON", "CONFLICT") in pairwise(words):
        raise CannotAlter(f"Table {table.name} has an ON CONFLICT clause, which a new table would not have.")
    for number, word in enumerate(words[: len(words) - 1]):
        key = word == "UNIQUE" or (word == "KEY" and words[number - 1] == "PRIMARY")
        if key and tokens[number + 1].is_symbol("("):
            _check_key(tokens[number + 2 : closing(tokens, number + 1)], table)
    return _options(tokens)


def _options(tokens: Sequence[Token]) -> str:
    start = next((number for number, token in enumerate(tokens) if token.is_symbol("(")), len(tokens))
    behind = tokens[closing(tokens, start) + 1 :]
    return ", ".join(" ".join(token.word for token in part) for part in by_commas(behind) if part)


def _check_key(tokens: Sequence[Token], table: Table) -> None:
    if any(token.word in ("COLLATE", "DESC") for token in tokens):
        raise CannotAlter(
            f"Table {table.name} has a key with a collation or an order of its own, which a new table would not have."
        )
