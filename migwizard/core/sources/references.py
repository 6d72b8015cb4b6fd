"""The other migrations that a migration file names, edited where they stand: everything else in the file is kept."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ..graph import Key
from .source_text import CannotEdit, Text

NAMING = ("dependencies", "run_before", "replaces")
"""Attributes of the class Migration that name other migrations."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A migration named as a tuple of two texts."""

    attribute: str
    key: Key
    line: int
    """From 1."""
    start: int
    """Offset of the tuple in the text, its parenthesis included."""
    end: int
    name_start: int
    """Offset of the migration's name, its quotes included."""
    name_end: int


def references(source: str) -> tuple[Reference, ...]:
    """Return every migration that the class Migration of a file names literally, in the order of the text.

    Raises:
        CannotEdit: when the text is not Python, or has no class Migration.
    """
    text = Text(source)
    found = [
        _reference(name, element, text) for name, value in _attributes(text) for element in _tuples(value)
    ]
    return tuple(sorted(found, key=lambda reference: reference.start))


def redirected(source: str, targets: Mapping[Key, Key]) -> str:
    """Return the text with the migrations in `dependencies` and `run_before` that are in `targets` named anew.

    Of several that become one and the same, only the first stays. The apps of a target and of what it stands for are
    the same.

    Raises:
        CannotEdit: as `references`.
    """
    seen: set[tuple[str, Key]] = set()
    edits: list[tuple[int, int, str]] = []
    for reference in references(source):
        if reference.attribute == "replaces":
            continue
        key = targets.get(reference.key, reference.key)
        if key != reference.key and (reference.attribute, key) in seen:
            edits.append((*_extent(source, reference.start, reference.end), ""))
        elif key != reference.key:
            quote = source[reference.name_start]
            quote = quote if quote in "'\"" else '"'
            edits.append((reference.name_start, reference.name_end, f"{quote}{key[1]}{quote}"))
        seen.add((reference.attribute, key))
    for start, end, new in reversed(edits):
        source = source[:start] + new + source[end:]
    return source


def without_replaces(source: str) -> str:
    """Return the text without the statement that says what a squashed migration replaces.

    Raises:
        CannotEdit: as `references`, and when there is not exactly one such statement with lines of its own.
    """
    text = Text(source)
    found = [statement for name, statement in _statements(text) if name == "replaces"]
    named = [node for node in ast.walk(text.tree) if isinstance(node, ast.Name) and node.id == "replaces"]
    if len(found) != 1 or len(named) != 1:
        raise CannotEdit("does not say `replaces = […]` exactly once in its class Migration")
    (statement,) = found
    first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
    before = text.lines[first][: text.column(first, statement.col_offset)]
    after = text.lines[last][text.column(last, statement.end_col_offset or 0) :].strip()
    if before.strip() or (after and not after.startswith("#")):
        raise CannotEdit("has `replaces` on one line with something else")
    blank = not "".join(text.lines[first - 1 : first]).strip()
    if blank and not "".join(text.lines[last + 1 : last + 2]).strip():
        last += 1
    return text.bom + "".join((*text.lines[:first], *text.lines[last + 1 :]))


def mentions(source: str, names: Collection[str]) -> tuple[tuple[int, str], ...]:
    """Return (line, name) of each dotted name or path in a file, as a text, that has one of some names in it.

    Whoever imports from a migration does it by a text, since its name begins with a digit.

    Raises:
        CannotEdit: as `references`.
    """
    text = Text(source)
    found = []
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.replace("/", ".").split(".")
            found += [(node.lineno, name) for name in names if len(words) > 1 and name in words]
    return tuple(sorted(found))


def _statements(text: Text) -> Iterator[tuple[str, ast.Assign | ast.AnnAssign]]:
    """Yield the assignments in the class Migration, with the names that are assigned."""
    classes = [
        node for node in ast.walk(text.tree) if isinstance(node, ast.ClassDef) and node.name == "Migration"
    ]
    if not classes:
        raise CannotEdit("has no Migration class")
    for statement in classes[-1].body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, statement


def _attributes(text: Text) -> Iterator[tuple[str, ast.expr]]:
    for name, statement in _statements(text):
        if name in NAMING and statement.value is not None:
            yield name, statement.value


def _tuples(value: ast.expr) -> Iterator[ast.Tuple | ast.List]:
    """Yield the pairs of texts in a list, or in a sum of lists."""
    match value:
        case (
            ast.Tuple(elts=[ast.Constant(value=str()), ast.Constant(value=str())])
            | ast.List(elts=[ast.Constant(value=str()), ast.Constant(value=str())])
        ):
            yield value
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            for element in elements:
                yield from _tuples(element)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _tuples(left)
            yield from _tuples(right)


def _reference(attribute: str, element: ast.Tuple | ast.List, text: Text) -> Reference:
    app, name = element.elts
    key = (str(ast.literal_eval(app)), str(ast.literal_eval(name)))
    return Reference(attribute, key, element.lineno, *text.span(element), *text.span(name))


def _extent(source: str, start: int, end: int) -> tuple[int, int]:
    """Return what has to go with an element of a list: its comma, and its line where it has one to itself."""
    line = max(source.rfind("\n", 0, start), source.rfind("\r", 0, start)) + 1
    after = end
    while after < len(source) and source[after] in " \t":
        after += 1
    if source[after : after + 1] != ",":
        # The last of a list without a comma at its end: the comma before it goes.
        before = len(source[:start].rstrip())
        return (before - 1 if source[before - 1 : before] == "," else start), end
    after += 1
    rest = after
    while rest < len(source) and source[rest] not in "\r\n":
        rest += 1
    tail = source[after:rest].strip()
    if not source[line:start].strip() and (not tail or tail.startswith("#")):
        return line, rest + (2 if source[rest : rest + 2] == "\r\n" else 1)
    return start, after + (len(source[after:rest]) - len(source[after:rest].lstrip(" \t")))
