"""The foreign keys of tables of SQL Server that are altered, and those of others that would be in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migwizard.core.schema import Constraint, Table
from migwizard.core.schema.members import pair, parted
from migwizard.core.schema.names import bracketed

from ..base import CannotAlter
from .definitions import add_constraint, rename
from .drafts import Draft, not_in_place, touched_columns
from .facts import Facts, essence


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
            if new.name and old.name != new.name:
                phases.renames.append(rename(facts.beside(key, facts.name(key, old)), new.name, "OBJECT"))
            phases.foreign += standing(facts, key, old, new)
        for one in found.added:
            _check_target(shapes, key, one)
            assert target is not None
            phases.foreign.append(add_constraint(facts, target, one))
            phases.foreign += standing(facts, key, None, one)


def standing(facts: Facts, key: str, old: Constraint | None, new: Constraint) -> Iterator[str]:
    """Yield the statement after which a constraint, which is there by its new name, counts as it shall.

    To trust it, the server checks all rows; one that is enabled without that holds for new rows alone.

    Raises:
        CannotAlter: when one shall be disabled that is new, and whose name the server makes up.
    """
    before = (True, True) if old is None else (old.validated, old.enforced)
    if before == (new.validated, new.enforced) or (old is None and new.enforced):
        return
    name = new.name or (facts.name(key, old) if old is not None else "")
    if not name:
        raise CannotAlter(f"A constraint on {key} that has no name of its own cannot be disabled.")
    how = "WITH CHECK CHECK" if new.validated else "CHECK" if new.enforced else "NOCHECK"
    yield f"ALTER TABLE {facts.table(key)} {how} CONSTRAINT {bracketed(name)}"


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
