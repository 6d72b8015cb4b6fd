"""The rows of django_migrations as they are, and a table that is not what it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from migwizard.reading.records import RecordsUnreadable, read_records
from tests.servers import postgresql_ids

KINDS = ["sqlite", *postgresql_ids()]


@pytest.fixture(params=KINDS)
def connection(
    request: pytest.FixtureRequest, new_database: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A Django connection to an empty database."""
    if not settings.configured:
        settings.configure(USE_TZ=True, TIME_ZONE="Europe/Berlin")
    if not apps.ready:
        django.setup()
    entry = connections.configure_settings({"default": new_database(request.param)})
    monkeypatch.setattr(connections, "settings", entry)
    made = connections.create_connection("default")
    monkeypatch.setattr(connections._connections, "default", made, raising=False)
    yield made
    made.close()


def execute(connection: Any, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def rows(connection: Any) -> list[tuple[int, str, str]]:
    return [(record.id, record.app, record.name) for record in read_records(connection) or ()]


HISTORY = "CREATE TABLE django_migrations (id bigint, app varchar(255), name varchar(255), applied {})"


def history(connection: Any) -> str:
    return HISTORY.format("timestamptz" if connection.vendor == "postgresql" else "datetime")


def test_no_table_is_none_and_leaves_the_transaction_usable(connection):
    connection.set_autocommit(False)
    execute(connection, "CREATE TABLE other (id integer)")
    assert read_records(connection) is None
    execute(connection, "INSERT INTO other VALUES (1)")
    connection.rollback()
    connection.set_autocommit(True)


def test_what_djangos_recorder_wrote_is_read_in_the_order_of_ids(connection):
    before = datetime.now(timezone.utc)
    recorder = MigrationRecorder(connection)
    assert recorder.has_table() == (read_records(connection) is not None) is False
    recorder.ensure_schema()
    assert read_records(connection) == ()
    for name in ("0002", "0001", "0002"):
        recorder.record_applied("shop", name)
    records = read_records(connection)
    assert rows(connection) == [(1, "shop", "0002"), (2, "shop", "0001"), (3, "shop", "0002")]
    assert all(before <= record.applied <= datetime.now(timezone.utc) for record in records)
    assert all(record.applied.tzinfo is timezone.utc for record in records)


def test_hostile_names_and_nulls_come_through_as_they_are(connection):
    execute(connection, history(connection))
    name = "a'\"[/]\n\x1b[2J"
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations VALUES (2, %s, %s, NULL)", [name, name])
        cursor.execute("INSERT INTO django_migrations VALUES (NULL, NULL, NULL, NULL)")
    assert rows(connection) == [(0, "", ""), (2, name, name)]
    assert [record.applied for record in read_records(connection)] == [None, None]


def test_a_time_that_python_cannot_hold_is_none(connection):
    execute(connection, history(connection))
    odd = "infinity" if connection.vendor == "postgresql" else "2026-13-45 99:00:00"
    execute(
        connection,
        f"INSERT INTO django_migrations VALUES (1, 'a', '1', '{odd}')",
        "INSERT INTO django_migrations VALUES (2, 'a', '2', '2026-03-01 10:00:00+00:00')",
    )
    first, second = read_records(connection)
    assert first.applied is None
    assert second.applied == datetime(2026, 3, 1, 10, tzinfo=timezone.utc)


def test_other_types_and_more_columns_are_no_problem(connection):
    execute(
        connection,
        "CREATE TABLE django_migrations (note text, name text, applied text, app text, id text)",
        "INSERT INTO django_migrations VALUES ('x', '0001', 'yesterday', 'a', '10')",
        "INSERT INTO django_migrations VALUES ('x', '0002', '2026-03-01T10:00:00Z', 'a', '9')",
    )
    assert rows(connection) == [(9, "a", "0002"), (10, "a", "0001")]
    assert read_records(connection)[0].applied == datetime(2026, 3, 1, 10, tzinfo=timezone.utc)


def test_missing_columns_are_named_and_leave_the_transaction_usable(connection):
    connection.set_autocommit(False)
    execute(connection, "CREATE TABLE django_migrations (id integer, app text)")
    with pytest.raises(RecordsUnreadable) as caught:
        read_records(connection)
    assert str(caught.value) == "The table django_migrations has no column name and no column applied."
    execute(connection, "INSERT INTO django_migrations VALUES (1, 'a')")
    connection.rollback()
    connection.set_autocommit(True)


def test_a_view_is_no_history_table_for_the_recorder_either(connection):
    execute(connection, "CREATE VIEW django_migrations AS SELECT 1 AS id")
    assert MigrationRecorder(connection).has_table() is False
    assert read_records(connection) is None


@pytest.mark.parametrize("connection", ["sqlite"], indirect=True)
def test_text_that_is_not_utf_8_is_read_with_replacements(connection):
    execute(
        connection,
        history(connection),
        "INSERT INTO django_migrations VALUES (1, 'a', CAST(x'30ff31' AS text), '2026-03-01 10:00:00')",
    )
    assert rows(connection) == [(1, "a", "0\ufffd1")]
    assert read_records(connection)[0].applied == datetime(2026, 3, 1, 10, tzinfo=timezone.utc)


@pytest.mark.parametrize("connection", ["sqlite"], indirect=True)
def test_a_missing_column_beside_unreadable_text_is_one_sentence(connection):
    execute(
        connection,
        "CREATE TABLE django_migrations (id integer, name text)",
        "INSERT INTO django_migrations VALUES (1, CAST(x'ff' AS text))",
    )
    with pytest.raises(RecordsUnreadable) as caught:
        read_records(connection)
    assert str(caught.value).startswith(
        "The table django_migrations cannot be read: Could not decode to UTF-8 "
    )


@pytest.mark.parametrize("connection", postgresql_ids(), indirect=True)
def test_the_table_is_looked_for_on_the_search_path(connection):
    execute(connection, "CREATE SCHEMA tenant", "SET search_path = tenant", history(connection))
    execute(connection, "INSERT INTO django_migrations VALUES (1, 'a', '1', now())")
    assert rows(connection) == [(1, "a", "1")]
    execute(connection, "SET search_path = public")
    assert read_records(connection) is None


@pytest.mark.parametrize("connection", postgresql_ids(), indirect=True)
def test_a_table_that_may_not_be_read_is_one_sentence(connection):
    execute(connection, history(connection), "CREATE ROLE nobody_at_all", "SET ROLE nobody_at_all")
    with pytest.raises(RecordsUnreadable) as caught:
        read_records(connection)
    execute(connection, "RESET ROLE", "DROP ROLE nobody_at_all")
    assert str(caught.value) == (
        "The table django_migrations cannot be read: permission denied for table django_migrations"
    )
