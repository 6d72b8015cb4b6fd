"""The journal as plain text: all executions, one line each, and one of them whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.graph import Record
from ..core.journal import Entry
from .safe import one_line, visible
from .words import plural, utc


def entries(found: Sequence[Entry]) -> str:
    """Return every execution, one line each."""
    if not found:
        return "Nothing was executed on this database yet."
    return "\n".join(_line(entry) for entry in found)


def _line(entry: Entry) -> str:
    undone = f", taken back by {entry.undone_by}" if entry.undone_by is not None else ""
    return (
        f"{entry.id:>5}  {utc(entry.begun):%Y-%m-%d %H:%M}  {visible(entry.who)}  "
        f"{entry.outcome}{undone}  {one_line(entry.title)}"
    )


def entry(one: Entry) -> str:
    """Return one execution whole: what was done, and what was there before."""
    lines = [
        f"Number {one.id}: {visible(one.title)} ({one.repair}, {one.safety})",
        f"{one.outcome}: {visible(one.message)}" if one.message else one.outcome,
        "",
        f"begun     {utc(one.begun):%Y-%m-%d %H:%M:%S} by {visible(one.who)}",
        f"database  {visible(one.database)}",
        f"project   {visible(one.project)}",
    ]
    if one.ended is not None:
        lines.insert(4, f"ended     {utc(one.ended):%Y-%m-%d %H:%M:%S}")
    if one.batch is not None:
        lines.append(f"It was a part of batch-{one.batch}.")
    if one.undoes is not None:
        lines.append(f"It took back number {one.undoes}.")
    if one.undone_by is not None:
        lines.append(f"It was taken back by number {one.undone_by}.")
    return "\n".join([*lines, *_steps(one), *_changes(one)])


def _steps(one: Entry) -> Iterator[str]:
    for number, step in enumerate(one.steps, 1):
        state = "" if number <= one.done_steps or one.outcome != "interrupted" else " (not in)"
        yield ""
        yield f"{number}. {visible(step.why)}{state}"
        if step.path:
            yield f"   {'writes' if step.content is not None else 'deletes'} {visible(step.path)}"
        for ran in one.ran:
            if ran.step == number - 1:
                rows = "" if ran.rows is None else f"  {plural(ran.rows, 'row')}"
                yield f"  {ran.seconds:8.3f} s{rows:>10}  {one_line(ran.sql)}"


def _changes(one: Entry) -> Iterator[str]:
    if one.records_before or one.records_after:
        yield ""
        yield "History rows:"
        yield from (f"  - {_row(row)}" for row in one.records_before)
        yield from (f"  + {_row(row)}" for row in one.records_after)
    if one.tables_before:
        yield ""
        yield "Tables:"
        for name, before in sorted(one.tables_before.items()):
            what = (
                "made" if before is None else "dropped" if one.tables_after.get(name) is None else "changed"
            )
            yield f"  {what:8} {visible(name)}"
    for sentence in one.lost:
        yield f"Lost: {visible(sentence)}"
    if one.gone:
        yield ""
        yield "Gone:"
        yield from (f"  - {visible(name)}" for name in one.gone)


def _row(row: Record) -> str:
    applied = f"{utc(row.applied):%Y-%m-%d %H:%M:%S.%f}" if row.applied is not None else "no date"
    return f"{row.id}  {visible(row.app)}  {visible(row.name)}  {applied}"
