"""A transaction of SQL Server stays one, whatever runs in it: what would end it is refused, and what did is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import Error, InternalError, connections, transaction

from migwizard.databases import AnotherRepair, of
from migwizard.databases.marks import EndsTransaction, Mark
from migwizard.databases.transactions import rolled_back

from .statements import execute, value

HIDDEN = (
    "Something in it has ended the transaction in which the whole repair runs; run it with manage.py migrate."
)
GONE = "An error has made SQL Server roll the whole transaction back, so nothing more can be done in it."


@pytest.fixture
def server(mssql: Any) -> Iterator[Any]:
    """A connection to two tables, which `atomic` finds as well."""
    execute(
        mssql, "CREATE TABLE t (id int IDENTITY(1,1) PRIMARY KEY, n int)", "CREATE TABLE u (n int NOT NULL)"
    )
    former = connections["default"]
    connections["default"] = mssql
    yield mssql
    connections["default"] = former


class Whole:
    """One transaction as an execution holds it, that begins with a row, and what became of it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.mark = Mark()

    def run(self, *statements: str) -> None:
        """Run statements as a migration would."""
        for statement in statements:
            with self.connection.cursor() as cursor:
                cursor.execute(statement, None)

    def hold(self, body: Callable[[], object]) -> None:
        """Hold a transaction in which `body` runs."""
        try:
            with transaction.atomic(), of(self.connection).marked(self.mark):
                self.run("INSERT INTO t (n) VALUES (1)")
                body()
        finally:
            of(self.connection).settle()
            assert self.connection.connection.autocommit

    @property
    def rows(self) -> int:
        """How many rows are kept."""
        assert value(self.connection, "SELECT @@TRANCOUNT") == 0
        return int(value(self.connection, "SELECT COUNT(*) FROM t"))


@pytest.fixture
def whole(server: Any) -> Whole:
    return Whole(server)


WRONG = "INSERT INTO u VALUES (NULL)"
MORE = "INSERT INTO t (n) VALUES (2)"


def swallowed(whole: Whole, sql: str) -> None:
    """Go on after an error, as careless code does."""
    with pytest.raises(Error):
        whole.run(sql)


def test_what_goes_through_is_kept(whole):
    whole.hold(lambda: None)
    assert (whole.rows, whole.mark.whole) == (1, True)


def test_an_error_takes_everything_back(whole):
    with pytest.raises(Error):
        whole.hold(lambda: whole.run(MORE, WRONG))
    assert (whole.rows, whole.mark.whole) == (0, True)


def test_nothing_goes_on_after_an_error_that_was_swallowed(whole):
    with pytest.raises(InternalError) as caught:
        whole.hold(lambda: (swallowed(whole, WRONG), whole.run(MORE)))
    assert str(caught.value) == GONE
    assert (whole.rows, whole.mark.whole) == (0, True)


def test_a_block_of_its_own_may_fail(whole):
    def body() -> None:
        with pytest.raises(Error), transaction.atomic():
            whole.run(MORE, WRONG)
        with pytest.raises(Error), rolled_back(whole.connection):
            whole.run(WRONG)
        with rolled_back(whole.connection):
            whole.run(MORE)
        whole.run(MORE)

    whole.hold(body)
    assert (whole.rows, whole.mark.whole) == (2, True)


@pytest.mark.parametrize("sql", ["COMMIT", "  /* x */ commit tran;", "ROLLBACK"])
def test_what_ends_the_transaction_is_refused(whole, sql):
    with pytest.raises(EndsTransaction):
        whole.hold(lambda: whole.run(sql))
    assert (whole.rows, whole.mark.whole) == (0, True)


def test_a_hidden_commit_is_noticed_before_anything_else_is_kept(whole):
    with pytest.raises(EndsTransaction) as caught:
        whole.hold(lambda: (whole.run("IF 1 = 1 COMMIT TRANSACTION"), whole.run(MORE)))
    assert str(caught.value) == HIDDEN
    assert (whole.rows, whole.mark.whole) == (1, False)


def test_all_statements_of_one_text_run_and_the_error_of_the_last_is_seen(whole):
    whole.hold(lambda: whole.run(f"{MORE}; {MORE}; {MORE}"))
    assert whole.rows == 4
    with pytest.raises(Error):
        whole.hold(lambda: whole.run(f"{MORE}; {WRONG}"))
    assert (whole.rows, whole.mark.whole) == (4, True)


