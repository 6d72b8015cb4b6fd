"""What every repair is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timezone

from ..core.finding import Finding, Safety
from ..core.graph import Key, MigrationFile, Operation, Record
from ..core.journal import Entry
from ..core.plan import Plan, Step
from ..core.situation import MigrationTruth, OperationTruth, Situation
from ..core.sources.override import ProposeOverride, ProposeUpdate
from ..core.sources.proposal import Propose
from ..core.sources.text_file import TextFile


@dataclass(frozen=True, slots=True)
class Info:
    """What is known of a repair before any situation."""

    name: str
    title: str
    arguments: str
    """Arguments of the action as they are typed: `APP [MIGRATION]`; optional ones in brackets."""
    safety: Safety
    """The most harmless that its plans can be."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is asked for: a finding to repair, or an action with its arguments."""

    finding: Finding | None = None
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    """Answers to what a repair asks (`--set KEY=VALUE`)."""
    entry: Entry | None = None
    """The execution in the journal that is taken back or brought to its end."""
    propose: Propose | None = None
    """What makes migrations for changed models, where they can be looked at."""
    override: ProposeOverride | None = None
    """What makes the override of an app's migrations, where the project can be looked at."""
    update: ProposeUpdate | None = None
    """What brings an override up to date, where the project can be looked at."""
    count: Callable[[Sequence[str]], Mapping[str, int | None]] | None = None
    """What counts the rows of tables, where the database can be asked."""
    is_file: Callable[[str], bool] | None = None
    """What tells whether there is a file, where that can be looked at."""
    files: tuple[TextFile, ...] = ()
    """The settings module and the project's own modules that it takes everything from, as they are now."""


class Impossible(Exception):
    """The repair cannot be planned here, for the reason given in one sentence."""


class NothingToDo(Impossible):
    """The repair has nothing to do here, as everything that it is for is in order."""


class Uncertain(Impossible):
    """The repair cannot be planned before the migrations have been replayed.

    Args:
        what: what is not certain, as the beginning of a sentence.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not certain before a replay (migwizard replay).")


class WrongArguments(Impossible):
    """The repair was asked for something that is not there, or not said what for."""


def dotted(key: Key) -> str:
    """Return a migration as users write it: `shop.0007_note`."""
    return f"{key[0]}.{key[1]}"


def find_migration(situation: Situation, app: str, name: str) -> Key:
    """Return the migration of an app whose name is or begins with `name`, as Django's commands do.

    Raises:
        WrongArguments: when none or several match.
    """
    keys = {key for key in situation.graph.files if key[0] == app} | {
        record.key for record in situation.records if record.app == app
    }
    if (app, name) in keys:
        return (app, name)
    matching = sorted(key for key in keys if key[1].startswith(name))
    if not matching:
        raise WrongArguments(f"There is no migration '{name}' in app '{app}'.")
    if len(matching) > 1:
        raise WrongArguments(
            f"'{name}' may be any of {', '.join(key[1] for key in matching)} in app '{app}'."
        )
    return matching[0]


def check_app(situation: Situation, app: str) -> None:
    """Raise WrongArguments unless the app has migrations."""
    if not any(key[0] == app for key in situation.graph.files) and not any(
        r.app == app for r in situation.records
    ):
        raise WrongArguments(f"There is no app '{app}' with migrations.")


def check_readable(situation: Situation, key: Key) -> None:
    """Raise Impossible unless the migration's file could be imported: nobody knows what it does."""
    error = situation.graph.files[key].error
    if error is not None:
        raise Impossible(f"Nobody knows what {dotted(key)} does: {error.rstrip('.')}.")


def rows_by_key(situation: Situation) -> dict[Key, MigrationTruth]:
    """Return the three truths by migration."""
    return {row.key: row for row in situation.migrations}


def record_step(key: Key, why: str, command: str = "") -> Step:
    """Return the step that inserts a history row."""
    return Step(
        "record",
        why,
        sql=(
            "INSERT INTO django_migrations (app, name, applied) "
            f"VALUES ({text(key[0])}, {text(key[1])}, CURRENT_TIMESTAMP)",
        ),
        migration=key,
        record="insert",
        undo=f"Delete the row again: unfake {key[0]} {key[1]}",
        command=command or f"manage.py migrate --fake {key[0]} {key[1]}",
    )


def record_steps(situation: Situation, key: Key, why: str, command: str = "") -> list[Step]:
    """Return the steps that record a migration as Django would: a squash with everything that it replaces.

    Django takes a squash for applied only if each migration that it replaces is recorded.
    """
    file = situation.graph.files.get(key)
    steps = []
    for old in file.replaces if file is not None else ():
        if old not in situation.recorded:
            replaced = f"{why} It is replaced by {dotted(key)}, and recorded with it."
            steps += record_steps(situation, old, replaced, command)
    if key not in situation.recorded:
        steps.append(record_step(key, why, command))
    return steps


