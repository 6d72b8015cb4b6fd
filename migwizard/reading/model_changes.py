"""What `makemigrations --check` would find, told even while the history is inconsistent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.migration import Migration
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from ..core.graph import Graph, Key
from ..core.situation import ModelChange
from .states import empty_state, steps


class Undetectable(Exception):
    """The models cannot be compared with the migrations, for the reason given."""


class _Leaves:
    """The one answer that the autodetector asks of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def leaf_nodes(self, app: str | None = None) -> list[Key]:
        return list(self.graph.leaves(app))


def model_changes(
    graph: Graph, migrations: Mapping[Key, Migration], own_apps: frozenset[str]
) -> tuple[tuple[ModelChange, ...], str]:
    """Return the changes that the models are ahead of the migration files, and why they are not known, if so.

    Apps whose migration files cannot all be read are left out, as nothing can be said of them.
    """
    migrated = readable_apps(graph, migrations)
    try:
        changes = detect(graph, migrations, MigrationQuestioner({}), migrated)
    except Undetectable as error:
        return (), str(error)
    found = []
    for app, made in sorted(changes.items()):
        if app not in migrated:
            continue
        for migration in made:
            found += [
                ModelChange(app, operation.describe(), app in own_apps) for operation in migration.operations
            ]
    return tuple(found), ""


def readable_apps(graph: Graph, migrations: Mapping[Key, Migration]) -> set[str]:
    """Return the apps with migrations whose files could all be imported."""
    return {key[0] for key in graph.nodes} - {key[0] for key in graph.nodes if key not in migrations}


def detect(
    graph: Graph,
    migrations: Mapping[Key, Migration],
    questioner: MigrationQuestioner,
    wanted: set[str],
) -> dict[str, list[Migration]]:
    """Return, by app, the migrations that Django's autodetector makes for some apps and what they depend on.

    Raises:
        Undetectable: when the migrations make no state, or the models fit none.
    """
    unread = any(key not in migrations for key in graph.nodes)
    state = empty_state(graph)
    try:
        for _, _, apply in steps(graph, migrations, state):
            apply()
    except Exception as error:
        if not unread:
            raise Undetectable(
                f"the migrations do not make a whole state ({type(error).__name__}: {error})"
            ) from error
    try:
        detector = MigrationAutodetector(state, ProjectState.from_apps(apps), questioner)
        leaves: Any = _Leaves(graph)
        return detector.changes(leaves, trim_to_apps=wanted or None, convert_apps=None)
    except Exception as error:
        raise Undetectable(
            f"the models cannot be compared with the migrations ({type(error).__name__}: {error})"
        ) from error


__all__ = ["Undetectable", "detect", "model_changes", "readable_apps"]
