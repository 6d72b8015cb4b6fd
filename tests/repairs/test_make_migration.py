"""The migration that changed models lack, with and without questions."""

from __future__ import annotations

import pytest

from tests.repairs.branching import BOTH, LABEL, NOTE, clean, fork, models
from tests.running.kit import Shop, files_of

pytest_plugins = ["tests.running.fixtures"]

ORDER = "    paid = models.BooleanField(default=False)\n"
COUPON = "    code = models.CharField(max_length=20, db_index=True)\n"
FINDING = "model-changes:shop"


def ask(shop: Shop, additions: dict[str, str], *answers: dict[str, str], replace: tuple[str, str] = ("", "")):
    """The plans for models with these lines added, one for each set of answers."""
    text = models(additions)
    assert replace[0] in text
    shop.project.write({"shop/models.py": text.replace(*replace)})
    found, *plans = shop.bench(
        ["read"], *(["plan", "make-migration", [], FINDING, settings] for settings in answers)
    )
    assert FINDING in found
    return plans


def test_what_needs_no_answer_is_written_as_django_would(shop):
    shop.project.write({"shop/models.py": models(BOTH)})
    before = files_of(shop.project)
    found, plan, report, after = shop.bench(
        ["read"], ["plan", "make-migration", [], FINDING], ["execute"], ["read"]
    )
    assert FINDING in found
    (step,) = plan["steps"]
    assert (plan["title"], plan["safety"]) == ("Write shop.0005_coupon_label_order_gift", "careful")
    assert step["why"] == (
        "shop.0005_coupon_label_order_gift makes what the models have and no migration makes: Add field label to"
        " coupon; Add field gift to order."
    )
    assert (report["outcome"], report["gone"]) == ("done", [FINDING]), report["message"]
    assert FINDING not in after
    name = "shop/migrations/0005_coupon_label_order_gift.py"
    written = files_of(shop.project)[name].decode()
    outcome = shop.project.migwizard("undo", "1", "--yes")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert files_of(shop.project) == before
    outcome = shop.project.manage("makemigrations", "--no-header", PATH="")
    assert outcome.code == 0, outcome.stderr
    assert written.partition("\n\n")[2] == files_of(shop.project)[name].decode()
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    assert clean(shop) == []


