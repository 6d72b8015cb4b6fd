"""align-schema: each difference is healed by the smallest change, every row stays, and undo brings the damage back."""

from __future__ import annotations

from typing import Any

import pytest

pytest_plugins = ["tests.running.fixtures"]

ORDER, COUPON, INVOICE = "shop_order", "shop_coupon", "billing_invoice"


def reshape(shop: Any, table: str, old: str, new: str) -> None:
    """Make a table of SQLite anew with another text in its definition; its rows and indexes stay."""
    ((text,),) = shop.run(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")
    assert old in text, text
    made = text.replace(old, new).replace(f'"{table}"', '"other"', 1)
    indexes = shop.run(
        f"SELECT sql FROM sqlite_master WHERE tbl_name = '{table}' AND type = 'index' AND sql > ''"
    )
    names = ", ".join(name for (name,) in shop.run(f"SELECT name FROM pragma_table_info('{table}')"))
    shop.run(
        "PRAGMA legacy_alter_table = ON",
        made,
        f'INSERT INTO "other" ({names}) SELECT {names} FROM "{table}"',
        f'DROP TABLE "{table}"',
        f'ALTER TABLE "other" RENAME TO "{table}"',
        *(sql for (sql,) in indexes),
    )


def constraint(shop: Any, table: str, kind: str) -> str:
    """Return the name of the only constraint of a kind of a table on PostgreSQL."""
    query = f"SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = '{kind}'"
    ((name,),) = shop.run(query)
    return str(name)


def drop_index(shop: Any) -> str:
    shop.run("DROP INDEX coupon_order_code")
    return "half-applied:shop.0004_coupon"


def allow_null(shop: Any) -> str:
    if shop.sqlite:
        reshape(shop, ORDER, '"number" integer NOT NULL', '"number" integer')
    else:
        shop.run("ALTER TABLE shop_order ALTER number DROP NOT NULL")
    return "schema-drift:shop_order.number:column-nullability"


def other_type(shop: Any) -> str:
    if shop.sqlite:
        reshape(shop, ORDER, '"note" varchar(100)', '"note" text')
    else:
        shop.run("ALTER TABLE shop_order ALTER note TYPE text")
    return "schema-drift:shop_order.note:column-type"


def drop_unique(shop: Any) -> str:
    if shop.sqlite:
        reshape(shop, "shop_customer", " UNIQUE", "")
        return "schema-drift:shop_customer.name:unique-missing"
    name = constraint(shop, "shop_customer", "u")
    shop.run(f'ALTER TABLE shop_customer DROP CONSTRAINT "{name}"')
    return f"schema-drift:shop_customer.name:unique-missing:{name}"


def drop_foreign_key(shop: Any) -> str:
    if shop.sqlite:
        text = ' REFERENCES "shop_order" ("id") DEFERRABLE INITIALLY DEFERRED'
        reshape(shop, INVOICE, text, "")
        return "schema-drift:billing_invoice.order_id:foreign-key-missing"
    name = constraint(shop, INVOICE, "f")
    shop.run(f'ALTER TABLE billing_invoice DROP CONSTRAINT "{name}"')
    return f"schema-drift:billing_invoice.order_id:foreign-key-missing:{name}"


def add_column(shop: Any) -> str:
    """A column that the application cannot fill, and that is filled."""
    if shop.sqlite:
        shop.run("ALTER TABLE shop_coupon ADD extra integer NOT NULL DEFAULT 5")
        reshape(shop, COUPON, "extra integer NOT NULL DEFAULT 5", "extra integer NOT NULL")
    else:
        shop.run(
            "ALTER TABLE shop_coupon ADD extra integer NOT NULL DEFAULT 5",
            "ALTER TABLE shop_coupon ALTER extra DROP DEFAULT",
        )
    return "schema-drift:shop_coupon.extra:column-unknown"


DAMAGES = (drop_index, allow_null, other_type, drop_unique, drop_foreign_key)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_difference_is_healed_and_can_be_taken_back(shop, damage):
    (fresh,) = shop.bench(["snapshot"])
    finding = damage(shop)
    before = shop.contents()
    damaged, found, plan, report, left, clean, after = shop.bench(
        ["snapshot"],
        ["read"],
        ["plan", "align-schema", [], finding],
        ["execute"],
        ["read"],
        ["clean"],
        ["snapshot"],
    )
    assert found == [finding]
    assert (plan.get("refusal"), plan["safety"], plan["expects"]) == (None, "careful", [finding])
    assert report["message"] == "Done: 1 step, 1 finding gone."
    assert (left, clean, after) == ([], [], fresh)
    found, undo, report, again = shop.bench(["read"], ["plan", "undo", ["1"]], ["execute"], ["snapshot"])
    assert report["outcome"] == "done", (undo, report)
    assert again == damaged
    assert rows(shop.contents()) == rows(before)


def test_a_step_says_what_is_wrong_and_runs_what_it_shows(new_shop):
    shop = new_shop("postgresql")
    finding = other_type(shop)
    _, plan, report = shop.bench(["read"], ["plan", "align-schema", [], finding], ["execute"])
    (step,) = plan["steps"]
    sql = 'ALTER TABLE "shop_order" ALTER COLUMN "note" TYPE character varying(100)'
    assert (step["why"], step["sql"], step["undo"], step["command"]) == (
        "Bring shop_order back to what the applied migrations made:"
        " type of note is text instead of character varying(100).",
        [sql],
        "migwizard undo gives shop_order its former shape back.",
        "none: Django makes no change that no migration asks for",
    )
    assert plan["title"] == "Bring shop_order back to what the migrations made"
    assert plan["locks"] == [
        "shop_order is locked against reading and writing (ACCESS EXCLUSIVE) until the end."
    ]
    assert report["ran"] == [[0, sql]]


@pytest.mark.parametrize(
    ("damage", "statement", "refusal"),
    [
        (
            allow_null,
            "UPDATE shop_order SET number = NULL WHERE id > 1",
            "2 rows of shop_order have no number (NULL), which must not be empty: id 2, 3"
            " (--set fill=VALUE fills them).",
        ),
        (
            drop_unique,
            "UPDATE shop_customer SET name = 'Ada'",
            "2 rows of shop_customer are alike in (name): Ada.",
        ),
        (
            drop_foreign_key,
            "UPDATE billing_invoice SET order_id = 99 WHERE id = 2",
            "1 row of billing_invoice points to no row of shop_order by order_id: id 2.",
        ),
    ],
)
def test_rows_in_the_way_are_counted_and_named(shop, damage, statement, refusal):
    finding = damage(shop)
    shop.run(statement)
    before = shop.contents()
    _, plan, report = shop.bench(["read"], ["plan", "align-schema", [], finding], ["execute"])
    assert plan["refusal"] == refusal
    assert (report["outcome"], report["message"]) == ("refused", refusal)
    assert shop.contents() == before


def test_a_value_that_is_too_long_is_in_the_way(new_shop):
    shop = new_shop("postgresql")
    finding = other_type(shop)
    shop.run("UPDATE shop_order SET note = repeat('x', 101) WHERE id = 3")
    _, plan = shop.bench(["read"], ["plan", "align-schema", [], finding])
    assert plan["refusal"] == "In 1 row of shop_order, note does not fit character varying(100): id 3."


def test_a_value_fills_the_rows_that_have_none(shop):
    (fresh,) = shop.bench(["snapshot"])
    finding = allow_null(shop)
    shop.run("UPDATE shop_order SET number = NULL WHERE id > 1")
    _, asked, plan, report, clean, after = shop.bench(
        ["read"],
        ["plan", "align-schema", [], finding],
        ["plan", "align-schema", [], finding, {"fill": "7"}],
        ["execute"],
        ["clean"],
        ["snapshot"],
    )
    question = {"key": "fill", "text": "Which value shall shop_order.number have in rows that have none?"}
    assert asked["asks"] == [{**question, "choices": [], "answer": None}]
    assert plan["asks"] == [{**question, "choices": [], "answer": "7"}]
    assert (report["outcome"], clean, after) == ("done", [], fresh)
    assert shop.run("SELECT id, number FROM shop_order ORDER BY id") == [(1, 100), (2, 7), (3, 7)]
    _, undo = shop.bench(["read"], ["plan", "undo", ["1"]])
    assert undo["risks"] == ["Where shop_order.number was NULL, it keeps the value that it was given."]


def test_a_value_that_its_column_cannot_hold_is_refused_before_anything_runs(new_shop):
    shop = new_shop("sqlite")
    finding = allow_null(shop)
    shop.run("UPDATE shop_order SET number = NULL WHERE id > 1")
    _, plan = shop.bench(["read"], ["plan", "align-schema", [], finding, {"fill": "seven"}])
    assert plan["refusal"] == "'seven' is no value for shop_order.number, whose type is integer."
    assert [question["answer"] for question in plan["asks"]] == ["seven"]


def test_a_lost_column_is_added_and_filled_and_taken_back(shop):
    (fresh,) = shop.bench(["snapshot"])
    shop.run("ALTER TABLE shop_order DROP COLUMN number")
    finding = "schema-drift:shop_order.number:column-missing"
    found, refused, _, report, clean, after = shop.bench(
        ["read"],
        ["plan", "align-schema", [], finding],
        ["plan", "align-schema", [], finding, {"fill": "0"}],
        ["execute"],
        ["clean"],
        ["snapshot"],
    )
    assert found == [finding]
    assert refused["refusal"] == (
        "3 rows of shop_order would have no number, which must not be empty: id 1, 2, 3"
        " (--set fill=VALUE fills them)."
    )
    assert (report["outcome"], clean, after) == ("done", [], fresh)
    assert shop.run("SELECT number FROM shop_order") == [(0,), (0,), (0,)]
    _, undo, report = shop.bench(["read"], ["plan", "undo", ["1"]], ["execute"])
    assert undo["risks"] == ["shop_order.number is filled in 3 rows, which are lost."]
    assert report["outcome"] == "done"


def test_an_unknown_column_goes_only_for_its_own_finding_and_not_unsaid(shop):
    (fresh,) = shop.bench(["snapshot"])
    shop.run("CREATE INDEX by_hand ON shop_order (paid)")
    finding = add_column(shop)
    _, nothing, plan, report, again = shop.bench(
        ["read"],
        ["plan", "align-schema", []],
        ["plan", "align-schema", [], finding],
        ["execute"],
        ["snapshot"],
    )
    assert nothing == {
        "impossible": "Nothing is to be changed: the schema is as the applied migrations made it."
    }
    assert (plan["safety"], plan["risks"]) == (
        "destructive",
        ["shop_coupon.extra is filled in 1 row, which is lost."],
    )
    assert report["outcome"] == "done", report
    assert again[COUPON] == fresh[COUPON]
    assert again[ORDER] != fresh[ORDER]


def test_one_action_heals_everything_and_another_one_table(shop):
    (fresh,) = shop.bench(["snapshot"])
    findings = [allow_null(shop), drop_unique(shop), drop_foreign_key(shop)]
    shop.run("CREATE INDEX by_hand ON shop_order (paid)")
    _, one, whole, report, left, after = shop.bench(
        ["read"],
        ["plan", "align-schema", [ORDER]],
        ["plan", "align-schema", []],
        ["execute"],
        ["read"],
        ["snapshot"],
    )
    assert one["expects"] == findings[:1]
    assert [step["tables"][0][0] for step in one["steps"]] == [ORDER]
    assert sorted(whole["expects"]) == sorted(findings)
    assert {step["tables"][0][0] for step in whole["steps"]} == {INVOICE, "shop_customer", ORDER}
    assert report["message"] == "Done: 3 steps, 3 findings gone."
    assert left == ["schema-drift:shop_order.paid:index-unknown:by_hand"]
    assert {name: after[name] for name in fresh if name != ORDER} == {
        name: fresh[name] for name in fresh if name != ORDER
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "There is no table 'nowhere', and no migration makes one."),
        (["by_hand"], "What table by_hand should be is not known: no applied migration makes it."),
        ([ORDER], "Nothing is to be changed: the schema is as the applied migrations made it."),
    ],
)
def test_what_cannot_be_aligned_is_said(shop, arguments, sentence):
    shop.run("CREATE TABLE by_hand (id integer)")
    assert shop.bench(["read"], ["plan", "align-schema", arguments])[1] == {"impossible": sentence}


def test_a_view_in_the_way_refuses_the_plan(shop):
    finding = add_column(shop)
    shop.run("CREATE VIEW looking AS SELECT extra FROM shop_coupon")
    _, plan = shop.bench(["read"], ["plan", "align-schema", [], finding])
    assert plan["refusal"] == (
        "The view looking uses shop_coupon (extra): drop it first, and make it again afterwards."
    )


def rows(contents: dict[str, Any]) -> dict[str, Any]:
    """The rows of the project's own tables."""
    return {name: found for name, found in contents.items() if "shop_" in name[:16] or "billing" in name[:16]}
