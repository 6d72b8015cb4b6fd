"""A repair was interrupted, and it is said here what is in of it.

## What it finds
Executions of a plan in the journal of this database whose process ended before it could write down how: killed, the
terminal closed, the connection lost, the disk full.

## Why it matters
Where the whole plan was in one transaction, the database is as before or as afterwards, and this says which. But
files are renamed into place only after the commit, and some steps cannot be in a transaction at all
(`atomic = False`, an index built concurrently): then a part is in, and the rest is not.

## Example
`migwizard repair conflicting-leaves:shop` was killed between its commit and the renaming of the new file: the
record of `0014_merge` is in, and the file is not.

## How it is repaired
The rest is done (`resume`), or what is in is taken back (`undo`). A repair of many schemas goes on with those that had
no turn yet (`migwizard repair resume batch-3`, in the wizard `r` on it). What was wholly in, or not at all, needs
nothing; it is told once.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer, Subject
from ..core.journal import Entry
from ..core.situation import Situation
from ..core.tenants.batch import Batch
from .base import Info, finding_id, listed, offers, when

INFO = Info("unfinished-repair", "error", "A repair was interrupted", ("resume", "undo"))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each interrupted execution, and for each repair of many schemas."""
    return (
        *map(_of_many, situation.unfinished_batches),
        *map(_finding, situation.unfinished),
    )


def _of_many(batch: Batch) -> Finding:
    left = batch.remaining
    return Finding(
        finding_id(INFO, batch.name),
        INFO.name,
        INFO.severity,
        Subject(),
        f"{batch.name} ({batch.task.title}) was interrupted: {len(left)} of {len(batch.schemas)} schemas have not had"
        " their turn.",
        evidence=(
            f"begun {when(batch.begun)} by {batch.who}",
            f"without a turn: {listed(left, 5)}",
            "each schema that had its turn is as its own journal says; the one at work was rolled back, or is whole",
            f"migwizard repair resume {batch.name} goes on with it",
        ),
    )


def _finding(entry: Entry) -> Finding:
    open_end = entry.outcome == "interrupted"
    return Finding(
        finding_id(INFO, str(entry.id)),
        INFO.name,
        INFO.severity if open_end else "info",
        Subject(),
        f"Number {entry.id} in the journal ({entry.title}) did not come to its end. {entry.message}",
        evidence=(
            f"begun {when(entry.begun)} by {entry.who}",
            *(f"{number}. {step.why}{_mark(entry, number)}" for number, step in enumerate(entry.steps, 1)),
        ),
        repairs=offers(
            Offer("resume", f"Bring number {entry.id} to its end", entry.safety),
            Offer("undo", f"Take back what is in of number {entry.id}", "careful")
            if entry.in_place
            else None,
        )
        if open_end
        else (),
    )


def _mark(entry: Entry, number: int) -> str:
    """Return what is known of one step."""
    if number <= entry.done_steps:
        return " (in)"
    return " (begun)" if number <= entry.begun_steps and entry.outcome == "interrupted" else ""
