"""The text of a migration that an override has, and of the copies of what it takes code from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import SettingsReference, settings
from django.db.migrations.migration import SwappableTuple
from django.db.migrations.operations.base import Operation
from django.db.migrations.serializer import BaseSerializer, Serializer
from django.db.migrations.writer import OperationWriter

from ...core.graph import Key
from ...core.sources.joining import header
from ...core.sources.source_text import BOM, CannotEdit, Text
from ...core.truths.lineage import OperationKey
from .final import swappable_models

SETTINGS = "from django.conf import settings"


class Unwritable(Exception):
    """A migration that cannot be written as Python, for the reason given in one sentence."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A migration before it is text."""

    name: str
    docstring: tuple[str, ...]
    """Its lines."""
    dependencies: tuple[Key, ...]
    run_before: tuple[Key, ...]
    replaces: tuple[Key, ...]
    operations: tuple[Operation, ...]
    initial: bool = False
    atomic: bool = True


@dataclass(frozen=True, slots=True)
class Sources:
    """The migrations that code is taken from."""

    package: str
    """Dotted name of the package that they are in."""
    texts: Mapping[str, str]
    """What their files hold, by their names."""
    places: Mapping[int, OperationKey]
    """Where each of their operations is, by its `id`."""


@dataclass(slots=True)
class Sheet:
    """What is written so far of one migration."""

    sources: Sources
    imports: set[str]
    copied: set[str]
    """Names of the migrations that it takes code from."""


def written(draft: Draft, sources: Sources, django: str) -> tuple[str, frozenset[str]]:
    """Return the text of a migration, and the names of the originals that it takes code from.

    Raises:
        Unwritable: when an operation cannot be written.
    """
    sheet = Sheet(sources, {"from django.db import migrations"}, set())
    with settings_that_may_be_missing():
        operations = [of_operation(operation, sheet) for operation in draft.operations]
    dependencies = [f"        {of_dependency(one, sheet.imports)}," for one in draft.dependencies]
    parts = [header(django) + '"""' + "\n".join(draft.docstring) + '\n"""\n\n', *import_lines(sheet)]
    parts += ["\n\nclass Migration(migrations.Migration):\n"]
    parts += (
        ["\n    replaces = [\n", *(f"        {key!r},\n" for key in draft.replaces), "    ]\n"]
        if draft.replaces
        else []
    )
    parts += ["\n    initial = True\n"] if draft.initial else []
    parts += ["\n    atomic = False\n"] if not draft.atomic else []
    parts += ["\n    dependencies = [\n", *(f"{line}\n" for line in dependencies), "    ]\n"]
    if draft.run_before:
        parts += ["\n    run_before = [\n", *(f"        {key!r},\n" for key in draft.run_before), "    ]\n"]
    parts += ["\n    operations = [\n", *(f"{text}\n" for text in operations), "    ]\n"]
    return "".join(parts), frozenset(sheet.copied)


def of_operation(operation: Operation, sheet: Sheet) -> str:
    """Return an operation as the element of a list; what cannot be written is taken out of the copy of its file."""
    try:
        _, args, kwargs = operation.deconstruct()
        # Some classes of packages do not say all that they were made with.
        type(operation)(*args, **kwargs)
        text, imports = OperationWriter(operation, indentation=2).serialize()
    except (ValueError, TypeError, AttributeError) as error:
        place = sheet.sources.places.get(id(operation))
        if place is None:
            raise Unwritable(
                f"{operation.describe()} cannot be written: {str(error).partition(chr(10))[0]}"
            ) from error
        (_, name), index = place
        sheet.copied.add(name)
        return f"        # {one_line(operation.describe())}\n        {alias(name)}.Migration.operations[{index}],"
    for name in sheet.sources.texts:
        module = f"{sheet.sources.package}.{name}"
        if f"import {module}" in imports:
            imports = imports - {f"import {module}"}
            text = text.replace(f"{module}.", f"{alias(name)}.")
            sheet.copied.add(name)
    sheet.imports |= imports
    return str(text)


