"""Changes of default schemas and of what may be done in a schema, as data and as the statements that make them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from ..schema.names import named, quoted
from .principals import Rights, path_names


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a principal or a schema, which can be taken back exactly."""

    kind: Literal["default", "schema", "grant"]
    """A default schema is set, a schema is made, or privileges are granted."""
    principal: str = ""
    schema: str = ""
    """The schema that is made, or on which something is granted; empty for a grant in the database as a whole."""
    former: str | None = None
    """The default before: a schema, or a search_path; None where there was none."""
    value: str | None = None
    """The default afterwards."""
    privileges: tuple[str, ...] = ()
    """What is granted, and nothing that was there before."""
    back: bool = False
    """Whether a schema goes, or privileges are taken away, because an earlier change is taken back."""


def taken_back(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes that take others back, the last one first."""
    return tuple(
        replace(one, former=one.value, value=one.former)
        if one.kind == "default"
        else replace(one, back=not one.back)
        for one in reversed(tuple(changes))
    )


def statement(change: Change, vendor: str, database: str) -> str:
    """Return the statement that makes a change."""
    schema, principal = named(change.schema, vendor), named(change.principal, vendor)
    if change.kind == "schema":
        return f"{'DROP' if change.back else 'CREATE'} SCHEMA {schema}"
    if change.kind == "default":
        if vendor == "microsoft":
            default = named(change.value, vendor) if change.value is not None else "NULL"
            return f"ALTER USER {principal} WITH DEFAULT_SCHEMA = {default}"
        role = f"ALTER ROLE {principal} IN DATABASE {named(database, vendor)}"
        if change.value is None:
            return f"{role} RESET search_path"
        return f"{role} SET search_path = {path(path_names(change.value))}"
    verb, to = ("REVOKE", "FROM") if change.back else ("GRANT", "TO")
    on = f" ON SCHEMA{'::' if vendor == 'microsoft' else ' '}{schema}" if change.schema else ""
    return f"{verb} {', '.join(change.privileges)}{on} {to} {principal}"


def path(names: Iterable[str]) -> str:
    """Return a search_path of some schemas as SQL has it: every name quoted, whatever it is."""
    return ", ".join(quoted(name) for name in names) or "''"


def stands(change: Change, rights: Rights, vendor: str) -> bool:
    """Tell whether a change is still as it was made, as far as the server tells."""
    if change.kind == "schema":
        return (rights.namespace(change.schema) is None) == change.back
    if change.kind == "grant":
        return True
    principal = rights.principal(change.principal)
    if principal is None:
        return False
    now = principal.default_schema
    if vendor == "microsoft":
        return now == change.value
    if change.value is None:
        return not principal.here
    return principal.here and now is not None and path_names(now) == path_names(change.value)
