"""Operations of a migration as plain data: their kind, what they say of themselves, and their source."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable
from importlib.util import decode_source

from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation as DjangoOperation

from ..core.graph import Operation, OperationKind, Touch
from .errors import clean
from .touches import touches

STATE_ONLY = (ops.AlterModelOptions, ops.AlterModelManagers)
"""Django's operations that change the state alone."""


class SourceFile:
    """The text of one migration file, taken apart only when an operation asks for it."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self._source = source
        self._lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        """Lines of the file, with their ends."""
        if self._lines is None:
            self._lines = decode_source(self._source).splitlines(keepends=True)
        return self._lines


def read_operation(operation: DjangoOperation, file: SourceFile) -> Operation:
    """Return one operation as data; its own code (`describe`, properties) may raise without harm."""
    kind = kind_of(operation)
    return Operation(
        name=type(operation).__name__,
        description=_describe(operation),
        kind=kind,
        reversible=_flag(operation, "reversible", True),
        elidable=_flag(operation, "elidable", False),
        source=source_of(operation, kind, file) if kind in ("python", "sql", "separate") else "",
        touches=_touches(operation),
    )


def _describe(operation: DjangoOperation) -> str:
    try:
        description = str(operation.describe())
    except Exception:
        return type(operation).__name__
    return description if description.isprintable() else clean(description)


def _touches(operation: DjangoOperation) -> tuple[Touch, ...]:
    try:
        return touches(operation)
    except Exception:
        return ()


def _flag(operation: DjangoOperation, name: str, default: bool) -> bool:
    try:
        return bool(getattr(operation, name, default))
    except Exception:
        return default


def kind_of(operation: object) -> OperationKind:
    """Return the kind of an operation: a subclass of RunPython or RunSQL is as opaque as they are."""
    if isinstance(operation, ops.CreateModel) and type(operation) is ops.CreateModel:
        options = operation.options or {}
        return "state" if options.get("proxy") or options.get("managed") is False else "schema"
    return _kind_of_class(type(operation))


def _kind_of_class(cls: type) -> OperationKind:
    if issubclass(cls, ops.RunSQL):
        return "sql"
    if issubclass(cls, ops.RunPython):
        return "python"
    if issubclass(cls, ops.SeparateDatabaseAndState):
        return "separate"
    if cls in STATE_ONLY:
        return "state"
    return "schema" if cls.__module__.startswith("django.") else "custom"


def source_of(operation: object, kind: OperationKind, file: SourceFile) -> str:
    """Return what an opaque operation will run: SQL text, or the source of a function."""
    try:
        if kind == "sql" and isinstance(operation, ops.RunSQL):
            return sql_text(operation.sql)
        if kind == "python" and isinstance(operation, ops.RunPython):
            return f"{function_source(operation.code, file)}\n{_reverse_note(operation)}"
        if kind == "separate" and isinstance(operation, ops.SeparateDatabaseAndState):
            inner = ((part, kind_of(part)) for part in operation.database_operations)
            parts = (source_of(part, kind, file) for part, kind in inner)
            return "\n\n".join(part for part in parts if part)
    except Exception as error:
        return f"# The source cannot be read: {type(error).__name__}"
    return ""


def sql_text(sql: object) -> str:
    """Return the statements of a RunSQL as text; parameters follow their statement in a comment."""
    if not isinstance(sql, (list, tuple)):
        return str(sql).strip()
    statements = []
    for item in sql:
        statement, parameters = item if isinstance(item, (list, tuple)) else (item, None)
        text = str(statement).strip()
        text = text if text.endswith(";") else f"{text};"
        statements.append(text if not parameters else f"{text}  -- parameters: {clean(repr(parameters))}")
    return "\n".join(statements)


def function_source(function: object, file: SourceFile) -> str:
    """Return the source of a function, dedented; for another callable, of its class; else its name."""
    while isinstance(function, functools.partial):
        function = function.func
    if function is ops.RunPython.noop:
        return "# RunPython.noop does nothing"
    if not (inspect.isroutine(function) or inspect.isclass(function)):
        function = type(function)
    if inspect.isfunction(function):
        function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    try:
        if code is not None and code.co_filename == file.path:
            # What inspect.getsource does, without its search for the file.
            lines: Iterable[str] = inspect.getblock(file.lines[code.co_firstlineno - 1 :])
        else:
            lines = inspect.getsource(function).splitlines(keepends=True)  # type: ignore[arg-type]
    except Exception:
        return f"# {_name_of(function)}: no source"
    return textwrap.dedent("".join(lines)).rstrip()


def _reverse_note(operation: ops.RunPython) -> str:
    reverse: Callable[..., object] | None = operation.reverse_code
    if reverse is None:
        return "# Not reversible"
    return f"# Reversed by {_name_of(reverse)}"


def _name_of(function: object) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    if function is ops.RunPython.noop:
        return "RunPython.noop"
    return clean(str(getattr(function, "__qualname__", None) or type(function).__qualname__))
