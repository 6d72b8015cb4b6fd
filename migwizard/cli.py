"""The command line; each command is a few lines, and everything it does can be done from Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import __version__

if TYPE_CHECKING:
    from .core.finding import Finding
    from .core.plan import Plan, Report
    from .workbench import Reading, Workbench

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
            click.option("--schema", help="One schema of the database; default: the connection's own."),
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


def format_option(command: Command) -> Command:
    """Add `--format text|json`."""
    return click.option("--format", "form", type=FORMAT, default="text", show_default=True)(command)


def closed_workbench(given: dict[str, Any], *, compare: bool = True, replay: bool = True) -> Workbench:
    """Return a workbench for the common options; those given before the command count as well."""
    from .reading.options import Options
    from .workbench import Workbench

    before = click.get_current_context().find_root().obj or {}
    options = {name: given.get(name) or before.get(name) for name in (*before, *given)}
    return Workbench(
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


def read(
    options: dict[str, Any], no_schema: bool = False, no_replay: bool = False
) -> tuple[Workbench, Reading]:
    """Open a workbench and read everything."""
    bench = workbench(options, compare=not no_schema, replay=not no_replay)
    reading = bench.quick() if no_schema else bench.read(narrate, replay=not no_replay)
    if no_schema:
        bench.reading = reading
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
    return bench, reading


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


def open_wizard(options: dict[str, Any], mouse: bool) -> int:
    """Open the screen; the project is loaded once its frame is shown."""
    from .tui import run as run_screen

    bench = closed_workbench(options)
    return int(run_screen(lambda: bench, read_only=bench.options.read_only, mouse=mouse))


@cli.command()
@common
@reading_options
@click.option("--fail-on", type=click.Choice(LEVELS), default="error", show_default=True)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
def check(no_schema: bool, no_replay: bool, fail_on: str, form: str, **options: Any) -> int:
    """Tell every finding."""
    from . import report

    _, reading = read(options, no_schema, no_replay)
    click.echo(report.check(reading.situation, reading.findings, form))
    grave = LEVELS[: LEVELS.index(fail_on) + 1]
    return int(any(finding.severity in grave for finding in reading.findings))


@cli.command()
@common
@reading_options
@format_option
def status(no_schema: bool, no_replay: bool, form: str, **options: Any) -> int:
    """Show one row a migration: file, record, schema."""
    from . import report

    _, reading = read(options, no_schema, no_replay)
    click.echo(report.status(reading.situation, form))
    return 0


@cli.command()
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
    from . import report

    _, reading = read(options, no_schema, no_replay)
    if app is not None and not any(key[0] == app for key in reading.situation.graph.files):
        raise click.UsageError(f"There is no app '{app}' with migrations.")
    click.echo(report.graph(reading.situation, app, form))
    return 0


def planning_options(command: Command) -> Command:
    """Add the arguments and options of the commands that make a plan."""
    for option in reversed(
        (
            click.argument("what", nargs=-1),
            click.option(
                "--with", "repair", metavar="REPAIR", help="Another repair than the recommended one."
            ),
            click.option(
                "--set", "answers", multiple=True, metavar="KEY=VALUE", help="Answer what a repair asks."
            ),
        )
    ):
        command = option(command)
    return command


def make(
    bench: Workbench, reading: Reading, what: Sequence[str], repair: str | None, answers: Sequence[str]
) -> Plan:
    """Return the plan for a finding's id, or for an action with its arguments."""
    from .core.plan import Plan

    settings = {}
    for answer in answers:
        key, separator, value = answer.partition("=")
        if not separator:
            raise click.UsageError(f"--set takes KEY=VALUE, not '{answer}'.")
        settings[key] = value
    finding = find(reading, what[0])
    if finding is None:
        if ":" in what[0]:
            raise click.UsageError(f"There is no finding '{what[0]}' (see migwizard check).")
        if repair is not None:
            raise click.UsageError("--with is for findings; an action names its repair itself.")
        return planned(bench, None, what[0], tuple(what[1:]), settings)
    if len(what) > 1:
        raise click.UsageError(f"A finding takes no arguments: '{what[1]}'.")
    offers = [offer.name for offer in sorted(finding.repairs, key=lambda offer: not offer.recommended)]
    if repair is not None and repair not in offers:
        raise click.UsageError(
            f"'{repair}' is no repair of {finding.id} (it has: {', '.join(offers) or 'none'})."
        )
    if not offers:
        refusal = "There is no repair for this that migwizard can do by itself."
        return Plan("none", finding.summary, "safe", (), finding.id, refusal=refusal)
    return planned(bench, finding, repair or offers[0], (), settings)


