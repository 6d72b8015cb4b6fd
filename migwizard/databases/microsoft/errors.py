"""What the errors of SQL Server and its drivers mean, each in one sentence.

pyodbc writes the server's error number at the end of each message; mssql-python leaves it out, so that its errors are
told by the English text. Of several messages of one error, the first that says something is the one that counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base import printable

if TYPE_CHECKING:
    from ..base import Database

# "Database engine events and errors" in the manual of SQL Server.
BY_NUMBER = {
    18456: "SQL Server at {place} does not let user {user} in: {detail}.",
    18452: "SQL Server at {place} does not let user {user} in: {detail}.",
    18470: "SQL Server at {place} does not let user {user} in: {detail}.",
    18486: "SQL Server at {place} has locked user {user} out: {detail}.",
    18487: "The password of user {user} on SQL Server at {place} has expired.",
    18488: "User {user} on SQL Server at {place} must change the password first.",
    4060: "User {user} cannot open database {name} at {place}: there is none of that name, or no right to it.",
    4064: "The default database of user {user} at {place} cannot be opened: {detail}.",
    916: "User {user} is not known in database {name}: {detail}.",
    40615: "The firewall of SQL Server at {place} lets this machine not through: {detail}.",
    40613: "Database {name} at {place} is not available at this moment; try again in a minute.",
    40501: "SQL Server at {place} is too busy: {detail}.",
    49918: "SQL Server at {place} is too busy: {detail}.",
    10928: "SQL Server at {place} takes no more work from this database: {detail}.",
    10929: "SQL Server at {place} takes no more work from this database: {detail}.",
    17809: "SQL Server at {place} takes no more connections: {detail}.",
    3906: "Database {name} is read-only: {detail}.",
    978: "Database {name} at {place} is a read-only replica: {detail}.",
    3961: "A table was altered by somebody else meanwhile: {detail}.",
    262: "User {user} lacks a permission in database {name}: {detail}.",
    229: "User {user} lacks a permission in database {name}: {detail}.",
    230: "User {user} lacks a permission in database {name}: {detail}.",
    297: "User {user} lacks a permission on the server: {detail}.",
    300: "User {user} lacks a permission on the server: {detail}.",
    371: "User {user} lacks a permission on the server: {detail}.",
    1088: "User {user} may not change it, or it is not there: {detail}.",
    4902: "User {user} may not change it, or it is not there: {detail}.",
    15247: "User {user} lacks a permission in database {name}: {detail}.",
    2760: (
        "User {user} has no schema to make tables in: {detail}. Its default schema is missing, or it has no right to"
        " use it."
    ),
    15151: "It is not there, or user {user} has no right to it: {detail}.",
    1222: "A lock could not be had in time in database {name}: {detail}.",
    1205: "SQL Server ended a deadlock in database {name} by rolling our transaction back: {detail}.",
    1204: "SQL Server ran out of locks: {detail}.",
    701: "SQL Server ran out of memory: {detail}.",
    1105: "Database {name} has no room left: {detail}.",
    9002: "The transaction log of database {name} is full: {detail}.",
    1101: "Database {name} has no room left: {detail}.",
    1505: "Rows are alike that must differ: {detail}.",
    2627: "A row is like another that it must differ from: {detail}.",
    2601: "A row is like another that it must differ from: {detail}.",
    515: "A value is missing (NULL) where there must be one: {detail}.",
    547: "A row is against a constraint: {detail}.",
    8152: "A value is too long for its column: {detail}.",
    2628: "A value is too long for its column: {detail}.",
    8115: "A number is too large for its column: {detail}.",
    220: "A number is too large for its column: {detail}.",
    245: "A value cannot be converted: {detail}.",
    8114: "A value cannot be converted: {detail}.",
    241: "A value cannot be converted: {detail}.",
    242: "A value cannot be converted: {detail}.",
    8169: "A value cannot be converted: {detail}.",
    8134: "A check or a default divides by zero: {detail}.",
    206: "One type cannot become the other: {detail}.",
    529: "One type cannot become the other: {detail}.",
    5074: "Something depends on the column, and must go before it changes: {detail}.",
    4922: "Something depends on the column, and must go before it changes: {detail}.",
    3729: "Something depends on it, and must go first: {detail}.",
    3726: "A foreign key of another table points to the table, and must go first: {detail}.",
    3723: "The index is that of a constraint, which must be dropped instead: {detail}.",
    3728: "It is no constraint: a unique index was made in place of one, or the other way round: {detail}.",
    3727: "The constraint could not be dropped: {detail}.",
    3701: "It is not there, or user {user} has no right to it: {detail}.",
    1913: "There is an index or statistics of that name already: {detail}.",
    1919: (
        "The column is of a type that no index can have, a text without a limit for one; give it a length: {detail}."
    ),
    1944: "The index would be wider than SQL Server allows: {detail}.",
    1946: "The index would be wider than SQL Server allows: {detail}.",
    1785: "SQL Server does not allow several ways of cascading, nor a circle: {detail}.",
    1776: "The columns that a foreign key points to have no unique key: {detail}.",
    1778: "A foreign key and what it points to have different types: {detail}.",
    1750: "A constraint or index could not be made: {detail}.",
    2714: "There is something of that name already: {detail}.",
    2705: "There is a column of that name already: {detail}.",
    15336: "Something depends on it, and must go before it gets another name: {detail}.",
    15335: "There is something of that name already: {detail}.",
    207: "There is no such column: {detail}.",
    208: "There is no such table or view: {detail}.",
    2812: "There is no such procedure: {detail}.",
    4901: "Rows are there, for which the new column has neither NULL nor a default: {detail}.",
    4924: "There is no such column: {detail}.",
    8106: "The table numbers no rows: {detail}.",
    544: "The server numbers the rows itself: {detail}.",
    8102: "The server numbers the rows itself: {detail}.",
    226: "No transaction may hold this statement; its migration needs atomic = False: {detail}.",
    574: "No transaction may hold this statement; its migration needs atomic = False: {detail}.",
    3902: "The transaction was over already: {detail}.",
    3903: "The transaction was over already: {detail}.",
    3609: "A trigger ended the transaction: {detail}.",
    3616: "An error in a trigger ended the transaction: {detail}.",
    3930: "An earlier error has doomed the transaction: {detail}.",
    3998: "An earlier error has doomed the transaction: {detail}.",
    3931: "An earlier error has doomed the transaction: {detail}.",
    13535: "The table is a temporal one, whose history forbids it: {detail}.",
    596: "Somebody ended our connection to SQL Server at {place}.",
    6005: "SQL Server at {place} is shutting down.",
}

# Texts in English, for errors without a number, and of the drivers themselves. The first that matches counts.
BY_TEXT: tuple[tuple[str, int | str], ...] = (
    (r"An error has made SQL Server roll", "{detail}."),
    (r"Login failed for user", 18456),
    (r"Cannot open database|The login failed", 4060),
    (r"is not able to access the database", 916),
    (r"default schema|specified schema name .* either does not exist", 2760),
    (r"Lock request time out|lock timeout", 1222),
    (r"deadlock", 1205),
    (r"Cannot insert the value NULL|violates not-null constraint", 515),
    (r"conflicted with the|violates (foreign key|check) constraint", 547),
    (r"CREATE UNIQUE INDEX statement terminated|could not create unique index", 1505),
    (r"Cannot insert duplicate key|Violation of (UNIQUE|PRIMARY) KEY|duplicate key value", 2627),
    (r"would be truncated|value too long for type", 2628),
    (r"Conversion failed|Error converting|invalid input syntax for type", 245),
    (r"Arithmetic overflow|out of range", 8115),
    (r"[Dd]ivi(de|sion) by zero", 8134),
    (r"failed because one or more objects access this column|is dependent on column", 4922),
    (r"may cause cycles or multiple cascade paths", 1785),
    (r"invalid for use as a key column", 1919),
    (r"index or statistics with name .* already exists", 1913),
    (r"participates in enforced dependencies", 15336),
    (r"There is already an object named|already exists", 2714),
    (r"Column names in each table must be unique", 2705),
    (r"Invalid object name|relation .* does not exist", 208),
    (r"Invalid column name|column .* does not exist", 207),
    (r"permission was denied|permission denied|does not have permission", 229),
    (r"not allowed within (a )?multi-statement transaction|cannot run inside a transaction", 226),
    (r"current transaction cannot be committed|transaction is aborted", 3930),
    (r"READ_ONLY|read-only", 3906),
    (
        r"Query timeout expired|query has timed out|canceling statement due to statement timeout",
        "SQL Server was told to end a statement that took too long: {detail}.",
    ),
    (
        r"Can't open lib|Data source name not found|driver could not be loaded",
        "The ODBC driver that the settings name is not on this machine: {detail}.",
    ),
    (
        r"certificate verify failed|certificate chain|SSL Provider|SSL routines",
        "SQL Server at {place} has no certificate that this machine trusts: {detail}.",
    ),
    (
        r"Login timeout expired|TCP Provider|Named Pipes|server was not found|Unable to connect",
        "SQL Server does not answer at {place}: {detail}.",
    ),
    (
        r"Communication link failure|connection is (broken|closed)|08S01|10054",
        "The connection to SQL Server at {place} was lost.",
    ),
)

NUMBERS = re.compile(r"\((\d{2,6})\)(?=\s*\(SQL\w+\)|;\s*\[|[\s'\")]*$)")
"""The number at the end of each of pyodbc's messages; a value in parentheses may stand before it."""