def of_dependency(dependency: Key, imports: set[str]) -> str:
    """Return a dependency as Python; a swappable one stays swappable."""
    value = getattr(dependency, "setting", None) if isinstance(dependency, SwappableTuple) else None
    if isinstance(value, str):
        for name, label in swappable_models().items():
            if str(getattr(settings, name, label)).lower() == value.lower():
                imports.add(SETTINGS)
                return f"migrations.swappable_dependency({setting(name, label)})"
    return repr(tuple(dependency))


def setting(name: str, default: str) -> str:
    """Return the expression for a setting that the project may leave to its default."""
    return f"settings.{name}" if hasattr(settings, name) else f'getattr(settings, "{name}", "{default}")'


class SettingSerializer(BaseSerializer):
    """Writes a setting that the project has not as one that it may have."""

    def serialize(self) -> tuple[str, set[str]]:
        """Return the expression and what it imports."""
        name = self.value.setting_name
        return setting(name, swappable_models().get(name, str(self.value))), {SETTINGS}


@contextmanager
def settings_that_may_be_missing() -> Iterator[None]:
    """Let Django write references to settings so that they may be missing."""
    registry: dict[Any, Any] = Serializer._registry  # type: ignore[attr-defined]
    former = registry[SettingsReference]
    registry[SettingsReference] = SettingSerializer
    try:
        yield
    finally:
        registry[SettingsReference] = former


def import_lines(sheet: Sheet) -> Iterator[str]:
    """Yield the lines of the imports, sorted as Django sorts them."""
    imports = set(sheet.imports)
    if "from django.db import models" in imports:
        imports -= {"from django.db import models", "from django.db import migrations"}
        imports.add("from django.db import migrations, models")
    yield from (
        f"{line}\n" for line in sorted(imports, key=lambda line: (line.startswith("from"), line.split()[1]))
    )
    if sheet.copied:
        yield "\n"
        yield from (f"from . import {alias(name)}\n" for name in sorted(sheet.copied))


def alias(name: str) -> str:
    """Return the module name under which an original is copied, which Django does not take for a migration."""
    return "_" + re.sub(r"\W", "_", name)


def copied(name: str, text: str, package: str) -> str:
    """Return the text of an original as it can stand in another package, where it is no migration.

    Raises:
        Unwritable: when it is not Python.
    """
    return f"# A copy of {package}.{name}, for the code in it; not a migration here.\n\n{absolute(name, text, package)}"


def absolute(name: str, text: str, package: str) -> str:
    """Return the text of a module of a package with its relative imports written out.

    Raises:
        Unwritable: when it is not Python.
    """
    try:
        source = Text(text.removeprefix(BOM))
    except CannotEdit as error:
        raise Unwritable(f"{package}.{name} {error}.") from error
    body = source.body
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom) and node.level]
    for node in sorted(nodes, key=lambda node: node.lineno, reverse=True):
        start, end = source.span(node)
        parts = package.split(".")
        base = ".".join(parts[: len(parts) - node.level + 1])
        wanted = f"{base}.{node.module}" if node.module else base
        line = re.sub(r"from\s*\.[\s.]*[\w.]*\s*import", f"from {wanted} import", body[start:end], count=1)
        body = f"{body[:start]}{line}{body[end:]}"
    return body


def one_line(text: str) -> str:
    """Return a text that can stand in a comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def unique(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Return dependencies once each, in their order; a swappable one comes before the same as a plain one."""
    found: dict[Key, Key] = {}
    for key in keys:
        plain = (key[0], key[1])
        if not isinstance(found.get(plain), SwappableTuple):
            found[plain] = key
    return tuple(found.values())


__all__ = ["Draft", "Sources", "Unwritable", "absolute", "copied", "unique", "written"]
