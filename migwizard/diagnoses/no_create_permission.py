"""The connection may not make what the next `migrate` has to make.

## What it finds
A role of PostgreSQL that lacks CREATE on the schema that it works in, and pending migrations that change tables which
belong to other roles; a user of SQL Server that lacks CREATE TABLE in the database; and on both, a schema that a model
names in its `db_table` and that is not there, or not open to the role. Only where `migrate` has something to make. A
role that may not even write the history never migrates: then it is an info.

## Why it matters
Since PostgreSQL 15 only the owner of a database may make tables in `public`: `migrate` ends with
MigrationSchemaMissing (permission denied for schema public) on a database that was made the way it was always
made. GRANT ALL ON DATABASE does not help, as it says nothing of the schemas in it. And only the owner of a table, or a
member of the role that owns it, may change it, whatever was granted on it.

## Example
The database was moved to a new server with PostgreSQL 16, and the role shop was granted everything on it. `migrate`
cannot make django_migrations.

## How it is repaired
`set-default-schema` grants what is missing on the schema, where the connected role may; else its plan is the script for
a DBA. Tables of others need their owner: connect as it, or be made a member of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..core.finding import Finding, Offer, Severity
from ..core.graph import Key
from ..core.rights.granting import Change, statement
from ..core.rights.home import error_2760, makes_tables, no_default, only_reads, pending
from ..core.rights.principals import Rights
from ..core.situation import Situation
from .base import EVERYTHING, Info, about, dotted, finding_id, listed, offers, rows_by_key

INFO = Info(
    "no-create-permission",
    "error",
    "The connection may not make what migrations make",
    ("set-default-schema",),
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for the schema, and one for the tables of each other owner."""
    rights = situation.rights
    if rights is None or rights.schema is None or not makes_tables(situation):
        return ()
    if situation.tenant is not None and not situation.tenant.exists:
        # Nobody may make tables in a schema that is not there.
        return ()
    severity: Severity = "info" if only_reads(rights) else INFO.severity
    found = []
    said = denied(situation, rights)
    if said:
        found.append(
            Finding(
                finding_id(INFO, EVERYTHING),
                INFO.name,
                severity,
                about(situation),
                f"{rights.user} may not make tables in schema {rights.schema}.",
                evidence=tuple(evidence(situation, rights, said)),
                repairs=offer(situation, rights),
            )
        )
    found += [closed(situation, rights, schema, key, severity) for schema, key in barred(situation, rights)]
    for owner, tables in others(situation, rights).items():
        names = list(tables)
        found.append(
            Finding(
                finding_id(INFO, owner),
                INFO.name,
                severity,
                about(situation, tables[names[0]], names[0]),
                f"{rights.user} may not change {listed(names)}, as {owner} owns {'it' if len(names) == 1 else 'them'}.",
                evidence=(
                    *(f"{dotted(key)} changes {table}" for table, key in list(tables.items())[:10]),
                    f"migrate would end with: must be owner of table {names[0]} (42501)",
                    f"{rights.user} is no member of {owner}",
                ),
            )
        )
    return tuple(found)


def denied(situation: Situation, rights: Rights) -> str:
    """Return what the server would say when a table is made; empty where it can be, or says something else."""
    if situation.database.vendor == "microsoft":
        return (
            ""
            if rights.create_table
            else f"CREATE TABLE permission denied in database '{rights.database}'. (262)"
        )
    return "" if rights.may_create else f"permission denied for schema {rights.schema} (42501)"


def evidence(situation: Situation, rights: Rights, said: str) -> Iterator[str]:
    """Yield what the server says of the schema and of the role."""
    yield f"migrate would end with: {said}"
    if situation.database.vendor == "microsoft":
        return
    home = rights.namespace(rights.schema)
    if home is not None:
        yield f"schema {home.name} belongs to {home.owner}, which alone may grant something on it"
        if home.lacks:
            yield f"{rights.user} lacks {listed(home.lacks)} on it"
    if rights.create_schema:
        yield f"{rights.user} may make schemas in {rights.database}, so it can have one of its own"


def barred(situation: Situation, rights: Rights) -> Iterator[tuple[str, Key]]:
    """Yield the schemas in which pending migrations make tables, but cannot, each with the first migration."""
    rows = rows_by_key(situation)
    for schema in situation.named_schemas:
        place = rights.namespace(schema)
        if schema == rights.schema or (place is not None and place.create):
            continue
        for key in pending(situation):
            operations = rows[key].operations if key in rows else ()
            if any(
                truth.truth != "yes" and table.startswith(f"{schema}.")
                for truth in operations
                for table in truth.tables
            ):
                yield schema, key
                break


def closed(situation: Situation, rights: Rights, schema: str, key: Key, severity: Severity) -> Finding:
    """Return the finding of a schema that a model names, and that is not there, or not ours to make tables in."""
    place, vendor = rights.namespace(schema), situation.database.vendor
    missing = place is None
    if vendor == "microsoft":
        error = error_2760(schema)
    elif missing:
        error = f'schema "{schema}" does not exist (3F000)'
    else:
        error = f"permission denied for schema {schema} (42501)"
    lacks = place.lacks if place is not None else ()
    needed = (
        Change("grant", rights.user, schema, privileges=lacks) if lacks else Change("schema", schema=schema)
    )
    return Finding(
        finding_id(INFO, f"{schema}.*"),
        INFO.name,
        severity,
        about(situation, key),
        f"{dotted(key)} makes tables in schema {schema}, which "
        + ("does not exist." if missing else f"{rights.user} may not."),
        evidence=(
            f"migrate would end with: {error}",
            f"somebody who may can run: {statement(needed, vendor, rights.database)}",
        ),
    )


def others(situation: Situation, rights: Rights) -> dict[str, Mapping[str, tuple[str, str]]]:
    """Return, by their owner, the tables of others that pending migrations change, with the first that does."""
    owners, rows = dict(rights.others), rows_by_key(situation)
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for key in pending(situation):
        for truth in rows[key].operations if key in rows else ():
            if truth.kind == "python" or truth.truth == "yes":
                continue
            for table in truth.tables:
                if table in owners:
                    found.setdefault(owners[table], {}).setdefault(table, key)
    return dict(found)


def offer(situation: Situation, rights: Rights) -> tuple[Offer, ...]:
    """Return the repair, where the connection came in as somebody to whom something can be granted."""
    entrance = rights.entrance
    if entrance is None or (
        situation.database.vendor == "microsoft" and no_default(rights, entrance, "microsoft")
    ):
        return ()
    return offers(Offer("set-default-schema", f"Let {entrance.name} make tables in a schema", "careful"))
