"""The catalogue of a SQL Server as rows: what a cursor answers where there is no server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from migwizard.core.schema import Snapshot, Table
from migwizard.databases.microsoft import SQLServer, catalogue

Rows = Sequence[tuple[Any, ...]]

COLLATION = "SQL_Latin1_General_CP1_CI_AS"
SEES_ALL = (1, 1, 0, 0, "app")

ORDER = 900
CUSTOMER = 901

# What `SELECT` gives on SQL Server 2022 for the tables of Django's models; numbers and hashes are the server's.
CATALOGUE: dict[str, Rows] = {
    catalogue.PLACE: [("dbo", COLLATION)],
    catalogue.MAY_SEE: [SEES_ALL],
    catalogue.TABLES_IN: [
        (ORDER, "dbo", "shop_order", 0, False, False),
        (CUSTOMER, "sales", "shop_customer", 0, False, False),
    ],
    catalogue.ROWS_OF: [(ORDER, 1, 3), (ORDER, 2, 4), (CUSTOMER, 1, 0)],
    catalogue.COLUMNS_OF: [
        (ORDER, 1, "id", "bigint", None, 8, 19, 0, False, None, True, 0),
        (ORDER, 2, "code", "nvarchar", None, 60, 0, 0, True, COLLATION, False, 0),
        (ORDER, 3, "total", "numeric", None, 9, 10, 2, False, None, False, 0),
        (ORDER, 4, "gross", "numeric", None, 9, 12, 2, True, None, False, 0),
        (ORDER, 5, "customer_id", "int", None, 4, 10, 0, True, None, False, 0),
        (ORDER, 6, "data", "nvarchar", None, -1, 0, 0, False, "Latin1_General_BIN2", False, 0),
        (ORDER, 8, "a]b", "Phone", "dbo", 40, 0, 0, True, COLLATION, False, 0),
        (CUSTOMER, 1, "id", "int", None, 4, 10, 0, False, None, True, 0),
        (CUSTOMER, 2, "at", "datetimeoffset", None, 10, 34, 7, False, None, False, 0),
    ],
    catalogue.DEFAULTS_OF: [
        (ORDER, 3, "((0))", "DF__shop_orde__total__4BAC3F29"),
        (ORDER, 2, "(N'x')", "DF_code"),
    ],
    catalogue.COMPUTED_OF: [(ORDER, 4, "([total]*(1.19))", True)],
    catalogue.KEYS_OF: [
        (ORDER, "PK__shop_ord__3213E83F6A3C9E4C", True),
        (ORDER, "shop_order_code_uniq", False),
        (CUSTOMER, "PK__renamed_by_hand", True),
    ],
    catalogue.CHECKS_OF: [
        (ORDER, "shop_order_total_1a2b3c4d_check", False, "([total]>=(0))", False, False),
        (ORDER, "CK__shop_order__a]b__4CA06362", True, "([a]]b]<>'total')", True, True),
    ],
    catalogue.FOREIGN_OF: [
        *(
            (
                77,
                place,
                ORDER,
                "pair",
                False,
                "CASCADE",
                "SET_NULL",
                False,
                own,
                "sales",
                "pairs",
                other,
                False,
            )
            for place, own, other in ((1, 5, "y"), (2, 1, "x"))
        ),
        *[
            (
                78,
                1,
                ORDER,
                "FK_c",
                False,
                "NO_ACTION",
                "NO_ACTION",
                True,
                5,
                "sales",
                "shop_customer",
                "id",
                False,
            )
        ],
    ],
    catalogue.INDEXES_OF: [
        (ORDER, 1, "PK__shop_ord__3213E83F6A3C9E4C", "CLUSTERED", True, True, False, False, None, False),
        (ORDER, 2, "shop_order_code_uniq", "NONCLUSTERED", True, False, True, False, None, False),
        (ORDER, 3, "code_f", "NONCLUSTERED", True, False, False, False, "([code] IS NOT NULL)", False),
        (ORDER, 4, "by_total", "NONCLUSTERED", False, False, False, False, None, False),
        (ORDER, 5, "off", "NONCLUSTERED", True, False, False, True, None, True),
        (ORDER, 6, "store", "NONCLUSTERED COLUMNSTORE", False, False, False, False, None, False),
        (CUSTOMER, 1, "PK__renamed_by_hand", "CLUSTERED", True, True, False, False, None, False),
    ],
    catalogue.INDEX_COLUMNS_OF: [
        (ORDER, 1, 1, 1, 1, False, False),
        (ORDER, 2, 1, 1, 2, False, False),
        (ORDER, 3, 1, 1, 2, False, False),
        (ORDER, 4, 0, 3, 6, False, True),
        (ORDER, 4, 2, 2, 5, False, False),
        (ORDER, 4, 1, 1, 3, True, False),
        # The column of a partition scheme, which is neither a key nor included.
        (ORDER, 4, 0, 4, 1, False, False),
        (ORDER, 5, 1, 1, 5, False, False),
        (ORDER, 6, 0, 1, 3, False, True),
        (ORDER, 6, 0, 2, 5, False, True),
        (CUSTOMER, 1, 1, 1, 1, False, False),
    ],
    catalogue.TRIGGERS_OF: [(ORDER, "noted", "CREATE TRIGGER noted …"), (ORDER, "hidden", None)],
    catalogue.VIEWS_IN: [(5, "dbo", "totals")],
    catalogue.DEFINITIONS_OF: [(5, "CREATE VIEW totals AS SELECT total FROM shop_order ")],
    catalogue.DEPENDENCIES_OF: [(5, "dbo", "shop_order", None), (5, "sales", "shop_customer", "id")],
}


class Cursor:
    """A cursor that answers each query of the catalogue from rows; nothing else is asked."""

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        self.rows = rows
        self.found: Rows = ()

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *details: object) -> None:
        pass

    def execute(self, sql: str, params: Sequence[Any] | None = None) -> None:
        """Find the rows of a query by what stands before its condition."""
        known = [query for query in (*CATALOGUE, *QUERIES) if sql == query or sql.startswith(query.rstrip())]
        assert known, sql
        assert sql.count("%s") == len(params or ())
        self.found = self.rows.get(max(known, key=len), ())

    def fetchall(self) -> Rows:
        """The rows of the last query."""
        return self.found


QUERIES = tuple(value for name, value in vars(catalogue).items() if name.isupper() and isinstance(value, str))


class Connection:
    """What a connection is asked for while a schema is read."""

    alias = "default"
    vendor = "microsoft"
    display_name = "SQL Server"

    def __init__(self, rows: Mapping[str, Rows], settings: Mapping[str, Any] | None = None) -> None:
        self.rows = rows
        self.settings_dict = settings or {}

    def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self.rows)


def database(rows: Mapping[str, Rows] | None = None, settings: Mapping[str, Any] | None = None) -> SQLServer:
    """A database whose catalogue has these rows, or those of `CATALOGUE` where they say nothing else."""
    connection: Any = Connection(CATALOGUE | dict(rows or {}), settings)
    return SQLServer(connection)


def snapshot(rows: Mapping[str, Rows] | None = None, **restriction: Any) -> Snapshot:
    """What such a catalogue is read as."""
    return database(rows).snapshot(**restriction)


def order(rows: Mapping[str, Rows] | None = None) -> Table:
    """The first table of such a catalogue."""
    return snapshot(rows).tables["shop_order"]
