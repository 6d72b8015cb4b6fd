"""The command that shows a migration in the SQL of several servers."""

from __future__ import annotations

from typing import Any

import click

from .options import common, format_option, workbench


@click.command()
@common
@click.argument("app")
@click.argument("migration")
@click.option(
    "--dialect",
    "dialects",
    multiple=True,
    metavar="NAME",
    help="postgresql, sqlite, mysql, mariadb, sqlserver or all; may be repeated [default: this database].",
)
@format_option
def sql(app: str, migration: str, dialects: tuple[str, ...], form: str, **options: Any) -> int:
    """Show the SQL of a migration, for this database or others, without connecting to them."""
    from .. import report

    bench = workbench(options, compare=False, replay=False)
    bench.reading = bench.quick()
    click.echo(report.in_dialects(bench.sql(app, migration, dialects), form))
    return 0
