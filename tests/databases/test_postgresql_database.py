"""What PostgreSQL says of itself, its read-only transactions, its locks and its errors."""

from __future__ import annotations

import re

import pytest
from django.db import DatabaseError, OperationalError

from migwizard.core.situation import DatabaseInfo
from migwizard.databases import of
from migwizard.databases.postgresql.locks import lock_key
from migwizard.databases.processes import whose

from .statements import execute, value


def test_the_server_describes_itself_without_the_password(each_postgresql, connect):
    settings = each_postgresql.settings_dict
    version = of(each_postgresql).describe().version
    assert re.fullmatch(rf"PostgreSQL {each_postgresql.pg_version // 10000}\.\d+", version)
    assert of(each_postgresql).describe() == DatabaseInfo(
        alias="default",
        vendor="postgresql",
        name=settings["NAME"],
        schema="public",
        host=settings["HOST"],
        port=settings["PORT"],
        user="postgres",
        version=version,
    )
    by_tcp = connect(settings, HOST="127.0.0.1", PASSWORD="secret")
    assert of(by_tcp).describe().host == "127.0.0.1"
    assert of(by_tcp).describe().local
    assert "secret" not in repr(of(by_tcp).describe())


def settings_now(connection) -> tuple[str, ...]:
    names = ("transaction_read_only", "transaction_isolation", "statement_timeout", "lock_timeout")
    return tuple(value(connection, f"SHOW {name}") for name in names)


def test_a_read_only_transaction_writes_nothing_and_leaves_no_trace(each_postgresql):
    execute(each_postgresql, "CREATE TABLE t (id integer)")
    usual = settings_now(each_postgresql)
    assert usual == ("off", "read committed", "0", "0")
    with of(each_postgresql).read_only(lock_seconds=1.5, statement_seconds=30):
        assert settings_now(each_postgresql) == ("on", "repeatable read", "30s", "1500ms")
        assert list(of(each_postgresql).snapshot().tables) == ["t"]
        with pytest.raises(DatabaseError, match="read-only transaction"):
            execute(each_postgresql, "INSERT INTO t VALUES (1)")
    assert settings_now(each_postgresql) == usual
    assert each_postgresql.get_autocommit()
    execute(each_postgresql, "INSERT INTO t VALUES (1)")


def test_a_read_only_transaction_is_one_moment(postgresql, connect):
    other = connect(postgresql.settings_dict)
    with of(postgresql).read_only():
        assert value(postgresql, "SELECT count(*) FROM pg_class WHERE relname = 't'") == 0
        execute(other, "CREATE TABLE t (id integer)")
        assert of(postgresql).snapshot().tables == {}
    assert list(of(postgresql).snapshot().tables) == ["t"]


def test_inside_another_transaction_only_what_follows_is_read_only(postgresql):
    postgresql.set_autocommit(False)
    postgresql.in_atomic_block = True
    execute(postgresql, "CREATE TABLE t (id integer)")
    with of(postgresql).read_only(), pytest.raises(DatabaseError, match="read-only transaction"):
        execute(postgresql, "INSERT INTO t VALUES (1)")
    assert settings_now(postgresql) == ("off", "read committed", "0", "0")
    execute(postgresql, "INSERT INTO t VALUES (2)")
    postgresql.in_atomic_block = False
    postgresql.commit()
    postgresql.set_autocommit(True)
    assert value(postgresql, "SELECT id FROM t") == 2


def test_an_error_inside_leaves_the_connection_usable(postgresql):
    with pytest.raises(KeyError), of(postgresql).read_only():
        raise KeyError("x")
    assert (postgresql.get_autocommit(), postgresql.in_atomic_block) == (True, False)
    assert value(postgresql, "SHOW transaction_read_only") == "off"


def test_a_lost_connection_inside_leaves_the_wrapper_usable(postgresql, connect):
    pid = value(postgresql, "SELECT pg_backend_pid()")
    other = connect(postgresql.settings_dict)
    with of(postgresql).read_only():
        execute(other, f"SELECT pg_terminate_backend({pid}, 5000)")
        with pytest.raises(OperationalError):
            value(postgresql, "SELECT 1")
    assert value(postgresql, "SELECT 1") == 1
    assert postgresql.get_autocommit()


def test_timeouts_are_those_of_the_transaction(postgresql):
    postgresql.set_autocommit(False)
    of(postgresql).guard_timeouts(0.0001, 2)
    assert settings_now(postgresql)[2:] == ("2s", "1ms")
    postgresql.rollback()
    assert settings_now(postgresql)[2:] == ("0", "0")


