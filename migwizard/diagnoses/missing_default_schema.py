"""The connection has no schema in which it could make a table.

## What it finds
On SQL Server, a connection whose default schema (`SCHEMA_NAME()`) is NULL, does not exist, or is one in which
it may not make tables; with the users and groups of the database, and which of them it came in through. On
PostgreSQL, a role whose search_path leads to no schema that exists and that it may enter. Only where `migrate`
has something to make; where the role never migrates, as it may not even write the history, as an info.

## Why it matters
`migrate` makes its history table before anything else, in the default schema, and names none. Without one it ends
with MigrationSchemaMissing (2760 on SQL Server, 3F000 on PostgreSQL), before there is a graph to look at.

## Example
A company moved its logins from single users to a group of Entra. The group, MicrosoftEntraGroupName, was made without
a default schema, as groups are; since then `migrate` says that the schema `ann@tenant` does not exist.

## How it is repaired
`set-default-schema` gives the user or group a default, grants what is missing, and shows with a new connection
that it counts. Naming a schema in each model's `db_table` does not help: the history table has no model to name it in.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.finding import Finding, Offer, Severity
from ..core.rights.home import (
    elsewhere,
    error_2760,
    makes_tables,
    no_default,
    only_reads,
    own_table,
    qualified,
    shown,
    suggested,
)
from ..core.rights.principals import Rights, path_names
from ..core.situation import Situation
from .base import EVERYTHING, Info, about, finding_id, listed, offers, plural

INFO = Info(
    "missing-default-schema",
    "error",
    "The connection has no schema to make tables in",
    ("set-default-schema",),
)

MOST = 10
"""Principals that the evidence lists; ours come first."""


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding, or none."""
    rights = situation.rights
    if rights is None or rights.tenants or not makes_tables(situation) or not is_missing(situation, rights):
        return ()
    severity: Severity = "info" if only_reads(rights) else INFO.severity
    return (
        Finding(
            finding_id(INFO, EVERYTHING),
            INFO.name,
            severity,
            about(situation),
            summary(situation, rights),
            evidence=tuple(evidence(situation, rights)),
            repairs=offer(situation, rights),
        ),
    )


def is_missing(situation: Situation, rights: Rights) -> bool:
    """Tell whether the server would say that there is no such schema; SQL Server says so of forbidden ones, too."""
    home = rights.namespace(rights.schema)
    return rights.schema is None or (
        situation.database.vendor == "microsoft" and home is not None and not home.create
    )


def summary(situation: Situation, rights: Rights) -> str:
    """Return what is wrong, in one sentence."""
    if situation.database.vendor != "microsoft":
        path = (
            f"is empty (for {rights.login})" if not rights.wanted else f"of {rights.login} ({rights.wanted})"
        )
        closed = [one.name for one in rights.namespaces if one.name in path_names(rights.wanted or "")]
        what = (
            f"none but {listed(closed)}, which it may not use (USAGE)" if closed else "no schema that exists"
        )
        rest = f" leads to {what}" if rights.wanted else ""
        return f"The search_path {path}{rest}, so no table can be made."
    if rights.schema is not None:
        return f"{rights.login} may not make tables in its default schema {rights.schema}."
    if rights.wanted is None:
        return f"{rights.login} has no default schema, so no table can be made."
    return f"The default schema of {rights.login} is {rights.wanted}, which does not exist, so no table can be made."


def evidence(situation: Situation, rights: Rights) -> Iterator[str]:
    """Yield what the server says: the schema now, the error that migrate would end with, and who there is."""
    vendor = situation.database.vendor
    if vendor == "microsoft":
        yield f"SCHEMA_NAME() is {rights.wanted or 'NULL'}"
        yield f"migrate would end with: {error_2760(rights.wanted or rights.user)}"
        entrance = rights.entrance
        if entrance is not None and entrance.name not in (rights.user, rights.login):
            default = entrance.default_schema or "NULL"
            yield (
                f"{rights.login} has no user of its own here, and came in through {entrance.name}"
                f" ({entrance.type_desc}), whose default schema is {default}"
            )
    else:
        yield "migrate would end with: no schema has been selected to create in (3F000)"
        if rights.fixed_by:
            yield f"the search_path is set by {rights.fixed_by}"
        yield f"schemas of the database: {listed([one.name for one in rights.namespaces]) or 'none'}"
    for history, keys in elsewhere(situation):
        known = f" with {plural(history.rows, 'record')}" if history.rows is not None else ""
        ours = f", {len(keys)} of them of this project" if keys else ""
        yield f"there is a django_migrations in schema {history.schema}{known}{ours}"
    yield from (shown(rights, vendor, one) for one in rights.principals[:MOST])
    if len(rights.principals) > MOST:
        yield f"and {len(rights.principals) - MOST} more users and groups"
    yield from instead(situation, rights)


def instead(situation: Situation, rights: Rights) -> Iterator[str]:
    """Yield what models can do by themselves, and why it does not help here, shown for one of the project's."""
    schema, table = suggested(situation, rights), own_table(situation)
    if schema and table and not set(schema) & set('"[]'):
        name = qualified(schema, table, situation.database.vendor)
        yield (
            f"a model can name its schema itself (db_table = {name!r}), but the history table cannot, so migrate would"
            " fail all the same"
        )


def offer(situation: Situation, rights: Rights) -> tuple[Offer, ...]:
    """Return the repair, where the server knows a default for the one that the connection came in as."""
    entrance = rights.entrance
    if entrance is None or no_default(rights, entrance, situation.database.vendor):
        return ()
    return offers(Offer("set-default-schema", f"Give {entrance.name} a default schema", "careful"))
