"""The page of one migration in the SQL of one server; a key steps through the servers."""

from __future__ import annotations

from collections.abc import Iterator

from migwizard.core.dialects.sql import InDialect, Obstruction, WrittenOperation
from migwizard.core.graph import Key

from .blocks import GAP, Block, line, paragraph
from .preview import statement_block
from .words import dotted

SERVERS = {
    "postgresql": "PostgreSQL",
    "sqlite": "SQLite",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "sqlserver": "SQL Server",
}
"""What can be stepped through, in this order, from the connected one on."""
VENDORS = {"microsoft": "sqlserver"}


def first_of(vendor: str, version: str) -> str:
    """Return which of the servers the connected one is; PostgreSQL for one that is none of them."""
    if vendor == "mysql" and "maria" in version.lower():
        return "mariadb"
    name = VENDORS.get(vendor, vendor)
    return name if name in SERVERS else "postgresql"


def next_of(name: str) -> str:
    """Return the server after another one."""
    names = tuple(SERVERS)
    return names[(names.index(name) + 1) % len(names)]


def dialect_page(key: Key, name: str, written: InDialect | str | None) -> list[Block]:
    """Return the page of a migration in one dialect; `written` is what was written, or why it could not be."""
    found = written if isinstance(written, InDialect) else None
    here = "  this database" if found is not None and found.connected else ""
    title = found.title if found is not None else SERVERS[name]
    by = f"  by {found.backend}" if found is not None and found.backend else ""
    blocks = [line((f"{dotted(key)} on {title}", "heading"), (by + here, "quiet"))]
    if isinstance(written, str):
        return [*blocks, paragraph(written, "error")]
    if found is None:
        return [*blocks, paragraph("Being written; nothing is connected to, and nothing is run.", "quiet")]
    if found.missing:
        return [*blocks, paragraph(found.missing, "warning")]
    if not found.operations:
        blocks.append(paragraph("It has no operations.", "quiet"))
    if not found.atomic:
        blocks.append(paragraph("atomic = False: no transaction holds these statements together.", "warning"))
    for number, operation in enumerate(found.operations, 1):
        blocks += [GAP, line((f"{number}. {operation.title}", "strong")), *operation_blocks(operation)]
    deferred = [statement for operation in found.operations for statement in operation.deferred]
    if deferred:
        blocks += [GAP, line(("At the end of the migration", "strong")), *map(statement_block, deferred)]
    return blocks


def operation_blocks(operation: WrittenOperation) -> Iterator[Block]:
    """Yield one operation: what the server cannot do of it, what is to be said, and its statements."""
    for obstruction in operation.obstructions:
        yield from obstruction_blocks(obstruction)
    if operation.note:
        yield paragraph(operation.note, "quiet")
    for text in operation.source.splitlines():
        yield paragraph(text or " ", "quiet", "  ")
    for statement in operation.sql:
        yield statement_block(statement)
    if not operation.sql and not operation.deferred and not operation.note:
        yield paragraph("Nothing changes in the database.", "quiet")


def obstruction_blocks(obstruction: Obstruction) -> Iterator[Block]:
    """Yield what a server cannot do, and the way around."""
    style = "error" if obstruction.severity == "error" else "warning"
    yield paragraph(f"{obstruction.finding}: {obstruction.summary}", style)
    yield paragraph(obstruction.way, "quiet", "  ")
