"""Only some of the migrations that a squashed one replaces are recorded.

## What it finds
Squashed migrations that Django cannot use, because some of what they replace is recorded and some is
not. That is the ordinary state half way: as long as the original files are there, Django applies the
rest of them one by one, and uses the squashed migration afterwards. Then this is an info. It is an error
when an original that is still needed has no file.

## Why it matters
Without the originals there is no way forward: the squashed migration may not be used, and the rest of
what it replaces cannot be run. Either Django says `NodeNotFoundError: … Django tried to replace
migration shop.0002 with any of [shop.0001_squashed_0003] but wasn't able to because some of the replaced
migrations are already applied`, or, if nothing names the originals any more, it silently leaves out what
they did.

## Example
`0001_squashed_0003` was released together with the removal of `0001` to `0003`; this database was last
migrated when there was only `0002`.

## How it is repaired
As long as the original files are there, `record-squash` records what the schema proves of the rest, runs
what it disproves, and then records the squashed migration. Where files are gone, it compares the schema
with the squashed migration as a whole: if all of it is there, recording the missing ones is enough; if
nothing of it is there, the records are wrong. In between, the originals are needed: `restore-file` brings
them back from version control (else take them from the release before); take them out again afterwards.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer
from ..core.graph import Key
from ..core.graph.squashes import stuck, torn_by, unrecorded, without_files
from ..core.situation import MigrationTruth, Situation
from .base import Info, about, dates, dotted, finding_id, listed, offers, rows_by_key, when
from .evidence import UNCERTAIN, lost_lines, restoring
from .overlaps import holes

INFO = Info(
    "partial-squash",
    "error",
    "Only some of what a squashed migration replaces is recorded",
    ("record-squash", "restore-file"),
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each squash that cannot be used, unless a deleted record explains it."""
    told = {
        *holes(situation),
        *(row.key for row in situation.migrations if row.state == "applied-not-recorded"),
    }
    lost = stuck(situation.graph, situation.recorded)
    found = []
    for squash in sorted(situation.graph.partial):
        open_ones = unrecorded(situation.graph, situation.recorded, squash)
        if squash in lost:
            found.append(_stuck(situation, squash, open_ones))
        elif not told.intersection(open_ones):
            found.append(_half_way(situation, squash, open_ones))
    return tuple(found)


def _stuck(situation: Situation, squash: Key, open_ones: tuple[Key, ...]) -> Finding:
    torn = torn_by(situation.graph, squash)
    asking = listed([dotted(node) for node, _ in torn])
    need = "needs" if len(torn) == 1 else "need"
    consequence = (
        f"Django cannot build the graph, as {asking} {need} what only the squashed migration could stand for"
        if torn
        else "Django leaves the squashed migration out, and never runs what is not recorded"
    )
    return Finding(
        finding_id(INFO, dotted(squash)),
        INFO.name,
        INFO.severity,
        about(situation, squash),
        f"{dotted(squash)} cannot be used: {_counts(situation, squash, open_ones)}, and their files are not all there.",
        evidence=(*_members(situation, squash), *_whole_lines(situation, squash), consequence),
        repairs=() if situation.project.errors else offers(*_ways_out(situation, squash)),
    )


def _whole_lines(situation: Situation, squash: Key) -> tuple[str, ...]:
    """Return what the schema says of a squash as a whole, and what git has of its originals."""
    row = _truth(situation, squash)
    shows = {"yes": "all", "no": "nothing", "partly": "only a part"}
    lines = [f"{shows[row.schema]} of what it makes is in the schema"] if row and row.schema in shows else []
    if row is not None and not row.confirmed:
        lines.append(UNCERTAIN)
    for key in without_files(situation.graph, squash):
        lines += [f"{dotted(key)}: {line}" for line in lost_lines(situation, key)[:1]]
    return tuple(lines)


def _truth(situation: Situation, squash: Key) -> MigrationTruth | None:
    return next((row for row in situation.squashes if row.key == squash), None)


def _ways_out(situation: Situation, squash: Key) -> tuple[Offer | None, ...]:
    """Return the offers: the records as the schema proves them, else the files that say what is left to run."""
    row, graph = _truth(situation, squash), situation.graph
    files = restoring(situation, *without_files(graph, squash))
    if row is None or not row.confirmed or row.schema not in ("yes", "no", "unobservable"):
        return (files,)
    members = {squash, *graph.files[squash].replaces}
    if row.schema == "no":
        needed = any(
            file.key in situation.recorded and file.key not in members and members & {*file.dependencies}
            for file in graph.files.values()
        )
        records = Offer("record-squash", "Take its records back, so that migrate can run it", "careful")
        return (files, None if needed else records)
    title = "Record the rest and the squashed migration"
    return (Offer("record-squash", title, "safe" if row.schema == "yes" else "careful"), files)


def _half_way(situation: Situation, squash: Key, open_ones: tuple[Key, ...]) -> Finding:
    return Finding(
        finding_id(INFO, dotted(squash)),
        INFO.name,
        "info",
        about(situation, squash),
        f"{dotted(squash)} is not used yet: {_counts(situation, squash, open_ones)}.",
        evidence=(
            *_members(situation, squash),
            "the files of the rest are there: migrate applies them one by one, and records the squashed one then",
        ),
        repairs=offers(_rest(situation, open_ones)),
    )


def _rest(situation: Situation, open_ones: tuple[Key, ...]) -> Offer | None:
    """Return the offer to complete a squash whose originals are there, if nothing keeps them from being run."""
    graph, rows = situation.graph, rows_by_key(situation)
    needed = {*open_ones, *(other for key in open_ones for other in graph.ancestors(key))} - graph.effective
    for key in needed:
        row = rows.get(key)
        halves = row is None or any(truth.truth == "partly" for truth in row.operations)
        if row is None or halves or not row.confirmed or row.schema == "unknown" or row.state == "unreadable":
            return None
    if graph.missing or graph.cycles or situation.project.errors:
        return None
    return Offer("record-squash", "Run the rest, then record the squashed migration", "careful")


def _counts(situation: Situation, squash: Key, open_ones: tuple[Key, ...]) -> str:
    count = len(situation.graph.files[squash].replaces)
    verb = "is" if len(open_ones) == 1 else "are"
    return f"of the {count} migrations that it replaces, {len(open_ones)} {verb} not recorded"


def _members(situation: Situation, squash: Key) -> tuple[str, ...]:
    """Return one line for each migration that a squash replaces."""
    known, rows, files = dates(situation), rows_by_key(situation), situation.graph.files
    lines = []
    for key in files[squash].replaces:
        record = f"is recorded on {when(known[key])}" if key in known else "is not recorded"
        seen = rows[key].schema if key in rows else "unknown"
        schema = {
            "yes": ", and in the schema",
            "no": ", and not in the schema",
            "partly": ", and half in the schema",
        }
        lines.append(
            f"{dotted(key)} {record}{schema.get(seen, '')}{'' if key in files else '; it has no file'}"
        )
    return tuple(lines)
