"""Who else is at work on PostgreSQL: what they hold, whom they block, and how they are kept out of a repair."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import pytest
from django.db import OperationalError

from migwizard.core.locks import rewritten
from migwizard.core.session import Session
from migwizard.databases import AnotherRepair, of
from migwizard.databases.processes import whose

from .statements import HOSTILE, execute, quoted, value

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


@pytest.fixture
def other(each_postgresql, connect):
    """Another session of the same database, in a transaction."""
    execute(each_postgresql, "CREATE TABLE django_migrations (id serial, app text, name text)")
    execute(each_postgresql, "CREATE TABLE t (id integer PRIMARY KEY)", "CREATE TABLE u (id integer)")
    connection = connect(each_postgresql.settings_dict, OPTIONS={"application_name": "the \x1b[31mother"})
    connection.set_autocommit(False)
    return connection


WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def at_work(connection: Any, *tables: str, **more: Any) -> tuple[str, ...]:
    return of(connection).others_at_work(tables or ("t",), **more)


def session(connection: Any) -> str:
    """A session in words, as a pattern."""
    pid = value(connection, "SELECT pg_backend_pid()")
    return rf"postgres \(process {pid}, the \S*\[31mother, since {TIME}\)"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO django_migrations (app) VALUES ('x')", "holds ROW EXCLUSIVE on django_migrations"),
        ("ALTER TABLE t ADD COLUMN n integer", "holds ACCESS EXCLUSIVE on t"),
        ("CREATE INDEX i ON t (id)", "holds SHARE on t"),
        ("LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE", "holds SHARE ROW EXCLUSIVE on t"),
        ("ANALYZE t", "holds SHARE UPDATE EXCLUSIVE on t"),
        ("CREATE TABLE new (id serial PRIMARY KEY, x text)", "has created tables that are not committed yet"),
        (
            "DROP TABLE t; INSERT INTO django_migrations (app) VALUES ('x'); CREATE TABLE n (i integer)",
            "holds ACCESS EXCLUSIVE on t, holds ROW EXCLUSIVE on django_migrations and has created tables that are not"
            " committed yet",
        ),
    ],
)
def test_whoever_migrates_or_changes_a_table_is_named(each_postgresql, other, statement, said):
    who = session(other)
    execute(other, statement)
    (sentence,) = at_work(each_postgresql)
    assert re.fullmatch(rf"{who} {said} \(idle in transaction\)\.", sentence), sentence
    other.rollback()
    assert at_work(each_postgresql) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM t, django_migrations",
        "SELECT * FROM t FOR UPDATE",
        "INSERT INTO t VALUES (1)",
        "ALTER TABLE u ADD COLUMN n integer",
        "CREATE TEMPORARY TABLE new (id serial PRIMARY KEY)",
        "CREATE SCHEMA another; CREATE TABLE another.t (id integer)",
        "SELECT pg_advisory_xact_lock(1)",
    ],
)
def test_everyday_traffic_and_other_tables_are_not(each_postgresql, other, statement):
    value(other, "SELECT 1")
    execute(other, statement)
    assert at_work(each_postgresql) == ()


def test_who_changes_rows_counts_when_it_lasts(each_postgresql, other):
    who = session(other)
    execute(other, "INSERT INTO t VALUES (1)", "SELECT pg_sleep(1)")
    (sentence,) = at_work(each_postgresql)
    assert re.fullmatch(rf"{who} holds ROW EXCLUSIVE on t \(idle in transaction\)\.", sentence), sentence
    assert at_work(each_postgresql, "u") == ()


def test_each_schema_is_asked_about_for_itself(each_postgresql, other):
    execute(each_postgresql, 'CREATE SCHEMA "te""nant"', 'CREATE TABLE "te""nant".t (id integer)')
    execute(
        other, 'ALTER TABLE "te""nant".t ADD COLUMN n integer', 'CREATE TABLE "te""nant".new (id integer)'
    )
    assert at_work(each_postgresql) == ()
    assert 'ACCESS EXCLUSIVE on te"nant.t' in at_work(each_postgresql, 'te"nant.t')[0]
    (sentence,) = at_work(each_postgresql, schema='te"nant')
    assert "holds ACCESS EXCLUSIVE on t and has created tables" in sentence


def test_a_role_that_sees_little_still_learns_who_is_in_the_way(each_postgresql, other, connect):
    name = f"poor_{each_postgresql.settings_dict['NAME']}"
    execute(each_postgresql, f'CREATE ROLE "{name}" LOGIN')
    poor = connect(each_postgresql.settings_dict, USER=name)
    pid = value(other, "SELECT pg_backend_pid()")
    execute(other, "ALTER TABLE t ADD COLUMN n integer")
    (sentence,) = at_work(poor)
    assert re.fullmatch(
        rf"postgres \(process {pid}, the \S*\[31mother\) holds ACCESS EXCLUSIVE on t\.", sentence
    )
    other.rollback()
    execute(other, "INSERT INTO t VALUES (1)")
    (sentence,) = at_work(poor)
    assert sentence.endswith("holds ROW EXCLUSIVE on t.")
    timer = threading.Timer(0.3, other.connection.rollback)
    timer.start()
    assert at_work(poor) == ()
    timer.join()
    one = next(one for one in of(poor).sessions() if one.process == pid)
    assert (one.who, one.since, one.state) == ("postgres", "", "")
    poor.close()
    execute(each_postgresql, f'DROP ROLE "{name}"')


def test_hostile_names_cannot_act(each_postgresql, connect):
    other = connect(each_postgresql.settings_dict)
    other.set_autocommit(False)
    for name in HOSTILE:
        execute(each_postgresql, f"CREATE TABLE {quoted(name)} (id integer)")
        execute(other, f"LOCK TABLE {quoted(name)}")
    (sentence,) = at_work(each_postgresql, *HOSTILE)
    held = next(one for one in of(each_postgresql).sessions() if one.holds).holds
    shown = {" ".join(name.replace("\x1b", " ").split()) for name in HOSTILE}
    assert {name for name, _ in held} == shown
    assert all(name in sentence for name in shown)
    assert (sentence + repr(held)).isprintable()
    for name in HOSTILE:
        of(other).hold_history(name)
    assert len(of(other).locks_held()) == len(HOSTILE)


def test_the_history_is_held_against_those_who_read_and_those_who_write(each_postgresql, other):
    assert of(other).hold_history("django_migrations")
    assert locked(other) == ("ACCESS EXCLUSIVE on django_migrations",)
    assert value(other, "SHOW lock_timeout") == "0"
    execute(each_postgresql, "SET lock_timeout = '50ms'")
    for statement in ("SELECT * FROM django_migrations", "INSERT INTO django_migrations (app) VALUES ('x')"):
        with pytest.raises(OperationalError, match="lock timeout"):
            execute(each_postgresql, statement)
    other.rollback()
    execute(each_postgresql, "SELECT * FROM django_migrations")


def test_a_backup_does_not_keep_a_repair_from_holding_the_history(each_postgresql, other, connect):
    backup = connect(each_postgresql.settings_dict)
    backup.set_autocommit(False)
    execute(backup, "SELECT * FROM django_migrations")
    of(other).guard_timeouts(0.2, 60)
    assert not of(other).hold_history("django_migrations")
    assert locked(other) == ("SHARE ROW EXCLUSIVE on django_migrations",)
    assert value(other, "SHOW lock_timeout") == "200ms"
    other.rollback()
    execute(backup, "INSERT INTO django_migrations (app) VALUES ('x')")
    of(other).guard_timeouts(0.2, 60)
    with pytest.raises(OperationalError, match="lock timeout"):
        of(other).hold_history("django_migrations")
    other.rollback()


def test_a_history_that_is_not_there_is_not_held(each_postgresql, other):
    execute(each_postgresql, "CREATE SCHEMA tenant", "CREATE TABLE tenant.django_migrations (id integer)")
    assert not of(other).hold_history("nowhere")
    of(other).hold_history("t", "tenant")
    assert locked(other) == ()
    of(other).hold_history("django_migrations", "tenant")
    assert locked(other) == ("ACCESS EXCLUSIVE on tenant.django_migrations",)


def test_the_lock_of_a_repair_is_one_a_schema(each_postgresql, other):
    execute(each_postgresql, "CREATE SCHEMA tenant")
    assert of(other).try_lock("migwizard") is None
    database = of(each_postgresql)
    assert database.try_lock("migwizard", "tenant") is None
    holder = database.try_lock("migwizard", "public")
    pid = value(other, "SELECT pg_backend_pid()")
    whom = re.escape(whose())
    assert re.fullmatch(rf"postgres \(process {pid}, migwizard {whom}, since {TIME}\)", str(holder)), holder
    other.rollback()
    assert value(other, "SHOW application_name").startswith("the ")
    assert database.try_lock("migwizard") is None


def test_a_repair_of_several_transactions_keeps_others_out_between_them(each_postgresql, other):
    first, second = of(other), of(each_postgresql)
    with first.repairing(several=True):
        for _ in range(2):
            assert first.try_lock("migwizard") is None
            other.rollback()
            holder = str(second.try_lock("migwizard"))
            assert holder.startswith("postgres (process ")
            assert f"migwizard {whose()}, since" in holder
            with pytest.raises(AnotherRepair) as caught, second.repairing(several=True):
                pass
            assert str(caught.value) == holder
            with second.repairing("tenant", several=True):
                pass
    with second.repairing(several=True):
        assert "migwizard" in str(first.try_lock("migwizard"))
    assert first.try_lock("migwizard") is None
    other.rollback()


def test_a_repair_whose_second_connection_is_lost_or_refused_takes_the_lock_by_itself(
    each_postgresql, other, connect, monkeypatch
):
    database = of(other)
    with database.repairing(several=True):
        guards = (
            "application_name LIKE 'migwizard%' AND pid <> pg_backend_pid() AND datname = current_database()"
        )
        assert value(
            each_postgresql, f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {guards}"
        )
        assert database.try_lock("migwizard") is None
        assert of(each_postgresql).try_lock("migwizard") is not None
    other.rollback()
    name = each_postgresql.settings_dict["NAME"]
    execute(each_postgresql, f'CREATE ROLE "one_{name}" LOGIN CONNECTION LIMIT 1')
    poor = connect(each_postgresql.settings_dict, USER=f"one_{name}")
    poor.set_autocommit(False)
    with of(poor).repairing(several=True):
        assert of(poor).try_lock("migwizard") is None
        assert of(each_postgresql).try_lock("migwizard") is not None
    poor.close()
    execute(each_postgresql, f'DROP ROLE "one_{name}"')


def test_a_lock_that_cannot_be_had_is_explained_with_who_holds_it(each_postgresql, other):
    who = session(other)
    execute(other, "SELECT * FROM t")
    database = of(each_postgresql)
    each_postgresql.set_autocommit(False)
    with database.repairing():
        database.guard_timeouts(2, 60)
        with pytest.raises(OperationalError) as caught:
            execute(each_postgresql, "ALTER TABLE t ADD COLUMN n integer")
    each_postgresql.rollback()
    name = each_postgresql.settings_dict["NAME"]
    assert re.fullmatch(
        rf"A lock could not be had in time in database '{name}': canceling statement due to lock timeout; it is held by"
        rf" {who}\.",
        database.explain_error(caught.value),
    )


def test_sessions_say_what_they_hold_and_for_whom_they_wait(each_postgresql, other, connect):
    waiting = connect(each_postgresql.settings_dict, OPTIONS={"application_name": "waiting"})
    pid, waiting_pid = (value(one, "SELECT pg_backend_pid()") for one in (other, waiting))
    execute(other, "LOCK TABLE t", "INSERT INTO u VALUES (1)")
    thread = threading.Thread(target=waiting.connection.execute, args=["UPDATE t SET id = 1"])
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not value(each_postgresql, WAITING):
            time.sleep(0.05)
        first, second = of(each_postgresql).sessions()
    finally:
        other.rollback()
        thread.join()
    assert re.fullmatch(TIME, first.since)
    assert first == Session(
        pid, "postgres", first.program, "", first.since, "idle in transaction",
        (("t", "ACCESS EXCLUSIVE"), ("u", "ROW EXCLUSIVE")),
    )  # fmt: skip
    assert first.program.isprintable()
    assert first.program.endswith("[31mother")
    assert second == Session(
        waiting_pid, "postgres", "waiting", "", second.since, "active", (), (pid,)
    )  # fmt: skip


def locked(connection):
    """What a connection's transaction has locked, in words."""
    return tuple(lock.text for lock in of(connection).locks_held())


