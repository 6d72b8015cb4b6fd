"""What commands that work on many schemas share: which schemas, how many at a time, and how it goes on."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from .options import Command, narrate, workbench

if TYPE_CHECKING:
    from ..batches import Survey
    from ..core.tenants.batch import Batch, Became, SchemaResult, Task
    from ..workbench import Workbench


def which_schemas(command: Command) -> Command:
    """Add the options that say which schemas are meant."""
    command = click.option("--all-schemas", is_flag=True, help="In the public schema and every tenant's.")(
        command
    )
    return click.option(
        "--schemas",
        multiple=True,
        metavar="NAME,…",
        help="In these schemas: names, group:NAME, type:NAME or all.",
    )(command)


def schemas_options(command: Command) -> Command:
    """Add the options that say which schemas are meant, and how many are worked on at a time."""
    command = click.option(
        "--jobs",
        type=click.IntRange(min=1, max=64),
        default=1,
        show_default=True,
        help="How many schemas at a time.",
    )(command)
    return which_schemas(command)


def asked_for(schemas: Sequence[str], all_schemas: bool, options: dict[str, Any]) -> tuple[str, ...]:
    """Return what was typed of many schemas; nothing where one schema is meant.

    Raises:
        click.UsageError: when the options contradict one another.
    """
    if (schemas or all_schemas) and options.get("schema"):
        raise click.UsageError("--schema is for one schema; --schemas and --all-schemas are for many.")
    if schemas and all_schemas:
        raise click.UsageError("Say --schemas or --all-schemas, not both.")
    return ("all",) if all_schemas else tuple(schemas)


def resumed(what: Sequence[str]) -> int | None:
    """Return the batch that is to be gone on with: by `resume batch-3`, or by the finding that tells of it."""
    from ..core.tenants.batch import batch_number

    if len(what) == 2 and what[0] == "resume":
        return batch_number(what[1])
    name, _, subject = what[0].partition(":") if len(what) == 1 else ("", "", "")
    return batch_number(subject) if name == "unfinished-repair" else None


def repair_many(
    options: dict[str, Any],
    reads: Mapping[str, bool],
    values: Sequence[str],
    task: Task,
    jobs: int,
    yes: bool,
    form: str,
) -> int:
    """Do a task in many schemas, after asking when that is wanted, and tell what became of each."""
    from .. import report
    from ..batches import run

    bench, found = surveyed(options, reads, values, task, writes=True)
    if not found.turns:
        click.echo(report.nothing_to_do(task, found.idle, form))
        return 0
    found = confirm(found, task, yes, form)
    batch = run(bench, task, found, jobs=jobs, heard=Progress())
    return ended(batch, form)


def surveyed(
    options: dict[str, Any],
    reads: Mapping[str, bool],
    values: Sequence[str],
    task: Task,
    *,
    writes: bool,
) -> tuple[Workbench, Survey]:
    """Return an open workbench, and which of the schemas that are meant a task has something to do in."""
    from ..batches import NoSuchSchema, check_named, chosen, refuse_read_only, survey

    check_named(task)
    bench = workbench(options, **reads)
    if writes:
        refuse_read_only(bench)
    overview = bench.overview(narrate)
    try:
        schemas = chosen(values, overview)
    except NoSuchSchema as error:
        raise click.UsageError(str(error)) from error
    return bench, survey(bench, schemas, task, overview, narrate)


def resume_many(options: dict[str, Any], number: int, jobs: int, yes: bool, form: str) -> int:
    """Go on with a batch that was interrupted."""
    from ..batches import go_on, refuse_read_only, survey_rest, the_batch

    bench = workbench(options)
    refuse_read_only(bench)
    batch = the_batch(bench, number)
    found = survey_rest(bench, number, bench.overview(narrate), narrate)
    if not yes:
        click.echo(
            f"{batch.name}: {len(batch.remaining)} of {len(batch.schemas)} schemas are left.", err=True
        )
        found = confirm(found, batch.task, yes, form)
    return ended(go_on(bench, number, found, jobs=jobs, heard=Progress()), form)


def undo_many(
    options: dict[str, Any], number: int, settings: Mapping[str, str], jobs: int, yes: bool, form: str
) -> int:
    """Take back what a batch did, in every schema that it touched, the last one first."""
    from ..batches import refuse_read_only, run, survey_back
    from ..core.tenants.batch import Task

    bench = workbench(options)
    refuse_read_only(bench)
    found = survey_back(bench, number, bench.overview(narrate), narrate, settings)
    task = Task(settings=settings, undoes=number)
    found = confirm(found, task, yes, form)
    return ended(run(bench, task, found, jobs=jobs, heard=Progress()), form)


def confirm(found: Survey, task: Task, yes: bool, form: str) -> Survey:
    """Show what is to be done, ask, and return it as it was agreed to. Raises click.Abort when the answer is no."""
    from .. import report
    from ..batches import agreed

    if yes:
        return found
    click.echo(report.survey(found, task), err=form == "json")
    if not click.confirm(f"Run this in {len(found.turns)} schemas?", default=False, err=form == "json"):
        click.echo("Not confirmed; nothing has changed.", err=True)
        raise click.Abort
    return agreed(found, task)


def ended(batch: Batch, form: str) -> int:
    """Tell what became of a batch, and return the exit status."""
    from .. import report

    click.echo(report.batch(batch, form))
    return 0 if batch.outcome == "done" else 1


class Progress:
    """Tells on standard error how far it is, how many failed, and how long the rest will take."""

    def __init__(self, good: Sequence[Became] = ("done", "nothing")) -> None:
        self.good = good
        self.started = time.monotonic()
        self.turns = 0
        self.bad = 0

    def __call__(self, result: SchemaResult, done: int, total: int) -> None:
        """Tell what became of one schema: one line that is written over on a terminal, else one line each."""
        from .. import report

        self.turns += 1
        self.bad += result.outcome not in self.good
        line = report.progress(result, done, total, self.bad, self._rest(done, total))
        if not sys.stderr.isatty():
            click.echo(line, err=True)
            return
        shown = report.bar(done, total, line, shutil.get_terminal_size().columns)
        click.echo(f"\r\x1b[K{shown}", err=True, nl=False)
        if done >= total:
            click.echo("\r\x1b[K", err=True, nl=False)

    def _rest(self, done: int, total: int) -> float | None:
        """Return how many seconds the rest will take; the first turn says nothing of the others."""
        from ..core.tenants.batch import estimate

        seconds = time.monotonic() - self.started
        return estimate(self.turns, self.turns + total - done, seconds) if self.turns > 1 else None
