"""What the live tables say of each migration, and which differences are left over."""

from __future__ import annotations

from .tables import Chain, change, judge, table

BARE = table("shop_order", "id integer")
NOTE = table("shop_order", "id integer", "note varchar(50)?")
LONG = table("shop_order", "id integer", "note varchar(200)?")
LONGEST = table("shop_order", "id integer", "note varchar(400)?")

ALTERED: Chain = {
    "0001_initial": [[change(None, BARE)]],
    "0002_note": [[change(BARE, NOTE)]],
    "0003_long": [[change(NOTE, LONG)]],
    "0004_longest": [[change(LONG, LONGEST)]],
}
EVERYTHING = tuple(ALTERED)


def states(rows: dict[str, object]) -> dict[str, str]:
    return {name: row.state for name, row in rows.items()}  # type: ignore[attr-defined]


def test_a_healthy_table_is_applied_everywhere_and_differs_nowhere() -> None:
    rows, drifts = judge(ALTERED, EVERYTHING, LONGEST)
    assert states(rows) == dict.fromkeys(EVERYTHING, "applied")
    assert drifts == ()


def test_what_is_not_recorded_and_not_there_is_pending() -> None:
    rows, drifts = judge(ALTERED, EVERYTHING[:2], NOTE)
    assert states(rows) == {
        "0001_initial": "applied",
        "0002_note": "applied",
        "0003_long": "pending",
        "0004_longest": "pending",
    }
    assert drifts == ()


def test_an_empty_database_has_everything_pending() -> None:
    rows, drifts = judge(ALTERED, ())
    assert states(rows) == dict.fromkeys(EVERYTHING, "pending")
    assert drifts == ()


def test_a_record_deleted_in_the_middle_is_proved_although_later_migrations_changed_the_column_again() -> (
    None
):
    rows, drifts = judge(ALTERED, ("0001_initial", "0002_note", "0004_longest"), LONGEST)
    assert states(rows)["0003_long"] == "applied-not-recorded"
    assert [state for name, state in states(rows).items() if name != "0003_long"] == ["applied"] * 3
    assert drifts == ()


def test_all_records_deleted_and_everything_there() -> None:
    rows, drifts = judge(ALTERED, (), LONGEST)
    assert states(rows) == dict.fromkeys(EVERYTHING, "applied-not-recorded")
    assert drifts == ()


def test_a_fake_that_went_wrong_is_told_of_the_migration_that_makes_the_column_alone() -> None:
    rows, drifts = judge(ALTERED, EVERYTHING, BARE)
    assert states(rows) == {
        "0001_initial": "applied",
        "0002_note": "recorded-not-applied",
        "0003_long": "applied",
        "0004_longest": "applied",
    }
    assert rows["0002_note"].operations[0].evidence == ("column shop_order.note does not exist",)
    assert rows["0003_long"].schema == "unobservable"
    assert drifts == ()


def test_an_alteration_that_was_only_recorded() -> None:
    rows, drifts = judge(ALTERED, EVERYTHING, LONG)
    assert states(rows)["0004_longest"] == "recorded-not-applied"
    assert rows["0004_longest"].operations[0].evidence == (
        "type of column shop_order.note is varchar(200), not varchar(400)",
    )
    assert drifts == ()


def test_a_type_that_no_migration_ever_gave_is_a_drift_and_no_fault_of_a_migration() -> None:
    rows, drifts = judge(ALTERED, EVERYTHING, table("shop_order", "id integer", "note text?"))
    assert states(rows) == dict.fromkeys(EVERYTHING, "applied")
    [drift] = drifts
    assert (drift.kind, drift.table, drift.column, drift.expected, drift.live, drift.migration) == (
        "column-type",
        "shop_order",
        "note",
        "varchar(400)",
        "text",
        ("shop", "0004_longest"),
    )


def test_a_column_that_nobody_knows_is_a_drift() -> None:
    rows, drifts = judge(
        ALTERED, EVERYTHING, table("shop_order", "id integer", "note varchar(400)?", "extra text?")
    )
    assert [(drift.kind, drift.column) for drift in drifts] == [("column-unknown", "extra")]
    assert states(rows) == dict.fromkeys(EVERYTHING, "applied")


def test_a_table_that_nobody_knows_is_told_and_no_more() -> None:
    _, drifts = judge(ALTERED, EVERYTHING, LONGEST, table("old_stuff", "id integer"))
    assert [(drift.kind, drift.table) for drift in drifts] == [("table-unknown", "old_stuff")]


