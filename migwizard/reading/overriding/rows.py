"""Whether code of a migration only moves rows that are there, so that it is pointless on empty tables."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import sqlparse
from django.db import migrations

from ..opaque import sql_text

MAKING = frozenset(
    (
        *("create", "bulk_create", "get_or_create", "update_or_create", "create_user", "create_superuser"),
        *(
            "acreate",
            "abulk_create",
            "aget_or_create",
            "aupdate_or_create",
            "add_root",
            "add_child",
            "add_sibling",
        ),
        *(
            "save_base",
            "cursor",
            "execute",
            "executemany",
            "executescript",
            "callproc",
            "copy",
            "copy_expert",
        ),
        *("call_command",),
    )
)
"""Methods that may make rows, or do anything whatever."""

HARMLESS = (
    *("django.db.models", "django.db.utils", "django.core.exceptions", "django.conf"),
    *("django.utils.crypto", "django.utils.dateparse", "django.utils.encoding", "django.utils.html"),
    *("django.utils.text", "django.utils.timezone", "django.utils.translation"),
    *(
        "base64",
        "calendar",
        "collections",
        "contextlib",
        "copy",
        "datetime",
        "decimal",
        "hashlib",
        "hmac",
        "html",
    ),
    *(
        "ipaddress",
        "itertools",
        "json",
        "logging",
        "math",
        "random",
        "re",
        "secrets",
        "string",
        "textwrap",
        "time",
    ),
    *("unicodedata", "urllib.parse", "uuid", "warnings", "zoneinfo"),
)
"""Packages of which nothing makes rows by itself."""

MOVING = frozenset(("UPDATE", "DELETE", "SELECT", "SET"))
"""Statements that do nothing where there are no rows."""


def why_not_only_moving(operation: Any, app: str) -> str:
    """Return why an operation may do more than move rows of its own app; empty when it does no more."""
    if isinstance(operation, migrations.RunSQL):
        return of_sql(operation)
    if not isinstance(operation, migrations.RunPython):
        return "nobody knows what it does beside the state"
    if operation.code is migrations.RunPython.noop:
        return ""
    try:
        return next(reasons(operation.code, app), "")
    except (OSError, TypeError, SyntaxError):
        return "its source cannot be read"


def of_sql(operation: Any) -> str:
    """Return why a RunSQL may do more than move rows."""
    if operation.state_operations:
        return "it changes tables"
    statements: tuple[Any, ...] = sqlparse.parse(sql_text(operation))
    for statement in statements:
        kind = statement.get_type() if str(statement).strip(" \n\t;") else "SELECT"
        if kind not in MOVING:
            what = "what it runs is not known" if kind == "UNKNOWN" else f"it runs {kind}"
            return what
        if kind == "SELECT" and "(" in str(statement):
            return "it calls functions of the server"
    return ""


def reasons(function: Any, app: str) -> Iterator[str]:
    """Yield why a function may do more than move rows, told from its source and that of what it calls beside it."""
    seen: set[Any] = set()
    todo = [function]
    while todo:
        code = inspect.unwrap(todo.pop())
        if code in seen:
            continue
        seen.add(code)
        if not isinstance(code, FunctionType):
            yield f"{getattr(code, '__name__', type(code).__name__)} is not a plain function"
            return
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
        models = set(names_of_models(tree))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            yield from of_call(call, code, models, todo.append)
        yield from of_editor(tree)
        yield from of_others(tree, app)


def names_of_models(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a function gives to models."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=ast.Call(func=ast.Attribute(attr="get_model"))):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def of_call(
    call: ast.Call, code: FunctionType, models: set[str], follow: Callable[[Any], None]
) -> Iterator[str]:
    """Yield why a call may do more than move rows; a function of the same file is followed."""
    match call.func:
        case ast.Name(id=name) if name in models:
            yield f"it makes a {name}"
        case ast.Name(id=name) if name in code.__globals__:
            yield from of_global(code.__globals__[name], name, code, follow)
        case ast.Name(id=name) if hasattr(builtins, name):
            plain = (
                len(call.args) > 1
                and isinstance(call.args[1], ast.Constant)
                and call.args[1].value not in MAKING
            )
            if name in ("exec", "eval", "__import__", "open") or (name == "getattr" and not plain):
                yield f"it calls {name}()"
        case ast.Attribute(attr=name) if name in MAKING:
            yield f"it calls {name}()"
        case ast.Attribute() as attribute:
            base: ast.expr = attribute
            while isinstance(base, ast.Attribute | ast.Call | ast.Subscript):
                base = base.func if isinstance(base, ast.Call) else base.value
            if isinstance(base, ast.Name) and base.id in code.__globals__:
                value = code.__globals__[base.id]
                module = (
                    getattr(value, "__name__", None) if inspect.ismodule(value) else type(value).__module__
                )
                if not harmless(str(module)):
                    yield f"it calls {ast.unparse(attribute)}()"
        case ast.Name(id=name):
            local = any(
                isinstance(node, ast.FunctionDef) and node.name == name
                for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(code))))
            )
            if not local:
                yield f"it calls {name}()"
        case _:
            yield f"it calls {ast.unparse(call.func)}()"


def of_global(value: Any, name: str, code: FunctionType, follow: Callable[[Any], None]) -> Iterator[str]:
    """Yield why a call of something global may do more than move rows."""
    if isinstance(value, FunctionType) and value.__module__ == code.__module__:
        follow(value)
    elif not harmless(str(getattr(value, "__module__", ""))):
        yield f"it calls {name}()"


def harmless(module: str) -> bool:
    """Tell whether nothing of a module makes rows by itself."""
    return any(f"{module}.".startswith(f"{package}.") for package in HARMLESS)


def of_editor(tree: ast.AST) -> Iterator[str]:
    """Yield what a function does with the schema editor, beside asking which database it is."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="schema_editor"), attr=name) if name != "connection":
                yield f"it calls the schema editor ({name})"


def of_others(tree: ast.AST, app: str) -> Iterator[str]:
    """Yield what a function does with models of other apps, whose tables may have rows before this app has any."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="get_model"), args=[ast.Constant(value=str(name)), *_]):
                label = name.split(".")[0]
                if label != app:
                    yield f"it deals with the app {label}"
            case ast.Attribute(attr="AUTH_USER_MODEL"):
                yield "it deals with users"
