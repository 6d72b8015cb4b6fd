"""Take back what an earlier execution did.

## What it does
Brings history rows, tables and files back to what the journal says that they were before: rows with their ids and
timestamps, tables in their former shape, files with their former content. What an operation renamed gets its former
name with everything in it, content types included; a user gets the former default schema, and loses what was granted.
It is a plan like any other: previewed, checked and journaled.

## What it asks
A value for rows that would have none in a column which must not be empty again (`--set fill=VALUE`).

## What it refuses
An execution after which the world has moved on: a row, a table or a file that is no longer as the execution left it.
It says which. It does not bring back rows of tables and columns that the execution dropped, nor does it undo what
RunPython wrote into tables that were there already; it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..core.graph import Record
from ..core.journal import Entry
from ..core.plan import Loss, Plan, Step
from ..core.rights.granting import Change, stands, statement, taken_back
from ..core.rights.home import described as described_change
from ..core.schema import Table
from ..core.schema.filling import answered, fillable, fills
from ..core.schema.renaming import Rename, backwards, renamed
from ..core.situation import Situation
from ..core.truths.lineage import holds_the_same
from .base import Impossible, Info, Request, WrongArguments, dotted, text
from .renames import rename_steps

INFO = Info("undo", "Take back what an earlier execution did", "NUMBER", "careful")

HISTORY = "django_migrations"

CONTENT_TYPES = "django_content_type"


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when nothing of the execution is in, or something has changed since.
    """
    entry = request.entry
    if entry is None:
        raise WrongArguments("Name an execution: undo NUMBER (see migwizard journal).")
    refuse(entry)
    entry = replace(entry, tables_before=sound(entry.tables_before), tables_after=sound(entry.tables_after))
    moved = tuple(differences(situation, entry))
    if moved:
        raise Impossible(
            f"Number {entry.id} cannot be taken back, because something has changed since: {'; '.join(moved)}."
        )
    live = situation.live
    keys = fillable(live.tables if live is not None else {}, in_live_names(entry).items())
    given = in_former_names(entry, fills(keys, request.settings))
    steps = (
        *rights_steps(situation, entry, of_schemas=False),
        *rename_steps(situation, entry),
        *table_steps(entry, given),
        *content_type_steps(situation, entry),
        *record_steps(entry),
        *rights_steps(situation, entry, of_schemas=True),
        *file_steps(entry),
    )
    if not steps:
        raise Impossible(f"Number {entry.id} changed nothing that could be taken back.")
    return Plan(
        INFO.name,
        f"Take back number {entry.id}: {entry.title}",
        INFO.safety,
        steps,
        request.finding.id if request.finding is not None else None,
        f"undo {entry.id}",
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        loses=tuple(losses(entry)),
        asks=answered(keys, request.settings),
        risks=tuple(risks(entry)),
        undoes=entry.id,
    )


def refuse(entry: Entry) -> None:
    """Raise Impossible when an execution has nothing that could be taken back."""
    if entry.undone_by is not None:
        raise Impossible(f"Number {entry.id} was taken back already, by number {entry.undone_by}.")
    if entry.resumes is not None and entry.only_files:
        raise Impossible(
            f"Number {entry.id} only put the files of number {entry.resumes} in their places;"
            f" undo {entry.resumes} takes back the whole."
        )
    if entry.repair == "recreate-schema":
        raise Impossible(
            f"Number {entry.id} made a schema anew; what was in it before comes back from its dump alone."
        )
    if entry.outcome == "running":
        raise Impossible(f"Number {entry.id} is still running.")
    if not entry.in_place:
        raise Impossible(f"Nothing of number {entry.id} is in: {entry.message}")
    if entry.outcome == "interrupted" and entry.begun_steps > entry.done_steps:
        index = entry.done_steps
        if not entry.steps[index].atomic:
            raise Impossible(
                f"Step {index + 1} of number {entry.id} may be in by a part, so nobody knows what to take back; "
                "bring it to its end first (resume), or take back its migration."
            )


