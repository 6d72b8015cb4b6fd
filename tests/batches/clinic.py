"""A project with django-tenants, and any number of its tenants, made in a moment."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.projects import Outcome, Project, write_project
from tests.running.kit import connected, execute

SHARED = ("django_tenants", "customers", "django.contrib.contenttypes")
TENANT = ("django.contrib.contenttypes", "records")

SETTINGS = """
SHARED_APPS = [
    "django_tenants",
    "customers",
    "django.contrib.contenttypes",
]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "records",
]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]
TENANT_MODEL = "customers.Client"
TENANT_DOMAIN_MODEL = "customers.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATABASES["default"]["ENGINE"] = "django_tenants.postgresql_backend"
"""

FILES = {
    "customers/models.py": """
        from django.db import models
        from django_tenants.models import DomainMixin, TenantMixin


        class Client(TenantMixin):
            name = models.CharField(max_length=50, default="")


        class Domain(DomainMixin):
            pass
    """,
    "customers/migrations/0001_initial.py": """
        import django.db.models.deletion
        from django.db import migrations, models
        from django_tenants.postgresql_backend.base import _check_schema_name


        class Migration(migrations.Migration):
            initial = True
            dependencies = []
            operations = [
                migrations.CreateModel("Client", [
                    ("id", models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("schema_name", models.CharField(
                        db_index=True, max_length=63, unique=True, validators=[_check_schema_name])),
                    ("name", models.CharField(default="", max_length=50)),
                ], options={"abstract": False}),
                migrations.CreateModel("Domain", [
                    ("id", models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("domain", models.CharField(db_index=True, max_length=253, unique=True)),
                    ("is_primary", models.BooleanField(db_index=True, default=True)),
                    ("tenant", models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="domains", to="customers.client")),
                ], options={"abstract": False}),
            ]
    """,
    "records/models.py": """
        from django.db import models


        class Patient(models.Model):
            name = models.CharField(max_length=50)
            phone = models.CharField(default="", max_length=20)
            email = models.CharField(default="", max_length=50)


        class Visit(models.Model):
            patient = models.ForeignKey(Patient, models.CASCADE)
            day = models.DateField()
            paid = models.BooleanField(default=False)
    """,
    "records/migrations/0001_initial.py": """
        from django.db import migrations, models


        class Migration(migrations.Migration):
            initial = True
            dependencies = []
            operations = [
                migrations.CreateModel("Patient", [
                    ("id", models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=50)),
                ]),
            ]
    """,
    "records/migrations/0002_phone.py": """
        from django.db import migrations, models


        class Migration(migrations.Migration):
            dependencies = [("records", "0001_initial")]
            operations = [
                migrations.AddField("patient", "phone", models.CharField(default="", max_length=20)),
            ]
    """,
    "records/migrations/0003_visit.py": """
        import django.db.models.deletion
        from django.db import migrations, models


        class Migration(migrations.Migration):
            dependencies = [("records", "0002_phone")]
            operations = [
                migrations.CreateModel("Visit", [
                    ("id", models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("day", models.DateField()),
                    ("patient", models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="records.patient")),
                ]),
                migrations.AddField("patient", "email", models.CharField(default="", max_length=50)),
            ]
    """,
    "records/migrations/0004_paid.py": """
        from django.db import migrations, models


        class Migration(migrations.Migration):
            dependencies = [("records", "0003_visit")]
            operations = [
                migrations.AddField("visit", "paid", models.BooleanField(default=False)),
            ]
    """,
}

COPY = """
import json, sys
from django.core.management import call_command
from django.db import connection
from django_tenants.utils import get_public_schema_name, get_tenant_model

names, types = json.loads({names!r}), json.loads({types!r})
public = connection.ops.quote_name(get_public_schema_name())
with connection.cursor() as cursor:
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {{public}}")
call_command("migrate_schemas", shared=True, verbosity=0)
Client = get_tenant_model()
clients = [
    Client(schema_name=name, name=name.title(), **({{"type": types[name]}} if types else {{}})) for name in names
]
Client.objects.bulk_create(clients)

first = {{}}
for name in names:
    first.setdefault(types.get(name, ""), name)
for kind, name in first.items():
    heard = []

    def listen(execute, sql, params, many, context):
        word = sql.split(None, 1)[0].upper() if isinstance(sql, str) else ""
        if word in ("CREATE", "ALTER", "INSERT", "UPDATE", "COMMENT", "DROP"):
            heard.append(connection.ops.compose_sql(sql, params) if params else sql)
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA " + connection.ops.quote_name(name))
    with connection.execute_wrapper(listen):
        call_command("migrate_schemas", tenant=True, schema_name=name, interactive=False, verbosity=0)
    connection.set_schema_to_public()
    script = ";".join(heard)
    with connection.cursor() as cursor:
        for other in names:
            if other != name and types.get(other, "") == kind:
                quoted = '"' + other.replace('"', '""') + '"'
                cursor.cursor.execute(
                    "CREATE SCHEMA " + quoted + "; SET search_path = " + quoted + ", "
                    + connection.ops.quote_name(get_public_schema_name()) + ";" + script
                )
