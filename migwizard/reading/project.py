"""Finds the Django project and loads it as manage.py would; when that fails, says why and makes do with the files."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import django
from django.apps import AppConfig, apps
from django.conf import settings as django_settings

from ..core.situation import ProjectInfo
from .configuration import SETTINGS_VARIABLE, manage_paths, manage_settings, module_values, tool_table
from .errors import clean, describe, is_own
from .packages import AppPackage, app_package, find_file, from_entries, from_walk


class NoProject(Exception):
    """There is no Django project here, in one sentence."""


class ProjectUnreadable(Exception):
    """There is a project, but neither its settings nor its files say anything, in one sentence."""


@dataclass(frozen=True, slots=True)
class Project:
    """A Django project, loaded as far as possible."""

    info: ProjectInfo
    ready: bool
    """Whether `django.setup()` succeeded; else what is here was read from the files."""
    packages: tuple[AppPackage, ...]
    """One an installed app, in the order of INSTALLED_APPS."""
    production: tuple[str, ...] = ()
    """Aliases or host names that the project marks as production."""
    journal: str = ""
    """Folder of the journal that a team shares, where the project names one."""
    databases: tuple[str, ...] = ()
    """Aliases in DATABASES; none where the settings cannot be imported."""
    values: Mapping[str, object] = field(default_factory=dict)
    """The settings as their syntax tree shows them, where they cannot be imported."""

    def setting(self, name: str) -> object:
        """Return the value of a setting, or None where it is not known."""
        if django_settings.configured:
            return getattr(django_settings, name, None)
        return self.values.get(name)


@dataclass(slots=True)
class _Place:
    """Where the project is, and what is said about it outside its settings."""

    root: Path
    settings: str | None
    production: tuple[str, ...] = ()
    journal: str = ""
    errors: list[str] = field(default_factory=list)


def load(root: Path | None = None, settings: str | None = None) -> Project:
    """Return the project in `root`, or in this folder or the nearest parent with manage.py.

    `settings` is the dotted name of the settings module; by default what DJANGO_SETTINGS_MODULE says, then
    `[tool.migwizard]` in pyproject.toml, then what manage.py sets. Sets that variable and `sys.path` as manage.py
    would, but never runs manage.py itself, and does not change the current folder. What settings and apps print
    goes to standard error.

    Raises:
        NoProject: when there is none.
        ProjectUnreadable: when it fails to load, and there are no migration files to show either.
    """
    place = _find(root, settings)
    with redirect_stdout(sys.stderr):
        if not apps.ready:
            for folder in reversed((place.root, *manage_paths(place.root / "manage.py"))):
                if str(folder) not in sys.path:
                    sys.path.insert(0, str(folder))
            place.errors += _set_up(place)
        if not apps.ready:
            # Django warns at every query that the apps are not ready, as if that were the program's mistake.
            warnings.filterwarnings(
                "ignore", "Accessing the database during app initialization", RuntimeWarning
            )
        if django_settings.configured:
            return _configured(place)
        return _unconfigured(place)


def _find(root: Path | None, settings: str | None) -> _Place:
    """Find the project's folder and the name of its settings."""
    start = (root or Path.cwd()).expanduser().resolve()
    if not start.is_dir():
        raise NoProject(f"There is no folder {clean(str(start))}.")
    for folder in (start, *start.parents) if root is None else (start,):
        table, error = tool_table(folder / "pyproject.toml")
        if (folder / "manage.py").is_file() or table.get("project") or (root and table):
            break
    else:
        folder, table, error = start, {}, ""
    place = _Place(folder, settings or os.environ.get(SETTINGS_VARIABLE), errors=[error] if error else [])
    place.root = (folder / _text(table, "project", place)).resolve()
    if not place.root.is_dir():
        raise NoProject(
            f"pyproject.toml says that the project is in {clean(str(place.root))}, which is no folder."
        )
    if place.root != folder:
        outer, (table, error) = table, tool_table(place.root / "pyproject.toml")
        table, place.errors = {**table, **outer}, place.errors + ([error] if error else [])
    place.settings = place.settings or _text(table, "settings", place) or None
    place.journal = _text(table, "journal", place)
    production = table.get("production", [])
    if isinstance(production, list) and all(isinstance(mark, str) for mark in production):
        place.production = tuple(production)
    else:
        place.errors.append("production under [tool.migwizard] in pyproject.toml is not a list of texts.")
    manage = place.root / "manage.py"
    if not manage.is_file() and not place.settings and not apps.ready:
        where = "" if root else " or above it"
        raise NoProject(
            f"There is no Django project in {clean(str(start))}{where}: no manage.py, and no settings named."
        )
    place.settings = place.settings or manage_settings(manage)
    return place