PREFIX = re.compile(r"^(?:\s*\[[^\]]*\])+\s*")

LATER = (3621, 5701, 5703, 1750, 3727)
"""Numbers of messages that only say that another one has stopped a statement, or that tell of something else."""

LOCK_TIMEOUT, DEADLOCK, DOOMED = 1222, 1205, (3930, 3931, 3998)


def explain(database: Database, error: BaseException) -> str:
    """Return one sentence for an error of Django or of the driver."""
    settings = database.connection.settings_dict
    host, port = str(settings.get("HOST") or "localhost"), str(settings.get("PORT") or "1433")
    facts = {
        "place": f"{printable(host)}, port {port}",
        "user": repr(str(settings.get("USER") or "")),
        "name": repr(str(settings.get("NAME") or "")),
        "detail": detail(error),
    }
    text = sentence(error).format(**facts)
    if number(error) == LOCK_TIMEOUT and (blockers := database.blockers()):
        text = f"{text.removesuffix('.')}; it is held by {blockers}."
    return database.without_password(printable(text))


def sentence(error: BaseException) -> str:
    """Return what to say of an error, with places for its details."""
    found = BY_NUMBER.get(number(error))
    if found is not None:
        return found
    said = text_of(error)
    for pattern, meaning in BY_TEXT:
        if not isinstance(meaning, int) and re.search(pattern, said, re.IGNORECASE):
            return meaning
    return "SQL Server says: {detail}."


