"""A migration file was renamed after it had been applied.

## What it finds
A record without a file, and in the same app exactly one file without a record that has the same number
or the same rest of the name, where the database shows that the file was applied: its effects are in the
schema, or, where they cannot be seen there, only the number in the name differs or applied migrations
depend on it.

## Why it matters
Django knows a migration by its name alone. It takes the renamed file for a new migration, and the old
record for one of a migration that is gone. The next `migrate` runs the file again and fails, because
what it makes is there already (`relation "…" already exists`); or, if applied migrations depend on the
file, every command raises InconsistentMigrationHistory.

## Example
`shop/migrations/0007_auto_20260301.py` was renamed to `0007_note.py` to give it a better name. In
production, `django_migrations` still says `0007_auto_20260301`.

## How it is repaired
The record has to get the new name and keep its date: `UPDATE django_migrations SET name = '0007_note'
WHERE app = 'shop' AND name = '0007_auto_20260301'`. Do not prune the old record alone: the file would
then be run again. If the file can still get its old name back, that repairs it too.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer
from ..core.situation import Situation
from .base import Info, about, dates, dotted, finding_id, offers, rows_by_key, when
from .evidence import schema_lines
from .overlaps import Rename, renames

INFO = Info(
    "renamed-migration", "error", "A migration file was renamed after it had been applied", ("rename-record",)
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each record whose file has another name now."""
    wanted = {dependency for _, dependency in situation.graph.missing}
    return tuple(_finding(situation, rename) for rename in renames(situation) if rename.ghost not in wanted)


def _finding(situation: Situation, rename: Rename) -> Finding:
    old, new = rename.ghost, rename.file
    return Finding(
        finding_id(INFO, dotted(old)),
        INFO.name,
        INFO.severity,
        about(situation, old),
        f"{dotted(old)} is recorded as applied but has no file; {dotted(new)}, which is not recorded, seems to be"
        " its new name.",
        evidence=(
            f"django_migrations has the row {dotted(old)} of {when(dates(situation)[old])}, and none of {dotted(new)}",
            f"{situation.graph.files[new].path} is the only unrecorded file of {new[0]} that is named alike",
            *schema_lines(situation, rows_by_key(situation).get(new)),
            *((f"but {rename.why}",) if rename.why else ()),
        ),
        repairs=offers(_rename(situation, rename)),
    )


def _rename(situation: Situation, rename: Rename) -> Offer | None:
    """Return the offer to rename the record, unless the schema leaves it open whether the file is the same."""
    row = rows_by_key(situation).get(rename.file)
    if row is None or not row.confirmed or row.schema not in ("yes", "unobservable"):
        return None
    title = "Give the record the name that its file has now"
    return Offer("rename-record", title, "safe" if row.schema == "yes" else "careful")
