"""What an operation is shown of the state is enough: the SQL is the same as with everything that hangs together."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.projects import write_project
from tests.running.kit import migration

# Some of it fails when it runs, as what people wrote may: what is said of that is the same as well.
CHAIN = (
    """migrations.CreateModel("Person", [key(), ("name", models.CharField(max_length=50, unique=True))]),
    migrations.CreateModel("Customer", [parent("shop.person"), ("code", models.CharField(max_length=9))],
                           bases=("shop.person",)),
    migrations.CreateModel("Guest", [], options={"proxy": True}, bases=("shop.customer",)),
    migrations.CreateModel("Order", [
        key(), ("no", models.IntegerField()), ("by", to("shop.customer")), ("guest", to("shop.guest", null=True)),
        ("before", to("self", null=True)), ("named", to("shop.person", to_field="name", related_name="+")),
    ]),
    migrations.CreateModel("Line", [key(), ("order", to("shop.order")), ("by", to("shop.person"))],
        options={"unique_together": {("order", "by")}}),
    migrations.AddField("order", "people", models.ManyToManyField("shop.person", through="shop.line")),
    migrations.AddField("order", "tags", models.ManyToManyField("shop.guest", related_name="+")),""",
    """migrations.AlterField("person", "name", models.CharField(max_length=80, unique=True)),
    migrations.RenameField("person", "name", "full name"),
    migrations.AlterField("person", "id", models.BigAutoField(primary_key=True)),
    migrations.AddIndex("order", models.Index(fields=["no", "by"], name="order_no")),
    migrations.AddConstraint("order", models.CheckConstraint(**{WORD: models.Q(no__gt=0)}, name="positive")),
    migrations.AlterModelTable("person", "Some one"),
    migrations.AlterModelOptions("order", {"ordering": ["no"]}),
    migrations.RunSQL("SELECT 1", state_operations=[
        migrations.AddField("order", "phantom", models.IntegerField(null=True))]),""",
    """migrations.RenameModel("Order", "Purchase"),
    migrations.SeparateDatabaseAndState(
        database_operations=[migrations.AddField("line", "late", to("shop.guest", null=True))],
        state_operations=[migrations.AddField("line", "late", to("shop.guest", null=True))]),
    migrations.AlterField("line", "late", to("shop.person", null=True, unique=True)),
    migrations.AlterUniqueTogether("line", {("order", "by", "late")}),
    migrations.RunPython(migrations.RunPython.noop),
    migrations.RemoveField("purchase", "phantom"),
    migrations.AlterField("purchase", "no", models.BigIntegerField(db_index=True, null=True)),
    migrations.RemoveIndex("purchase", "order_no"),
    migrations.RemoveConstraint("purchase", "positive"),
    migrations.AlterOrderWithRespectTo("line", "order"),
    migrations.DeleteModel("guest"),
    migrations.RemoveField("purchase", "tags"),
    migrations.RemoveField("line", "late"),""",
)

CODE = """
import django

WORD = "condition" if django.VERSION >= (5, 1) else "check"

def key():
    return ("id", models.AutoField(primary_key=True))

def to(other, **options):
    return models.ForeignKey(other, models.CASCADE, **options)

def parent(other):
    return ("person_ptr", models.OneToOneField(other, models.CASCADE, parent_link=True, primary_key=True))
"""

BOTH = """
import json, sys
from pathlib import Path
from migwizard.reading.options import Options
from migwizard.running import operations
from migwizard.workbench import Workbench

bench = Workbench(Options(Path(".")))
bench.open()
bench.read(replay=False)
found = []
subjects = operations.subjects
for operations.subjects in (lambda operation, label: None, subjects):
    plan = bench.plan(None, "migrate")
    steps = [[step.why, step.note, sorted(step.sql) if "Rename model" in step.why else step.sql]
             for step in plan.steps]
    found.append([steps, plan.risks, plan.safety, [str(loss) for loss in plan.loses]])
print(json.dumps(found))
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_sql_is_the_same_as_with_the_whole_state(
    kind: str, new_database: Callable[..., dict[str, Any]], tmp_path: Any
) -> None:
    files = {
        f"shop/migrations/000{number}_x.py": migration(
            [("shop", f"000{number - 1}_x")] if number > 1 else [], operations, CODE
        )
        for number, operations in enumerate(CHAIN, 1)
    }
    project = write_project(tmp_path / "shop", files, new_database(kind))
    outcome = project.run(sys.executable, "-c", BOTH)
    assert outcome.code == 0, outcome.stderr
    whole, narrow = json.loads(outcome.stdout)
    for one, other in zip(narrow[0], whole[0], strict=True):
        assert one == other
    assert narrow == whole
    assert len(narrow[0]) > sum(text.count("migrations.") for text in CHAIN) - 10
