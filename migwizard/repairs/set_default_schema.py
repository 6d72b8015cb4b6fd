"""Give a user or group a default schema in which it may make tables.

## What it does
On SQL Server, `ALTER USER … WITH DEFAULT_SCHEMA`, for a user, or for the group of Active Directory or Entra that logins
come in through. On PostgreSQL, `ALTER ROLE … IN DATABASE … SET search_path`, where the search_path leads elsewhere. On
both, what is missing is granted, and nothing that was there before. After the commit a new connection is opened, and
says where it is. The undo gives the former default back, and takes away exactly what was granted.

## What it asks
Whether a schema that does not exist shall be made (`--set create=yes`); and, named by a finding, for whom and which
schema (`--set user=NAME`, `--set schema=NAME`).

## What it refuses
What the connected user may not do itself: then the plan is the script that a DBA can run (`migwizard plan … --sql`).
Users of SQL Server that have no default schema: those mapped to a certificate or an asymmetric key, aliases, roles,
`dbo`, and sysadmins, who are always in `dbo`. A search_path that the project sets anew on every connection.

## Instead
A model can name its schema itself: `db_table = 'sales].[item'` on SQL Server, `'sales"."item'` on PostgreSQL.
(mssql-django takes `'[sales].[item]'` as well, as long as the model has no many-to-many field.) Django's own table of
the history cannot, so `migrate` fails all the same while there is no default. And on SQL Server, mssql-django looks for
constraints and indexes of such a table in the default schema: those that a later migration takes away stay, without a
word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.plan import Plan, Question, Step
from ..core.rights.granting import Change, path, statement, taken_back
from ..core.rights.home import described, no_default, suggested
from ..core.rights.principals import GROUPS, NEEDED, Namespace, Principal, Rights, lacking, path_names
from ..core.situation import Situation
from .base import Impossible, Info, Request, WrongArguments, action, finding_id

INFO = Info(
    "set-default-schema", "Give a user a default schema that it may make tables in", "USER SCHEMA", "careful"
)

VENDORS = ("postgresql", "microsoft")

ALL_PRIVILEGES = ("ALTER", "SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES")
"""What Django needs on a schema of SQL Server."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who shall make tables where."""

    principal: Principal
    schema: str
    namespace: Namespace | None
    """The schema, None where there is none of that name yet."""
    ours: bool
    """Whether it is what our own connection came in as, or through."""


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan; one that the connected user may not execute is a script for a DBA.

    Raises:
        Impossible: when there is nothing to do, or the server knows no default for such a user.
    """
    rights, vendor = situation.rights, situation.database.vendor
    if rights is None or vendor not in VENDORS:
        raise Impossible("This database has no users with a default schema.")
    wish, asks = wished(situation, rights, request)
    changes = tuple(changed(wish, rights, vendor))
    if any(one.kind == "default" for one in changes) or vendor == "microsoft":
        reason = no_default(rights, wish.principal, vendor)
        if reason:
            raise Impossible(reason)
    if not changes:
        raise Impossible(f"{wish.principal.name} makes its tables in {wish.schema} already, and may.")
    create = [question for question in asks if question.key == "create"]
    forbidden = forbids(changes, wish, rights)
    refusal = (
        f"{forbidden} Let somebody who may run the script (migwizard plan … --sql)." if forbidden else ""
    )
    if not forbidden and any(question.answer != "yes" for question in create):
        refusal = f"There is no schema {wish.schema}; say whether it shall be made."
    return Plan(
        INFO.name,
        f"Let {wish.principal.name} work in {wish.schema} by default",
        INFO.safety,
        (*(step(one, situation, by_hand=bool(forbidden)) for one in changes), *advice(wish, vendor)),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        asks=asks,
        risks=tuple(risks(wish, rights, changes)),
        refusal=refusal,
        arrives=wish.schema if wish.ours else None,
    )


def wished(situation: Situation, rights: Rights, request: Request) -> tuple[Wish, tuple[Question, ...]]:
    """Return who shall work where, from the arguments or the answers, and what can be answered otherwise."""
    asks: list[Question] = []
    if request.finding is None:
        if len(request.arguments) < 2:
            raise WrongArguments(f"Name a user and a schema: {INFO.name} {INFO.arguments}.")
        name, schema = request.arguments
        name, schema = in_own_case(name, schema, situation, rights)
    else:
        default = rights.entrance.name if rights.entrance is not None else rights.user
        name = request.settings.get("user", default)
        schema = request.settings.get("schema", suggested(situation, rights))
        names = tuple(one.name for one in rights.namespaces)
        asks.append(Question("schema", f"In which schema shall {name} make its tables?", names, schema))
    principal = rights.principal(name)
    if principal is None:
        known = ", ".join(one.name for one in rights.principals[:10]) or "none"
        raise WrongArguments(f"There is no user or group '{name}' in this database (there is: {known}).")
    namespace = rights.namespace(schema)
    if namespace is None:
        answer = request.settings.get("create")
        asks.append(
            Question("create", f"There is no schema {schema}; shall it be made?", ("yes", "no"), answer)
        )
    entrance = rights.entrance
    return Wish(principal, schema, namespace, entrance is not None and entrance.name == name), tuple(asks)


def in_own_case(name: str, schema: str, situation: Situation, rights: Rights) -> tuple[str, str]:
    """Return a user and a schema as the server writes them; SQL Server most often takes them in any case."""
    if situation.database.vendor != "microsoft":
        return name, schema
    names = {one.name.casefold(): one.name for one in rights.principals}
    schemas = {one.name.casefold(): one.name for one in rights.namespaces}
    own = name if rights.principal(name) is not None else names.get(name.casefold(), name)
    return own, schema if rights.namespace(schema) is not None else schemas.get(schema.casefold(), schema)


def changed(wish: Wish, rights: Rights, vendor: str) -> Iterator[Change]:
    """Yield what has to change, in order: first the schema, then what may be done in it, then who works there."""
    if wish.namespace is None:
        yield Change("schema", schema=wish.schema)
    privileges = missing(wish, rights, vendor)
    # Rights are asked of whom the connection has become since it was opened (SET ROLE).
    grantee = rights.user if wish.ours and rights.principal(rights.user) else wish.principal.name
    if vendor == "microsoft" and wish.ours and not rights.create_table:
        yield Change("grant", grantee, privileges=("CREATE TABLE",))
    if privileges:
        yield Change("grant", grantee, wish.schema, privileges=privileges)
    yield from defaults(wish, rights, vendor)


def missing(wish: Wish, rights: Rights, vendor: str) -> tuple[str, ...]:
    """Return the privileges on the schema that have to be granted."""
    if vendor == "microsoft":
        known = wish.namespace.lacks if wish.namespace is not None else ALL_PRIVILEGES
        return known if wish.ours else ()
    if wish.namespace is None:
        # Who makes it owns it.
        return () if wish.ours or wish.principal.unrestricted else NEEDED
    return wish.namespace.lacks if wish.ours else lacking(wish.principal, wish.namespace)


def defaults(wish: Wish, rights: Rights, vendor: str) -> Iterator[Change]:
    """Yield the change of the default, unless it leads to the schema already."""
    principal = wish.principal
    if vendor == "microsoft":
        if principal.default_schema != wish.schema:
            yield Change("default", principal.name, former=principal.default_schema, value=wish.schema)
        return
    names = path_names(rights.path_of(principal))
    if rights.leads(principal, (*names,), also=wish.schema) != wish.schema:
        others = (name for name in names if name != wish.schema)
        former = principal.default_schema if principal.here else None
        yield Change("default", principal.name, former=former, value=path((wish.schema, *others)))


def forbids(changes: tuple[Change, ...], wish: Wish, rights: Rights) -> str:
    """Return what of the changes the connected user may not do itself, in a sentence; empty when it may all."""
    makes = any(one.kind == "schema" for one in changes)
    may_grant = wish.namespace.may_grant if wish.namespace is not None else makes
    for one in changes:
        if one.kind == "schema" and not rights.create_schema:
            return f"{rights.user} may not make a schema in {rights.database}."
        if one.kind == "grant" and one.schema and not may_grant:
            owner = f", which belongs to {wish.namespace.owner}" if wish.namespace is not None else ""
            return f"{rights.user} may not grant anything on schema {one.schema}{owner}."
        if one.kind == "grant" and not one.schema and not rights.may_grant:
            return f"{rights.user} may not grant {', '.join(one.privileges)} in {rights.database}."
        if one.kind == "default" and not wish.principal.may_alter:
            return f"{rights.user} may not change the default of {one.principal}."
    return ""


def step(change: Change, situation: Situation, *, by_hand: bool) -> Step:
    """Return the step that makes a change, or that says what somebody else has to run."""
    vendor, rights = situation.database.vendor, situation.rights
    database = rights.database if rights is not None else ""
    back = "; ".join(statement(one, vendor, database) for one in taken_back((change,)))
    return Step(
        "advice" if by_hand else "sql",
        described(change),
        sql=(statement(change, vendor, database),),
        changes=() if by_hand else (change,),
        undo=back,
        command="none: Django has no command for users and schemas",
    )


def advice(wish: Wish, vendor: str) -> Iterator[Step]:
    """Yield what has to be looked at by somebody who may, because the server tells it only of our own connection."""
    if vendor == "microsoft" and not wish.ours:
        grants = (
            Change("grant", wish.principal.name, privileges=("CREATE TABLE",)),
            Change("grant", wish.principal.name, wish.schema, privileges=ALL_PRIVILEGES),
        )
        yield Step(
            "advice",
            f"What {wish.principal.name} may do is only told to itself; if it lacks any of these, grant them.",
            note="\n".join(statement(one, vendor, "") for one in grants),
        )


def risks(wish: Wish, rights: Rights, changes: tuple[Change, ...]) -> Iterator[str]:
    """Yield what else the changes mean."""
    moves = any(one.kind == "default" for one in changes)
    if moves and wish.principal.type in GROUPS:
        yield (
            f"Everybody who comes in through {wish.principal.name}, and has no user of their own, works in"
            f" {wish.schema} from then on."
        )
    if moves:
        yield (
            f"Connections that are open stay where they are: restart what is connected as {wish.principal.name}, and"
            " poolers."
        )
    if moves and rights.uses_history and rights.histories[0].schema != wish.schema:
        yield (
            f"The history that Django uses is in {rights.histories[0].schema}; tables that are made from then on"
            f" will be in {wish.schema}."
        )
