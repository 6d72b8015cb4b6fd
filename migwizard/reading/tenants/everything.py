"""The overview of all tenants, for an open reader: which tables count, and which graph records make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.apps import apps

from ...core.graph import Graph, Key
from ...core.schema import table_key
from ...core.tenants import Overview, TenantSettings
from . import Progress, read_overview

if TYPE_CHECKING:
    from ..reader import Reader


def oversee(reader: Reader, settings: TenantSettings, progress: Progress) -> Overview:
    """Return all schemas of the reader's database in groups."""
    return read_overview(
        reader.database,
        settings,
        graphs(reader),
        known_tables() if reader.project.ready else None,
        progress,
        compare=reader.comparable,
    )


def graphs(reader: Reader) -> Callable[[frozenset[Key]], Graph]:
    """Return what makes the graph for the records of a schema; the same records make the same one."""
    made: dict[frozenset[Key], Graph] = {}

    def graph_for(applied: frozenset[Key]) -> Graph:
        if applied not in made:
            made[applied] = reader.graph_of(applied)
        return made[applied]

    return graph_for


def known_tables() -> tuple[str, ...]:
    """Return the tables of all models; what else a schema has tells nothing of how far it is migrated."""
    names = {table_key(model._meta.db_table) for model in apps.get_models(include_auto_created=True)}
    return tuple(sorted(names))