def test_what_a_transaction_has_locked_is_known_statement_by_statement(other):
    execute(other, "SELECT * FROM t")
    assert locked(other) == ()
    execute(other, "UPDATE t SET id = 1")
    assert locked(other) == ("ROW EXCLUSIVE on t", "ROW EXCLUSIVE on index t_pkey")
    execute(other, "SAVEPOINT s", "ALTER TABLE t ADD COLUMN n integer")
    assert locked(other) == (
        "ACCESS EXCLUSIVE on t", "ROW EXCLUSIVE on t", "ROW EXCLUSIVE on index t_pkey"
    )  # fmt: skip
    execute(other, "ROLLBACK TO SAVEPOINT s")
    assert locked(other) == ("ROW EXCLUSIVE on t", "ROW EXCLUSIVE on index t_pkey")


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("ALTER TABLE t ADD COLUMN n integer DEFAULT 7", ()),
        ("ALTER TABLE t ADD COLUMN n float DEFAULT random()", ("t",)),
        ("ALTER TABLE t ALTER COLUMN id TYPE bigint", ("t",)),
        ("ALTER TABLE t ALTER COLUMN id TYPE bigint; ALTER TABLE t RENAME TO tt", ("tt",)),
        ("CREATE INDEX i ON t (id)", ()),
        ("TRUNCATE u", ("u",)),
        ("DROP TABLE u; CREATE TABLE u (id integer); CREATE TABLE new (id integer)", ()),
        ("ALTER TABLE u ADD CHECK (id > 0), ALTER COLUMN id SET NOT NULL", ()),
    ],
)
def test_tables_that_were_rewritten_are_known(other, statement, tables):
    before = of(other).storage()
    execute(other, statement)
    assert rewritten(before, of(other).storage()) == tables
