"""Record every migration that the schema proves, app by app, table by table.

## What it does
For a database whose tables are there and whose history is not (all records deleted, a dump without the table, tables
made by hand): goes through each app's migrations in order and records them as long as the live schema has everything
that they make. `migrate --fake-initial` compares names of tables and added columns only, and stops after the initial
migration.

## What it leaves
From the first migration on that the schema does not prove, the rest of an app stays pending. A migration whose effect
cannot be seen is recorded when every other one of its app that can be seen is in the schema.
"""

from __future__ import annotations

from ..core.graph import Key
from ..core.plan import Plan
from ..core.situation import MigrationTruth, Situation
from .base import Info, NothingToDo, Request, action, check_app, dotted, finding_id, record_steps, rows_by_key
from .fake import proof
from .signals import squashes

INFO = Info("fake-initial", "Record every migration that the schema proves", "[APP]", "safe")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan, for one app or for all.

    Raises:
        Impossible: when there is nothing that the schema proves.
    """
    app = request.arguments[0] if request.arguments else None
    if request.finding is not None:
        app = request.finding.subject.app
    if app is not None:
        check_app(situation, app)
    keys = provable(situation, app)
    if not keys:
        raise NothingToDo("The schema proves no migration that is not recorded already.")
    rows = rows_by_key(situation)
    reasons = [(key, *proof(rows[key])) for key in keys]
    unseen = [key for key, _, sure in reasons if not sure]
    risks = [
        f"{dotted(key)} cannot be seen in the schema; it is recorded because everything around it is in."
        for key in unseen
    ]
    steps = []
    for key, why, sure in reasons:
        steps += record_steps(situation, key, why if sure else risks[unseen.index(key)])
    return Plan(
        INFO.name,
        f"Record {len(keys)} migration{'s' if len(keys) != 1 else ''} that the schema proves",
        "careful" if unseen else "safe",
        (*steps, *squashes(situation, steps)),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=tuple(risks),
    )


def provable(situation: Situation, app: str | None) -> tuple[Key, ...]:
    """Return the unrecorded migrations that may be recorded, dependencies first.

    With an app named, the provable migrations of other apps that it depends on come along.
    """
    graph = situation.graph
    rows = rows_by_key(situation)
    wanted = set(graph.nodes)
    if app is not None:
        own = {key for key in graph.nodes if key[0] == app}
        wanted = own | {other for key in own for other in graph.ancestors(key)}
    whole = {label for label in {key[0] for key in graph.nodes} if app_is_in(rows, label)}
    taken: list[Key] = []
    recorded = set(graph.effective)
    for key in graph.nodes:
        if key in recorded or key not in wanted or graph.files[key].error is not None:
            continue
        if all(parent in recorded for parent in graph.parents.get(key, ())) and may_record(
            rows[key], whole, rows, graph.descendants(key)
        ):
            recorded.add(key)
            taken.append(key)
    return tuple(taken)


def app_is_in(rows: dict[Key, MigrationTruth], label: str) -> bool:
    """Tell whether everything of an app that can be seen in the schema is there."""
    own = [row for row in rows.values() if row.key[0] == label and row.file]
    return all(row.schema in ("yes", "unobservable") and row.confirmed for row in own) and any(
        row.schema == "yes" or row.recorded for row in own
    )


def may_record(
    row: MigrationTruth, whole: set[str], rows: dict[Key, MigrationTruth], descendants: tuple[Key, ...]
) -> bool:
    """Tell whether one migration may be recorded, its dependencies given."""
    if not row.confirmed:
        return False
    if row.schema == "yes":
        return True
    if row.schema != "unobservable":
        return False
    silent = not any(truth.kind in ("sql", "python", "custom", "separate") for truth in row.operations)
    later = any(rows[key].schema == "yes" and rows[key].key[0] == row.key[0] for key in descendants)
    return silent or later or row.key[0] in whole
