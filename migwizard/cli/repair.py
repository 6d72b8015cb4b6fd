"""The commands that plan and repair: plan, dry-run, repair."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from .options import common, format_option, narrate, read, reading_options
from .planning import make, planning_options

if TYPE_CHECKING:
    from ..core.plan import Plan, Report
    from ..workbench import Reading, Workbench


@click.command()
@common
@reading_options
@planning_options
@format_option
@click.option("--sql", "as_script", is_flag=True, help="Print a script that can be run by hand.")
def plan(
    no_schema: bool,
    no_replay: bool,
    what: tuple[str, ...],
    repair: str | None,
    answers: tuple[str, ...],
    into: str,
    form: str,
    as_script: bool,
    **options: Any,
) -> int:
    """Show what a repair would do, and do nothing."""
    from .. import report

    if not what:
        raise click.UsageError("Name a finding (see migwizard check) or an action.")
    bench, reading = read(options, no_schema, no_replay)
    made = make(bench, reading, what, repair, answers, into)
    vendor = reading.situation.database.vendor
    click.echo(report.script(made, vendor) if as_script else report.plan(made, form))
    return int(bool(made.refusal))


@click.command()
@common
@reading_options
@planning_options
@format_option
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
    everything: bool,
    allow: str,
    yes: bool,
    **options: Any,
) -> int:
    """Execute a repair in one transaction; without --yes, show the plan and ask."""
    from .. import report

    if everything == bool(what):
        raise click.UsageError("Name a finding or an action, or say --all.")
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: say --yes.")
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
def dry_run(
    no_schema: bool,
    no_replay: bool,
    what: tuple[str, ...],
    repair: str | None,
    answers: tuple[str, ...],
    into: str,
    form: str,
    **options: Any,
) -> int:
    """Run a repair and take it back: statements as executed, their time and rows, and the verdict."""
    from .. import report

    if not what:
        raise click.UsageError("Name a finding (see migwizard check) or an action.")
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


def repair_all(bench: Workbench, reading: Reading, allow: str, yes: bool, form: str, replay: bool) -> int:
    """Repair finding after finding until nothing that may be repaired is left.

    Pending migrations are no fault, and are left alone; only where a repair has written migration files, they are run
    too, because that is what the files were written for.
    """
    from .. import report
    from ..core.finding import SAFETIES
    from ..workbench import CannotRun

    allowed = SAFETIES[: SAFETIES.index(allow) + 1]
    results: list[Report] = []
    tried: set[str] = set()
    while True:
        written = any(step.kind == "file" for r in results if r.outcome == "done" for step in r.plan.steps)
        candidates = [
            f
            for f in reading.findings
            if (f.severity != "info" or (written and f.name == "pending-migrations"))
            and f.confirmed
            and f.repairs
            and f.id not in tried
        ]
        if not candidates:
            break
        finding = candidates[0]
        tried.add(finding.id)
        name = next((offer.name for offer in finding.repairs if offer.recommended), finding.repairs[0].name)
        try:
            made = bench.plan(finding, name)
        except CannotRun as error:
            click.echo(report.one_line(f"{finding.id}: {error}"), err=True)
            continue
        if made.safety not in allowed:
            sentence = f"{finding.id}: its repair is {made.safety}, which --allow {allow} does not allow."
            click.echo(report.one_line(sentence), err=True)
            continue
        results.append(run_plan(bench, made, yes, form))
        reading = bench.read(narrate, replay=replay)
        if results[-1].outcome == "done":
            tried.clear()
    for finding in reading.findings:
        if finding.severity == "error" and not finding.repairs:
            sentence = f"{finding.id}: no repair is offered; see migwizard check for what is in its way."
            click.echo(report.one_line(sentence), err=True)
    click.echo(report.results(results, reading.findings, form))
    left = any(finding.severity == "error" for finding in reading.findings)
    return int(left or any(result.outcome != "done" for result in results))
