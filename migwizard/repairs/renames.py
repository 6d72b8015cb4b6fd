"""Former names given back to tables and columns, with everything in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core.journal import Entry
from ..core.plan import Step
from ..core.schema import Table
from ..core.schema.members import names_any, texts_of
from ..core.schema.renaming import Rename, backwards, statements
from ..core.situation import Situation

UNDO = "Undo the undo: it is in the journal as well."


def rename_steps(situation: Situation, entry: Entry) -> Iterator[Step]:
    """Yield the steps that give tables and columns of an execution their former names back."""
    back = backwards(entry.renames)
    if not back:
        return
    live, vendor = situation.live, situation.database.vendor
    if vendor == "microsoft" and live is not None:
        bare = tuple(
            (one.table, without_texts(table, [name for name, _ in one.columns]))
            for one in back
            if one.name in entry.tables_before and (table := live.tables.get(one.table)) is not None
        )
        bare = tuple((name, table) for name, table in bare if table != live.tables[name])
        if bare:
            yield Step(
                "sql",
                f"Take away for a moment what keeps columns of {', '.join(name for name, _ in bare)} from getting"
                " another name.",
                tables=bare,
                undo=UNDO,
            )
    yield Step(
        "sql",
        f"Give {', '.join(described(one) for one in back)} the former name back; what is in it stays.",
        sql=tuple(
            statements(back, live.schema if live is not None and situation.database.schema else "", vendor)
        ),
        renames=back,
        undo=UNDO,
    )


def without_texts(table: Table, columns: list[str]) -> Table:
    """Return a table without the checks and filtered indexes that name a column, which SQL Server does not rewrite."""
    return replace(
        table,
        constraints=tuple(
            one for one in table.constraints if one.kind != "check" or not names_any(one.definition, columns)
        ),
        indexes=tuple(
            one
            for one in table.indexes
            if not any(names_any(text, columns) for text in texts_of(one) if text)
        ),
    )


def described(rename: Rename) -> str:
    """Return what is renamed, in words."""
    columns = [f"{rename.table}.{old} ({new})" for old, new in rename.columns]
    table = [f"{rename.table} ({rename.name})"] if rename.table != rename.name else []
    return ", ".join((*table, *columns))
