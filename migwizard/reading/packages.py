"""The installed apps and where their migrations are, found without importing anything that is not imported yet."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Literal

from .configuration import app_configs

MIGRATIONS = "migrations"


@dataclass(frozen=True, slots=True)
class AppPackage:
    """An installed app, and the package of its migrations."""

    label: str
    module: str | None
    """Dotted name of the migrations package; None when MIGRATION_MODULES disables it."""
    folders: tuple[str, ...]
    """Folders of the migrations package, those of a namespace package too; the file, if it is a module."""
    migrated: bool
    """False for an app without migrations, as far as can be said without importing: see `Files.unmigrated`."""
    explicit: bool = False
    """Whether MIGRATION_MODULES names the module."""
    path: str = ""
    """Folder of the app itself."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a module is."""

    kind: Literal["package", "module", "namespace", "missing"]
    folders: tuple[str, ...] = ()
    """Folders of a package; the file of a module."""
    file: str = ""
    """File of a module, or `__init__` of a package."""


def locate(name: str) -> Located:
    """Return where a module is, as importing it would find it, without importing it or its parents."""
    path: list[str] | None = None
    located = Located("missing")
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        located = _locate_below(".".join(parts[:depth]), path)
        if located.kind == "missing" or (depth < len(parts) and located.kind == "module"):
            return Located("missing")
        path = list(located.folders)
    return located


def _locate_below(name: str, path: list[str] | None) -> Located:
    """Return where a module is whose parent's folders are `path` (None for a top-level one)."""
    loaded = sys.modules.get(name)
    file = getattr(loaded, "__file__", None) or ""
    # One whose file is gone since it was imported is where it would be found now, if anywhere.
    if loaded is not None and (not file or os.path.exists(file)):
        folders = getattr(loaded, "__path__", None)
        if folders is None:
            return Located("module", (file,), file)
        # The loader's own test for a namespace package.
        kind = "package" if file or isinstance(folders, list) else "namespace"
        return Located("package" if kind == "package" else "namespace", tuple(folders), file)
    try:
        spec = _find_spec(name, path)
        if spec is None:
            return Located("missing")
        if spec.submodule_search_locations is None:
            return Located("module", (spec.origin or "",), spec.origin or "")
        folders = tuple(spec.submodule_search_locations)
        return Located("package" if spec.has_location else "namespace", folders, spec.origin or "")
    except Exception:
        # A namespace package asks for its parent in sys.modules, where it is not yet.
        folders = tuple(
            filter(os.path.isdir, (os.path.join(part, name.split(".")[-1]) for part in path or ()))
        )
        return Located("namespace", folders) if folders else Located("missing")


def _find_spec(name: str, path: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None


def find_file(name: str) -> Path | None:
    """Return the Python file of a module or package, or None where it has none."""
    located = locate(name)
    return Path(located.file) if located.file.endswith(".py") else None


def app_package(label: str, name: str, path: str, modules: Mapping[str, object]) -> AppPackage:
    """Return the package of one app's migrations; `modules` is the setting MIGRATION_MODULES."""
    explicit = label in modules
    module = modules[label] if explicit else f"{name}.{MIGRATIONS}"
    if module is None:
        return AppPackage(label, None, (), migrated=False, explicit=True, path=path)
    located = locate(str(module))
    return AppPackage(label, str(module), located.folders, located.kind == "package", explicit, path)


def from_entries(
    entries: Iterable[object], modules: Mapping[str, object]
) -> tuple[list[AppPackage], list[str]]:
    """Return the apps that INSTALLED_APPS names, and a sentence for each entry that is nowhere."""
    found: dict[str, AppPackage] = {}
    errors = []
    for entry in entries:
        app = _app_of(entry) if isinstance(entry, str) else None
        if app is None:
            errors.append(f"INSTALLED_APPS has {entry!r}, which cannot be found.")
            continue
        label, name, path = app
        found.setdefault(label, app_package(label, name, path, modules))
    return list(found.values()), errors


def _app_of(entry: str) -> tuple[str, str, str] | None:
    """Return the label, name and folder of an app by its entry in INSTALLED_APPS, read from its apps.py."""
    located = locate(entry)
    if located.kind != "missing":
        configs = app_configs(Path(located.folders[0], "apps.py")) if located.kind != "module" else {}
        mine = [config for config in configs.values() if config.get("name") == entry]
        chosen = next((config for config in mine if config.get("default") is True), mine[0] if mine else {})
        folder = located.folders[0] if located.kind != "module" else str(Path(located.file).parent)
        return str(chosen.get("label", entry.rpartition(".")[2])), entry, folder
    module, _, class_name = entry.rpartition(".")
    file = find_file(module) if module else None
    config = app_configs(file).get(class_name) if file else None
    if config is None:
        return None
    name = str(config["name"])
    folders = locate(name).folders
    return str(config.get("label", name.rpartition(".")[2])), name, folders[0] if folders else ""


def from_walk(root: Path) -> list[AppPackage]:
    """Return an app for each folder below `root` that has a folder of migrations: what is left without settings."""
    found: dict[str, AppPackage] = {}
    for folder in _folders(root):
        migrations = folder / MIGRATIONS
        if not migrations.is_dir() or not any(map(_has_migration, sorted(migrations.glob("*.py")))):
            continue
        name = ".".join(folder.relative_to(root).parts)
        labels = [config.get("label") for config in app_configs(folder / "apps.py").values()]
        label = next((str(label) for label in labels if label), folder.name)
        migrated = (migrations / "__init__.py").exists()
        module = f"{name}.{MIGRATIONS}" if name else MIGRATIONS
        found.setdefault(label, AppPackage(label, module, (str(migrations),), migrated, path=str(folder)))
    return list(found.values())


def _folders(root: Path) -> Iterator[Path]:
    """Return the folders below `root`, without hidden ones and virtual environments, those near it first."""
    level = [root]
    while level:
        below = []
        for folder in level:
            yield folder
            try:
                inside = sorted(
                    entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)
                )
            except OSError:
                continue
            below += [folder / name for name in inside if name[0] not in "._" and name not in _SKIPPED]
        level = [folder for folder in below if not (folder / "pyvenv.cfg").exists()]


_SKIPPED = frozenset(("node_modules", "site-packages", "dist-packages"))


def _has_migration(path: Path) -> bool:
    try:
        return b"Migration" in path.read_bytes()
    except OSError:
        return False
