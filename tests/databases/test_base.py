"""A database of which nothing is known, and transactions that are always rolled back."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from migwizard.core.situation import DatabaseInfo
from migwizard.databases import Database, SchemaUnreadable, ShadowRefused, of
from migwizard.databases.base import is_local, printable
from migwizard.databases.postgresql import PostgreSQL
from migwizard.databases.sqlite import SQLite
from migwizard.databases.transactions import rolled_back

from .statements import execute, value


@pytest.fixture
def unknown(sqlite):
    """A connection of a vendor that nobody has heard of."""
    sqlite.vendor, sqlite.display_name = "oracle", "Oracle"
    sqlite.settings_dict |= {"HOST": "db.example", "PORT": 1521, "USER": "shop", "PASSWORD": "secret"}
    return sqlite


def test_the_vendor_decides(connection):
    expected = {"postgresql": PostgreSQL, "sqlite": SQLite}[connection.vendor]
    assert type(of(connection)) is expected
    assert (expected.vendor, expected.can_read_schema, expected.transactional_ddl) == (
        connection.vendor,
        True,
        True,
    )


def test_an_unknown_vendor_makes_no_claims(unknown):
    database = of(unknown)
    assert type(database) is Database
    assert (database.can_read_schema, database.transactional_ddl) == (False, False)
    assert database.describe() == DatabaseInfo(
        alias="default",
        vendor="oracle",
        name=unknown.settings_dict["NAME"],
        host="db.example",
        port="1521",
        user="shop",
        version="Oracle",
        local=False,
    )
    for refused in (database.snapshot, lambda: database.changed_tables(None)):
        with pytest.raises(SchemaUnreadable) as unreadable:
            refused()
        assert str(unreadable.value) == "The schema of a Oracle database cannot be read."
    with pytest.raises(ShadowRefused) as shadow, database.create_shadow():
        pass
    assert str(shadow.value) == "A shadow schema cannot be made in a Oracle database."
    assert database.try_lock("repair") is None
    assert (
        database.explain_error(DatabaseError("ORA-01017: bad \x1b[31msecret\nmore"))
        == "Oracle: ORA-01017: bad [31m***"
    )
    assert database.explain_error(DatabaseError()) == "Oracle: DatabaseError"


def test_reading_with_an_unknown_vendor_is_rolled_back(unknown):
    with of(unknown).read_only():
        execute(unknown, "CREATE TABLE t (id integer)")
    assert value(unknown, "SELECT count(*) FROM sqlite_master") == 0


def test_a_transaction_is_rolled_back_to_where_it_began(connection):
    execute(connection, "CREATE TABLE t (id integer)")
    with rolled_back(connection):
        execute(connection, "INSERT INTO t VALUES (1)")
        with rolled_back(connection):
            execute(connection, "INSERT INTO t VALUES (2)")
        with pytest.raises(DatabaseError), rolled_back(connection):
            execute(connection, "SELECT * FROM nowhere")
        assert value(connection, "SELECT count(*) FROM t") == 1
    assert value(connection, "SELECT count(*) FROM t") == 0
    assert (connection.get_autocommit(), connection.in_atomic_block, connection.needs_rollback) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb", "a [31mb"),
        ("two\nlines", "two lines"),
        ("\u202eright", "right"),
        ("é ✓", "é ✓"),
        ("\x9b", ""),
    ],
)
def test_nothing_in_a_text_can_move_the_cursor(text, expected):
    assert printable(text) == expected


def test_where_a_host_is():
    assert [
        host
        for host in ("", "/run/postgresql", "@abstract", "localhost", "127.0.0.2", "::1", "LOCALHOST")
        if not is_local(host)
    ] == []
    assert [host for host in ("db.example", "10.0.0.1", "localhost.example") if is_local(host)] == []
