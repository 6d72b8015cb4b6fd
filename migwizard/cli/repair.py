"""The commands that plan and repair: plan, dry-run, repair."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from ..core.tenants.batch import Task
from .beforehand import check_meant, everything_options, plan_many, try_many
from .options import common, format_option, how_much, narrate, read, reading_options
from .planning import answered, make, planning_options
from .schemas import asked_for, repair_many, resume_many, resumed, schemas_options, which_schemas

if TYPE_CHECKING:
    from ..core.finding import Safety
    from ..core.plan import Plan, Report
    from ..workbench import Reading, Workbench


@click.command()
@common
@reading_options
@planning_options
@format_option
@which_schemas
@everything_options
@click.option("--sql", "as_script", is_flag=True, help="Print a script that can be run by hand.")
def plan(
    no_schema: bool,
    no_replay: bool,
    what: tuple[str, ...],
    repair: str | None,
    answers: tuple[str, ...],
    into: str,
    form: str,
    schemas: tuple[str, ...],
    all_schemas: bool,
    everything: bool,
    allow: Safety,
    as_script: bool,
    **options: Any,
) -> int:
    """Show what a repair would do, and do nothing."""
    from .. import report

    many, reads = asked_for(schemas, all_schemas, options), how_much(no_schema, no_replay)
    check_meant(what, everything, many)
    if many and as_script:
        raise click.UsageError("--sql is for one schema (--schema): names differ from one to the other.")
    if many:
        return plan_many(options, reads, many, Task(what, repair, answered(answers, into), allow), form)
    bench, reading = read(options, no_schema, no_replay)
    made = make(bench, reading, what, repair, answers, into)
    situation = reading.situation
    script = report.script(made, situation.database.vendor, situation.search_path(made.schema))
    click.echo(script if as_script else report.plan(made, form))
    return int(bool(made.refusal))


@click.command()
@common
@reading_options
@planning_options
@format_option
@schemas_options
@click.option("--all", "everything", is_flag=True, help="Repair finding after finding.")
@click.option(
    "--allow", type=click.Choice(["safe", "careful", "destructive"]), default="safe", show_default=True
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def repair(
    no_schema: bool,
    no_replay: bool,
    what: tuple[str, ...],
    repair: str | None,
    answers: tuple[str, ...],
    into: str,
    form: str,
    schemas: tuple[str, ...],
    all_schemas: bool,
    jobs: int,
    everything: bool,
    allow: Safety,
    yes: bool,
    **options: Any,
) -> int:
    """Execute a repair in one transaction; without --yes, show the plan and ask."""
    from .. import report

    if everything == bool(what):
        raise click.UsageError("Name a finding or an action, or say --all.")
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: say --yes.")
    if (number := resumed(what)) is not None:
        return resume_many(options, number, jobs, yes, form)
    many, reads = asked_for(schemas, all_schemas, options), how_much(no_schema, no_replay)
    if many:
        task = Task(what, repair, answered(answers, into), allow)
        return repair_many(options, reads, many, task, jobs, yes, form)
    bench, reading = read(options, no_schema, no_replay)
    if everything:
        return repair_all(bench, reading, allow, yes, form, not no_replay)
    made = make(bench, reading, what, repair, answers, into)
    result = run_plan(bench, made, yes, form)
    click.echo(report.result(result, form))
    return 0 if result.outcome == "done" else 1


@click.command("dry-run")
@common
@reading_options
@planning_options
@format_option
@schemas_options
@everything_options
@click.option("--one-of-each", is_flag=True, help="Try only one of the schemas that hold the same.")
def dry_run(
    no_schema: bool,
    no_replay: bool,
    what: tuple[str, ...],
    repair: str | None,
    answers: tuple[str, ...],
    into: str,
    form: str,
    schemas: tuple[str, ...],
    all_schemas: bool,
    jobs: int,
    everything: bool,
    allow: Safety,
    one_of_each: bool,
    **options: Any,
) -> int:
    """Run a repair and take it back: statements as executed, their time and rows, and the verdict."""
    from .. import report

    many, reads = asked_for(schemas, all_schemas, options), how_much(no_schema, no_replay)
    check_meant(what, everything, many)
    if many:
        task = Task(what, repair, answered(answers, into), allow)
        return try_many(options, reads, many, task, jobs, one_of_each, form)
    bench, reading = read(options, no_schema, no_replay)
    made = make(bench, reading, what, repair, answers, into)
    result = tried(bench, made)
    click.echo(report.result(result, form))
    return 0 if result.outcome == "rolled-back" else 1


def tried(bench: Workbench, made: Plan) -> Report:
    """Return what a dry run of a plan says."""
    from ..core.plan import Report

    if made.refusal:
        return Report(made, "refused", made.refusal, dry=True)
    with redirect_stdout(sys.stderr):
        return bench.dry_run(made)


def run_plan(bench: Workbench, made: Plan, yes: bool, form: str) -> Report:
    """Execute a plan, after asking when that is wanted."""
    from .. import report
    from ..core.plan import Report

    if made.refusal:
        return Report(made, "refused", made.refusal)
    if not yes:
        click.echo(report.plan(made, "text"), err=form == "json")
        if not click.confirm("Run this?", default=False, err=form == "json"):
            return Report(made, "refused", "Not confirmed; nothing has changed.")
    # What migrations and receivers print must not end up in the document on standard output.
    with redirect_stdout(sys.stderr):
        try:
            return bench.execute(made)
        except KeyboardInterrupt:
            click.echo(
                "migwizard: Interrupted; the repair was rolled back, and nothing has changed.", err=True
            )
            raise


def repair_all(bench: Workbench, reading: Reading, allow: Safety, yes: bool, form: str, replay: bool) -> int:
    """Repair finding after finding until nothing that may be repaired is left."""
    from .. import report
    from ..batches.everything import repair_everything

    results, reading = repair_everything(
        bench,
        reading,
        allow,
        lambda made: run_plan(bench, made, yes, form),
        lambda: bench.read(narrate, replay=replay),
        lambda sentence: click.echo(report.one_line(sentence), err=True),
    )
    for finding in reading.findings:
        if finding.severity == "error" and not finding.repairs:
            sentence = f"{finding.id}: no repair is offered; see migwizard check for what is in its way."
            click.echo(report.one_line(sentence), err=True)
    click.echo(report.results(results, reading.findings, form))
    left = any(finding.severity == "error" for finding in reading.findings)
    return int(left or any(result.outcome != "done" for result in results))
