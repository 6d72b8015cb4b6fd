"""Edits of the lists of apps that django-tenants is told: SHARED_APPS, TENANT_APPS, those inside TENANT_TYPES.

As with every setting, only what is written down plainly is edited. What is made from these lists, as INSTALLED_APPS
mostly is, is not touched, and so follows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from ..sources.setting_edits import Place, inserted, is_assigned, like, literal, quoted, removed, without_item
from ..sources.source_text import CannotEdit
from ..sources.text_file import TextFile

INSIDE = re.compile(r"\[\s*(['\"])(.*?)\1\s*\]")


def path_of(setting: str) -> tuple[str, ...]:
    """Return where a list is by its name: `TENANT_TYPES['shop']['APPS']` is in TENANT_TYPES, under two keys."""
    name = setting.partition("[")[0]
    return (name, *(match[2] for match in INSIDE.finditer(setting[len(name) :])))


def file_of(files: Sequence[TextFile], setting: str) -> TextFile | None:
    """Return the file that says a setting, or None where none does in words that can be read."""
    name = path_of(setting)[0]
    for file in files:
        try:
            if is_assigned(file.content, name):
                return file
        except CannotEdit:
            continue
    return None


def with_apps(source: str, setting: str, entries: Sequence[str]) -> str:
    """Return the file with some entries at the end of a list. Raises CannotEdit when it is not written down plainly."""
    for entry in entries:
        place = list_in(source, setting)
        if entry not in texts(place):
            count = len(place.value.elts) if not isinstance(place.value, ast.Dict) else 0
            source = inserted(place, quoted(entry, like(place)), count)
    return source


def without_app(source: str, setting: str, entry: str) -> str:
    """Return the file without an entry of a list. Raises CannotEdit when it is not there in so many words."""
    place = list_in(source, setting)
    assert not isinstance(place.value, ast.Dict)
    if len(path_of(setting)) == 1:
        return without_item(source, setting, entry)
    for node in place.value.elts:
        if isinstance(node, ast.Constant) and node.value == entry:
            if isinstance(place.value, ast.Tuple) and len(place.value.elts) == 2:
                raise CannotEdit(f"would be left with a tuple of one entry in {setting}")
            return removed(place, *place.text.span(node))
    raise CannotEdit(f"does not name {entry} in {setting}")


def listed_apps(source: str, setting: str) -> tuple[str, ...] | None:
    """Return the entries of a list that are written down, or None where it is not written down plainly."""
    try:
        return texts(list_in(source, setting))
    except CannotEdit:
        return None


def list_in(source: str, setting: str) -> Place:
    """Return the list or tuple of a setting; a name in its place is followed to what that is assigned.

    Raises:
        CannotEdit: when it is not written down plainly.
    """
    name, *keys = path_of(setting)
    place = literal(source, name)
    text, node = place.text, place.value
    for key in keys:
        found = under(node, key) if isinstance(node, ast.Dict) else None
        if isinstance(found, ast.Name):
            found = literal(source, found.id).value
        if not isinstance(found, ast.Dict | ast.List | ast.Tuple):
            raise CannotEdit(f"does not write {setting} down as a literal")
        node = found
    if isinstance(node, ast.Dict):
        raise CannotEdit(f"does not make a list of {setting}")
    return Place(text, node)


def under(node: ast.Dict, key: str) -> ast.expr | None:
    """Return the value under a key of a dictionary; the last one counts, and None is one that is not there."""
    found = None
    for name, value in zip(node.keys, node.values, strict=True):
        if isinstance(name, ast.Constant) and name.value == key:
            found = value
    return found


def texts(place: Place) -> tuple[str, ...]:
    """Return the texts in a list."""
    nodes = place.value.elts if not isinstance(place.value, ast.Dict) else []
    return tuple(
        node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
