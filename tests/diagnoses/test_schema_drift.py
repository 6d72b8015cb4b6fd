"""Differences between the live schema and what the applied migrations left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.core.graph import Key
from migwizard.core.schema import Column, Constraint, Index, IndexPart
from migwizard.core.situation import Drift
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.schema_drift import find

from .build import chain, ids, migration, op, situation, table

NAMES = ("shop.0001_initial", "shop.0002_order", "shop.0003_note")
FROM: Key = ("shop", "0002_order")
ID, TOTAL, NOTE = (Column(name, "integer", False) for name in ("id", "total", "note"))
ON_NOTE = Index("shop_note_idx", (IndexPart("note"),))
BOTH = Constraint("unique", "shop_both", ("total", "note"))
CUSTOMER = Constraint("foreign", "shop_fk", ("total",), references=("shop_customer", ("id",)))
POSITIVE = Constraint("check", "shop_positive", (), "(note > 0)")


def drift(
    kind: str, column: str | None = None, name: str = "", expected: str = "", live: str = "", **other
) -> Drift:
    migration = other.pop("migration", FROM)
    return Drift(kind, other.pop("table", "shop_order"), column, name, expected, live, migration, **other)


def with_drifts(*drifts: Drift, live=(ID, TOTAL, NOTE), expected=(ID, TOTAL, NOTE), there=(), wanted=()):
    def made(columns, objects):
        constraints = tuple(item for item in objects if isinstance(item, Constraint))
        indexes = tuple(item for item in objects if isinstance(item, Index))
        return table("shop_order", *columns, constraints=constraints, indexes=indexes)

    return situation(
        chain(*NAMES),
        " ".join(NAMES),
        drifts=drifts,
        tables=[made(live, there), table("shop_customer", "id")],
        expected=[made(expected, wanted), table("shop_customer", "id")],
    )


def test_a_dropped_column_is_exactly_one_finding_with_what_went_with_it():
    made = with_drifts(
        drift("column-missing", "note", expected="column shop_order.note", migration=("shop", "0003_note")),
        drift("index-missing", "note", "shop_note_idx", "index shop_note_idx on shop_order (note)"),
        drift("unique-missing", None, "shop_both", "unique constraint shop_both on shop_order (total, note)"),
        drift("check-missing", None, "shop_positive", "check shop_positive on shop_order ((note > 0))"),
        live=(ID, TOTAL),
        wanted=(ON_NOTE, BOTH, POSITIVE),
    )
    assert diagnose(made, strict=True) == (
        Finding(
            "schema-drift:shop_order.note:column-missing",
            "schema-drift",
            "error",
            Subject("shop", "0003_note", "shop_order", "note", "public"),
            "Column shop_order.note does not exist, though shop.0003_note, which is applied, makes it.",
            evidence=(
                "with it: index shop_note_idx on shop_order (note) does not exist",
                "with it: unique constraint shop_both on shop_order (total, note) does not exist",
                "with it: check shop_positive on shop_order ((note > 0)) does not exist",
                "shop_order has the columns id, total",
            ),
            repairs=(
                Offer("align-schema", "Bring shop_order back to what the migrations made", "careful", True),
            ),
        ),
    )


def test_a_dropped_table_takes_the_foreign_keys_of_others_with_it():
    made = with_drifts(
        drift("table-missing", table="shop_customer", expected="table shop_customer"),
        drift("foreign-key-missing", "total", "shop_fk", "foreign key shop_fk on shop_order (total) to …"),
        drift("index-missing", "id", "x", "index x on shop_customer (id)", table="shop_customer"),
        wanted=(CUSTOMER,),
    )
    (finding,) = find(made)
    assert finding.id == "schema-drift:shop_customer:table-missing"
    assert (
        finding.summary
        == "Table shop_customer does not exist, though shop.0002_order, which is applied, makes it."
    )
    assert len(finding.evidence) == 2


@pytest.mark.parametrize(
    ("columns", "alike"),
    [(("id", "total", "note"), True), (("id", "total"), True), (("id", "x", "y"), False), (("id",), False)],
)
def test_a_table_that_may_have_been_renamed_by_hand_is_not_made_anew_beside_its_rows(columns, alike):
    line = Constraint("foreign", "line_fk", ("total",), references=("shop_order_old", ("id",)))
    made = situation(
        chain(*NAMES),
        " ".join(NAMES),
        drifts=(
            drift("table-missing", expected="table shop_order"),
            drift("table-unknown", table="shop_order_old", migration=None),
            drift("foreign-key-unknown", "total", "line_fk", live="x", table="shop_line", migration=None),
        ),
        tables=[table("shop_order_old", *columns), table("shop_line", "id", "total", constraints=(line,))],
        expected=[table("shop_order", "id", "total", "note"), table("shop_line", "id", "total")],
    )
    missing, followed = find(made)
    assert [bool(finding.repairs) for finding in (missing, followed)] == [not alike, not alike]
    told = (
        "shop_order_old belongs to no migration, but has its columns: if that is shop_order, renamed by hand, name it"
        " back, which keeps its rows; if not, the action `align-schema shop_order` makes an empty table"
    )
    assert (told in missing.evidence) is alike


def test_what_follows_from_a_column_that_another_finding_tells_is_left_out():
    made = with_drifts(
        drift("index-missing", "note", "shop_note_idx", "index shop_note_idx on shop_order (note)"),
        live=(ID, TOTAL),
        wanted=(ON_NOTE,),
    )
    assert find(made) == ()


def test_a_changed_type_is_exactly_one_finding():
    made = with_drifts(
        drift("column-type", "note", expected="character varying(20)", live="text"),
        drift("column-default", "note", expected="'a'::character varying", live="'a'::text"),
        drift("check-missing", None, "shop_positive", "check shop_positive on shop_order (a)"),
        drift("check-unknown", None, "shop_positive", live="shop_positive", migration=None),
        there=(replace(POSITIVE, definition="((note)::text > 0)"),),
        wanted=(POSITIVE,),
    )
    (finding,) = find(made)
    assert finding.id == "schema-drift:shop_order.note:column-type"
    assert (
        finding.summary == "Column shop_order.note has the type text where character varying(20) is expected."
    )
    assert finding.evidence == (
        "what is expected is what shop.0002_order leaves",
        "with it: column shop_order.note has the default 'a'::text where 'a'::character varying is expected",
        "with it: check shop_positive on shop_order (a) does not exist",
        "with it: check shop_positive on shop_order (((note)::text > 0)) exists, but no applied migration makes it",
    )


def test_another_default_beside_another_type_is_a_difference_of_its_own():
    made = with_drifts(
        drift("column-type", "note", expected="integer", live="bigint"),
        drift("column-default", "note", expected="0", live="7"),
    )
    assert ids(find(made)) == [
        "schema-drift:shop_order.note:column-type",
        "schema-drift:shop_order.note:column-default",
    ]


def test_an_object_that_is_another_under_the_same_name_is_one_finding():
    made = with_drifts(
        drift("index-missing", "note", "shop_note_idx", "index shop_note_idx on shop_order (note)"),
        drift("index-unknown", "total", "shop_note_idx", live="shop_note_idx", migration=None),
        there=(Index("shop_note_idx", (IndexPart("total"),)),),
        wanted=(ON_NOTE,),
    )
    (finding,) = find(made)
    assert finding.id == "schema-drift:shop_order.note:index-missing:shop_note_idx"
    assert finding.evidence == (
        "with it: index shop_note_idx on shop_order (total) exists, but no applied migration makes it",
    )


@pytest.mark.parametrize(
    ("column", "severity", "details"),
    [
        (Column("extra", "text", False), "error", "(text, NOT NULL, no default)"),
        (Column("extra", "text", True), "info", "(text, NULL allowed, no default)"),
        (Column("extra", "text", False, default="''"), "info", "(text, NOT NULL, default '')"),
        (
            Column("extra", "bigint", False, identity="identity"),
            "info",
            "(bigint, NOT NULL, numbered by the database)",
        ),
        (
            Column("extra", "text", False, generated="stored upper(a)"),
            "info",
            "(text, NOT NULL, generated as stored upper(a))",
        ),
    ],
)
def test_an_unknown_column_matters_only_where_rows_need_a_value_for_it(column, severity, details):
    made = with_drifts(
        drift("column-unknown", "extra", live="extra", migration=None),
        drift("index-unknown", "extra", "x", live="x", migration=None),
        live=(ID, TOTAL, NOTE, column),
        there=(Index("x", (IndexPart("extra"),)),),
    )
    (finding,) = find(made)
    assert finding.severity == severity
    assert finding.summary == f"Column shop_order.extra {details} exists, but no applied migration makes it."
    assert finding.evidence == (
        "with it: index x on shop_order (extra) exists, but no applied migration makes it",
        "shop_order has the columns id, total, note, extra",
    )


@pytest.mark.parametrize(
    ("expected", "live", "severity", "summary"),
    [
        ("none", "7", "info", "has the default 7 where none is expected"),
        ("7", "none", "warning", "has no default where 7 is expected"),
        ("7", "8", "warning", "has the default 8 where 7 is expected"),
    ],
)
def test_defaults(expected, live, severity, summary):
    (finding,) = find(with_drifts(drift("column-default", "total", expected=expected, live=live)))
    assert (finding.severity, finding.summary) == (severity, f"Column shop_order.total {summary}.")


@pytest.mark.parametrize(
    ("expected", "live", "severity", "summary"),
    [
        ("NULL allowed", "NOT NULL", "error", "is NOT NULL where it should allow NULL"),
        ("NOT NULL", "NULL allowed", "warning", "allows NULL where NOT NULL is expected"),
    ],
)
def test_nullability(expected, live, severity, summary):
    (finding,) = find(with_drifts(drift("column-nullability", "total", expected=expected, live=live)))
    assert (finding.severity, finding.summary) == (severity, f"Column shop_order.total {summary}.")


@pytest.mark.parametrize(
    ("kind", "column", "name", "expected", "live", "severity", "summary"),
    [
        (
            "column-identity",
            "id",
            "",
            "numbered by the database",
            "not numbered by the database",
            "error",
            "Column shop_order.id is not numbered by the database where it should be numbered by the database.",
        ),
        (
            "column-generated",
            "total",
            "",
            "stored (a + b)",
            "none",
            "error",
            "Column shop_order.total is not generated where stored (a + b) is expected.",
        ),
        (
            "column-generated",
            "total",
            "",
            "none",
            "stored (a + b)",
            "error",
            "Column shop_order.total is generated as stored (a + b) where an ordinary column is expected.",
        ),
        (
            "column-collation",
            "total",
            "",
            "C",
            "none",
            "warning",
            "Column shop_order.total has no collation where C is expected.",
        ),
        (
            "column-comment",
            "total",
            "",
            "none",
            "x",
            "info",
            "Column shop_order.total has the comment x where none is expected.",
        ),
        (
            "table-comment",
            None,
            "",
            "comment of table shop_order",
            "",
            "info",
            "The comment of table shop_order is not as expected.",
        ),
        (
            "index-invalid",
            None,
            "x",
            "",
            "x",
            "warning",
            "Index x on shop_order is invalid, so that the database does not use it.",
        ),
        (
            "constraint-not-validated",
            None,
            "c",
            "",
            "c",
            "warning",
            "Constraint c on shop_order is not validated, so that older rows may violate it.",
        ),
        (
            "constraint-disabled",
            None,
            "c",
            "",
            "c",
            "warning",
            "Constraint c on shop_order is disabled, so that no row is held to it.",
        ),
        (
            "index-renamed",
            "total",
            "new",
            "index old on shop_order (total)",
            "index new on shop_order (total)",
            "info",
            "Index old on shop_order (total) is called new here.",
        ),
        (
            "constraint-renamed",
            "total",
            "new",
            "unique constraint old on shop_order (total)",
            "unique constraint new on shop_order (total)",
            "info",
            "Unique constraint old on shop_order (total) is called new here.",
        ),
        (
            "trigger-unknown",
            None,
            "t",
            "",
            "CREATE TRIGGER t …",
            "info",
            "Trigger t on shop_order exists, but no applied migration makes it.",
        ),
        (
            "primary-key-unknown",
            None,
            "p",
            "",
            "p",
            "warning",
            "Primary key p on shop_order exists, but no applied migration makes it.",
        ),
        (
            "foreign-key-unknown",
            "total",
            "",
            "",
            "",
            "warning",
            "Foreign key on shop_order (total) exists, but no applied migration makes it.",
        ),
    ],
)
def test_what_is_said_of_each_kind(kind, column, name, expected, live, severity, summary):
    (finding,) = find(with_drifts(drift(kind, column, name, expected, live)))
    assert (finding.severity, finding.summary) == (severity, summary)


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("unique-missing", "error"),
        ("primary-key-missing", "error"),
        ("foreign-key-missing", "warning"),
        ("check-missing", "warning"),
        ("exclusion-missing", "warning"),
        ("index-missing", "warning"),
        ("trigger-missing", "info"),
    ],
)
def test_what_is_missing(kind, severity):
    (finding,) = find(with_drifts(drift(kind, None, "c", "the thing c on shop_order")))
    assert (finding.severity, finding.summary) == (
        severity,
        "The thing c on shop_order does not exist, though shop.0002_order, which is applied, makes it.",
    )


def test_a_constraint_that_works_otherwise_says_how():
    live = replace(CUSTOMER, on_delete="cascade", deferrable="")
    made = with_drifts(
        drift(
            "foreign-key-differs", "total", "shop_fk", "foreign key shop_fk on …", "foreign key shop_fk on …"
        ),
        there=(live,),
        wanted=(replace(CUSTOMER, deferrable="deferred"),),
    )
    (finding,) = find(made)
    assert finding.summary == (
        "Foreign key shop_fk on shop_order (total) to shop_customer (id) is on delete cascade, not deferrable where"
        " deferrable, initially deferred is expected."
    )


def test_a_constraint_that_works_otherwise_and_cannot_be_looked_up():
    (finding,) = find(with_drifts(drift("unique-missing", None, "gone", "unique constraint gone on x", "it")))
    assert finding.summary == "Unique constraint gone on x is there, but not as expected."


def test_what_an_opaque_operation_may_explain_is_an_info_and_names_it():
    by_sql = migration("shop.0002_order", "", op("unobservable", name="RunSQL", kind="sql"))
    made = situation(
        [by_sql],
        "shop.0002_order",
        drifts=[drift("column-missing", "note", confirmed=False, explained_by=(FROM,), expected="column")],
    )
    (finding,) = find(made)
    assert (finding.severity, finding.confirmed) == ("info", False)
    assert finding.evidence == (
        "not certain: shop.0002_order (RunSQL) may explain it; a replay tells (migwizard replay)",
    )


def test_a_migration_that_is_not_recorded_is_not_said_to_make_it():
    made = situation(
        chain(*NAMES), NAMES[0], drifts=[drift("column-type", "note", expected="integer", live="bigint")]
    )
    (finding,) = find(made)
    assert finding.evidence == ("shop.0002_order, which is not recorded, has to do with it",)


def test_ids_are_unique_where_the_server_gives_no_names():
    made = with_drifts(
        drift("check-missing", None, "", "check on shop_order (a)"),
        drift("check-missing", None, "", "check on shop_order (b)"),
    )
    assert ids(find(made)) == [
        "schema-drift:shop_order:check-missing",
        "schema-drift:shop_order:check-missing:2",
    ]


def test_an_unknown_table_is_told_elsewhere():
    assert find(with_drifts(drift("table-unknown", table="x"))) == ()


def test_what_is_on_a_table_that_no_applied_migration_makes_is_told_with_its_migration():
    made = situation(
        chain("shop.0001", "shop.0002"),
        drifts=[
            drift("foreign-key-unknown", "total", "f", migration=None),
            drift("index-unknown", "total", "i", migration=None),
            drift("column-unknown", "extra", migration=None),
        ],
        tables=[table("shop_order", ID, TOTAL, Column("extra", "text", False))],
    )
    assert ids(diagnose(made, strict=True)) == [
        "applied-not-recorded:*",
        "schema-drift:shop_order.extra:column-unknown",
    ]


@pytest.mark.parametrize(
    ("made", "offered"),
    [
        (drift("column-nullability", "note", expected="NOT NULL", live="NULL allowed"), ["align-schema"]),
        (drift("constraint-renamed", None, "a", "check a", "check b"), ["align-schema"]),
        (drift("index-unknown", None, "by_hand", live="index by_hand"), []),
        (drift("trigger-unknown", None, "by_hand", live="trigger by_hand"), []),
        (drift("column-default", "note", expected="none", live="7"), []),
        (drift("column-nullability", "note", expected="NOT NULL", live="NULL allowed", confirmed=False), []),
    ],
)
def test_aligning_is_offered_for_what_is_certain_and_not_for_what_somebody_added(made, offered):
    (finding,) = diagnose(with_drifts(made), strict=True)
    assert [offer.name for offer in finding.repairs] == offered


def test_what_loaddata_leaves_on_sql_server_alarms_nobody_but_is_mended_when_asked():
    distrusted = replace(CUSTOMER, validated=False)
    found = with_drifts(
        drift("constraint-not-validated", name="shop_fk", live="shop_fk"),
        there=[distrusted],
        wanted=[CUSTOMER],
    )
    (elsewhere,) = find(found)
    (there,) = find(replace(found, database=replace(found.database, vendor="microsoft")))
    assert (elsewhere.severity, there.severity) == ("warning", "info")
    assert [offer.name for offer in there.repairs] == ["align-schema"]
