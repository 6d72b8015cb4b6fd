"""The shadow schema of SQL Server: what a statement becomes in it, and that nothing of it stays."""

from __future__ import annotations

import os

import pytest
from django.db import DatabaseError

from migwizard.databases import ShadowRefused, of
from migwizard.databases.base import ShadowLost
from migwizard.databases.microsoft import shadow
from migwizard.databases.microsoft.shadow import confined
from migwizard.databases.scratches import PREFIX, machine

from .statements import execute, value


@pytest.mark.parametrize(
    ("statement", "inside"),
    [
        (
            "CREATE TABLE [a.b] ([id] int IDENTITY (1, 1) NOT NULL PRIMARY KEY, [x] nvarchar(9) DEFAULT ' [y] ')",
            "CREATE TABLE [s].[a.b] ([id] int IDENTITY (1, 1) NOT NULL PRIMARY KEY, [x] nvarchar(9) DEFAULT ' [y] ')",
        ),
        (
            "CREATE TABLE [t] ([id] int NOT NULL, CONSTRAINT [REFERENCES [x]] y] CHECK ([id] <> 'REFERENCES [z]')"
            ", FOREIGN KEY ([id]) REFERENCES [u] ([id])) ON [PRIMARY]",
            "CREATE TABLE [s].[t] ([id] int NOT NULL, CONSTRAINT [REFERENCES [x]] y] CHECK"
            " ([id] <> 'REFERENCES [z]'), FOREIGN KEY ([id]) REFERENCES [s].[u] ([id])) ON [PRIMARY]",
        ),
        (
            "ALTER TABLE [t] ADD CONSTRAINT [f] FOREIGN KEY ([u_id]) references [u] ([id])",
            "ALTER TABLE [s].[t] ADD CONSTRAINT [f] FOREIGN KEY ([u_id]) REFERENCES [s].[u] ([id])",
        ),
        (
            "CREATE UNIQUE INDEX [on [x]] y] ON [a]]b] ([x]) WHERE [x] IS NOT NULL",
            "CREATE UNIQUE INDEX [on [x]] y] ON [s].[a]]b] ([x]) WHERE [x] IS NOT NULL",
        ),
        (
            "CREATE NONCLUSTERED INDEX i ON [t] ([x]) ON [fast]",
            "CREATE NONCLUSTERED INDEX i ON [s].[t] ([x]) ON [fast]",
        ),
        ("DROP INDEX [i] ON [s].[t]", "DROP INDEX [i] ON [s].[t]"),
        ("SELECT name FROM sys.tables", "SELECT name FROM sys.tables"),
        ("SAVE TRANSACTION s1", "SAVE TRANSACTION s1"),
        ("ROLLBACK TRANSACTION s1", "ROLLBACK TRANSACTION s1"),
    ],
)
def test_each_table_that_a_statement_names_is_one_of_the_shadow(statement, inside):
    assert confined(statement, "s") == inside


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO [t] VALUES (1)",
        "EXEC sp_rename 't', 'u'",
        "DECLARE @x int DROP TABLE [t]",
        "TRUNCATE TABLE [t]",
        "CREATE VIEW [v] AS SELECT 1 AS one",
        "ALTER TABLE t ADD x int",
        'CREATE TABLE "t" ([id] int)',
        "CREATE TABLE [dbo].[t] ([id] int)",
        "CREATE TABLE [s].[dbo].[t] ([id] int)",
        "CREATE INDEX [i] ON t ([x])",
        "ALTER TABLE [t] ADD FOREIGN KEY ([u_id]) REFERENCES u ([id])",
        "ALTER TABLE [t] ADD FOREIGN KEY ([u_id]) REFERENCES [dbo].[u] ([id])",
        "SELECTED",
    ],
)
def test_what_would_reach_a_table_elsewhere_is_refused(statement):
    with pytest.raises(ShadowRefused):
        confined(statement, "s")


def test_a_comment_is_left_out_because_the_backend_writes_it_to_dbo(mssql_comment):
    assert confined(mssql_comment, "s") is None


