"""Differences that a migration without a file may explain: nobody knows what it did, so they are not certain."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from ..graph import Graph, Key
from ..graph.build import FIRST, LATEST
from ..graph.squashes import stuck, without_files
from ..situation import Drift
from ..truths.lineage import Lineage


def doubted(
    drifts: Iterable[Drift], graph: Graph, recorded: Collection[Key], lineages: Iterable[Lineage]
) -> tuple[Drift, ...]:
    """Return the differences, unconfirmed where a migration that is lost may have made them.

    A lost migration that is recorded may have added or changed something in the tables of its app; what is missing
    there the models need all the same. Where files depend on a lost one, the state of its app is not known at all.
    """
    torn = {key for _, key in graph.missing if key[1] not in (FIRST, LATEST)}
    torn |= {key for squash in stuck(graph, recorded) for key in without_files(graph, squash)}
    replaceable = {old for file in graph.files.values() for old in file.replaces}
    ghosts = {key for key in recorded if key not in graph.files and key not in replaceable}
    if not torn and not ghosts:
        return tuple(drifts)
    apps: dict[str, set[str]] = {}
    for lineage in lineages:
        for name in lineage.names():
            apps.setdefault(name, set()).update(version.operation[0][0] for version in lineage.versions)
    found = []
    for drift in drifts:
        of_table = apps.get(drift.table, set())
        lost = {key for key in torn if key[0] in of_table}
        if not drift.kind.endswith("-missing"):
            lost |= {key for key in ghosts if key[0] in of_table}
        if lost:
            drift = replace(drift, confirmed=False, explained_by=(*drift.explained_by, *sorted(lost)))
        found.append(drift)
    return tuple(found)
