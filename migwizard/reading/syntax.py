"""Python files read without running them: what the syntax tree of a migration, or of any literals, says."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ..core.graph import Key


class UnknownValue(Exception):
    """An expression whose value cannot be known without running the code."""


def parse(source: bytes, path: str = "<unknown>") -> ast.Module:
    """Return the syntax tree of a file's bytes; raises SyntaxError for whatever is not Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source, filename=path)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or type(error).__name__, (path, 1, 1, "")) from error


def evaluate(
    node: ast.expr, names: Mapping[str, object], call: Callable[[ast.Call], object] | None = None
) -> object:
    """Return the value of an expression of literals and known `names`; tuples and sets become lists.

    Elements that cannot be known are left out of lists and dictionaries. `call` gives the value of a call. Raises
    UnknownValue when nothing is known.
    """
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return list(_elements(elements, names, call))
        case ast.Dict(keys=keys, values=values):
            pairs = (
                _elements([key, value], names, call) for key, value in zip(keys, values, strict=True) if key
            )
            return {
                pair[0]: pair[1] for pair in map(list, pairs) if len(pair) == 2 and isinstance(pair[0], str)
            }
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum(left, right, names, call)
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[argument]):
            return evaluate(argument, names, call)
        case ast.Call() if call is not None:
            return call(node)
    raise UnknownValue


def _elements(
    nodes: list[ast.expr], names: Mapping[str, object], call: Callable[[ast.Call], object] | None
) -> Iterator[object]:
    for node in nodes:
        try:
            if isinstance(node, ast.Starred):
                value = evaluate(node.value, names, call)
                yield from value if isinstance(value, list) else ()
            else:
                yield evaluate(node, names, call)
        except UnknownValue:
            continue


def _sum(
    left: ast.expr, right: ast.expr, names: Mapping[str, object], call: Callable[[ast.Call], object] | None
) -> object:
    """Return the sum of two lists, of which one may be unknown, or of two texts."""
    known = []
    for side in (left, right):
        try:
            known.append(evaluate(side, names, call))
        except UnknownValue:
            continue
    if known and all(isinstance(value, list) for value in known):
        return [item for value in known if isinstance(value, list) for item in value]
    if len(known) == 2 and isinstance(known[0], str) and isinstance(known[1], str):
        return known[0] + known[1]
    raise UnknownValue


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Return the statements of a module in order, also those inside `if`, `try` and `with`."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With)):
            for name in ("body", "handlers", "orelse", "finalbody"):
                for inner in getattr(statement, name, []):
                    yield from statements(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])


def execute(statement: ast.stmt, names: dict[str, object]) -> None:
    """Carry out an assignment of literals, or a list's `append`, `extend` or `insert`."""
    try:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        names[target.id] = evaluate(value, names)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                names[name] = evaluate(value, names)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=ast.Add(), value=value):
                names[name] = _sum(target, value, names, None)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method), args=arguments)
            ):
                added = evaluate(arguments[-1], names) if arguments else None
                current = names.get(name)
                if not isinstance(current, list):
                    return
                if method in ("append", "insert"):
                    names[name] = [*current, added]
                elif method == "extend" and isinstance(added, list):
                    names[name] = current + added
    except UnknownValue:
        return


@dataclass(slots=True)
class Declared:
    """What the `Migration` class of a file says, as far as its syntax tree shows it."""

    dependencies: list[Key] = field(default_factory=list)
    run_before: list[Key] = field(default_factory=list)
    replaces: list[Key] = field(default_factory=list)
    initial: bool | None = None
    atomic: bool = True
    operations: list[str] = field(default_factory=list)
    """Class names of the operations."""


def migration(tree: ast.Module, setting: Callable[[str], str | None]) -> Declared | None:
    """Return what a migration file declares, or None if it has no Migration class.

    `setting` gives the value of a setting by its name, for `swappable_dependency(settings.AUTH_USER_MODEL)`.
    """
    names: dict[str, object] = {}
    found = None
    for statement in statements(tree.body):
        if isinstance(statement, ast.ClassDef) and statement.name == "Migration":
            found = statement
        else:
            execute(statement, names)
    if found is None:
        return None
    declared = Declared()
    for statement in found.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                _declare(declared, name, value, names, setting)
    return declared


def _declare(
    declared: Declared,
    name: str,
    value: ast.expr,
    names: Mapping[str, object],
    setting: Callable[[str], str | None],
) -> None:
    if name == "operations":
        declared.operations = list(_operation_names(value))
        return
    try:
        known = evaluate(value, names, lambda call: _swappable(call, setting))
    except UnknownValue:
        return
    if name in ("dependencies", "run_before", "replaces") and isinstance(known, list):
        pairs = (item for item in known if isinstance(item, list) and len(item) == 2)
        setattr(declared, name, [(a, b) for a, b in pairs if isinstance(a, str) and isinstance(b, str)])
    elif name == "initial" and (known is None or isinstance(known, bool)):
        declared.initial = known
    elif name == "atomic" and isinstance(known, bool):
        declared.atomic = known


def _swappable(call: ast.Call, setting: Callable[[str], str | None]) -> object:
    """Return the dependency that `swappable_dependency(…)` gives, as a list of two texts."""
    if called_name(call) != "swappable_dependency" or len(call.args) != 1:
        raise UnknownValue
    match call.args[0]:
        case ast.Constant(value=str(value)):
            model: str | None = value
        case ast.Attribute(value=ast.Name(id="settings"), attr=name):
            model = setting(name)
        case _:
            model = None
    if model is None:
        raise UnknownValue
    return [model.split(".", 1)[0], "__first__"]


def _operation_names(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            for element in elements:
                inner = element.value if isinstance(element, ast.Starred) else element
                if isinstance(inner, ast.Call):
                    yield called_name(inner) or "Operation"
                elif inner is not element:
                    yield from _operation_names(inner)
                else:
                    yield "Operation"
        case ast.BinOp(left=left, right=right):
            yield from _operation_names(left)
            yield from _operation_names(right)


def called_name(call: ast.Call) -> str:
    """Return the last part of the name of what is called; empty where it has none."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
