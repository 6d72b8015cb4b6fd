"""The lists of apps as the settings files have them by now: settings are loaded once a process, and files change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.conf import settings

from ...core.sources.text_file import TextFile
from ...core.tenants.app_lists import file_of, listed_apps
from ..overlay import Overlay, present
from ..project import Project

NAMES = ("SHARED_APPS", "TENANT_APPS", "TENANT_TYPES")

Lists = Mapping[str, object]


def loaded_lists(project: Project) -> Lists:
    """Return the lists as the settings have them when they are loaded; none where they are not."""
    if not project.ready:
        return {}
    return {name: getattr(settings, name) for name in NAMES if hasattr(settings, name)}


def restate(lists: Lists, files: Sequence[TextFile], overlay: Overlay) -> bool:
    """Have the settings say what their files say by now, or will say; return whether that is anything new.

    Args:
        lists: the lists as they were loaded.
        files: the files as they were then.
        overlay: files as they will be.
    """
    changed = False
    for name, value in lists.items():
        if name == "TENANT_TYPES":
            now: object = _types(value, files, overlay)
        else:
            now = _entries(value, name, files, overlay)
        if now != getattr(settings, name):
            setattr(settings, name, now)
            changed = True
    return changed


def _types(value: object, files: Sequence[TextFile], overlay: Overlay) -> object:
    """Return TENANT_TYPES with each list of apps as it is by now."""
    if not isinstance(value, Mapping):
        return value
    return {
        kind: {
            **one,
            "APPS": _entries(one.get("APPS"), f"TENANT_TYPES[{str(kind)!r}]['APPS']", files, overlay),
        }
        if isinstance(one, Mapping)
        else one
        for kind, one in value.items()
    }


def _entries(value: object, setting: str, files: Sequence[TextFile], overlay: Overlay) -> object:
    """Return one list with what its file has added to it since, and without what it has taken out."""
    file = file_of(files, setting)
    if file is None or not isinstance(value, (list, tuple)):
        return value
    before, after = listed_apps(file.content, setting), listed_apps(present(file, overlay), setting)
    if before is None or after is None or before == after:
        return value
    return type(value)(_merged(value, before, after))


def _merged(value: Sequence[object], before: Sequence[str], after: Sequence[str]) -> Iterator[object]:
    """Yield the entries that are there by now."""
    yield from (entry for entry in value if entry in after or entry not in before)
    yield from (entry for entry in after if entry not in value)
