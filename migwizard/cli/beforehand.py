"""What is told of a task in many schemas before it is run: its plans, and what became of a dry run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from .options import Command
from .schemas import Progress, surveyed

if TYPE_CHECKING:
    from ..core.tenants.batch import Task


def everything_options(command: Command) -> Command:
    """Add the options that mean finding after finding, which `repair` has as well."""
    command = click.option(
        "--allow",
        type=click.Choice(["safe", "careful", "destructive"]),
        default="safe",
        show_default=True,
        help="The gravest plan that counts, with --all.",
    )(command)
    return click.option("--all", "everything", is_flag=True, help="Finding after finding, in many schemas.")(
        command
    )


def check_meant(what: Sequence[str], everything: bool, many: Sequence[str]) -> None:
    """Raise click.UsageError unless something is named, or everything in many schemas is meant."""
    if everything and not what and not many:
        raise click.UsageError(
            "--all is for many schemas here: say --all-schemas, or name a finding (see migwizard check)."
        )
    if everything == bool(what):
        rest = ", or say --all" if many else ""
        raise click.UsageError(f"Name a finding (see migwizard check) or an action{rest}.")


def plan_many(
    options: dict[str, Any], reads: Mapping[str, bool], values: Sequence[str], task: Task, form: str
) -> int:
    """Show what a task would do first in each schema, once for those that are equal."""
    from .. import report

    _, found = surveyed(options, reads, values, task, writes=False)
    click.echo(report.planned_many(found, task, form))
    refused = (one for one in found.planned if one.refusal or (one.plan is not None and one.plan.refusal))
    return int(any(refused))


def try_many(
    options: dict[str, Any],
    reads: Mapping[str, bool],
    values: Sequence[str],
    task: Task,
    jobs: int,
    one_of_each: bool,
    form: str,
) -> int:
    """Try a task in every schema, each in a transaction that is rolled back, and tell what became of each."""
    from .. import report
    from ..batches import try_out
    from ..core.tenants.batch import TRIED_WELL

    bench, found = surveyed(options, reads, values, task, writes=True)
    tried = try_out(bench, task, found, jobs=jobs, one_of_each=one_of_each, heard=Progress(TRIED_WELL))
    click.echo(report.trial(found, task, tried, form))
    return int(any(result.outcome not in TRIED_WELL for result in tried))
