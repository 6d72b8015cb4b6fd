"""Situations with one pending operation that was rehearsed, made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migwizard.core.dialects.rehearsed import Ahead, Crowd, Dialect, Event, Member, Rehearsed, RehearsedColumn
from migwizard.core.finding import Finding
from migwizard.core.situation import DatabaseInfo, Situation

from .build import Op, chain, key, migration, situation

MSSQL = Dialect("microsoft", "SQL Server 2022", (2022,), "mssql-django 2.0")
MYSQL = Dialect("mysql", "MySQL 8.4", (8, 4))
MARIADB = Dialect("mariadb", "MariaDB 11.4", (11, 4))
VENDORS = {"mariadb": "mysql"}
TITLE = "Alter field note on order"


def column(name: str, kind: str, nullable: bool = False, **other: Any) -> RehearsedColumn:
    return RehearsedColumn(name, kind, nullable, **other)


def makes(member: Member, *parts: RehearsedColumn, **other: Any) -> Event:
    """The event that an index or a constraint of shop_order is made."""
    columns = tuple(part.name for part in parts)
    return Event("makes", "shop_order", member=replace(member, columns=columns), parts=parts, **other)


def pending(
    dialect: Dialect | None,
    *events: Event,
    crowds: tuple[Crowd, ...] = (),
    state: str = "no",
    vendor: str = "",
) -> Situation:
    """A shop with one migration to come, of which the only operation does this."""
    operation = Op(state, ("column shop_order.note exists",) if state == "yes" else (), "AlterField", TITLE)
    files = [*chain("shop.0001"), migration("shop.0002_note", "shop.0001", operation)]
    dialect = dialect or Dialect(vendor, vendor)
    database = DatabaseInfo("default", VENDORS.get(dialect.name, dialect.name), "shop")
    rehearsed = Rehearsed(key("shop.0002_note"), 0, TITLE, events)
    ahead = Ahead(dialect, (rehearsed,), crowds)
    return situation(files, "shop.0001", database=database, ahead=ahead)


def crowd(kind: str, rows: int, target: str = "", *examples: str, **other: Any) -> Crowd:
    return Crowd(key("shop.0002_note"), 0, "shop_order", "note", kind, rows, target, examples, **other)


def only(diagnosis: Any, *arguments: Any, **options: Any) -> Finding:
    """The one finding, which is not there once the operation's effect is."""
    assert diagnosis.find(pending(*arguments, **options, state="yes")) == ()
    assert diagnosis.find(replace(pending(*arguments, **options), ahead=None)) == ()
    (finding,) = diagnosis.find(pending(*arguments, **options))
    assert finding.id == f"{diagnosis.INFO.name}:shop.0002_note:1"
    assert finding.evidence[0] == f"shop.0002_note has not been applied: operation 1 of 1 ({TITLE})"
    assert (finding.subject.app, finding.subject.migration) == ("shop", "0002_note")
    return finding