ADDED_AND_REMOVED: Chain = {
    "0001_initial": [[change(None, BARE)]],
    "0002_note": [[change(BARE, NOTE)]],
    "0003_no_note": [[change(NOTE, BARE)]],
    "0004_index": [[change(BARE, table("shop_order", "id integer", indexes={"order_idx": "id"}))]],
}
INDEXED = table("shop_order", "id integer", indexes={"order_idx": "id"})


def test_what_was_added_and_removed_again_follows_from_the_records() -> None:
    rows, drifts = judge(ADDED_AND_REMOVED, tuple(ADDED_AND_REMOVED), INDEXED)
    assert states(rows) == dict.fromkeys(ADDED_AND_REMOVED, "applied")
    assert drifts == ()


def test_what_was_added_and_removed_again_follows_from_later_migrations_that_are_proved() -> None:
    rows, _ = judge(ADDED_AND_REMOVED, (), INDEXED)
    assert states(rows) == dict.fromkeys(ADDED_AND_REMOVED, "applied-not-recorded")


def test_what_was_added_and_removed_again_is_pending_where_nothing_later_is_there() -> None:
    rows, _ = judge(ADDED_AND_REMOVED, ("0001_initial",), BARE)
    assert states(rows) == {
        "0001_initial": "applied",
        "0002_note": "pending",
        "0003_no_note": "pending",
        "0004_index": "pending",
    }


OLD = table("shop_order", "id integer", "memo text?", indexes={"memo_idx": "memo"})
RENAMED = table("shop_order", "id integer", "note text?", indexes={"memo_idx": "note"})
MOVED = table("shop_purchase", "id integer", "note text?", indexes={"memo_idx": "note"})
RENAMES: Chain = {
    "0001_initial": [[change(None, BARE)]],
    "0002_memo": [[change(BARE, table("shop_order", "id integer", "memo text?"))]],
    "0003_index": [[change(BARE, OLD)]],
    "0004_rename_field": [[change(OLD, RENAMED, memo="note")]],
    "0005_rename_model": [[change(RENAMED, MOVED)]],
}


def test_lineages_follow_renamed_columns_and_tables() -> None:
    rows, drifts = judge(RENAMES, tuple(RENAMES), MOVED)
    assert states(rows) == dict.fromkeys(RENAMES, "applied")
    assert drifts == ()


def test_an_index_that_is_lost_after_a_rename_is_told_of_the_migration_that_made_it() -> None:
    rows, drifts = judge(RENAMES, tuple(RENAMES), table("shop_purchase", "id integer", "note text?"))
    assert states(rows)["0003_index"] == "recorded-not-applied"
    assert [state for name, state in states(rows).items() if name != "0003_index"] == ["applied"] * 4
    assert drifts == ()


def test_a_rename_that_was_only_recorded() -> None:
    rows, drifts = judge(RENAMES, tuple(RENAMES), RENAMED)
    assert states(rows)["0005_rename_model"] == "recorded-not-applied"
    assert rows["0004_rename_field"].state == "applied"
    assert drifts == ()


TWO_TABLES: Chain = {
    "0001_initial": [[change(None, BARE)], [change(None, table("shop_line", "id integer"))]],
}


def test_a_migration_cut_off_after_its_first_operation_is_half_applied() -> None:
    rows, drifts = judge(TWO_TABLES, (), BARE)
    row = rows["0001_initial"]
    assert row.state == "half-applied"
    assert [operation.truth for operation in row.operations] == ["yes", "no"]
    assert row.operations[1].evidence == ("table shop_line does not exist",)
    assert drifts == ()


def test_a_recorded_migration_of_which_one_operation_is_missing_is_half_applied() -> None:
    rows, drifts = judge(TWO_TABLES, ("0001_initial",), BARE)
    assert rows["0001_initial"].state == "half-applied"
    assert drifts == ()


def test_an_operation_missing_from_a_migration_that_later_ones_followed_is_a_drift() -> None:
    chain: Chain = {**TWO_TABLES, "0002_note": [[change(BARE, NOTE)]]}
    rows, drifts = judge(chain, tuple(chain), NOTE)
    assert states(rows) == dict.fromkeys(chain, "applied")
    assert [(drift.kind, drift.table) for drift in drifts] == [("table-missing", "shop_line")]


