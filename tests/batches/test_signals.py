"""What receivers of signals see when a schema is migrated is what they see under migrate_schemas, once a schema."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.batches.clinic import Clinic

RECEIVERS = """
    import json
    import os

    from django.apps import AppConfig
    from django.db import connections


    def listen(name, using="default", **kwargs):
        connection = connections[using]
        tenant, sender = kwargs.get("tenant"), kwargs["sender"]
        about = kwargs.get("schema_name") or (tenant.schema_name if tenant else connection.schema_name)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema(), to_regclass(%s)", [f"{about}.records_patient"])
            current, table = cursor.fetchone()
        heard = {
            "signal": name,
            "about": about,
            "sender": getattr(sender, "__qualname__", None) or sender.label,
            "given": sorted(kwargs),
            "tenant": [type(tenant).__name__, tenant.pk] if tenant else None,
            "turned to": connection.schema_name,
            "current": current,
            "table": table is not None,
        }
        # One line in one call, as several processes write to the same file.
        file = os.open("heard.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, json.dumps(heard).encode() + b"\\n")
        os.close(file)
        print("A receiver has heard", name)


    class RecordsConfig(AppConfig):
        name = "records"
        default_auto_field = "django.db.models.BigAutoField"

        def ready(self):
            from functools import partial

            from django.db.models import signals
            from django_tenants import signals as of_tenants

            for name in ("schema_pre_migration", "schema_migrated", "post_schema_sync"):
                if signal := getattr(of_tenants, name, None):
                    signal.connect(partial(listen, name), weak=False)
            for name in ("pre_migrate", "post_migrate"):
                getattr(signals, name).connect(partial(listen, name), sender=self, weak=False)
"""
NOTE = """
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("records", "0004_paid")]
        operations = [migrations.AddField("patient", "note", models.CharField(default="", max_length=9))]
"""
SAVE = "from customers.models import Client; Client.objects.get(schema_name='clinic01').save(verbosity=0)"


def heard(clinic: Clinic) -> list[dict[str, Any]]:
    """What the receivers have heard since they were last asked."""
    file = clinic.project.root / "heard.txt"
    found = [json.loads(line) for line in file.read_text().splitlines()]
    file.unlink()
    return found


def test_a_schema_that_is_made_sends_what_saving_its_tenant_sends(small: Clinic) -> None:
    small.project.write({"records/apps.py": RECEIVERS})
    small.run("DROP SCHEMA clinic01 CASCADE", "DROP SCHEMA clinic02 CASCADE")
    saved = small.project.python(SAVE)
    assert saved.code == 0, saved.stderr
    by_django = heard(small)
    made = small.migwizard("repair", "create-schema", "--schema", "clinic02", "--yes", "--format", "json")
    assert made.code == 0, made.stdout + made.stderr
    assert made.json["outcome"] == "done"
    assert "A receiver has heard post_schema_sync" in made.stderr
    ours = json.loads(json.dumps(heard(small)).replace("clinic02", "clinic01"))
    assert by_django[-1]["tenant"][0] == "Client"
    by_django[-1]["tenant"][1] += 1
    assert ours == by_django


def test_each_schema_of_many_is_told_of_once_and_nothing_is_printed_into_the_document(small: Clinic) -> None:
    small.project.write({"records/apps.py": RECEIVERS, "records/migrations/0005_note.py": NOTE})
    migrated = small.project.manage("migrate_schemas", "--schema", "clinic01", "--verbosity", "0")
    assert migrated.code == 0, migrated.stderr
    by_django = heard(small)
    names = ("clinic02", "clinic03", "clinic04")
    outcome = small.migwizard(
        "repair", "migrate", "--schemas", ",".join(names), "--jobs", "2", "--yes", "--format", "json"
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert {one["schema"]: one["outcome"] for one in outcome.json["schemas"]} == dict.fromkeys(names, "done")
    assert outcome.stderr.count("A receiver has heard") == 3 * len(by_django)
    ours = heard(small)
    assert set(Counter((one["signal"], one["about"]) for one in ours).values()) == {1}
    for name in names:
        told = [one for one in ours if one["about"] == name]
        assert json.loads(json.dumps(told).replace(name, "clinic01")) == by_django
