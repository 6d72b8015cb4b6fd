"""The apps whose migrations are elsewhere than in their own package, and what that package has of them by now."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from django.apps import apps

from ..core.graph import Key, MigrationFile
from ..core.sources.override import Original, Override, digests, known_names
from .files import migration_files
from .overriding.places import distribution_of
from .packages import MIGRATIONS, AppPackage, locate
from .project import Project


def overrides(project: Project, files: Mapping[Key, MigrationFile]) -> tuple[Override, ...]:
    """Return the apps for which MIGRATION_MODULES names another package than the one that they bring along."""
    if not project.ready:
        return ()
    return tuple(one for package in project.packages for one in _override(project, package, files))


def own_module(label: str) -> str:
    """Return the name of the package in which an app brings its migrations along."""
    return f"{apps.get_app_config(label).name}.{MIGRATIONS}"


def _override(
    project: Project, package: AppPackage, files: Mapping[Key, MigrationFile]
) -> Iterator[Override]:
    """Yield the override of an app, if it has one and brings migrations along as well."""
    if not package.explicit or not package.migrated or package.label not in apps.app_configs:
        return
    module = own_module(package.label)
    located = locate(module)
    if module == package.module or located.kind != "package" or package.module is None:
        return
    ours = [file for file in files.values() if file.app == package.label]
    if not ours or any(file.error for file in ours):
        return
    known, made_from = known_names(ours), digests(ours)
    originals = tuple(_originals(located.folders))
    fresh = tuple(_described(module, one) for one in originals if one.name not in known)
    unknown = {one.name: one for one in fresh if one is not None and not _covered(one, known, fresh)}
    distribution, version = distribution_of(module)
    yield Override(
        package.label,
        package.module,
        package.folders[0],
        Path(package.folders[0]).is_relative_to(project.info.root),
        module,
        tuple(unknown.get(one.name, one) for one in originals),
        tuple(sorted(unknown)),
        tuple(one.name for one in originals if made_from.get(one.name, one.digest) != one.digest),
        distribution,
        version,
    )


def _originals(folders: Sequence[str]) -> Iterator[Original]:
    """Yield the files of a package, by name, as far as they can be read."""
    for name, path in migration_files(folders):
        try:
            yield Original(name, hashlib.sha256(Path(path).read_bytes()).hexdigest(), path)
        except OSError:
            continue


def _described(module: str, original: Original) -> Original | None:
    """Return an original with what it does; None for a file that is no migration, or that nobody can read."""
    try:
        migration = importlib.import_module(f"{module}.{original.name}").Migration
        descriptions = tuple(str(operation.describe()) for operation in migration.operations)
        replaces = tuple(name for _, name in migration.replaces)
    except (Exception, SystemExit):
        return None
    return replace(original, descriptions=descriptions, replaces=replaces)


def _covered(original: Original, known: frozenset[str], fresh: Sequence[Original | None]) -> bool:
    """Tell whether an original only squashes what is known, or what comes along by itself."""
    names = {*known, *(one.name for one in fresh if one is not None)}
    return bool(original.replaces) and names.issuperset(original.replaces)
