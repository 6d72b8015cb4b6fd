"""What finish and take-back have in common: which migration is meant, and what is asked of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..core.graph import Key
from ..core.plan import Question, Step
from ..core.situation import MigrationTruth, OperationTruth, Situation
from ..core.truths.midway import OPAQUE, ShapeUncertain, ShapeUnknown, Shaping, reached, shaping
from .base import (
    Impossible,
    Info,
    Request,
    Uncertain,
    WrongArguments,
    check_readable,
    dotted,
    find_migration,
    rows_by_key,
)

RUN, SKIP = "run", "skip"


def meant(situation: Situation, request: Request, info: Info) -> MigrationTruth:
    """Return the migration that a request is about.

    Raises:
        Impossible: when it has no file in the graph, or the schema does not say for certain what of it is there.
    """
    if situation.graph.missing or situation.graph.cycles:
        raise Impossible("The migration files do not fit together; repair the graph first.")
    subject = request.finding.subject if request.finding is not None else None
    if subject is not None and subject.app is not None and subject.migration is not None:
        key: Key = (subject.app, subject.migration)
    elif subject is not None:
        raise Impossible("This finding is not about one migration.")
    elif len(request.arguments) == 2:
        key = find_migration(situation, *request.arguments)
    else:
        raise WrongArguments(f"Name an app and a migration: {info.name} APP MIGRATION.")
    if key not in situation.graph.nodes:
        raise Impossible(f"{dotted(key)} has no file of its own in the graph.")
    check_readable(situation, key)
    row = rows_by_key(situation)[key]
    if row.schema == "unknown":
        raise Impossible(f"The schema was not compared, so nothing shows what of {dotted(key)} is there.")
    if not row.confirmed:
        raise Uncertain(f"What the schema says of {dotted(key)}")
    return row


def shaped(situation: Situation, row: MigrationTruth, *, backwards: bool = False) -> Shaping | None:
    """Return what has to become of half operations, None where there are none.

    Raises:
        Impossible: when it is not known.
    """
    try:
        return shaping(situation, row, backwards=backwards)
    except ShapeUncertain as error:
        raise Uncertain(f"{dotted(row.key)} is half in the schema: {error.what}") from error
    except ShapeUnknown as error:
        raise Impossible(f"{dotted(row.key)} is half in the schema: {error}") from error


def questions(
    situation: Situation, row: MigrationTruth, settings: Mapping[str, str], *, backwards: bool = False
) -> tuple[Question, ...]:
    """Return what is asked of the operations that no schema shows, with the answers that are given or likely.

    Raises:
        WrongArguments: when an answer is none of the choices.
    """
    asked = []
    end = reached(row)
    for truth in row.operations:
        if truth.truth != "unobservable" or truth.kind not in OPAQUE:
            continue
        ran = truth.index < end
        key = question_key(truth)
        answer = settings.get(key, RUN if ran == backwards else SKIP)
        if answer not in (RUN, SKIP):
            raise WrongArguments(f"--set {key} takes run or skip: not {answer}.")
        did = "has run, as far as the others show it" if ran else "has not run, as far as the others show it"
        what = "Take it back" if backwards else "Run it"
        text = f"Operation {truth.index + 1} ({truth.title}) cannot be seen in the schema and {did}. {what}?"
        asked.append(Question(key, text, (RUN, SKIP), answer))
    return tuple(asked)


def question_key(truth: OperationTruth) -> str:
    """Return the key of the question about an operation; it counts from 1, as everything that is shown."""
    return f"run.{truth.index + 1}"


def check_settings(settings: Mapping[str, str], keys: Collection[str]) -> None:
    """Raise WrongArguments when something is answered that is not asked."""
    for key in settings:
        if key not in keys:
            known = ", ".join(sorted(keys)) or "nothing is"
            raise WrongArguments(f"--set {key} answers nothing that is asked here ({known}).")


def shape_step(
    row: MigrationTruth, found: Shaping, why: str, command: str, fills: tuple[tuple[str, str, str], ...] = ()
) -> Step:
    """Return the step that gives the tables of half operations their shape."""
    return Step(
        "sql",
        why,
        migration=row.key,
        tables=found.tables,
        fills=fills,
        undo="Rolled back with the transaction; afterwards the tables can be given their former shape (undo).",
        command=command,
    )
