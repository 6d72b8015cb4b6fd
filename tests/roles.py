"""Roles for the tests on PostgreSQL: each is gone with the test, with whatever it was granted and owned."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers import PostgreSQL

Entry = dict[str, Any]


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


@dataclass
class Roles:
    """Makes roles on a server, for one database."""

    server: PostgreSQL
    entry: Entry
    made: list[str] = field(default_factory=list)

    def make(self, name: str = "", *options: str, exact: bool = False) -> str:
        """A role, by default one that can log in; its name gets a random end unless it is wanted exactly."""
        name = name if exact else f"{name or 'role'}_{secrets.token_hex(4)}"
        self.run(f"CREATE ROLE {quoted(name)} {' '.join(options or ('LOGIN',))}")
        self.made.append(name)
        return name

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Execute statements as the superuser in the database, and return the rows of the last one."""
        rows: list[tuple[Any, ...]] = []
        with self.server.connect(self.entry["NAME"]) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def give_database(self, name: str) -> None:
        """Make a role the owner of the database."""
        self.run(f"ALTER DATABASE {quoted(self.entry['NAME'])} OWNER TO {quoted(name)}")

    def login(self, name: str, **more: Any) -> Entry:
        """The entry of DATABASES for a role."""
        return {**self.entry, "USER": name, **more}

    def clear(self) -> None:
        """Remove the roles; their objects go first, which may be in each other's way."""
        self.give_database(self.server.user)
        for name in self.made:
            self.run(f"DROP OWNED BY {quoted(name)} CASCADE")
        for name in self.made:
            self.run(f"DROP ROLE {quoted(name)}")


@contextmanager
def roles_on(server: PostgreSQL, entry: Entry) -> Iterator[Roles]:
    """Roles for one database, all of them gone at the end."""
    roles = Roles(server, entry)
    try:
        yield roles
    finally:
        roles.clear()
