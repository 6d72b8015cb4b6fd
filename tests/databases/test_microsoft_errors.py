"""What SQL Server and its two drivers say is one sentence, whichever of them says it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError

from migwizard.databases.base import Database
from migwizard.databases.microsoft import errors

PYODBC = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"


class Asked(Database):
    """A database of which only settings and blockers matter."""

    def __init__(self, blockers: str = "") -> None:
        settings = {"HOST": "db1", "PORT": "", "USER": "shop", "NAME": "shop", "PASSWORD": "s3cret"}
        super().__init__(SimpleNamespace(settings_dict=settings))  # type: ignore[arg-type]
        self.blocked_by = blockers

    def blockers(self) -> str:
        return self.blocked_by


def pyodbc(state: str, *messages: tuple[str, int]) -> ProgrammingError:
    """Return an error as pyodbc writes it."""
    texts = [f"[{state}] {PYODBC}{text} ({number})" for text, number in messages]
    texts[0] += " (SQLExecDirectW)"
    return ProgrammingError(state, "; ".join(texts))


def python(said: str, text: str) -> ProgrammingError:
    """Return an error as mssql-python writes it."""
    return ProgrammingError(f"Driver Error: {said}; DDBC Error: [Microsoft][SQL Server]{text}")


MISSING = 'The specified schema name "x" either does not exist or you do not have permission to use it.'


@pytest.mark.parametrize(
    ("error", "number", "sentence"),
    [
        (
            pyodbc("42000", (MISSING, 2760)),
            2760,
            f"User 'shop' has no schema to make tables in: {MISSING[:-1]}. Its default schema is missing, or it has no"
            " right to use it.",
        ),
        (
            python("Syntax error or access violation", MISSING),
            2760,
            f"User 'shop' has no schema to make tables in: {MISSING[:-1]}. Its default schema is missing, or it has no"
            " right to use it.",
        ),
        (
            pyodbc(
                "42000",
                ("The object 'DF__t__n' is dependent on column 'n (1)'.", 5074),
                ("The index 'i' is dependent on column 'n (1)'.", 5074),
                ("ALTER TABLE ALTER COLUMN n failed because one or more objects access this column.", 4922),
            ),
            5074,
            "Something depends on the column, and must go before it changes: The object 'DF__t__n' is dependent on"
            " column 'n (1)'. The index 'i' is dependent on column 'n (1)'. ALTER TABLE ALTER COLUMN n failed because"
            " one or more objects access this column.",
        ),
        (
            pyodbc(
                "23000",
                ("Violation of UNIQUE KEY constraint 'u'. The duplicate key value is (5).", 2627),
                ("The statement has been terminated.", 3621),
            ),
            2627,
            "A row is like another that it must differ from: Violation of UNIQUE KEY constraint 'u'. The duplicate key"
            " value is (5).",
        ),
        (
            pyodbc(
                "42S01",
                ("There is already an object named 't' in the database.", 2714),
                ("Could not create constraint or index. See previous errors.", 1750),
            ),
            2714,
            "There is something of that name already: There is already an object named 't' in the database. Could not"
            " create constraint or index. See previous errors.",
        ),
        (
            pyodbc("42000", ("Could not create constraint. See previous errors.", 1750)),
            1750,
            "A constraint or index could not be made: Could not create constraint. See previous errors.",
        ),
        (
            pyodbc("28000", ("Login failed for user 'shop'.", 18456)),
            18456,
            "SQL Server at db1, port 1433 does not let user 'shop' in: Login failed for user 'shop'.",
        ),
        (
            OperationalError(
                "HYT00", "[HYT00] [Microsoft][ODBC Driver 18]Login timeout expired (0) (SQLDriverConnect)"
            ),
            0,
            "SQL Server does not answer at db1, port 1433: Login timeout expired.",
        ),
        (
            python("Timeout expired", "Query timeout expired"),
            0,
            "SQL Server was told to end a statement that took too long: Query timeout expired.",
        ),
        (
            OperationalError(
                "08S01", "[08S01] [Microsoft][ODBC Driver 18]Communication link failure (0) (SQLExecute)"
            ),
            0,
            "The connection to SQL Server at db1, port 1433 was lost.",
        ),
        (
            pyodbc("42000", ("Something new s3cret\x1b[31m.", 99999)),
            99999,
            "SQL Server says: Something new *** [31m.",
        ),
        (
            pyodbc(
                "42000", ("ALTER DATABASE statement not allowed within multi-statement transaction.", 226)
            ),
            226,
            "No transaction may hold this statement; its migration needs atomic = False: ALTER DATABASE statement not"
            " allowed within multi-statement transaction.",
        ),
        (
            ProgrammingError("42000", "[42000] [X][SQL Server]value (12) is odd (33557097) (SQLExecDirectW)"),
            0,
            "SQL Server says: value (12) is odd.",
        ),
        (
            IntegrityError("nothing of the driver's"),
            0,
            "SQL Server says: nothing of the driver's.",
        ),
    ],
)
def test_an_error_is_one_sentence(error, number, sentence):
    assert errors.explain(Asked(), error) == sentence
    assert errors.number(error) == number


def test_whoever_holds_a_lock_is_named():
    error = pyodbc("42000", ("Lock request time out period exceeded.", 1222))
    assert errors.explain(Asked("ann (process 51, sqlcmd)"), error) == (
        "A lock could not be had in time in database 'shop': Lock request time out period exceeded; it is held by"
        " ann (process 51, sqlcmd)."
    )


def test_every_sentence_has_what_it_names():
    facts = {"place": "P", "user": "U", "name": "N", "detail": "D"}
    for number, sentence in errors.BY_NUMBER.items():
        assert sentence.format(**facts).endswith("."), number
    assert {number for _, number in errors.BY_TEXT if isinstance(number, int)} <= errors.BY_NUMBER.keys()
