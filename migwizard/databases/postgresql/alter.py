"""The statements that bring tables of PostgreSQL from one shape to another: a pure function of both.

Everything that others hang on goes first and comes last: foreign keys, then triggers, indexes and constraints, then
tables and columns. So several tables at once can change whatever they have to do with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from migwizard.core.schema import Constraint, Index, Table, Trigger, View
from migwizard.core.schema.members import Pairing, columns_of, mentions_any, names_any, pair, parted, texts_of
from migwizard.core.schema.names import quoted

from ..altering import Targets, changes, check_views, fills_of, without_foreign_keys
from ..base import CannotAlter
from .alter_columns import add_column, alter_column, comment
from .alter_foreign import foreign_keys
from .definitions import (
    Facts,
    constraint_definition,
    create_index,
    create_table,
    inside,
    literal,
)
from .drafts import Draft, not_in_place, rename_constraint, touched_columns
from .expressions import expression


def statements(
    live: Mapping[str, Table],
    targets: Targets,
    fills: Sequence[tuple[str, str, str]] = (),
    views: Sequence[View] = (),
    facts: Facts | None = None,
) -> tuple[str, ...]:
    """Return the statements in order. Arguments and errors are those of `Database.alter`."""
    found = changes(live, targets)
    draft = Draft(facts or Facts(), live, found, fills, _names(live))
    for change in found:
        if change.target is None:
            check_views(views, change.key, None)
            draft.phases.drop_tables.append(f"DROP TABLE {draft.facts.table(change.key)}")
        elif change.live is None:
            _create(draft, change.target)
        else:
            touched = touched_columns(draft.facts, change.live, change.target)
            check_views(views, change.key, sorted(touched))
            _alter(draft, change.live, change.target, touched)
    foreign_keys(draft)
    return draft.phases.statements()


def _names(live: Mapping[str, Table]) -> frozenset[str]:
    constraints = {one.name for table in live.values() for one in table.constraints}
    indexes = {one.name for table in live.values() for one in table.indexes}
    return frozenset(constraints | indexes | live.keys())


def _create(draft: Draft, table: Table) -> None:
    facts, phases = draft.facts, draft.phases
    phases.create_tables.append(create_table(facts, table))
    for column in table.columns:
        if column.nullable and column.identity == "serial":
            phases.create_tables.append(
                f"ALTER TABLE {facts.table(table.name)} ALTER COLUMN {quoted(column.name)} DROP NOT NULL"
            )
    later = tuple(one for one in table.constraints if one.kind != "foreign" and not inside(one))
    _add(draft, table.name, later, table.indexes, table.triggers)
    phases.rest += _comment(facts, None, table)
    for column in table.columns:
        phases.rest += comment(facts, table.name, replace(column, comment=None), column)


def _add(
    draft: Draft,
    key: str,
    constraints: Sequence[Constraint],
    indexes: Sequence[Index],
    triggers: Sequence[Trigger],
) -> None:
    facts, phases = draft.facts, draft.phases
    start = f"ALTER TABLE {facts.table(key)} ADD"
    phases.constraints += [f"{start} {constraint_definition(facts, one)}" for one in constraints]
    phases.indexes += [create_index(facts, key, one) for one in indexes]
    phases.rest += [_create_trigger(one) for one in triggers]


def _create_trigger(trigger: Trigger) -> str:
    if not trigger.definition.startswith(("CREATE TRIGGER ", "CREATE CONSTRAINT TRIGGER ")):
        raise CannotAlter(f"This is no trigger: {trigger.definition[:200]!r}.")
    return expression(trigger.definition)


def _comment(facts: Facts, live: Table | None, target: Table) -> Iterator[str]:
    """Yield the statement for a table's comment, if it is another one."""
    before, after = (live.comment if live is not None else None) or None, target.comment or None
    if before != after:
        text = literal(after) if after else "NULL"
        yield f"COMMENT ON TABLE {facts.table(target.name)} IS {text}"