def differences(situation: Situation, entry: Entry) -> Iterator[str]:
    """Yield what is no longer as an execution left it."""
    rows = {row.id: row for row in situation.records}
    for row in entry.records_after:
        if rows.get(row.id) != row:
            yield f"the row of {dotted(row.key)} is not as it was left"
    kept = {row.id for row in entry.records_after}
    for row in entry.records_before:
        if row.id in rows and row.id not in kept:
            yield f"a row has taken the place of that of {dotted(row.key)}"
    for change in changes_of(entry):
        if situation.rights is None or not stands(change, situation.rights, situation.database.vendor):
            yield f"{change.principal or change.schema}: {described_change(change)[:-1]} is not so any more"
    if not entry.tables_after:
        return
    if situation.live is None:
        yield f"the schema was not read ({situation.why_not.rstrip('.')})"
        return
    for name, table in entry.tables_after.items():
        live = situation.live.tables.get(name)
        live = live.sound() if live is not None else None
        if live != table and not holds_the_same(live, table):
            yield f"table {name} {difference(live, table)}"


def sound(tables: Mapping[str, Table | None]) -> dict[str, Table | None]:
    """Return tables without the invalid indexes that a failed CREATE INDEX CONCURRENTLY has left."""
    return {name: table.sound() if table is not None else None for name, table in tables.items()}


def difference(live: Table | None, left: Table | None) -> str:
    """Return what became of a table since an execution left it, in words."""
    if live is None:
        return "is gone"
    if left is None:
        return "is there again"
    before, now = {column.name for column in left.columns}, {column.name for column in live.columns}
    words = [f"has no column {name} any more" for name in sorted(before - now)]
    words += [f"has a new column {name}" for name in sorted(now - before)]
    return " and ".join(words) or "has another shape now"


def in_live_names(entry: Entry) -> dict[str, Table | None]:
    """Return the former shapes of the tables, under the names that they and their columns have now."""
    return renamed(entry.tables_before, entry.renames)


def in_former_names(
    entry: Entry, given: tuple[tuple[str, str, str], ...]
) -> tuple[tuple[str, str, str], ...]:
    """Return values to fill in under the names that tables and columns have once they are renamed back."""
    back = {one.table: one for one in backwards(entry.renames)}
    found = []
    for table, column, value in given:
        one = back.get(table, Rename(table, table))
        found.append((one.name, dict(one.columns).get(column, column), value))
    return tuple(found)


def changes_of(entry: Entry) -> tuple[Change, ...]:
    """Return what an execution changed of default schemas and of rights, in its order."""
    return tuple(change for step in entry.steps[: entry.done_steps] for change in step.changes)


def rights_steps(situation: Situation, entry: Entry, *, of_schemas: bool) -> Iterator[Step]:
    """Yield the steps that give default schemas and rights back as they were, the last change first.

    Schemas that were made have steps of their own, as they can go only when nothing is in them any more.
    """
    database, vendor = (
        situation.rights.database if situation.rights is not None else "",
        situation.database.vendor,
    )
    for change in taken_back(changes_of(entry)):
        if (change.kind == "schema") != of_schemas:
            continue
        yield Step(
            "sql",
            described_change(change),
            sql=(statement(change, vendor, database),),
            changes=(change,),
            undo="; ".join(statement(one, vendor, database) for one in taken_back((change,))),
        )


def content_type_steps(situation: Situation, entry: Entry) -> Iterator[Step]:
    """Yield the steps that give the content types of renamed models their former names back, the last one first.

    `django.contrib.contenttypes` renames them with the model; without this, whatever refers to one would refer to a
    model that is not there.
    """
    tables = situation.live.tables if situation.live is not None else {}
    if CONTENT_TYPES not in tables:
        return
    for step in reversed(entry.steps[: entry.done_steps]):
        file = situation.graph.files.get(step.migration) if step.migration is not None else None
        if file is None or step.operation is None or step.operation >= len(file.operations):
            continue
        operation = file.operations[step.operation]
        names = {touch.act: touch.model for touch in operation.touches}
        if operation.name != "RenameModel" or not {"renames", "makes"} <= names.keys():
            continue
        old, new = names["renames"], names["makes"]
        yield content_type_step(file.app, *((old, new) if step.backwards else (new, old)))


