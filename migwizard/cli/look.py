"""The commands that look, and change nothing: check, status, graph, replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import LEVELS, clear, common, format_option, narrate, read, reading_options, workbench


@click.command()
@common
@reading_options
@click.option("--fail-on", type=click.Choice(LEVELS), default="error", show_default=True)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
@click.option(
    "--all-schemas", is_flag=True, help="Every tenant's too: one schema is read for all that are equal."
)
def check(
    no_schema: bool, no_replay: bool, fail_on: str, form: str, all_schemas: bool, **options: Any
) -> int:
    """Tell every finding."""
    from .. import report

    grave = LEVELS[: LEVELS.index(fail_on) + 1]
    if all_schemas:
        if options.get("schema"):
            raise click.UsageError("--schema names one schema, --all-schemas means every one.")
        bench = workbench(options, compare=not no_schema, replay=not no_replay)
        across = bench.across(narrate, replay=not no_replay)
        clear()
        click.echo(report.across(across, form))
        return int(bool(across.unread) or any(one.finding.severity in grave for one in across.findings))
    _, reading = read(options, no_schema, no_replay)
    click.echo(report.check(reading.situation, reading.findings, form))
    return int(any(finding.severity in grave for finding in reading.findings))


@click.command()
@common
@reading_options
@format_option
def status(no_schema: bool, no_replay: bool, form: str, **options: Any) -> int:
    """Show one row a migration: file, record, schema."""
    from .. import report

    _, reading = read(options, no_schema, no_replay)
    click.echo(report.status(reading.situation, form))
    return 0


@click.command()
@common
@reading_options
@click.argument("app", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "dot", "svg"]),
    default="text",
    show_default=True,
)
def graph(no_schema: bool, no_replay: bool, app: str | None, form: str, **options: Any) -> int:
    """Show the graph, of all apps or of one."""
    from .. import report

    _, reading = read(options, no_schema, no_replay)
    if app is not None and not any(key[0] == app for key in reading.situation.graph.files):
        raise click.UsageError(f"There is no app '{app}' with migrations.")
    click.echo(report.graph(reading.situation, app, form))
    return 0


@click.command()
@common
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the effects to a file."
)
def replay(output: Path | None, **options: Any) -> int:
    """Replay the migrations from zero in a scratch database, and keep what each operation does."""
    bench = workbench(options)
    click.echo(bench.replay(narrate, output))
    return 0


@click.command()
@common
@click.option("--no-schema", is_flag=True, help="Read the records only.")
@format_option
def tenants(no_schema: bool, form: str, **options: Any) -> int:
    """Show how far the tenants are, grouped by what they have in common."""
    from .. import report

    bench = workbench(options, compare=not no_schema)
    reading = bench.tenants(narrate)
    clear()
    assert reading.situation.overview is not None
    click.echo(report.overview(reading.situation, reading.situation.overview, reading.findings, form))
    return 0
