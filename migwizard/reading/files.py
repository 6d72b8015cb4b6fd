"""The migration files, read one by one: a file that cannot be imported costs nothing but itself."""

from __future__ import annotations

import hashlib
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.db.migrations.migration import Migration

from ..core.graph import Key, MigrationFile, Operation
from ..core.graph.undiscovered import Undiscovered
from . import syntax
from .errors import clean, describe, relative
from .operations import SourceFile, read_operation
from .overlay import Overlay
from .packages import MIGRATIONS, AppPackage
from .project import Project

_imported: dict[str, str] = {}
"""Digest of each migration module that was imported from here, so that one that changed since is run again."""

_known: dict[Key, tuple[ModuleType, MigrationFile, Migration]] = {}
"""What was made of each module, which need not be made again as long as it stays the same."""


@dataclass(frozen=True, slots=True)
class Files:
    """All migration files of a project."""

    files: Mapping[Key, MigrationFile]
    migrations: Mapping[Key, Migration]
    """Django's instances of those that could be imported."""
    undiscovered: tuple[Undiscovered, ...] = ()
    unmigrated: frozenset[str] = frozenset()
    """Labels of installed apps that have no migrations in the eyes of Django's loader."""


@dataclass(slots=True)
class _Found:
    files: dict[Key, MigrationFile] = field(default_factory=dict)
    migrations: dict[Key, Migration] = field(default_factory=dict)
    undiscovered: list[Undiscovered] = field(default_factory=list)
    unmigrated: set[str] = field(default_factory=set)


def read_files(project: Project, overlay: Overlay | None = None) -> Files:
    """Return every migration file of a project, those in `overlay` as they will be; never fails as a whole.

    What can be imported is imported, as Django's `MigrationLoader.load_disk` does, unless the settings themselves
    could not be. Everything else is read from its syntax tree. Read again, a file that changed is run again.
    """
    found = _Found()
    importlib.invalidate_caches()
    with redirect_stdout(sys.stderr):
        for package in project.packages:
            _read_package(package, project, found, overlay or {})
    return Files(found.files, found.migrations, tuple(found.undiscovered), frozenset(found.unmigrated))


def _read_package(package: AppPackage, project: Project, found: _Found, overlay: Overlay) -> None:
    """Read the migrations of one app by the rules of `MigrationLoader.load_disk`."""
    error = ""
    folders = package.folders
    if package.migrated and package.module is not None and settings.configured:
        try:
            module = importlib.import_module(package.module)
            folders = tuple(module.__path__)
        except (Exception, SystemExit) as failure:
            if _means_none(failure, package):
                found.unmigrated.add(package.label)
                found.undiscovered.append(_taken_for_none(package, failure, Path(project.info.root)))
                return
            what = describe(failure, Path(project.info.root))
            error = f"The package {package.module} cannot be imported: {what}"
    elif not package.migrated:
        found.unmigrated.add(package.label)
        found.undiscovered += _undiscovered(package, project)
        return
    for name, path in _laid_over(migration_files(folders), folders, overlay):
        _read_file(package, name, path, project, found, error, overlay.get(path))


def _laid_over(
    files: Iterable[tuple[str, str]], folders: Iterable[str], overlay: Overlay
) -> Iterator[tuple[str, str]]:
    """Return the migration files of some folders as they will be."""
    known = set()
    for name, path in files:
        known.add(path)
        if overlay.get(path, "") is not None:
            yield name, path
    for path, content in overlay.items():
        folder, name = os.path.split(path)
        if content is not None and path not in known and folder in folders and name[:1] not in "_~":
            stem, kind = os.path.splitext(name)
            if kind == ".py":
                yield stem, path


def _means_none(error: BaseException, package: AppPackage) -> bool:
    """Return whether Django takes this failure for an app without migrations."""
    return (
        isinstance(error, ModuleNotFoundError)
        and not package.explicit
        and MIGRATIONS in (error.name or "").split(".")
    )


def _taken_for_none(package: AppPackage, error: BaseException, root: Path) -> Undiscovered:
    names = _names_in(package.folders)
    message = (
        f"The package {clean(str(package.module))} cannot be imported, which Django takes for an app without "
        f"migrations and so ignores {_count(names)}: {describe(error, root)}"
    )
    return Undiscovered(package.label, "missing", package.folders[0], message, names)


