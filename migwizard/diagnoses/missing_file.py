"""A migration is recorded as applied, but no file of it is in the project.

## What it finds
Rows of `django_migrations` that no migration file stands for and that no squashed migration names in its
`replaces`. Of an app that is not installed any more, all rows together, as an info: they do no harm. A
row that a rename explains is reported as renamed-migration, one whose file other migrations need, as
missing-dependency.

## Why it matters
Django ignores such a row, and `showmigrations` does not show it. But it says that this database has been
changed by a migration which this checkout does not have: the database may be ahead of the code (another
branch, an older release), or a file was deleted that should not have been. A new migration that gets the
same name is never run, because it counts as applied.

## Example
`shop.0099_gone` was applied from a branch that was never merged. Its column is still in the table.

## How it is repaired
If the file is in the project's git repository (checked out, before the commit that deleted it, on another
branch, under a tag, in a stash), `restore-file` brings it back. If it is really gone for good, `prune`
deletes the row, with a journal to undo it. Django's own `migrate APP --prune` does the same, but deletes
the rows even with `--plan`.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer, Subject
from ..core.graph import Key
from ..core.situation import Situation
from .base import NOT_LOADED, Info, about, dates, dotted, finding_id, offers, plural, when
from .evidence import lost_lines, restoring
from .overlaps import ghosts, name_candidates, renames

INFO = Info("missing-file", "warning", "A record has no migration file", ("restore-file", "prune"))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each record without a file, and one for each app that is not installed."""
    graph = situation.graph
    told = {dependency for _, dependency in graph.missing} | {rename.ghost for rename in renames(situation)}
    installed = {app for app, _ in graph.files} | graph.unmigrated
    found: list[Finding] = []
    removed: dict[str, list[Key]] = {}
    for key in ghosts(situation):
        if key[0] not in installed:
            removed.setdefault(key[0], []).append(key)
        elif key not in told:
            found.append(_finding(situation, key))
    return (*found, *(_removed(situation, app, keys) for app, keys in removed.items()))


def _finding(situation: Situation, key: Key) -> Finding:
    confirmed = not situation.project.errors
    namesakes = name_candidates(situation, key)
    return Finding(
        finding_id(INFO, dotted(key)),
        INFO.name,
        INFO.severity if confirmed else "info",
        about(situation, key),
        f"{dotted(key)} is recorded as applied, but no file of the project has that name.",
        confirmed,
        evidence=(
            _row(situation, key),
            "no squashed migration replaces it, and no file depends on it",
            *lost_lines(situation, key),
            *(
                f"{dotted(other)}, which is not recorded, may be its new name, but nothing in the database shows it"
                for other in namesakes
            ),
            *(() if confirmed else (NOT_LOADED,)),
        ),
        # Pruning the old name of a file would run that file again.
        repairs=offers(
            restoring(situation, key),
            None if namesakes else Offer("prune", f"Delete the record of {dotted(key)}", "careful"),
        )
        if confirmed
        else (),
    )


def _removed(situation: Situation, app: str, keys: list[Key]) -> Finding:
    confirmed = not situation.project.errors
    return Finding(
        finding_id(INFO, app),
        INFO.name,
        "info",
        Subject(app, schema=situation.database.schema or None),
        f"{plural(len(keys), 'record')} of the app {app} {'has' if len(keys) == 1 else 'have'} no file, as the app"
        " is not installed.",
        confirmed,
        # Not an offer: the repair of a finding that names no migration would not stop at this app.
        evidence=(
            *(_row(situation, key) for key in keys),
            f"they do no harm; the action `prune {app}` deletes them" if confirmed else NOT_LOADED,
        ),
    )


def _row(situation: Situation, key: Key) -> str:
    return f"django_migrations has the row {dotted(key)} of {when(dates(situation)[key])}"