def test_a_table_made_by_hand_with_another_column_is_half_in() -> None:
    rows, _ = judge({"0001_initial": [[change(None, NOTE)]]}, (), table("shop_order", "id bigint"))
    row = rows["0001_initial"]
    assert row.state == "half-applied"
    assert row.operations[0].truth == "partly"
    assert row.operations[0].evidence[:2] == (
        "type of column shop_order.id is bigint, not integer",
        "column shop_order.note does not exist",
    )


def test_a_column_lost_from_a_table_that_one_operation_made_is_a_drift() -> None:
    rows, drifts = judge({"0001_initial": [[change(None, NOTE)]]}, ("0001_initial",), BARE)
    assert rows["0001_initial"].state == "applied"
    assert [(drift.kind, drift.column, drift.migration) for drift in drifts] == [
        ("column-missing", "note", ("shop", "0001_initial"))
    ]


def test_a_lost_table_is_one_difference_not_one_a_column() -> None:
    chain: Chain = {
        "0001_initial": [[change(None, BARE)]],
        "0002_other": [[change(None, table("shop_x", "id integer"))]],
    }
    rows, drifts = judge(chain, tuple(chain), BARE)
    assert rows["0002_other"].state == "recorded-not-applied"
    assert drifts == ()


def test_a_deferred_foreign_key_to_a_table_that_comes_later_is_no_difference() -> None:
    line = table("shop_line", "id integer", "order_id integer", foreign={"order_id": "shop_order"})
    chain: Chain = {"0001_initial": [[change(None, line)], [change(None, BARE)]]}
    rows, drifts = judge(chain, ("0001_initial",), line, BARE)
    assert rows["0001_initial"].state == "applied"
    assert drifts == ()


def test_a_table_dropped_and_made_again_under_the_same_name_is_another_table() -> None:
    again = table("shop_order", "id bigint", "total integer")
    chain: Chain = {
        "0001_initial": [[change(None, NOTE)]],
        "0002_drop": [[change(NOTE, None)]],
        "0003_again": [[change(None, again)]],
    }
    rows, drifts = judge(chain, tuple(chain), again)
    assert states(rows) == dict.fromkeys(chain, "applied")
    assert drifts == ()


def test_a_table_made_and_dropped_again_follows_from_later_migrations() -> None:
    chain: Chain = {
        "0001_upload": [[change(None, NOTE)]],
        "0002_no_upload": [[change(NOTE, None)]],
        "0003_other": [[change(None, table("shop_x", "id integer"))]],
    }
    rows, drifts = judge(chain, (), table("shop_x", "id integer"))
    assert states(rows) == dict.fromkeys(chain, "applied-not-recorded")
    assert drifts == ()
    rows, drifts = judge(chain, ())
    assert states(rows) == dict.fromkeys(chain, "pending")
    rows, drifts = judge(chain, tuple(chain), table("shop_x", "id integer"))
    assert states(rows) == dict.fromkeys(chain, "applied")
    assert drifts == ()


def test_constraints_and_indexes_under_other_names_are_the_same() -> None:
    indexed = table("shop_order", "id integer", "note text?", indexes={"order_note_1": "note"})
    live = table("shop_order", "id integer", "note text?", indexes={"another_name": "note"})
    rows, drifts = judge({"0001_initial": [[change(None, indexed)]]}, ("0001_initial",), live)
    assert rows["0001_initial"].state == "applied"
    assert [(drift.kind, drift.name) for drift in drifts] == [("index-renamed", "another_name")]


def test_a_missing_column_is_called_by_the_name_that_it_should_have_now() -> None:
    born = table("shop_order", "id integer", "colour varchar(9)")
    named = table("shop_order", "id integer", "color varchar(9)")
    sized = table("shop_order", "id bigint", "color varchar(9)")
    chain: Chain = {
        "0001_initial": [[change(None, born)], [change(born, named, colour="color")], [change(named, sized)]]
    }
    _, drifts = judge(chain, ("0001_initial",), table("shop_order", "id bigint"))
    assert [(drift.kind, drift.column, drift.expected) for drift in drifts] == [
        ("column-missing", "color", "column shop_order.color")
    ]


def test_a_default_where_there_never_was_one_is_told_as_none_expected() -> None:
    chain: Chain = {"0001_initial": [[change(None, NOTE)]]}
    _, drifts = judge(chain, ("0001_initial",), table("shop_order", "id integer", "note varchar(50)?=7"))
    assert [(drift.kind, drift.column, drift.expected, drift.live) for drift in drifts] == [
        ("column-default", "note", "none", "7")
    ]