def _alter(draft: Draft, live: Table, target: Table, touched: frozenset[str]) -> None:
    facts, phases, key = draft.facts, draft.phases, live.name
    start = f"ALTER TABLE {facts.table(key)}"
    constraints = _constraints(live, target, touched, draft.occupied)
    indexes = _indexes(live, target, touched, draft.occupied)
    triggers = parted(
        pair(live.triggers, target.triggers, lambda one: one),
        lambda _, one: names_any(one.definition.replace(quoted(key), ""), touched),
    )
    phases.drop_members += [
        f"DROP TRIGGER {quoted(one.name)} ON {facts.table(key)}" for one in triggers.dropped
    ]
    phases.drop_members += [f"DROP INDEX {facts.beside(key, one.name)}" for one in indexes.dropped]
    phases.drop_members += [f"{start} DROP CONSTRAINT {quoted(one.name)}" for one in constraints.dropped]
    unique = [one for one in constraints.dropped if one.kind in ("primary", "unique")]
    draft.loose += [(key, frozenset(one.columns)) for one in unique]
    draft.loose += [(key, frozenset(columns_of(one))) for one in indexes.dropped]
    _columns(draft, live, target, touched)
    phases.renames += [
        rename_constraint(facts, key, *one) for one in constraints.kept if one[0].name != one[1].name
    ]
    phases.renames += [
        f"ALTER INDEX {facts.beside(key, old.name)} RENAME TO {quoted(new.name)}"
        for old, new in indexes.kept
        if old.name != new.name
    ]
    phases.constraints += [
        f"{start} VALIDATE CONSTRAINT {quoted(new.name)}"
        for old, new in constraints.kept
        if new.validated and not old.validated
    ]
    _add(draft, key, constraints.added, indexes.added, triggers.added)
    phases.rest += _comment(facts, live, target)


def _columns(draft: Draft, live: Table, target: Table, touched: frozenset[str]) -> None:
    facts, found, key = draft.facts, draft.phases.columns, live.name
    values = fills_of(draft.fills, key)
    start = f"ALTER TABLE {facts.table(key)}"
    # What is computed from others goes before them and comes after them.
    anew = {column.name for column in live.columns if column.generated and column.name in touched}
    kept = {column.name for column in live.columns if target.column(column.name) is not None}
    again = {column.name for column in target.columns if column.name in kept & touched and column.generated}
    gone = [column.name for column in live.columns if column.name not in kept or column.name in again]
    gone.sort(key=lambda name: name not in anew)
    found += [f"{start} DROP COLUMN {quoted(name)}" for name in gone]
    stay = [(old, column) for column in target.columns if (old := live.column(column.name)) is not None]
    # One that is no longer computed must not hang any more on what changes.
    for old, column in sorted(stay, key=lambda each: not each[0].generated):
        if column.name not in again:
            found += alter_column(facts, key, old, column, values.get(column.name))
    new = [column for column in target.columns if column.name not in kept or column.name in again]
    for column in sorted(new, key=lambda column: bool(column.generated)):
        found += add_column(facts, key, column, values.get(column.name))


def _constraints(
    live: Table, target: Table, touched: frozenset[str], occupied: frozenset[str]
) -> Pairing[Constraint]:
    """Return what becomes of the constraints that are no foreign keys."""

    def essence(one: Constraint) -> Constraint:
        return replace(one, name="", validated=True)

    def apart(old: Constraint, new: Constraint) -> bool:
        if old.kind in ("primary", "unique"):
            # With the type of their columns, they are rebuilt by the server.
            anew = not touched.isdisjoint((*old.columns, *old.include)) and _is_made_anew(
                live, target, touched & {*old.columns, *old.include}
            )
        else:
            anew = mentions_any(old, touched)
        return anew or not_in_place(old, new, occupied)

    return parted(pair(without_foreign_keys(live), without_foreign_keys(target), essence), apart)


def _is_made_anew(live: Table, target: Table, columns: frozenset[str]) -> bool:
    """Tell whether one of these columns is dropped on the way, and not only given another type."""
    pairs = ((live.column(name), target.column(name)) for name in columns)
    return any(old is None or new is None or bool(old.generated) or bool(new.generated) for old, new in pairs)


def _indexes(live: Table, target: Table, touched: frozenset[str], occupied: frozenset[str]) -> Pairing[Index]:
    def apart(old: Index, new: Index) -> bool:
        if old.name != new.name and new.name in occupied:
            return True
        if not mentions_any(old, touched):
            return False
        # An operator class or an expression may not fit the new type, or be printed in another way.
        fragile = any(part.opclass or part.collation for part in old.parts) or any(texts_of(old))
        return fragile or _is_made_anew(live, target, touched & {*columns_of(old), *old.include})

    return parted(pair(live.indexes, target.indexes, lambda one: replace(one, name="")), apart)