def unrecord_step(
    situation: Situation, key: Key, why: str, command: str, record_id: int | None = None
) -> Step:
    """Return the step that deletes the history rows of a migration, or the one of several with this id."""
    which = f" AND id = {record_id}" if record_id is not None else ""
    rows = [row for row in situation.records if row.key == key and record_id in (None, row.id)]
    return Step(
        "record",
        why,
        sql=(f"DELETE FROM django_migrations WHERE app = {text(key[0])} AND name = {text(key[1])}{which}",),
        migration=key,
        record="delete",
        record_id=record_id,
        undo="; ".join(inserted(row, situation.database.vendor) for row in rows),
        command=command,
    )


def unrecord_steps(situation: Situation, key: Key, why: str, command: str) -> list[Step]:
    """Return the steps that delete the rows of a migration and, as Django does, of what it replaces."""
    file = situation.graph.files.get(key)
    steps = [unrecord_step(situation, key, why, command)] if key in situation.recorded else []
    for old in file.replaces if file is not None else ():
        steps += unrecord_steps(situation, old, f"{dotted(key)} replaces it and goes.", command)
    return steps


def inserted(row: Record, vendor: str) -> str:
    """Return the statement that inserts a deleted history row as it was, but for its id."""
    applied = "CURRENT_TIMESTAMP"
    if row.applied is not None:
        zone = {"postgresql": "+00", "microsoft": "+00:00"}.get(vendor, "")
        applied = text(f"{row.applied.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S.%f}{zone}")
    values = f"{text(row.app)}, {text(row.name)}, {applied}"
    return f"INSERT INTO django_migrations (app, name, applied) VALUES ({values})"


def text(value: str) -> str:
    """Return a text as an SQL literal, for showing."""
    return "'" + value.replace("'", "''") + "'"


def operation_step(
    key: Key,
    truth: OperationTruth,
    why: str,
    situation: Situation,
    *,
    backwards: bool = False,
    command: str = "",
) -> Step:
    """Return the step that runs one operation of a migration, or takes it back."""
    file = situation.graph.files[key]
    operation = file.operations[truth.index]
    note = ""
    if operation.kind == "python":
        what = "Runs the reverse of this Python" if backwards else "Runs Python"
        note = (
            f"{what}, which cannot be shown as SQL:\n{operation.source}" if operation.source else f"{what}."
        )
    return Step(
        "operation",
        why,
        note=note,
        migration=key,
        operation=truth.index,
        backwards=backwards,
        atomic=file.atomic,
        undo=undo_of(file, operation, backwards),
        command=command or f"manage.py migrate {key[0]} {key[1]}",
    )


def undo_of(file: MigrationFile, operation: Operation, backwards: bool) -> str:
    """Return how one operation is taken back."""
    start = (
        "Rolled back with the transaction; afterwards" if file.atomic else "Committed by itself; afterwards"
    )
    if backwards:
        return f"{start} by running it again, which brings no rows back."
    if operation.reversible:
        return f"{start} only by the operation's reverse."
    return f"{start} not at all: the operation has no reverse."


def risks_of(situation: Situation, steps: Iterable[Step]) -> tuple[str, ...]:
    """Return what may go wrong or take long, told from the operations and the size of the tables."""
    found: list[str] = []
    rows = rows_by_key(situation)
    for step in steps:
        if step.kind != "operation" or step.migration is None or step.operation is None:
            continue
        row = rows.get(step.migration)
        operation = situation.graph.files[step.migration].operations[step.operation]
        if operation.kind == "python":
            found.append(
                f"{dotted(step.migration)} runs Python{' backwards' if step.backwards else ''}"
                f" ({operation.description}); what it does outside the database is not rolled back."
            )
        truth = next((t for t in row.operations if t.index == step.operation), None) if row else None
        for name in truth.tables if truth else ():
            table = situation.live.tables.get(name) if situation.live else None
            if table is not None and table.rows and table.rows > 10_000:
                found.append(f"{name} has about {table.rows} rows.")
        if not step.atomic:
            found.append(
                f"{dotted(step.migration)} says atomic = False: what comes before it is committed first, then each of"
                " its operations by itself. If it stops in between, what is in stays in; check then says how far it"
                " came, and finish or take-back brings it to an end."
            )
    return tuple(dict.fromkeys(found))


def worst(safeties: Collection[Safety]) -> Safety:
    """Return the most dangerous of some safeties."""
    order: tuple[Safety, ...] = ("destructive", "careful", "safe")
    return next((safety for safety in order if safety in safeties), "safe")


def nothing(info: Info, request: Request, reason: str) -> Plan:
    """Return a plan that cannot be executed, with the reason."""
    return Plan(
        info.name, info.title, info.safety, (), finding_id(request), action(info, request), refusal=reason
    )


def finding_id(request: Request) -> str | None:
    """Return the id of the finding that is repaired."""
    return request.finding.id if request.finding is not None else None


def action(info: Info, request: Request) -> str | None:
    """Return the action as it was typed."""
    return " ".join((info.name, *request.arguments)) if request.finding is None else None
