"""Findings about pending operations, made from what a rehearsal and the rows that are there say of them."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.dialects.rehearsed import Crowd
from ..core.dialects.unable import Trouble, troubles
from ..core.finding import SEVERITIES, Finding, Offer
from ..core.graph import Key
from ..core.situation import Situation
from .base import Info, about, dotted, finding_id, offers

OVERRIDE = "squash-override"
"""The repair that gives an app migrations of the project's own, which its dialect can run."""


def is_ahead(situation: Situation, key: Key, operation: int) -> bool:
    """Tell whether an operation still has to run."""
    row = situation.truth(key)
    if row is None or row.state not in ("pending", "half-applied"):
        return False
    return not any(one.index == operation and one.truth == "yes" for one in row.operations)


def found(situation: Situation, info: Info) -> tuple[Finding, ...]:
    """Return one finding for each pending operation of which a rule says what a diagnosis is about."""
    if situation.ahead is None:
        return ()
    groups: dict[tuple[Key, int], list[Trouble]] = {}
    for trouble in troubles(situation.ahead):
        if trouble.name == info.name and is_ahead(situation, trouble.key, trouble.operation):
            groups.setdefault((trouble.key, trouble.operation), []).append(trouble)
    return tuple(finding(situation, info, group) for group in groups.values())


def finding(situation: Situation, info: Info, group: list[Trouble]) -> Finding:
    """Return what is wrong with one operation."""
    group = sorted(group, key=lambda trouble: SEVERITIES.index(trouble.severity))
    first = group[0]
    others = tuple(f"it also {other.summary}" for other in group[1:])
    evidence = (
        place(situation, first.key, first.operation, first.title),
        *dict.fromkeys(line for trouble in group for line in trouble.evidence),
        *others,
        *dict.fromkeys(trouble.way for trouble in group),
    )
    return Finding(
        finding_id(info, f"{dotted(first.key)}:{first.operation + 1}"),
        info.name,
        first.severity,
        about(situation, first.key, first.table, first.column),
        f"{dotted(first.key)} {first.summary}",
        evidence=evidence,
        repairs=repairs(situation, info, first.key),
    )


def repairs(situation: Situation, info: Info, key: Key) -> tuple[Offer, ...]:
    """Return what can be done about an operation of an installed app that a dialect cannot run."""
    file = situation.file(key)
    own = file is None or situation.project.owns(file) or key[0] in situation.project.own_apps
    if own or OVERRIDE not in info.repairs:
        return ()
    return offers(
        Offer(
            OVERRIDE, f"Give {key[0]} migrations of the project's own, which this database can run", "careful"
        )
    )


def place(situation: Situation, key: Key, operation: int, title: str) -> str:
    """Return which operation of which migration it is."""
    file = situation.file(key)
    count = len(file.operations) if file is not None else operation + 1
    return f"{dotted(key)} has not been applied: operation {operation + 1} of {count} ({title})"


def crowds(situation: Situation, kinds: Iterable[str]) -> tuple[Crowd, ...]:
    """Return the rows in the way of operations that still have to run, by what is wrong with them."""
    if situation.ahead is None:
        return ()
    wanted = tuple(kinds)
    return tuple(
        crowd
        for crowd in situation.ahead.crowds
        if crowd.kind in wanted and is_ahead(situation, crowd.key, crowd.operation)
    )


def of_crowd(
    situation: Situation, info: Info, crowd: Crowd, summary: str, evidence: tuple[str, ...], error: bool
) -> Finding:
    """Return what rows are in the way of one operation."""
    file = situation.file(crowd.key)
    operations = file.operations if file is not None else ()
    title = operations[crowd.operation].description if crowd.operation < len(operations) else "?"
    shown = (f"for example {', '.join(map(repr, crowd.examples))}",) if crowd.examples else ()
    who = ", ".join(map(dotted, crowd.unless))
    unless = (f"unless the code of {who} changes these rows before",) if who else ()
    return Finding(
        finding_id(info, f"{dotted(crowd.key)}:{crowd.operation + 1}"),
        info.name,
        "error" if error and not crowd.unless else "warning",
        about(situation, crowd.key, crowd.table, crowd.column),
        f"{dotted(crowd.key)} {summary}",
        evidence=(place(situation, crowd.key, crowd.operation, title), *shown, *unless, *evidence),
    )