def _text(table: Mapping[str, object], name: str, place: _Place) -> str:
    value = table.get(name, "")
    if isinstance(value, str):
        return value
    place.errors.append(f"{name} under [tool.migwizard] in pyproject.toml is not a text.")
    return ""


def _set_up(place: _Place) -> list[str]:
    """Run `django.setup()`, and return what went wrong."""
    if place.settings is None and not django_settings.configured:
        return [f"manage.py names no settings module: give --settings, or set {SETTINGS_VARIABLE}."]
    if place.settings is not None:
        os.environ[SETTINGS_VARIABLE] = place.settings
    name = clean(place.settings or "")
    try:
        django.setup()
    except (Exception, SystemExit) as error:
        what = describe(error, place.root)
        if django_settings.configured:
            return [f"{_failing_app(error)} cannot be loaded: {what}"]
        if isinstance(error, ModuleNotFoundError) and f"{place.settings}.".startswith(f"{error.name}."):
            return [f"There is no settings module {name} (no module named {clean(error.name or '')})."]
        return [f"The settings module {name} cannot be imported: {what}"]
    return []


def _failing_app(error: BaseException) -> str:
    """Return which app Django was loading when the error was raised."""
    for frame in _frames(error):
        names, function = frame.f_locals, frame.f_code.co_name
        if function == "create" and "entry" in names:
            return f"The app {clean(str(names['entry']))}"
        if function in ("import_models", "ready") and isinstance(names.get("self"), AppConfig):
            return f"The app {clean(names['self'].label)}"
    return "The project"


def _frames(error: BaseException) -> Iterator[FrameType]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _configured(place: _Place) -> Project:
    """Return the project from Django's settings, and from its apps as far as they could be loaded."""
    modules = _mapping(getattr(django_settings, "MIGRATION_MODULES", {}))
    if apps.apps_ready:
        configs = apps.app_configs.values()
        packages = [app_package(config.label, config.name, config.path, modules) for config in configs]
    else:
        entries = getattr(django_settings, "INSTALLED_APPS", ())
        packages, errors = from_entries(entries if isinstance(entries, (list, tuple)) else (), modules)
        place.errors += errors
    databases = _mapping(getattr(django_settings, "DATABASES", {}))
    user_model = getattr(django_settings, "AUTH_USER_MODEL", None)
    return _project(place, packages, user_model, databases=tuple(map(str, databases)) or ("default",))


def _unconfigured(place: _Place) -> Project:
    """Return the project from the syntax tree of its settings, or from its folders."""
    file = find_file(place.settings) if place.settings else None
    package = (
        (place.settings or "")
        if file and file.name == "__init__.py"
        else (place.settings or "").rpartition(".")[0]
    )
    values = module_values(file, find_file, package) if file else {}
    entries = _entries(values)
    modules = _mapping(values.get("MIGRATION_MODULES"))
    packages, _ = from_entries(entries, modules)
    packages = packages or from_walk(place.root)
    if not packages:
        raise ProjectUnreadable(" ".join(place.errors))
    return _project(place, packages, values.get("AUTH_USER_MODEL"), values=values)


def _entries(values: Mapping[str, object]) -> list[object]:
    """Return INSTALLED_APPS; with django-tenants, which is told the apps in other lists, what those have as well."""
    types = _mapping(values.get("TENANT_TYPES")).values()
    lists = [values.get(name) for name in ("INSTALLED_APPS", "SHARED_APPS", "TENANT_APPS")]
    lists += [_mapping(one).get("APPS") for one in types]
    return list(
        dict.fromkeys(
            entry for one in lists if isinstance(one, list) for entry in one if isinstance(entry, str)
        )
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _project(
    place: _Place,
    packages: list[AppPackage],
    user_model: object,
    databases: tuple[str, ...] = (),
    values: Mapping[str, object] | None = None,
) -> Project:
    own = frozenset(
        package.label for package in packages if package.path and is_own(package.path, place.root)
    )
    info = ProjectInfo(
        root=str(place.root),
        settings=place.settings or os.environ.get(SETTINGS_VARIABLE, ""),
        errors=tuple(dict.fromkeys(place.errors)),
        own_apps=own,
        user_model=user_model if isinstance(user_model, str) else "auth.User",
        django=django.get_version(),
    )
    return Project(
        info, apps.ready, tuple(packages), place.production, place.journal, databases, values or {}
    )
