"""The files that the settings are written in, and what a change of them does to the places of the migrations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from django.apps import apps
from django.conf import settings

from ..core.situation import PACKAGES
from ..core.sources.setting_edits import is_assigned, pairs
from ..core.sources.source_text import CannotEdit
from ..core.sources.text_file import TextFile
from .configuration import tree_of
from .overlay import Overlay, present
from .packages import app_package, find_file
from .project import Project

MODULES = "MIGRATION_MODULES"


def settings_files(project: Project) -> tuple[TextFile, ...]:
    """Return the settings module and the project's own modules that it takes everything from, as they are now."""
    found: list[TextFile] = []
    for path in _files(project.info.settings, Path(project.info.root), set()):
        try:
            found.append(TextFile(str(path), path.read_bytes().decode()))
        except (OSError, UnicodeDecodeError):
            continue
    return tuple(found)


def _files(module: str, root: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the file of a module, and those of the modules that it imports with a star."""
    path = find_file(module) if module else None
    if path is None or path in seen or not path.is_relative_to(root) or PACKAGES & set(path.parts):
        return
    seen.add(path)
    yield path
    tree = tree_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ImportFrom) and any(name.name == "*" for name in node.names):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield from _files(".".join([*base, *([node.module] if node.module else [])]), root, seen)


def repointed(project: Project, loaded: tuple[TextFile, ...], overlay: Overlay) -> Project:
    """Return the project with its migrations where the settings say by now, or will say.

    Settings are loaded once a process. `loaded` are their files as they were then; what they say of
    MIGRATION_MODULES in other words since, or in an overlay, is laid over what was loaded.
    """
    if not project.ready:
        return project
    modules: dict[str, object] = dict(getattr(settings, MODULES, None) or {})
    changed: set[str] = set()
    file = effective(loaded)
    if file is not None:
        before, after = said(file.content), said(present(file, overlay))
        for label in before.keys() | after.keys():
            if label not in after:
                modules.pop(label, None)
                changed.add(label)
            elif label not in before or after[label] != before[label]:
                modules[label] = after[label]
                changed.add(label)
    if not changed:
        return project
    packages = tuple(
        app_package(one.label, apps.get_app_config(one.label).name, one.path, modules)
        if one.label in changed and one.label in apps.app_configs
        else one
        for one in project.packages
    )
    return replace(project, packages=packages)


def effective(files: tuple[TextFile, ...]) -> TextFile | None:
    """Return the file that says where migrations are; where none does, the one in which it can be said."""
    for file in files:
        try:
            if is_assigned(file.content, MODULES):
                return file
        except CannotEdit:
            continue
    return files[0] if files else None


def said(text: str) -> dict[str, str | None]:
    """Return what a settings file says of MIGRATION_MODULES in so many words."""
    try:
        return pairs(text, MODULES)
    except CannotEdit:
        return {}
