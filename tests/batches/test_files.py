"""A repair that writes a file in one schema's turn is followed in all others."""

from __future__ import annotations

from tests.batches.clinic import Clinic
from tests.batches.conftest import TWELVE

LEAF = """
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("records", "0004_paid")]
        operations = [migrations.AddField("patient", "{0}", models.CharField(default="", max_length=9))]
"""
MODELS = """
    from django.db import models


    class Patient(models.Model):
        name = models.CharField(max_length=50)
        phone = models.CharField(default="", max_length=20)
        email = models.CharField(default="", max_length=50)
        left = models.CharField(default="", max_length=9)
        right = models.CharField(default="", max_length=9)


    class Visit(models.Model):
        patient = models.ForeignKey(Patient, models.CASCADE)
        day = models.DateField()
        paid = models.BooleanField(default=False)
"""


def test_two_leaves_are_merged_once_and_the_merge_is_run_everywhere(small: Clinic) -> None:
    small.project.write(
        {
            "records/models.py": MODELS,
            "records/migrations/0005_left.py": LEAF.format("left"),
            "records/migrations/0005_right.py": LEAF.format("right"),
        }
    )
    outcome = small.migwizard(
        "repair", "--all", "--all-schemas", "--allow", "careful", "--yes", "--jobs", "2", "--format", "json"
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    done = {one["schema"]: one["outcome"] for one in outcome.json["schemas"]}
    assert done == dict.fromkeys(("public", *TWELVE), "done")
    assert next(iter(done)) == "public"
    written = sorted(path.name for path in (small.project.root / "records/migrations").glob("0006*"))
    assert len(written) == 1
    assert [small.shape(name) == small.shape("clinic01") for name in TWELVE] == [True] * 12
    assert small.migwizard("check", "--all-schemas", "--fail-on", "info").code == 0