def planned(
    bench: Workbench,
    finding: Finding | None,
    name: str,
    arguments: tuple[str, ...],
    settings: dict[str, str],
) -> Plan:
    """Return a plan; where the situation forbids one, a plan without steps that says why."""
    from .core.plan import Plan
    from .repairs import info
    from .workbench import Refused

    try:
        return bench.plan(finding, name, arguments, settings)
    except Refused as error:
        known = info(name)
        if known is None:
            raise
        action = " ".join((name, *arguments)) if finding is None else None
        about = finding.id if finding is not None else None
        return Plan(name, known.title, known.safety, (), about, action, refusal=str(error))


def find(reading: Reading, text: str) -> Finding | None:
    """Return the finding with this id."""
    return next((finding for finding in reading.findings if finding.id == text), None)


@cli.command()
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
    form: str,
    as_script: bool,
    **options: Any,
) -> int:
    """Show what a repair would do, and do nothing."""
    from . import report

    if not what:
        raise click.UsageError("Name a finding (see migwizard check) or an action.")
    bench, reading = read(options, no_schema, no_replay)
    made = make(bench, reading, what, repair, answers)
    click.echo(report.script(made) if as_script else report.plan(made, form))
    return int(bool(made.refusal))


@cli.command()
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
    form: str,
    everything: bool,
    allow: str,
    yes: bool,
    **options: Any,
) -> int:
    """Execute a repair in one transaction; without --yes, show the plan and ask."""
    from . import report

    if everything == bool(what):
        raise click.UsageError("Name a finding or an action, or say --all.")
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: say --yes.")
    bench, reading = read(options, no_schema, no_replay)
    if everything:
        return repair_all(bench, reading, allow, yes, form, not no_replay)
    made = make(bench, reading, what, repair, answers)
    result = run_plan(bench, made, yes, form)
    click.echo(report.result(result, form))
    return 0 if result.outcome == "done" else 1


def run_plan(bench: Workbench, made: Plan, yes: bool, form: str) -> Report:
    """Execute a plan, after asking when that is wanted."""
    from . import report
    from .core.plan import Report

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
    """Repair finding after finding until nothing that may be repaired is left."""
    from . import report
    from .core.finding import SAFETIES
    from .workbench import CannotRun

    allowed = SAFETIES[: SAFETIES.index(allow) + 1]
    results: list[Report] = []
    tried: set[str] = set()
    while True:
        candidates = [
            f
            for f in reading.findings
            if f.severity != "info" and f.confirmed and f.repairs and f.id not in tried
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
    click.echo(report.results(results, reading.findings, form))
    left = any(finding.severity == "error" for finding in reading.findings)
    return int(left or any(result.outcome != "done" for result in results))


@cli.command()
@common
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the effects to a file."
)
def replay(output: Path | None, **options: Any) -> int:
    """Replay the migrations from zero in a scratch database, and keep what each operation does."""
    bench = workbench(options)
    click.echo(bench.replay(narrate, output))
    return 0


@cli.command()
@click.argument("lesson", required=False)
@click.option("--list", "listing", is_flag=True, help="Name the lessons.")
@click.option(
    "--directory", type=click.Path(path_type=Path), metavar="DIR", help="Where to make the project."
)
@click.option("--mouse", is_flag=True)
def demo(lesson: str | None, listing: bool, directory: Path | None, mouse: bool) -> int:
    """Open the wizard on a broken project to practise on (SQLite, in a temporary folder)."""
    from . import lessons

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


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    from .report import one_line
    from .workbench import CannotRun

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
