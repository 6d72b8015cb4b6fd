"""Edits of a settings file that keep everything else in it: a key of a dictionary, an item of a list.

Only what is written down plainly is edited: one assignment, on the top level of the file, of a literal. Whatever is
assigned twice, under a condition, or changed later on by code, is for a person to edit.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .source_text import CannotEdit, Text

CHANGING = frozenset(
    [
        "append",
        "clear",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
    ]
)
"""Methods that change a dictionary or a list."""


@dataclass(frozen=True, slots=True)
class Place:
    """A literal in a file, with what is needed to edit it."""

    text: Text
    value: ast.Dict | ast.List | ast.Tuple

    @property
    def whole(self) -> str:
        """The text of the file."""
        return self.text.bom + self.text.body


def is_assigned(source: str, setting: str) -> bool:
    """Tell whether a file says anything about a setting, in whatever way."""
    return any(True for _ in mentions(Text(source).tree, setting))


def with_key(source: str, setting: str, key: str, value: str) -> str:
    """Return the file with a key of a dictionary set; the setting is added at the end where it is missing.

    Raises:
        CannotEdit: when the setting is not one plain dictionary.
    """
    if not is_assigned(source, setting):
        end = line_end(source)
        lines = ("", "", f"{setting} = {{", f"    {quoted(key)}: {quoted(value)},", "}", "")
        body = source.rstrip("\r\n")
        return body + end.join(lines if body.strip("\ufeff") else lines[2:])
    place = literal(source, setting)
    if not isinstance(place.value, ast.Dict):
        raise CannotEdit(f"does not make a dictionary of {setting}")
    for name, node in reversed(list(zip(place.value.keys, place.value.values, strict=True))):
        if isinstance(name, ast.Constant) and name.value == key:
            start, stop = place.text.span(node)
            return place.whole[:start] + quoted(value, like(place)) + place.whole[stop:]
    quote = like(place)
    return inserted(place, f"{quoted(key, quote)}: {quoted(value, quote)}", len(place.value.values))


def without_key(source: str, setting: str, key: str) -> str:
    """Return the file without a key of a dictionary. Raises CannotEdit when it is not there in so many words."""
    place = literal(source, setting)
    if isinstance(place.value, ast.Dict):
        for name, node in zip(place.value.keys, place.value.values, strict=True):
            if name is not None and isinstance(name, ast.Constant) and name.value == key:
                return removed(place, place.text.span(name)[0], place.text.span(node)[1])
    raise CannotEdit(f"does not name {key} in {setting}")


def with_item(source: str, setting: str, item: str, before: str | None = None) -> str:
    """Return the file with an item in a list or tuple: before another one, or at its end.

    Raises:
        CannotEdit: when the setting is not one plain list or tuple, or the other one is not in it.
    """
    place = literal(source, setting)
    if isinstance(place.value, ast.Dict):
        raise CannotEdit(f"does not make a list of {setting}")
    found = [node.value if isinstance(node, ast.Constant) else None for node in place.value.elts]
    if item in found:
        return source
    if before is not None and before not in found:
        raise CannotEdit(f"does not name {before} in {setting}")
    return inserted(
        place, quoted(item, like(place)), found.index(before) if before is not None else len(found)
    )


def without_item(source: str, setting: str, item: str) -> str:
    """Return the file without an item of a list or tuple. Raises CannotEdit when it is not there in so many words."""
    place = literal(source, setting)
    if not isinstance(place.value, ast.Dict):
        for node in place.value.elts:
            if isinstance(node, ast.Constant) and node.value == item:
                found = removed(place, *place.text.span(node))
                if isinstance(place.value, ast.Tuple) and len(place.value.elts) == 2:
                    return keep_tuple(found, setting)
                return found
    raise CannotEdit(f"does not name {item} in {setting}")


def pairs(source: str, setting: str) -> dict[str, str | None]:
    """Return the keys of a dictionary with their values, as far as both are written down; empty where none is."""
    try:
        place = literal(source, setting)
    except CannotEdit:
        return {}
    found: dict[str, str | None] = {}
    if isinstance(place.value, ast.Dict):
        for name, node in zip(place.value.keys, place.value.values, strict=True):
            match name, node:
                case ast.Constant(value=str(key)), ast.Constant(value=str() | None as value):
                    found[key] = value
    return found


def literal(source: str, setting: str) -> Place:
    """Return the literal that a setting is assigned.

    Raises:
        CannotEdit: when there is not exactly one, on the top level of the file, that nothing changes later on.
    """
    text = Text(source)
    found = list(mentions(text.tree, setting))
    if not found:
        raise CannotEdit(f"does not set {setting}")
    if len(found) > 1:
        lines = ", ".join(str(one.lineno) for one in sorted(found, key=lambda one: one.lineno))
        raise CannotEdit(f"sets or changes {setting} in more than one place (lines {lines})")
    (statement,) = found
    if statement not in text.tree.body:
        raise CannotEdit(f"sets {setting} under a condition (line {statement.lineno})")
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(value=value):
            if isinstance(value, ast.Dict | ast.List | ast.Tuple):
                return Place(text, value)
        case ast.ImportFrom():
            raise CannotEdit(f"takes {setting} from another module (line {statement.lineno})")
    raise CannotEdit(f"does not write {setting} down as a literal")


def mentions(tree: ast.Module, setting: str) -> Iterator[ast.stmt]:
    """Yield the statements that assign a setting or may change what it holds."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                if any(names(target, setting) for target in targets):
                    yield node
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.For(target=target):
                if names(target, setting):
                    yield node
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))):
                if name == setting and method in CHANGING:
                    yield node
            case ast.ImportFrom(names=imported):
                if any((one.asname or one.name) == setting for one in imported):
                    yield node