def test_a_transaction_inside_ours_commits_nothing(whole):
    whole.hold(lambda: whole.run(f"BEGIN TRANSACTION; {MORE}; COMMIT"))
    assert whole.rows == 2
    with pytest.raises(Error):
        whole.hold(lambda: whole.run(f"BEGIN TRANSACTION; {MORE}; COMMIT", WRONG))
    assert whole.rows == 2


def test_one_that_was_left_open_is_closed_with_ours(whole):
    whole.hold(lambda: whole.run(f"BEGIN TRANSACTION; {MORE}"))
    assert whole.rows == 2


def test_definitions_are_taken_back_too(whole):
    with pytest.raises(Error):
        whole.hold(lambda: whole.run("CREATE TABLE v (a int)", "ALTER TABLE t ADD b int NULL", WRONG))
    assert value(whole.connection, "SELECT OBJECT_ID(N'v')") is None
    assert value(whole.connection, "SELECT COL_LENGTH(N't', N'b')") is None


def test_settings_of_the_session_are_as_before(whole):
    options = "SELECT @@OPTIONS & 16384"
    for before in ("OFF", "ON"):
        execute(whole.connection, f"SET XACT_ABORT {before}")
        former = value(whole.connection, options)
        whole.hold(lambda: None)
        assert value(whole.connection, options) == former


def test_counting_is_not_left_off(whole):
    def body() -> None:
        whole.run("SET NOCOUNT ON; INSERT INTO t (n) VALUES (3)")
        with whole.connection.cursor() as cursor:
            cursor.execute("DELETE FROM t WHERE n = 3", None)
            assert cursor.rowcount == 1

    whole.hold(body)


def test_reading_has_limits_and_writes_nothing(server):
    database = of(server)
    before = value(server, "SELECT @@LOCK_TIMEOUT")
    with database.read_only(lock_seconds=3, statement_seconds=7):
        assert value(server, "SELECT @@LOCK_TIMEOUT") == 3000
        assert server.connection.timeout == 7
        with pytest.raises(Error, match="Nothing is written while the database is read"):
            execute(server, MORE)
    assert value(server, "SELECT @@LOCK_TIMEOUT") == before
    assert server.connection.timeout == 0
    assert server.connection.autocommit
    assert value(server, "SELECT COUNT(*) FROM t") == 0


def test_limits_hold_outside_of_any_transaction(server):
    with of(server).session_timeouts(4, 5):
        assert (value(server, "SELECT @@LOCK_TIMEOUT"), server.connection.timeout) == (4000, 5)
    assert (value(server, "SELECT @@LOCK_TIMEOUT"), server.connection.timeout) == (-1, 0)


def test_one_repairer_at_a_time(server, connect):
    other = connect(server.settings_dict)
    ours, theirs = of(server), of(other)
    with rolled_back(server):
        assert ours.try_lock("migwizard") is None
        with rolled_back(other):
            assert theirs.try_lock("migwizard") == "another session, which this login may not see"
            assert theirs.try_lock("migwizard", "elsewhere") is None
    with rolled_back(other):
        assert theirs.try_lock("migwizard") is None


def test_the_lock_lasts_over_several_transactions(server, connect):
    other = connect(server.settings_dict)
    ours, theirs = of(server), of(other)
    with ours.repairing(several=True):
        for _ in range(2):
            with rolled_back(server):
                assert ours.try_lock("migwizard") is None
            with pytest.raises(AnotherRepair), theirs.repairing(several=True):
                pass
    with theirs.repairing(several=True):
        pass


def test_the_history_is_held_where_there_is_one(server):
    database = of(server)
    with rolled_back(server):
        assert database.hold_history("django_migrations") is False
        execute(server, "CREATE TABLE django_migrations (id int)")
        versioned = value(
            server, "SELECT is_read_committed_snapshot_on FROM sys.databases WHERE database_id = DB_ID()"
        )
        assert database.hold_history("django_migrations") is not bool(versioned)
        assert database.hold_history("django_migrations", "elsewhere") is False


def test_what_the_server_does_not_tell_is_not_claimed(server):
    database = of(server)
    with rolled_back(server):
        execute(server, MORE)
        told = database.locks_held()
        assert told is None or all(lock.mode for lock in told)
        assert database.others_at_work(["t"]) == ()
    assert isinstance(database.sessions(), tuple)
    assert database.blockers() == ""
    assert (database.transaction_id(), database.transaction_status("1")) == (None, None)
