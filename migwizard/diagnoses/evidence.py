"""What the record and the schema say of one migration, as sentences of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..core.finding import Offer
from ..core.graph import Key
from ..core.situation import MigrationTruth, OperationTruth, Situation
from ..core.sources.lost import best
from .base import dotted, listed, when

FACTS = 4
"""How many facts of the schema are shown for one operation, and for one migration as a whole."""

UNCERTAIN = (
    "not certain: operations whose effect cannot be computed (RunSQL, RunPython, a file that cannot be read) may"
    " explain it; a replay tells (migwizard replay)"
)
"""Why nothing certain can be said of a migration before a replay."""

OPAQUE = frozenset(("sql", "python", "custom", "separate"))
"""Kinds of operations that may do what neither state nor schema can show."""


def record_line(key: Key, known: Mapping[Key, datetime | None]) -> str:
    """Return what django_migrations says of a migration; `known` are the dates of all records."""
    if key not in known:
        return f"django_migrations has no row of {dotted(key)}"
    return f"django_migrations has the row of {when(known[key])}"


def schema_lines(situation: Situation, row: MigrationTruth | None) -> tuple[str, ...]:
    """Return what the live schema says of a migration."""
    if row is None or row.schema == "unknown":
        why = situation.why_not or "what it does is not known"
        return (f"the schema says nothing about it: {why}",)
    if row.schema == "unobservable":
        return ("what it does cannot be seen in the schema", *unseen_lines(row))
    if row.schema == "partly":
        return operation_lines(row)
    answer = "all of it is in the schema" if row.schema == "yes" else "nothing of it is in the schema"
    facts = facts_of(row)
    lines = [f"{answer}: {shown(facts)}" if facts else answer, *unseen_lines(row)]
    if row.inferred:
        lines.append("this follows from later migrations, whose effects hide its own")
    return tuple(lines)


def operation_lines(row: MigrationTruth) -> tuple[str, ...]:
    """Return one line an operation: whether it is in the schema, and what shows it."""
    return tuple(operation_line(truth, len(row.operations)) for truth in row.operations)


def operation_line(truth: OperationTruth, count: int) -> str:
    """Return whether one of `count` operations is in the schema, and what shows it."""
    says = {
        "yes": "is in the schema",
        "no": "is not in the schema",
        "partly": "is only partly in the schema",
        "unobservable": "cannot be seen in the schema",
        "unknown": "could not be looked for in the schema",
    }[truth.truth]
    line = f"operation {truth.index + 1} of {count} ({truth.title}) {says}"
    if truth.truth in ("unobservable", "unknown") or not truth.evidence:
        return line
    return f"{line}: {shown(truth.evidence)}"


def unseen_lines(row: MigrationTruth) -> tuple[str, ...]:
    """Return the operations that may have done something which the schema cannot show."""
    unseen = [truth for truth in row.operations if truth.truth == "unobservable" and truth.kind in OPAQUE]
    return tuple(operation_line(truth, len(row.operations)) for truth in unseen)


def facts_of(row: MigrationTruth) -> tuple[str, ...]:
    """Return the facts of the schema that gave the answer for a whole migration, each once."""
    telling = [truth for truth in row.operations if truth.truth == row.schema]
    return tuple(dict.fromkeys(fact for truth in telling for fact in truth.evidence))


def shown(facts: tuple[str, ...]) -> str:
    """Return facts as one text, the rest counted."""
    return listed(facts, FACTS) if len(facts) > FACTS + 1 else "; ".join(facts)


def columns_line(situation: Situation, table: str | None) -> tuple[str, ...]:
    """Return which columns a live table has; nothing when there is no such table."""
    found = situation.live.tables.get(table) if situation.live is not None and table is not None else None
    if found is None:
        return ()
    return (f"{found.name} has the columns {', '.join(column.name for column in found.columns)}",)


def place(truths: tuple[OperationTruth, ...]) -> tuple[str | None, str | None]:
    """Return the table and column that operations are about, where they are about exactly one."""
    tables = {table for truth in truths for table in truth.tables}
    if len(tables) != 1:
        return None, None
    (table,) = tables
    facts = {fact for truth in truths for fact in truth.evidence}
    columns = {column for fact in facts if (column := _column_in(fact, table)) is not None}
    return table, columns.pop() if len(columns) == 1 else None


def _column_in(fact: str, table: str) -> str | None:
    """Return the column that a fact of `core.truths.words` says is there or not."""
    start = f"column {table}."
    for end in (" does not exist", " exists"):
        if fact.startswith(start) and fact.endswith(end):
            return fact[len(start) : -len(end)]
    return None


def lost_lines(situation: Situation, key: Key) -> tuple[str, ...]:
    """Return what version control has of a migration's file; nothing where nobody has looked."""
    versions = situation.lost_files.get(key)
    if versions is None:
        return ()
    lines = [] if any(one.content is not None for one in versions) else [situation.lost_files_nowhere]
    for number, version in enumerate(versions[:FACTS]):
        if version.content is None:
            lines.append(f"{version.where}: no file can be restored from that")
            continue
        also = f" (also {listed(version.also, 2)})" if version.also else ""
        begin = "another version of it" if number else "git has its file"
        lines.append(f"{begin}: {version.where}{also}")
    return tuple(lines)


def restoring(situation: Situation, *keys: Key) -> Offer | None:
    """Return the offer to restore the files of some migrations; None where one of them cannot be."""
    graph, lost = situation.graph, situation.lost_files
    found = [best(graph, lost, lost.get(key, ())) for key in keys]
    versions = [version for version in found if version is not None and version.exact]
    if not versions or len(versions) < len(found):
        return None
    where = "" if len(keys) > 1 else f": {versions[0].where}"
    files = f"{len(keys)} files" if len(keys) > 1 else "its file"
    return Offer("restore-file", f"Bring {files} back from version control{where}", "careful")
