"""The statements that bring tables of SQL Server from one shape to another: a pure function of both.

Everything that others hang on goes first and comes last: foreign keys, then triggers, statistics, indexes and
constraints, then tables and columns. So several tables at once can change whatever they have to do with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from migwizard.core.schema import Constraint, Index, Table, Trigger, View
from migwizard.core.schema.members import Pairing, columns_of, mentions_any, names_any, pair, parted
from migwizard.core.schema.names import bracketed

from ..altering import Targets, changes, check_views, fills_of, without_foreign_keys
from ..base import CannotAlter
from .alter_columns import add_column, alter_column, drop_column
from .alter_foreign import foreign_keys, standing
from .definitions import add_constraint, create_index, create_table, create_trigger, listed, rename
from .drafts import Draft, hard_columns, needs_rebuild, not_in_place, touched_columns
from .expressions import sound
from .facts import Facts, Statistics, essence
from .rebuild import rebuild


def statements(
    live: Mapping[str, Table],
    targets: Targets,
    fills: Sequence[tuple[str, str, str]] = (),
    views: Sequence[View] = (),
    facts: Facts | None = None,
) -> tuple[str, ...]:
    """Return the statements in order. Arguments and errors are those of `Database.alter`."""
    found = changes(live, targets)
    facts = facts or Facts()
    draft = Draft(facts, live, found, fills, views, {*_names(live), *facts.taken})
    for change in found:
        if change.target is None:
            check_views(views, change.key, None)
            draft.phases.drop_tables.append(f"DROP TABLE {facts.table(change.key)}")
        elif change.live is None:
            draft.phases.create_tables.append(create_table(facts, change.target))
            _add_all(draft, change.target)
        else:
            _check_comments(change.live, change.target)
            touched = touched_columns(change.live, change.target)
            check_views(views, change.key, sorted(set(change.dropped_columns)))
            if needs_rebuild(change.live, change.target):
                rebuild(draft, change.live, change.target)
                _add_all(draft, change.target)
                draft.phases.rest += _belongings(draft, change.target)
                continue
            check_views(_bound(views), change.key, sorted(touched))
            _alter(draft, change.live, change.target, touched)
    foreign_keys(draft)
    return draft.phases.statements()


def _names(live: Mapping[str, Table]) -> frozenset[str]:
    constraints = {one.name for table in live.values() for one in table.constraints}
    return frozenset((constraints | live.keys()) - {""})


def _bound(views: Sequence[View]) -> tuple[View, ...]:
    """Return the views that let nothing be altered that they use."""
    return tuple(
        view
        for view in views
        if view.kind == "materialized-view" or "SCHEMABINDING" in view.definition.upper()
    )


def _check_comments(live: Table, target: Table) -> None:
    """Raise CannotAlter where a comment shall be another one: none is read on SQL Server."""
    before = {column.name: column.comment or "" for column in live.columns}
    after = {column.name: column.comment or "" for column in target.columns}
    kept = before.keys() & after.keys()
    if (live.comment or "") != (target.comment or "") or any(before[name] != after[name] for name in kept):
        raise CannotAlter(f"The comments of {live.name} are left as they are.")


def _add_all(draft: Draft, table: Table) -> None:
    """Add everything that hangs on a table which was just made."""
    own = tuple(one for one in table.constraints if one.kind != "foreign")
    _add(draft, table, own, table.indexes, table.triggers)


def _belongings(draft: Draft, table: Table) -> Iterator[str]:
    """Yield the statements that give a table and its columns their permissions and properties again."""
    for name in ("", *(column.name for column in table.columns)):
        yield from draft.facts.belongings.get((table.name, name), ())


def _add(
    draft: Draft,
    table: Table,
    constraints: Sequence[Constraint],
    indexes: Sequence[Index],
    triggers: Sequence[Trigger],
) -> None:
    facts, phases = draft.facts, draft.phases
    for one in constraints:
        phases.constraints.append(add_constraint(facts, table, one))
        phases.constraints += standing(facts, table.name, None, one)
    # The order of the rows first: every other index is made anew with it.
    for index in sorted(indexes, key=lambda one: not one.method.startswith("clustered")):
        phases.indexes.append(create_index(facts, table.name, index))
        if not index.valid:
            phases.indexes.append(_index_state(draft, table.name, index))
    phases.rest += [create_trigger(one) for one in triggers]


def _index_state(draft: Draft, key: str, index: Index) -> str:
    """Return the statement that disables an index, or makes it serve again."""
    what = "REBUILD" if index.valid else "DISABLE"
    return f"ALTER INDEX {bracketed(index.name)} ON {draft.facts.table(key)} {what}"


def _alter(draft: Draft, live: Table, target: Table, touched: frozenset[str]) -> None:
    facts, phases, key = draft.facts, draft.phases, live.name
    hard = hard_columns(live, target, touched)
    constraints = _constraints(draft, live, target, touched, hard)
    indexes = _indexes(live, target, hard)
    triggers = pair(live.triggers, target.triggers, lambda one: one)
    table = facts.table(key)
    phases.drop_members += [f"DROP TRIGGER {facts.beside(key, one.name)}" for one in triggers.dropped]
    statistics = [one for one in facts.statistics.get(key, ()) if _hangs_on(one, hard)]
    phases.drop_members += [f"DROP STATISTICS {table}.{bracketed(one.name)}" for one in statistics]
    # The order of the rows last: every other index is made anew without it.
    for index in sorted(indexes.dropped, key=lambda one: one.method.startswith("clustered")):
        phases.drop_members.append(f"DROP INDEX {bracketed(index.name)} ON {table}")
    phases.drop_members += [
        f"ALTER TABLE {table} DROP CONSTRAINT {bracketed(facts.name(key, one))}"
        for one in sorted(constraints.dropped, key=lambda one: one.kind == "primary")
    ]
    unique = [one for one in constraints.dropped if one.kind in ("primary", "unique")]
    draft.loose += [(key, frozenset(one.columns)) for one in unique]
    draft.loose += [(key, frozenset(columns_of(one))) for one in indexes.dropped if one.unique]
    _columns(draft, live, target, touched)
    _kept(draft, live, constraints, indexes)
    _add(draft, target, constraints.added, indexes.added, triggers.added)
    there = {column.name for column in target.columns}
    phases.rest += [
        _create_statistics(facts, key, one) for one in statistics if there.issuperset(one.columns)
    ]


def _kept(draft: Draft, live: Table, constraints: Pairing[Constraint], indexes: Pairing[Index]) -> None:
    """Add the statements for what stays by another name, or is trusted, or serves, from now on."""
    facts, phases, key = draft.facts, draft.phases, live.name
    for old, new in constraints.kept:
        if new.name and old.name != new.name:
            phases.renames.append(rename(facts.beside(key, facts.name(key, old)), new.name, "OBJECT"))
        phases.constraints += standing(facts, key, old, new)
    for before, after in indexes.kept:
        if before.name != after.name:
            place = f"{facts.table(key)}.{bracketed(before.name)}"
            phases.renames.append(rename(place, after.name, "INDEX"))
        if before.valid != after.valid:
            phases.indexes.append(_index_state(draft, key, after))


def _hangs_on(one: Statistics, columns: frozenset[str]) -> bool:
    return not columns.isdisjoint(one.columns) or names_any(one.condition, columns)


def _create_statistics(facts: Facts, key: str, one: Statistics) -> str:
    where = f" WHERE {sound(one.condition)}" if one.condition else ""
    return f"CREATE STATISTICS {bracketed(one.name)} ON {facts.table(key)} ({listed(one.columns)}){where}"


def _columns(draft: Draft, live: Table, target: Table, touched: frozenset[str]) -> None:
    found, key = draft.phases.columns, live.name
    values = fills_of(draft.fills, key)
    # What is computed from others goes before them and comes after them.
    kept = {column.name for column in live.columns if target.column(column.name) is not None}
    again = {column.name for column in target.columns if column.name in kept & touched and column.generated}
    gone = [column for column in live.columns if column.name not in kept or column.name in again]
    for column in sorted(gone, key=lambda column: not column.generated):
        found += drop_column(draft, key, column.name)
    stay = [(old, column) for column in target.columns if (old := live.column(column.name)) is not None]
    # One that is no longer computed must not hang any more on what changes.
    for old, column in sorted(stay, key=lambda each: not each[0].generated):
        if column.name not in again:
            found += alter_column(draft, key, old, column, values.get(column.name))
    new = [column for column in target.columns if column.name not in kept or column.name in again]
    for column in sorted(new, key=lambda column: bool(column.generated)):
        found += add_column(draft, key, column, values.get(column.name))


def _constraints(
    draft: Draft, live: Table, target: Table, touched: frozenset[str], hard: frozenset[str]
) -> Pairing[Constraint]:
    """Return what becomes of the constraints that are no foreign keys."""

    def apart(old: Constraint, new: Constraint) -> bool:
        minds = touched if old.kind == "primary" else hard
        return mentions_any(old, minds) or not_in_place(old, new, draft.occupied)

    return parted(pair(without_foreign_keys(live), without_foreign_keys(target), essence), apart)


def _indexes(live: Table, target: Table, hard: frozenset[str]) -> Pairing[Index]:
    occupied = {one.name for one in live.indexes} | {one.name for one in live.constraints}

    def apart(old: Index, new: Index) -> bool:
        if old.name != new.name and new.name in occupied:
            return True
        return mentions_any(old, hard)

    return parted(pair(live.indexes, target.indexes, _what_it_does), apart)


def _what_it_does(one: Index) -> tuple[object, ...]:
    return (one.parts, one.unique, one.condition, one.include, one.method, one.options)
