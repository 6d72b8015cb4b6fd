"""Repairs that write history rows alone: fake, unfake, fake-initial, prune. Plans and refusals are asserted whole."""

from __future__ import annotations

import pytest

from tests.running.kit import LAST, migration, records

from .steps import forgotten, proved, record

pytest_plugins = ["tests.running.fixtures"]

GHOST = "2026-01-02 03:04:05"


def ghosts(shop, *names):
    for name in names:
        app, migration = name.split(".")
        shop.run(
            f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{migration}', '{GHOST}')"
        )


def undone(shop):
    """The timestamp of a ghost, as an undo writes it."""
    return f"{GHOST}.000000" + ("" if shop.sqlite else "+00")


def test_fake_records_what_the_schema_proves_and_nothing_else_changes(shop):
    before = shop.contents()
    shop.forget("shop.0002_note", "shop.0003_paid")
    finding = "inconsistent-history:shop.0002_note"
    _, one, whole, report, nothing, clean = shop.bench(
        ["read"],
        ["plan", "fake", ["shop", "0002"]],
        ["plan", "fake", ["shop"]],
        ["execute"],
        ["plan", "fake", ["shop", "0002"]],
        ["clean"],
    )
    assert one["steps"] == [proved("shop.0002_note")]
    assert (one["title"], one["safety"]) == ("Record shop.0002_note as applied", "safe")
    assert whole["steps"] == [proved("shop.0002_note"), proved("shop.0003_paid")]
    assert "expects" not in whole
    assert report["message"] == "Done: 2 steps, 2 findings gone."
    assert finding in report["gone"]
    assert [sql for _, sql in report["ran"]] == [sql for step in whole["steps"] for sql in step["sql"]]
    assert nothing["steps"] == one["steps"]  # it was made from what was read before
    assert clean == []
    assert records(shop.entry, "shop") == ["0001_initial", "0004_coupon", "0002_note", "0003_paid"]
    after = shop.contents()
    history = next(name for name in after if name.endswith("django_migrations"))
    for name in after.keys() - {history, "sqlite_sequence"}:
        assert after[name] == before[name], name


def test_fake_refuses_what_the_schema_disproves_or_cannot_prove(shop):
    shop.forget("shop.0004_coupon", "billing.0002_total")
    shop.run("DROP TABLE shop_coupon", "CREATE TABLE shop_coupon (id bigint)")
    shop.run("ALTER TABLE billing_invoice DROP COLUMN total")
    answers = shop.bench(
        ["read"],
        ["plan", "fake", ["billing"]],
        ["plan", "fake", ["shop"]],
        ["plan", "fake", ["shop", "0001"]],
        ["plan", "fake", ["shop", "0009"]],
        ["plan", "fake", ["shop", "000"]],
        ["plan", "fake", ["nowhere"]],
        ["plan", "fake"],
        ["plan", "fake-initial", ["shop"]],
        ["open", {"compare": False}],
        ["read"],
        ["plan", "fake", ["billing"]],
    )
    said = [answer["impossible"] for answer in answers if isinstance(answer, dict)]
    assert said[1].startswith("shop.0004_coupon is not in the schema as a whole (")
    assert said[1].endswith("); faking it would lie.")
    assert said[:1] + said[2:] == [
        "billing.0002_total is not in the schema (table billing_invoice does not show it); faking it would lie.",
        "Everything that was named is recorded already.",
        "There is no migration '0009' in app 'shop'.",
        "'000' may be any of 0001_initial, 0002_note, 0003_paid, 0004_coupon in app 'shop'.",
        "There is no app 'nowhere' with migrations.",
        "Name an app: fake APP [MIGRATION].",
        "The schema proves no migration that is not recorded already.",
        "The schema was not compared, so nothing proves billing.0002_total.",
    ]


def test_fake_of_what_nobody_can_see_is_careful_and_says_whose_word_it_is(shop):
    run = "        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),"
    state = '        migrations.AlterModelOptions("order", {"verbose_name": "purchase"}),'
    shop.project.write(
        {
            "shop/migrations/0005_state.py": migration(LAST, state),
            "shop/migrations/0006_python.py": migration([("shop", "0005_state")], run),
        }
    )
    _, plan, report = shop.bench(["read"], ["plan", "fake", ["shop"]], ["execute"])
    assert plan["safety"] == "careful"
    assert plan["steps"] == [
        record("shop.0005_state", "shop.0005_state changes nothing in the database."),
        record(
            "shop.0006_python",
            "The schema cannot show whether shop.0006_python ran; it is recorded because you say so.",
        ),
    ]
    assert report["outcome"] == "done"


