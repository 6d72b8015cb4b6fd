"""The commands of the journal: what was done, by whom, when; and taking it back."""

from __future__ import annotations

import sys
from typing import Any

import click

from .options import common, format_option, read, reading_options, workbench
from .planning import answers_option, planned, settings_of
from .repair import run_plan


@click.command()
@common
@format_option
@click.argument("what", nargs=-1, metavar="[show ID]")
def journal(what: tuple[str, ...], form: str, **options: Any) -> int:
    """List what was done on this database, the newest first; `show ID` shows one execution whole."""
    from .. import report

    if what and (what[0] != "show" or len(what) != 2 or not what[1].isdecimal()):
        raise click.UsageError("The journal takes nothing, or: show ID.")
    bench = workbench(options)
    # Only what was interrupted needs more than the journal itself: files and records tell what is in.
    bench.quick()
    if what:
        click.echo(report.entry(bench.entry(int(what[1])), form))
    else:
        click.echo(report.journal(bench.journal(), form))
    return 0


@click.command()
@common
@reading_options
@format_option
@click.argument("number", type=click.IntRange(min=1), metavar="ID")
@answers_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def undo(
    no_schema: bool,
    no_replay: bool,
    number: int,
    answers: tuple[str, ...],
    form: str,
    yes: bool,
    **options: Any,
) -> int:
    """Take back what an execution did: history rows, tables and files as they were."""
    from .. import report

    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: say --yes.")
    bench, _ = read(options, no_schema, no_replay)
    made = planned(bench, None, "undo", (str(number),), settings_of(answers))
    result = run_plan(bench, made, yes, form)
    click.echo(report.result(result, form))
    return 0 if result.outcome == "done" else 1
