"""What SQL Server's statements are, told from their text: those that end a transaction, hold several, or only read."""

from __future__ import annotations

import pytest
from django.db import NotSupportedError

from migwizard.databases.microsoft.limits import milliseconds, only_reads
from migwizard.databases.microsoft.transactions import ENDS, holds_several


@pytest.mark.parametrize(
    "sql",
    [
        "COMMIT",
        " commit tran",
        "-- x\n/* y */ COMMIT WORK;",
        "ROLLBACK",
        "ROLLBACK TRAN ;",
        "rollback transaction",
    ],
)
def test_a_statement_that_ends_the_transaction_is_known(sql):
    assert ENDS.match(sql)


@pytest.mark.parametrize(
    "sql", ["ROLLBACK TRANSACTION s1_x1", "ROLLBACK TRAN [s]", "SAVE TRAN x", "COMMITTED"]
)
def test_going_back_to_a_savepoint_ends_nothing(sql):
    assert not ENDS.match(sql)


@pytest.mark.parametrize(
    ("sql", "several"),
    [
        ("SELECT 1", False),
        ("SET NOCOUNT OFF; UPDATE t SET a = 1", False),
        ("  -- why\nINSERT INTO t VALUES (1);", False),
        ("INSERT INTO t VALUES (1); ALTER TABLE t ADD a int", True),
        ("SET NOCOUNT ON INSERT INTO t VALUES (1); SELECT CAST(SCOPE_IDENTITY() AS bigint)", True),
        ("EXEC sp_rename N'a', N'b'", True),
        ("DECLARE @a int", True),
    ],
)
def test_a_text_that_may_hold_several_statements_is_known(sql, several):
    assert holds_several(sql) is several


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'DROP TABLE x' FROM [INSERT]",
        "WITH a AS (SELECT 1 AS b) SELECT b FROM a",
        "SET LOCK_TIMEOUT 5",
        "SAVE TRANSACTION s",
        "ROLLBACK TRANSACTION s",
        "SELECT 1 -- DELETE",
        "DECLARE @var0 int = ? \n SELECT @var0",
    ],
)
def test_what_reads_may_run_while_the_database_is_read(sql):
    assert only_reads(lambda *arguments: arguments, sql, None, False, {}) == (sql, None, False, {})


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t",
        "SELECT * INTO u FROM t",
        "SELECT 1; DROP TABLE t",
        "WITH a AS (SELECT 1 AS b) DELETE FROM t",
        "EXEC sp_rename 'a', 'b'",
        "SET IDENTITY_INSERT t ON",
        "IF 1 = 1 TRUNCATE TABLE t",
        "/* x */ CREATE TABLE t (a int)",
    ],
)
def test_what_writes_may_not(sql):
    with pytest.raises(NotSupportedError):
        only_reads(lambda *arguments: arguments, sql, None, False, {})


def test_a_limit_never_means_none():
    assert [milliseconds(seconds) for seconds in (0, 0.0001, 2)] == [1, 1, 2000]
