"""The migration that `makemigrations` would write for an app, without writing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.writer import MigrationWriter

from ..core.graph import Graph, Key
from ..core.situation import ProjectInfo
from ..core.sources.joining import beside, header
from ..core.sources.proposal import Proposal, Proposed
from .model_changes import Undetectable, detect, readable_apps
from .questions import Questioner

LOSING = (ops.RemoveField, ops.DeleteModel)


def propose(
    graph: Graph,
    migrations: Mapping[Key, Migration],
    project: ProjectInfo,
    app: str,
    answers: Mapping[str, str],
) -> Proposal:
    """Return the migrations that an app's models lack, as far as the answers suffice; nothing is written."""
    if app not in readable_apps(graph, migrations):
        return Proposal(failure=f"The app {app} has no migrations, or not all of them can be read.")
    asked = Questioner(app, answers)
    try:
        changes = detect(graph, migrations, asked, {app})
        names = set(_names(changes.get(app, [])))
        ambiguous = _ambiguous(graph, migrations, app, asked)
    except Undetectable as error:
        return Proposal(failure=f"There is no migration to make: {error}.")
    questions = asked.questions(names)
    wrong = [*ambiguous, *asked.wrong]
    if wrong:
        return Proposal(questions=questions, failure=wrong[0])
    if any(question.answer is None for question in questions):
        return Proposal(questions=questions)
    try:
        made = tuple(
            _proposed(graph, project, migration) for found in _ordered(changes, app) for migration in found
        )
    except ValueError as error:
        return Proposal(questions=questions, failure=f"The migration cannot be written: {first_line(error)}")
    return Proposal(made, questions, tuple(asked.notes))


def first_line(error: Exception) -> str:
    """Return the first line of what Django says; pages of advice may follow."""
    return str(error).partition("\n")[0]


def _names(migrations: list[Migration]) -> Iterator[tuple[str, str]]:
    """Yield the (model, field) pairs that some migrations add, alter or rename to."""
    for migration in migrations:
        for operation in migration.operations:
            model = getattr(operation, "model_name", "").lower()
            for name in (getattr(operation, "name", None), getattr(operation, "new_name", None)):
                if model and isinstance(name, str):
                    yield model, name.lower()


def _ambiguous(
    graph: Graph, migrations: Mapping[Key, Migration], app: str, asked: Questioner
) -> tuple[str, ...]:
    """Return a sentence for each `yes` to a rename that may be from several names; only the first was asked about."""
    said = [key for key, question in asked.asked.items() if question.choices and question.answer == "yes"]
    if not said:
        return ()
    fresh = Questioner(app, {key: answer for key, answer in asked.answers.items() if key not in said})
    detect(graph, migrations, fresh, {app})
    return tuple(
        f"{key} may be any of {', '.join(fresh.former[key])}; name one instead of saying yes."
        for key in said
        if len(fresh.former.get(key, ())) > 1
    )


def _ordered(changes: Mapping[str, list[Migration]], app: str) -> Iterator[list[Migration]]:
    """Yield the migrations of other apps that the app's own depend on, then its own."""
    for other in sorted(changes, key=lambda label: (label == app, label)):
        yield changes[other]


def _proposed(graph: Graph, project: ProjectInfo, migration: Migration) -> Proposed:
    app, name = migration.app_label, migration.name
    leaf = graph.leaves(app)
    if not leaf:
        raise ValueError(f"it needs a first migration of {app}; make that one with makemigrations {app}.")
    content = header(project.django) + MigrationWriter(migration, include_header=False).as_string()
    return Proposed(
        (app, name),
        beside(graph.files[leaf[0]], name),
        content,
        tuple(operation.describe() for operation in migration.operations),
        tuple(operation.describe() for operation in migration.operations if isinstance(operation, LOSING)),
    )