def test_a_column_that_must_not_be_null_needs_a_value(shop):
    added = {
        ORDER: "    due = models.DateField()\n",
        COUPON: "    used = models.DecimalField(max_digits=4, decimal_places=1)\n",
    }
    values = {"default.order.due": "2026-02-03", "default.coupon.used": "1.5"}
    none, one, wrong, whole = ask(
        shop, added, {}, {"default.order.due": "2026-02-03"}, values | {"default.coupon.used": "much"}, values
    )
    due = {"key": "default.order.due", "text": "What do existing rows of order get in the new column due?"}
    used = {
        "key": "default.coupon.used",
        "text": "What do existing rows of coupon get in the new column used?",
    }
    assert [strip(question) for question in none["asks"]] == [used, due]
    assert none["refusal"] == (
        "What do existing rows of coupon get in the new column used? Answer with --set default.coupon.used=VALUE"
        " --set default.order.due=VALUE."
    )
    assert none["steps"] == []
    assert [strip(question) for question in one["asks"]] == [used, due | {"answer": "2026-02-03"}]
    assert wrong["refusal"] == "'much' is no value for coupon.used: “much” value must be a decimal number."
    assert "default=datetime.date(2026, 2, 3)" in whole["steps"][0]["content"]
    assert "default=Decimal('1.5')" in whole["steps"][0]["content"]
    outcome = shop.project.migwizard(
        "repair", FINDING, "--yes", "--no-replay", *(f"--set={key}={value}" for key, value in values.items())
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    assert clean(shop) == []
    assert {str(row[0]) for row in shop.run("SELECT due FROM shop_order")} == {"2026-02-03"}


def strip(question):
    """A question without what is empty."""
    return {name: value for name, value in question.items() if value}


def test_a_field_may_have_been_renamed(shop):
    renamed = ("    note = models.CharField", "    remark = models.CharField")
    none, yes, no, odd = ask(
        shop,
        {},
        {},
        {"rename.order.remark": "yes"},
        {"rename.order.remark": "no"},
        {"rename.order.remark": "perhaps"},
        replace=renamed,
    )
    assert [strip(question) for question in none["asks"]] == [
        {
            "key": "rename.order.remark",
            "text": "Was order.remark called note before (no: what that one holds is lost)?",
            "choices": ["yes", "no"],
        }
    ]
    assert none["refusal"].endswith("Answer with --set rename.order.remark=yes|no.")
    assert "migrations.RenameField(" in yes["steps"][0]["content"]
    assert yes["risks"] == [
        "Not applied by this plan, but by the next migrate: shop.0005_rename_note_order_remark."
    ]
    assert "migrations.RemoveField(" in no["steps"][0]["content"]
    assert no["risks"][1] == (
        "shop.0005_remove_order_note_order_remark: Remove field note from order loses what it holds when the migration"
        " runs."
    )
    assert odd["refusal"] == "rename.order.remark takes note or no, not 'perhaps'."
    outcome = shop.project.migwizard(
        "repair", FINDING, "--yes", "--no-replay", "--set", "rename.order.remark=yes"
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    assert clean(shop) == []
    assert ("first",) in shop.run("SELECT remark FROM shop_order")


def test_a_field_that_may_have_had_several_names(new_shop):
    shop = new_shop("sqlite")
    fork(shop, NOTE, 'migrations.AddField("order", "sold", models.BooleanField(default=False))', applied=())
    assert shop.project.manage("makemigrations", "--merge", "--noinput", "--verbosity", "0").code == 0
    yes, sold, paid, no = ask(
        shop,
        {},
        *({"rename.order.settled": answer} for answer in ("yes", "sold", "paid", "no")),
        replace=("    paid =", "    settled ="),
    )
    assert yes["refusal"] == (
        "rename.order.settled may be any of gift, paid, sold; name one instead of saying yes."
    )
    for plan, old in ((sold, "sold"), (paid, "paid")):
        content = plan["steps"][0]["content"]
        assert f"old_name='{old}'" in content
        assert content.count("migrations.RemoveField(") == 2
    assert no["steps"][0]["content"].count("migrations.RemoveField(") == 3


def test_a_model_may_have_been_renamed(new_shop):
    shop = new_shop("sqlite")
    plans = ask(
        shop,
        {},
        {},
        {"rename.voucher": "yes"},
        {"rename.voucher": "no"},
        replace=("class Coupon(", "class Voucher("),
    )
    none, yes, no = plans
    assert none["refusal"] == (
        "Was the model Voucher called Coupon before (no: what that one holds is lost)? Answer with"
        " --set rename.voucher=yes|no."
    )
    assert "migrations.RenameModel(" in yes["steps"][0]["content"]
    assert any("Delete model Coupon loses what it holds" in risk for risk in no["risks"])


def test_null_that_is_not_allowed_any_more(new_shop):
    shop = new_shop("sqlite")
    field = "    extra = models.IntegerField(null=True)\n"
    shop.project.write({"shop/models.py": models({ORDER: field})})
    assert shop.project.manage("makemigrations", "--verbosity", "0").code == 0
    none, value, keep = ask(
        shop,
        {ORDER: field.replace("null=True", "")},
        {},
        {"default.order.extra": "7"},
        {"default.order.extra": "NOT_PROVIDED"},
    )
    assert none["refusal"].startswith(
        "What do rows of order get whose extra is NULL (NOT_PROVIDED: nothing, and the migration fails where there are"
        " any)? Answer with "
    )
    assert (
        "field=models.IntegerField(default=7),\n            preserve_default=False"
        in value["steps"][0]["content"]
    )
    assert "field=models.IntegerField(),\n" in keep["steps"][0]["content"]


VALUES = {
    "models.DateTimeField(auto_now_add=True)": (None, "default=django.utils.timezone.now"),
    "models.BooleanField()": ("yes", "default=True"),
    'models.CharField(max_length=3, choices=[("a", "A")])': ("a", "default='a'"),
    "models.ForeignKey(Customer, models.CASCADE, related_name='+')": ("1", "default=1"),
    "models.JSONField()": ('{"a": [1]}', "default={'a': [1]}"),
    "models.UUIDField()": ("uuid.uuid4", "default=uuid.uuid4"),
    "models.DurationField()": ("1 00:00:05", "default=datetime.timedelta(days=1, seconds=5)"),
}
WRONG = {
    'models.CharField(max_length=3, choices=[("a", "A")])': ("b", "It is none of a."),
    "models.CharField(max_length=3)": ("four", "Ensure this value has at most 3 characters (it has 4)."),
    "models.JSONField()": (
        "{",
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    "models.PositiveSmallIntegerField()": ("-1", "Ensure this value is greater than or equal to 0."),
}


def test_values_of_every_kind(new_shop):
    shop = new_shop("sqlite")
    fields = {f"f{number}": field for number, field in enumerate(VALUES)}
    lines = "".join(f"    {name} = {field}\n" for name, field in fields.items())
    settings = {
        f"default.order.{name}": VALUES[field][0] for name, field in fields.items() if VALUES[field][0]
    }
    (plan,) = ask(shop, {ORDER: lines}, settings)
    assert plan.get("refusal") is None
    content = plan["steps"][0]["content"]
    assert [expected for _, expected in VALUES.values() if expected not in content] == []
    assert {question["key"]: question["answer"] for question in plan["asks"]} == settings | {
        "default.order.f0": "timezone.now"
    }


@pytest.mark.parametrize("field", WRONG)
def test_values_that_are_none(new_shop, field):
    value, why = WRONG[field]
    (plan,) = ask(new_shop("sqlite"), {ORDER: f"    extra = {field}\n"}, {"default.order.extra": value})
    assert plan["refusal"] == f"'{value}' is no value for order.extra: {why}"


def test_an_app_of_the_same_names_is_not_mixed_up(new_shop):
    shop = new_shop("sqlite")
    order = "\n\nclass Order(models.Model):\n    number = models.IntegerField()\n"
    billing = (shop.project.root / "billing" / "models.py").read_text() + order
    shop.project.write({"billing/models.py": billing})
    assert shop.project.manage("makemigrations", "--verbosity", "0").code == 0
    shop.project.write({"billing/models.py": billing + "    due = models.IntegerField()\n"})
    (plan,) = ask(shop, {ORDER: "    due = models.DateField()\n"}, {"default.order.due": "2026-02-03"})
    (step,) = plan["steps"]
    assert "datetime.date(2026, 2, 3)" in step["content"]
    assert "/shop/migrations/" in step["path"]


def test_what_django_writes_for_another_app_comes_along(new_shop):
    shop = new_shop("sqlite")
    billing = (shop.project.root / "billing" / "models.py").read_text()
    shop.project.write({"billing/models.py": billing + "\n\nclass Till(models.Model):\n    pass\n"})
    (plan,) = ask(
        shop, {ORDER: '    till = models.ForeignKey("billing.Till", models.CASCADE, null=True)\n'}, {}
    )
    assert [step["path"].rpartition("/")[2] for step in plan["steps"]] == [
        "0003_till.py",
        "0005_order_till.py",
    ]


def test_what_there_is_no_migration_for(new_shop):
    shop = new_shop("sqlite")
    answers = shop.bench(
        ["read"],
        ["plan", "make-migration"],
        ["plan", "make-migration", ["shop"]],
        ["plan", "make-migration", ["auth"]],
        ["plan", "make-migration", ["none"]],
    )[1:]
    assert [answer["impossible"] for answer in answers] == [
        "The models of the project's own apps are as the migrations leave them.",
        "The models of shop are as its migrations leave them.",
        "auth is an installed package: a migration that is written there is lost with its next version.",
        "There is no app 'none' with migrations.",
    ]
    fork(shop, NOTE, LABEL, applied=())
    shop.project.write({"shop/models.py": models({ORDER: "    new = models.IntegerField(null=True)\n"})})
    found, answer = shop.bench(["read"], ["plan", "make-migration", ["shop"]])
    assert answer["impossible"] == "The app shop has 2 last migrations; join them first (merge shop)."
    assert FINDING in found
