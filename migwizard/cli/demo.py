"""The command that makes a broken project to practise on."""

from __future__ import annotations

from pathlib import Path

import click

from .screen import open_wizard


@click.command()
@click.argument("lesson", required=False)
@click.option("--list", "listing", is_flag=True, help="Name the lessons.")
@click.option(
    "--directory", type=click.Path(path_type=Path), metavar="DIR", help="Where to make the project."
)
@click.option("--mouse", is_flag=True)
def demo(lesson: str | None, listing: bool, directory: Path | None, mouse: bool) -> int:
    """Open the wizard on a broken project to practise on (SQLite, in a temporary folder)."""
    from .. import lessons

    if listing:
        for name, title in lessons.titles():
            click.echo(f"{name:28} {title}")
        return 0
    try:
        root = lessons.make(lesson or lessons.FIRST, directory)
    except lessons.LessonError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"The project is in {root}", err=True)
    return open_wizard({"project": root, "settings": lessons.SETTINGS}, mouse)
