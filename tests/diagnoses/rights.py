"""Rights as a server tells them, made by hand: a login of SQL Server, and a role of PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migwizard.core.rights.principals import Namespace, Principal, Rights
from migwizard.core.situation import DatabaseInfo, Situation

from .build import DATABASE, chain, op, situation

MICROSOFT = DatabaseInfo("default", "microsoft", "shop", host="db1", user="ann@tenant", history_table=False)
ENTRA = Principal("MicrosoftEntraGroupName", "X", "EXTERNAL_GROUP", None, ours=True, may_alter=True)
DBO = Principal("dbo", "E", "EXTERNAL_USER", "dbo")
HOSTILE = (
    Principal("a]b", "S", "SQL_USER", "dbo"),
    Principal("x'; DROP", "S", "SQL_USER", "sales"),
    Principal("CORP\\Data Team", "G", "WINDOWS_GROUP", None),
)

BY_GROUP = Rights(
    "ann@tenant",
    "ann@tenant",
    None,
    None,
    database="shop",
    may_grant=True,
    principals=(ENTRA, DBO, *HOSTILE),
    namespaces=(Namespace("dbo", "dbo", True, True, True), Namespace("sales", "dbo", True, True, True)),
)
"""The article's: a login by a group of Entra that has no default schema."""

ROLE = Rights(
    "shop",
    "shop",
    "public",
    '"$user", public',
    database="shop",
    principals=(Principal("shop", "", "LOGIN ROLE", ours=True, may_alter=True),),
    namespaces=(Namespace("public", "pg_database_owner", True, False, lacks=("CREATE",)),),
)
"""A role that may make nothing in public, as on PostgreSQL 15 and later."""


def entra(rights: Rights = BY_GROUP, recorded: str = "", **changed: Any) -> Situation:
    """A situation on SQL Server; without records there is no history table."""
    files = chain("shop.0001", "shop.0002")
    database = replace(MICROSOFT, history_table=bool(recorded))
    return situation(files, recorded, database=database, rights=replace(rights, **changed))


def role(rights: Rights = ROLE, recorded: str = "", **changed: Any) -> Situation:
    """A situation on PostgreSQL; without records there is no history table."""
    files = [*chain("shop.0001"), *chain("blog.0001")]
    database = replace(DATABASE, history_table=bool(recorded))
    return situation(files, recorded, database=database, rights=replace(rights, **changed))


__all__ = ["BY_GROUP", "DBO", "ENTRA", "HOSTILE", "MICROSOFT", "ROLE", "entra", "op", "role"]
