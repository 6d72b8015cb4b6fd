"""Stand-ins for drivers that are not installed, so that Django's backends can be imported to write SQL alone.

Only for a process that does nothing else: they take the places of the real modules.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

MODULES = {
    "mysql": ("MySQLdb", "MySQLdb.constants", "MySQLdb.converters"),
    "microsoft": ("pyodbc",),
    "postgresql": ("psycopg2", "psycopg2.errors", "psycopg2.extensions", "psycopg2.extras", "psycopg2.sql"),
}
"""What each vendor's backend imports of its driver."""

FACTS: dict[str, dict[str, Any]] = {
    "MySQLdb": {"version_info": (2, 2, 9, "final", 0), "__version__": "2.2.9"},
    "MySQLdb.converters": {"conversions": {}},
    "pyodbc": {"version": "5.2.0", "pooling": False},
    "psycopg2.extensions": {
        "ISOLATION_LEVEL_READ_COMMITTED": 1,
        "ISOLATION_LEVEL_REPEATABLE_READ": 2,
        "ISOLATION_LEVEL_SERIALIZABLE": 3,
        "ISOLATION_LEVEL_READ_UNCOMMITTED": 4,
    },
    "psycopg2": {"__version__": "2.9.10 (stand-in)"},
}
"""What the backends look at as soon as they are imported."""


class AnyClass(type):
    """Classes that have every attribute, each of them such a class."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return standing_for(name)

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        """Return nothing in particular, whatever it is made of."""
        return type.__call__(cls)


def standing_for(name: str) -> Any:
    """Return something that can be called, subclassed, and looked into."""
    return AnyClass(name, (Exception,) if name.endswith(("Error", "Warning")) else (), {})


class StandIn(ModuleType):
    """A module that has everything, and does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = standing_for(name)
        setattr(self, name, value)
        return value


def stand_in(vendor: str) -> bool:
    """Put stand-ins in the place of a vendor's driver if it is not installed; tell whether that was so."""
    names = MODULES.get(vendor, ())
    if not names or installed(vendor):
        return False
    for name in names:
        module = StandIn(name)
        module.__path__ = []
        vars(module).update(FACTS.get(name, {}))
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
    return True


def installed(vendor: str) -> bool:
    """Tell whether a vendor's driver can be imported."""
    names = {"postgresql": ("psycopg", "psycopg2")}.get(vendor, MODULES[vendor][:1])
    return any(name in sys.modules or importlib.util.find_spec(name) is not None for name in names)
