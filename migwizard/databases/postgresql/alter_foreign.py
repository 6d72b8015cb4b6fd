"""The foreign keys of tables of PostgreSQL that are altered, and those of others that would be in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from migwizard.core.schema import Constraint, Table
from migwizard.core.schema.members import pair, parted
from migwizard.core.schema.names import quoted

from ..base import CannotAlter
from .definitions import constraint_definition
from .drafts import Draft, not_in_place, rename_constraint, touched_columns


def foreign_keys(draft: Draft) -> None:
    """Add the statements for foreign keys, those of other tables too where they would be in the way."""
    facts, phases = draft.facts, draft.phases
    shapes = {change.key: change.target for change in draft.changes}
    for key in dict.fromkeys((*draft.live, *shapes)):
        live, target = draft.live.get(key), shapes.get(key, draft.live.get(key))
        before = [one for one in live.constraints if one.kind == "foreign"] if live else []
        after = [one for one in target.constraints if one.kind == "foreign"] if target else []
        start = f"ALTER TABLE {facts.table(key)}"
        found = parted(
            pair(before, after, lambda one: replace(one, name="", validated=True, deferrable="")),
            lambda old, new, key=key: (  # type: ignore[misc]
                _in_the_way(draft, key, old) or not_in_place(old, new, draft.occupied)
            ),
        )
        for one in found.dropped:
            referenced = (one.references or ("",))[0]
            if target is not None or (referenced in shapes and referenced != key):
                phases.drop_foreign.append(f"{start} DROP CONSTRAINT {quoted(one.name)}")
        phases.renames += [
            rename_constraint(facts, key, *each) for each in found.kept if each[0].name != each[1].name
        ]
        phases.foreign += [one for each in found.kept for one in _changed_in_place(start, *each)]
        for one in found.added:
            _check_target(draft, shapes, key, one)
            phases.foreign.append(f"{start} ADD {constraint_definition(facts, one)}")


def _changed_in_place(start: str, old: Constraint, new: Constraint) -> Iterator[str]:
    if old.deferrable != new.deferrable:
        how = {"": "NOT DEFERRABLE", "deferrable": "DEFERRABLE INITIALLY IMMEDIATE"}
        words = how.get(new.deferrable, "DEFERRABLE INITIALLY DEFERRED")
        yield f"{start} ALTER CONSTRAINT {quoted(new.name)} {words}"
    if new.validated and not old.validated:
        yield f"{start} VALIDATE CONSTRAINT {quoted(new.name)}"


def _in_the_way(draft: Draft, key: str, foreign: Constraint) -> bool:
    """Tell whether a foreign key forbids what happens to its columns, or to those that it points to."""
    referenced, targets = foreign.references or ("", ())
    for change in draft.changes:
        if change.key not in (key, referenced):
            continue
        if change.live is None or change.target is None:
            if change.key == referenced:
                return True
            continue
        touched = touched_columns(draft.facts, change.live, change.target)
        if change.key == key and not touched.isdisjoint(foreign.columns):
            return True
        if change.key == referenced and not touched.isdisjoint(targets):
            return True
    return (referenced, frozenset(targets)) in draft.loose


def _check_target(draft: Draft, shapes: Mapping[str, Table | None], key: str, foreign: Constraint) -> None:
    """Raise CannotAlter when a foreign key shall stay, or come, and the table that it points to is to go."""
    referenced, _ = foreign.references or ("", ())
    if referenced in shapes and shapes[referenced] is None:
        raise CannotAlter(f"Table {referenced} cannot go: {key} refers to it by {foreign.name}.")
