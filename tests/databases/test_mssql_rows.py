"""The schema of SQL Server from the rows of its catalogue, whole structures compared; no server is needed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Trigger, View
from migwizard.core.situation import DatabaseInfo
from migwizard.core.truths.objects import Ids, constraint_slot, index_slot
from migwizard.databases import SchemaUnreadable
from migwizard.databases.microsoft import catalogue
from migwizard.databases.microsoft.types import type_text

from .mssql_rows import CUSTOMER, ORDER, database, order, snapshot


def test_columns_say_everything_about_themselves():
    assert order().columns == (
        Column("id", "bigint", False, identity="identity"),
        Column("code", "nvarchar(30)", True, "(N'x')"),
        Column("total", "numeric(10,2)", False, "((0))"),
        Column("gross", "numeric(12,2)", True, generated="stored ([total]*(1.19))"),
        Column("customer_id", "int", True),
        Column("data", "nvarchar(max)", False, collation="Latin1_General_BIN2"),
        Column("a]b", "[dbo].[Phone]", True),
    )


def test_constraints_say_everything_about_themselves_but_names_that_the_server_made_up():
    assert order().constraints == (
        Constraint("primary", "", ("id",)),
        Constraint("unique", "shop_order_code_uniq", ("code",), nulls_distinct=False),
        Constraint("check", "", ("a]b", "total"), "([a]]b]<>'total')", validated=False, enforced=False),
        Constraint("check", "shop_order_total_1a2b3c4d_check", ("total",), "([total]>=(0))"),
        Constraint(
            "foreign",
            "FK_c",
            ("customer_id",),
            references=("sales.shop_customer", ("id",)),
            validated=False,
        ),
        Constraint(
            "foreign",
            "pair",
            ("customer_id", "id"),
            references=("sales.pairs", ("y", "x")),
            on_delete="cascade",
            on_update="set null",
        ),
    )


def test_a_name_that_somebody_gave_is_kept_even_where_the_server_still_takes_it_for_its_own():
    (key,) = snapshot().tables["sales.shop_customer"].constraints
    assert key == Constraint("primary", "PK__renamed_by_hand", ("id",))


def test_indexes_say_everything_about_themselves():
    assert order().indexes == (
        Index(
            "by_total",
            (IndexPart("total", descending=True), IndexPart("customer_id")),
            include=("data",),
        ),
        Index(
            "code_f",
            (IndexPart("code"),),
            unique=True,
            condition="([code] IS NOT NULL)",
            nulls_distinct=False,
        ),
        Index(
            "off",
            (IndexPart("customer_id"),),
            unique=True,
            valid=False,
            nulls_distinct=False,
            options="ignore_dup_key=on",
        ),
        Index("store", (IndexPart("total"), IndexPart("customer_id")), method="nonclustered columnstore"),
    )


def test_the_rest_of_a_table_and_the_views():
    found = snapshot()
    assert found.schema == "dbo"
    assert list(found.tables) == ["shop_order", "sales.shop_customer"]
    assert found.tables["shop_order"].triggers == (
        Trigger("hidden", ""),
        Trigger("noted", "CREATE TRIGGER noted …"),
    )
    assert [table.rows for table in found.tables.values()] == [7, 0]
    assert found.tables["sales.shop_customer"].columns[1].type == "datetimeoffset(7)"
    assert found.views == (
        View(
            "totals",
            "view",
            "CREATE VIEW totals AS SELECT total FROM shop_order",
            (("sales.shop_customer", "id"), ("shop_order", "")),
        ),
    )


def test_where_no_dependencies_are_kept_a_view_uses_the_tables_that_it_names():
    tables = [(ORDER, "dbo", "shop_order"), (3, "dbo", "shop"), (CUSTOMER, "sales", "total")]
    (view,) = snapshot({catalogue.DEPENDENCIES_OF: [], catalogue.ALL_TABLES: tables}).views
    assert view.depends_on == (("sales.total", ""), ("shop_order", ""))


def test_an_indexed_view_is_a_materialized_one():
    (view,) = snapshot({catalogue.INDEXED_VIEWS_OF: [(5,)]}).views
    assert view.kind == "materialized-view"


@pytest.mark.parametrize(
    ("row", "partitioned", "kind"),
    [
        ((2, False, False), [], "temporal"),
        ((1, False, False), [], "temporal"),
        ((None, True, False), [], "foreign"),
        ((0, False, True), [], "memory-optimized"),
        ((0, False, False), [(ORDER,)], "partitioned"),
        ((0, False, False), [(CUSTOMER,)], "table"),
    ],
)
def test_tables_that_are_left_alone_are_told_by_their_kind(row, partitioned, kind):
    rows = {
        catalogue.TABLES_IN: [(ORDER, "dbo", "shop_order", *row)],
        catalogue.PARTITIONED_OF: partitioned,
    }
    assert order(rows).kind == kind


def test_a_period_of_a_temporal_table_is_generated():
    rows = {
        catalogue.COLUMNS_OF: [
            (ORDER, 1, "since", "datetime2", None, 8, 27, 7, False, None, False, 1),
            (ORDER, 2, "until", "datetime2", None, 8, 27, 7, False, None, False, 2),
        ],
        catalogue.COMPUTED_OF: [],
    }
    assert [column.generated for column in order(rows).columns] == [
        "stored GENERATED ALWAYS AS ROW START",
        "stored GENERATED ALWAYS AS ROW END",
    ]


def test_only_the_tables_that_are_asked_for_are_read():
    assert list(snapshot(tables=["sales.shop_customer"]).tables) == ["sales.shop_customer"]
    assert snapshot(tables=["sales.shop_customer"]).views == ()
    assert list(snapshot(tables=[f"t{number}" for number in range(2000)]).tables) == []


def test_a_schema_that_is_not_there_has_no_tables():
    assert snapshot({catalogue.MAY_SEE: [(None, None, 0, 0, "app")]}).tables == {}
    assert snapshot({catalogue.PLACE: [(None, None)]}).schema == ""


def test_what_may_be_seen_in_part_only_is_not_claimed_to_be_the_whole():
    with pytest.raises(SchemaUnreadable) as refused:
        snapshot({catalogue.MAY_SEE: [(1, 0, 0, 0, "a]b\x1b[2J")]}, schema="x]y")
    assert str(refused.value) == (
        "The user a]b [2J may not see all definitions in the schema x]y, and what it cannot see would look as if it"
        " were missing: GRANT VIEW DEFINITION ON SCHEMA::[x]]y] TO [a]]b [2J] lets it."
    )


@pytest.mark.parametrize("sees", [(1, 1, 0, 0, "u"), (1, 0, 1, 0, "u"), (1, None, None, 1, "u")])
def test_owners_and_administrators_see_all(sees):
    assert len(snapshot({catalogue.MAY_SEE: [sees]}).tables) == 2


def test_what_changed_is_told_by_all_that_is_read():
    before, everything = database().changed_tables(None)
    assert everything == {"shop_order", "sales.shop_customer", "totals"}
    assert database().changed_tables(before) == (before, frozenset())
    _, changed = database({catalogue.DEFAULTS_OF: []}).changed_tables(before)
    assert changed == {"shop_order"}


@pytest.mark.parametrize("name", [name for name in dir(catalogue) if name.endswith("_OF")])
def test_a_query_for_objects_ends_with_what_their_numbers_are_compared_with(name):
    assert re.search(r"(?:WHERE|AND) [a-z]\.\w+$", getattr(catalogue, name).rstrip())


@pytest.mark.parametrize(
    ("name", "length", "precision", "scale", "text"),
    [
        ("nvarchar", -1, 0, 0, "nvarchar(max)"),
        ("nchar", 20, 0, 0, "nchar(10)"),
        ("varbinary", 20, 0, 0, "varbinary(20)"),
        ("char", 32, 0, 0, "char(32)"),
        ("DECIMAL", 9, 12, 0, "decimal(12,0)"),
        ("time", 5, 16, 7, "time(7)"),
        ("datetime2", 8, 27, 0, "datetime2(0)"),
        ("datetime", 8, 23, 3, "datetime"),
        ("float", 8, 53, 0, "float"),
        ("float", 8, 30, 0, "float(30)"),
        ("real", 4, 24, 0, "real"),
        ("uniqueidentifier", 16, 0, 0, "uniqueidentifier"),
        ("bit", 1, 1, 0, "bit"),
    ],
)
def test_types_are_written_as_in_a_definition(name, length, precision, scale, text):
    assert type_text(name, length, precision, scale) == text


@pytest.mark.parametrize(
    ("version", "engine", "text"),
    [
        ("14.0.3465.1", 3, "SQL Server 2017 (14.0.3465.1)"),
        ("16.0.4165.4", 2, "SQL Server 2022 (16.0.4165.4)"),
        ("17.0.700.9", 3, "SQL Server 2025 (17.0.700.9)"),
        ("18.0.1.2", 3, "SQL Server 18.0.1.2"),
        ("12.0.2000.8", 5, "Azure SQL Database"),
        ("12.0.2000.8", 8, "Azure SQL Managed Instance"),
    ],
)
def test_a_server_is_called_as_users_call_it(version, engine, text):
    row = ("shop", "dbo", "deploy", "dbo", version, engine, "", "SQL1")
    assert database({catalogue.DESCRIPTION: [row]}).describe().version == text


@pytest.mark.parametrize(
    ("settings", "host", "port", "local"),
    [
        ({"HOST": "127.0.0.1", "PORT": "1433"}, "127.0.0.1", "1433", True),
        ({"HOST": "tcp:shop.database.windows.net,1433"}, "shop.database.windows.net", "1433", False),
        ({"HOST": r"db1\PROD"}, r"db1\PROD", "", False),
        ({"HOST": "."}, ".", "", True),
        ({"OPTIONS": {"dsn": "shop"}}, "SQL1", "", False),
        ({}, "", "", True),
    ],
)
def test_where_a_server_is_comes_from_the_settings(settings, host, port, local):
    row = ("shop", None, None, "dep\x1bloy", "16.0.1.1", 3, "", "SQL1")
    assert database({catalogue.DESCRIPTION: [row]}, settings).describe() == DatabaseInfo(
        alias="default",
        vendor="microsoft",
        name="shop",
        schema="",
        host=host,
        port=port,
        user="dep loy",
        version="SQL Server 2022 (16.0.1.1)",
        local=local,
    )


def test_a_unique_constraint_is_not_the_filtered_index_that_a_nullable_field_has():
    filtered = order().indexes[1]
    constraint = order().constraints[1]
    ids = Ids({column.name: column.name for column in order().columns}, {})
    assert index_slot(filtered, ids) != constraint_slot(constraint, ids)
    whole = replace(filtered, condition="")
    assert index_slot(whole, ids) == constraint_slot(constraint, ids)
