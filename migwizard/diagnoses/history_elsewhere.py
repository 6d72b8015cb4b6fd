"""The history is in another schema than the one in which Django looks for it, or makes tables.

## What it finds
A `django_migrations` with migrations of this project in a schema that Django does not look into, while it finds none
where it looks, or one that lacks them; and a history that Django finds in one schema while new tables would be made in
another. Schemas of tenants (django-tenants) have each their own, and are not meant; nor is the history of another
project.

## Why it matters
Django takes a database without a history for an empty one: `migrate` begins from zero, and makes every table a
second time in another schema, beside those that are full. Where it finds the history but makes tables elsewhere, the
project's tables come to be in two schemas.

## Example
The role shop got a search_path of its own, which does not lead to `public` any more; there, django_migrations has 214
records. On SQL Server, SCHEMA_TO_INSPECT is 'sales', and the user's default schema is dbo.

## How it is repaired
`set-default-schema` lets the user work in the schema where the history is, which then is found, and nothing is made
again. Where there are two, a person must decide which one is right: nothing is merged by guess.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.finding import Finding, Offer, Severity
from ..core.graph import Key
from ..core.rights.home import elsewhere, no_default
from ..core.rights.principals import History, Rights
from ..core.situation import Situation
from .base import Info, about, finding_id, offers, plural

INFO = Info(
    "history-elsewhere",
    "error",
    "The history is in another schema than Django's tables are made in",
    ("set-default-schema",),
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each schema with such a history."""
    rights = situation.rights
    # Where no schema can be told at all, the history is not found for that reason.
    if rights is None or rights.schema is None or rights.tenants:
        return ()
    return (*parted(situation, rights), *beside(situation, rights))


def parted(situation: Situation, rights: Rights) -> Iterator[Finding]:
    """Yield the finding of a history that Django finds in one schema, while it makes tables in another."""
    if not rights.uses_history or rights.histories[0].schema == rights.schema:
        return
    schema = rights.histories[0].schema
    where = (
        f"SCHEMA_TO_INSPECT is {rights.inspected}, and SCHEMA_NAME() is {rights.wanted or 'NULL'}"
        if rights.inspected is not None
        else f"the search_path is {rights.wanted}"
    )
    yield Finding(
        finding_id(INFO, schema),
        INFO.name,
        "error",
        about(situation, table="django_migrations"),
        f"Django finds the history in schema {schema}, but would make tables in schema {rights.schema}.",
        evidence=(where,),
        repairs=offer(situation, rights, schema),
    )


def beside(situation: Situation, rights: Rights) -> Iterator[Finding]:
    """Yield the findings of histories that Django does not find."""
    for history, keys in elsewhere(situation):
        lacking = tuple(key for key in keys if key not in situation.recorded)
        if rights.uses_history and not lacking:
            continue
        severity: Severity = "warning" if rights.uses_history or history.keys is None else "error"
        yield Finding(
            finding_id(INFO, history.schema),
            INFO.name,
            severity,
            about(situation, table="django_migrations"),
            summary(rights, history, lacking),
            evidence=tuple(evidence(situation, rights, history, keys)),
            repairs=() if rights.uses_history else offer(situation, rights, history.schema),
        )


def summary(rights: Rights, history: History, lacking: tuple[Key, ...]) -> str:
    """Return what is where, in one sentence."""
    if rights.uses_history:
        return (
            f"There is a second history in schema {history.schema}, with {plural(len(lacking), 'migration')} of this"
            f" project that the one in {rights.histories[0].schema} lacks."
        )
    if history.keys is None:
        return (
            f"There is no history in schema {rights.schema}, but one in {history.schema} that {rights.user} may not"
            " read."
        )
    return (
        f"The history is in schema {history.schema}, but Django looks for it in"
        f" {rights.inspected or rights.schema}."
    )


def evidence(situation: Situation, rights: Rights, history: History, keys: tuple[Key, ...]) -> Iterator[str]:
    """Yield how much is where, and why Django looks where it looks."""
    if history.rows is not None:
        ours = f", {len(keys)} of them of migrations of this project" if history.keys is not None else ""
        yield f"{history.schema}.django_migrations has {plural(history.rows, 'record')}{ours}"
    if rights.uses_history:
        yield f"{rights.histories[0].schema}.django_migrations has {plural(len(situation.records), 'record')}"
    if rights.inspected is not None:
        yield f"SCHEMA_TO_INSPECT is {rights.inspected}"
    elif situation.database.vendor == "microsoft":
        yield f"SCHEMA_NAME() is {rights.wanted or 'NULL'}"
    else:
        yield f"the search_path is {rights.wanted}"


def offer(situation: Situation, rights: Rights, schema: str) -> tuple[Offer, ...]:
    """Return the repair, where the server knows a default for the one that the connection came in as."""
    entrance = rights.entrance
    home = rights.namespace(schema)
    if entrance is None or home is None or no_default(rights, entrance, situation.database.vendor):
        return ()
    return offers(Offer("set-default-schema", f"Let {entrance.name} work in {schema}", "careful"))