@pytest.fixture
def mssql_comment() -> str:
    """The statement by which mssql-django writes the comment of a table."""
    schema = pytest.importorskip("mssql.schema")
    template: str = schema.DatabaseSchemaEditor.sql_alter_table_comment
    return template % {"table": "[t]", "comment": "'about it'"}


TABLE = "CREATE TABLE [t] ([id] int IDENTITY (1, 1) NOT NULL PRIMARY KEY, [x] nvarchar(30) NULL)"


def test_tables_are_built_beside_the_live_ones_and_nothing_stays(mssql):
    execute(mssql, TABLE, "INSERT INTO [t] ([x]) VALUES ('mine')")
    live = of(mssql).snapshot()
    with of(mssql).create_shadow() as (connection, schema):
        execute(connection, TABLE.replace("30", "99"), "CREATE INDEX [by_x] ON [t] ([x])")
        shadow = type(of(mssql))(connection).snapshot(schema)
        assert shadow.schema == schema
        assert shadow.tables["t"].columns[1].type == "nvarchar(99)"
        assert len(shadow.tables["t"].indexes) == 1
    assert of(mssql).snapshot() == live
    assert value(mssql, "SELECT COUNT(*) FROM sys.schemas WHERE name LIKE 'migwizard%'") == 0
    assert value(mssql, "SELECT x FROM t") == "mine"


def build_after_the_end(database):
    """Build in a shadow whose transaction something has ended, as Django's schema editor would."""
    with database.create_shadow() as (connection, _):
        execute(connection, TABLE)
        connection.connection.cursor().execute("ROLLBACK TRANSACTION")
        savepoint = connection.savepoint()
        try:
            execute(connection, "CREATE INDEX [i] ON [nowhere] ([x])")
        finally:
            connection.savepoint_rollback(savepoint)


def test_a_shadow_whose_transaction_ends_says_so_and_leaves_nothing(mssql):
    with pytest.raises(ShadowLost, match="The server ended the transaction of the shadow schema: "):
        build_after_the_end(of(mssql))
    assert value(mssql, "SELECT COUNT(*) FROM sys.tables") == 0


def refuse(*rights):
    raise ShadowRefused("The user 'reader' may not CREATE SCHEMA in 'shop'.")


def scratch_databases(connection):
    """Count the scratch databases of this process; others may be at their tests on the same server."""
    ours = f"{PREFIX}{machine()}_{os.getpid()}_"
    return value(connection, f"SELECT COUNT(*) FROM sys.databases WHERE name LIKE '{ours}%'")


def test_who_may_make_a_database_but_no_schema_gets_a_shadow_in_one_of_its_own(mssql, monkeypatch):
    execute(mssql, TABLE)
    live = of(mssql).snapshot()
    monkeypatch.setattr(shadow, "_check_rights", refuse)
    with of(mssql).create_shadow() as (connection, schema):
        assert scratch_databases(mssql) == 1
        assert value(connection, "SELECT DB_NAME()").startswith("migwizard_scratch_")
        execute(connection, TABLE.replace("30", "99"))
        assert type(of(mssql))(connection).snapshot(schema).tables["t"].columns[1].type == "nvarchar(99)"
    assert scratch_databases(mssql) == 0
    assert of(mssql).snapshot() == live


def test_a_database_of_its_own_goes_when_building_fails(mssql, monkeypatch):
    monkeypatch.setattr(shadow, "_check_rights", refuse)
    with pytest.raises(DatabaseError), of(mssql).create_shadow() as (connection, _):
        execute(connection, "CREATE TABLE [t] ([id] no_such_type)")
    assert scratch_databases(mssql) == 0


@pytest.mark.parametrize("answer", ["0, 3", "NULL, 3", "1, 5"])
def test_where_neither_may_be_made_the_schema_is_what_is_missing(mssql, monkeypatch, answer):
    monkeypatch.setattr(shadow, "_check_rights", refuse)
    monkeypatch.setattr(shadow, "MAY_CREATE", f"SELECT {answer}")
    with pytest.raises(ShadowRefused, match=r"^The user 'reader' may not CREATE SCHEMA in 'shop'\.$"):
        of(mssql).create_shadow().__enter__()
    assert scratch_databases(mssql) == 0