def test_unfake_takes_a_record_away_and_refuses_what_would_break(shop):
    stamp = "to_char(applied AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
    ((applied,),) = shop.run(
        f"SELECT {'applied' if shop.sqlite else stamp} FROM django_migrations WHERE name = '0004_coupon'"
    )
    answers = shop.bench(
        ["read"],
        ["plan", "unfake", ["shop", "0003"]],
        ["plan", "unfake", ["shop", "0002"]],
        ["plan", "unfake", ["shop"]],
        ["plan", "unfake", ["nowhere", "0001"]],
        ["plan", "unfake", ["shop", "0004"]],
        ["execute"],
        ["sql", "DROP TABLE shop_coupon"],
        ["read"],
        ["plan", "unfake", [], "recorded-not-applied:shop.0004_coupon"],
        ["execute"],
        ["read"],
        ["plan", "unfake", ["shop", "0004"]],
    )
    assert [answer["impossible"] for answer in answers if "impossible" in (answer or "")] == [
        "shop.0003_paid cannot be taken out alone: shop.0004_coupon depends on it and is recorded.",
        "shop.0002_note cannot be taken out alone: billing.0001_initial, billing.0002_total, shop.0003_paid,"
        " shop.0004_coupon depend on it and are recorded.",
        "Name an app and a migration: unfake APP MIGRATION.",
        "There is no migration '0001' in app 'nowhere'.",
        "shop.0004_coupon is not recorded.",
    ]
    right, refused, plan, report, after = answers[5], answers[6], *answers[9:12]
    sentence = (
        "The schema has everything that shop.0004_coupon makes, so the record is right; without it, migrate would make"
        " it again and fail."
    )
    assert right["refusal"] == sentence
    assert refused == {"outcome": "refused", "message": sentence, "ran": [], "gone": [], "remaining": []}
    assert plan["steps"] == [
        forgotten(
            "shop.0004_coupon",
            "shop.0004_coupon shall be pending again.",
            applied,
            "manage.py migrate --fake shop 0003_paid",
        )
    ]
    assert plan["expects"] == ["recorded-not-applied:shop.0004_coupon"]
    assert report["message"] == "Done: 1 step, 1 finding gone."
    assert after == ["pending-migrations:*"]
    assert records(shop.entry, "shop") == ["0001_initial", "0002_note", "0003_paid"]


def test_prune_deletes_records_without_a_file_but_none_that_may_be_an_earlier_name(shop):
    ghosts(shop, "shop.0009_gone", "gone.0001_initial", "gone.0001_initial")
    answers = shop.bench(
        ["read"],
        ["plan", "prune"],
        ["plan", "prune", ["nowhere"]],
        ["plan", "prune", ["billing"]],
        ["plan", "prune", [], "missing-file:shop.0009_gone"],
        ["execute"],
        ["read"],
        ["plan", "prune", ["gone"]],
        ["execute"],
        ["clean"],
    )
    found, both, unknown, none, plan, report, left, gone, last, clean = answers
    warnings = {"missing-file:gone", "duplicate-records:gone.0001_initial"}
    assert set(found) == {"missing-file:shop.0009_gone"} | warnings
    assert [step["migration"] for step in both["steps"]] == [["gone", "0001_initial"], ["shop", "0009_gone"]]
    assert unknown == {"impossible": "There is no app 'nowhere' with migrations."}
    assert none == {"impossible": "There is no record without a file."}
    assert plan["steps"] == [
        forgotten(
            "shop.0009_gone",
            "No file 0009_gone is in app shop, and no squash replaces it.",
            undone(shop),
            "manage.py migrate shop --prune",
        )
    ]
    assert plan["risks"] == [
        "If the file is only missing in this checkout, the migration will be run again once it is back."
    ]
    assert report["outcome"] == "done"
    assert set(left) == warnings
    (step,) = gone["steps"]
    assert step["undo"].count(f"VALUES ('gone', '0001_initial', '{undone(shop)}')") == 2
    assert step["command"] == "none: `manage.py migrate gone --prune` knows no app gone with migrations"
    assert last["outcome"] == "done"
    assert clean == []
    assert records(shop.entry, "gone") == []
    shop.forget("shop.0004_coupon")
    ghosts(shop, "shop.0004_kupon")
    _, refused = shop.bench(["read"], ["plan", "prune"])
    assert refused == {
        "impossible": "shop.0004_kupon may be an earlier name of shop.0004_coupon; pruning it would run that file"
        " again."
    }


@pytest.mark.parametrize("how", ["DELETE FROM django_migrations", "DROP TABLE django_migrations"])
def test_fake_initial_records_all_that_the_tables_prove_and_makes_the_history_table(shop, how):
    before = shop.contents()
    shop.run(how, "ALTER TABLE billing_invoice DROP COLUMN total")
    _, plan, report, left = shop.bench(
        ["read"], ["plan", "fake-initial", [], "applied-not-recorded:*"], ["execute"], ["read"]
    )
    names = [".".join(step["migration"]) for step in plan["steps"]]
    assert [name for name in names if not name.startswith(("auth", "contenttypes"))] == [
        "shop.0001_initial",
        "shop.0002_note",
        "billing.0001_initial",
        "shop.0003_paid",
        "shop.0004_coupon",
    ]
    steps = dict(zip(names, plan["steps"], strict=True))
    assert steps["shop.0003_paid"] == proved("shop.0003_paid")
    unseen = "auth.0011_update_proxy_permissions"
    risk = f"{unseen} cannot be seen in the schema; it is recorded because everything around it is in."
    assert steps[unseen] == record(unseen, risk)
    assert (plan["safety"], plan["risks"]) == ("careful", [risk])
    made = plan["steps"][0]["sql"]
    assert len(made) == (2 if how.startswith("DROP") else 1)
    assert report["outcome"] == "done", report
    assert [sql for _, sql in report["ran"]] == [sql for step in plan["steps"] for sql in step["sql"]]
    assert left == ["pending-migrations:*"]
    assert records(shop.entry, "billing") == ["0001_initial"]
    assert sorted(records(shop.entry, "shop")) == sorted(
        name for name in ("0001_initial", "0002_note", "0003_paid", "0004_coupon")
    )
    after = shop.contents()
    for name in before.keys() & after.keys():
        if "order" in name or "customer" in name:
            assert after[name] == before[name]
    if shop.sqlite:
        table_name = "django_migrations"
        (table,) = [sql for _, name, _, sql in after[""] if name == table_name]
        assert table == next(sql for _, name, _, sql in before[""] if name == table_name)
