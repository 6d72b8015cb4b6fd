"""An app has more than one last migration.

## What it finds
Apps in which two or more migrations have no successor: the graph forks, and is not joined again.

## Why it matters
Django does not know which of them is the state of the models. `migrate` and `makemigrations` refuse:
`Conflicting migrations detected; multiple leaf nodes in the migration graph`. It happens when two
branches each add a migration after the same one, and both are merged.

## Example
`0013_invoice` and `0013_other` both depend on `0012_gross`.

## How it is repaired
`merge` writes a migration that depends on both, as `manage.py makemigrations --merge` does, if they do
not contradict each other. `rebase` puts one behind the other, with the next number: the history stays
a line, but every database that has applied the moved one needs its record renamed. So a branch that is
recorded in this database keeps its names, and the other one moves. Where both change the same thing,
`rebase` is recommended, because after a merge it would end as whichever a database ran last.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..core.finding import Finding, Offer, Subject
from ..core.graph import Key
from ..core.graph.branches import branches, fork, overlaps
from ..core.situation import Situation
from ..core.sources.joining import Unjoinable, described, merge
from ..core.sources.moving import choose
from .base import Info, dates, dotted, finding_id, listed, offers, when

INFO = Info("conflicting-leaves", "error", "An app has more than one last migration", ("merge", "rebase"))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each app with several leaves."""
    leaves: dict[str, list[Key]] = {}
    for key in situation.graph.leaves():
        leaves.setdefault(key[0], []).append(key)
    known, torn = dates(situation), _torn(situation)
    return tuple(
        _finding(situation, app, tuple(found), known)
        for app, found in leaves.items()
        if len(found) > 1 and app not in torn
    )


def _torn(situation: Situation) -> frozenset[str]:
    """Return the apps whose graph lacks edges for another reason, which is reported by itself."""
    graph = situation.graph
    apps = {node[0] for node, dependency in graph.missing if node[0] == dependency[0]}
    apps.update(key[0] for cycle in graph.cycles for key in cycle)
    apps.update(
        key[0] for key, file in graph.files.items() if file.error is not None and not file.dependencies
    )
    return frozenset(apps)


def _finding(
    situation: Situation, app: str, leaves: tuple[Key, ...], known: Mapping[Key, datetime | None]
) -> Finding:
    graph = situation.graph
    before = [frozenset(graph.ancestors(leaf)) for leaf in leaves]
    common = frozenset.intersection(*before)
    base = fork(graph, app)
    merging, impossible = _merge_offer(situation, app)
    met = overlaps(graph, branches(graph, app))
    ways = (merging, _rebase_offer(situation, app))
    names = listed([dotted(leaf) for leaf in leaves], 12)
    return Finding(
        finding_id(INFO, app),
        INFO.name,
        INFO.severity,
        Subject(app),
        f"The app {app} has {len(leaves)} last migrations: {names}.",
        evidence=(
            f"the last one before the fork is {dotted(base)}" if base else "they have no migration in common",
            *(
                _branch(situation, leaf, ancestors - common, known)
                for leaf, ancestors in zip(leaves, before, strict=True)
            ),
            "migrate and makemigrations refuse to do anything until they are joined",
            *(_lower(described(overlap)) for overlap in met),
            *((f"they cannot be merged as they are: {_lower(impossible)}",) if impossible else ()),
        ),
        # What both change is in the end as the last one leaves it; only in a line that is the same one everywhere.
        repairs=offers(*(reversed(ways) if met else ways)),
    )


def _merge_offer(situation: Situation, app: str) -> tuple[Offer | None, str]:
    """Return the offer to merge an app's branches, or none and why it is not possible."""
    try:
        made = merge(situation, app)
    except Unjoinable as error:
        return None, str(error)
    return Offer("merge", f"Join them with {dotted(made.file.key)}", "careful"), ""


def _rebase_offer(situation: Situation, app: str) -> Offer | None:
    """Return the offer to put the branch that is not recorded on top of the other, or none."""
    try:
        made = choose(situation, app)
    except Unjoinable:
        return None
    first = next(iter(made.names))
    return Offer("rebase", f"Put {dotted(first)} behind {dotted(made.target)}", "careful")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _branch(
    situation: Situation, leaf: Key, own: frozenset[Key], known: Mapping[Key, datetime | None]
) -> str:
    """Return how one branch came about, and whether its end is recorded."""
    state = f"is recorded on {when(known[leaf])}" if leaf in known else "is not recorded"
    way = [dotted(key) for key in situation.graph.nodes if key in own and key[0] == leaf[0]]
    through = f" (it follows {listed(way, 6)})" if way else ""
    return f"{dotted(leaf)} {state}{through}"