def number(error: BaseException) -> int:
    """Return the server's number of an error, as the driver gives it or as its text tells; 0 where neither does."""
    said = text_of(error)
    given = [int(one) for one in NUMBERS.findall(said)]
    known = [one for one in given if one in BY_NUMBER]
    telling = [one for one in known if one not in LATER] or known
    if telling:
        return telling[0]
    for pattern, meaning in BY_TEXT:
        if re.search(pattern, said, re.IGNORECASE):
            return meaning if isinstance(meaning, int) else 0
    return given[0] if given else 0


def text_of(error: BaseException) -> str:
    """Return what a driver says: pyodbc puts the SQLSTATE before it, as an argument of its own."""
    for one in (error, error.__cause__):
        arguments = [str(argument) for argument in getattr(one, "args", ()) if str(argument)]
        if arguments:
            return arguments[-1]
    return str(error)


def detail(error: BaseException) -> str:
    """Return the server's own words, without what the drivers put around them."""
    said = text_of(error).rpartition("DDBC Error: ")[2] or text_of(error)
    messages = []
    for message in re.split(r";\s*(?=\[\w{5}\]\s*\[)", said):
        numbers = [int(one) for one in NUMBERS.findall(message)]
        message = re.sub(r"\s*\(SQL\w+\)[\s'\")]*$", "", message)
        message = re.sub(r"\s*\(\d+\)\s*$", "", PREFIX.sub("", message))
        message = printable(message).strip().rstrip(".")
        if message and not set(numbers) & {3621, 5701, 5703}:
            messages.append(message)
    return ". ".join(dict.fromkeys(messages)) or type(error).__name__