def names(target: ast.expr, setting: str) -> bool:
    """Tell whether a target is a setting, a part of it, or a group with it among others."""
    return any(isinstance(node, ast.Name) and node.id == setting for node in ast.walk(target))


def inserted(place: Place, element: str, index: int) -> str:
    """Return the file with one more element in a literal, on a line of its own where the others have theirs."""
    whole, spans = place.whole, element_spans(place)
    start, stop = place.text.span(place.value)
    first, last = whole[start] in "([{", whole[stop - 1] in ")]}"
    if not (first and last):
        raise CannotEdit("writes a tuple without parentheses")
    end = line_end(whole)
    indent = indentation(whole, start)
    if not spans:
        return f"{whole[: start + 1]}{end}{indent}    {element},{end}{indent}{whole[stop - 1 :]}"
    several = "\n" in whole[start:stop] or "\r" in whole[start:stop]
    if index < len(spans):
        at = spans[index][0]
        gap = f",{end}{indentation(whole, at)}" if several else ", "
        return f"{whole[:at]}{element}{gap}{whole[at:]}"
    comma = comma_after(whole, spans[-1][1], stop - 1)
    if not several:
        if comma is None:
            return f"{whole[: stop - 1].rstrip()}, {element}{whole[stop - 1 :]}"
        return f"{whole[: comma + 1]} {element},{whole[comma + 1 :]}"
    if comma is None:
        at = spans[-1][1]
        while closing := re.match(r"\s*\)", whole[at : stop - 1]):
            at += closing.end()
        whole, comma, stop = f"{whole[:at]},{whole[at:]}", at, stop + 1
    line = min((found for mark in "\r\n" if (found := whole.find(mark, comma)) >= 0), default=len(whole))
    own = indentation(whole, spans[-1][0])
    if line >= stop:
        return f"{whole[: comma + 1]}{end}{own}{element},{end}{indent}{whole[stop - 1 :]}"
    return f"{whole[:line]}{end}{own}{element},{whole[line:]}"


def removed(place: Place, start: int, stop: int) -> str:
    """Return the file without a part of a literal, its comma, and its line where it has one to itself."""
    whole = place.whole
    comma = comma_after(whole, stop, place.text.span(place.value)[1] - 1)
    if comma is None:
        before = whole.rfind(",", place.text.span(place.value)[0], start)
        return whole[: before if before >= 0 else start] + whole[stop:]
    line = max(whole.rfind("\n", 0, start), whole.rfind("\r", 0, start)) + 1
    rest = min((found for mark in "\r\n" if (found := whole.find(mark, comma)) >= 0), default=len(whole))
    tail = whole[comma + 1 : rest].strip()
    if not whole[line:start].strip() and (not tail or tail.startswith("#")):
        return whole[:line] + whole[rest + (2 if whole[rest : rest + 2] == "\r\n" else 1) :]
    return whole[:start] + whole[comma + 1 :].lstrip(" \t")


def keep_tuple(source: str, setting: str) -> str:
    """Return the file with a comma behind the only element of a tuple, which would be none without it."""
    text = Text(source)
    for statement in mentions(text.tree, setting):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Constant):
            stop = text.span(statement.value)[1]
            return f"{source[:stop]},{source[stop:]}"
    return source


def element_spans(place: Place) -> list[tuple[int, int]]:
    """Return where the elements of a literal begin and end."""
    if not isinstance(place.value, ast.Dict):
        return [place.text.span(node) for node in place.value.elts]
    return [
        (place.text.span(node if name is None else name)[0], place.text.span(node)[1])
        for name, node in zip(place.value.keys, place.value.values, strict=True)
    ]


def comma_after(whole: str, start: int, stop: int) -> int | None:
    """Return where the comma behind an element is, or None where it has none; comments are no place for one."""
    place = start
    while place < stop:
        if whole[place] == ",":
            return place
        if whole[place] == "#":
            ends = [found for mark in "\r\n" if (found := whole.find(mark, place)) >= 0]
            place = min(ends, default=stop)
        place += 1
    return None


def indentation(whole: str, place: int) -> str:
    """Return the white space at the beginning of the line of a place."""
    line = max(whole.rfind("\n", 0, place), whole.rfind("\r", 0, place)) + 1
    text = whole[line:place]
    return text[: len(text) - len(text.lstrip(" \t"))]


def like(place: Place) -> str:
    """Return the quotation mark that a literal uses."""
    for node in ast.walk(place.value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            mark = place.whole[place.text.span(node)[0]]
            return mark if mark in "'\"" else '"'
    return '"'


def quoted(value: str, mark: str = '"') -> str:
    """Return a text as a Python literal."""
    if mark == "'" and value.isprintable() and not set(value) & {"'", "\\"}:
        return f"'{value}'"
    return json.dumps(value)


def line_end(source: str) -> str:
    """Return the line end that a file uses."""
    return "\r\n" if "\r\n" in source else "\n"
