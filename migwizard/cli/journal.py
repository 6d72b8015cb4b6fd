"""The commands of the journal: what was done, by whom, when; and taking it back."""

from __future__ import annotations

import sys
from typing import Any

import click

from ..core.tenants.batch import batch_number
from .options import common, format_option, read, reading_options, workbench
from .planning import answers_option, planned, settings_of
from .repair import run_plan
from .schemas import undo_many


class Number(click.IntRange):
    """The number of an execution, or the name of a batch."""

    def __init__(self) -> None:
        super().__init__(min=1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or the name as it is."""
        if isinstance(value, str) and batch_number(value) is not None:
            return value
        return super().convert(value, param, ctx)


@click.command()
@common
@format_option
@click.argument("what", nargs=-1, metavar="[show ID]")
def journal(what: tuple[str, ...], form: str, **options: Any) -> int:
    """List what was done on this database, the newest first; `show ID` shows one execution whole."""
    from .. import report

    number = batch_number(what[1]) if len(what) == 2 else None
    if what and (what[0] != "show" or len(what) != 2 or not (what[1].isdecimal() or number is not None)):
        raise click.UsageError("The journal takes nothing, or: show ID.")
    bench = workbench(options)
    if number is not None:
        from ..batches import the_batch

        click.echo(report.batch(the_batch(bench, number), form))
        return 0
    # Only what was interrupted needs more than the journal itself: files and records tell what is in.
    bench.quick()
    if what:
        click.echo(report.entry(bench.entry(int(what[1])), form))
    else:
        click.echo(report.journal(bench.journal(), form, tuple(bench.batches().all())))
    return 0


@click.command()
@common
@reading_options
@format_option
@click.argument("number", type=Number(), metavar="ID")
@answers_option
@click.option(
    "--jobs", type=click.IntRange(min=1, max=64), default=1, help="How many schemas at a time (batch-N)."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def undo(
    no_schema: bool,
    no_replay: bool,
    number: int | str,
    answers: tuple[str, ...],
    form: str,
    jobs: int,
    yes: bool,
    **options: Any,
) -> int:
    """Take back what an execution did: history rows, tables and files as they were; `batch-3`, in every schema."""
    from .. import report

    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: say --yes.")
    if isinstance(number, str):
        return undo_many(options, batch_number(number) or 0, settings_of(answers), jobs, yes, form)
    bench, _ = read(options, no_schema, no_replay)
    made = planned(bench, None, "undo", (str(number),), settings_of(answers))
    result = run_plan(bench, made, yes, form)
    click.echo(report.result(result, form))
    return 0 if result.outcome == "done" else 1
