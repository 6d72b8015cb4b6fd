"""A squash was begun and not finished.

## What it finds
Squashed migrations of which all that they replace is recorded, but not they themselves; and squashed
migrations of the project's own apps whose originals have been deleted, but that still carry `replaces`.
The ordinary state (squashed migration and originals recorded, all files there) is not reported.

## Why it matters
The first kind is harmless: the next `migrate` writes the record. But if records or files of the
originals go before that, Django takes the squashed migration for a new one, runs it, and fails
(`relation … already exists`). The second kind keeps `migrate APP --prune` from working: `Cannot use
--prune because the following squashed migrations have their 'replaces' attributes and may not be
recorded as applied`. It is a warning where there are records to prune.

## Example
`0001_squashed_0003` has been applied everywhere, `0001` to `0003` have been deleted, and the line
`replaces = […]` stayed in the file.

## How it is repaired
`record-squash` writes the record of the first kind. `finish-squash` makes an ordinary migration of the
second kind, once the squashed migration is recorded in every database of the project: it deletes what is
left of the originals, lets other migrations depend on the squashed one, takes `replaces` out of it, and
prunes the old records.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer, Severity
from ..core.graph import Key, MigrationFile
from ..core.situation import Situation
from ..core.sources.transition import NotReady, transition
from .base import Info, about, dates, dotted, finding_id, listed, offers, rows_by_key, when
from .overlaps import ghosts

INFO = Info(
    "unfinished-squash",
    "warning",
    "A squash was begun and not finished",
    ("record-squash", "finish-squash"),
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each squash that a person, or the next `migrate`, has to finish."""
    graph, recorded = situation.graph, situation.recorded
    prunable = {app for app, _ in ghosts(situation)}
    found = []
    for key in graph.nodes:
        file = graph.files[key]
        if not file.replaces or key not in graph.effective:
            continue
        kept = tuple(old for old in file.replaces if old not in graph.files and old in recorded)
        if key not in recorded:
            found.append(_unrecorded(situation, file))
        elif kept and (key[0] in situation.project.own_apps or key[0] in prunable):
            found.append(_kept(situation, file, kept, key[0] in prunable))
    return tuple(found)


def _unrecorded(situation: Situation, file: MigrationFile) -> Finding:
    known = dates(situation)
    last = max((moment for old in file.replaces if (moment := known.get(old)) is not None), default=None)
    gone = [dotted(old) for old in file.replaces if old not in situation.graph.files]
    files = (
        f"{listed(gone, 6)} {'has' if len(gone) == 1 else 'have'} no file any more"
        if gone
        else "all their files are there"
    )
    return Finding(
        finding_id(INFO, dotted(file.key)),
        INFO.name,
        "info",
        about(situation, file.key),
        f"All {len(file.replaces)} migrations that {dotted(file.key)} replaces are recorded, but it is not itself;"
        " the next migrate records it.",
        evidence=(f"the last of them was recorded on {when(last)}", files),
        repairs=() if situation.project.errors else offers(_record(situation, file)),
    )


def _record(situation: Situation, file: MigrationFile) -> Offer:
    row = rows_by_key(situation).get(file.key)
    proved = row is not None and row.confirmed and row.schema in ("yes", "unobservable")
    return Offer("record-squash", f"Record {dotted(file.key)}", "safe" if proved else "careful")


def _finish(situation: Situation, file: MigrationFile) -> tuple[Offer | None, str]:
    """Return the offer to make an ordinary migration of a squash, or why it is not possible."""
    try:
        transition(situation.graph, situation.project.own_apps, file.key)
    except NotReady as error:
        return None, str(error)
    title = "Take out its replaces and what is left of what it replaced (once it is recorded everywhere)"
    return Offer("finish-squash", title, "careful"), ""


def _kept(situation: Situation, file: MigrationFile, kept: tuple[Key, ...], in_the_way: bool) -> Finding:
    own = file.app in situation.project.own_apps
    severity: Severity = INFO.severity if own and in_the_way else "info"
    offer, reason = _finish(situation, file) if not situation.project.errors else (None, "")
    consequence = f"migrate {file.app} --prune refuses to delete the records of {file.app} that have no file"
    return Finding(
        finding_id(INFO, dotted(file.key)),
        INFO.name,
        severity,
        about(situation, file.key),
        f"{dotted(file.key)} still has its replaces, although files that it replaces are gone.",
        evidence=(
            f"recorded, but without a file: {listed([dotted(old) for old in kept], 12)}",
            *((consequence,) if in_the_way else ()),
            *((f"it cannot be finished here: {reason}",) if own and reason else ()),
        ),
        repairs=offers(offer),
    )
