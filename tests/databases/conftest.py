"""Django connections to private databases, registered nowhere, as a shadow's is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.db.utils import ConnectionHandler

from tests.servers import postgresql_ids

Connect = Callable[..., Any]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A function from an entry of DATABASES to a new connection, with further settings as keywords; all are closed."""
    if not settings.configured:
        settings.configure(USE_TZ=True, TIME_ZONE="Europe/Berlin")
    if not apps.ready:
        django.setup()
    made: list[Any] = []

    def create(entry: dict[str, Any], **more: Any) -> Any:
        connection = ConnectionHandler({"default": entry | more})["default"]
        made.append(connection)
        return connection

    yield create
    for connection in made:
        connection.close()


@pytest.fixture
def postgresql(connect: Connect, new_database: Callable[..., Any]) -> Any:
    """A connection to an empty database on PostgreSQL 18."""
    return connect(new_database("postgresql"))


@pytest.fixture(params=postgresql_ids())
def each_postgresql(
    request: pytest.FixtureRequest, connect: Connect, new_database: Callable[..., Any]
) -> Any:
    """A connection to an empty database on each PostgreSQL."""
    return connect(new_database(request.param))


@pytest.fixture
def mssql(new_database: Callable[..., Any], connect: Connect) -> Any:
    """A connection to an empty database on SQL Server."""
    return connect(new_database("mssql"))


@pytest.fixture
def sqlite(connect: Connect, new_database: Callable[..., Any]) -> Any:
    """A connection to an empty SQLite file."""
    return connect(new_database("sqlite"))


@pytest.fixture(params=["sqlite", *postgresql_ids()])
def connection(request: pytest.FixtureRequest, connect: Connect, new_database: Callable[..., Any]) -> Any:
    """A connection to an empty database, on SQLite and on each PostgreSQL."""
    return connect(new_database(request.param))
