"""Apps of django-tenants that are in another set than those whose tables they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..graph import Graph, Key
from . import AppSet, Reference, TenantSettings


@dataclass(frozen=True, slots=True)
class Split:
    """An app that a set lacks although others in it have foreign keys to its tables."""

    apps: AppSet
    """The set."""
    lacks: str
    """Label of the app that is not in it, or that has no migrations."""
    references: tuple[Reference, ...]
    """The foreign keys, in the order in which they break."""
    add: tuple[str, ...]
    """The entries to add to the set so that all is there: the app's, and those of what it needs in its turn."""
    found_in: tuple[AppSet, ...]
    """The sets that the app is in."""
    unmigrated: bool = False
    """The app has no migrations, so its tables are made in no schema at all."""

    @property
    def first(self) -> Reference:
        """The foreign key that breaks first."""
        return self.references[0]


def splits(settings: TenantSettings, references: Iterable[Reference], graph: Graph) -> tuple[Split, ...]:
    """Return what each set lacks, public's first; foreign keys in the order of application."""
    references = tuple(references)
    order = {key: number for number, key in enumerate(graph.nodes)}
    found = []
    for apps in settings.sets:
        lacking: dict[str, list[Reference]] = {}
        visible = settings.visible(apps)
        for one in references:
            made_here = one.app in apps.labels and one.migration in order
            if made_here and (one.to_app not in visible or one.to_app in graph.unmigrated):
                lacking.setdefault(one.to_app, []).append(one)
        for app, needed in lacking.items():
            needed.sort(key=lambda one: order[one.migration] if one.migration else -1)
            found.append(
                Split(
                    apps,
                    app,
                    tuple(needed),
                    entries(settings, apps, app, references),
                    tuple(one for one in settings.sets if app in one.labels),
                    app in graph.unmigrated,
                )
            )
    return tuple(found)


def entries(
    settings: TenantSettings, apps: AppSet, app: str, references: Iterable[Reference]
) -> tuple[str, ...]:
    """Return what to add to a set so that an app and all that it needs are there, as the other sets write it."""
    references = tuple(references)
    visible = settings.visible(apps)
    wanted: dict[str, None] = {}
    front = [app]
    while front:
        label = front.pop(0)
        if label in visible or label in wanted:
            continue
        wanted[label] = None
        front += [one.to_app for one in references if one.app == label]
    return tuple(entry_of(settings, label) for label in wanted)


def entry_of(settings: TenantSettings, label: str) -> str:
    """Return how the settings write an app; its label where they do not name it at all."""
    return next((apps.named[label] for apps in settings.sets if label in apps.named), label)


def shared_users(settings: TenantSettings, references: Iterable[Reference]) -> tuple[Reference, ...]:
    """Return the foreign keys from tables of tenants to users that are in the public schema only."""
    return tuple(
        one
        for one in references
        for apps in settings.kinds
        if one.swappable == "AUTH_USER_MODEL"
        and one.app in apps.labels
        and one.to_app not in apps.labels
        and one.to_app in settings.public.labels
    )


def breaks_at(split: Split, pending: Iterable[Key]) -> tuple[Key, ...]:
    """Return the migrations of a split that are still to be run, in their order: the first of them fails."""
    still = frozenset(pending)
    keys = [one.migration for one in split.references if one.migration in still]
    return tuple(dict.fromkeys(key for key in keys if key is not None))
