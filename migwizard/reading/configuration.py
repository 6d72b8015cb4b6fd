"""The configuration of a project, read without running it: manage.py, pyproject.toml, settings and apps.py."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .syntax import execute, parse, statements

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"


def tool_table(path: Path) -> tuple[dict[str, object], str]:
    """Return the `[tool.migwizard]` table of a pyproject.toml, and what is wrong with it (empty if nothing is)."""
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"{path.name} cannot be read: {error}"
    tool = document.get("tool")
    table = tool.get("migwizard", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        return {}, f"tool.migwizard in {path.name} is not a table."
    return table, ""


def tree_of(path: Path) -> ast.Module | None:
    """Return the syntax tree of a file, or None where it has none."""
    try:
        return parse(path.read_bytes(), str(path))
    except (SyntaxError, OSError):
        return None


def module_values(path: Path, find: Callable[[str], Path | None], package: str) -> dict[str, object]:
    """Return the names that a module defines as literals, those that it imports from others included.

    `find` returns the file of a module by its dotted name; `package` is the one that relative imports start from.
    Both branches of an `if` are read. Never raises: what cannot be read defines nothing.
    """
    return _module_values(path, find, package, frozenset())


def _module_values(
    path: Path, find: Callable[[str], Path | None], package: str, reading: frozenset[Path]
) -> dict[str, object]:
    names: dict[str, object] = {}
    tree = tree_of(path)
    if tree is None:
        return names
    for statement in statements(tree.body):
        if isinstance(statement, ast.ImportFrom):
            parents = (
                package.split(".")[: len(package.split(".")) - statement.level + 1] if statement.level else []
            )
            module = ".".join([*parents, *([statement.module] if statement.module else [])])
            source = find(module)
            if source is None or source in reading or source == path:
                continue
            inside = module if source.name == "__init__.py" else module.rpartition(".")[0]
            imported = _module_values(source, find, inside, reading | {path})
            for alias in statement.names:
                if alias.name == "*":
                    names.update(imported)
                elif alias.name in imported:
                    names[alias.asname or alias.name] = imported[alias.name]
        else:
            execute(statement, names)
    return names


def manage_settings(path: Path) -> str | None:
    """Return the settings module that a manage.py sets by default, or None where it names none literally."""
    tree = tree_of(path)
    named = list(_settings_named(tree, 0)) if tree else []
    # What is set in all cases comes before what is set under a condition.
    return min(named, key=lambda item: item[0])[1] if named else None


def _settings_named(node: ast.AST, conditions: int) -> Iterator[tuple[int, str]]:
    """Return the settings modules that are set below a node, each with the number of conditions around it."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="setdefault"),
            args=[ast.Constant(value="DJANGO_SETTINGS_MODULE"), ast.Constant(value=str(name))],
        ):
            yield conditions, name
        case ast.Assign(
            targets=[ast.Subscript(slice=ast.Constant(value="DJANGO_SETTINGS_MODULE"))],
            value=ast.Constant(value=str(name)),
        ):
            yield conditions, name
    for child in ast.iter_child_nodes(node):
        yield from _settings_named(child, conditions + isinstance(node, ast.If))


def manage_paths(path: Path) -> tuple[Path, ...]:
    """Return the folders that a manage.py adds to `sys.path`, as far as they are named by literals below its own."""
    tree = tree_of(path)
    if tree is None:
        return ()
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="path"), attr="append" | "insert"),
                args=[*_, argument],
            ):
                parts = [
                    n.value
                    for n in ast.walk(argument)
                    if isinstance(n, ast.Constant) and isinstance(n.value, str)
                ]
                folder = path.parent.joinpath(*parts)
                if parts and folder.is_dir():
                    found.append(folder)
    return tuple(found)


def app_configs(path: Path) -> dict[str, dict[str, object]]:
    """Return the literal attributes (`name`, `label`, …) of every class in an apps.py that gives a `name`."""
    tree = tree_of(path)
    if tree is None:
        return {}
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            attributes: dict[str, object] = {}
            for statement in node.body:
                execute(statement, attributes)
            if isinstance(attributes.get("name"), str):
                found[node.name] = attributes
    return found
