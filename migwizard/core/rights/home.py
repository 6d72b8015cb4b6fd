"""Where the project's tables are, and where the next ones would be made."""

from __future__ import annotations

from ..graph import Key
from ..situation import Situation
from .granting import Change
from .principals import History, Principal, Rights

USUAL = {"microsoft": "dbo", "postgresql": "public"}
"""The schema that every database has from the start."""


NO_DEFAULT = {
    "C": "is mapped to a certificate, and SQL Server gives such a user no default schema",
    "K": "is mapped to an asymmetric key, and SQL Server gives such a user no default schema",
    "R": "is a database role; only users and groups have a default schema",
    "A": "is an application role, whose default schema is set with ALTER APPLICATION ROLE by those who use it",
}
"""By the letter of its type, why a principal of SQL Server can have no default schema."""


def error_2760(schema: str) -> str:
    """Return what SQL Server says of a schema that is not there, and of one that is not open."""
    return f'The specified schema name "{schema}" either does not exist or you do not have permission to use it. (2760)'


def makes_tables(situation: Situation) -> bool:
    """Tell whether the next `migrate` has anything to make: the history table, or what pending migrations change."""
    files, rights = situation.graph.files, situation.rights
    found = (
        situation.database.history_table if rights is None or not rights.histories else rights.uses_history
    )
    if not found:
        return bool(files)
    return any(
        operation.kind != "python" for key in pending(situation) for operation in files[key].operations
    )


def pending(situation: Situation) -> tuple[Key, ...]:
    """Return the migrations that the next `migrate` would run."""
    graph = situation.graph
    return tuple(key for key in graph.nodes if key in graph.files and key not in graph.effective)


def only_reads(rights: Rights) -> bool:
    """Tell whether our connection is one that never migrates: it may not even write the history."""
    return rights.uses_history and rights.writes_history is False


def own(situation: Situation, history: History) -> tuple[Key, ...]:
    """Return the migrations of this project that a history records.

    Those of installed packages are in every project's; they count only where the project has none of its own.
    """
    files = situation.graph.files
    own_apps = situation.project.own_apps & {key[0] for key in files}
    return tuple(key for key in history.keys or () if key in files and (not own_apps or key[0] in own_apps))


def elsewhere(situation: Situation) -> tuple[tuple[History, tuple[Key, ...]], ...]:
    """Return the histories of this project that Django does not find, with what of it they record, the fullest first.

    Where every schema may be a tenant's, none is elsewhere. One that our connection may not read counts only where
    Django finds none at all.
    """
    rights = situation.rights
    if rights is None or rights.tenants:
        return ()
    others = rights.histories[1:] if rights.uses_history else rights.histories
    found = [(history, own(situation, history)) for history in others]
    known = [(history, keys) for history, keys in found if keys]
    if known or rights.uses_history:
        return tuple(sorted(known, key=lambda pair: -len(pair[1])))
    return tuple((history, keys) for history, keys in found if history.keys is None)


def suggested(situation: Situation, rights: Rights) -> str:
    """Return the schema that our connection should make tables in.

    Where a history of this project is, its tables are too. Else it is the schema that it works in already, the usual
    one, or, where the server lets it make nothing there, one of its own.
    """
    lost = [history.schema for history, keys in elsewhere(situation) if keys]
    if rights.uses_history:
        return rights.histories[0].schema
    if lost:
        return lost[0]
    usual = rights.namespace(rights.schema or USUAL.get(situation.database.vendor, ""))
    if usual is not None and (usual.create or usual.may_grant or rights.fixed_by):
        return usual.name
    mine = [one.name for one in rights.namespaces if one.create and rights.user in (one.name, one.owner)]
    if mine:
        return mine[0]
    if rights.create_schema and situation.database.vendor == "postgresql":
        # The first of the path that every role has from the start.
        return rights.user
    return usual.name if usual is not None else USUAL.get(situation.database.vendor, "")


def own_table(situation: Situation) -> str:
    """Return a table of the project's own, for an example; empty where it has none."""
    rows = sorted(situation.migrations, key=lambda row: row.key[0] not in situation.project.own_apps)
    tables = (table for row in rows for operation in row.operations for table in operation.tables)
    return next((table for table in tables if "." not in table), "")


def qualified(schema: str, table: str, vendor: str) -> str:
    """Return the `db_table` of a model that names its schema itself; backends put their quotes around it as it is."""
    return f"{schema}].[{table}" if vendor == "microsoft" else f'{schema}"."{table}'


def shown(rights: Rights, vendor: str, principal: Principal) -> str:
    """Return a principal in words, with its default and whether it is ours."""
    kind = f"{principal.type_desc}{f', type {principal.type}' if principal.type else ''}"
    if vendor == "microsoft":
        default = f"default schema {principal.default_schema or 'NULL'}"
    else:
        default = (
            f"search_path {principal.default_schema}"
            if principal.default_schema is not None
            else "no search_path of its own"
        )
    is_own = principal.name in (rights.user, rights.login)
    whose = (
        ""
        if not principal.ours
        else "; it is this connection's own"
        if is_own
        else "; this connection came in through it"
    )
    return f"{principal.name} ({kind}): {default}{whose}"


def no_default(rights: Rights, principal: Principal, vendor: str) -> str:
    """Return why no default schema can be set for a principal, in a sentence; empty where one can."""
    name = principal.name
    if vendor == "postgresql":
        if name == rights.login and rights.fixed_by:
            return (
                f"The search_path ({rights.wanted}) is set by {rights.fixed_by}; no default of {name} changes it."
                " Set it there."
            )
        return ""
    if principal.type in NO_DEFAULT:
        return f"{name} {NO_DEFAULT[principal.type]}."
    if name.startswith("\\"):
        return f"{name} is an alias for another user, and has no default schema of its own."
    if name == "dbo":
        return "The default schema of dbo is dbo, and cannot be changed."
    if principal.unrestricted:
        return f"{name} is a sysadmin here, and sysadmins are always in dbo, whatever their default is."
    return ""


def described(change: Change) -> str:
    """Return what a change does, in words."""
    if change.kind == "schema":
        return f"{'Remove' if change.back else 'Make'} the schema {change.schema}."
    if change.kind == "grant":
        what = ", ".join(change.privileges)
        where = f" on schema {change.schema}" if change.schema else " in the database"
        verb, to = ("Take", "from") if change.back else ("Grant", "to")
        return f"{verb} {what}{where} {to} {change.principal}."
    if change.value is None:
        return f"Let {change.principal} have no default of its own in this database any more."
    return f"Let {change.principal} work in {change.value} by default."
