"""What the errors of PostgreSQL and its drivers mean, each in one sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base import printable

if TYPE_CHECKING:
    from ..base import Database

# Appendix A of the manual, "PostgreSQL Error Codes". A failed connection has none: neither driver passes it on.
BY_CODE = {
    "28P01": "PostgreSQL at {place} does not accept the password of user {user}.",
    "28000": "PostgreSQL at {place} does not let user {user} in: {detail}.",
    "3D000": "PostgreSQL at {place} has no database {name}.",
    "42501": "User {user} lacks a permission in database {name}: {detail}.",
    "53300": "PostgreSQL at {place} takes no more connections: {detail}.",
    "53200": "PostgreSQL at {place} ran out of memory or locks: {detail}.",
    "53100": "The disk of PostgreSQL at {place} is full: {detail}.",
    "57P03": "PostgreSQL at {place} is just starting or stopping: {detail}.",
    "57P01": "PostgreSQL at {place} closed the connection: {detail}.",
    "57P02": "PostgreSQL at {place} closed the connection: {detail}.",
    "57014": "PostgreSQL cancelled a statement that took too long: {detail}.",
    "55P03": "A lock could not be had in time in database {name}: {detail}.",
    "40P01": "PostgreSQL ended a deadlock in database {name}: {detail}.",
    "25006": "Database {name} is read-only: {detail}.",
}

# Texts of libpq, and of a server that refuses a connection in English. The first that matches counts.
BY_TEXT = (
    (r"password authentication failed", BY_CODE["28P01"]),
    (
        r"no password supplied",
        "PostgreSQL at {place} wants a password for user {user}, and the settings have none.",
    ),
    (r"no pg_hba\.conf entry|Peer authentication failed|Ident authentication failed", BY_CODE["28000"]),
    (r'role ".*" does not exist', "PostgreSQL at {place} has no user {user}."),
    (r'database ".*" does not exist', BY_CODE["3D000"]),
    (r"permission denied for database", "User {user} may not connect to database {name} at {place}."),
    (r"too many (clients|connections)|remaining connection slots", BY_CODE["53300"]),
    (r"the database system is (starting up|shutting down|in recovery)", BY_CODE["57P03"]),
    (
        r"could not translate host name|Name or service not known|failed to resolve host",
        "There is no host {host}, where the settings say that PostgreSQL is.",
    ),
    (
        r"Connection refused|No such file or directory|Is the server running",
        "PostgreSQL does not answer at {place}: no server is running there.",
    ),
    (
        r"timeout expired|timed out|No route to host|unreachable",
        "PostgreSQL does not answer at {place}: {detail}.",
    ),
    (r"SSL", "PostgreSQL at {place} and the settings disagree about SSL: {detail}."),
    (
        r"server closed the connection|connection (already closed|is closed|is lost)|terminating connection",
        "The connection to PostgreSQL at {place} was lost.",
    ),
)


def explain(database: Database, error: BaseException) -> str:
    """Return one sentence for an error of Django or of the driver."""
    lines = [printable(line) for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines)
    sentence = BY_CODE.get(sqlstate(error)) or next(
        (sentence for pattern, sentence in BY_TEXT if re.search(pattern, text, re.IGNORECASE)),
        "PostgreSQL says: {detail}.",
    )
    settings = database.connection.settings_dict
    host, port = str(settings.get("HOST") or ""), str(settings.get("PORT") or "5432")
    facts = {
        "place": f"{host or 'the local socket'}, port {port}",
        "host": repr(host),
        "user": repr(str(settings.get("USER") or "")),
        "name": repr(str(settings.get("NAME") or "")),
        "detail": _detail(lines, error),
    }
    text = sentence.format(**facts)
    if sqlstate(error) == "55P03" and (blockers := database.blockers()):
        text = f"{text.removesuffix('.')}; it is held by {blockers}."
    return database.without_password(printable(text))


def sqlstate(error: BaseException) -> str:
    """Return the five-character code of an error of Django or of the driver; empty without one."""
    for one in (error, error.__cause__):
        code = getattr(one, "sqlstate", None) or getattr(one, "pgcode", None)
        if code:
            return str(code)
    return ""


def _detail(lines: list[str], error: BaseException) -> str:
    """Return the server's own words: the last refusal of a connection, or the first line of another error."""
    if not lines:
        return type(error).__name__
    refusals = [line.split("FATAL:", 1)[1] for line in lines if "FATAL:" in line]
    return (refusals[-1] if refusals else lines[0]).strip().rstrip(".")
