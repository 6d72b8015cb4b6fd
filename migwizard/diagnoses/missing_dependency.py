"""A migration depends on one that no file has.

## What it finds
Every migration that is named in `dependencies` or `run_before` and that is in no file of the project,
with all those that name it.

## Why it matters
Django cannot build the graph, so no command that needs it works, not even `showmigrations`:
`NodeNotFoundError: Migration shop.0007_note dependencies reference nonexistent parent node ('shop',
'0006_gone')`. It happens when a file was deleted or renamed but the dependency on it was kept, when a
branch was merged by halves, when an app was taken out of INSTALLED_APPS, and when a package was
downgraded, or upgraded past a squashed migration.

## Example
`0006_gone.py` was deleted to tidy up; `0007_note` still says `dependencies = [("shop", "0006_gone")]`.

## How it is repaired
If the file was lost and the project's git repository has it, on whatever branch or in whatever stash,
`restore-file` brings it back. A file of a package comes back with the right release of the package. If it
was renamed or squashed, let the dependency name the new migration. A record of it in
`django_migrations` must not be pruned before that is clear: it is the only trace of what this database
has been through.
"""

from __future__ import annotations

from ..core.finding import Finding, Subject
from ..core.graph import Key
from ..core.graph.build import FIRST, LATEST
from ..core.graph.squashes import torn_by
from ..core.situation import Situation
from .base import NOT_LOADED, Info, dates, dotted, finding_id, listed, offers, when
from .evidence import lost_lines, restoring
from .overlaps import name_candidates

INFO = Info("missing-dependency", "error", "A migration depends on one that no file has", ("restore-file",))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each migration that is missing."""
    graph = situation.graph
    squashed = {dependency for squash in graph.partial for _, dependency in torn_by(graph, squash)}
    asking: dict[Key, list[Key]] = {}
    for node, dependency in graph.missing:
        if dependency not in squashed:
            asking.setdefault(dependency, []).append(node)
    return tuple(_finding(situation, missing, nodes) for missing, nodes in asking.items())


def _finding(situation: Situation, missing: Key, nodes: list[Key]) -> Finding:
    confirmed = not situation.project.errors
    names = listed([dotted(node) for node in nodes])
    needs = "needs" if len(nodes) == 1 else "need"
    if missing[1] in (FIRST, LATEST):
        summary = f"{names} {needs} a migration of the app {missing[0]}, which has none."
    else:
        summary = f"{names} {needs} {dotted(missing)}, which is in no file."
    return Finding(
        finding_id(INFO, dotted(missing)),
        INFO.name,
        INFO.severity if confirmed else "info",
        Subject(*missing),
        summary,
        confirmed,
        evidence=(
            *(_reference(situation, node, missing) for node in nodes),
            *_traces(situation, missing),
            *lost_lines(situation, missing),
            *(() if confirmed else (NOT_LOADED,)),
        ),
        repairs=offers(restoring(situation, missing)) if confirmed else (),
    )


def _reference(situation: Situation, node: Key, missing: Key) -> str:
    """Return where a migration names the missing one."""
    file = situation.graph.files[node]
    for attribute, keys in (("dependencies", file.dependencies), ("run_before", file.run_before)):
        if missing in keys:
            return f"{dotted(node)} names it in its {attribute} ({file.path})"
    return f"{dotted(node)} is tied to it by another migration"


def _traces(situation: Situation, missing: Key) -> tuple[str, ...]:
    """Return what else is known of the missing migration."""
    graph, known = situation.graph, dates(situation)
    if missing[0] not in {app for app, _ in graph.files} | graph.unmigrated:
        return (f"there is no app {missing[0]} with migrations in this project",)
    record = (
        f"is recorded on {when(known[missing])}" if missing in known else "is not recorded in this database"
    )
    return (
        f"{dotted(missing)} {record}",
        *(
            f"{dotted(other)}, which is not recorded, may be its new name"
            for other in name_candidates(situation, missing)
        ),
    )
