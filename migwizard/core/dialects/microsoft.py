"""What SQL Server cannot do, or mssql-django gets wrong there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .rehearsed import Dialect, Event, Member, RehearsedColumn
from .rules import Rule, backend, refusals, said

IDENTITY = re.compile(r"alter\w* (from|to) \w*AutoField|from \w+ to \w*AutoField", re.IGNORECASE)
"""How every version of mssql-django says that a column cannot become an identity, or cease to be one."""
UNINDEXABLE = re.compile(r"\(max\)$|^(n?text|image|xml|json|geometry|geography|vector)\b")
VARYING = ("nvarchar", "varchar", "varbinary")
KEY_BYTES, CLUSTERED_BYTES = 1700, 900
OWN = "In a migration of your own that has not been applied anywhere"
OVERRIDE = (
    "If the migration is another package's, the project can have its own migrations for that app (MIGRATION_MODULES),"
    " in which the field is born as it is in the end."
)


def rules(dialect: Dialect, event: Event) -> Iterator[Rule]:
    """Yield what goes wrong at one event of a rehearsal on SQL Server."""
    if event.kind == "refuses" and IDENTITY.search(event.text):
        yield identity_change(dialect, event)
    elif event.kind == "refuses":
        yield from refusals(dialect, event)
    elif event.kind == "lacks-identity":
        yield missing_identity(dialect, event)
    elif event.kind == "makes" and event.member is not None:
        yield from of_member(dialect, event, event.member)
    elif event.kind in ("alters-column", "drops-column", "renames-column"):
        yield from dependents(event)
    elif event.kind == "loses" and event.member is not None:
        yield lost(dialect, event, event.member)


def identity_change(dialect: Dialect, event: Event) -> Rule:
    """Return that a column would have to become an identity, or cease to be one."""
    field = event.column.name if event.column is not None else None
    which = f"{event.table}.{field}" if event.table and field else "a column"
    return Rule(
        "identity-change",
        "error",
        event.table or None,
        field,
        f"cannot run on SQL Server: it changes {which} to or from an AutoField.",
        (
            "SQL Server cannot give a column IDENTITY that is there already, nor take it away",
            f"{backend(dialect)} raises {event.text}",
        ),
        f"{OWN}, make the field what it shall be in the CreateModel operation. {OVERRIDE}",
    )


def missing_identity(dialect: Dialect, event: Event) -> Rule:
    """Return that an AutoField is added without IDENTITY."""
    column = event.column.name if event.column else None
    return Rule(
        "missing-identity",
        "error",
        event.table,
        column,
        f"adds the AutoField {event.table}.{column} without IDENTITY, so the server will give it no values.",
        (f"{backend(dialect)} leaves IDENTITY out when a field is added to a table that exists",),
        "A newer mssql-django adds it (1.6 and later); or make the field in the CreateModel operation.",
    )


def of_member(dialect: Dialect, event: Event, member: Member) -> Iterator[Rule]:
    """Yield what goes wrong with an index or a constraint that is made."""
    if member.kind in ("primary", "unique", "index"):
        for part in event.parts:
            if UNINDEXABLE.search(part.type):
                yield unindexable(event, member, part)
        yield from too_long(event, member)
    nullable = [part.name for part in event.parts if part.nullable]
    if member.kind == "unique" and nullable:
        yield null_mismatch(event, member, nullable)
    if member.cascades and event.cycle:
        yield cascade_cycle(event, member)


def unindexable(event: Event, member: Member, part: RehearsedColumn) -> Rule:
    """Return that a column of a type without a length is indexed."""
    place = f"{event.table}.{part.name}"
    return Rule(
        "unindexable-column",
        "error",
        event.table,
        part.name,
        f"cannot run on SQL Server: {place} is {part.type}, which no index and no unique rule can be on.",
        (
            f"it makes the {said(member)}",
            f"error 1919: Column '{part.name}' in table '{event.table}' is of a type that is invalid for use as a key"
            " column in an index",
        ),
        f"{OWN}, make the field a CharField with a max_length (of at most 850 characters), or leave the index and"
        f" unique=True out. {OVERRIDE}",
    )


def bytes_of(part: RehearsedColumn) -> int:
    """Return how many bytes a column of varying length can take in a key; 0 for any other, which always fits."""
    found = re.fullmatch(r"(n?varchar|n?char|varbinary)\((\d+)\)", part.type)
    return int(found[2]) * (2 if found[1].startswith("n") else 1) if found else 0


def too_long(event: Event, member: Member) -> Iterator[Rule]:
    """Yield that rows may become too long for a key, which SQL Server tells only when one is written."""
    limit = CLUSTERED_BYTES if member.kind == "primary" else KEY_BYTES
    most = sum(map(bytes_of, event.parts))
    if most > limit:
        yield Rule(
            "key-too-long",
            "warning",
            event.table,
            event.parts[0].name if len(event.parts) == 1 else None,
            f"makes a key of up to {most} bytes on {event.table}; SQL Server refuses every row that takes more than"
            f" {limit}.",
            (
                f"it makes the {said(member)} on {', '.join(member.columns)}",
                f"error 1946 when such a row is written: the index entry exceeds the maximum length of {limit} bytes",
            ),
            f"Give the fields a smaller max_length (at most {limit // 2} characters together), or leave the key out.",
        )


def null_mismatch(event: Event, member: Member, nullable: list[str]) -> Rule:
    """Return that a unique constraint would take NULLs for equal."""
    columns = ", ".join(member.columns)
    fields = " & ".join(f"Q({name}__isnull=False)" for name in nullable)
    return Rule(
        "unique-null-mismatch",
        "warning",
        event.table,
        nullable[0] if len(nullable) == 1 else None,
        f"makes {columns} of {event.table} unique in a way that takes NULLs for equal on SQL Server, so a second row"
        " without a value is refused.",
        (
            f"{member.name} becomes a constraint, not a filtered index; {', '.join(nullable)} may be NULL",
            "error 1505 if such rows are there already, error 2627 when the second one is written",
        ),
        f"Give the UniqueConstraint condition={fields} (the columns that may be NULL), or use unique=True on the field:"
        " for both the backend makes an index that leaves NULLs out.",
    )


def cascade_cycle(event: Event, member: Member) -> Rule:
    """Return that the server would have two ways to delete the same row."""
    way = " -> ".join(event.cycle)
    return Rule(
        "cascade-cycle",
        "error",
        event.table,
        member.columns[0] if member.columns else None,
        f"cannot run on SQL Server: the server would come to the same rows twice when it deletes ({way}).",
        (
            f"{said(member)} deletes or changes rows in the database itself",
            f"error 1785: Introducing FOREIGN KEY constraint '{member.name}' may cause cycles or multiple cascade"
            " paths",
        ),
        "Use on_delete=models.CASCADE, with which Django itself deletes, in place of DB_CASCADE, DB_SET_NULL or"
        " DB_SET_DEFAULT in one of these foreign keys.",
    )


def size(kind: str) -> tuple[str, int]:
    """Return a type of varying length with the length; -1 for any other type."""
    found = re.fullmatch(r"(\w+)\((\d+|max)\)", kind)
    if found is None or found[1] not in VARYING:
        return kind, -1
    return found[1], 2**31 if found[2] == "max" else int(found[2])


def grows(before: str, after: str) -> bool:
    """Tell whether a column only gets longer, or stays as long as it is."""
    (old, former), (new, later) = size(before), size(after)
    return before == after or (old == new and 0 <= former <= later)


def hinders(member: Member, event: Event) -> bool:
    """Tell whether SQL Server refuses to alter a column because of something that depends on it."""
    assert event.before is not None
    assert event.column is not None
    same = event.before.type == event.column.type
    if member.kind == "default":
        # Length, precision and scale can change under a default.
        return event.before.type.partition("(")[0] != event.column.type.partition("(")[0]
    if member.kind in ("check", "foreign"):
        return not same and not grows(event.before.type, event.column.type)
    if event.before.name not in member.columns:
        return True
    return member.kind == "primary" or not same or event.before.nullable != event.column.nullable


def dependents(event: Event) -> Iterator[Rule]:
    """Yield that something depends on a column which is altered, renamed or dropped."""
    if event.before is None:
        return
    if event.kind == "alters-column":
        if event.column is None or event.before == event.column:
            return
        found = [one for one in event.dependents if hinders(one, event)]
        found = [one for one in found if not longer_only(one, event)]
        verb, error = "alters", "errors 5074 and 4922: the object is dependent on the column"
    elif event.kind == "renames-column":
        found = [one for one in event.dependents if one.kind == "check" or event.before.name in one.also]
        verb, error = "renames", "error 15336: the object participates in enforced dependencies"
    else:
        found = [one for one in event.dependents if one.kind != "default" or one.certain]
        verb, error = "drops", "errors 5074 and 4922: the object is dependent on the column"
    what = [said(one) for one in found] + [f"generated column {name}" for name in event.computed]
    if what:
        yield blocked(event, verb, what, error, found)


def longer_only(member: Member, event: Event) -> bool:
    """Tell whether an index stays because its column only gets longer."""
    assert event.before is not None
    assert event.column is not None
    return (
        member.kind in ("index", "unique")
        and event.before.nullable == event.column.nullable
        and grows(event.before.type, event.column.type)
    )


def blocked(event: Event, verb: str, what: list[str], error: str, found: list[Member]) -> Rule:
    """Return that SQL Server refuses to change a column, and the way around."""
    assert event.before is not None
    place = f"{event.table}.{event.before.name}"
    relaxed = (
        event.kind == "alters-column"
        and event.column is not None
        and event.before.type == event.column.type
        and event.column.nullable
        and not event.computed
    )
    will = "may fail" if relaxed else "cannot run"
    return Rule(
        "dependent-objects",
        "warning" if relaxed else "error",
        event.table,
        event.before.name,
        f"{will} on SQL Server: it {verb} {place}, on which {', '.join(what)} depend{'s' if len(what) == 1 else ''}.",
        (
            f"the backend does not drop {'it' if len(what) == 1 else 'them'} before: {event.text.strip()}",
            error,
        ),
        "Remove "
        + (", ".join(what))
        + " by an operation before this one (RemoveConstraint, RemoveIndex, RemoveField, or AlterField without"
        " db_default), and add it again after it, in the same migration.",
    )


def lost(dialect: Dialect, event: Event, member: Member) -> Rule:
    """Return that an index or a constraint goes although the models still have it."""
    what = said(member)
    loss = " Duplicates can be written from then on." if member.unique else ""
    way = (
        "Add a migration directly after it that removes and adds it again (RemoveConstraint and AddConstraint, or"
        " RemoveIndex and AddIndex), inside SeparateDatabaseAndState with database_operations alone."
    )
    if member.kind == "foreign":
        loss = " Rows can point to nothing from then on."
        way = "Add a migration directly after it that makes it again, by a RunSQL with ALTER TABLE … ADD CONSTRAINT."
    return Rule(
        "lost-index",
        "warning",
        event.table,
        member.columns[0] if len(member.columns) == 1 else None,
        f"takes the {what} away from {event.table} on SQL Server, without an error.{loss}",
        (
            f"{backend(dialect)} drops it with the others before it alters the column, and does not make it again",
            "the models still have it, so no later migration brings it back",
        ),
        way,
    )
