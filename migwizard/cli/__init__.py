"""The command line; each command is a few lines, and everything it does can be done from Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .. import __version__
from .demo import demo
from .journal import journal, undo
from .look import check, graph, replay, status, tenants
from .options import common
from .repair import dry_run, plan, repair
from .screen import open_wizard
from .sql import sql


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@common
@click.option("--mouse", is_flag=True, help="Use the mouse (the terminal's own selection then needs Shift).")
@click.version_option(__version__, prog_name="migwizard")
@click.pass_context
def cli(context: click.Context, /, mouse: bool, **options: Any) -> int:
    """Repairs broken Django migrations. Without a command, opens the wizard on the project in this folder."""
    context.obj = options
    if context.invoked_subcommand is not None:
        return 0
    return open_wizard(options, mouse)


for command in (check, tenants, status, sql, plan, dry_run, repair, journal, undo, graph, replay, demo):
    cli.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    from ..report import one_line
    from ..workbench import CannotRun

    debug = "--debug" in arguments
    try:
        return int(cli.main(list(arguments), prog_name="migwizard", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except click.ClickException as error:
        click.echo(f"migwizard: {one_line(error.format_message())}", err=True)
        return 2
    except CannotRun as error:
        click.echo(f"migwizard: {one_line(str(error))}", err=True)
        return 2
    except BrokenPipeError:
        return 141
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"migwizard: {type(error).__name__}: {one_line(str(error))} (--debug shows where)", err=True
        )
        return 2


__all__ = ["cli", "run"]
