"""Where an override is written, and from which distribution the app comes."""

from __future__ import annotations

import keyword
import os
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from ...core.situation import PACKAGES, ProjectInfo
from ...core.sources.text_file import TextFile
from ..packages import locate


class NoPlace(Exception):
    """A package that cannot be written, for the reason given in one sentence."""


def proposed_module(project: ProjectInfo, app: str) -> str:
    """Return the name of a package that fits an app's override: in the package that has the settings, if any."""
    package = project.settings.partition(".")[0] if "." in project.settings else ""
    return ".".join(filter(None, (package, "migration_overrides", app)))


def package_files(project: ProjectInfo, module: str) -> tuple[str, tuple[TextFile, ...]]:
    """Return the folder of a package that is to be made, and the files that make a package of it and its parents.

    Raises:
        NoPlace: when it is no name of a package, is there already, or would not be in the project.
    """
    parts = module.split(".")
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        raise NoPlace(f"'{module}' is no name of a package.")
    folder, missing = Path(project.root), list(parts)
    for depth in range(1, len(parts) + 1):
        located = locate(".".join(parts[:depth]))
        if located.kind == "missing":
            break
        if located.kind == "module" or not located.folders:
            raise NoPlace(f"{'.'.join(parts[:depth])} is a module, and not a package.")
        folder, missing = Path(located.folders[0]), parts[depth:]
    if not folder.resolve().is_relative_to(Path(project.root).resolve()) or PACKAGES & set(folder.parts):
        raise NoPlace(f"{module} would be in {folder}, which is not in the project.")
    if not missing and any(name.endswith(".py") and name != "__init__.py" for name in os.listdir(folder)):
        raise NoPlace(f"There is a package {module} with files in it already; name another one with --into.")
    target = folder.joinpath(*missing)
    return str(target), tuple(_files(folder, missing))


def _files(folder: Path, missing: list[str]) -> Iterator[TextFile]:
    """Yield the `__init__.py` of each package on the way that has none."""
    for depth in range(len(missing) + 1):
        path = folder.joinpath(*missing[:depth], "__init__.py")
        if (depth or not missing) and not path.exists():
            yield TextFile(str(path), "")


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions()) if hasattr(metadata, "packages_distributions") else {}


def distribution_of(package: str) -> tuple[str, str]:
    """Return the name and version of the distribution that a package comes from; the package's own where none does."""
    for name in _distributions().get(package.partition(".")[0], ()):
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return package.partition(".")[0], "unknown"