def migration_files(folders: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Return the name and path of each migration in these folders, as Django lists them."""
    for finder, name, is_package in pkgutil.iter_modules(folders):
        if is_package or name[0] in "_~":
            continue
        path = os.path.join(getattr(finder, "path", ""), f"{name}.py")
        if not os.path.exists(path):
            spec = finder.find_spec(name, None)
            path = (spec.origin if spec else None) or path
        yield name, path


def _read_file(
    package: AppPackage,
    name: str,
    path: str,
    project: Project,
    found: _Found,
    error: str,
    content: str | None = None,
) -> None:
    key = (package.label, name)
    root = Path(project.info.root)
    try:
        source = Path(path).read_bytes() if content is None else content.encode()
    except OSError as failure:
        found.files[key] = MigrationFile(
            *key, path, error=f"{relative(path, root)} cannot be read: {failure.strerror}"
        )
        return
    digest = hashlib.sha256(source).hexdigest()
    if not error and settings.configured:
        try:
            module = _import(f"{package.module}.{name}", path, source, digest, content is not None)
            if not hasattr(module, "Migration"):
                raise _Malformed("has no Migration class")
            known = _known.get(key)
            if known is None or known[0] is not module or (known[1].path, known[1].digest) != (path, digest):
                migration: Migration = module.Migration(name, package.label)
                known = _known[key] = module, _imported_file(migration, key, path, source, digest), migration
            _, found.files[key], found.migrations[key] = known
            return
        except (Exception, SystemExit) as failure:
            error = _explain(failure, path, root)
    elif not error:
        error = (
            f"{relative(path, root)} was read without importing it, because the settings cannot be imported."
        )
    found.files[key] = _unimported_file(key, path, source, digest, error, project)


def _import(module_name: str, path: str, source: bytes, digest: str, laid_over: bool) -> ModuleType:
    """Return a migration's module; one that was imported before its file changed, or will change, is run again."""
    known = _imported.get(module_name) if module_name in sys.modules else None
    if known == digest or (known is None and not laid_over):
        module = importlib.import_module(module_name)
        _imported[module_name] = digest
        return module
    # Not importlib.reload: it would trust a cached .pyc of the same size from the same second.
    spec = spec_from_file_location(module_name, path)
    if spec is None:
        raise ImportError(f"{module_name} is not Python source.")
    module = module_from_spec(spec)
    code = compile(source, path, "exec", dont_inherit=True)
    sys.modules.pop(module_name, None)
    exec(code, module.__dict__)
    sys.modules[module_name] = module
    _imported[module_name] = digest
    return module


class _Malformed(Exception):
    """What a file has instead of a Migration class that Django takes: the end of a sentence about it."""


def _imported_file(migration: Migration, key: Key, path: str, source: bytes, digest: str) -> MigrationFile:
    file = SourceFile(path, source)
    return MigrationFile(
        *key,
        path,
        dependencies=_keys(migration.dependencies, "dependencies"),
        run_before=_keys(migration.run_before, "run_before"),
        replaces=_keys(migration.replaces, "replaces"),
        initial=migration.initial,
        atomic=bool(migration.atomic),
        operations=tuple(read_operation(operation, file) for operation in migration.operations),
        digest=digest,
        source=_text(source),
    )


def _text(source: bytes) -> str:
    """Return a file's text so that encoding it again gives the same bytes, or nothing where that is not possible."""
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _keys(dependencies: Iterable[object], attribute: str) -> tuple[Key, ...]:
    """Return dependencies as plain tuples; a swappable one is a subclass of tuple."""
    found = []
    for dependency in dependencies:
        match dependency:
            case (str(app), str(name)):
                found.append((app, name))
            case _:
                raise _Malformed(
                    f"cannot be used: {attribute} has {clean(repr(dependency))[:80]}, which is not (app, name)"
                )
    return tuple(found)


def _explain(error: BaseException, path: str, root: Path) -> str:
    """Return why a migration file cannot be used, in one sentence."""
    shown = relative(path, root)
    if isinstance(error, _Malformed):
        return f"{shown} {error}."
    if isinstance(error, ImportError) and "bad magic number" in str(error):
        return f"{shown} is a stale .pyc file of another Python version."
    return f"{shown} cannot be imported: {describe(error, root)}"


def _unimported_file(
    key: Key, path: str, source: bytes, digest: str, error: str, project: Project
) -> MigrationFile:
    """Return what the syntax tree of a file says; only key, digest and error when it has none."""
    try:
        declared = syntax.migration(syntax.parse(source, path), lambda name: _text_setting(project, name))
    except SyntaxError:
        declared = None
    if declared is None:
        return MigrationFile(*key, path, error=error, digest=digest, source=_text(source))
    return MigrationFile(
        *key,
        path,
        dependencies=tuple(declared.dependencies),
        run_before=tuple(declared.run_before),
        replaces=tuple(declared.replaces),
        initial=declared.initial,
        atomic=declared.atomic,
        operations=tuple(Operation(name, name, "unread") for name in declared.operations),
        error=error,
        digest=digest,
        source=_text(source),
    )


def _text_setting(project: Project, name: str) -> str | None:
    value = project.info.user_model if name == "AUTH_USER_MODEL" else project.setting(name)
    return value if isinstance(value, str) else None


def _undiscovered(package: AppPackage, project: Project) -> Iterator[Undiscovered]:
    """Return what is there of an app's migrations although Django sees none."""
    root = Path(project.info.root)
    label = clean(package.label)
    default = os.path.join(package.path, MIGRATIONS)
    if package.module is None:
        names = _names_in((default,))
        if names:
            where = relative(default, root)
            message = (
                f"MIGRATION_MODULES says None for {label}, so Django ignores {_count(names)} in {where}."
            )
            yield Undiscovered(package.label, "disabled", default, message, names)
    elif not package.folders:
        if package.explicit:
            message = (
                f"MIGRATION_MODULES names {clean(package.module)} for {label}, and there is no such package."
            )
            yield Undiscovered(package.label, "missing", "", message)
    elif package.folders[0].endswith(".py"):
        path = package.folders[0]
        message = f"{relative(path, root)} is a module, and Django looks for migrations in packages alone."
        yield Undiscovered(package.label, "module", path, message)
    else:
        names = _names_in(package.folders)
        if names:
            path = package.folders[0]
            message = (
                f"{relative(path, root)} has no __init__.py, so Django does not see its {_count(names)}."
            )
            yield Undiscovered(package.label, "namespace", path, message, names)


def _names_in(folders: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the files in these folders that have a Migration class."""
    return tuple(name for name, path in migration_files(folders) if _is_migration(path))


def _is_migration(path: str) -> bool:
    try:
        return syntax.migration(syntax.parse(Path(path).read_bytes()), lambda name: None) is not None
    except (OSError, SyntaxError):
        return False


def _count(names: tuple[str, ...]) -> str:
    return "1 migration" if len(names) == 1 else f"{len(names)} migrations"
