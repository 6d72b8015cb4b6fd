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
    unread = {key[0] for key in graph.nodes if key not in migrations}
    state = empty_state(graph)
    try:
        for _, _, apply in steps(graph, migrations, state):
            apply()
    except Exception as error:
        if not unread:
            return (), f"the migrations do not make a whole state ({type(error).__name__}: {error})"
    migrated = {key[0] for key in graph.nodes} - unread
    try:
        detector = MigrationAutodetector(state, ProjectState.from_apps(apps), MigrationQuestioner({}))
        leaves: Any = _Leaves(graph)
        changes = detector.changes(leaves, trim_to_apps=migrated or None, convert_apps=None)
    except Exception as error:
        return (), f"the models cannot be compared with the migrations ({type(error).__name__}: {error})"
    found = []
    for app, made in sorted(changes.items()):
        if app not in migrated:
            continue
        for migration in made:
            found += [
                ModelChange(app, operation.describe(), app in own_apps) for operation in migration.operations
            ]
    return tuple(found), ""


__all__ = ["model_changes"]
