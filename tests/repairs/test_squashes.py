"""Squashed migrations that are half recorded, and their way to an ordinary migration."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migwizard.repairs import Impossible, Request, make_plan
from tests.diagnoses.build import chain, keys, migration, op, situation, truth_of
from tests.running.kit import records

pytest_plugins = ["tests.running.fixtures"]

NAME = "0001_squashed_0004_coupon"
ORIGINALS = ("0001_initial", "0002_note", "0003_paid", "0004_coupon")
PROVED = f"The schema has everything that shop.{NAME} makes."
SQUASH = """\
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ("shop", "0001_initial"),
        ("shop", "0002_note"),
        ("shop", "0003_paid"),
        ("shop", "0004_coupon"),
    ]

    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            "Customer",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=50, unique=True)),
            ],
        ),
        migrations.CreateModel(
            "Order",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("customer", models.ForeignKey(on_delete=models.CASCADE, to="shop.customer")),
                ("note", models.CharField(default="", max_length=100)),
                ("paid", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            "Coupon",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_index=True, max_length=20)),
                ("order", models.ForeignKey(on_delete=models.CASCADE, to="shop.order")),
            ],
        ),
        migrations.AddIndex("coupon", models.Index(fields=["order", "code"], name="coupon_order_code")),
    ]
"""


@pytest.fixture
def squashed(shop):
    """A shop with a squash of all its migrations."""
    shop.project.write({f"shop/migrations/{NAME}.py": SQUASH})
    return shop


def delete(shop, *names):
    for name in names:
        (shop.project.root / f"shop/migrations/{name}.py").unlink()


def rows(shop):
    """What the shop has sold."""
    return [shop.run(f"SELECT * FROM {table} ORDER BY id") for table in ("shop_order", "billing_invoice")]


def test_a_partial_squash_is_finished_by_running_the_rest(squashed):
    shop = squashed
    shop.run("DROP TABLE shop_coupon")
    shop.forget("shop.0004_coupon")
    before = rows(shop)
    found, plan, report, left, clean = shop.bench(
        ["read"],
        ["plan", "record-squash", [], f"partial-squash:shop.{NAME}"],
        ["execute"],
        ["read"],
        ["clean"],
    )
    assert found == [f"partial-squash:shop.{NAME}", "pending-migrations:*"]
    assert (plan["title"], plan["safety"]) == (f"Complete shop.{NAME}: 0 recorded, 1 run", "careful")
    assert [(step["kind"], step.get("migration")) for step in plan["steps"]] == [
        ("operation", None),
        ("operation", ["shop", "0004_coupon"]),
        ("operation", ["shop", "0004_coupon"]),
        ("record", ["shop", "0004_coupon"]),
        ("record", ["shop", NAME]),
        ("operation", None),
    ]
    assert report["outcome"] == "done", report
    assert f"partial-squash:shop.{NAME}" in report["gone"]
    assert (left, clean) == ([], [])
    assert records(shop.entry, "shop") == [*ORIGINALS, NAME]
    assert rows(shop) == before


def test_what_the_schema_proves_of_the_rest_is_recorded(squashed):
    shop = squashed
    shop.forget("shop.0003_paid", "shop.0004_coupon")
    before = rows(shop)
    _, plan, report, left, clean = shop.bench(
        ["read"], ["plan", "record-squash", ["shop", NAME]], ["execute"], ["read"], ["clean"]
    )
    assert (plan["title"], plan["safety"]) == (f"Complete shop.{NAME}: 2 recorded, 0 run", "safe")
    assert [step["migration"][1] for step in plan["steps"]] == ["0003_paid", "0004_coupon", NAME]
    assert report["outcome"] == "done", report
    assert (left, clean) == ([], [])
    assert rows(shop) == before


def test_without_the_originals_the_schema_proves_the_squash_as_a_whole(squashed):
    shop = squashed
    delete(shop, *ORIGINALS)
    shop.forget("shop.0003_paid", "shop.0004_coupon")
    before = rows(shop)
    assert "NodeNotFoundError" in shop.project.manage("migrate").stderr
    found, plan, report, left, clean = shop.bench(
        ["read"],
        ["plan", "record-squash", [], f"partial-squash:shop.{NAME}"],
        ["execute"],
        ["read"],
        ["clean"],
    )
    assert found[0] == f"partial-squash:shop.{NAME}"
    assert (plan["title"], plan["safety"]) == (f"Record shop.{NAME}", "safe")
    assert [(step["migration"][1], step["why"]) for step in plan["steps"]] == [
        ("0003_paid", f"{PROVED} It is replaced by shop.{NAME}, and recorded with it."),
        ("0004_coupon", f"{PROVED} It is replaced by shop.{NAME}, and recorded with it."),
        (NAME, PROVED),
    ]
    assert report["outcome"] == "done", report
    assert f"partial-squash:shop.{NAME}" in report["gone"]
    assert (left, clean) == ([f"unfinished-squash:shop.{NAME}"], [])
    assert rows(shop) == before


def test_records_that_the_schema_disproves_are_taken_back_and_the_squash_is_run(kind, new_shop):
    shop = new_shop(kind, empty=True)
    assert shop.project.manage("migrate", "--fake", "shop", "0002_note").code == 0
    shop.project.write({f"shop/migrations/{NAME}.py": SQUASH})
    delete(shop, *ORIGINALS)
    _, plan, report, left, _, migrated, clean = shop.bench(
        ["read"],
        ["plan", "record-squash", ["shop", NAME]],
        ["execute"],
        ["read"],
        ["plan", "migrate"],
        ["execute"],
        ["clean"],
    )
    assert (plan["title"], plan["safety"]) == (f"Take back the records of shop.{NAME}", "careful")
    assert [step["migration"][1] for step in plan["steps"]] == ["0001_initial", "0002_note"]
    assert report["outcome"] == "done", report
    assert left == ["pending-migrations:*"]
    assert migrated["outcome"] == "done", migrated
    assert clean == []


def test_a_squash_that_is_half_in_the_schema_needs_its_originals_back_from_git(squashed):
    shop = squashed
    root = shop.project.root

    def git(*arguments):
        owner = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *owner, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "Squashed")
    delete(shop, *ORIGINALS)
    git("commit", "--quiet", "--all", "--message", "Tidied")
    shop.run("DROP TABLE shop_coupon")
    shop.forget("shop.0004_coupon")
    finding = f"partial-squash:shop.{NAME}"
    _, refused, plan = shop.bench(
        ["read"], ["plan", "record-squash", [], finding], ["plan", "restore-file", [], finding]
    )
    assert refused["impossible"].startswith(
        f"The schema has only a part of what shop.{NAME} makes (table shop_coupon"
    )
    assert [Path(step["path"]).stem for step in plan["steps"]] == list(ORIGINALS)
    assert all('"Tidied"' in step["why"] for step in plan["steps"])
    _, _, restored, _, _, report, clean = shop.bench(
        ["read"],
        ["plan", "restore-file", [], finding],
        ["execute"],
        ["read"],
        ["plan", "record-squash", [], finding],
        ["execute"],
        ["clean"],
    )
    assert (restored["outcome"], report["outcome"]) == ("done", "done"), (restored, report)
    assert clean == []


def test_a_squash_becomes_an_ordinary_migration(squashed):
    shop, root = squashed, squashed.project.root
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    assert records(shop.entry, "shop")[-1] == NAME
    delete(shop, "0002_note", "0003_paid")
    before = rows(shop)
    found, plan = shop.bench(["read"], ["plan", "finish-squash", [], f"unfinished-squash:shop.{NAME}"])
    assert found == [f"unfinished-squash:shop.{NAME}"]
    assert (plan["title"], plan["safety"]) == (f"Make an ordinary migration of shop.{NAME}", "careful")
    assert plan["asks"][0]["choices"] == ["prune", "keep"]
    assert [step.get("migration", [None])[-1] for step in plan["steps"]] == [
        *ORIGINALS,
        None,
        None,
        None,
        None,
    ]
    changes = {
        str(Path(step["path"]).relative_to(root)): step for step in plan["steps"] if step["kind"] == "file"
    }
    billing = (root / "billing/migrations/0001_initial.py").read_text()
    assert {path: step.get("content") for path, step in changes.items()} == {
        "billing/migrations/0001_initial.py": billing.replace("0002_note", NAME),
        f"shop/migrations/{NAME}.py": SQUASH[: SQUASH.index("    replaces")]
        + SQUASH[SQUASH.index("    initial") :],
        "shop/migrations/0001_initial.py": None,
        "shop/migrations/0004_coupon.py": None,
    }
    for step in changes.values():
        assert step["former"] == Path(step["path"]).read_text()
    _, _, report, left, clean = shop.bench(
        ["read"],
        ["plan", "finish-squash", [], f"unfinished-squash:shop.{NAME}"],
        ["execute"],
        ["read"],
        ["clean"],
    )
    assert report["outcome"] == "done", report
    assert (left, clean) == ([], [])
    for path, step in changes.items():
        assert (root / path).exists() == ("content" in step)
        assert "content" not in step or (root / path).read_text() == step["content"]
    assert records(shop.entry, "shop") == [NAME]
    assert rows(shop) == before


SOURCE = 'class Migration:\n    replaces = [("shop", "0001"), ("shop", "0002")]\n    dependencies = []\n'
PAIR = "shop.0001 shop.0002"


def squash(name="shop.0001_squashed_0002", source=SOURCE, replaces=PAIR, **options):
    return migration(name, "", replaces=keys(replaces), source=source, **options)


def sourced(name, after=""):
    app, _, label = after.partition(".")
    dependencies = f'[("{app}", "{label}")]' if after else "[]"
    return migration(name, after, source=f"class Migration:\n    dependencies = {dependencies}\n")


FILES = [sourced("shop.0001"), sourced("shop.0002", "shop.0001")]


def finish(files, recorded=f"{PAIR} shop.0001_squashed_0002", **settings):
    made = situation([*FILES, *files], recorded)
    request = Request(arguments=("shop", "0001_squashed"), settings=settings)
    return make_plan(made, "finish-squash", request)


def test_records_can_be_kept_and_one_that_is_missing_is_written_first():
    plan = finish([squash()], records="keep")
    assert [step.kind for step in plan.steps] == ["file", "file", "file"]
    assert (plan.asks[0].answer, len(plan.risks)) == ("keep", 1)
    plan = finish([squash()], recorded=PAIR)
    assert [(step.record, step.migration) for step in plan.steps[:3]] == [
        ("insert", ("shop", "0001_squashed_0002")),
        ("delete", ("shop", "0001")),
        ("delete", ("shop", "0002")),
    ]
    assert plan.risks == (
        "Every other database of the project must have shop.0001_squashed_0002 recorded before it meets these files:"
        " run migrate there first. One that has only the records of what it replaces would run it again.",
        "A release of the code from before takes shop.0001_squashed_0002 for not applied once the old records are gone:"
        " undo this before you go back to one, or keep the records (--set records=keep) until you never will.",
    )


def test_squashes_of_squashes_are_finished_from_the_outside():
    outer_source = SOURCE.replace('("shop", "0002")', '("shop", "0001_squashed_0002"), ("shop", "0003")')
    outer = squash("shop.0001_squashed_0003", outer_source, "shop.0001_squashed_0002 shop.0003")
    files = [squash(), sourced("shop.0003", "shop.0002"), outer]
    recorded = f"{PAIR} shop.0001_squashed_0002 shop.0003 shop.0001_squashed_0003"
    made = situation([*FILES, *files], recorded)
    plan = make_plan(made, "finish-squash", Request(arguments=("shop", "0001_squashed_0003")))
    assert [Path(step.path).stem for step in plan.steps if step.kind == "file"] == [
        "0001_squashed_0003",
        "0001_squashed_0002",
        "0003",
        "0001",
        "0002",
    ]
    with pytest.raises(Impossible) as caught:
        make_plan(made, "finish-squash", Request(arguments=("shop", "0001_squashed_0002")))
    assert (
        str(caught.value)
        == "shop.0001_squashed_0003 replaces shop.0001_squashed_0002 in turn; finish that one."
    )


@pytest.mark.parametrize(
    ("files", "recorded", "reason"),
    [
        (
            [squash()],
            "shop.0001",
            "Not everything that shop.0001_squashed_0002 replaces is recorded.",
        ),
        (
            [squash(), sourced("tags.0001", "shop.0002")],
            PAIR,
            "tags.0001 of an installed package depends on shop.0002; only its next release can depend on"
            " shop.0001_squashed_0002.",
        ),
        (
            [
                squash(),
                migration("shop.0003", "shop.0002", source="class Migration:\n    dependencies = ALL\n"),
            ],
            PAIR,
            "/srv/shop/shop/migrations/0003.py names shop.0002 in a way that cannot be edited; do it by hand.",
        ),
        (
            [squash(source=SOURCE + '    old = import_module("shop.migrations.0002")\n')],
            PAIR,
            "Line 4 of /srv/shop/shop/migrations/0001_squashed_0002.py names 0002, which would be deleted, and may"
            " import from it; move that code first.",
        ),
        (
            [squash(source="class Migration:\n    replaces = A; dependencies = []\n")],
            PAIR,
            "/srv/shop/shop/migrations/0001_squashed_0002.py has `replaces` on one line with something else; edit it by"
            " hand.",
        ),
        (
            [squash(source="")],
            PAIR,
            "/srv/shop/shop/migrations/0001_squashed_0002.py is empty or not UTF-8.",
        ),
        (
            [migration("shop.0001_squashed_0002", "")],
            PAIR,
            "shop.0001_squashed_0002 replaces no other migration.",
        ),
    ],
)
def test_what_cannot_be_finished_is_refused(files, recorded, reason):
    with pytest.raises(Impossible) as caught:
        finish(files, recorded)
    assert str(caught.value) == reason


def recorded_squash(made, *arguments):
    return make_plan(made, "record-squash", Request(arguments=arguments or ("shop", "0001_squashed")))


def test_a_squash_that_only_lacks_its_own_record_gets_it():
    plan = recorded_squash(situation([*FILES, squash()], PAIR))
    assert [(step.record, step.migration) for step in plan.steps] == [
        ("insert", ("shop", "0001_squashed_0002"))
    ]
    assert plan.safety == "safe"
    plan = recorded_squash(situation([squash()]))
    assert [step.migration for step in plan.steps] == [*keys(PAIR), ("shop", "0001_squashed_0002")]
    absent = migration("shop.0001_squashed_0002", "", op("no", "x"), replaces=keys(PAIR))
    assert recorded_squash(situation([absent], PAIR)).safety == "careful"


def stuck(*operations, recorded="shop.0001", later=(), rows=True):
    one = migration("shop.0001_squashed_0002", "", *operations, replaces=keys(PAIR))
    truths = (truth_of(one, recorded=False),) if rows else ()
    return situation([one, *later], recorded, squashes=truths)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (
            situation(chain("shop.0001")),
            "There is no migration '0001_squashed' in app 'shop'.",
        ),
        (
            situation([*FILES, squash()], f"{PAIR} shop.0001_squashed_0002"),
            "shop.0001_squashed_0002 is recorded, and so is all that it replaces.",
        ),
        (
            situation([migration("shop.0001_squashed_0002", "", op("no", "x"), replaces=keys(PAIR))]),
            "Nothing that shop.0001_squashed_0002 replaces is recorded; migrate runs it as it is.",
        ),
        (
            stuck(rows=False),
            "The schema was not compared, so nothing proves or disproves shop.0001_squashed_0002.",
        ),
        (
            stuck(op("yes", "a", confirmed=False)),
            "What the schema says of shop.0001_squashed_0002 is not certain before a replay (migwizard replay).",
        ),
        (
            stuck(op("yes", "a"), op("no", "column b does not exist")),
            "The schema has only a part of what shop.0001_squashed_0002 makes (column b does not exist), and the files"
            " that say what is left to run are gone; bring them back first (restore-file).",
        ),
        (
            stuck(
                op("no", "a"),
                recorded="shop.0001 shop.0003",
                later=[migration("shop.0003", "shop.0001_squashed_0002")],
            ),
            "shop.0003 is recorded and depends on shop.0001_squashed_0002, of which the schema has nothing.",
        ),
    ],
)
def test_records_that_nothing_proves_are_refused(made, reason):
    with pytest.raises(Impossible) as caught:
        recorded_squash(made)
    assert str(caught.value) == reason
