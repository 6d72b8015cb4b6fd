"""The foreign keys of tables of SQL Server that are altered, and those of others that would be in the way."""

from __future__ import annotations

from collections.abc import Mapping

from migwizard.core.members import pair, parted
from migwizard.core.schema import Constraint, Table

from ..base import CannotAlter
from .definitions import add_constraint, rename
from .drafts import Draft, not_in_place, touched_columns
from .facts import essence
from .types import bracketed


def foreign_keys(draft: Draft) -> None:
    """Add the statements for foreign keys, those of other tables too where they would be in the way."""
    facts, phases = draft.facts, draft.phases
    shapes = {change.key: change.target for change in draft.changes}
    for key in dict.fromkeys((*draft.live, *shapes)):
        live, target = draft.live.get(key), shapes.get(key, draft.live.get(key))
        before = [one for one in live.constraints if one.kind == "foreign"] if live else []
        after = [one for one in target.constraints if one.kind == "foreign"] if target else []
        found = parted(
            pair(before, after, essence),
            lambda old, new, key=key: (  # type: ignore[misc]
                _in_the_way(draft, key, old) or not_in_place(old, new, draft.occupied)
            ),
        )
        for one in found.dropped:
            referenced = (one.references or ("",))[0]
            if target is not None or (referenced in shapes and referenced != key):
                phases.drop_foreign.append(
                    f"ALTER TABLE {facts.table(key)} DROP CONSTRAINT {bracketed(facts.name(key, one))}"
                )
        for old, new in found.kept:
            name = new.name or facts.name(key, old) if not old.validated and new.validated else new.name
            if new.name and old.name != new.name:
                phases.renames.append(rename(facts.beside(key, facts.name(key, old)), new.name, "OBJECT"))
            if new.validated and not old.validated:
                phases.foreign.append(trust(facts.table(key), name))
        for one in found.added:
            _check_target(shapes, key, one)
            assert target is not None
            phases.foreign.append(add_constraint(facts, target, one))


def trust(table: str, name: str) -> str:
    """Return the statement that checks all rows against a constraint, and lets the server trust it from then on."""
    return f"ALTER TABLE {table} WITH CHECK CHECK CONSTRAINT {bracketed(name)}"


def _in_the_way(draft: Draft, key: str, foreign: Constraint) -> bool:
    """Tell whether a foreign key forbids what happens to its columns, or to those that it points to."""
    referenced, targets = foreign.references or ("", ())
    if key in draft.rebuilt or referenced in draft.rebuilt:
        return True
    for change in draft.changes:
        if change.key not in (key, referenced):
            continue
        if change.live is None or change.target is None:
            if change.key == referenced:
                return True
            continue
        touched = touched_columns(change.live, change.target)
        if change.key == key and not touched.isdisjoint(foreign.columns):
            return True
        if change.key == referenced and not touched.isdisjoint(targets):
            return True
    return (referenced, frozenset(targets)) in draft.loose


def _check_target(shapes: Mapping[str, Table | None], key: str, foreign: Constraint) -> None:
    """Raise CannotAlter when a foreign key shall stay, or come, and the table that it points to is to go."""
    referenced, _ = foreign.references or ("", ())
    if referenced in shapes and shapes[referenced] is None:
        raise CannotAlter(
            f"Table {referenced} cannot go: {key} refers to it by {foreign.name or ', '.join(foreign.columns)}."
        )