def content_type_step(app: str, name: str, former: str) -> Step:
    """Return the step that gives a content type its former name back, unless there is another one of that name."""
    of_app = f"app_label = {text(app)} AND model ="
    return Step(
        "sql",
        f"The content type of {app}.{name} is that of {app}.{former} again.",
        sql=(
            f"UPDATE {CONTENT_TYPES} SET model = {text(former)} WHERE {of_app} {text(name)}"
            f" AND NOT EXISTS (SELECT 1 FROM {CONTENT_TYPES} WHERE {of_app} {text(former)})",
        ),
        undo="Undo the undo: it is in the journal as well.",
    )


def table_steps(entry: Entry, given: tuple[tuple[str, str, str], ...]) -> Iterator[Step]:
    """Yield the step that brings the tables back to their former shape."""
    if entry.tables_before:
        names = ", ".join(sorted(entry.tables_before))
        yield Step(
            "sql",
            f"Bring {names} back to what {'it was' if len(entry.tables_before) == 1 else 'they were'}.",
            tables=tuple(sorted(entry.tables_before.items())),
            fills=given,
            undo="Undo the undo: it is in the journal as well.",
        )


def record_steps(entry: Entry) -> Iterator[Step]:
    """Yield the steps that bring the history rows back."""
    if HISTORY in entry.tables_before and entry.tables_before[HISTORY] is None:
        # The table goes as a whole.
        return
    former = {row.id: row for row in entry.records_before}
    undo = "Undo the undo: it is in the journal as well."
    for row in entry.records_after:
        old = former.pop(row.id, None)
        name = dotted(row.key)
        if old is None or old.app != row.app:
            yield Step(
                "record",
                f"Remove the row of {name} again.",
                migration=row.key,
                record="delete",
                record_id=row.id,
                undo=undo,
            )
        if old is not None and old.app == row.app:
            yield Step(
                "record",
                f"Give the row of {name} its former name {old.name} back.",
                migration=row.key,
                record="rename",
                record_id=row.id,
                new_name=old.name,
                undo=undo,
            )
    yield from (inserted(row, undo) for row in sorted(former.values(), key=lambda row: row.id))


def inserted(row: Record, undo: str) -> Step:
    """Return the step that writes a row as it was."""
    return Step(
        "record",
        f"Write the row of {dotted(row.key)} again, with its id and its date.",
        migration=row.key,
        record="insert",
        record_id=row.id,
        applied=row.applied,
        undo=undo,
    )


def file_steps(entry: Entry) -> Iterator[Step]:
    """Yield the steps that bring the files back, the last one first."""
    for change in reversed(entry.files):
        if change.path in entry.untouched:
            continue
        what = "Remove the file again." if change.former is None else "Bring the file back to what it was."
        yield Step(
            "file",
            what,
            path=change.path,
            content=change.former,
            former=change.content,
            undo="Undo the undo: it is in the journal as well.",
        )


def losses(entry: Entry) -> Iterator[Loss]:
    """Yield the tables and columns that go again."""
    for name, former in in_live_names(entry).items():
        table = entry.tables_after.get(name)
        if table is None:
            continue
        if former is None:
            yield Loss(name)
            continue
        known = {column.name for column in former.columns}
        yield from (Loss(name, column.name) for column in table.columns if column.name not in known)


def filled(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield the columns that might be NULL before and must not be since, of tables that had rows."""
    for name, former in in_live_names(entry).items():
        table = entry.tables_after.get(name)
        if table is None or former is None or former.rows == 0:
            continue
        for column in table.columns:
            old = former.column(column.name)
            if old is not None and old.nullable and not column.nullable:
                yield name, column.name


def risks(entry: Entry) -> Iterable[str]:
    """Yield what does not come back."""
    yield from (f"This does not come back: {sentence}" for sentence in entry.lost)
    for table, column in filled(entry):
        yield f"Where {table}.{column} was NULL, it keeps the value that it was given."
    if any(step.kind == "operation" and (step.signal or step.note) for step in entry.steps):
        yield (
            "What RunPython, RunSQL or receivers of signals wrote into tables that were there already stays as it is."
        )
