"""Who is who on a server, which schema each works in, and what our own connection may do there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..graph import Key


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, group or role that a connection can come in as, or through."""

    name: str
    type: str
    """The server's own letter: `S`, `U`, `G`, `E`, `X`, … on SQL Server; empty elsewhere."""
    type_desc: str
    """The same in the server's words: `EXTERNAL_GROUP`, `SQL_USER`; `LOGIN ROLE`, `ROLE`, `SUPERUSER`."""
    default_schema: str | None = None
    """Its default schema on SQL Server; on PostgreSQL the search_path set for the role, in this database or in all."""
    here: bool = False
    """Whether the default is set for this database alone (PostgreSQL)."""
    ours: bool = False
    """Whether our connection came in as this one, or through it: a group, or a role that it is a member of."""
    may_alter: bool = False
    """Whether our connection may set its default."""
    unrestricted: bool = False
    """Whether no right is ever asked of it (a superuser, a sysadmin)."""
    roles: tuple[str, ...] = ()
    """Roles whose rights it has (PostgreSQL)."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A schema of the database, and what may be done in it."""

    name: str
    owner: str
    enter: bool
    """Whether our connection finds what is in it: USAGE on PostgreSQL."""
    create: bool
    """Whether our connection may make tables in it."""
    may_grant: bool = False
    """Whether our connection may let others do so."""
    lacks: tuple[str, ...] = ()
    """Privileges on it that our connection lacks to make tables there and use them."""
    grants: tuple[tuple[str, str], ...] = ()
    """(grantee, privilege) of what was granted on it; an empty grantee is everybody (PostgreSQL)."""


@dataclass(frozen=True, slots=True)
class History:
    """A table django_migrations, in whichever schema."""

    schema: str
    keys: tuple[Key, ...] | None = None
    """The migrations that it records; None where that was not read, or our connection may not."""
    rows: int | None = None
    """How many rows it has, as exactly as is known."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the server says of our connection, and of the next one with the same settings."""

    login: str
    """As whom the connection was opened: SUSER_SNAME(), session_user."""
    user: str
    """Who it is in this database: USER_NAME(), current_user."""
    schema: str | None
    """Where the next connection makes its tables; None where it could make them nowhere."""
    wanted: str | None = None
    """What that follows from, as the server says it: SCHEMA_NAME(), or the search_path."""
    fixed_by: str = ""
    """Who sets the search_path on every connection anew, so that a default changes nothing; empty if nobody does."""
    database: str = ""
    """Name of the database, as grants name it."""
    create_table: bool = True
    """Whether it may make tables at all, were there a schema for them (SQL Server: CREATE TABLE in the database)."""
    create_schema: bool = False
    """Whether it may make schemas."""
    may_grant: bool = False
    """Whether it may grant what is missing in the database as a whole (SQL Server)."""
    writes_history: bool | None = None
    """Whether it may add rows to the history that Django uses; None where there is none, or nobody knows."""
    inspected: str | None = None
    """The schema in which Django looks for tables, where that is a setting of its own (SCHEMA_TO_INSPECT)."""
    tenants: bool = False
    """Whether schemas are chosen by name, each a tenant's perhaps, with a history of its own."""
    principals: tuple[Principal, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    """The schemas of the database, the server's own left out."""
    histories: tuple[History, ...] = ()
    """Every history table that our connection can see, first the one that Django uses, if it uses one."""
    uses_history: bool = False
    """Whether Django finds the first of these."""
    others: tuple[tuple[str, str], ...] = ()
    """(table, owner) of tables in the schema whose shape is not ours to change (PostgreSQL)."""

    def namespace(self, name: str | None) -> Namespace | None:
        """Return the schema of that name, or None."""
        return next((one for one in self.namespaces if one.name == name), None)

    def principal(self, name: str) -> Principal | None:
        """Return the principal of that name, or None."""
        return next((one for one in self.principals if one.name == name), None)

    @property
    def may_create(self) -> bool:
        """Whether the next connection could make a table."""
        home = self.namespace(self.schema)
        return self.create_table and home is not None and home.create

    def path_of(self, principal: Principal) -> str:
        """Return the search_path that a role begins with (PostgreSQL)."""
        if principal.name == self.login and self.wanted is not None:
            return self.wanted
        return DEFAULT_PATH if principal.default_schema is None else principal.default_schema

    def leads(self, principal: Principal, path: Iterable[str], also: str) -> str | None:
        """Return where a role of PostgreSQL makes tables on a path, once it may enter the schema `also`."""
        is_ours = principal.name == self.login
        there = {
            one.name
            for one in self.namespaces
            if (one.enter if is_ours else "USAGE" not in lacking(principal, one))
        }
        return first_of(path, self.user if is_ours else principal.name, {*there, also})

    @property
    def entrance(self) -> Principal | None:
        """The principal whose default schema counts: our own user, or the group that we came in through."""
        mine = [one for one in self.principals if one.ours]
        own = [one for one in mine if one.name in (self.user, self.login)]
        # Of several groups, SQL Server takes the default of the first that has one.
        groups = sorted(
            (one for one in mine if one.type in GROUPS), key=lambda one: one.default_schema is None
        )
        return next(iter((*own, *groups)), None)

    @property
    def digest(self) -> str:
        """What a plan hangs on, as one text; that others make schemas meanwhile, tenants' above all, is none of it."""
        narrow = (self.login, self.user, self.schema, self.wanted, self.fixed_by, self.create_table)
        principals = () if self.tenants else self.principals
        return repr((*narrow, self.create_schema, principals, self.namespace(self.schema)))


NEEDED = ("USAGE", "CREATE")
"""Privileges on a schema that PostgreSQL asks for to make tables in it."""

DEFAULT_PATH = '"$user", public'
"""The search_path where nobody has set one."""


def lacking(principal: Principal, namespace: Namespace) -> tuple[str, ...]:
    """Return the privileges that a role of PostgreSQL lacks to make tables in a schema."""
    names = {"", principal.name, *principal.roles}
    if principal.unrestricted or namespace.owner in names:
        return ()
    held = {privilege for grantee, privilege in namespace.grants if grantee in names}
    return tuple(privilege for privilege in NEEDED if privilege not in held)


GROUPS = ("G", "X")
"""Letters of Windows groups and of Entra groups."""


def first_of(path: Iterable[str], user: str, there: Collection[str]) -> str | None:
    """Return the schema in which PostgreSQL makes tables: the first of the path that is there, and may be entered."""
    names = (user if name == "$user" else name for name in path)
    return next((name for name in names if name in there), None)


def path_names(search_path: str) -> tuple[str, ...]:
    """Return the schemas that a search_path names, as PostgreSQL takes it apart: unquoted ones in lower case."""
    names: list[str] = []
    rest = search_path.strip()
    while rest:
        if rest[0] == '"':
            name, rest = _quoted(rest)
        else:
            name, _, rest = rest.partition(",")
            name, rest = name.strip().lower(), f",{rest}" if rest else ""
        names.append(name)
        rest = rest.strip().removeprefix(",").strip()
    return tuple(name for name in names if name)


def _quoted(text: str) -> tuple[str, str]:
    """Return a quoted name at the start of a text, without its quotes, and what comes after it."""
    end = 1
    while end < len(text):
        if text[end] == '"':
            if text[end + 1 : end + 2] != '"':
                break
            end += 1
        end += 1
    return text[1:end].replace('""', '"'), text[end + 1 :]
