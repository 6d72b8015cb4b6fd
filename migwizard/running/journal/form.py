"""Structures of the core as JSON with the names of their fields, so that a later version can still read them.

A field that has its default is left out, and one that this version does not know is passed over.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints


def encode(value: Any) -> Any:
    """Return a structure, or whatever a field of one can hold, as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(getattr(value, field.name))
            for field in fields(value)
            if field.default is MISSING or getattr(value, field.name) != field.default
        }
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    return value


def decode(kind: Any, value: Any) -> Any:
    """Return what `encode` made of a value of this type.

    Raises:
        ValueError, TypeError, KeyError: when it was not made of one.
    """
    if value is None or kind is Any:
        return value
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return decode(next(one for one in arguments if one is not type(None)), value)
    if origin is tuple:
        if arguments[1:] == (...,):
            return tuple(decode(arguments[0], item) for item in value)
        return tuple(decode(one, item) for one, item in zip(arguments, value, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: decode(arguments[1], item) for key, item in value.items()}
    if kind is datetime:
        return datetime.fromisoformat(value)
    if is_dataclass(kind):
        known = _hints(cast(Any, kind))
        return cast(Any, kind)(
            **{name: decode(known[name], item) for name, item in value.items() if name in known}
        )
    return value


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    """Return the types of a structure's fields by name."""
    return get_type_hints(kind)