"""


def project(folder: Path, entry: Mapping[str, Any], settings: str = "", **files: str) -> Project:
    """The project on a database; `settings` is added to its own."""
    text = SETTINGS + textwrap.dedent(settings)
    return write_project(folder, FILES | files, entry, apps=(), settings=text)


def with_tenants(made: Project, names: Iterable[str], types: Mapping[str, str] | None = None) -> None:
    """Migrate the public schema, and make tenants that are all the same, or the same as those of their type."""
    outcome = made.python(COPY.format(names=json.dumps(list(names)), types=json.dumps(types or {})))
    assert outcome.code == 0, outcome.stderr


@dataclass
class Clinic:
    """A copy of the project with some tenants, on a database of its own."""

    project: Project
    entry: Mapping[str, Any]

    def run(self, *statements: str, schema: str = "public") -> list[tuple[Any, ...]]:
        """Execute statements in a schema, past Django, and return the rows of the last one."""
        quoted = schema.replace('"', '""')
        return execute(self.entry, f'SET search_path = "{quoted}"', *statements)

    def migwizard(self, *arguments: str, **options: Any) -> Outcome:
        """Run `migwizard`."""
        return self.project.migwizard(*arguments, **options)

    def state(self, schema: str) -> dict[str, Any]:
        """Every row of a schema with its version and place, and the versions of its catalogue's rows."""
        return self.states([schema])[schema]

    def states(self, schemas: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The states of some schemas."""
        states: dict[str, dict[str, Any]] = {}
        with connected(self.entry) as connection:
            for schema in schemas:
                found = states[schema] = {}
                for query in (CLASSES, ATTRIBUTES, CONSTRAINTS):
                    found[query] = connection.execute(query, [schema]).fetchall()
                for (name,) in connection.execute(TABLES, [schema]).fetchall():
                    rows = connection.execute(
                        f"SELECT ctid::text, xmin::text, t::text FROM {name} t ORDER BY ctid"
                    )
                    found[name] = rows.fetchall()
        return states

    def schemas(self, *names: str) -> list[str]:
        """Those of some schemas that are there."""
        found = self.run("SELECT nspname FROM pg_namespace")
        return [name for name in names if (name,) in found]

    def shape(self, schema: str) -> tuple[Any, ...]:
        """What a schema is like, whenever and however it became so: columns, constraints, indexes, records."""
        with connected(self.entry) as connection:
            connection.execute("SELECT set_config('search_path', quote_ident(%s), false)", [schema])
            return tuple(connection.execute(query, [schema]).fetchall() for query in SHAPE)

    def damage(self, column: str, records: str, half: str, ghost: str, gone: str) -> None:
        """Break five tenants in five ways: a column is missing, records are, and so on."""
        last = "DELETE FROM django_migrations WHERE name IN ('0003_visit', '0004_paid')"
        self.run("ALTER TABLE records_patient DROP COLUMN phone", schema=column)
        self.run(last, schema=records)
        self.run(
            last,
            "ALTER TABLE records_patient DROP COLUMN email",
            "ALTER TABLE records_visit DROP COLUMN paid",
            schema=half,
        )
        self.run(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('records', '0099_ghost', now())",
            schema=ghost,
        )
        self.run('DROP SCHEMA "' + gone.replace('"', '""') + '" CASCADE')


TABLES = "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = %s ORDER BY 1"
CLASSES = (
    "SELECT relname, xmin::text FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)"
    " ORDER BY 1"
)
ATTRIBUTES = (
    "SELECT c.relname, a.attnum, a.attname, a.xmin::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) ORDER BY 1, 2"
)
CONSTRAINTS = (
    "SELECT conname, xmin::text FROM pg_constraint"
    " WHERE connamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) ORDER BY 1"
)
SHAPE = (
    "SELECT table_name, column_name, udt_name, is_nullable, column_default, is_identity"
    " FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, 2",
    "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) AND contype <> 'n' ORDER BY 1, 2",
    "SELECT indexname FROM pg_indexes WHERE schemaname = %s ORDER BY 1",
    "SELECT app, name FROM django_migrations WHERE %s <> '' ORDER BY 1, 2",
)

NewClinic = Callable[..., Clinic]
