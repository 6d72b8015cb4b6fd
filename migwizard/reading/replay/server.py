"""Scratch databases on a PostgreSQL server: made like the live one, dropped, and swept up after a crash."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from ...databases.scratches import PREFIX, is_left_behind
from .guard import Guard
from .staging import Entry


class ReplayRefused(Exception):
    """The migrations cannot be replayed here; the text says why, in one sentence."""


def backend_of(entry: Entry) -> Any:
    """Return the backend of an entry of DATABASES.

    That of django-tenants imports models; as long as there can be none, it is the one behind it.
    """
    from django.conf import settings
    from django.core.exceptions import AppRegistryNotReady
    from django.db.utils import load_backend

    try:
        return load_backend(entry["ENGINE"])
    except AppRegistryNotReady:
        return load_backend(getattr(settings, "ORIGINAL_BACKEND", "django.db.backends.postgresql"))


class Server:
    """The PostgreSQL server of one entry of DATABASES."""

    def __init__(self, entry: Entry, guard: Guard) -> None:
        self.entry = entry
        self.guard = guard

    def create(self, name: str, like: str) -> None:
        """Create the database `name` with the encoding, collation and settings of `like`, if that is on this server.

        Raises:
            ReplayRefused: when the role may not, or the server cannot be reached.
        """
        try:
            with self._administration(like) as cursor:
                sweep(cursor)
                self._create(cursor, name, like)
                _copy_settings(cursor, name, like)
        except ReplayRefused:
            raise
        except Exception as error:
            raise ReplayRefused(self._reason(error)) from error

    def drop(self, name: str, like: str) -> None:
        """Drop the database `name` with whoever is connected to it."""
        with self._administration(like) as cursor:
            drop(cursor, name)

    def _create(self, cursor: Any, name: str, like: str) -> None:
        from django.db.utils import OperationalError

        locale = _locale(cursor, like)
        clause = _clause(locale) if locale else ""
        if locale == _locale(cursor, "template1") or not locale:
            # template1 has what the server's owner wants in every database, extensions for example; but it cannot be
            # copied while somebody is connected to it.
            with contextlib.suppress(OperationalError):
                cursor.execute(f'CREATE DATABASE "{name}"')
                return
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0{clause}')

    @contextlib.contextmanager
    def _administration(self, like: str) -> Iterator[Any]:
        """Yield a cursor on a database from which others can be created."""
        from django.db.backends.base.base import NO_DB_ALIAS
        from django.db.utils import Error

        backend = backend_of(self.entry)
        with self.guard.trusted():
            for name in dict.fromkeys(("postgres", like, "template1")):
                connection = backend.DatabaseWrapper({**self.entry, "NAME": name}, alias=NO_DB_ALIAS)
                try:
                    connection.ensure_connection()
                    break
                except Error:
                    if name == "template1":
                        raise
            try:
                with connection.cursor() as cursor:
                    yield cursor
            finally:
                connection.close()

    def _reason(self, error: BaseException) -> str:
        cause = error.__cause__
        state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
        where = f"{self.entry.get('HOST') or 'the local server'}"
        if state == "42501":
            return (
                f"The role {self.entry.get('USER')!r} may not create a database on {where}; give it CREATEDB, "
                "name another server with --shadow, or use --replay FILE."
            )
        lines = str(error).strip().splitlines() or [type(error).__name__]
        text = lines[0].replace(str(self.entry.get("PASSWORD") or "\0"), "***")
        return f"No scratch database could be created on {where}: {text}"


def drop(cursor: Any, name: str) -> None:
    """Drop a database with whoever is connected to it."""
    with _logged_in(cursor):
        if cursor.db.pg_version >= 130000:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


@contextlib.contextmanager
def _logged_in(cursor: Any) -> Iterator[None]:
    """Be the role that has logged in, whose sessions no role that it assumes may throw out."""
    assumed = (cursor.db.settings_dict.get("OPTIONS") or {}).get("assume_role")
    if not assumed:
        yield
        return
    cursor.execute("RESET ROLE")
    try:
        yield
    finally:
        cursor.execute(f"SET ROLE {cursor.db.ops.quote_name(assumed)}")


def sweep(cursor: Any) -> None:
    """Drop the scratch databases whose makers are gone: processes of this machine, or anybody's after a day."""
    from django.db.utils import Error

    cursor.execute(
        "SELECT d.datname, EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname) FROM pg_database d "
        "WHERE starts_with(d.datname, %s) AND pg_has_role(d.datdba, 'USAGE')",
        [PREFIX],
    )
    for name, used in cursor.fetchall():
        if is_left_behind(name, used=used):
            with contextlib.suppress(Error):
                drop(cursor, name)


def _locale(cursor: Any, name: str) -> tuple[str, ...] | None:
    """Return encoding, collation, character type, provider and the provider's locale of a database."""
    version = cursor.db.pg_version
    columns = "pg_encoding_to_char(encoding), datcollate, datctype"
    if version >= 150000:
        columns += (
            f", datlocprovider::text, coalesce({'datlocale' if version >= 170000 else 'daticulocale'}, '')"
        )
    cursor.execute(f"SELECT {columns} FROM pg_database WHERE datname = %s", [name])
    row = cursor.fetchone()
    return tuple(str(value) for value in row) if row else None


def _clause(locale: tuple[str, ...]) -> str:
    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    clause = f" ENCODING {quoted(locale[0])} LC_COLLATE {quoted(locale[1])} LC_CTYPE {quoted(locale[2])}"
    providers = {"i": ("icu", "ICU_LOCALE"), "b": ("builtin", "BUILTIN_LOCALE")}
    if len(locale) > 3 and locale[3] in providers:
        provider, option = providers[locale[3]]
        clause += f" LOCALE_PROVIDER {provider} {option} {quoted(locale[4])}"
    return clause


def _copy_settings(cursor: Any, name: str, like: str) -> None:
    """Give the new database what ALTER DATABASE … SET and ALTER ROLE … IN DATABASE … SET gave the live one."""
    from django.db.utils import Error

    cursor.execute(
        "SELECT unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase "
        "LEFT JOIN pg_roles r ON r.oid = s.setrole "
        "WHERE d.datname = %s AND (s.setrole = 0 OR r.rolname = current_user) ORDER BY s.setrole",
        [like],
    )
    for (assignment,) in cursor.fetchall():
        setting, _, value = assignment.partition("=")
        if not re.fullmatch(r"[a-zA-Z_][\w.]*", setting):
            continue
        # A list of names is stored as it was quoted; any other value is one literal.
        literal = value if setting == "search_path" else "'" + value.replace("'", "''") + "'"
        with contextlib.suppress(Error):
            cursor.execute(f'ALTER DATABASE "{name}" SET {setting} TO {literal}')
