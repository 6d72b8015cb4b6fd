"""The settings of a replay: the project's own, with everything that reaches out of the process turned inwards.

The settings module is imported as always; then, before an app is imported, its values are replaced. Dictionaries are
changed in place, because settings modules and the code around them pass DATABASES and its entries on to each other.
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Mapping
from typing import Any

Entry = dict[str, Any]


def load_settings() -> Any:
    """Import the settings module that the environment names, and return `django.conf.settings`."""
    from django.conf import settings

    if os.environ.get("DJANGO_CONFIGURATION"):
        from configurations import importer

        importer.install()
    _ = settings.DATABASES
    return settings


def live_databases(settings: Any) -> dict[str, Entry]:
    """Return a copy of DATABASES as the project has it."""
    return {alias: copy.deepcopy(dict(entry)) for alias, entry in settings.DATABASES.items()}


def replace_databases(settings: Any, entries: Mapping[str, Entry]) -> None:
    """Let every alias of DATABASES be what `entries` says, for whoever has or will have a reference to them."""
    from django.db import connections

    databases = settings.DATABASES
    for alias, entry in entries.items():
        known = databases[alias]
        if isinstance(known, dict):
            known.clear()
            known.update(entry)
        else:
            databases[alias] = dict(entry)
    _set(settings, "DATABASES", databases)
    for connection in connections.all(initialized_only=True):
        connection.close()
        del connections[connection.alias]
    connections.__dict__.pop("settings", None)


def turn_inwards(settings: Any) -> None:
    """Send e-mail, caches, uploaded files and logs nowhere: to memory, as Django's test runner does with e-mail."""
    if hasattr(settings, "MAILERS"):
        _set(settings, "MAILERS", {alias: {"BACKEND": _MAIL} for alias in settings.MAILERS})
    else:
        _set(settings, "EMAIL_BACKEND", _MAIL)
    caches = {alias: {"BACKEND": _CACHE, "LOCATION": f"migwizard-{alias}"} for alias in settings.CACHES}
    _set(settings, "CACHES", caches)
    storages = getattr(settings, "STORAGES", None)
    if isinstance(storages, dict) and "default" in storages:
        _set(settings, "STORAGES", {**storages, "default": {"BACKEND": _STORAGE}})
    if getattr(settings, "DEFAULT_FILE_STORAGE", None):
        _set(settings, "DEFAULT_FILE_STORAGE", _STORAGE)
    _set(settings, "LOGGING_CONFIG", None)


_MAIL = "django.core.mail.backends.locmem.EmailBackend"
_CACHE = "django.core.cache.backends.locmem.LocMemCache"
_STORAGE = "django.core.files.storage.InMemoryStorage"


def _set(settings: Any, name: str, value: Any) -> None:
    """Set a setting where everybody reads it: on the settings, on the object behind them, and in their module."""
    setattr(settings._wrapped, name, value)
    settings.__dict__.pop(name, None)
    module = sys.modules.get(getattr(settings, "SETTINGS_MODULE", "") or "")
    if module is not None and hasattr(module, name):
        setattr(module, name, value)
