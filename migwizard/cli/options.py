"""The options that commands share, and the workbench that they open."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ..batches.bench import TenantBench
    from ..workbench import Reading, Workbench

LEVELS = ("error", "warning", "info")
FORMAT = click.Choice(["text", "json"])
Command = TypeVar("Command", bound=Callable[..., Any])


def common(command: Command) -> Command:
    """Add the options that every command takes."""
    for option in reversed(
        (
            click.option("--project", type=click.Path(path_type=Path), help="Folder of the project."),
            click.option("--settings", help="Settings module, as Django's."),
            click.option("--database", metavar="ALIAS", help="Alias in DATABASES [default: default]."),
            click.option("--schema", help="One schema, a tenant's, say; default: the connection's own."),
            click.option("--shadow", metavar="ALIAS", help="Replay in this database's server."),
            click.option(
                "--replay",
                "replay_file",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Use effects replayed elsewhere.",
            ),
            click.option("--read-only", is_flag=True, help="Never write anything."),
            click.option("--debug", is_flag=True, help="Show tracebacks."),
        )
    ):
        command = option(command)
    return command


def reading_options(command: Command) -> Command:
    """Add the options that say how much is read."""
    command = click.option("--no-schema", is_flag=True, help="Read files and records only.")(command)
    return click.option(
        "--no-replay", is_flag=True, help="Do not replay; what it would tell stays unconfirmed."
    )(command)


def how_much(no_schema: bool, no_replay: bool) -> Mapping[str, bool]:
    """Return what the options that say how much is read mean to `workbench`."""
    return {"compare": not no_schema, "replay": not no_replay}


def format_option(command: Command) -> Command:
    """Add `--format text|json`."""
    return click.option("--format", "form", type=FORMAT, default="text", show_default=True)(command)


def closed_workbench(given: dict[str, Any], *, compare: bool = True, replay: bool = True) -> TenantBench:
    """Return a workbench for the common options; those given before the command count as well."""
    from ..batches.bench import TenantBench
    from ..reading.options import Options

    before = click.get_current_context().find_root().obj or {}
    options = {name: given.get(name) or before.get(name) for name in (*before, *given)}
    return TenantBench(
        Options(
            root=options.get("project"),
            settings=options.get("settings"),
            alias=options.get("database") or "default",
            schema=options.get("schema"),
            shadow=options.get("shadow"),
            replay_file=options.get("replay_file"),
            read_only=bool(options.get("read_only")),
            compare=compare,
            replay=replay,
        )
    )


def workbench(given: dict[str, Any], *, compare: bool = True, replay: bool = True) -> Workbench:
    """Return an open workbench for the common options."""
    bench = closed_workbench(given, compare=compare, replay=replay)
    bench.open()
    return bench


def narrate(stage: str, done: int, total: int) -> None:
    """Write progress to standard error, on one line, when somebody is looking."""
    if sys.stderr.isatty():
        count = f" {done}/{total}" if total else ""
        click.echo(f"\r\x1b[K{stage}{count}", err=True, nl=False)
        if total and done >= total:
            click.echo("\r\x1b[K", err=True, nl=False)


def clear() -> None:
    """Take the line with the progress away."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)


def read(
    options: dict[str, Any], no_schema: bool = False, no_replay: bool = False
) -> tuple[Workbench, Reading]:
    """Open a workbench and read everything."""
    bench = workbench(options, compare=not no_schema, replay=not no_replay)
    reading = bench.quick(tenants=True) if no_schema else bench.read(narrate, replay=not no_replay)
    if no_schema:
        bench.reading = reading
    clear()
    return bench, reading
