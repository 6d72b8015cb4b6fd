"""Records under an old name, and records that say the same twice."""

from __future__ import annotations

import pytest

from tests.running.kit import records

pytest_plugins = ["tests.running.fixtures"]

TIME = "2026-01-02 03:04:05"


def test_a_renamed_record_keeps_its_row_and_its_time(shop):
    shop.run(
        f"UPDATE django_migrations SET name = '0004_auto', applied = '{TIME}'"
        " WHERE app = 'shop' AND name = '0004_coupon'"
    )
    whole, made, report, clean = shop.bench(
        ["read"], ["plan", "rename-record", ["shop", "0004_auto", "0004_coupon"]], ["execute"], ["clean"]
    )
    assert "renamed-migration:shop.0004_auto" in str(whole)
    [step] = made["steps"]
    assert (made["title"], made["safety"]) == ("Rename the record of shop.0004_auto to 0004_coupon", "safe")
    assert step["sql"] == [
        'UPDATE "django_migrations" SET "name" = \'0004_coupon\' WHERE "app" = \'shop\' AND "name" = \'0004_auto\''
    ]
    assert [sql for _, sql in report["ran"]] == list(step["sql"])
    assert report["gone"] == ["renamed-migration:shop.0004_auto"]
    assert clean == []
    assert records(shop.entry, "shop").count("0004_coupon") == 1
    assert "0004_auto" not in records(shop.entry, "shop")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["shop", "0004_auto"], "Name an app, the old name and the new one: rename-record APP OLD NEW."),
        (["shop", "0009_none", "0004_coupon"], "shop.0009_none is not a record without a file."),
        (["shop", "0004_auto", "0009_none"], "shop.0009_none has no file of its own in the graph."),
        (["shop", "0004_auto", "0001_initial"], "shop.0001_initial is recorded already."),
    ],
)
def test_what_is_not_a_rename_is_refused(shop, arguments, reason):
    shop.run("UPDATE django_migrations SET name = '0004_auto' WHERE app = 'shop' AND name = '0004_coupon'")
    _, answer = shop.bench(["read"], ["plan", "rename-record", arguments])
    assert answer["impossible"] == reason


def test_a_rename_that_the_schema_disproves_is_refused(shop):
    shop.run(
        "UPDATE django_migrations SET name = '0004_auto' WHERE app = 'shop' AND name = '0004_coupon'",
        "DROP TABLE shop_coupon",
    )
    _, answer = shop.bench(["read"], ["plan", "rename-record", ["shop", "0004_auto", "0004_coupon"]])
    assert answer["impossible"] == (
        "The schema does not have what shop.0004_coupon makes, so shop.0004_auto was another migration."
    )


def test_of_several_records_the_oldest_stays(shop):
    shop.run(
        f"INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002_note', '{TIME}')",
        f"INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002_note', '{TIME}')",
    )
    before = records(shop.entry, "shop")
    _, made, report, nothing, clean = shop.bench(
        ["read"],
        ["plan", "remove-duplicates", ["shop"]],
        ["execute"],
        ["plan", "remove-duplicates", ["billing"]],
        ["clean"],
    )
    assert before.count("0002_note") == 3
    assert (len(made["steps"]), made["safety"]) == (2, "careful")
    assert report["gone"] == ["duplicate-records:shop.0002_note"]
    assert nothing["impossible"] == "No migration is recorded more than once."
    assert clean == []
    assert records(shop.entry, "shop") == before[: before.index("0002_note") + 1] + [
        name for name in before[before.index("0002_note") + 1 :] if name != "0002_note"
    ]