def test_one_repairer_at_a_time_and_the_other_is_named(each_postgresql, connect):
    settings = each_postgresql.settings_dict
    other = connect(settings, HOST="127.0.0.1", PASSWORD="secret")
    other.set_autocommit(False)
    assert of(other).try_lock("repair") is None
    assert of(other).try_lock("repair") is None
    pid = value(other, "SELECT pg_backend_pid()")
    holder = of(each_postgresql).try_lock("repair")
    assert re.fullmatch(
        rf"postgres \(process {pid}, migwizard {re.escape(whose())}, from 127\.0\.0\.1,"
        r" since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)",
        str(holder),
    )
    assert of(each_postgresql).try_lock("another") is None
    other.rollback()
    assert of(each_postgresql).try_lock("repair") is None


def test_the_number_of_a_lock_never_changes():
    assert lock_key("repair") == 5386695993197555086


def error_of(database, run) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it says is compared below
        run()
    return database.explain_error(caught.value)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"PASSWORD": "hunter2"},
            "PostgreSQL at 127.0.0.1, port {PORT} does not accept the password of user 'postgres'.",
        ),
        (
            {"PASSWORD": ""},
            "PostgreSQL at 127.0.0.1, port {PORT} wants a password for user 'postgres', and the settings have none.",
        ),
        ({"NAME": "no\x1b[31mne"}, "PostgreSQL at 127.0.0.1, port {PORT} has no database 'no\\x1b[31mne'."),
        (
            {"HOST": "no.such.invalid"},
            "There is no host 'no.such.invalid', where the settings say that PostgreSQL is.",
        ),
        ({"PORT": "1"}, "PostgreSQL does not answer at 127.0.0.1, port 1: no server is running there."),
        (
            {"HOST": "/tmp/no-such-folder"},
            "PostgreSQL does not answer at /tmp/no-such-folder, port {PORT}: no server is running there.",
        ),
    ],
)
def test_a_failed_connection_is_explained(new_database, connect, changed, expected):
    entry = new_database("postgresql", tcp=True)
    database = of(connect(entry, **changed))
    assert error_of(database, database.describe) == expected.format(**entry)


def test_a_missing_user_is_explained(new_database, connect):
    entry = new_database("postgresql")
    database = of(connect(entry, USER="nobody"))
    expected = f"PostgreSQL at {entry['HOST']}, port {entry['PORT']} has no user 'nobody'."
    assert error_of(database, database.describe) == expected


def test_failed_statements_are_explained(postgresql, connect):
    name = postgresql.settings_dict["NAME"]
    database = of(postgresql)
    execute(postgresql, f"CREATE ROLE poor_{name} LOGIN", "CREATE TABLE t (id integer)")
    execute(postgresql, "REVOKE SELECT ON pg_catalog.pg_attribute FROM PUBLIC")
    poor = of(connect(postgresql.settings_dict, USER=f"poor_{name}"))
    assert error_of(poor, poor.snapshot) == (
        f"User 'poor_{name}' lacks a permission in database {name!r}: permission denied for table pg_attribute."
    )
    other = connect(postgresql.settings_dict)
    other.set_autocommit(False)
    execute(other, "LOCK TABLE t")

    def wait() -> None:
        with database.read_only(lock_seconds=0.05):
            value(postgresql, "SELECT * FROM t")

    assert error_of(database, wait) == (
        f"A lock could not be had in time in database {name!r}: canceling statement due to lock timeout."
    )
    other.rollback()
    other.close()
    poor.connection.close()

    def sleep() -> None:
        with database.read_only(statement_seconds=0.05):
            value(postgresql, "SELECT pg_sleep(5)")

    assert error_of(database, sleep) == (
        "PostgreSQL cancelled a statement that took too long: canceling statement due to statement timeout."
    )
    assert error_of(database, lambda: execute(postgresql, 'SELECT * FROM "no\x1b[31mne"')) == (
        'PostgreSQL says: relation "no [31mne" does not exist.'
    )
    execute(postgresql, f"DROP ROLE poor_{name}")


def test_a_password_in_an_error_is_not_repeated(new_database, connect):
    database = of(connect(new_database("postgresql", tcp=True), PASSWORD="hunter2"))
    assert database.explain_error(OperationalError("cannot parse 'user=x password=hunter2'\nLINE 2")) == (
        "PostgreSQL says: cannot parse 'user=x password=***'."
    )
